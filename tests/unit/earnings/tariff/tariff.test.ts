import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { checkTariff, requireTariffs } from '../../../../src-main/earnings/tariff/check.ts'
import { breakEvenTariff, costOfEnergy } from '../../../../src-main/earnings/tariff/cost.ts'
import { describeTariff } from '../../../../src-main/earnings/tariff/describe.ts'
import { PriceTable, TWELFTHS, weekByHour } from '../../../../src-main/earnings/tariff/price-table.ts'
import { type Tariff, type TariffPeriod } from '../../../../src-main/earnings/tariff/tariff.ts'
import { ZoneClock } from '../../../../src-main/earnings/tariff/zone-clock.ts'

const QUARTER = 900_000
const ALL = [1, 2, 3, 4, 5, 6, 7]
const WORKDAYS = [1, 2, 3, 4, 5]
const at = (text: string) => Date.parse(text)

function period(name: string, microsPerKwh: number, days: number[], from: string, to: string): TariffPeriod {
  return { name, microsPerKwh, days, from, to }
}
function tariffOf(
  seasons: Extract<Tariff['rates'], { kind: 'periods' }>['seasons'],
  validFrom = '2020-01-01',
): Tariff {
  return { validFrom, name: '', standingMicrosPerDay: 0, rates: { kind: 'periods', seasons } }
}
function flat(microsPerKwh: number, validFrom = '2020-01-01'): Tariff {
  return { validFrom, name: '', standingMicrosPerDay: 0, rates: { kind: 'flat', microsPerKwh } }
}
const wholeYear = (periods: TariffPeriod[]) =>
  tariffOf([{ name: 'year', from: '01-01', to: '12-31', periods }])
function table(tariffs: Tariff[], timeZone: string, from: string, to: string): PriceTable {
  return new PriceTable(tariffs, new ZoneClock(timeZone, at(from), at(to)), at(from), at(to))
}

const dayAndNight = [
  period('day', 340_000, ALL, '06:00', '22:00'),
  period('night', 210_000, ALL, '22:00', '06:00'),
]
const summerAndWinter = tariffOf([
  { name: 'winter', from: '10-01', to: '03-31', periods: dayAndNight },
  { name: 'summer', from: '04-01', to: '09-30', periods: [period('solar', 0, ALL, '00:00', '24:00')] },
])

describe('checking a tariff', () => {
  const messages = (tariff: Tariff) => checkTariff(tariff).map(({ message }) => message)

  it('finds nothing wrong where every moment has one price', () => {
    expect(messages(flat(320_000))).toEqual([])
    expect(messages(wholeYear(dayAndNight))).toEqual([])
    expect(messages(summerAndWinter)).toEqual([])
    expect(messages(wholeYear([period('all', 1, ALL, '07:00', '07:00')]))).toEqual([])
  })

  it('names the hours without a price, with the days taken together', () => {
    const tariff = tariffOf([
      {
        name: 'winter',
        from: '10-01',
        to: '03-31',
        periods: [
          period('day', 1, ALL, '06:00', '22:00'),
          period('night', 1, [2, 3, 4, 5, 6, 7], '22:00', '06:00'),
        ],
      },
      { name: 'summer', from: '04-01', to: '09-30', periods: [period('all', 1, WORKDAYS, '00:00', '24:00')] },
    ])
    expect(checkTariff(tariff)).toEqual([
      { code: 'tariff/gap', message: 'Monday 22:00-24:00 in winter has no price.' },
      { code: 'tariff/gap', message: 'Tuesday 00:00-06:00 in winter has no price.' },
      { code: 'tariff/gap', message: 'Saturday and Sunday 00:00-24:00 in summer has no price.' },
    ])
  })

  it('names the prices that hold at once', () => {
    const tariff = wholeYear([...dayAndNight, period('evening', 1, WORKDAYS, '21:45', '22:15')])
    expect(checkTariff(tariff)).toEqual([
      { code: 'tariff/overlap', message: 'Monday to Friday 21:45-22:00 has two prices: day and evening.' },
      { code: 'tariff/overlap', message: 'Monday to Friday 22:00-22:15 has two prices: night and evening.' },
    ])
  })

  it("lets Sunday's night run into Monday", () => {
    const tariff = wholeYear([
      period('week', 1, [1, 2, 3, 4, 5, 6], '00:00', '24:00'),
      period('Sunday', 2, [7], '00:00', '22:00'),
      period('Sunday night', 3, [7], '22:00', '06:00'),
    ])
    expect(messages(tariff)).toEqual(['Monday 00:00-06:00 has two prices: week and Sunday night.'])
  })

  it('names the days of the year without a season, or with two', () => {
    const season = (name: string, from: string, to: string) => ({ name, from, to, periods: dayAndNight })
    expect(
      messages(tariffOf([season('winter', '10-05', '03-31'), season('summer', '03-31', '10-03')])),
    ).toEqual(['31 March lies in two seasons: winter and summer.', '4 October lies in no season.'])
    expect(
      messages(tariffOf([season('winter', '11-01', '02-28'), season('summer', '03-01', '10-31')])),
    ).toEqual(['29 February lies in no season.'])
  })

  it('refuses times, dates and prices that cannot be', () => {
    expect(messages(wholeYear([period('day', 1, ALL, '06:07', '25:00')]))).toEqual([
      '"06:07" of day is not a time on a quarter hour. Write it like 22:15.',
      '"25:00" of day is not a time on a quarter hour. Write it like 22:15.',
    ])
    expect(messages(flat(0.32))[0]).toMatch(/0.32: a price is a whole number of millionths/)
    expect(messages(flat(-1))).toHaveLength(1)
    expect(messages(flat(1, '2026-02-30'))[0]).toMatch(/not a day/)
    expect(messages(tariffOf([{ name: 'w', from: '02-30', to: '12-31', periods: dayAndNight }]))[0]).toMatch(
      /"02-30" in w is not a day of the year/,
    )
    expect(messages(wholeYear([period('x', 1, [0], '00:00', '24:00')]))[0]).toMatch(/a day that is none/)
    expect(messages(wholeYear([period('x', 1, [], '00:00', '24:00')]))[0]).toMatch(/no day of the week/)
    expect(messages(tariffOf([]))[0]).toMatch(/no season/)
  })

  it('becomes an error where a whole tariff is required', () => {
    expect(() => requireTariffs([flat(1), wholeYear([])])).toThrowError(
      expect.objectContaining({
        code: 'tariff/gap',
        message: 'every day 00:00-24:00 has no price.',
      }) as Error,
    )
    expect(() => requireTariffs([flat(1), flat(2)])).toThrowError(/Two tariffs begin on 2020-01-01/)
    expect(() => requireTariffs([flat(1), flat(2, '2020-01-02')])).not.toThrow()
  })

  it('stops after twenty problems', () => {
    const periods = Array.from({ length: 40 }, (_, i) => period(`p${i}`, -1, ALL, '00:00', '24:00'))
    expect(checkTariff(wholeYear(periods))).toHaveLength(20)
  })
})

