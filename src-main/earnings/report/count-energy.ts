/** Adds up the energy of all rigs from the source that counts in each slot, and what it cost, by rig and leaf. */
import { chooseSources } from '../power/choose.ts'
import { RigPower } from '../power/rig-power.ts'
import { type PriceTable } from '../tariff/price-table.ts'
import { type Grid } from './grid.ts'
import { type PowerSource, type ReportInputs, type WorkSeries } from './inputs.ts'
import { type Subjects } from './subjects.ts'
import { ExactTable, LeafTable } from './tables.ts'

export interface EnergyCount {
  /** Joules by rig. */
  readonly energyJ: ExactTable
  /** Joules x twelfths of millionths per kWh, by rig (`ENERGY_COST_DENOMINATOR`). */
  readonly cost: ExactTable
  /** ms by rig for which the power is known; for which it has a price. */
  readonly coveredMs: LeafTable
  readonly pricedMs: LeafTable
  /** ms by rig in which it was there at all, as far as they have passed. */
  readonly elapsedMs: LeafTable
  /** By rig: joules from each source. */
  readonly bySource: readonly Map<PowerSource, number>[]
}

/** @param ppm of the power to count: 1,000,000 for all of it */
export function countEnergy(
  inputs: ReportInputs,
  grid: Grid,
  prices: PriceTable,
  subjects: Subjects,
  ppm: number,
): EnergyCount {
  const leaves = grid.leaves.length
  const { slots } = grid
  const count: EnergyCount = {
    energyJ: new ExactTable(),
    cost: new ExactTable(),
    coveredMs: new LeafTable(leaves),
    pricedMs: new LeafTable(leaves),
    elapsedMs: new LeafTable(leaves),
    bySource: subjects.rigs.map(() => new Map<PowerSource, number>()),
  }
  const power = new RigPower(slots, { ...inputs, rigs: subjects.rigs })
  const firstWork = firstWorkByKey(inputs.work)
  /** Twelfths of millionths per kWh by slot; NaN where there is no price. */
  const slotPrices = Float64Array.from({ length: slots.count }, (_, slot) => {
    const fromMs = slots.firstMs + slot * slots.slotMs
    return prices.priceTwelfths(fromMs, fromMs + slots.slotMs) ?? Number.NaN
  })
  const add = (rig: number, leaf: number, joules: number, ms: number, price: number) => {
    count.energyJ.at(rig, leaf).add(joules)
    count.coveredMs.add(rig, leaf, ms)
    if (Number.isNaN(price)) return
    count.pricedMs.add(rig, leaf, ms)
    count.cost.at(rig, leaf).addProduct(joules, price)
  }
  subjects.rigs.forEach((rig, index) => {
    const candidates = power.candidates(rig)
    const chosen = chooseSources(slots, candidates)
    let firstMs = Math.min(...rig.rigKeys.map((key) => firstWork.get(key) ?? Infinity))
    for (let slot = 0; slot < slots.count; slot++) {
      const candidate = candidates[chosen[slot]!]
      if (candidate === undefined) continue
      const startMs = slots.firstMs + slot * slots.slotMs
      firstMs = Math.min(firstMs, startMs)
      const joules =
        ppm === 1_000_000
          ? candidate.line.energyJ[slot]!
          : Math.round((candidate.line.energyJ[slot]! * ppm) / 1_000_000)
      const coveredMs = candidate.line.coveredMs[slot]!
      const sources = count.bySource[index]!
      const leaf = grid.leafOfSlot[slot]!
      if (leaf >= 0) {
        add(index, leaf, joules, coveredMs, slotPrices[slot]!)
        sources.set(candidate.source, (sources.get(candidate.source) ?? 0) + joules)
        continue
      }
      // Whole joules for each part, by how far the slot has come; what lies outside the range is nobody's.
      for (const part of grid.cut.get(slot)!) {
        const upTo = (ms: number) => Math.floor((joules * (ms - startMs)) / slots.slotMs)
        const partJ = upTo(part.toMs) - upTo(part.fromMs)
        const ratio = (part.toMs - part.fromMs) / slots.slotMs
        const price = prices.priceTwelfths(part.fromMs, part.toMs) ?? Number.NaN
        add(index, part.leaf, partJ, coveredMs * ratio, price)
        sources.set(candidate.source, (sources.get(candidate.source) ?? 0) + partJ)
      }
    }
    const sinceMs = rig.sinceMs ?? firstMs
    grid.leaves.forEach((leaf, i) => {
      const ms = Math.min(leaf.toMs, grid.endMs, rig.untilMs ?? Infinity) - Math.max(leaf.fromMs, sinceMs)
      if (ms > 0) count.elapsedMs.add(index, i, ms)
    })
  })
  return count
}

function firstWorkByKey(work: readonly WorkSeries[]): Map<string, number> {
  const first = new Map<string, number>()
  for (const { rigKey, atMs } of work) {
    if (atMs.length > 0) first.set(rigKey, Math.min(first.get(rigKey) ?? Infinity, atMs[0]!))
  }
  return first
}
