/**
 * What is wrong with a rig that the rig itself does not say: reachable, without an error, and yet earning nothing. Pure.
 * Governing document: rig API digest, section 8, rule 3.
 */
import { type RigError, type RigReading } from '../model/reading.ts'

/** No share for this long is odd for any rig at a sensible difficulty. */
const NO_SHARES_AFTER_MS = 10 * 60_000
/** Without a known difficulty. */
const NO_SHARES_UNKNOWN_MS = 30 * 60_000
/** Times the expected interval between shares: chance alone does this once in 160,000 intervals. */
const EXPECTED_INTERVALS = 12

export interface OwnErrorFacts {
  readonly reading: RigReading
  /** When it had a share last, by whoever knows best; null if nobody does. */
  readonly lastShareAtMs: number | null
  /** Name and address of the rig that has the same MAC address and answers too; null if none. */
  readonly twin: string | null
}

export function ownErrors({ reading, lastShareAtMs, twin }: OwnErrorFacts): readonly RigError[] {
  const errors: RigError[] = []
  const silentMs = silenceOf(reading, lastShareAtMs)
  if (silentMs !== null && silentMs > patienceFor(reading)) {
    const minutes = Math.floor(silentMs / 60_000)
    errors.push({
      code: 'no-shares',
      text: `It says that it mines, but it has had no share for ${String(minutes)} minutes.`,
      remedy: 'Look whether its pool answers and counts its shares; restart its miner if it does.',
      severity: 'warning',
      component: 'pool',
      sinceMs: reading.atMs - silentMs,
    })
  }
  if (twin !== null) {
    errors.push({
      code: 'twin-mac',
      text: `${twin} has the same MAC address and answers as well.`,
      remedy:
        'If it is one machine with two addresses, remove one of the two here. If they are two, give one of them its own MAC address: switches mix them up.',
      severity: 'warning',
      component: 'control',
      sinceMs: null,
    })
  }
  return errors
}

/** How long it has mined without a share; null if it does not mine or nobody can tell. */
function silenceOf(reading: RigReading, lastShareAtMs: number | null): number | null {
  if (reading.state !== 'mining') return null
  const minedMs = reading.minerUptimeS === null ? Infinity : reading.minerUptimeS * 1000
  if (lastShareAtMs === null) {
    // Without a moment only a rig that counts, and counted none, is known to have had none.
    return reading.shares.accepted === 0 && Number.isFinite(minedMs) ? minedMs : null
  }
  return Math.min(minedMs, reading.atMs - lastShareAtMs)
}

function patienceFor(reading: RigReading): number {
  const active = reading.pools.find((pool) => pool.active && !pool.devFee)
  const rate = reading.hashrates.hourHs ?? reading.hashrates.nowHs ?? reading.expectedHs
  const difficulty = active?.difficulty ?? null
  if (difficulty === null || rate === null || rate <= 0) return NO_SHARES_UNKNOWN_MS
  const intervalMs = ((difficulty * 2 ** 32) / rate) * 1000
  return Math.max(NO_SHARES_AFTER_MS, EXPECTED_INTERVALS * intervalMs)
}
