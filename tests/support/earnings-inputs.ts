/** Inputs of reports: a small farm whose figures can be worked out by hand, and any farm at all for properties. */
import fc from 'fast-check'
import {
  type ReportInputs,
  type RigInput,
  type Tariff,
  type WorkSeries,
} from '../../src-main/earnings/index.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

export function rig(rigId: string, more: Partial<RigInput> = {}): RigInput {
  return {
    rigId,
    name: rigId.toUpperCase(),
    rigKeys: [`key-${rigId}`],
    groupId: null,
    present: true,
    sinceMs: null,
    untilMs: null,
    source: null,
    enteredW: null,
    joulesPerTh: null,
    nameplateW: null,
    ...more,
  }
}

export function flatTariff(microsPerKwh: number, more: Partial<Tariff> = {}): Tariff {
  return {
    validFrom: '2020-01-01',
    name: '',
    standingMicrosPerDay: 0,
    rates: { kind: 'flat', microsPerKwh },
    ...more,
  }
}

/** The same work in every hour of [from, to), all of it acknowledged. */
export function steadyWork(
  rigKey: string,
  poolId: string,
  from: string,
  to: string,
  workPerHour: number,
): WorkSeries {
  const atMs = hours(from, to)
  return {
    rigKey,
    poolId,
    atMs,
    workDifficulty: atMs.map(() => workPerHour),
    acknowledged: atMs.map(() => 10),
    rejected: atMs.map(() => 0),
    lost: atMs.map(() => 0),
  }
}

/** The same energy in every hour, wholly covered. */
export function steadyEnergy(from: string, to: string, energyJ: number) {
  const atMs = hours(from, to)
  return { atMs, energyJ: atMs.map(() => energyJ), coveredMs: atMs.map(() => HOUR_MS) }
}

export function hours(from: string, to: string): number[] {
  const atMs: number[] = []
  for (let at = Date.parse(from); at < Date.parse(to); at += HOUR_MS) atMs.push(at)
  return atMs
}

/** Nothing recorded; a range of two UTC days, by the day, in euros. */
export function emptyInputs(more: Partial<ReportInputs> = {}): ReportInputs {
  return {
    fromMs: Date.parse('2026-03-01T00:00Z'),
    toMs: Date.parse('2026-03-03T00:00Z'),
    nowMs: Date.parse('2026-06-01T00:00Z'),
    timeZone: 'UTC',
    weekStart: 'monday',
    bucket: 'day',
    currency: 'EUR',
    profitFrom: 'expected',
    onlyRigs: null,
    stackBy: [],
    slotMs: HOUR_MS,
    work: [],
    energy: [],
    activity: [],
    presence: null,
    facts: [],
    prices: [],
    payouts: [],
    accountDays: [],
    accounts: [],
    pools: [],
    terms: [],
    tariffs: [],
    rigs: [],
    groups: [],
    meters: [],
    ...more,
  }
}

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'Asia/Kolkata',
  'America/New_York',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
]
const POOLS = ['fpps', 'pps', 'solo', 'unknown']
const RIGS = ['a', 'b', 'c', 'd']

