/**
 * Adds up the work of all rigs at all pools: what it is worth on average, by cell and leaf. The innermost loop runs over
 * a million slots for a year of sixty rigs: what can be known by slot is laid out before it, and no bigint is made in it
 * as long as sums stay below 2^52 millionths of a sat, which is 45 bitcoins for one rig's day.
 */
import { creditedWork } from '../expected/credit.ts'
import { expectedMicroSats, FormulaSum, mostWork } from '../expected/expectation.ts'
import { type FactLine } from '../expected/fact-line.ts'
import { isIncome, paysFees } from '../expected/schemes.ts'
import { type Grid } from './grid.ts'
import { type WorkSeries } from './inputs.ts'
import { type Subjects } from './subjects.ts'
import { ExactTable, LeafTable } from './tables.ts'

export interface WorkCount {
  /** Millionths of a sat, of pools that pay for work. */
  readonly income: ExactTable
  /** The same of mining alone. */
  readonly solo: ExactTable
  /** Credited work by cell. */
  readonly credited: LeafTable
  /** Part of it that was valued, and that could not be. */
  readonly valued: LeafTable
  readonly unvalued: LeafTable
  /** By leaf, of the rigs that count: work that has a difficulty, and the blocks it would find. */
  readonly work: Float64Array
  readonly blocks: Float64Array
  /** By leaf: 1 where work was valued with facts that came later; where a difficulty or subsidy was missing. */
  readonly isLater: Uint8Array
  readonly isMissing: Uint8Array
  /** By pool; null without terms. */
  readonly formulas: readonly (FormulaSum | null)[]
  /** Somewhere the fees were not known and counted as 0; a difficulty could not be believed. */
  feesUnknown: boolean
  implausible: boolean
}

/**
 * @param counts by rig: whether formulas and difficulties are of it too
 * @param ppm of the work to count: 1,000,000 for all of it
 */
export function countWork(
  series: readonly WorkSeries[],
  grid: Grid,
  facts: FactLine,
  subjects: Subjects,
  counts: (rig: number) => boolean,
  ppm: number,
): WorkCount {
  const leaves = grid.leaves.length
  const count: WorkCount = {
    income: new ExactTable(),
    solo: new ExactTable(),
    credited: new LeafTable(leaves),
    valued: new LeafTable(leaves),
    unvalued: new LeafTable(leaves),
    work: new Float64Array(leaves),
    blocks: new Float64Array(leaves),
    isLater: new Uint8Array(leaves),
    isMissing: new Uint8Array(leaves),
    formulas: subjects.pools.map(({ terms }) => (terms === null ? null : new FormulaSum(terms.feePpm))),
    feesUnknown: false,
    implausible: false,
  }
  const byPool = new Map<string, WorkSeries[]>()
  for (const one of series) {
    const list = byPool.get(one.poolId)
    if (list === undefined) byPool.set(one.poolId, [one])
    else list.push(one)
  }
  for (const [poolId, list] of byPool)
    countPool(count, list, subjects.poolOf(poolId), grid, facts, subjects, counts, ppm)
  return count
}

function countPool(
  count: WorkCount,
  series: readonly WorkSeries[],
  pool: number,
  grid: Grid,
  facts: FactLine,
  subjects: Subjects,
  counts: (rig: number) => boolean,
  ppm: number,
): void {
  const { slots, leafOfSlot } = grid
  const { terms } = subjects.pools[pool]!
  const feePpm = terms?.feePpm ?? 0
  const withFees = terms !== null && paysFees(terms.scheme)
  const table = terms === null || isIncome(terms.scheme) ? count.income : count.solo
  /** By slot. NaN compares as false: a slot without a difficulty has no work that could be. */
  const limit = facts.difficulty.map((difficulty) => mostWork(difficulty, slots.slotMs))
  const fees = withFees
    ? facts.feesSats.map((sats) => (Number.isNaN(sats) ? 0 : sats))
    : new Float64Array(slots.count)
  const sums = {
    work: new Float64Array(slots.count),
    credited: new Float64Array(slots.count),
    micros: new Float64Array(slots.count),
    unvaluedWork: 0,
    unvaluedCredited: 0,
  }

  for (const { rigKey, atMs, workDifficulty, acknowledged, rejected, lost } of series) {
    const rig = subjects.rigOfKey(rigKey)
    const cell = subjects.cellOf(rig, pool)
    const isCounted = counts(rig)
    const credits = count.credited.row(cell)
    const valued = count.valued.row(cell)
    const unvalued = count.unvalued.row(cell)
    const addPart = (slot: number, leaf: number, work: number, credited: number, isPossible: boolean) => {
      credits[leaf]! += credited
      const subsidySats = facts.subsidySats[slot]!
      if (!isPossible || Number.isNaN(subsidySats)) {
        unvalued[leaf]! += credited
        if (!isCounted) return
        count.isMissing[leaf] = 1
        sums.unvaluedWork += work
        sums.unvaluedCredited += credited
        return
      }
      if (isCounted) {
        count.work[leaf]! += work
        count.blocks[leaf]! += work / facts.difficulty[slot]!
        if (facts.isLater[slot] === 1) count.isLater[leaf] = 1
      }
      if (terms === null) {
        unvalued[leaf]! += credited
        return
      }
      const micros = expectedMicroSats(credited, facts.difficulty[slot]!, subsidySats + fees[slot]!, feePpm)
      table.at(cell, leaf).add(micros)
      valued[leaf]! += credited
      if (!isCounted) return
      sums.work[slot]! += work
      sums.credited[slot]! += credited
      sums.micros[slot]! += micros
    }
    for (let i = 0; i < atMs.length; i++) {
      const slot = Math.floor((atMs[i]! - slots.firstMs) / slots.slotMs)
      if (!(slot >= 0 && slot < slots.count)) continue
      const work = (workDifficulty[i]! * ppm) / 1_000_000
      if (!(work > 0) || work === Infinity) continue
      const credited = creditedWork(work, acknowledged[i]!, rejected[i]!, lost[i]!)
      const isPossible = work <= limit[slot]!
      if (!isPossible && limit[slot]! > 0) count.implausible = true
      const leaf = leafOfSlot[slot]!
      if (leaf >= 0) addPart(slot, leaf, work, credited, isPossible)
      else {
        for (const part of grid.cut.get(slot)!) {
          const ratio = (part.toMs - part.fromMs) / slots.slotMs
          addPart(slot, part.leaf, work * ratio, credited * ratio, isPossible)
        }
      }
    }
  }

  const formula = count.formulas[pool]
  if (!formula) return
  formula.addUnvalued(sums.unvaluedWork, sums.unvaluedCredited)
  for (let slot = 0; slot < slots.count; slot++) {
    const work = sums.work[slot]!
    if (work === 0) continue
    if (withFees && Number.isNaN(facts.feesSats[slot]!)) count.feesUnknown = true
    const { difficulty, subsidySats } = facts
    formula.add(
      work,
      sums.credited[slot]!,
      difficulty[slot]!,
      subsidySats[slot]!,
      fees[slot]!,
      sums.micros[slot]!,
    )
  }
}
