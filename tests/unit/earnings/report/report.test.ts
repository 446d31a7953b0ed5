import { describe, expect, it } from 'vitest'
import { makeReport, type ReportInputs } from '../../../../src-main/earnings/index.ts'
import {
  DAY_MS,
  emptyInputs,
  flatTariff,
  HOUR_MS,
  rig,
  steadyEnergy,
  steadyWork,
} from '../../../support/earnings-inputs.ts'

const at = (text: string) => Date.parse(text)
const day = (text: string) => at(`${text}T00:00Z`) / DAY_MS
const [FROM, TO] = ['2026-03-01T00:00Z', '2026-03-03T00:00Z']
const fact = {
  atMs: at('2026-03-01T00:30Z'),
  height: 900_000,
  difficulty: 1.45e14,
  subsidySats: null,
  feesSats: 4_200_000,
}
const fpps = { poolId: 'p', scheme: 'FPPS' as const, feePpm: 20_000, assumed: false }

/** One rig, 1.2e9 work and a kWh an hour, for two days. */
function oneRig(more: Partial<ReportInputs> = {}): ReportInputs {
  return emptyInputs({
    work: [steadyWork('key-a', 'p', FROM, TO, 1.2e9)],
    energy: [{ kind: 'rig', rigId: 'a', sensor: 'measured', ...steadyEnergy(FROM, TO, 3_600_000) }],
    facts: [fact],
    prices: [
      { day: day('2026-03-01'), closeMinor: 9_000_000 },
      { day: day('2026-03-02'), closeMinor: 9_100_000 },
    ],
    pools: [{ poolId: 'p', name: 'Pool' }],
    terms: [fpps],
    tariffs: [flatTariff(320_000)],
    rigs: [rig('a')],
    ...more,
  })
}

describe('a report of one rig', () => {
  // An hour: 1.2e9 / 1.45e14 x (312,500,000 + 4,200,000) x 0.98 = 2,568.546207 sats
  it('has the figures that are worked out by hand', () => {
    const report = makeReport(oneRig())
    expect(report.totals).toMatchObject({
      expectedSats: 123_290, // 48 x 2,568.546207 = 123,290.2
      soloExpectedSats: 0,
      reportedSats: null,
      receivedSats: 0,
      work: 48 * 1.2e9,
      energyWh: 48_000,
      energyJ: 48 * 3_600_000,
      energyCostMinor: 1536, // 48 kWh at 0.32
      standingMinor: 0,
      costMinor: 1536,
      coverageRatio: 1,
      powerCoverageRatio: 1,
    })
    // 61,645 sats each day: at 90,000.00 they are 5,548.05, at 91,000.00 they are 5,609.695
    expect(
      report.rows.map(({ date, expectedSats, minorPerBtc, revenueMinor, costMinor, marks }) => ({
        date,
        expectedSats,
        minorPerBtc,
        revenueMinor,
        costMinor,
        marks,
      })),
    ).toEqual([
      {
        date: '2026-03-01',
        expectedSats: 61_645,
        minorPerBtc: 9_000_000,
        revenueMinor: 5548,
        costMinor: 768,
        marks: [],
      },
      {
        date: '2026-03-02',
        expectedSats: 61_645,
        minorPerBtc: 9_100_000,
        revenueMinor: 5610,
        costMinor: 768,
        marks: [],
      },
    ])
    expect(report.totals.profitMinor).toBe(5548 + 5610 - 1536)
    expect(report.notes).toEqual([])
  })

  it('shows its formula', () => {
    expect(makeReport(oneRig()).formula).toEqual([
      expect.objectContaining({
        poolName: 'Pool',
        scheme: 'FPPS',
        feePpm: 20_000,
        difficulty: 1.45e14,
        subsidySats: 312_500_000,
        feesSats: 4_200_000,
        expectedSats: 123_290,
        words: '5.76e10 work / 1.45e14 difficulty x (312,500,000 + 4,200,000 sats) x 98 %',
      }),
    ])
  })

  it('finds where it breaks even', () => {
    const { breakEven } = makeReport(oneRig())
    // 15.36 for 123,290 sats; 111.58 for 48 kWh
    expect(breakEven.minorPerBtc).toBe(Math.ceil((1536 * 1e8) / 123_290))
    expect(breakEven.microsPerKwh).toBe(Math.floor((111.58 * 1e6) / 48))
    const dear = makeReport(oneRig({ tariffs: [flatTariff(breakEven.microsPerKwh!)] }))
    expect(dear.totals.profitMinor).toBe(0)
  })

  it('leaves out of the credit what was refused and lost', () => {
    const work = steadyWork('key-a', 'p', FROM, TO, 1.2e9)
    const refused = {
      ...work,
      rejected: work.atMs && Array.from(work.atMs, () => 2),
      lost: Array.from(work.atMs, () => 3),
    }
    // 10 of 15
    expect(makeReport(oneRig({ work: [refused] })).totals.expectedSats).toBe(
      Math.round((123_290.2 * 10) / 15),
    )
  })

  it('counts solo mining apart, and none of it as income', () => {
    const solo = makeReport(oneRig({ terms: [{ ...fpps, scheme: 'SOLO', feePpm: 0 }] }))
    expect(solo.totals).toMatchObject({
      expectedSats: 0,
      soloExpectedSats: 125_806,
      revenueMinor: 0,
      profitMinor: -1536,
    })
    expect(solo.pools[0]).toMatchObject({ scheme: 'SOLO', soloExpectedSats: 125_806, expectedSats: 0 })
  })

  it('pays no fees of blocks with plain PPS', () => {
    const pps = makeReport(oneRig({ terms: [{ ...fpps, scheme: 'PPS' }] }))
    expect(pps.totals.expectedSats).toBe(121_655) // 48 x 1.2e9 / 1.45e14 x 312,500,000 x 0.98 = 121,655.17
    expect(pps.formula[0]!.words).toBe('5.76e10 work / 1.45e14 difficulty x (312,500,000 sats) x 98 %')
  })
})

