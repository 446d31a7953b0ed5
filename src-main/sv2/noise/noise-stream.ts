/**
 * One encrypted session as bytes in and bytes out: handshake, then frames, for either role. It owns no
 * socket and no timer: a TCP connection and a WebSocket use it alike, and whoever owns them gives up when
 * the handshake takes too long (10 s is usual in the field).
 *
 * Nothing a peer sends makes it throw. After an error it stays failed: end the connection.
 */
import { concatBytes, type Entropy, HeadframeError } from '../../base/index.ts'
import { type Frame } from '../frame.ts'
import { type EllswiftKeyPair, generateEllswiftKeyPair } from './ellswift.ts'
import { recognizeForeignProtocol } from './foreign-protocol.ts'
import {
  ACT_1_LENGTH,
  ACT_2_LENGTH,
  type AwaitingAct2,
  conclude,
  type HandshakeOutcome,
  initiate,
  respond,
} from './handshake.ts'
import { type ResponderIdentity } from './responder-identity.ts'
import { FrameOpener, FrameSealer } from './transport.ts'

/** Payload bytes a role accepts by default; a header may announce 16 MiB. */
export const payloadLimits = {
  /** From a rig or proxy below us: its longest mining message has some hundred bytes. */
  fromDownstream: 65_536,
  /** From a pool: an extended job has two coinbase halves of up to 64 KiB and a merkle path. */
  fromUpstream: 262_144,
  /** Template distribution and job declaration: whole blocks. */
  templates: 16_777_215,
} as const

export type NoiseErrorCode =
  | 'noise/handshake-failed'
  /** The other side speaks TLS, HTTP or Stratum V1. */
  | 'noise/foreign-protocol'
  | 'noise/closed-in-handshake'
  | 'noise/closed-inside-frame'
  | 'noise/frame-not-authentic'
  | 'noise/nonces-exhausted'

/** What follows from bytes that arrived. */
export interface NoiseOutput {
  /** To be written now, before anything else; empty when there is nothing. */
  readonly send: Uint8Array
  /** In the order they were sent. */
  readonly frames: readonly Frame[]
  /** The outcome of the handshake, in the one output that completed it. From then on `seal` may be used. */
  readonly established: HandshakeOutcome | null
  /** Why the session is over; the frames before it are in `frames`. */
  readonly error: HeadframeError | null
}

export interface NoiseStream {
  readonly established: boolean
  /** The first bytes to write: act 1 of an initiator, nothing of a responder. Call once, before `receive`. */
  start(): Uint8Array
  /** Takes the next bytes from the peer, in pieces of any size; they are not kept. */
  receive(bytes: Uint8Array): NoiseOutput
  /**
   * Wire bytes of plaintext frames, each header and payload. Write what it returns before sealing more.
   * Empty once the session has failed: nobody is there to read it.
   * @throws Error before the session is established, HeadframeError `noise/nonces-exhausted`
   */
  seal(frames: readonly Uint8Array[]): Uint8Array
  /** Tells that the peer closed. The error if that was in the middle of something, otherwise null. */
  ended(): HeadframeError | null
}

export interface InitiatorOptions {
  /** 32 bytes, x-only; null encrypts without knowing with whom: only by a person's explicit choice. */
  readonly authorityKey: Uint8Array | null
  readonly entropy: Entropy
  /** Wall time, epoch milliseconds: the certificate's dates are held against it. */
  readonly nowMs: () => number
  /** Bytes; `payloadLimits.fromUpstream` if absent. */
  readonly maxPayloadLength?: number
  /** Replaces the generated key pair, to replay a transcript. */
  readonly ephemeral?: EllswiftKeyPair
}

/** A session for the side that dials. */
export function createInitiator(options: InitiatorOptions): NoiseStream {
  const { authorityKey, entropy, nowMs, maxPayloadLength = payloadLimits.fromUpstream } = options
  let awaiting: AwaitingAct2 | undefined

  return new Session(ACT_2_LENGTH, maxPayloadLength, {
    begin() {
      const { act1, state } = initiate(options.ephemeral ?? generateEllswiftKeyPair(entropy))
      awaiting = state
      return act1
    },
    answer(act2) {
      if (awaiting === undefined) throw new Error('start the session before it receives')
      const outcome = conclude(awaiting, act2, { authorityKey, nowMs: nowMs() })
      awaiting = undefined
      if (!outcome.ok) return outcome.error
      const { initiatorKey, responderKey } = outcome.value
      return { send: EMPTY, outcome: outcome.value, sendKey: initiatorKey, receiveKey: responderKey }
    },
  })
}

export interface ResponderOptions {
  readonly identity: ResponderIdentity
  readonly entropy: Entropy
  /** Bytes; `payloadLimits.fromDownstream` if absent. */
  readonly maxPayloadLength?: number
  /** Replaces the generated key pair, to replay a transcript. */
  readonly ephemeral?: EllswiftKeyPair
}