describe('the price of a moment', () => {
  it('follows local hours, weekdays and seasons', () => {
    const prices = table([summerAndWinter], 'Europe/Berlin', '2026-01-01T00:00Z', '2027-01-01T00:00Z')
    expect(prices.priceAt(at('2026-01-15T04:59Z'))).toBe(210_000) // 05:59
    expect(prices.priceAt(at('2026-01-15T05:00Z'))).toBe(340_000)
    expect(prices.priceAt(at('2026-03-31T21:59Z'))).toBe(210_000) // the last minute of winter
    expect(prices.priceAt(at('2026-03-31T22:00Z'))).toBe(0)
    expect(prices.priceAt(at('2026-09-30T21:59Z'))).toBe(0)
    expect(prices.priceAt(at('2026-09-30T22:00Z'))).toBe(210_000)
  })

  it('does not let a change of price rewrite the past', () => {
    const prices = table(
      [flat(400_000, '2026-06-01'), flat(300_000, '2026-01-01')],
      'Europe/Berlin',
      '2025-01-01T00:00Z',
      '2027-01-01T00:00Z',
    )
    expect(prices.priceAt(at('2026-05-31T21:59Z'))).toBe(300_000)
    expect(prices.priceAt(at('2026-05-31T22:00Z'))).toBe(400_000)
    expect(prices.priceAt(at('2025-03-01T00:00Z'))).toBe(300_000) // before the first: as the first
  })

  it('has none in a gap, in an overlap, and without a tariff', () => {
    const from = '2026-01-05T00:00Z' // a Monday
    const holes = wholeYear([
      period('day', 1, ALL, '06:00', '22:00'),
      period('noon', 2, ALL, '12:00', '13:00'),
    ])
    const prices = table([holes], 'UTC', from, '2026-01-06T00:00Z')
    expect(prices.priceAt(at('2026-01-05T05:00Z'))).toBeNull()
    expect(prices.priceAt(at('2026-01-05T12:30Z'))).toBeNull()
    expect(prices.priceAt(at('2026-01-05T13:00Z'))).toBe(1)
    expect(prices.priceTwelfths(at('2026-01-05T05:00Z'), at('2026-01-05T06:00Z'))).toBeNull()
    expect(table([], 'UTC', from, '2026-01-06T00:00Z').priceAt(at(from))).toBeNull()
  })

  it('is that of a quarter hour, and of an hour the mean of its quarters', () => {
    const cheap = wholeYear([
      period('cheap', 75_000, ALL, '00:30', '04:30'),
      period('dear', 245_000, ALL, '04:30', '00:30'),
    ])
    const prices = table([cheap], 'Europe/London', '2026-01-05T00:00Z', '2026-01-06T00:00Z')
    const hour = (text: string) => prices.priceTwelfths(at(text), at(text) + 4 * QUARTER)! / TWELFTHS
    expect(hour('2026-01-05T00:00Z')).toBe((75_000 + 245_000) / 2)
    expect(hour('2026-01-05T01:00Z')).toBe(75_000)
    expect(prices.priceTwelfths(at('2026-01-05T00:25Z'), at('2026-01-05T00:30Z'))).toBe(245_000 * TWELFTHS)
  })

  it('is that of the local clock at every quarter hour of days of 23, 24.5 and 25 hours', () => {
    const price = fc.integer({ min: 0, max: 10 ** 9 })
    const edge = fc.integer({ min: 1, max: 94 })
    const days = fc.constantFrom(
      ['Europe/Berlin', '2026-03-28T00:00Z'],
      ['Europe/Berlin', '2026-10-24T00:00Z'],
      ['America/New_York', '2026-11-01T00:00Z'],
      ['Australia/Lord_Howe', '2026-04-04T00:00Z'],
      ['Australia/Lord_Howe', '2026-10-03T00:00Z'],
      ['America/Havana', '2026-03-07T00:00Z'],
      ['Asia/Kathmandu', '2026-06-01T00:00Z'],
    )
    const time = (quarter: number) =>
      `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`
    fc.assert(
      fc.property(days, price, price, edge, edge, ([timeZone, from], a, b, one, other) => {
        fc.pre(one !== other)
        const [start, end] = [Math.min(one, other), Math.max(one, other)]
        const tariff = wholeYear([
          period('a', a, ALL, time(start), time(end)),
          period('b', b, ALL, time(end), time(start)),
        ])
        expect(checkTariff(tariff)).toEqual([])
        const toMs = at(from!) + 3 * 96 * QUARTER
        const prices = table([tariff], timeZone!, from!, new Date(toMs).toISOString())
        for (let ms = at(from!); ms < toMs; ms += QUARTER) {
          const local = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone!)
          const quarter = local.hour * 4 + Math.floor(local.minute / 15)
          expect(prices.priceAt(ms)).toBe(quarter >= start && quarter < end ? a : b)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('gives a week for drawing', () => {
    const week = weekByHour(summerAndWinter)
    expect(week).toHaveLength(2 * 168)
    expect(week[22]).toEqual({ season: 'winter', day: 1, hour: 22, microsPerKwh: 210_000 })
    expect(week.at(-1)).toEqual({ season: 'summer', day: 7, hour: 23, microsPerKwh: 0 })
    expect(weekByHour(wholeYear([]))[0]!.microsPerKwh).toBeNull()
  })
})

describe('the cost of energy', () => {
  it('is rounded once, in the units of the currency', () => {
    expect(costOfEnergy(3_600_000, 320_000, 100)).toBe(32) // a kWh at 0.32
    expect(costOfEnergy(36_000_000_000, 320_000, 100)).toBe(320_000) // 10 MWh: 3,200.00
    expect(costOfEnergy(3_600_000, 31_500_000, 1)).toBe(32) // yen: 31.5
    expect(costOfEnergy(3_600_000, 29_000, 1000)).toBe(29) // dinars
    expect(costOfEnergy(1, 0, 100)).toBe(0)
  })

  it('is within the budget at the break-even tariff and above it a millionth later', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10 ** 8 }),
        fc.integer({ min: 100_000, max: 10 ** 12 }),
        fc.constantFrom(1, 100, 1000),
        (budget, energyJ, minorPerUnit) => {
          const micros = breakEvenTariff(budget, energyJ, minorPerUnit)!
          const cost = (price: number) => BigInt(energyJ) * BigInt(price) * BigInt(minorPerUnit)
          const limit = BigInt(budget) * 3_600_000n * 1_000_000n
          expect(cost(micros) <= limit && cost(micros + 1) > limit).toBe(true)
        },
      ),
    )
    expect(breakEvenTariff(1, 0, 100)).toBeNull()
    expect(breakEvenTariff(-1, 1, 100)).toBeNull()
    expect(breakEvenTariff(10_000, 1, 1)).toBeNull() // 3.6e16 millionths
  })
})

describe('a tariff in words', () => {
  it('says prices with their hours and seasons', () => {
    expect(describeTariff({ ...flat(320_000), standingMicrosPerDay: 450_000 }, 'EUR')).toBe(
      '0.32 EUR per kWh; standing charge 0.45 EUR a day',
    )
    expect(describeTariff(flat(29_123_450), 'JPY')).toBe('29.12345 JPY per kWh')
    expect(describeTariff(summerAndWinter, 'EUR')).toBe(
      'EUR per kWh: winter (1 October to 31 March): day (every day 06:00-22:00) 0.34, night (every day 22:00-06:00) 0.21; ' +
        'summer (1 April to 30 September): solar (every day 00:00-24:00) 0.00',
    )
  })
})
