/**
 * Sockets that connected and have not yet shown what they are: no byte came, or a TLS or WebSocket handshake is not
 * done. They cost a file handle each and nothing else, are bounded in time and in count, and the oldest makes room
 * for the newest: who means to mine speaks at once (in SV1, SV2, TLS and HTTP alike the caller speaks first), so a
 * flood of silent sockets pushes out only itself.
 */
import { type Clock, type Timer } from '../base/index.ts'

export interface HalfOpenLimits {
  /** In all. */
  readonly max: number
  /** Time from the connection to the end of its handshakes. */
  readonly timeoutMs: number
}

/** Room for a farm that comes back from a power cut in one instant. */
export const DEFAULT_HALF_OPEN_LIMITS: HalfOpenLimits = { max: 4_096, timeoutMs: 10_000 }

export type HalfOpenEnd =
  /** Not done in time. */
  | 'half-open-timeout'
  /** Newer ones took the place. */
  | 'half-open-limit'
  /** Its listener stops. */
  | 'stopped'

export interface HalfOpenPeer {
  readonly address: string
  /** Monotonic milliseconds. */
  readonly acceptedAtMs: number
  endHalfOpen(end: HalfOpenEnd): void
}

/** Runs a function after everything that the system holds ready was read. */
export type AfterReads = (run: () => void) => void

/**
 * The first turn's immediates run before sockets accepted in it were asked for data, the second's after: whoever
 * spoke is then no longer half-open, however many were accepted at once.
 */
const afterReads: AfterReads = (run) => setImmediate(() => setImmediate(run))

export interface HalfOpenBookOptions {
  readonly clock: Clock
  readonly limits: HalfOpenLimits
  /** Half-open sockets one address may have. */
  limitOf(address: string): number
  readonly afterReads?: AfterReads
}

export class HalfOpenBook {
  readonly #options: HalfOpenBookOptions
  readonly #afterReads: AfterReads
  /** Oldest first, as are those of each address. */
  readonly #peers = new Set<HalfOpenPeer>()
  /** Holds only addresses that have one. */
  readonly #byAddress = new Map<string, Set<HalfOpenPeer>>()
  /** Addresses over their limit, until room is made. */
  readonly #crowded = new Set<string>()
  #makingRoom = false
  #timer: Timer | null = null

  constructor(options: HalfOpenBookOptions) {
    this.#options = options
    this.#afterReads = options.afterReads ?? afterReads
  }

  get size(): number {
    return this.#peers.size
  }

  add(peer: HalfOpenPeer): void {
    const { clock, limits, limitOf } = this.#options
    this.#peers.add(peer)
    let ofAddress = this.#byAddress.get(peer.address)
    if (ofAddress === undefined) this.#byAddress.set(peer.address, (ofAddress = new Set()))
    ofAddress.add(peer)
    // A quarter of the time later at the most.
    this.#timer ??= clock.every(limits.timeoutMs / 4, () => this.#endOverdue())
    const crowded = ofAddress.size > limitOf(peer.address)
    if (crowded) this.#crowded.add(peer.address)
    if ((crowded || this.#peers.size > limits.max) && !this.#makingRoom) {
      this.#makingRoom = true
      this.#afterReads(() => this.#makeRoom())
    }
  }

  /** Harmless when repeated. */
  remove(peer: HalfOpenPeer): void {
    if (!this.#peers.delete(peer)) return
    const ofAddress = this.#byAddress.get(peer.address)
    ofAddress?.delete(peer)
    if (ofAddress?.size === 0) this.#byAddress.delete(peer.address)
    if (this.#peers.size > 0) return
    this.#timer?.cancel()
    this.#timer = null
  }

  /** Ends all, for an owner that stops. */
  endAll(): void {
    for (const peer of this.#peers) this.#end(peer, 'stopped')
  }

  #makeRoom(): void {
    this.#makingRoom = false
    const { limits, limitOf } = this.#options
    for (const address of this.#crowded) {
      const ofAddress = this.#byAddress.get(address) ?? new Set()
      this.#endOldest(ofAddress, limitOf(address))
    }
    this.#crowded.clear()
    this.#endOldest(this.#peers, limits.max)
  }

  #endOldest(peers: Set<HalfOpenPeer>, left: number): void {
    for (const peer of peers) {
      if (peers.size <= left) return
      this.#end(peer, 'half-open-limit')
    }
  }

  #endOverdue(): void {
    const { clock, limits } = this.#options
    const before = clock.monotonicMs() - limits.timeoutMs
    for (const peer of this.#peers) {
      if (peer.acceptedAtMs > before) return
      this.#end(peer, 'half-open-timeout')
    }
  }

  #end(peer: HalfOpenPeer, end: HalfOpenEnd): void {
    this.remove(peer)
    peer.endHalfOpen(end)
  }
}
