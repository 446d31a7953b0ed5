/** What the world outside was like in a year of the practice farm: difficulty, prices, and what was paid out. Seeded. */
import { type AccountDay, type DayPrice, type NetworkFact, type PayoutRecord } from '../history/index.ts'
import { type Random, seededRandom } from './past-year.ts'

export interface PastLedgerOptions {
  readonly fromMs: number
  readonly toMs: number
  readonly seed: number
  /** Where they end up. */
  readonly networkDifficulty: number
  readonly height: number
  /** ISO 4217. */
  readonly currency: string
  readonly minorPerBtc: number
  /** Who reports and pays; null for nobody. */
  readonly accountId: string | null
  /** What a day is worth at the difficulty where it ends up, about. */
  readonly satsPerDay: number
}

export interface PastLedger {
  readonly facts: readonly NetworkFact[]
  readonly prices: readonly DayPrice[]
  readonly accountDays: readonly AccountDay[]
  readonly payouts: readonly PayoutRecord[]
}

const DAY_MS = 86_400_000
const BLOCKS_PER_DAY = 144
const RETARGET_DAYS = 14
const SUBSIDY_SATS = 312_500_000
const MEAN_FEES_SATS = 4_000_000
/** Difficulty grew by so much in the year. */
const YEARLY_GROWTH = 0.35
const DAILY_PRICE_MOVE = 0.02
const PAYOUT_EVERY_DAYS = 7
const SOURCE = 'practice'

/** Everything of days before `toMs`, oldest first. */
export function pastLedger(options: PastLedgerOptions): PastLedger {
  const random = seededRandom(options.seed)
  const first = Math.ceil(options.fromMs / DAY_MS)
  const last = Math.floor(options.toMs / DAY_MS) - 1
  const days = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index)
  const earned = days.map((day) => ({
    day,
    sats: Math.round((options.satsPerDay / growthBy(day, options)) * (0.97 + random() * 0.06)),
  }))
  return {
    facts: days.filter((day) => day % RETARGET_DAYS === 0).map((day) => factOf(day, options, random)),
    prices: pricesOf(days, options, random),
    accountDays: accountDaysOf(earned, options),
    payouts: payoutsOf(earned, options),
  }
}

/** Difficulty of a day in parts of what it ends as. */
const growthBy = (day: number, { toMs }: PastLedgerOptions): number =>
  1 - (YEARLY_GROWTH * (toMs / DAY_MS - day)) / 365

function factOf(day: number, options: PastLedgerOptions, random: Random): NetworkFact {
  const { toMs, networkDifficulty, height } = options
  const daysAgo = toMs / DAY_MS - day
  return {
    atMs: day * DAY_MS,
    source: SOURCE,
    height: Math.max(0, Math.round(height - daysAgo * BLOCKS_PER_DAY)),
    difficulty: networkDifficulty * growthBy(day, options) * (0.98 + random() * 0.04),
    subsidySats: SUBSIDY_SATS,
    feesSats: Math.round(MEAN_FEES_SATS * (0.5 + random())),
  }
}

/** Walks back from the price of today. */
function pricesOf(days: readonly number[], options: PastLedgerOptions, random: Random): DayPrice[] {
  const { currency, minorPerBtc } = options
  let close = minorPerBtc
  const prices = days.toReversed().map((day): DayPrice => {
    close *= 1 + (random() - 0.5) * 2 * DAILY_PRICE_MOVE
    return { currency, day, closeMinor: Math.round(close), source: SOURCE, atMs: (day + 1) * DAY_MS - 1 }
  })
  return prices.toReversed()
}

interface EarnedDay {
  readonly day: number
  readonly sats: number
}

function accountDaysOf(earned: readonly EarnedDay[], { accountId }: PastLedgerOptions): AccountDay[] {
  if (accountId === null) return []
  return earned.map(({ day, sats }) => ({ accountId, day, earnedSats: sats }))
}

/** Each week what the week before earned. */
function payoutsOf(earned: readonly EarnedDay[], { accountId }: PastLedgerOptions): PayoutRecord[] {
  if (accountId === null) return []
  const payouts: PayoutRecord[] = []
  for (let end = PAYOUT_EVERY_DAYS; end < earned.length; end += PAYOUT_EVERY_DAYS) {
    const week = earned.slice(end - PAYOUT_EVERY_DAYS, end)
    const { day } = earned[end]!
    payouts.push({
      kind: 'pool',
      reference: `${accountId}/practice-${day}`,
      accountId,
      address: null,
      sats: week.reduce((sum, { sats }) => sum + sats, 0),
      atMs: day * DAY_MS + 7 * 3_600_000,
      height: null,
      note: 'A week of practice',
    })
  }
  return payouts
}
