import { describe, expect, it } from 'vitest'
import { breakdownOf, sortBreakdown } from '@/features/earnings/breakdown.ts'
import { drawEarnings, labelled } from '@/features/earnings/chart-shapes.ts'
import { moneyOf, profitValue, seriesValue, sumKnown } from '@/features/earnings/figures.ts'
import { bestAtQuantile, luckScale } from '@/features/earnings/luck-scale.ts'
import { marksOf } from '@/features/earnings/marks.ts'
import { readAmount } from '@/features/earnings/payout-amount.ts'
import { customPeriod, periodAround, periodTitle, step, stretchOf } from '@/features/earnings/periods.ts'
import {
  doubledHours,
  errorsOf,
  fieldsOf,
  freshTariff,
  tariffOf,
  tidyTime,
} from '@/features/earnings/tariff-draft.ts'
import { changeText, leversOf, queryOf } from '@/features/earnings/what-if-fields.ts'
import { PretendEarnings } from '../../../support/pretend-earnings.ts'
import { PRETEND_TARIFF } from '../../../support/pretend-earnings-values.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const HOUR = 3_600_000
const DAY = 24 * HOUR
const berlin = { timeZone: 'Europe/Berlin', weekStart: 'monday' } as const
const farm = (days = 90): PretendEarnings => new PretendEarnings({ now: () => NOW, days, configured: true })
const november = { from: Date.UTC(2026, 9, 31, 23), to: Date.UTC(2026, 10, 30, 23) }

describe('stretches of time', () => {
  const day = { year: 2026, month: 11, day: 22 }

  it('begin and end in the chosen zone', () => {
    expect(stretchOf(periodAround('month', day, berlin), berlin)).toEqual(november)
    expect(stretchOf(periodAround('day', { year: 2026, month: 10, day: 25 }, berlin), berlin)).toEqual({
      from: Date.UTC(2026, 9, 24, 22),
      to: Date.UTC(2026, 9, 25, 23),
    })
  })

  it('begin weeks on the chosen day', () => {
    expect(periodAround('week', day, berlin).first).toEqual({ year: 2026, month: 11, day: 16 })
    expect(periodAround('week', day, { ...berlin, weekStart: 'sunday' }).first).toEqual(day)
  })

  it('go back and forth without a gap, over the ends of years', () => {
    const january = periodAround('month', { year: 2026, month: 1, day: 31 }, berlin)
    expect(periodTitle(step(january, -1, berlin), berlin)).toBe('December 2025')
    expect(periodTitle(step(january, 1, berlin), berlin)).toBe('February 2026')
    for (const kind of ['day', 'week', 'month', 'year'] as const) {
      const here = periodAround(kind, { year: 2026, month: 3, day: 29 }, berlin)
      expect(stretchOf(step(here, 1, berlin), berlin).from).toBe(stretchOf(here, berlin).to)
      expect(stretchOf(step(here, -1, berlin), berlin).to).toBe(stretchOf(here, berlin).from)
    }
  })

  it('take a stretch of one’s own as it is written, or not at all', () => {
    const own = customPeriod('2026-11-03', '2026-11-09')!
    expect(periodTitle(step(own, 1, berlin), berlin)).toBe('10 Nov – 16 Nov 2026')
    expect(customPeriod('2026-11-09', '2026-11-03')).toBeNull()
    expect(customPeriod('2020-01-01', '2026-01-01')).toBeNull()
    expect(customPeriod('2026-11-09', 'tomorrow')).toBeNull()
  })
})

