/** What rigs said of themselves, by the minute and by the hour. */
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type History,
  openHistory,
  type ReadingQuery,
  type RigReadingRecord,
} from '../../../src-main/history/index.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

const HOUR = 3_600_000
const MINUTE = 60_000
const DAY = Date.UTC(2026, 10, 22)

function opened(): History {
  const { history } = openHistory({ dataDir: temporaryDir(), nowMs: DAY })
  onTestFinished(() => history.close())
  return history
}

function said(known: Partial<RigReadingRecord> = {}): RigReadingRecord {
  return {
    rigId: 'attic',
    atMs: DAY,
    hashrateHs: null,
    chipC: null,
    powerW: null,
    fanRpm: null,
    hashErrorPercent: null,
    ...known,
  }
}

function values(history: History, query: Partial<ReadingQuery> = {}): (number | null)[] {
  return history
    .readingSeries({ metric: 'hashrate', fromMs: DAY, toMs: DAY + 4 * MINUTE, points: 4, ...query })
    .points.map(({ value }) => value)
}

describe('readings', () => {
  it('show the mean of a minute, and minutes without a word as gaps', () => {
    const history = opened()
    history.recordReadings([
      said({ atMs: DAY + 10_000, hashrateHs: 100, chipC: 60 }),
      said({ atMs: DAY + 20_000, hashrateHs: 300 }),
      said({ atMs: DAY + 2 * MINUTE, hashrateHs: 0 }),
    ])
    expect(values(history, { rigId: 'attic' })).toEqual([200, null, 0, null])
    expect(values(history, { rigId: 'attic', metric: 'chip_temperature' })).toEqual([60, null, null, null])
    expect(values(history, { rigId: 'nobody' })).toEqual([null, null, null, null])
  })

  it('add up rates and powers of all rigs, and show the hottest', () => {
    const history = opened()
    history.recordReadings([
      said({ hashrateHs: 100, powerW: 10, chipC: 50 }),
      said({ rigId: 'cellar', hashrateHs: 40, powerW: 5, chipC: 70 }),
      said({ rigId: 'cellar', hashrateHs: 60, powerW: 5, chipC: 71 }),
    ])
    expect(values(history)[0]).toBe(150)
    expect(values(history, { metric: 'power' })[0]).toBe(15)
    expect(values(history, { metric: 'chip_temperature' })[0]).toBe(70.5)
  })

  it('keep minutes for two weeks and hours for good', () => {
    const history = opened()
    history.recordReadings([said({ hashrateHs: 7 })])
    history.recordReadings([said({ atMs: DAY + 15 * 24 * HOUR, hashrateHs: 9 })])
    expect(values(history)).toEqual([null, null, null, null])
    expect(values(history, { toMs: DAY + 4 * HOUR })).toEqual([7, null, null, null])
  })

  it('leave out numbers that are none', () => {
    const history = opened()
    history.recordReadings([said({ hashrateHs: NaN, powerW: Infinity, fanRpm: 3000 })])
    expect(values(history)[0]).toBeNull()
    expect(values(history, { metric: 'power' })[0]).toBeNull()
    expect(values(history, { metric: 'fan' })[0]).toBe(3000)
  })

  it('give the same mean whichever way readings came together', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 1, maxLength: 20 }),
        fc.nat(20),
        (rates, cut) => {
          const history = opened()
          const readings = rates.map((hashrateHs) => said({ hashrateHs }))
          history.recordReadings(readings.slice(0, cut))
          history.recordReadings(readings.slice(cut))
          const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
          expect(values(history)[0]).toBeCloseTo(mean, 6)
        },
      ),
      { numRuns: 20 },
    )
  })
})
