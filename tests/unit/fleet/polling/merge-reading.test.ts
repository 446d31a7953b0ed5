import { describe, expect, it } from 'vitest'
import { type ReadResult } from '../../../../src-main/fleet/families/family.ts'
import {
  board,
  NO_HASHRATES,
  poolEntry,
  reading,
  type RigReading,
} from '../../../../src-main/fleet/model/reading.ts'
import {
  KEPT_FOR_POLLS,
  mergeReading,
  type MergedReading,
} from '../../../../src-main/fleet/polling/merge-reading.ts'

const whole = (more: Partial<RigReading> = {}): RigReading =>
  reading({
    atMs: 1,
    family: 'antminer',
    firmware: 'Stock',
    state: 'mining',
    powerW: 3000,
    hashrates: { ...NO_HASHRATES, nowHs: 1e14, hourHs: 9e13 },
    boards: [board({ slot: 0, label: '1', chipMaxC: 70, hashrateHs: 5e13 })],
    pools: [poolEntry({ index: 0, url: 'stratum+tcp://a.example:1', user: 'u', accepted: 5, active: true })],
    ...more,
  })
const partly = (more: Partial<RigReading>, failed: readonly string[] = ['rpc stats']): ReadResult => ({
  reading: whole({ atMs: 2, ...more }),
  failed,
})
const first = mergeReading(null, { reading: whole(), failed: [] })

describe('a poll of which a part failed', () => {
  it('keeps what the part said before, and takes the rest as it is now', () => {
    const now = mergeReading(first, partly({ powerW: null, state: 'tuning' })).reading
    expect(now).toMatchObject({ atMs: 2, powerW: 3000, state: 'tuning' })
  })

  it('keeps single members of what has several', () => {
    const now = mergeReading(first, partly({ hashrates: { ...NO_HASHRATES, nowHs: 2e14 } })).reading
    expect(now.hashrates).toMatchObject({ nowHs: 2e14, hourHs: 9e13 })
  })

  it('keeps a list that is empty now, and fills the gaps of boards in the same slot', () => {
    expect(mergeReading(first, partly({ boards: [] })).reading.boards).toEqual(first.reading.boards)
    const gappy = board({ slot: 0, label: '1', hashrateHs: 4e13 })
    expect(mergeReading(first, partly({ boards: [gappy] })).reading.boards[0]).toMatchObject({
      chipMaxC: 70,
      hashrateHs: 4e13,
    })
  })

  it('never fills a board that is missing', () => {
    const missing = board({ slot: 0, label: '1', missing: true })
    expect(mergeReading(first, partly({ boards: [missing] })).reading.boards[0]?.chipMaxC).toBeNull()
  })

  it("does not give one pool another pool's counts", () => {
    const other = poolEntry({ index: 0, url: 'stratum+tcp://b.example:1', user: 'u', active: true })
    expect(mergeReading(first, partly({ pools: [other] })).reading.pools[0]?.accepted).toBeNull()
    const same = poolEntry({ index: 0, url: 'stratum+tcp://a.example:1', user: 'u', active: true })
    expect(mergeReading(first, partly({ pools: [same] })).reading.pools[0]?.accepted).toBe(5)
  })

  it('lets go after three misses', () => {
    let merged: MergedReading = first
    const seen: (number | null)[] = []
    for (let poll = 0; poll <= KEPT_FOR_POLLS; poll++) {
      merged = mergeReading(merged, partly({ powerW: null }))
      seen.push(merged.reading.powerW)
    }
    expect(seen).toEqual([3000, 3000, 3000, null])
  })

  it('counts misses anew after the part answered once', () => {
    let merged = mergeReading(first, partly({ powerW: null }))
    merged = mergeReading(merged, partly({ powerW: 2900 }, []))
    for (let poll = 0; poll < KEPT_FOR_POLLS; poll++) merged = mergeReading(merged, partly({ powerW: null }))
    expect(merged.reading.powerW).toBe(2900)
  })
})

describe('a poll of which everything answered', () => {
  it('takes absent for absent', () => {
    const now = mergeReading(first, partly({ powerW: null, boards: [] }, [])).reading
    expect(now.powerW).toBeNull()
    expect(now.boards).toEqual([])
  })

  it('keeps nothing of another firmware', () => {
    const other = mergeReading(first, { reading: whole({ family: 'vnish', powerW: null }), failed: ['x'] })
    expect(other.reading.powerW).toBeNull()
  })
})
