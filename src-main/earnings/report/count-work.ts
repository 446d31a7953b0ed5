/** Adds up the work of all rigs at all pools: what it is worth on average, by cell and leaf. */
import { creditedWork } from '../expected/credit.ts'
import { expectedMicroSats, FormulaSum, isPlausible } from '../expected/expectation.ts'
import { type FactLine } from '../expected/fact-line.ts'
import { isIncome, paysFees } from '../expected/schemes.ts'
import { eachPart, type Grid } from './grid.ts'
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
  /** By leaf: 1 where work was valued with facts that came later; where a difficulty was missing. */
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
  const { slots } = grid
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
  for (const { rigKey, poolId, atMs, workDifficulty, acknowledged, rejected, lost } of series) {
    const rig = subjects.rigOfKey(rigKey)
    const pool = subjects.poolOf(poolId)
    const cell = subjects.cellOf(rig, pool)
    const { terms } = subjects.pools[pool]!
    const table = terms === null || isIncome(terms.scheme) ? count.income : count.solo
    const withFees = terms !== null && paysFees(terms.scheme)
    const isCounted = counts(rig)
    const formula = isCounted ? count.formulas[pool]! : null
    for (let i = 0; i < atMs.length; i++) {
      const slotWork = (workDifficulty[i]! * ppm) / 1_000_000
      if (!(slotWork > 0) || !Number.isFinite(slotWork)) continue
      const slotCredited = creditedWork(slotWork, acknowledged[i]!, rejected[i]!, lost[i]!)
      eachPart(grid, atMs[i]!, (leaf, ratio) => {
        const slot = Math.floor((atMs[i]! - slots.firstMs) / slots.slotMs)
        const work = slotWork * ratio
        const credited = slotCredited * ratio
        count.credited.add(cell, leaf, credited)
        const difficulty = facts.difficulty[slot]!
        const subsidySats = facts.subsidySats[slot]!
        // NaN where there is none.
        const isPossible = isPlausible(work, difficulty, slots.slotMs)
        if (isPossible && isCounted) {
          count.work[leaf]! += work
          count.blocks[leaf]! += work / difficulty
        }
        if (!isPossible && difficulty > 0) count.implausible = true
        if (!isPossible || Number.isNaN(subsidySats)) {
          if (isCounted) count.isMissing[leaf] = 1
          count.unvalued.add(cell, leaf, credited)
          formula?.addUnvalued(work, credited)
          return
        }
        if (terms === null) {
          count.unvalued.add(cell, leaf, credited)
          return
        }
        let feesSats = withFees ? facts.feesSats[slot]! : 0
        if (Number.isNaN(feesSats)) {
          feesSats = 0
          count.feesUnknown = true
        }
        if (facts.isLater[slot] === 1 && isCounted) count.isLater[leaf] = 1
        const micros = expectedMicroSats(credited, difficulty, subsidySats + feesSats, terms.feePpm)
        table.at(cell, leaf).add(micros)
        count.valued.add(cell, leaf, credited)
        formula?.add(work, credited, difficulty, subsidySats, feesSats, micros)
      })
    }
  }
  return count
}
