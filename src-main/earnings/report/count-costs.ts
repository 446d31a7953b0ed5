/**
 * Energy and its cost in whole units, by cell and leaf: rounded cumulatively by rig, then shared out among the pools a
 * rig worked for that day by its work. What it used without work is of no pool.
 */
import { distribute } from '../money/distribute.ts'
import { minorPerUnit } from '../money/currency.ts'
import { ENERGY_COST_DENOMINATOR, MICROS_DENOMINATOR } from '../tariff/cost.ts'
import { type PriceTable } from '../tariff/price-table.ts'
import { type EnergyCount } from './count-energy.ts'
import { type WorkCount } from './count-work.ts'
import { type Grid } from './grid.ts'
import { type Subjects } from './subjects.ts'
import { ExactTable, LeafTable } from './tables.ts'

const JOULES_PER_WH = 3600n

export interface CostCount {
  /** Wh by cell. */
  readonly energyWh: LeafTable
  /** Minor units by cell. */
  readonly energyCost: LeafTable
  readonly standing: LeafTable
  /** ms by cell for which power is known, for which it has a price; a rig's whole time for each of its pools. */
  readonly coveredMs: LeafTable
  readonly pricedMs: LeafTable
}

export function countCosts(
  grid: Grid,
  energy: EnergyCount,
  work: WorkCount,
  prices: PriceTable,
  subjects: Subjects,
  currency: string,
): CostCount {
  const leaves = grid.leaves.length
  const factor = BigInt(minorPerUnit(currency))
  const rigWh = energy.energyJ.settle(leaves, JOULES_PER_WH)
  const rigCost = energy.cost.settle(leaves, ENERGY_COST_DENOMINATOR, factor)
  const rigStanding = shareStanding(grid, energy, prices, subjects).settle(leaves, MICROS_DENOMINATOR, factor)
  const count: CostCount = {
    energyWh: new LeafTable(leaves),
    energyCost: new LeafTable(leaves),
    standing: new LeafTable(leaves),
    coveredMs: new LeafTable(leaves),
    pricedMs: new LeafTable(leaves),
  }
  const cellsOfRig: number[][] = Array.from({ length: subjects.noRig + 1 }, () => [])
  subjects.cells.forEach(({ rig }, cell) => cellsOfRig[rig]!.push(cell))
  cellsOfRig.forEach((all, rig) => {
    for (let leaf = 0; leaf < leaves; leaf++) {
      const coveredMs = energy.coveredMs.at(rig, leaf)
      const standing = rigStanding.at(rig, leaf)
      if (coveredMs === 0 && standing === 0) continue
      let cells = all.filter((cell) => work.credited.at(cell, leaf) > 0)
      let weights = cells.map((cell) => work.credited.at(cell, leaf))
      if (cells.length === 0) {
        cells = [subjects.cellOf(rig, subjects.noPool)]
        weights = [1]
      }
      const share = (table: LeafTable, amount: number) => {
        if (amount === 0) return
        const parts = cells.length === 1 ? [amount] : distribute(amount, weights)
        cells.forEach((cell, i) => table.add(cell, leaf, parts[i]!))
      }
      share(count.energyWh, rigWh.at(rig, leaf))
      share(count.energyCost, rigCost.at(rig, leaf))
      share(count.standing, standing)
      for (const cell of cells) {
        count.coveredMs.add(cell, leaf, coveredMs)
        count.pricedMs.add(cell, leaf, energy.pricedMs.at(rig, leaf))
      }
    }
  })
  return count
}

/**
 * Charges per local day in millionths, by rig: a day that the range or now cuts counts by its time, and each is shared
 * out by energy; without any it is no rig's.
 */
function shareStanding(grid: Grid, energy: EnergyCount, prices: PriceTable, subjects: Subjects): ExactTable {
  const table = new ExactTable()
  grid.leaves.forEach((leaf, i) => {
    const micros = prices.tariffOn(leaf.day)?.standingMicrosPerDay ?? 0
    if (micros === 0) return
    const startMs = grid.clock.dayStart(leaf.day)
    const dayMs = grid.clock.dayStart(leaf.day + 1) - startMs
    const upTo = (ms: number) => (BigInt(micros) * BigInt(Math.min(ms, grid.endMs) - startMs)) / BigInt(dayMs)
    const charge = Number(upTo(leaf.toMs) - upTo(leaf.fromMs))
    const used = subjects.rigs.map((_, rig) => Number(energy.energyJ.valueAt(rig, i)))
    if (used.every((joules) => joules === 0)) table.at(subjects.noRig, i).add(charge)
    else distribute(charge, used).forEach((part, rig) => part > 0 && table.at(rig, i).add(part))
  })
  return table
}
