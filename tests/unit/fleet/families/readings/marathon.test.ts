import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { marathonReading, modeBeforeSleep } from '../../../../../src-main/fleet/families/readings/marathon.ts'

const AT_MS = 1_700_000_000_000
const boards = (ghs: number): unknown => ({
  hashboards: [0, 1, 2].map((index) => ({ index, hashrate_average: ghs, asic_num: 110 })),
})

describe('Marathon', () => {
  it('takes its present rate in the unit that agrees with its boards', () => {
    const rate = (realtime: number): number | null =>
      marathonReading(
        { brief: { hashrate_realtime: realtime, hashrate_ideal: 141_000 }, hashboards: boards(46_000) },
        AT_MS,
      ).hashrates.nowHs
    expect(rate(138.5)).toBe(138.5e12)
    expect(rate(138_500)).toBe(138.5e12)
    expect(rate(0)).toBe(0)
  })

  it('takes it by the ideal rate where no boards are told, and as GH/s where nothing is', () => {
    expect(
      marathonReading({ brief: { hashrate_realtime: 140, hashrate_ideal: 141_000 } }, AT_MS).hashrates.nowHs,
    ).toBe(140e12)
    expect(marathonReading({ brief: { hashrate_realtime: 140_000 } }, AT_MS).hashrates.nowHs).toBe(140e12)
  })

  it.each([
    ['Mining', 'Stock', 'mining'],
    ['Mining', 'Sleep', 'paused'],
    ['Sleeping', 'Auto', 'paused'],
    ['Initializing', 'Auto', 'starting'],
    ['Tuning', 'Auto', 'tuning'],
    ['Failure', 'Auto', 'error'],
    ['Overheat', 'Auto', 'overheated'],
    ['Idle', 'Auto', 'stopped'],
  ])('means by "%s" in mode %s that it is %s', (status, mode, state) => {
    const minerConfig = { mode: { 'work-mode-selector': mode } }
    expect(marathonReading({ brief: { status }, minerConfig }, AT_MS).state).toBe(state)
  })

  it('works for the living pool of highest priority', () => {
    const { pools } = marathonReading(
      {
        brief: {},
        pools: [
          { index: 0, url: 'a.example:1', status: 'Dead', priority: 0 },
          { index: 1, url: 'b.example:1', status: 'Alive', priority: 2 },
          { index: 2, url: 'c.example:1', status: 'Alive', priority: 1 },
        ],
      },
      AT_MS,
    )
    expect(pools.map(({ active }) => active)).toEqual([false, false, true])
  })

  it('finds the mode it was in before it slept last', () => {
    const change = (from: string, to: string): unknown => ({
      '1': [{ type: 'update', path: ['Mode', 'WorkModeSelector'], from, to }],
    })
    expect(
      modeBeforeSleep([change('Stock', 'Sleep'), change('Sleep', 'Auto'), change('Auto', 'Sleep')]),
    ).toBe('Auto')
    expect(modeBeforeSleep([{ '1': [{ path: ['Pools'], from: 'x', to: 'Sleep' }] }])).toBeNull()
    expect(modeBeforeSleep('log')).toBeNull()
  })

  it('never throws, whatever is answered', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        marathonReading(
          {
            brief: value,
            overview: value,
            hashboards: { hashboards: [value] },
            details: { hashboard_infos: [value] },
            fans: value,
            pools: [value],
            networkConfig: value,
            minerConfig: value,
            locateMiner: value,
            eventChart: { event_flags: [value] },
          },
          AT_MS,
        )
        modeBeforeSleep([value, { a: [value] }])
      }),
    )
  })
})
