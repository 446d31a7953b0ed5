/**
 * The report: what was earned and what it cost, by bucket, pool, rig and group. Pure and linear in the slots; runs where
 * the data is read. All figures come from one ledger, so that they agree with each other to the sat.
 */
import { minorDigits, minorPerUnit } from '../money/currency.ts'
import { breakEvenPrice } from '../money/value.ts'
import { layFacts } from '../expected/fact-line.ts'
import { breakEvenTariff } from '../tariff/cost.ts'
import { PriceTable } from '../tariff/price-table.ts'
import { countCosts } from './count-costs.ts'
import { countEnergy } from './count-energy.ts'
import { countIncome } from './count-income.ts'
import { countWork } from './count-work.ts'
import { DayPrices } from './day-prices.ts'
import { eachPart, type Grid, makeGrid } from './grid.ts'
import { type ReportInputs } from './inputs.ts'
import { Ledger, type Span } from './ledger.ts'
import { makeNotes } from './notes.ts'
import { type BreakEven, type EarningsReport, type Figures, type PoolFormula } from './output.ts'
import { coverageOf, makeRows } from './rows.ts'
import { makeSplits, makeStack } from './splits.ts'
import { Subjects } from './subjects.ts'

const PPM = 1_000_000

/** How much of the work and of the power is counted, in millionths: other than all for a what-if. */
export interface Scale {
  readonly hashratePpm: number
  readonly powerPpm: number
}

/**
 * @throws RangeError for an empty range, or slots that do not divide an hour
 * @throws HeadframeError `earnings/unknown-time-zone`, `earnings/too-many-buckets`, `earnings/too-large`,
 *   `tariff/malformed`
 */
export function makeReport(
  inputs: ReportInputs,
  scale: Scale = { hashratePpm: PPM, powerPpm: PPM },
): EarningsReport {
  const grid = makeGrid(inputs)
  const subjects = new Subjects(inputs)
  const only =
    inputs.onlyRigs === null ? null : new Set(inputs.onlyRigs.map((rigId) => subjects.rigOfId(rigId)))
  const counts = (rig: number) => only === null || (rig !== subjects.noRig && only.has(rig))
  const { slots } = grid
  const facts = layFacts(inputs.facts, slots.firstMs, slots.slotMs, slots.count)
  const prices = new DayPrices(inputs.prices)
  const tariff = new PriceTable(
    inputs.tariffs,
    grid.clock,
    slots.firstMs,
    slots.firstMs + slots.count * slots.slotMs,
  )

  const work = countWork(inputs.work, grid, facts, subjects, counts, scale.hashratePpm)
  const energy = countEnergy(inputs, grid, tariff, subjects, scale.powerPpm)
  const costs = countCosts(grid, energy, work, tariff, subjects, inputs.currency)
  const income = countIncome(inputs, grid, work, prices, subjects)
  const presence = presenceOf(inputs, grid)
  const ledger = new Ledger(inputs, subjects, counts, { work, income, energy, costs, presence })

  const rigs = subjects.rigs.flatMap((_, rig) => (counts(rig) ? [rig] : []))
  const rows = makeRows(inputs, ledger, grid, rigs, facts)

  const all: Span = { from: 0, end: grid.leaves.length }
  const totals = {
    ...ledger.figures(all, ledger.cells, ledger.pools),
    coverageRatio: coverageOf(ledger, grid, all),
    powerCoverageRatio: ledger.powerCoverage(all, rigs),
    energyJ: rigs.reduce((sum, rig) => sum + joulesOf(ledger, rig), 0),
  }
  const split = makeSplits(inputs, ledger, all, rigs)
  return {
    fromMs: inputs.fromMs,
    toMs: inputs.toMs,
    bucket: inputs.bucket,
    timeZone: inputs.timeZone,
    currency: inputs.currency,
    minorDigits: minorDigits(inputs.currency),
    profitFrom: inputs.profitFrom,
    rows,
    totals,
    pools: split.pools.map(({ row }) => row),
    rigs: split.rigs.map(({ row }) => row),
    groups: split.groups.map(({ row }) => row),
    formula: formulasOf(ledger),
    breakEven: breakEvenOf(inputs, totals),
    stacks: {
      pool: inputs.stackBy.includes('pool')
        ? makeStack(ledger, grid, split.pools, ({ poolId }) => poolId)
        : [],
      rig: inputs.stackBy.includes('rig') ? makeStack(ledger, grid, split.rigs, ({ rigId }) => rigId) : [],
      group: inputs.stackBy.includes('group')
        ? makeStack(ledger, grid, split.groups, ({ groupId }) => groupId)
        : [],
    },
    notes: makeNotes(inputs, ledger, grid, rows, facts),
  }
}

/** What the sats of the basis would have to be worth, and what power may cost at most. */
function breakEvenOf(inputs: ReportInputs, totals: Figures & { energyJ: number }): BreakEven {
  const sats = {
    expected: totals.expectedSats,
    reported: totals.reportedSats,
    received: totals.receivedSats,
  }[inputs.profitFrom]
  const { costMinor, revenueMinor, standingMinor } = totals
  return {
    minorPerBtc: costMinor === null || sats === null ? null : breakEvenPrice(sats, costMinor),
    microsPerKwh:
      revenueMinor === null
        ? null
        : breakEvenTariff(revenueMinor - (standingMinor ?? 0), totals.energyJ, minorPerUnit(inputs.currency)),
  }
}

function formulasOf({ subjects, work }: Ledger): PoolFormula[] {
  return subjects.pools.flatMap(({ poolId, name, terms }, pool) => {
    const formula = work.formulas[pool]?.result()
    if (terms === null || formula === undefined || formula.work === 0) return []
    const { scheme, assumed, feePpm } = terms
    return [{ poolId, poolName: name, scheme, assumed, feePpm, ...formula }]
  })
}

function presenceOf({ presence }: ReportInputs, grid: Grid): Float64Array | null {
  if (presence === null) return null
  const byLeaf = new Float64Array(grid.leaves.length)
  for (let i = 0; i < presence.atMs.length; i++) {
    const coveredMs = presence.coveredMs[i]!
    if (coveredMs > 0)
      eachPart(grid, presence.atMs[i]!, (leaf, ratio) => (byLeaf[leaf]! += coveredMs * ratio))
  }
  return byLeaf
}

function joulesOf({ energy }: Ledger, rig: number): number {
  let joules = 0
  for (const amount of energy.bySource[rig]!.values()) joules += amount
  return joules
}