describe('what is missing', () => {
  const marksOf = (inputs: ReportInputs) => makeReport(inputs).rows.map(({ marks }) => marks)

  it('leaves a figure unknown, not nothing, without facts', () => {
    const report = makeReport(oneRig({ facts: [] }))
    expect(report.totals).toMatchObject({
      expectedSats: null,
      revenueMinor: null,
      profitMinor: null,
      costMinor: 1536,
    })
    expect(report.rows[0]!.marks).toEqual(['no-facts'])
    expect(report.notes[0]).toMatch(/difficulty of the network is not known/)
  })

  it('takes the first later facts for the time before them, and says so', () => {
    const report = makeReport(oneRig({ facts: [{ ...fact, atMs: at('2026-03-02T12:00Z') }] }))
    expect(report.totals.expectedSats).toBe(123_290)
    expect(report.rows.map(({ marks }) => marks)).toEqual([['later-facts'], ['later-facts']])
  })

  it('says when the last facts are old', () => {
    expect(makeReport(oneRig({ facts: [{ ...fact, atMs: at('2026-02-20T00:00Z') }] })).notes).toEqual([
      'The difficulty of the network was last known on 2026-02-20; later days are counted with it.',
    ])
  })

  it('does not count work at the difficulty of a test network', () => {
    const report = makeReport(oneRig({ facts: [{ ...fact, difficulty: 4.6e-10 }] }))
    expect(report.totals.expectedSats).toBeNull()
    expect(report.notes.join()).toMatch(/test network/)
  })

  it('expects nothing of a pool of which nobody knows how it pays', () => {
    const report = makeReport(oneRig({ terms: [] }))
    expect(report.pools[0]).toMatchObject({ expectedSats: null, scheme: null })
    expect(report.totals.expectedSats).toBeNull()
    expect(report.notes[0]).toMatch(/not known how Pool pays/)
  })

  it('takes the last price known before a day, then the first after, then none', () => {
    const price = (text: string) => [{ day: day(text), closeMinor: 9_000_000 }]
    expect(marksOf(oneRig({ prices: price('2026-03-01') }))).toEqual([[], ['old-price']])
    const later = makeReport(oneRig({ prices: price('2026-03-05') }))
    expect(later.rows.map(({ priceDate }) => priceDate)).toEqual(['2026-03-05', '2026-03-05'])
    const none = makeReport(oneRig({ prices: [] }))
    expect(none.totals).toMatchObject({ revenueMinor: null, expectedSats: 123_290 })
    expect(none.rows[0]!.marks).toEqual(['no-price'])
  })

  it('knows no cost without a tariff, and none for hours that have no price', () => {
    expect(makeReport(oneRig({ tariffs: [] })).totals).toMatchObject({
      costMinor: null,
      standingMinor: null,
      profitMinor: null,
    })
    const half = flatTariff(0, {
      rates: {
        kind: 'periods',
        seasons: [
          {
            name: 'y',
            from: '01-01',
            to: '12-31',
            periods: [
              { name: 'n', microsPerKwh: 320_000, days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '12:00' },
            ],
          },
        ],
      },
    })
    const report = makeReport(oneRig({ tariffs: [half] }))
    expect(report.totals.costMinor).toBe(768)
    expect(report.rows[0]!.marks).toEqual(['no-tariff'])
  })

  it('shows power that is not known as not covered, and fills no gap', () => {
    const energy = oneRig().energy.map((series) => ({
      ...series,
      ...steadyEnergy(FROM, '2026-03-01T18:00Z', 3_600_000),
    }))
    const report = makeReport(oneRig({ energy }))
    expect(report.totals).toMatchObject({ energyWh: 18_000, powerCoverageRatio: 18 / 48 })
    expect(
      report.rows.map(({ energyWh, costMinor, powerCoverageRatio, marks }) => [
        energyWh,
        costMinor,
        powerCoverageRatio,
        marks,
      ]),
    ).toEqual([
      [18_000, 576, 0.75, ['partly-covered']],
      [null, null, 0, ['no-power']],
    ])
  })

  it('names rigs without any source of power', () => {
    expect(makeReport(oneRig({ energy: [] })).notes).toEqual([
      'The power of A is not known: no plug, no figure of its own, no J/TH and no nameplate. Its cost is missing.',
    ])
  })

  it('tells time in which nobody was there from time in which nothing was earned', () => {
    const presence = { atMs: [at(FROM)], coveredMs: [HOUR_MS] }
    const report = makeReport(emptyInputs({ presence }))
    expect(report.rows.map(({ expectedSats, coverageRatio }) => [expectedSats, coverageRatio])).toEqual([
      [0, 1 / 24],
      [null, 0],
    ])
    expect(report.rows[0]!.marks).toEqual(['partly-covered'])
  })
})

