/**
 * Both ends of a line within one process: what one end writes the other receives, in order and never in the same
 * turn. As on a wire, bytes sent at another rate than the receiver's arrive as garbage or not at all. For simulated
 * boards and tests; not a pty, and without any notion of how long a byte takes.
 */
import { type Unsubscribe } from '../../base/index.ts'
import { type ByteLink, type LinkEnd } from '../model/byte-link.ts'
import { receivedAs } from './line-sampling.ts'
import { LinkCore, requireBaudRate } from './link-core.ts'

export interface MemoryLink extends ByteLink {
  /** Null: understands every rate, as a USB port without a UART behind it does. */
  readonly baudRate: number | null
  /** What the other end is set to. */
  readonly peerBaudRate: number | null
  /** Called when the other end changes its rate. */
  onPeerBaudRate(listener: (baudRate: number) => void): Unsubscribe
  /** Tears both ends apart; what is on its way is lost. */
  unplug(message?: string): void
}

export interface MemoryLinkOptions {
  readonly name?: string
  /** Rate of each end at first; null understands every rate. */
  readonly hostBaudRate?: number | null
  readonly boardBaudRate?: number | null
  /** Stop bits of both ends. */
  readonly stopBits?: 1 | 2
  /** Most bytes that are handed over at a time, or what to ask for each time; everything at once if absent. */
  readonly chunkBytes?: number | (() => number)
  /** When a delivery runs; after the present turn if absent. */
  readonly schedule?: (run: () => void) => void
}

/**
 * A line with two ends. Closing one ends the other too, after it received what was written before; unplugging either
 * ends both at once.
 */
export function memoryLinkPair(options: MemoryLinkOptions = {}): { host: MemoryLink; board: MemoryLink } {
  const name = options.name ?? 'simulated port'
  const host = new MemoryEnd(name, options.hostBaudRate ?? null, options)
  const board = new MemoryEnd(name, options.boardBaudRate ?? null, options)
  host.join(board)
  board.join(host)
  return { host, board }
}

/** In the order in which it was given to the line. */
type InFlight =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly sentBaud: number | null }
  | { readonly kind: 'call'; readonly run: () => void }

class MemoryEnd implements MemoryLink {
  readonly name: string
  readonly #core: LinkCore
  readonly #options: MemoryLinkOptions
  readonly #rateListeners = new Set<(baudRate: number) => void>()
  #peer: MemoryEnd | null = null
  #baudRate: number | null
  #inFlight: InFlight[] = []
  #scheduled = false

  constructor(name: string, baudRate: number | null, options: MemoryLinkOptions) {
    this.name = name
    this.#core = new LinkCore(name)
    this.#baudRate = baudRate
    this.#options = options
  }

  join(peer: MemoryEnd): void {
    this.#peer = peer
  }

  get end(): LinkEnd | null {
    return this.#core.end
  }

  get baudRate(): number | null {
    return this.#baudRate
  }

  get peerBaudRate(): number | null {
    return this.#peer?.baudRate ?? null
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#core.requireOpen()
    this.#send({ kind: 'bytes', bytes: Uint8Array.from(bytes), sentBaud: this.#baudRate })
  }

  async drain(): Promise<void> {
    this.#core.requireOpen()
    await new Promise<void>((resolve) => this.#send({ kind: 'call', run: resolve }))
    this.#core.requireOpen()
  }

  async setBaudRate(baudRate: number): Promise<void> {
    this.#core.requireOpen()
    requireBaudRate(this.name, baudRate)
    this.#baudRate = baudRate
    this.#send({ kind: 'call', run: () => this.#peer?.hearPeerRate(baudRate) })
  }

  async discardInput(): Promise<void> {
    this.#core.discard()
  }

  onBytes(listener: (bytes: Uint8Array) => void): Unsubscribe {
    return this.#core.onBytes(listener)
  }

  onEnd(listener: (end: LinkEnd) => void): Unsubscribe {
    return this.#core.onEnd(listener)
  }

  onPeerBaudRate(listener: (baudRate: number) => void): Unsubscribe {
    this.#rateListeners.add(listener)
    return () => void this.#rateListeners.delete(listener)
  }

  async close(): Promise<void> {
    if (!this.#core.finish({ kind: 'closed', message: 'It was closed.' })) return
    const end: LinkEnd = { kind: 'closed', message: 'The other side closed it.' }
    this.#send({ kind: 'call', run: () => this.#peer?.finish(end) })
  }

  unplug(message = 'The device was unplugged.'): void {
    const end: LinkEnd = { kind: 'unplugged', message }
    const peer = this.#peer
    this.lose()
    peer?.lose()
    this.finish(end)
    peer?.finish(end)
  }

  finish(end: LinkEnd): void {
    this.#core.finish(end)
  }

  hearPeerRate(baudRate: number): void {
    if (this.#core.end === null) for (const listener of [...this.#rateListeners]) listener(baudRate)
  }

  #send(item: InFlight): void {
    this.#inFlight.push(item)
    if (this.#scheduled) return
    this.#scheduled = true
    const schedule = this.#options.schedule ?? queueMicrotask
    schedule(() => this.#deliver())
  }

  #deliver(): void {
    this.#scheduled = false
    for (let item = this.#inFlight.shift(); item; item = this.#inFlight.shift()) {
      if (item.kind === 'call') item.run()
      else this.#peer?.arrive(item.bytes, item.sentBaud)
    }
  }

  arrive(sent: Uint8Array, sentBaud: number | null): void {
    const own = this.#baudRate
    const bytes =
      sentBaud === null || own === null ? sent : receivedAs(sent, sentBaud, own, this.#options.stopBits)
    const { chunkBytes } = this.#options
    for (let from = 0; from < bytes.length;) {
      const asked = typeof chunkBytes === 'function' ? chunkBytes() : (chunkBytes ?? bytes.length)
      const upTo = from + Math.max(1, Math.floor(asked))
      this.#core.receive(bytes.subarray(from, upTo))
      from = upTo
    }
  }

  /** Bytes on their way are lost; who waits for them learns that the line is gone. */
  lose(): void {
    const lost = this.#inFlight
    this.#inFlight = []
    for (const item of lost) if (item.kind === 'call') queueMicrotask(item.run)
  }
}
