import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseSources, type PowerCandidate } from '../../../../src-main/earnings/power/choose.ts'
import { byEfficiency, byWatts, hashingOf } from '../../../../src-main/earnings/power/estimate.ts'
import { meteredRigs } from '../../../../src-main/earnings/power/meters.ts'
import {
  addColumns,
  emptyLine,
  type PowerLine,
  type SlotRange,
} from '../../../../src-main/earnings/power/power-line.ts'
import { RigPower } from '../../../../src-main/earnings/power/rig-power.ts'
import { type EnergySeries, type PowerSource } from '../../../../src-main/earnings/report/inputs.ts'
import { HOUR_MS, rig } from '../../../support/earnings-inputs.ts'

const range: SlotRange = { firstMs: 10 * HOUR_MS, slotMs: HOUR_MS, count: 4 }
const atMs = [10, 11, 12, 13].map((hour) => hour * HOUR_MS)
const line = (energyJ: number[], coveredMs = energyJ.map(() => HOUR_MS)): PowerLine => ({
  energyJ: Float64Array.from(energyJ),
  coveredMs: Float64Array.from(coveredMs),
})
const MINUTE = 60_000

describe('a line of power', () => {
  it('takes what lies in its range and can be', () => {
    const one = emptyLine(range)
    addColumns(one, range, {
      atMs: [9 * HOUR_MS, ...atMs, 14 * HOUR_MS],
      energyJ: [1, 100, -5, Number.NaN, 7, 1],
      coveredMs: [HOUR_MS, 2 * HOUR_MS, HOUR_MS, HOUR_MS, 0, HOUR_MS],
    })
    expect([...one.energyJ]).toEqual([100, 0, 0, 0])
    expect([...one.coveredMs]).toEqual([HOUR_MS, 0, 0, 0])
  })
})

describe('estimates', () => {
  const said = { rigId: 'a', atMs: atMs.slice(0, 2), hashingMs: [HOUR_MS, 0], hashrateHs: [100e12, 100e12] }
  const work = {
    rigKey: 'key-a',
    poolId: 'p',
    atMs: atMs.slice(1, 3),
    workDifficulty: [1e6, 1e6],
    acknowledged: [1, 1],
    rejected: [0, 0],
    lost: [0, 0],
  }

  it('know from the rig when it hashed, and from its shares where it said nothing', () => {
    const hashing = hashingOf(range, [said], [work])
    // At eleven it said that it did not hash, whatever the shares say; at twelve only shares speak.
    expect([...hashing.hashingMs]).toEqual([HOUR_MS, 0, HOUR_MS, 0])
    expect([...hashing.hashes]).toEqual([100e12 * 3600, 0, 1e6 * 2 ** 32, 0])
  })

  it('are hashes times J/TH, or watts for as long as it hashed', () => {
    const hashing = hashingOf(range, [said], [work])
    // 100 TH/s at 17.5 J/TH are 1750 W
    expect([...byEfficiency(range, hashing, 17.5).energyJ]).toEqual([
      6_300_000,
      0,
      Math.round(4294.967296 * 17.5),
      0,
    ])
    expect([...byWatts(range, hashing, 15).energyJ]).toEqual([54_000, 0, 54_000, 0])
    expect([...byWatts(range, hashing, 15).coveredMs]).toEqual([HOUR_MS, 0, HOUR_MS, 0])
  })
})

