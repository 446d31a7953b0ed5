/** Everything counted, and the figures of any part of it over any run of leaves. */
import { type CostCount } from './count-costs.ts'
import { type EnergyCount } from './count-energy.ts'
import { type IncomeCount } from './count-income.ts'
import { type WorkCount } from './count-work.ts'
import { type ReportInputs } from './inputs.ts'
import { type Figures } from './output.ts'
import { type Subjects } from './subjects.ts'

/** Leaves [from, end). */
export interface Span {
  readonly from: number
  readonly end: number
}

export class Ledger {
  readonly subjects: Subjects
  readonly work: WorkCount
  readonly income: IncomeCount
  readonly energy: EnergyCount
  readonly costs: CostCount
  /** Cells of the rigs that count, all of them without a filter. */
  readonly cells: readonly number[]
  /** Pools by index, with "none"; nothing where only some rigs count, as nobody tells what is theirs. */
  readonly pools: readonly number[]
  readonly #inputs: ReportInputs
  /** ms by leaf in which Headframe was there to count; null: always. */
  readonly #presence: Float64Array | null

  constructor(
    inputs: ReportInputs,
    subjects: Subjects,
    counts: (rig: number) => boolean,
    parts: {
      work: WorkCount
      income: IncomeCount
      energy: EnergyCount
      costs: CostCount
      presence: Float64Array | null
    },
  ) {
    this.#inputs = inputs
    this.subjects = subjects
    this.work = parts.work
    this.income = parts.income
    this.energy = parts.energy
    this.costs = parts.costs
    this.#presence = parts.presence
    this.cells = subjects.cells.flatMap(({ rig }, cell) => (counts(rig) ? [cell] : []))
    this.pools =
      inputs.onlyRigs === null ? Array.from({ length: subjects.noPool + 1 }, (_, pool) => pool) : []
  }

  /** Time in which Headframe counted, ms; null where that is not recorded. */
  presentMs({ from, end }: Span): number | null {
    if (this.#presence === null) return null
    let sum = 0
    for (let leaf = from; leaf < end; leaf++) sum += this.#presence[leaf]!
    return sum
  }

  /**
   * @param cells that the figures are of
   * @param pools whose reports and payouts belong to them; null where nobody tells which do
   */
  figures(span: Span, cells: readonly number[], pools: readonly number[] | null): Figures {
    const { income, costs, work, subjects } = this
    const { from, end } = span
    const sum = (
      table: { sum(receiver: number, from: number, end: number): number },
      of: readonly number[],
    ) => {
      let total = 0
      for (const one of of) total += table.sum(one, from, end)
      return total
    }
    const isSolo = (cell: number) => {
      const pool = subjects.cells[cell]!.pool
      return subjects.pools[pool]?.terms?.scheme === 'SOLO'
    }
    const solo = cells.filter(isSolo)
    const paying = solo.length === 0 ? cells : cells.filter((cell) => !isSolo(cell))
    const credited = sum(work.credited, cells)
    // Not there and nothing counted: nobody knows what was earned.
    const absent = credited === 0 && this.presentMs(span) === 0
    const expectedOf = (table: typeof income.expected, of: readonly number[]) =>
      absent || (sum(work.valued, of) === 0 && sum(work.unvalued, of) > 0) ? null : sum(table, of)

    const expectedSats = expectedOf(income.expected, paying)
    const byPool = (table: typeof income.expected, known: boolean) =>
      pools === null || this.pools.length === 0 || !known ? null : sum(table, pools)
    // By the hour pools say nothing.
    const reports =
      this.#inputs.bucket !== 'hour' && this.#inputs.accounts.length + this.#inputs.accountDays.length > 0
    const reportedSats = byPool(income.reported, reports)
    const receives = this.#inputs.payoutsKnown ?? true
    const receivedSats = byPool(income.received, receives)

    const basis = {
      expected: expectedSats,
      reported: reports ? 0 : null,
      received: pools === null || this.pools.length === 0 || !receives ? null : 0,
    }[this.#inputs.profitFrom]
    const hasPrice = income.prices.length > 0 && income.prices[0] !== null
    const revenueMinor = basis === null || !hasPrice ? null : sum(income.revenue, cells)

    const hasEnergy = sum(costs.coveredMs, cells) > 0
    const energyCostMinor = sum(costs.pricedMs, cells) > 0 ? sum(costs.energyCost, cells) : null
    const standingMinor = this.#inputs.tariffs.length === 0 ? null : sum(costs.standing, cells)
    const costMinor =
      energyCostMinor === null && !standingMinor ? null : (energyCostMinor ?? 0) + (standingMinor ?? 0)
    return {
      expectedSats,
      soloExpectedSats: expectedOf(income.solo, solo),
      reportedSats,
      receivedSats,
      work: credited,
      energyWh: hasEnergy ? sum(costs.energyWh, cells) : null,
      energyCostMinor,
      standingMinor,
      costMinor,
      revenueMinor,
      profitMinor: revenueMinor === null || costMinor === null ? null : revenueMinor - costMinor,
    }
  }

  /** Part of the rigs' time for which their power is known; 1 without any such time. */
  powerCoverage({ from, end }: Span, rigs: readonly number[]): number {
    let covered = 0
    let elapsed = 0
    for (const rig of rigs) {
      covered += this.energy.coveredMs.sum(rig, from, end)
      elapsed += this.energy.elapsedMs.sum(rig, from, end)
    }
    return elapsed <= 0 ? 1 : Math.min(1, covered / elapsed)
  }
}
