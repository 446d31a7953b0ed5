import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareLongTime, formatChance, formatLongTime } from '@/format/chance.ts'
import { formatEnergy, formatMeanTariff, formatTariff, parseTariff, tariffText } from '@/format/energy.ts'
import {
  formatBtcPrice,
  formatMinor,
  formatMinorAxis,
  formatSats,
  formatSatsAxis,
  formatSatsBare,
  formatSignedMinor,
  minorDigitsOf,
  satsFor,
  valueAt,
} from '@/format/money.ts'
import {
  addDays,
  dayKey,
  formatZoned,
  isTimeZone,
  localTime,
  parseDay,
  startOfDay,
  weekdayOf,
} from '@/format/zone.ts'

const HOUR = 3_600_000
const YEAR = 365.25 * 24 * HOUR

describe('sums of money', () => {
  it('writes minor units with as many decimals as the currency has', () => {
    expect(formatMinor(123_456, 'EUR')).toBe('€1,234.56')
    expect(formatMinor(123_456, 'JPY')).toBe('¥123,456')
    expect(minorDigitsOf('JPY')).toBe(0)
    expect(formatMinor(-5, 'USD')).toBe('−$0.05')
    expect(formatMinor(null, 'USD')).toBe('–')
  })

  it('puts a sign before a gain and none before nothing', () => {
    expect(formatSignedMinor(120, 'EUR')).toBe('+€1.20')
    expect(formatSignedMinor(-120, 'EUR')).toBe('−€1.20')
    expect(formatSignedMinor(0, 'EUR')).toBe('€0.00')
  })

  it('leaves the cents off the price of a bitcoin, and round labels off axes', () => {
    expect(formatBtcPrice(9_214_055, 'EUR')).toBe('€92,141')
    expect(formatMinorAxis(2000, 'EUR')).toBe('€20')
    expect(formatMinorAxis(250, 'EUR')).toBe('€2.50')
    expect(formatSatsAxis(12_500)).toBe('12.5 k')
    expect(formatSatsAxis(-1_200_000)).toBe('−1.2 M')
  })

  it('writes sats, also below zero, and unknown ones as a dash', () => {
    expect(formatSats(-12_345)).toBe('−12,345 sats')
    expect(formatSats(-250_000_000)).toBe('−2.5 BTC')
    expect(formatSatsBare(null)).toBe('–')
    expect(formatSatsBare(0)).toBe('0')
  })

  it('turns sats into money exactly, whatever their size', () => {
    expect(valueAt(100_000_000, 9_214_055)).toBe(9_214_055)
    expect(valueAt(50_000_000, 1)).toBe(1)
    expect(valueAt(49_999_999, 1)).toBe(0)
    expect(valueAt(-50_000_000, 1)).toBe(-1)
    fc.assert(
      fc.property(
        fc.integer({ min: -2_100_000_000_000_000, max: 2_100_000_000_000_000 }),
        fc.integer({ min: 1, max: 200_000_000 }),
        (sats, price) => {
          const product = BigInt(sats < 0 ? -sats : sats) * BigInt(price)
          const exact = Number((product + 50_000_000n) / 100_000_000n)
          expect(valueAt(sats, price)).toBe(sats < 0 && exact !== 0 ? -exact : exact)
        },
      ),
    )
  })

  it('turns money into sats, and into nothing known at a price of nothing', () => {
    expect(satsFor(9_214_055, 9_214_055)).toBe(100_000_000)
    expect(satsFor(-9_214_055, 9_214_055)).toBe(-100_000_000)
    expect(satsFor(1, 0)).toBeNull()
  })
})