describe('smart plugs', () => {
  const plug = (meterId: string, rigIds: string[]) => ({ meterId, name: meterId, rigIds })

  it('share their energy out by the own figures of the rigs, evenly without any', () => {
    const own = new Map([
      ['a', Float64Array.of(300, 0, 0, 0)],
      ['b', Float64Array.of(100, 50, 0, 0)],
    ])
    const rigs = meteredRigs(range, [plug('m', ['a', 'b'])], new Map([['m', line([1001, 80, 7, 0])]]), (id) =>
      own.get(id)!,
    )
    expect([...rigs.get('a')!.energyJ]).toEqual([751, 0, 4, 0])
    expect([...rigs.get('b')!.energyJ]).toEqual([250, 80, 3, 0])
  })

  it('lose and invent no joule, whatever the rigs say', () => {
    const joules = fc.array(fc.nat(10 ** 9), { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(joules, fc.array(fc.option(joules), { minLength: 2, maxLength: 5 }), (metered, own) => {
        const ids = own.map((_, i) => String(i))
        const rigs = meteredRigs(range, [plug('m', ids)], new Map([['m', line(metered)]]), (id) => {
          const said = own[Number(id)]
          return said ? Float64Array.from(said) : null
        })
        metered.forEach((total, slot) => {
          expect(ids.reduce((sum, id) => sum + rigs.get(id)!.energyJ[slot]!, 0)).toBe(total)
        })
      }),
    )
  })

  it('add up for a rig with two, and say nothing where one of them is silent', () => {
    const lines = new Map([
      ['m', line([10, 10, 10, 10])],
      ['n', line([5, 5, 0, 5], [HOUR_MS, HOUR_MS / 2, 0, HOUR_MS])],
    ])
    const both = meteredRigs(range, [plug('m', ['a']), plug('n', ['a'])], lines, () => null).get('a')!
    expect([...both.energyJ]).toEqual([15, 15, 0, 15])
    expect([...both.coveredMs]).toEqual([HOUR_MS, HOUR_MS / 2, 0, HOUR_MS])
    const silent = meteredRigs(range, [plug('m', ['a']), plug('x', ['a'])], lines, () => null).get('a')!
    expect([...silent.coveredMs]).toEqual([0, 0, 0, 0])
  })
})

describe('the source that counts', () => {
  const candidate = (source: PowerSource, minutes: number[]): PowerCandidate => ({
    source,
    line: line(
      [1, 1, 1, 1],
      minutes.map((m) => m * MINUTE),
    ),
  })

  it('is the best that covers the slot, and none in a gap', () => {
    expect([
      ...chooseSources(range, [candidate('metered', [60, 50, 1, 0]), candidate('measured', [60, 60, 60, 0])]),
    ]).toEqual([0, 0, 1, -1])
    expect([...chooseSources(range, [])]).toEqual([-1, -1, -1, -1])
    expect([...chooseSources(range, [candidate('metered', [1, 1, 1, 1])])]).toEqual([0, 0, 0, 0])
  })

  const energy: EnergySeries[] = [
    { kind: 'meter', meterId: 'm', atMs, energyJ: [1, 1, 1, 1], coveredMs: atMs.map(() => HOUR_MS) },
    {
      kind: 'rig',
      rigId: 'a',
      sensor: 'estimated',
      atMs,
      energyJ: [3, 3, 3, 3],
      coveredMs: atMs.map(() => HOUR_MS),
    },
    {
      kind: 'rig',
      rigId: 'a',
      sensor: 'measured',
      atMs,
      energyJ: [2, 2, 2, 2],
      coveredMs: atMs.map(() => HOUR_MS),
    },
  ]
  const power = new RigPower(range, {
    energy,
    activity: [{ rigId: 'a', atMs, hashingMs: atMs.map(() => HOUR_MS), hashrateHs: atMs.map(() => 1e12) }],
    work: [],
    rigs: [rig('a')],
    meters: [{ meterId: 'm', name: 'plug', rigIds: ['a'] }],
  })

  it('ranks plug, own measurement, estimates, nameplate', () => {
    const candidates = power.candidates(rig('a', { joulesPerTh: 17, nameplateW: 20 }))
    expect(candidates.map(({ source, line: { energyJ } }) => [source, energyJ[0]])).toEqual([
      ['metered', 1],
      ['measured', 2],
      ['estimated', 3],
      ['estimated', 61_200],
      ['nameplate', 72_000],
    ])
  })

  it('is the one that a person chose, and nothing else', () => {
    const chosen = (source: PowerSource) =>
      power.candidates(rig('a', { source, enteredW: 10, nameplateW: 20 }))
    expect(chosen('measured').map(({ line: { energyJ } }) => energyJ[0])).toEqual([2])
    expect(chosen('entered').map(({ line: { energyJ } }) => energyJ[0])).toEqual([36_000])
    expect(power.candidates(rig('a', { source: 'entered' }))).toEqual([])
    expect(power.candidates(rig('b'))).toEqual([])
  })
})