describe('figures as they are shown', () => {
  const report = farm().report({ ...november, bucket: 'day' })
  const money = moneyOf(report, 'currency')

  it('take what the core counted where it counted, and the price of the day elsewhere', () => {
    const row = report.rows[3]!
    expect(seriesValue(row, 'expected', money)).toBe(row.revenueMinor)
    expect(seriesValue(row, 'reported', money)).toBe(Math.round((row.reportedSats! * row.minorPerBtc!) / 1e8))
    expect(seriesValue(row, 'expected', moneyOf(report, 'sats'))).toBe(row.expectedSats)
  })

  it('do not make up money for a day without a price', () => {
    const october = farm().report({ from: NOW - 35 * DAY, to: NOW - 30 * DAY, bucket: 'day' })
    const without = october.rows.filter((row) => row.marks.includes('no-price'))
    expect(without.length).toBeGreaterThan(0)
    expect(without.map((row) => profitValue(row, 'currency'))).toEqual(without.map(() => null))
    expect(sumKnown(october.rows, (row) => row.revenueMinor, NOW)).toMatchObject({ partial: true })
    expect(marksOf(without[0]!)[0]).toMatchObject({ mark: 'no-price', missing: true })
  })

  it('say how much was covered', () => {
    const partly = report.rows.find((row) => row.marks.includes('partly-covered'))!
    expect(marksOf(partly)[0]?.label).toMatch(/^\d+ % covered$/)
  })
})

describe('the drawing', () => {
  const report = farm().report({ ...november, bucket: 'day' })
  const options = {
    width: 1072,
    height: 320,
    layout: 'side',
    series: ['expected', 'reported', 'received', 'solo'],
    showCost: true,
    money: moneyOf(report, 'currency'),
    now: NOW,
  } as const
  const count = (path: string): number => path.split('M').length - 1

  it('has a bar for each past day, and none for days to come', () => {
    const { bars } = drawEarnings(report.rows, options)
    expect(count(bars[0]!.path)).toBe(21)
    expect(count(bars[0]!.runningPath)).toBe(1)
  })

  it('breaks the line of cost where the cost is not known', () => {
    const gap = report.rows.map((row, index) =>
      index === 4 ? { ...row, costMinor: null, profitMinor: null } : row,
    )
    expect(count(drawEarnings(report.rows, options).costPath)).toBe(1)
    expect(count(drawEarnings(gap, options).costPath)).toBe(2)
  })

  it('draws gains and losses on opposite sides, and no profit at all where none is known', () => {
    const shapes = drawEarnings(report.rows, options)
    expect(count(shapes.gainPath) + count(shapes.lossPath)).toBe(22)
    expect(count(shapes.lossPath)).toBeGreaterThan(0)
    const unknown = report.rows.map((row) => ({ ...row, profitMinor: null }))
    expect(drawEarnings(unknown, options).profit).toBeNull()
  })

  it('marks a source that is not known with a dash, not with a bar of no height', () => {
    const untold = report.rows.map((row) => ({ ...row, reportedSats: null }))
    const shapes = drawEarnings(untold, options)
    expect(shapes.bars[1]!.path).toBe('')
    expect(count(shapes.unknownPath)).toBe(22)
  })

  it('stays within one path for each kind of mark over a year of days', () => {
    const year = farm(400).report({ from: NOW - 366 * DAY, to: NOW, bucket: 'day' })
    const shapes = drawEarnings(year.rows, options)
    expect(shapes.bars).toHaveLength(4)
    expect(count(shapes.bars[0]!.path)).toBeGreaterThan(350)
  })

  it('names as many buckets as have room', () => {
    expect(labelled(12, 90)).toHaveLength(12)
    expect(labelled(31, 35)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30])
  })
})

describe('where it came from', () => {
  const report = farm().report({ ...november, bucket: 'day' })
  const money = moneyOf(report, 'currency')

  it('sorts by any column, what is not known last whichever way', () => {
    const table = breakdownOf(report, 'pool', money)
    const names = (desc: boolean): string[] =>
      sortBreakdown(table, { column: 'reported', desc }).map(({ name }) => name)
    expect(names(true)).toEqual(['Copper Ridge', 'Northern Lode', 'Solo at home'])
    expect(names(false)).toEqual(['Northern Lode', 'Copper Ridge', 'Solo at home'])
  })

  it('does not compare a whole stretch with an account that tells of a part of it', () => {
    const ratioOf = (from: number): string | undefined =>
      breakdownOf(farm(120).report({ from, to: NOW, bucket: 'day' }), 'pool', money).rows[0]?.cells.find(
        ({ id }) => id === 'difference',
      )?.text
    expect(ratioOf(november.from)).toBe('98 %')
    expect(ratioOf(NOW - 100 * DAY)).toBe('–')
  })
})

