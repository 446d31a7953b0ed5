/** Reports, what-ifs, odds and statements of the pretend farm, from its hours. Parts sum to the whole, as they do in the core. */
import { Temporal } from 'temporal-polyfill'
import type {
  EarningsFigures,
  EarningsReport,
  EarningsRow,
  MoneySettings,
  Payout,
  SoloOdds,
  WhatIf,
} from '../../src-preload/contract/index.ts'
import {
  DAY,
  difficultyOf,
  FEES_SATS,
  HOUR,
  priceOf,
  SUBSIDY_SATS,
  type PretendEarner,
  type PretendEarningPool,
  type PretendHour,
} from './pretend-earnings-farm.ts'

export interface PretendBooks {
  now: number
  hours: readonly PretendHour[]
  rigs: readonly PretendEarner[]
  pools: readonly PretendEarningPool[]
  payouts: readonly Payout[]
  settings: MoneySettings
  /** Days without a price, counted from today. */
  priceless: readonly number[]
  reportedSince: number
}
export interface PretendQuery {
  from?: number | undefined
  to?: number | undefined
  bucket: EarningsReport['bucket']
  rig?: string | undefined
  group?: string | undefined
}

const REWARD = SUBSIDY_SATS + FEES_SATS

function startOf(
  at: number,
  bucket: PretendQuery['bucket'],
  settings: MoneySettings,
): Temporal.ZonedDateTime {
  const moment = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(settings.timeZone)
  if (bucket === 'hour') return moment.round({ smallestUnit: 'hour', roundingMode: 'floor' })
  const day = moment.startOfDay()
  if (bucket === 'month') return day.with({ day: 1 })
  if (bucket === 'year') return day.with({ day: 1, month: 1 })
  if (bucket === 'week')
    return day.subtract({ days: settings.weekStart === 'monday' ? day.dayOfWeek - 1 : day.dayOfWeek % 7 })
  return day
}

function bucketsOf(
  query: Required<Pick<PretendQuery, 'from' | 'to'>>,
  bucket: PretendQuery['bucket'],
  settings: MoneySettings,
) {
  const unit = `${bucket}s` as const
  const buckets: { at: number; until: number }[] = []
  let start = startOf(query.from!, bucket, settings)
  while (start.epochMilliseconds < query.to!) {
    const next = start.add({ [unit]: 1 })
    buckets.push({ at: start.epochMilliseconds, until: next.epochMilliseconds })
    start = next
  }
  return buckets
}

interface Running {
  paid: number
  solo: number
  reported: number
  cost: number
  revenue: number
  energy: number
}

