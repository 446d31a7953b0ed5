/**
 * Whether a board that should be hashing must be reset: what it has found against what it should have
 * (asic-serial 4.4). Looks at numbers and has no memory.
 */
import { SILENT_INTERVALS } from './chain-health.ts'
import { type RateEstimate } from './rate-window.ts'

export type BoardFault =
  | { readonly kind: 'silent'; readonly message: string }
  | { readonly kind: 'low-rate'; readonly message: string }

/** Chips that found nothing for so long are reset, however short their usual interval. */
const SILENCE_MS = 30_000
/** A rate this low over this many nonces is no bad luck. */
const LOW_RATE_RATIO = 0.65
export const LOW_RATE_NONCES = 400

export interface BoardSigns {
  /** Null while no nonces are awaited. */
  readonly sinceNonceMs: number | null
  readonly expectedIntervalMs: number | null
  /** Since the last reply of any kind that could be read. */
  readonly sinceReplyMs: number
  readonly rate: RateEstimate
  readonly expectedHs: number
}

/** @returns null while there is no reason to reset */
export function watchBoard(signs: BoardSigns): BoardFault | null {
  const { sinceNonceMs, expectedIntervalMs, rate, expectedHs } = signs
  if (sinceNonceMs === null || expectedIntervalMs === null) return null
  const patienceMs = Math.max(SILENCE_MS, SILENT_INTERVALS * expectedIntervalMs)
  if (sinceNonceMs >= patienceMs) {
    const forSo = `${Math.round(sinceNonceMs / 1000)} s`
    const message =
      signs.sinceReplyMs < sinceNonceMs / 2
        ? `The chips answer, but found nothing for ${forSo}.`
        : `The chips have been silent for ${forSo}.`
    return { kind: 'silent', message }
  }
  const ratio = rate.hashrateHs / expectedHs
  if (rate.nonces >= LOW_RATE_NONCES && ratio < LOW_RATE_RATIO) {
    const message = `The chips hash at ${Math.round(100 * ratio)} % of what their clock promises.`
    return { kind: 'low-rate', message }
  }
  return null
}
