/**
 * The members that cgminer's own descendants share: rates in MH/s, share counts, the list of pools. Pure.
 * Governing document: rig API digest, section 2; captures `sealminer/*`, `auradine/*`.
 */
import {
  at,
  booleanOf,
  countOf,
  difficultyOf,
  lastShareOf,
  listOf,
  maxOf,
  mhsToHs,
  objectOf,
  textOf,
} from '../../model/lenient.ts'
import {
  NO_HASHRATES,
  NO_SHARES,
  type PoolReading,
  poolEntry,
  type RigHashrates,
  type RigShares,
} from '../../model/reading.ts'

export interface CgminerSummary {
  readonly hashrates: RigHashrates
  readonly elapsedS: number | null
  readonly shares: RigShares
  readonly hardwareErrors: number | null
  readonly bestShare: number | null
  readonly blocksFound: number | null
}

/** @param reply of `summary` */
export function readCgminerSummary(reply: unknown): CgminerSummary {
  const summary = objectOf(at(reply, 'SUMMARY', 0))
  return {
    hashrates: {
      ...NO_HASHRATES,
      nowHs: mhsToHs(summary['MHS 5s']),
      minuteHs: mhsToHs(summary['MHS 1m']),
      fiveMinutesHs: mhsToHs(summary['MHS 5m']),
      fifteenMinutesHs: mhsToHs(summary['MHS 15m']),
      averageHs: mhsToHs(summary['MHS av']),
    },
    elapsedS: countOf(summary['Elapsed']),
    shares: {
      ...NO_SHARES,
      accepted: countOf(summary['Accepted']),
      rejected: countOf(summary['Rejected']),
      stale: countOf(summary['Stale']),
    },
    hardwareErrors: countOf(summary['Hardware Errors']),
    bestShare: difficultyOf(summary['Best Share']),
    blocksFound: countOf(summary['Found Blocks']),
  }
}

/** @param reply of `pools` */
export function readCgminerPools(reply: unknown, atMs: number, uptimeS: number | null): PoolReading[] {
  return listOf(at(reply, 'POOLS')).flatMap((item, order) => {
    const pool = objectOf(item)
    const url = textOf(pool['URL'])
    if (url === null) return []
    const status = textOf(pool['Status'])
    return poolEntry({
      index: countOf(pool['POOL']) ?? order,
      url: url.includes('://') ? url : `stratum+tcp://${url}`,
      user: textOf(pool['User']) ?? '',
      alive: status === null ? null : /^alive$/i.test(status),
      active: booleanOf(pool['Stratum Active']) ?? false,
      accepted: countOf(pool['Accepted']),
      rejected: countOf(pool['Rejected']),
      stale: countOf(pool['Stale']),
      difficulty: difficultyOf(pool['Stratum Difficulty']) ?? difficultyOf(pool['Work Difficulty']),
      lastShareAtMs: lastShareOf(pool['Last Share Time'], atMs, uptimeS),
    })
  })
}

/** The latest share of any pool. */
export function latestShare(pools: readonly PoolReading[]): number | null {
  return maxOf(pools.map(({ lastShareAtMs }) => lastShareAtMs))
}