describe('luck on a scale', () => {
  it('puts the median where half of all farms stay below', () => {
    expect(bestAtQuantile(1000, 0.5)).toBeCloseTo(1000 / Math.LN2)
    const scale = luckScale(1e9, 2e9, 1e14)!
    expect(scale.likely.from).toBeLessThan(scale.median)
    expect(scale.median).toBeLessThan(scale.best!)
    expect(scale.best!).toBeLessThan(scale.network!)
    expect(scale.network!).toBeLessThanOrEqual(1)
  })

  it('has nothing to show without work, and no mark for what is not known', () => {
    expect(luckScale(0, 0, 1e14)).toBeNull()
    expect(luckScale(5, 0, null)).toMatchObject({ best: null, network: null })
  })
})

describe('a tariff as it is edited', () => {
  it('comes back as it was stored', () => {
    expect(tariffOf(fieldsOf(PRETEND_TARIFF))).toEqual(PRETEND_TARIFF)
  })

  it('names each field that is wrong', () => {
    const fields = { ...freshTariff('2026-11-22'), kind: 'periods' as const }
    const [day, night] = fields.seasons[0]!.periods
    expect(Object.keys(errorsOf(fields))).toEqual([`period-${day!.key}-price`, `period-${night!.key}-price`])
    expect(tariffOf(fields)).toBeNull()
    expect(errorsOf({ ...freshTariff('soon'), price: '0.3' })).toHaveProperty('validFrom')
  })

  it('finds hours with two prices, over midnight and over the end of the week', () => {
    const season = {
      periods: [
        { days: [7], from: '22:00', to: '02:00' },
        { days: [1], from: '01:00', to: '05:00' },
      ],
    }
    expect([...doubledHours(season)]).toEqual([1])
    expect(doubledHours({ periods: [{ days: [1, 2], from: '07:00', to: '07:00' }] }).size).toBe(0)
  })

  it('reads times as people write them', () => {
    expect(['7', '7:30', '0730', '24'].map(tidyTime)).toEqual(['07:00', '07:30', '07:30', '24:00'])
  })
})

describe('amounts and levers', () => {
  it('reads sats and bitcoin, and nothing in between', () => {
    expect(readAmount('12,345')).toBe(12_345)
    expect(readAmount('12345 sats')).toBe(12_345)
    expect(readAmount('0.00012345 BTC')).toBe(12_345)
    for (const wrong of ['', '0', '0.5', '1.23 sats', 'btc', '-4', '0.000000001 BTC', '12,34'])
      expect(readAmount(wrong)).toBeNull()
  })

  it('sends only the levers that were moved', () => {
    const { assumed } = farm().whatIf({ from: NOW - 30 * DAY, to: NOW })
    const base = leversOf(assumed, 'EUR', 2)
    expect(queryOf({}, base)).toEqual({})
    expect(queryOf({ price: 1000, hashrate: 2000 }, base)).toEqual({ hashratePpm: 2_000_000 })
    expect(queryOf({ price: 500 }, base)).toEqual({ minorPerBtc: Math.round(assumed.minorPerBtc! / 2) })
    expect(queryOf({ price: 500 }, leversOf({ ...assumed, minorPerBtc: null }, 'EUR', 2))).toEqual({})
  })

  it('says how far a lever was moved', () => {
    expect([changeText(1000), changeText(1500), changeText(995)]).toEqual(['as now', '+50 %', '−0.5 %'])
  })
})
