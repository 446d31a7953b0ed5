/** Pools for firmware that knows plain Stratum V1 and nothing else for certain. Pure. */
import { type PoolsSnapshot, type PoolTarget } from './family.ts'
import { notSupported } from './offer.ts'
import { type PoolReading } from '../model/reading.ts'

export interface PlainPools {
  readonly pools: readonly PoolTarget[]
  /** For the person; null if everything fits. */
  readonly note: string | null
}

/**
 * @param firmware for the message; null for pools that the rig had itself: they are given back as they were
 * @param most entries it can keep
 * @throws HeadframeError `rig/not-supported` for TLS and Stratum V2
 */
export function plainPools(pools: readonly PoolTarget[], firmware: string | null, most: number): PlainPools {
  for (const { url } of pools) {
    if (firmware === null || /^stratum\+tcp:\/\/[^/\s]+:\d{1,5}\/?$/i.test(url.trim())) continue
    throw notSupported(
      `${firmware} is only known to mine over stratum+tcp://host:port, and ${url} is something else. Choose such an address of that pool, or send the rig to Headframe.`,
    )
  }
  const kept = pools.slice(0, most)
  return {
    // An empty password is refused by some pools and by this kind of firmware; `x` stands for none.
    pools: kept.map(({ url, user, password }) => ({ url: url.trim(), user, password: password || 'x' })),
    note:
      kept.length === pools.length
        ? null
        : `The rig keeps ${String(most)} pools: the last ${String(pools.length - kept.length)} were left out.`,
  }
}

/** What a list of pools without passwords is worth keeping as. */
export function snapshotWithoutPasswords(pools: readonly PoolReading[]): PoolsSnapshot {
  return {
    pools: pools
      .filter(({ url, devFee }) => url !== '' && !devFee)
      .map(({ url, user }) => ({ url, user, password: '' })),
    hasPasswords: false,
    own: null,
  }
}
