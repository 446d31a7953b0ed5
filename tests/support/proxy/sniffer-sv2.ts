/**
 * A sniffer of Stratum V2: Noise responder with a key of its own to the side that dials, Noise initiator to the other.
 * What nobody touches goes on byte for byte.
 */
import { type Socket } from 'node:net'
import { systemEntropy } from '../../../src-main/base/index.ts'
import {
  type AuthorityKeyPair,
  createInitiator,
  createResponder,
  createResponderIdentity,
  decodeMessage,
  encodeFrame,
  encodeMessage,
  generateAuthorityKeyPair,
  type MiningConnectionMessage,
  type NoiseOutput,
  type NoiseStream,
  type UnknownMessage,
} from '../../../src-main/sv2/index.ts'
import { type Passing, type Side, Sniffer } from './sniffer.ts'
import { openSnifferWire, type SnifferWire } from './sniffer-wire.ts'

type Message = MiningConnectionMessage | UnknownMessage

export interface Sv2SnifferOptions {
  /** Where the other side listens, on 127.0.0.1. */
  readonly upstreamPort: number
  /** Key that it must prove. */
  readonly upstreamKey: Uint8Array
  /** The time both sides believe in. */
  readonly nowMs: () => number
}

export interface Sv2Sniffer extends Sniffer<Message> {
  readonly wire: SnifferWire
  /** What the side that dials must believe in. */
  readonly authority: AuthorityKeyPair
}

/** Starts to listen; stops when the test is over. */
export async function sniffSv2({ upstreamPort, upstreamKey, nowMs }: Sv2SnifferOptions): Promise<Sv2Sniffer> {
  const authority = generateAuthorityKeyPair(systemEntropy)
  const identity = createResponderIdentity({ authority, entropy: systemEntropy, nowMs })
  const sniffer = new Sniffer<Message>((message) => {
    if (message.name === 'unknown') throw new Error('what has no name is replaced by bytes')
    return encodeMessage(message)
  })
  const wire = await openSnifferWire(upstreamPort, ({ on, downstream, upstream }) => {
    const rig = new NoiseEnd(downstream, createResponder({ identity, entropy: systemEntropy }))
    const pool = new NoiseEnd(
      upstream,
      createInitiator({ authorityKey: upstreamKey, entropy: systemEntropy, nowMs }),
    )
    const listen = (from: Side, end: NoiseEnd, other: NoiseEnd): void => {
      const hand = sniffer.openLine((bytes) => other.write(bytes))
      end.listen(
        (bytes) => hand(readFrame(on, from, bytes)),
        (text) => sniffer.fault(`${from}: ${text}`),
      )
    }
    listen('downstream', rig, pool)
    listen('upstream', pool, rig)
  })
  return Object.assign(sniffer, { wire, authority })
}

function readFrame(on: number, from: Side, frame: NoiseOutput['frames'][number]): Passing<Message> {
  // The payload is a view of what is used again.
  const kept = { ...frame, payload: frame.payload.slice() }
  const decoded = decodeMessage(kept)
  if (!decoded.ok) throw new Error(`${from} sent what cannot be read: ${decoded.error.message}`)
  return { on, from, message: decoded.value.message, bytes: encodeFrame(kept) }
}

/** An encrypted end; what is to be written before its handshake is over waits. */
class NoiseEnd {
  readonly #socket: Socket
  readonly #noise: NoiseStream
  #early: Uint8Array[] = []

  constructor(socket: Socket, noise: NoiseStream) {
    this.#socket = socket
    this.#noise = noise
  }

  listen(onFrame: (frame: NoiseOutput['frames'][number]) => void, onFault: (text: string) => void): void {
    const first = this.#noise.start()
    if (first.length > 0) this.#socket.write(first)
    this.#socket.on('data', (bytes: Uint8Array) => {
      const { send, frames, established, error } = this.#noise.receive(bytes)
      if (send.length > 0) this.#socket.write(send)
      if (established) for (const early of this.#early.splice(0)) this.write(early)
      for (const frame of frames) onFrame(frame)
      if (error) {
        onFault(error.message)
        this.#socket.destroy()
      }
    })
  }

  /** @param bytes a whole plaintext frame */
  write(bytes: Uint8Array): void {
    if (!this.#noise.established) this.#early.push(bytes)
    else if (!this.#socket.destroyed) this.#socket.write(this.#noise.seal([bytes]))
  }
}
