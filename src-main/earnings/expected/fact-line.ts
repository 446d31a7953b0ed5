/**
 * Difficulty, subsidy and fees in force at each slot of a stretch. A slot takes the last value known by its end; before
 * the first known value the first one, marked; where none was ever known it has none. Nothing is interpolated.
 */
import { type NetworkFact } from '../report/inputs.ts'
import { subsidyAtHeight } from './subsidy.ts'

/** Above any block reward: 1,000 BTC. A fact beyond it is a mistake and is passed over. */
const MOST_SATS = 100_000_000_000

export interface FactLine {
  /** By slot; NaN where none is known. */
  readonly difficulty: Float64Array
  /** Sats by slot; NaN where none is known. */
  readonly subsidySats: Float64Array
  /** Mean of a block, sats, by slot; NaN where none is known. */
  readonly feesSats: Float64Array
  /** By slot: 1 where difficulty, subsidy or fees were first known later. */
  readonly isLater: Uint8Array
  /** When the last difficulty came; null without any. */
  readonly lastMs: number | null
}

/**
 * @param facts in any order; values that cannot be (a difficulty not above 0, negative sats) are passed over
 * @param firstMs start of the first slot
 */
export function layFacts(
  facts: readonly NetworkFact[],
  firstMs: number,
  slotMs: number,
  slots: number,
): FactLine {
  const sorted = facts.toSorted((a, b) => a.atMs - b.atMs)
  const isLater = new Uint8Array(slots)
  const lay = (value: (fact: NetworkFact) => number | null): Float64Array => {
    const line = new Float64Array(slots).fill(Number.NaN)
    const known = sorted.filter((fact) => value(fact) !== null)
    if (known.length === 0) return line
    let next = 0
    for (let slot = 0; slot < slots; slot++) {
      while (next < known.length && known[next]!.atMs < firstMs + (slot + 1) * slotMs) next++
      if (next === 0) isLater[slot] = 1
      line[slot] = value(known[Math.max(0, next - 1)]!)!
    }
    return line
  }
  return {
    difficulty: lay(difficultyOf),
    subsidySats: lay(subsidyOf),
    feesSats: lay(({ feesSats }) => (isAmount(feesSats) ? feesSats : null)),
    isLater,
    lastMs: sorted.findLast((fact) => difficultyOf(fact) !== null)?.atMs ?? null,
  }
}

function difficultyOf({ difficulty }: NetworkFact): number | null {
  return difficulty !== null && Number.isFinite(difficulty) && difficulty > 0 ? difficulty : null
}

function subsidyOf({ subsidySats, height }: NetworkFact): number | null {
  if (isAmount(subsidySats)) return subsidySats
  return height !== null && Number.isSafeInteger(height) && height >= 0 ? subsidyAtHeight(height) : null
}

function isAmount(sats: number | null): sats is number {
  return sats !== null && Number.isSafeInteger(sats) && sats >= 0 && sats <= MOST_SATS
}