export function pretendReport(books: PretendBooks, query: PretendQuery): EarningsReport {
  const { now, settings, hours, pools, rigs } = books
  const to = query.to ?? now
  const from = query.from ?? to - 30 * DAY
  const today = Math.floor(now / DAY)
  const wanted = rigs.filter(
    (rig) =>
      (query.rig === undefined || rig.id === query.rig) &&
      (query.group === undefined || rig.group?.id === query.group),
  )
  const part = (of: readonly PretendEarner[], what: 'hashrateHs' | 'watts'): number =>
    of.reduce((sum, rig) => sum + rig[what], 0) /
    Math.max(
      1,
      rigs.reduce((sum, rig) => sum + rig[what], 0),
    )
  const workPart = part(wanted, 'hashrateHs')
  const wattPart = part(wanted, 'watts')
  const whole = query.rig === undefined && query.group === undefined
  const hasPrice = settings.priceSource !== 'none'
  const hasTariff = settings.tariffs.length > 0
  const paidPart = pools.reduce(
    (sum, pool) => sum + (pool.scheme === 'SOLO' ? 0 : pool.part * (1 - pool.feePpm / 1e6)),
    0,
  )
  const soloPart = pools.reduce(
    (sum, pool) => sum + (pool.scheme === 'SOLO' ? pool.part * (1 - pool.feePpm / 1e6) : 0),
    0,
  )
  const priceless = new Set(books.priceless.map((age) => today - age))
  const priceAt = (day: number): number | null =>
    hasPrice && !priceless.has(day) ? priceOf(day, today) : null

  const running: Running = { paid: 0, solo: 0, reported: 0, cost: 0, revenue: 0, energy: 0 }
  let index = hours.findIndex((hour) => hour.at >= from)
  if (index < 0) index = hours.length
  const rows = bucketsOf({ from, to }, query.bucket, settings).map(({ at, until }): EarningsRow => {
    const before = { ...running }
    let work = 0
    let covered = 0
    let weighed = 0
    let seen = 0
    let missingPrice = false
    for (; index < hours.length && hours[index]!.at < Math.min(until, to); index++) {
      const hour = hours[index]!
      const own = hour.work * workPart
      const earned = (own / hour.difficulty) * REWARD
      seen += 1
      work += own
      covered += hour.covered
      weighed += own * hour.difficulty
      running.paid += earned * paidPart
      running.solo += earned * soloPart
      if (hour.at >= books.reportedSince) running.reported += earned * paidPart * 0.985
      running.energy += hour.energyWh * wattPart
      running.cost += (hour.costMicros * wattPart) / 10_000
      const price = priceAt(hour.day)
      if (price === null) missingPrice ||= own > 0
      else running.revenue += (earned * paidPart * price) / 1e8
    }
    const grown = (key: keyof Running): number => Math.round(running[key]) - Math.round(before[key])
    const length = (Math.min(until, now) - at) / HOUR
    const coverageRatio = length <= 0 ? 0 : Math.min(1, covered / length)
    const future = seen === 0
    const costMinor = hasTariff && !future ? grown('cost') : null
    const revenueMinor = hasPrice && !missingPrice && !future ? grown('revenue') : null
    const price = priceAt(Math.floor((Math.min(until, now) - 1) / DAY))
    const marks: EarningsRow['marks'] = []
    if (until > now && at <= now) marks.push('running')
    if (!future && !hasPrice) marks.push('no-price')
    else if (missingPrice) marks.push('no-price')
    if (!hasTariff && !future) marks.push('no-tariff')
    if (!future && coverageRatio < 0.98) marks.push('partly-covered')
    return {
      at,
      until,
      expectedSats: future ? null : grown('paid'),
      soloExpectedSats: future ? null : grown('solo'),
      reportedSats:
        future || query.bucket === 'hour' || !whole || until <= books.reportedSince
          ? null
          : grown('reported'),
      receivedSats:
        future || !whole
          ? null
          : books.payouts
              .filter((payout) => payout.at >= at && payout.at < until)
              .reduce((sum, { sats }) => sum + sats, 0),
      work,
      energyWh: future ? null : grown('energy'),
      costMinor,
      revenueMinor,
      profitMinor: costMinor === null || revenueMinor === null ? null : revenueMinor - costMinor,
      minorPerBtc: future ? null : price,
      difficulty: work > 0 ? weighed / work : null,
      coverageRatio,
      marks,
    }
  })
  const past = rows.filter((row) => row.expectedSats !== null)
  const sum = (pick: (row: EarningsRow) => number | null): number | null => {
    const known = past.map(pick).filter((value) => value !== null)
    return known.length === 0 ? null : known.reduce((all, each) => all + each, 0)
  }
  const strict = (pick: (row: EarningsRow) => number | null): number | null =>
    past.some((row) => pick(row) === null) ? null : sum(pick)
  const spanMs = past.reduce((all, row) => all + Math.min(row.until, now) - row.at, 0)
  const totals: EarningsReport['totals'] = {
    expectedSats: sum((row) => row.expectedSats),
    soloExpectedSats: sum((row) => row.soloExpectedSats),
    reportedSats: sum((row) => row.reportedSats),
    receivedSats: sum((row) => row.receivedSats),
    work: past.reduce((all, row) => all + row.work, 0),
    energyWh: sum((row) => row.energyWh),
    costMinor: sum((row) => row.costMinor),
    revenueMinor: sum((row) => row.revenueMinor),
    profitMinor: sum((row) => row.profitMinor),
    coverageRatio:
      spanMs <= 0
        ? 0
        : past.reduce((all, row) => all + row.coverageRatio * (Math.min(row.until, now) - row.at), 0) /
          spanMs,
  }
  const split = (
    factorWork: number,
    factorWatts: number,
  ): Omit<EarningsFigures, 'reportedSats' | 'receivedSats'> => {
    const scaled = (value: number | null, factor: number): number | null =>
      value === null ? null : Math.round(value * factor)
    const costMinor = scaled(totals.costMinor, factorWatts)
    const revenueMinor = scaled(totals.revenueMinor, factorWork)
    return {
      expectedSats: scaled(totals.expectedSats, factorWork),
      soloExpectedSats: scaled(totals.soloExpectedSats, factorWork),
      work: totals.work * factorWork,
      energyWh: scaled(totals.energyWh, factorWatts),
      costMinor,
      revenueMinor,
      profitMinor: costMinor === null || revenueMinor === null ? null : revenueMinor - costMinor,
    }
  }
  const ofWanted = (of: readonly PretendEarner[]): [number, number] => [
    part(of, 'hashrateHs') / Math.max(1e-9, workPart),
    part(of, 'watts') / Math.max(1e-9, wattPart),
  ]
  const groups = [
    ...new Map(wanted.flatMap((rig) => (rig.group === null ? [] : [[rig.group.id, rig.group]]))).values(),
  ]
  const meanDifficulty =
    totals.work > 0
      ? past.reduce((all, row) => all + row.work * (row.difficulty ?? 0), 0) / totals.work
      : null
  const meanPrice = hasPrice ? priceOf(today, today) : null
  const empty = totals.work === 0
  return {
    from,
    to,
    bucket: query.bucket,
    timeZone: settings.timeZone,
    currency: settings.currency,
    minorDigits: 2,
    profitFrom: settings.profitFrom,
    rows,
    totals,
    pools: empty
      ? []
      : pools.map(({ id, name, scheme, part: own, feePpm }) => {
          const solo = scheme === 'SOLO'
          const credited = own * (1 - feePpm / 1e6)
          return {
            id,
            name,
            scheme,
            work: totals.work * own,
            expectedSats: solo ? 0 : Math.round(((totals.expectedSats ?? 0) * credited) / paidPart),
            soloExpectedSats: solo ? totals.soloExpectedSats : 0,
            reportedSats:
              solo || !whole
                ? null
                : totals.reportedSats === null
                  ? null
                  : Math.round((totals.reportedSats * credited) / paidPart),
            receivedSats: whole
              ? books.payouts
                  .filter((payout) => payout.poolId === id && payout.at >= from && payout.at < to)
                  .reduce((all, { sats }) => all + sats, 0)
              : null,
          }
        }),
    rigs: empty
      ? []
      : wanted.map((rig) => ({
          id: rig.id,
          name: rig.name,
          present: rig !== rigs.at(-1),
          powerSource: rig.powerSource,
          coverageRatio: totals.coverageRatio,
          ...split(...ofWanted([rig])),
        })),
    groups: empty
      ? []
      : groups.map(({ id, name }) => ({
          id,
          name,
          ...split(...ofWanted(wanted.filter((rig) => rig.group?.id === id))),
        })),
    formula: empty
      ? []
      : pools.map((pool) => {
          const work = totals.work * pool.part
          const creditedWork = work
          return {
            poolId: pool.id,
            poolName: pool.name,
            scheme: pool.scheme,
            assumed: pool.assumed,
            feePpm: pool.feePpm,
            work: work / 0.998,
            creditedWork,
            difficulty: meanDifficulty,
            subsidySats: SUBSIDY_SATS,
            feesSats: pool.scheme === 'PPS' ? null : FEES_SATS,
            expectedSats:
              meanDifficulty === null
                ? null
                : Math.round((creditedWork / meanDifficulty) * REWARD * (1 - pool.feePpm / 1e6)),
          }
        }),
    breakEven:
      totals.costMinor === null || !totals.expectedSats || !totals.energyWh
        ? { minorPerBtc: null, microsPerKwh: null }
        : {
            minorPerBtc: Math.round((totals.costMinor * 1e8) / totals.expectedSats),
            microsPerKwh:
              totals.revenueMinor === null
                ? null
                : Math.round((totals.revenueMinor * 10_000 * 1000) / totals.energyWh),
          },
    notes: [
      ...(hasTariff ? [] : ['No tariff is set, so what power costs is not known.']),
      ...(hasPrice ? [] : ['No price source is chosen, so sums are in sats alone.']),
      ...(strict((row) => row.revenueMinor) === null && hasPrice && !empty
        ? ['One day has no price; it is left out of sums of money, not of sats.']
        : []),
      ...(empty ? [] : ['Northern Lode: scheme and fee are what is known of the pool; nobody entered them.']),
      ...(meanPrice === null ? [] : []),
    ],
  }
}

