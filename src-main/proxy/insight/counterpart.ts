/**
 * The other protocol, played along: for every message of a connection, the bytes its counterpart would have had. `up`
 * is from rig to pool. One object for each connection: `sv2-counterpart.ts` beside Stratum V1, `sv1-counterpart.ts`
 * beside Stratum V2.
 */

/** How a Stratum V2 server gathers acknowledgements. */
export interface AckBatching {
  /** Accepted shares that fill a batch. */
  readonly shares: number
  /** A batch that is not full leaves after so long; null never. */
  readonly flushMs: number | null
}

/** As the reference pool does: every ten, without a timer. */
export const POOL_ACK_BATCHING: AckBatching = { shares: 10, flushMs: null }
/** As our own Stratum V2 side does toward rigs: see `AcknowledgementBatch`. */
export const RIG_ACK_BATCHING: AckBatching = { shares: 5, flushMs: 2000 }

export interface CounterpartTotals {
  readonly up: number
  readonly down: number
  readonly tlsUp: number
  readonly tlsDown: number
  /** Null where the counterpart is Stratum V1. */
  readonly standardUp: number | null
  readonly standardDown: number | null
  readonly jobs: number
  readonly shares: number
}

export const NO_COUNTERPART: CounterpartTotals = {
  up: 0,
  down: 0,
  tlsUp: 0,
  tlsDown: 0,
  standardUp: 0,
  standardDown: 0,
  jobs: 0,
  shares: 0,
}