describe('energy and tariffs', () => {
  it('speaks of kilowatt-hours as bills do', () => {
    expect(formatEnergy(840)).toBe('840 Wh')
    expect(formatEnergy(12_345)).toBe('12.3 kWh')
    expect(formatEnergy(5_002_000)).toBe('5,002 kWh')
    expect(formatEnergy(76_480_000)).toBe('76.5 MWh')
    expect(formatEnergy(null)).toBe('–')
  })

  it('writes a tariff with the decimals it has, and a mean with four', () => {
    expect(formatTariff(284_500, 'EUR')).toBe('€0.2845 per kWh')
    expect(formatTariff(300_000, 'EUR')).toBe('€0.30 per kWh')
    expect(formatMeanTariff(66_227, 'EUR')).toBe('€0.0662 per kWh')
  })

  it('reads what it writes, point or comma, and nothing else', () => {
    expect(parseTariff('0.2845')).toBe(284_500)
    expect(parseTariff('0,2845')).toBe(284_500)
    expect(parseTariff('12')).toBe(12_000_000)
    for (const wrong of ['', 'free', '-1', '0.1234567', '1e3', '1.2.3']) expect(parseTariff(wrong)).toBeNull()
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999_999 }), (micros) => {
        expect(parseTariff(tariffText(micros))).toBe(micros)
      }),
    )
  })
})

describe('chances in words', () => {
  it('says one in so many, and never that something is impossible or sure when it is not', () => {
    expect(formatChance(0.00008)).toBe('1 in 12,500')
    expect(formatChance(1.2e-7)).toBe('1 in 8.33 million')
    expect(formatChance(0.35)).toBe('35 %')
    expect(formatChance(0.9999)).toBe('more than 99 %')
    expect(formatChance(1e-13)).toContain('trillion')
    expect(formatChance(0)).toBe('no chance')
    expect(formatChance(null)).toBe('–')
  })

  it('says very long times in years, and what they are like', () => {
    expect(formatLongTime(5 * HOUR)).toBe('5 hours')
    expect(formatLongTime(44 * YEAR)).toBe('44 years')
    expect(formatLongTime(18_000 * YEAR)).toBe('18,000 years')
    expect(formatLongTime(null)).toBe('–')
    expect(compareLongTime(44 * YEAR)).toBe('within a long human life')
    expect(compareLongTime(2 * YEAR)).toBeNull()
  })
})

describe('days of a time zone', () => {
  it('begin at its own midnight, also where clocks are changed', () => {
    expect(startOfDay({ year: 2026, month: 11, day: 22 }, 'Europe/Berlin')).toBe(Date.UTC(2026, 10, 21, 23))
    const spring = startOfDay({ year: 2026, month: 3, day: 29 }, 'Europe/Berlin')
    expect(startOfDay({ year: 2026, month: 3, day: 30 }, 'Europe/Berlin') - spring).toBe(23 * HOUR)
    const autumn = startOfDay({ year: 2026, month: 10, day: 25 }, 'Europe/Berlin')
    expect(startOfDay({ year: 2026, month: 10, day: 26 }, 'Europe/Berlin') - autumn).toBe(25 * HOUR)
    expect(startOfDay({ year: 2026, month: 1, day: 1 }, 'Asia/Kolkata')).toBe(Date.UTC(2025, 11, 31, 18, 30))
  })

  it('where clocks skip midnight, begin at the first moment after it', () => {
    const begin = startOfDay({ year: 2024, month: 9, day: 8 }, 'America/Santiago')
    expect(localTime(begin, 'America/Santiago')).toMatchObject({ day: 8, hour: 1 })
    expect(localTime(begin - 1, 'America/Santiago')).toMatchObject({ day: 7, hour: 23 })
  })

  it('carries over months and years', () => {
    expect(addDays({ year: 2026, month: 12, day: 31 }, 1)).toEqual({ year: 2027, month: 1, day: 1 })
    expect(weekdayOf({ year: 2026, month: 11, day: 22 })).toBe(7)
    expect(dayKey({ year: 2026, month: 3, day: 4 })).toBe('2026-03-04')
    expect(parseDay('2026-02-31')).toBeNull()
    expect(parseDay('2026-02-28')).toEqual({ year: 2026, month: 2, day: 28 })
  })

  it('are written in that zone, not in the reader’s', () => {
    const late = Date.UTC(2026, 10, 22, 23, 30)
    expect(formatZoned(late, 'date', 'Europe/Berlin')).toBe('23 Nov 2026')
    expect(formatZoned(late, 'date', 'America/New_York')).toBe('22 Nov 2026')
    expect(isTimeZone('Mars/Olympus')).toBe(false)
  })
})