/** Any farm: gaps, refusals, missing facts and prices, shared plugs, cut days, zones with half hours, DST within. */
export function anyInputs(): fc.Arbitrary<ReportInputs> {
  const startMs = fc
    .constantFrom('2026-03-27T00:00Z', '2026-10-23T00:00Z', '2026-04-03T00:00Z', '2026-06-01T00:00Z')
    .chain((text) => fc.integer({ min: 0, max: 40 }).map((quarters) => Date.parse(text) + quarters * 900_000))
  return fc
    .record({
      fromMs: startMs,
      lengthMs: fc.integer({ min: 1, max: 6 * DAY_MS }),
      slotMs: fc.constantFrom(300_000, HOUR_MS),
      now: fc.double({ min: 0.2, max: 1.5, noNaN: true }),
      timeZone: fc.constantFrom(...ZONES),
      bucket: fc.constantFrom('hour', 'day', 'week', 'month', 'year'),
      currency: fc.constantFrom('EUR', 'JPY', 'KWD'),
      profitFrom: fc.constantFrom('expected', 'reported', 'received'),
      weekStart: fc.constantFrom('monday', 'sunday'),
    })
    .chain(({ fromMs, lengthMs, slotMs, now, ...rest }) => {
      const toMs = fromMs + lengthMs
      const first = Math.floor(fromMs / slotMs) - 2
      const count = Math.ceil(lengthMs / slotMs) + 4
      const anyMoment = fc.integer({ min: fromMs - DAY_MS, max: toMs + DAY_MS })
      const anyDay = anyMoment.map((ms) => Math.floor(ms / DAY_MS))
      const slots = fc
        .uniqueArray(fc.integer({ min: first, max: first + count }), { maxLength: 30 })
        .map((list) => list.sort((a, b) => a - b).map((slot) => slot * slotMs))
      const columns = <T>(value: fc.Arbitrary<T>) =>
        slots.chain((atMs) =>
          fc.array(value, { minLength: atMs.length, maxLength: atMs.length }).map((v) => ({ atMs, v })),
        )
      const shares = fc.nat(50)
      const work = fc
        .tuple(
          fc.constantFrom(...RIGS, 'stranger'),
          fc.constantFrom(...POOLS),
          columns(fc.tuple(fc.double({ min: 0, max: 1e10, noNaN: true }), shares, shares, shares)),
        )
        .map(([id, poolId, { atMs, v }]): WorkSeries => ({
          rigKey: `key-${id}`,
          poolId,
          atMs,
          workDifficulty: v.map(([w]) => w),
          acknowledged: v.map(([, a]) => a),
          rejected: v.map(([, , r]) => r),
          lost: v.map(([, , , l]) => l),
        }))
      const energy = fc
        .tuple(
          fc.constantFrom(
            { kind: 'meter' as const, meterId: 'm' },
            { kind: 'rig' as const, rigId: 'a', sensor: 'measured' as const },
            { kind: 'rig' as const, rigId: 'b', sensor: 'estimated' as const },
            { kind: 'rig' as const, rigId: 'c', sensor: 'measured' as const },
          ),
          columns(fc.tuple(fc.nat(20_000_000), fc.integer({ min: 0, max: slotMs }))),
        )
        .map(([source, { atMs, v }]) => ({
          ...source,
          atMs,
          energyJ: v.map(([joules]) => joules),
          coveredMs: v.map(([, ms]) => ms),
        }))
      const night = {
        name: 'night',
        microsPerKwh: 70_001,
        days: [1, 2, 3, 4, 5, 6, 7],
        from: '00:30',
        to: '04:45',
      }
      const day = { ...night, name: 'day', microsPerKwh: 311_117, from: '04:45', to: '00:30' }
      const tariffs: Tariff[][] = [
        [],
        [flatTariff(320_000)],
        [
          flatTariff(300_001),
          flatTariff(333_333, { validFrom: '2026-03-29', standingMicrosPerDay: 451_237 }),
        ],
        [
          flatTariff(0, {
            rates: {
              kind: 'periods',
              seasons: [{ name: 'y', from: '01-01', to: '12-31', periods: [night, day] }],
            },
          }),
        ],
        [
          flatTariff(0, {
            rates: {
              kind: 'periods',
              seasons: [{ name: 'y', from: '01-01', to: '12-31', periods: [night] }],
            },
          }),
        ],
      ]
      const sats = fc.integer({ min: 0, max: 10 ** 9 })
      return fc.record({
        ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, fc.constant(value)])),
        fromMs: fc.constant(fromMs),
        toMs: fc.constant(toMs),
        nowMs: fc.constant(fromMs + Math.floor(lengthMs * now)),
        slotMs: fc.constant(slotMs),
        work: fc.array(work, { maxLength: 6 }),
        energy: fc.array(energy, { maxLength: 5 }),
        presence: fc.option(
          columns(fc.integer({ min: 0, max: slotMs })).map(({ atMs, v }) => ({ atMs, coveredMs: v })),
        ),
        facts: fc.array(
          fc.record({
            atMs: anyMoment,
            height: fc.option(fc.constantFrom(839_999, 840_000)),
            difficulty: fc.option(fc.double({ min: 1e12, max: 1e15, noNaN: true })),
            subsidySats: fc.option(fc.constant(312_500_000)),
            feesSats: fc.option(fc.nat(50_000_000)),
          }),
          { maxLength: 5 },
        ),
        prices: fc.uniqueArray(
          fc.record({ day: anyDay, closeMinor: fc.integer({ min: 1, max: 20_000_000 }) }),
          {
            maxLength: 5,
            selector: ({ day }) => day,
          },
        ),
        payouts: fc.array(
          fc.record({
            id: fc.uuid(),
            atMs: anyMoment,
            sats,
            kind: fc.constantFrom('chain' as const, 'pool' as const, 'manual' as const),
            reference: fc.string(),
            address: fc.option(fc.string()),
            poolId: fc.option(fc.constantFrom(...POOLS)),
            accountName: fc.option(fc.string()),
            note: fc.string({ unit: 'binary' }),
          }),
          { maxLength: 6 },
        ),
        accountDays: fc.array(
          fc.record({ accountId: fc.constantFrom('x', 'y'), day: anyDay, earnedSats: sats }),
          { maxLength: 6 },
        ),
        accounts: fc.subarray([
          { accountId: 'x', name: 'X', poolId: 'fpps' },
          { accountId: 'y', name: 'Y', poolId: null },
        ]),
        tariffs: fc.constantFrom(...tariffs),
      })
    })
    .map((drawn) => ({
      ...emptyInputs(),
      ...(drawn as Partial<ReportInputs>),
      stackBy: ['pool', 'rig', 'group'],
      pools: POOLS.map((poolId) => ({ poolId, name: poolId })),
      terms: [
        { poolId: 'fpps', scheme: 'FPPS', feePpm: 20_000, assumed: false },
        { poolId: 'pps', scheme: 'PPS', feePpm: 0, assumed: true },
        { poolId: 'solo', scheme: 'SOLO', feePpm: 15_000, assumed: false },
      ],
      rigs: [
        rig('a', { groupId: 'g', nameplateW: 1200 }),
        rig('b', { groupId: 'g' }),
        rig('c', { joulesPerTh: 17.5 }),
        rig('d', { groupId: 'gone', source: 'entered', enteredW: 15 }),
      ],
      groups: [
        { groupId: 'g', name: 'Garage' },
        { groupId: 'h', name: 'Hall' },
      ],
      meters: [{ meterId: 'm', name: 'plug', rigIds: ['a', 'b'] }],
    }))
}
