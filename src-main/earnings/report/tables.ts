/** Amounts by receiver (a cell or a rig) and leaf: exact ones while they are added up, whole ones once they are rounded. */
import { CarryingSplit } from '../money/distribute.ts'
import { ExactSum } from '../money/exact-sum.ts'
import { CumulativeRounder } from '../money/rounding.ts'

/** Whole numbers, or work; 0 where nothing was added. */
export class LeafTable {
  readonly #leaves: number
  readonly #rows: (Float64Array | undefined)[] = []

  constructor(leaves: number) {
    this.#leaves = leaves
  }

  add(receiver: number, leaf: number, amount: number): void {
    this.row(receiver)[leaf]! += amount
  }

  /** By leaf, to add to. */
  row(receiver: number): Float64Array {
    return (this.#rows[receiver] ??= new Float64Array(this.#leaves))
  }

  at(receiver: number, leaf: number): number {
    return this.#rows[receiver]?.[leaf] ?? 0
  }

  /** Over the leaves [from, end). */
  sum(receiver: number, from: number, end: number): number {
    const row = this.#rows[receiver]
    if (row === undefined) return 0
    let sum = 0
    for (let leaf = from; leaf < end; leaf++) sum += row[leaf]!
    return sum
  }
}

export class ExactTable {
  readonly #rows: (ExactSum | undefined)[][] = []

  /** The sum to add to. */
  at(receiver: number, leaf: number): ExactSum {
    const row = (this.#rows[receiver] ??= [])
    return (row[leaf] ??= new ExactSum())
  }

  valueAt(receiver: number, leaf: number): bigint {
    return this.#rows[receiver]?.[leaf]?.value ?? 0n
  }

  /**
   * Rounds everything to whole units: the sums of the leaves cumulatively, each shared out among its receivers by what
   * they are owed, so that whole numbers add up along both ways.
   * @param denominator of the sums
   * @param factor that every sum is taken times
   */
  settle(leaves: number, denominator: bigint, factor = 1n): LeafTable {
    const table = new LeafTable(leaves)
    const receivers = this.#rows.length
    const rounder = new CumulativeRounder(denominator)
    const split = new CarryingSplit(receivers, denominator)
    for (let leaf = 0; leaf < leaves; leaf++) {
      const claims: bigint[] = []
      let sum = 0n
      for (let receiver = 0; receiver < receivers; receiver++) {
        const claim = this.valueAt(receiver, leaf) * factor
        claims.push(claim)
        sum += claim
      }
      if (sum === 0n) continue
      split.next(rounder.next(sum), claims).forEach((part, receiver) => {
        if (part !== 0) table.add(receiver, leaf, part)
      })
    }
    return table
  }
}
