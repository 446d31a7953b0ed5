/** One connection as insight sees it: who it is, its tap, and its part of the bandwidth meter. */
import { type Clock } from '../../base/index.ts'
import { type Frame } from '../../sv2/index.ts'
import { type CounterpartTotals, POOL_ACK_BATCHING, RIG_ACK_BATCHING } from './counterpart.ts'
import { Sv1Counterpart } from './sv1-counterpart.ts'
import { Sv2Counterpart } from './sv2-counterpart.ts'
import {
  type CounterpartBytes,
  type Direction,
  type LinkProtocol,
  type LinkSide,
  type LinkStatus,
  type LinkTransport,
} from './insight-views.ts'
import { type LinkOwner, type LinkTap, type MeteredJob, NO_TAP, type Sv1Meter } from './traffic-tap.ts'

/** What counts the bytes of a connection. */
export interface TrafficCounter {
  readonly bytesIn: number
  readonly bytesOut: number
  readonly remoteAddress: string
  readonly remotePort: number
}

/** What the owner of a connection says of it. */
export interface LinkOpening {
  readonly side: LinkSide
  readonly protocol: LinkProtocol
  readonly transport: LinkTransport
  /** Of the endpoint of a pool; null for the address the peer has. */
  readonly endpoint: string | null
  /** Null for rigs. */
  readonly poolId: string | null
  /** Of the pool; null for rigs. */
  readonly poolName: string | null
  /** What the rig calls itself by now; null for pools. */
  readonly owner: (() => LinkOwner | null) | null
  readonly connection: TrafficCounter
}

export interface LinkEvents {
  onMessage(link: Link, direction: Direction, message: Uint8Array | string | Frame): void
  onClosed(link: Link): void
}

export class Link implements LinkTap {
  readonly id: string
  /** Where the bandwidth meter adds it up. */
  group: object | null = null
  readonly opening: LinkOpening
  readonly sinceMs: number
  active = false
  readonly meter: Sv1Meter
  readonly #events: LinkEvents
  readonly #counterpart: Sv1Counterpart | Sv2Counterpart
  #closed = false

  constructor(id: string, opening: LinkOpening, clock: Clock, events: LinkEvents, coarseMs: () => number) {
    this.id = id
    this.opening = opening
    this.sinceMs = clock.nowMs()
    this.#events = events
    const batching = opening.side === 'upstream' ? POOL_ACK_BATCHING : RIG_ACK_BATCHING
    this.#counterpart =
      opening.protocol === 'stratum-v1' ? new Sv2Counterpart(batching, coarseMs) : new Sv1Counterpart()
    this.meter = this.#counterpart instanceof Sv2Counterpart ? this.#counterpart : NO_TAP.meter
  }

  record(direction: Direction, line: Uint8Array | string): void {
    if (this.active) this.#events.onMessage(this, direction, line)
  }

  frame(direction: Direction, frame: Uint8Array | Frame): void {
    if (this.#counterpart instanceof Sv1Counterpart) this.#counterpart.frame(frame)
    if (this.active) this.#events.onMessage(this, direction, frame)
  }

  basis(job: Omit<MeteredJob, 'newTip'>): void {
    if (this.#counterpart instanceof Sv1Counterpart) this.#counterpart.basis(job)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.active = false
    this.#events.onClosed(this)
  }

  /** Of the pool, or what the rig calls itself by now. */
  get name(): string {
    return this.opening.owner?.()?.name ?? this.opening.poolName ?? this.address
  }

  /** Null for pools, and for rigs that have not said who they are. */
  get rigKey(): string | null {
    return this.opening.owner?.()?.rigKey ?? null
  }

  get address(): string {
    const { endpoint, connection } = this.opening
    return endpoint ?? `${connection.remoteAddress}:${connection.remotePort}`
  }

  get totals(): CounterpartTotals {
    return this.#counterpart.totals()
  }

  status(): LinkStatus {
    const { opening, totals } = this
    const { side, poolId, protocol, transport, connection } = opening
    return {
      id: this.id,
      side,
      name: this.name,
      poolId,
      rigKey: this.rigKey,
      protocol,
      transport,
      address: this.address,
      sinceMs: this.sinceMs,
      bytesIn: connection.bytesIn,
      bytesOut: connection.bytesOut,
      counterpart: counterpartBytes(side, protocol, totals),
      jobs: totals.jobs,
      shares: totals.shares,
    }
  }
}

/** From "toward the pool" to "in" and "out" as seen from here. */
export function counterpartBytes(
  side: LinkSide,
  protocol: LinkProtocol,
  totals: CounterpartTotals,
): CounterpartBytes {
  const { up, down, tlsUp, tlsDown, standardUp, standardDown } = totals
  const outIsUp = side === 'upstream'
  return {
    protocol: protocol === 'stratum-v1' ? 'stratum-v2' : 'stratum-v1',
    bytesIn: outIsUp ? down : up,
    bytesOut: outIsUp ? up : down,
    tlsBytesIn: outIsUp ? tlsDown : tlsUp,
    tlsBytesOut: outIsUp ? tlsUp : tlsDown,
    standardBytesIn: outIsUp ? standardDown : standardUp,
    standardBytesOut: outIsUp ? standardUp : standardDown,
  }
}