export interface PretendWhatIfDraft {
  from?: number | undefined
  to?: number | undefined
  minorPerBtc?: number | undefined
  difficulty?: number | undefined
  microsPerKwh?: number | undefined
  hashratePpm?: number | undefined
  powerPpm?: number | undefined
}

export function pretendWhatIf(books: PretendBooks, draft: PretendWhatIfDraft): WhatIf {
  const report = pretendReport(books, { from: draft.from, to: draft.to, bucket: 'day' })
  const { totals } = report
  const days = Math.max(1, (report.to - report.from) / DAY)
  const today = Math.floor(books.now / DAY)
  const nowPrice = books.settings.priceSource === 'none' ? null : priceOf(today, today)
  const nowDifficulty = difficultyOf(today)
  const perDay = (value: number | null): number | null => (value === null ? null : Math.round(value / days))
  const now = {
    expectedSats: perDay(totals.expectedSats),
    energyWh: perDay(totals.energyWh),
    costMinor: perDay(totals.costMinor),
    revenueMinor: perDay(totals.revenueMinor),
    profitMinor: perDay(totals.profitMinor),
  }
  const minorPerBtc = draft.minorPerBtc ?? nowPrice
  const difficulty = draft.difficulty ?? nowDifficulty
  const hashrate = (draft.hashratePpm ?? 1e6) / 1e6
  const power = (draft.powerPpm ?? 1e6) / 1e6
  const nowMicros =
    now.costMinor === null || !now.energyWh
      ? null
      : Math.round((now.costMinor * 10_000 * 1000) / now.energyWh)
  const microsPerKwh = draft.microsPerKwh ?? nowMicros
  // What was not moved stays as it was, to the cent.
  const earned = hashrate * (draft.difficulty === undefined ? 1 : nowDifficulty / draft.difficulty)
  const scaled = (value: number | null, factor: number): number | null =>
    value === null ? null : Math.round(value * factor)
  const expectedSats = scaled(now.expectedSats, earned)
  const energyWh = scaled(now.energyWh, power)
  const costMinor =
    draft.microsPerKwh === undefined
      ? scaled(now.costMinor, power)
      : scaled(energyWh, draft.microsPerKwh / 10_000 / 1000)
  const revenueMinor =
    draft.minorPerBtc === undefined
      ? scaled(now.revenueMinor, earned)
      : scaled(expectedSats, draft.minorPerBtc / 1e8)
  return {
    days,
    now,
    then: {
      expectedSats,
      energyWh,
      costMinor,
      revenueMinor,
      profitMinor: costMinor === null || revenueMinor === null ? null : revenueMinor - costMinor,
    },
    breakEven: {
      minorPerBtc: costMinor === null || !expectedSats ? null : Math.round((costMinor * 1e8) / expectedSats),
      microsPerKwh:
        revenueMinor === null || !energyWh ? null : Math.round((revenueMinor * 10_000 * 1000) / energyWh),
    },
    assumed: {
      minorPerBtc,
      difficulty,
      microsPerKwh,
      hashrateHs: books.rigs.reduce((sum, rig) => sum + rig.hashrateHs, 0) * hashrate,
      powerW: books.rigs.reduce((sum, rig) => sum + rig.watts, 0) * power,
    },
  }
}