describe('the buckets', () => {
  it('end with the one that runs, marked, and have none after it', () => {
    const report = makeReport(oneRig({ nowMs: at('2026-03-01T10:00Z'), toMs: at('2026-04-01T00:00Z') }))
    expect(report.rows).toHaveLength(1)
    expect(report.rows[0]!.marks).toContain('running')
    expect(report.rows[0]!.untilMs).toBe(at('2026-03-02T00:00Z'))
  })

  it('are local days, also of 23 hours and where an hour is cut in half', () => {
    const range = { fromMs: at('2026-03-28T23:00Z'), toMs: at('2026-03-30T22:00Z') }
    const berlin = makeReport(oneRig({ ...range, timeZone: 'Europe/Berlin' }))
    expect(berlin.rows.map(({ date, atMs, untilMs }) => [date, (untilMs - atMs) / HOUR_MS])).toEqual([
      ['2026-03-29', 23],
      ['2026-03-30', 24],
    ])
    // Half of the hour at 18:00 UTC lies in the day before.
    const kolkata = makeReport(
      oneRig({ timeZone: 'Asia/Kolkata', fromMs: at('2026-02-28T18:30Z'), toMs: at('2026-03-02T18:30Z') }),
    )
    expect(kolkata.rows.map(({ energyWh }) => energyWh)).toEqual([18_500, 24_000])
  })

  it('prices energy by the local clock on the day it changes', () => {
    const range = {
      fromMs: at('2026-10-24T22:00Z'),
      toMs: at('2026-10-25T23:00Z'),
      nowMs: at('2027-01-01T00:00Z'),
    }
    const night = {
      name: 'night',
      microsPerKwh: 100_000,
      days: [1, 2, 3, 4, 5, 6, 7],
      from: '00:00',
      to: '06:00',
    }
    const periods = [night, { ...night, name: 'day', microsPerKwh: 300_000, from: '06:00', to: '00:00' }]
    const tariff = flatTariff(0, {
      rates: { kind: 'periods', seasons: [{ name: 'y', from: '01-01', to: '12-31', periods }] },
    })
    const report = makeReport(
      oneRig({
        ...range,
        timeZone: 'Europe/Berlin',
        tariffs: [tariff],
        energy: [
          {
            kind: 'rig',
            rigId: 'a',
            sensor: 'measured',
            ...steadyEnergy('2026-10-24T22:00Z', '2026-10-25T23:00Z', 3_600_000),
          },
        ],
      }),
    )
    expect(report.rows).toHaveLength(1)
    expect(report.totals.costMinor).toBe(7 * 10 + 18 * 30) // the night has seven hours
  })

  it('refuses more rows than can be read', () => {
    expect(() =>
      makeReport(oneRig({ bucket: 'hour', toMs: at('2027-03-01T00:00Z'), nowMs: at('2028-01-01T00:00Z') })),
    ).toThrowError(expect.objectContaining({ code: 'earnings/too-many-buckets' }) as Error)
    expect(() => makeReport(oneRig({ toMs: at(FROM) }))).toThrow(RangeError)
  })

  it('charge a standing price by the day, in part for a day that is cut', () => {
    const tariffs = [flatTariff(0, { standingMicrosPerDay: 480_000 })]
    expect(makeReport(oneRig({ tariffs })).totals).toMatchObject({ standingMinor: 96, costMinor: 96 })
    const cut = makeReport(
      oneRig({ tariffs, fromMs: at('2026-03-01T12:00Z'), nowMs: at('2026-03-02T06:00Z') }),
    )
    expect(cut.rows.map(({ standingMinor }) => standingMinor)).toEqual([24, 12])
  })
})

