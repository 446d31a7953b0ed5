/** How pools pay, where nobody entered it: what is known of public pools by their host. Assumed, and said to be. */
import { type PoolTerms } from '../../src-preload/contract/index.ts'
import { type PoolSettings } from '../settings/index.ts'

/** A leading dot stands for all below. Fees in millionths; as published by the pools, which may change them. */
const KNOWN: readonly (readonly [hosts: readonly string[], terms: Pick<PoolTerms, 'scheme' | 'feePpm'>])[] = [
  [['.braiins.com'], { scheme: 'FPPS', feePpm: 25_000 }],
  [['.ckpool.org'], { scheme: 'SOLO', feePpm: 20_000 }],
  [['.public-pool.io', 'public-pool.io'], { scheme: 'SOLO', feePpm: 0 }],
  [['.ocean.xyz'], { scheme: 'TIDES', feePpm: 20_000 }],
  [['.viabtc.com', '.viabtc.io'], { scheme: 'PPS+', feePpm: 40_000 }],
  [['.f2pool.com'], { scheme: 'FPPS', feePpm: 40_000 }],
  [['.luxor.tech'], { scheme: 'FPPS', feePpm: 25_000 }],
  [['.demandpool.org', '.dmnd.work'], { scheme: 'FPPS', feePpm: 20_000 }],
]
const UNKNOWN: Pick<PoolTerms, 'scheme' | 'feePpm'> = { scheme: 'FPPS', feePpm: 20_000 }
const SOLO: Pick<PoolTerms, 'scheme' | 'feePpm'> = { scheme: 'SOLO', feePpm: 0 }

/** Terms of every pool: as a person entered them, else assumed. Pools that are gone keep theirs. */
export function termsOfPools(pools: readonly PoolSettings[], entered: readonly PoolTerms[]): PoolTerms[] {
  const known = new Set(entered.map(({ poolId }) => poolId))
  const assumed = pools
    .filter(({ id }) => !known.has(id))
    .map(({ id, url, solo }): PoolTerms => {
      const terms = solo ? SOLO : (knownTerms(url) ?? UNKNOWN)
      return { poolId: id, ...terms, assumed: true }
    })
  return [...entered.map((terms) => ({ ...terms, assumed: false })), ...assumed]
}

function knownTerms(url: string): Pick<PoolTerms, 'scheme' | 'feePpm'> | undefined {
  const host = URL.canParse(url) ? new URL(url).hostname.toLowerCase() : ''
  return KNOWN.find(([hosts]) =>
    hosts.some((name) => host === name || (name.startsWith('.') && host.endsWith(name))),
  )?.[1]
}