export function pretendOdds(books: PretendBooks): SoloOdds {
  const difficulty = difficultyOf(Math.floor(books.now / DAY))
  const hashrateHs = books.rigs.reduce((sum, rig) => sum + rig.hashrateHs, 0)
  const perMs = hashrateHs / 1000 / (difficulty * 2 ** 32)
  const chance = (ms: number): number => 1 - Math.exp(-perMs * ms)
  const work = books.hours.reduce((sum, hour) => sum + hour.work, 0)
  const likelyBest = work / Math.LN2
  const bestDifficulty = work * 2.9
  return {
    difficulty,
    hashrateHs,
    chanceDay: chance(DAY),
    chanceMonth: chance(30.44 * DAY),
    chanceYear: chance(365.25 * DAY),
    expectedMs: perMs === 0 ? null : 1 / perMs,
    rewardSats: REWARD,
    soFar: {
      since: books.hours[0]?.at ?? null,
      work,
      expectedBlocks: work / difficulty,
      blocksFound: 0,
      bestDifficulty,
      likelyBest,
      chanceOfBest: work === 0 ? null : 1 - Math.exp(-work / bestDifficulty),
      closeness: bestDifficulty / difficulty,
      verdict: 'lucky',
      words:
        'Your best share is better than two out of three farms would have with as much work. No block yet, which is as expected.',
    },
    words:
      'With this hashrate a block is far more likely not to come this year than to come. Each second has the same chance, whatever happened before.',
  }
}