describe('the three sources', () => {
  const accounts = [{ accountId: 'x', name: 'X', poolId: 'p' }]
  const accountDays = [
    { accountId: 'x', day: day('2026-02-28'), earnedSats: 5 },
    { accountId: 'x', day: day('2026-03-01'), earnedSats: 60_000 },
    { accountId: 'x', day: day('2026-03-02'), earnedSats: 62_000 },
  ]
  const payout = {
    id: '1',
    atMs: at('2026-03-02T13:00Z'),
    sats: 1_000_000,
    kind: 'chain' as const,
    reference: 'tx:0',
    address: null,
    poolId: 'p',
    accountName: null,
    note: '',
  }

  it('stand side by side, and profit is of the one that was chosen', () => {
    const reported = makeReport(oneRig({ accounts, accountDays, payouts: [payout], profitFrom: 'reported' }))
    expect(reported.totals).toMatchObject({
      expectedSats: 123_290,
      reportedSats: 122_000,
      receivedSats: 1_000_000,
    })
    expect(reported.rows.map(({ revenueMinor }) => revenueMinor)).toEqual([5400, 5642])
    expect(reported.rigs[0]!.revenueMinor).toBe(11_042) // its work was all there was
    const received = makeReport(oneRig({ accounts, accountDays, payouts: [payout], profitFrom: 'received' }))
    expect(received.rows.map(({ revenueMinor }) => revenueMinor)).toEqual([0, 91_000])
    expect(received.rigs.map(({ rigId, revenueMinor }) => [rigId, revenueMinor])).toEqual([
      ['a', null],
      [null, 91_000],
    ])
  })

  it('are unknown where nobody looks', () => {
    expect(makeReport(oneRig({ payoutsKnown: false })).totals.receivedSats).toBeNull()
    expect(makeReport(oneRig({ accounts, accountDays, bucket: 'hour' })).totals.reportedSats).toBeNull()
    const { totals, notes } = makeReport(
      oneRig({ onlyRigs: ['a'], payouts: [payout], profitFrom: 'received' }),
    )
    expect(totals).toMatchObject({ receivedSats: null, revenueMinor: null })
    expect(notes.join()).toMatch(/belong to no single rig/)
  })
})

describe('the splits', () => {
  const two = oneRig({
    work: [
      steadyWork('key-a', 'p', FROM, TO, 3e9),
      steadyWork('key-b', 'p', FROM, TO, 1e9),
      steadyWork('key-b', 'q', FROM, TO, 1e9),
      steadyWork('key-new', 'q', FROM, TO, 1e9),
    ],
    rigs: [rig('a', { groupId: 'g' }), rig('b')],
    groups: [{ groupId: 'g', name: 'Garage' }],
    energy: [
      { kind: 'rig', rigId: 'a', sensor: 'measured', ...steadyEnergy(FROM, TO, 7_200_000) },
      { kind: 'rig', rigId: 'b', sensor: 'estimated', ...steadyEnergy(FROM, TO, 3_600_000) },
    ],
    terms: [fpps, { ...fpps, poolId: 'q', assumed: true }],
    stackBy: ['rig'],
  })

  it('are by pool, rig and group, with rigs nobody named under their key', () => {
    const report = makeReport(two)
    expect(report.rigs.map(({ rigId, energyWh, powerSource }) => [rigId, energyWh, powerSource])).toEqual([
      ['a', 96_000, 'measured'],
      ['b', 48_000, 'estimated'],
      ['key-new', null, null],
    ])
    expect(report.groups.map(({ groupId, energyWh }) => [groupId, energyWh])).toEqual([
      ['g', 96_000],
      [null, 48_000],
    ])
    // b worked as much for q as for p
    expect(report.pools.map(({ poolId, energyWh, costMinor }) => [poolId, energyWh, costMinor])).toEqual([
      ['p', 120_000, 3840],
      ['q', 24_000, 768],
    ])
    expect(report.notes.some((note) => note.includes('pays by FPPS with a fee of 2 % is assumed'))).toBe(true)
    expect(report.stacks.rig[0]).toMatchObject({ id: 'a', name: 'A', energyWh: [48_000, 48_000] })
    expect(report.stacks.pool).toEqual([])
  })

  it('can be of some rigs alone', () => {
    const report = makeReport({ ...two, onlyRigs: ['b'] })
    expect(report.rigs.map(({ rigId }) => rigId)).toEqual(['b'])
    expect(report.totals).toMatchObject({ energyWh: 48_000, reportedSats: null })
    expect(report.formula.map(({ work }) => work)).toEqual([48e9, 48e9])
  })
})
