/**
 * One encrypted Stratum V2 connection over a plain socket, for either role: the project's own wire code with the
 * least around it that a test needs. The proxy and the practice pool have their own runners.
 */
import { connect, type Socket } from 'node:net'
import { type HeadframeError, systemEntropy } from '../../src-main/base/index.ts'
import {
  createInitiator,
  createResponder,
  type MessageSet,
  type NoiseStream,
  payloadLimits,
  type ResponderIdentity,
  type UnknownMessage,
} from '../../src-main/sv2/index.ts'

interface Named {
  readonly name: string
}

/** Keeps every message that arrived, so that a test may ask for one before or after it came. */
export class Sv2Session<M extends Named> {
  readonly messages: (M | UnknownMessage)[] = []
  /** Resolves when the handshake is done; rejects with the reason if the connection ends before. */
  readonly established: Promise<true>
  /** Resolves with why the connection ended: our own decoder's error, or null if the peer simply closed. */
  readonly ended: Promise<HeadframeError | null>
  /** Called for every message as it arrives. */
  onMessage: (message: M | UnknownMessage) => void = () => {}
  readonly #socket: Socket
  readonly #noise: NoiseStream
  readonly #set: MessageSet<M>
  #error: HeadframeError | null = null

  constructor(socket: Socket, noise: NoiseStream, set: MessageSet<M>) {
    this.#socket = socket
    this.#noise = noise
    this.#set = set
    socket.setNoDelay(true)
    const settled = Promise.withResolvers<true>()
    this.established = settled.promise
    // Whoever does not wait for the handshake learns of its failure from `ended`.
    this.established.catch(() => {})
    socket.on('data', (bytes) => this.#receive(bytes, () => settled.resolve(true)))
    this.ended = new Promise((resolve) => {
      // The reason is in `close`, which always follows.
      socket.on('error', () => {})
      socket.once('close', () => {
        this.#error ??= noise.ended()
        settled.reject(this.#error ?? new Error('the peer closed before the handshake was done'))
        resolve(this.#error)
      })
    })
    const first = noise.start()
    if (first.length > 0) socket.write(first)
  }

  send(...messages: readonly M[]): void {
    this.#socket.write(this.#noise.seal(messages.map((message) => this.#set.encode(message))))
  }

  /** Messages of one kind, oldest first. */
  received<N extends M['name']>(name: N): Extract<M, { readonly name: N }>[] {
    return this.messages.filter(
      (message): message is Extract<M, { readonly name: N }> => message.name === name,
    )
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(bytes: Uint8Array, established: () => void): void {
    const output = this.#noise.receive(bytes)
    if (output.send.length > 0) this.#socket.write(output.send)
    if (output.established !== null) established()
    for (const frame of output.frames) {
      const decoded = this.#set.decode(frame)
      if (!decoded.ok) throw new Error(decoded.error.message)
      this.messages.push(decoded.value.message)
      this.onMessage(decoded.value.message)
    }
    if (output.error !== null) {
      this.#error = output.error
      this.#socket.destroy()
    }
  }
}

/**
 * Dials 127.0.0.1.
 * @param authorityKey x-only, 32 bytes
 * @param nowMs epoch milliseconds; what the certificate's dates are held against
 */
export function dial<M extends Named>(
  port: number,
  authorityKey: Uint8Array,
  set: MessageSet<M>,
  nowMs = (): number => Date.now(),
): Sv2Session<M> {
  const noise = createInitiator({ authorityKey, entropy: systemEntropy, nowMs })
  return new Sv2Session(connect(port, '127.0.0.1'), noise, set)
}

/** Answers a socket that someone dialled. */
export function answer<M extends Named>(
  socket: Socket,
  identity: ResponderIdentity,
  set: MessageSet<M>,
): Sv2Session<M> {
  const noise = createResponder({
    identity,
    entropy: systemEntropy,
    maxPayloadLength: payloadLimits.templates,
  })
  return new Sv2Session(socket, noise, set)
}
