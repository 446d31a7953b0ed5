import { describe, expect, it } from 'vitest'
import { termsOfPools } from '../../../src-main/app/pool-terms.ts'
import { type PoolSettings } from '../../../src-main/settings/index.ts'

const pool = (id: string, url: string, solo = false): PoolSettings =>
  ({ id, url, solo }) as Partial<PoolSettings> as PoolSettings
const schemeAt = (url: string, solo = false): string =>
  termsOfPools([pool('p', url, solo)], []).map(({ scheme, feePpm }) => `${scheme} ${feePpm}`)[0]!

describe('terms of pools', () => {
  it('are assumed by the host, whole names only', () => {
    expect(schemeAt('stratum2+tcp://v2.stratum.braiins.com:3333/9key')).toBe('FPPS 25000')
    expect(schemeAt('stratum+tcp://public-pool.io:21496')).toBe('SOLO 0')
    expect(schemeAt('stratum+tcp://Mine.OCEAN.xyz:3334')).toBe('TIDES 20000')
    expect(schemeAt('stratum+tcp://notpublic-pool.io:21496')).toBe('FPPS 20000')
    expect(schemeAt('stratum+tcp://mine.ocean.xyz.example.com:3334')).toBe('FPPS 20000')
    expect(schemeAt('no address')).toBe('FPPS 20000')
  })

  it('are those of mining alone where the pool is said to be for that', () => {
    expect(schemeAt('stratum2+tcp://v2.stratum.braiins.com:3333/9key', true)).toBe('SOLO 0')
  })

  it('are what a person entered, also of a pool that is gone', () => {
    const entered = (poolId: string) => ({ poolId, scheme: 'PPS' as const, feePpm: 1, assumed: true })
    expect(
      termsOfPools(
        [pool('a', 'stratum+tcp://mine.ocean.xyz:1'), pool('b', 'x')],
        [entered('a'), entered('gone')],
      ),
    ).toEqual([
      { ...entered('a'), assumed: false },
      { ...entered('gone'), assumed: false },
      { poolId: 'b', scheme: 'FPPS', feePpm: 20_000, assumed: true },
    ])
  })
})
