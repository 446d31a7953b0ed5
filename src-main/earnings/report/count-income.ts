/**
 * Income in sats and in money, by cell and leaf. Expected sats are rounded cumulatively and valued at the close of each
 * day; what a pool reports for a day and what was received are events, each valued by itself.
 */
import { distribute } from '../money/distribute.ts'
import { MICROS_PER_SAT, type Minor, type Sats } from '../money/amounts.ts'
import { VALUE_DENOMINATOR, valueOfSats } from '../money/value.ts'
import { type WorkCount } from './count-work.ts'
import { type DayPrice, type DayPrices } from './day-prices.ts'
import { type Grid, leafAt } from './grid.ts'
import { type ProfitBasis, type ReportInputs } from './inputs.ts'
import { type Subjects } from './subjects.ts'
import { ExactTable, LeafTable } from './tables.ts'

export interface IncomeCount {
  /** Sats by cell. */
  readonly expected: LeafTable
  readonly solo: LeafTable
  /** Sats by pool (the last: of none). */
  readonly reported: LeafTable
  readonly received: LeafTable
  /** Minor units by cell, of the basis. Nothing where no price is known. */
  readonly revenue: LeafTable
  /** Sats of the basis by leaf: what would be worth something if there were a price. */
  readonly basisSats: Float64Array
  /** By leaf: the price that was used; null without any. */
  readonly prices: readonly (DayPrice | null)[]
}

export function countIncome(
  inputs: ReportInputs,
  grid: Grid,
  work: WorkCount,
  prices: DayPrices,
  subjects: Subjects,
): IncomeCount {
  const leaves = grid.leaves.length
  const expected = work.income.settle(leaves, BigInt(MICROS_PER_SAT))
  const solo = work.solo.settle(leaves, BigInt(MICROS_PER_SAT))
  const leafPrices = grid.leaves.map(({ day }) => prices.on(day))
  const basisSats = new Float64Array(leaves)
  const reported = new LeafTable(leaves)
  const received = new LeafTable(leaves)
  const events = new LeafTable(leaves)
  const basis: ProfitBasis = inputs.profitFrom

  const pools = new Map(inputs.accounts.map(({ accountId, poolId }) => [accountId, poolId]))
  for (const { accountId, day, earnedSats } of inputs.accountDays) {
    const leaf = leafOfDay(grid, inputs, day)
    if (leaf < 0) continue
    const pool = subjects.poolOf(pools.get(accountId) ?? null)
    reported.add(pool, leaf, earnedSats)
    if (basis !== 'reported') continue
    basisSats[leaf]! += earnedSats
    const price = leafPrices[leaf]
    if (price) shareByWork(events, valueOfSats(earnedSats, price.minorPerBtc), pool, leaf, work, subjects)
  }
  for (const payout of inputs.payouts) {
    const leaf = leafAt(grid.leaves, payout.atMs)
    if (leaf < 0) continue
    const pool = subjects.poolOf(payout.poolId)
    received.add(pool, leaf, payout.sats)
    if (basis !== 'received') continue
    basisSats[leaf]! += payout.sats
    const value = valueAt(prices, payout.sats, grid.clock.dayOf(payout.atMs))
    if (value !== null) events.add(subjects.cellOf(subjects.noRig, pool), leaf, value)
  }
  if (basis !== 'expected')
    return { expected, solo, reported, received, revenue: events, basisSats, prices: leafPrices }

  const exact = new ExactTable()
  subjects.cells.forEach((_, cell) => {
    for (let leaf = 0; leaf < leaves; leaf++) {
      const sats = expected.at(cell, leaf)
      if (sats === 0) continue
      basisSats[leaf]! += sats
      const price = leafPrices[leaf]
      if (price) exact.at(cell, leaf).addProduct(sats, price.minorPerBtc)
    }
  })
  const revenue = exact.settle(leaves, VALUE_DENOMINATOR)
  return { expected, solo, reported, received, revenue, basisSats, prices: leafPrices }
}

/** What sats of a local date are worth, rounded by itself; null without any price. @param day whole days since 1970 */
export function valueAt(prices: DayPrices, sats: Sats, day: number): Minor | null {
  const price = prices.on(day)
  return price === null ? null : valueOfSats(sats, price.minorPerBtc)
}

/**
 * The leaf that a pool's day is counted to: the local day of the same date, as long as it begins within the range; none
 * where the report is by the hour, because nobody said which hour.
 */
function leafOfDay(grid: Grid, { fromMs, bucket }: ReportInputs, day: number): number {
  if (bucket === 'hour') return -1
  const startMs = grid.clock.dayStart(day)
  return startMs < fromMs ? -1 : leafAt(grid.leaves, startMs)
}

/** Shares an amount of a pool out to its rigs by their work of the day; without work it is no rig's. */
function shareByWork(
  table: LeafTable,
  amount: Minor,
  pool: number,
  leaf: number,
  work: WorkCount,
  subjects: Subjects,
): void {
  const cells = subjects.cells.flatMap((cell, i) =>
    cell.pool === pool && work.credited.at(i, leaf) > 0 ? [i] : [],
  )
  if (cells.length === 0 || pool === subjects.noPool) {
    table.add(subjects.cellOf(subjects.noRig, pool), leaf, amount)
    return
  }
  const parts = distribute(
    amount,
    cells.map((cell) => work.credited.at(cell, leaf)),
  )
  cells.forEach((cell, i) => table.add(cell, leaf, parts[i]!))
}
