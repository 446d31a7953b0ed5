/**
 * How a chain of chips does, in a word and with the reasons (asic-serial 7.6). A judgement of numbers, without memory:
 * what is done about it is decided elsewhere.
 */
import { type ChipRate } from './chain-stats.ts'
import { type RateEstimate } from './rate-window.ts'

export interface ChainHealth {
  readonly verdict:
    /** No nonces are awaited. */
    | 'idle'
    /** Too few nonces to say. */
    | 'settling'
    | 'good'
    | 'poor'
    /** Nonces are long overdue. */
    | 'silent'
  /** Sentences, worst first; empty when all is well. */
  readonly reasons: readonly string[]
}

/** A healthy chip is silent for so many expected intervals once in 5e8 (asic-serial 4.4). */
export const SILENT_INTERVALS = 20

const MAX_ERROR_RATIO = 0.02
const MAX_DUPLICATE_RATIO = 0.01
/** Fewer replies say nothing about a share of one or two in a hundred. */
const LEAST_REPLIES = 100
/** Below this much of what the clock promises a rate is low, if luck does not explain it. */
const LOW_RATE_RATIO = 0.85
/** Looked at for days, three are reached by luck once a day. */
const SIGMAS = 4

export interface HealthSigns {
  readonly rate: RateEstimate
  readonly expectedHs: number
  readonly expectedIntervalMs: number | null
  readonly sinceNonceMs: number | null
  /** Within the rate's window. */
  readonly recentErrors: number
  readonly recentDuplicates: number
  readonly chips: readonly ChipRate[]
}

export function judgeHealth(signs: HealthSigns): ChainHealth {
  const { rate, sinceNonceMs, expectedIntervalMs } = signs
  if (sinceNonceMs === null || expectedIntervalMs === null) return { verdict: 'idle', reasons: [] }
  const reasons = [
    ...rateReasons(rate, signs.expectedHs),
    ...silentChips(signs),
    ...errorReasons(rate.nonces, signs.recentErrors, signs.recentDuplicates),
  ]
  if (sinceNonceMs > SILENT_INTERVALS * expectedIntervalMs) {
    const silent = `Nothing was found for ${seconds(sinceNonceMs)}; one nonce every ${seconds(expectedIntervalMs)} is usual.`
    return { verdict: 'silent', reasons: [silent, ...reasons] }
  }
  if (reasons.length > 0) return { verdict: 'poor', reasons }
  return { verdict: rate.isSettling ? 'settling' : 'good', reasons }
}

function rateReasons(rate: RateEstimate, expectedHs: number): string[] {
  if (rate.isSettling || rate.sigmaRatio === null) return []
  const ratio = rate.hashrateHs / expectedHs
  const couldBeLuck = ratio * (1 + SIGMAS * rate.sigmaRatio) >= 1
  if (ratio >= LOW_RATE_RATIO || couldBeLuck) return []
  return [`It hashes at ${percent(ratio)} of what its clock promises.`]
}

/** Of a chain whose replies tell chips apart. */
function silentChips({ chips, rate }: HealthSigns): string[] {
  const known = chips.filter(({ chip }) => chip !== null)
  const attributed = known.reduce((sum, chip) => sum + chip.rate.nonces, 0)
  const expectedEach = attributed / Math.max(1, known.length)
  if (known.length < 2 || attributed < rate.nonces / 2 || expectedEach < SILENT_INTERVALS) return []
  return known
    .filter((chip) => chip.rate.nonces === 0)
    .map(
      ({ chip, rate: own }) =>
        `Chip ${(chip ?? 0) + 1} of ${known.length} found nothing for ${seconds(own.coveredMs)}.`,
    )
}

function errorReasons(nonces: number, errors: number, duplicates: number): string[] {
  const replies = nonces + errors + duplicates
  if (replies < LEAST_REPLIES) return []
  const reasons: string[] = []
  if (errors > MAX_ERROR_RATIO * replies) {
    reasons.push(
      `${percent(errors / replies)} of its nonces are wrong: lower the frequency, or raise the core voltage a little.`,
    )
  }
  if (duplicates > MAX_DUPLICATE_RATIO * replies) {
    reasons.push(`${percent(duplicates / replies)} of its nonces came twice: it gets new jobs too late.`)
  }
  return reasons
}

function percent(ratio: number): string {
  const value = 100 * ratio
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} %`
}

function seconds(ms: number): string {
  if (ms >= 120_000) return `${Math.round(ms / 60_000)} minutes`
  return ms < 9_950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`
}