/** A session for the side that is dialled. */
export function createResponder(options: ResponderOptions): NoiseStream {
  const { identity, entropy, maxPayloadLength = payloadLimits.fromDownstream } = options
  return new Session(ACT_1_LENGTH, maxPayloadLength, {
    begin: () => EMPTY,
    answer(act1) {
      const ephemeral = options.ephemeral ?? generateEllswiftKeyPair(entropy)
      const { act2, outcome } = respond(act1, ephemeral, identity.credentials())
      return { send: act2, outcome, sendKey: outcome.responderKey, receiveKey: outcome.initiatorKey }
    },
  })
}

const EMPTY = new Uint8Array(0)
const NO_FRAMES: readonly Frame[] = []

interface Answer {
  readonly send: Uint8Array
  readonly outcome: HandshakeOutcome
  readonly sendKey: Uint8Array
  readonly receiveKey: Uint8Array
}

interface Role {
  begin(): Uint8Array
  /** Judges the other side's act, given whole. */
  answer(act: Uint8Array): Answer | HeadframeError
}

type State =
  | { readonly phase: 'handshake'; readonly received: Uint8Array }
  | { readonly phase: 'established'; readonly sealer: FrameSealer; readonly opener: FrameOpener }
  | { readonly phase: 'failed'; readonly error: HeadframeError }

class Session implements NoiseStream {
  readonly #actLength: number
  readonly #maxPayloadLength: number
  readonly #role: Role
  #state: State = { phase: 'handshake', received: EMPTY }

  constructor(actLength: number, maxPayloadLength: number, role: Role) {
    this.#actLength = actLength
    this.#maxPayloadLength = maxPayloadLength
    this.#role = role
  }

  get established(): boolean {
    return this.#state.phase === 'established'
  }

  start(): Uint8Array {
    return this.#role.begin()
  }

  receive(bytes: Uint8Array): NoiseOutput {
    switch (this.#state.phase) {
      case 'handshake':
        return this.#receiveAct(this.#state.received, bytes)
      case 'established': {
        const { frames, error } = this.#state.opener.receive(bytes)
        if (error !== null) this.#state = { phase: 'failed', error }
        return { send: EMPTY, frames, established: null, error }
      }
      case 'failed':
        return { send: EMPTY, frames: NO_FRAMES, established: null, error: this.#state.error }
    }
  }

  seal(frames: readonly Uint8Array[]): Uint8Array {
    switch (this.#state.phase) {
      case 'handshake':
        throw new Error('nothing can be sealed before the session is established')
      case 'established': {
        const { sealer } = this.#state
        return frames.length === 1 ? sealer.seal(frames[0]!) : sealer.sealMany(frames)
      }
      case 'failed':
        return EMPTY
    }
  }

  ended(): HeadframeError | null {
    switch (this.#state.phase) {
      case 'handshake':
        return closedInHandshake(this.#state.received, this.#actLength)
      case 'established':
        return this.#state.opener.insideFrame ? closedInsideFrame() : null
      case 'failed':
        return null
    }
  }

  #receiveAct(before: Uint8Array, bytes: Uint8Array): NoiseOutput {
    const missing = this.#actLength - before.length
    const received = concatBytes(before, bytes.subarray(0, missing))
    const foreign = recognizeForeignProtocol(received)
    if (foreign !== undefined) return this.#fail(foreignProtocol(foreign))
    if (received.length < this.#actLength) {
      this.#state = { phase: 'handshake', received }
      return { send: EMPTY, frames: NO_FRAMES, established: null, error: null }
    }
    const answer = this.#role.answer(received)
    if (answer instanceof HeadframeError) return this.#fail(answer)
    const { send, outcome, sendKey, receiveKey } = answer
    const opener = new FrameOpener(receiveKey, this.#maxPayloadLength)
    this.#state = { phase: 'established', sealer: new FrameSealer(sendKey), opener }
    return { ...this.receive(bytes.subarray(missing)), send, established: outcome }
  }

  #fail(error: HeadframeError): NoiseOutput {
    this.#state = { phase: 'failed', error }
    return { send: EMPTY, frames: NO_FRAMES, established: null, error }
  }
}

function noiseError(
  code: NoiseErrorCode,
  message: string,
  context: Record<string, string | number> = {},
): HeadframeError {
  return new HeadframeError(code, message, { context })
}

function foreignProtocol(protocol: string): HeadframeError {
  return noiseError(
    'noise/foreign-protocol',
    `The other side speaks ${protocol} here, not encrypted Stratum V2. Check host and port: Stratum V2 has a port of its own, and Stratum V1 another.`,
    { protocol },
  )
}

function closedInHandshake(received: Uint8Array, expectedLength: number): HeadframeError {
  return noiseError(
    'noise/closed-in-handshake',
    `The other side closed the connection after ${received.length} of the handshake's ${expectedLength} bytes. Check that host and port are those of a Stratum V2 service.`,
    { receivedLength: received.length, expectedLength },
  )
}

function closedInsideFrame(): HeadframeError {
  return noiseError(
    'noise/closed-inside-frame',
    'The connection ended in the middle of a frame; that frame is lost. Connecting again is safe; if it happens often, check the network in between.',
  )
}
