/**
 * What work is worth on average: credited work / network difficulty x reward of a block x what the pool leaves. Work is
 * a float, as it is stored; each slot's worth is rounded to a millionth of a sat and everything after that is exact.
 */
import { ExactSum } from '../money/exact-sum.ts'
import { MICROS_PER_SAT, type Sats } from '../money/amounts.ts'

const PPM = 1_000_000
const BLOCK_MS = 600_000
/**
 * Nobody finds blocks a hundred times as often as the whole network does: the difficulty is that of a test network or
 * mistaken, and what it makes of the work is no money.
 */
const MOST_TIMES_THE_NETWORK = 100

/** Whether a slot's work can be real at a difficulty. */
export function isPlausible(workDifficulty: number, difficulty: number, slotMs: number): boolean {
  return workDifficulty <= mostWork(difficulty, slotMs)
}

/** The most work that a slot can have at a difficulty. */
export function mostWork(difficulty: number, slotMs: number): number {
  return difficulty * ((MOST_TIMES_THE_NETWORK * slotMs) / BLOCK_MS)
}

/**
 * Millionths of a sat that work is worth on average, a whole number.
 * @param rewardSats of a block, with fees where the scheme pays them
 * @param feePpm what the pool keeps, millionths
 */
export function expectedMicroSats(
  credited: number,
  difficulty: number,
  rewardSats: Sats,
  feePpm: number,
): number {
  return Math.round((credited / difficulty) * (rewardSats * (PPM - feePpm)))
}

/** The formula with its numbers: their product is the result, up to rounding. Means are weighed by expected blocks. */
export interface Formula {
  /** Sum of share difficulty. */
  work: number
  /** Without what the pool refused or never answered. */
  creditedWork: number
  /** Part of `creditedWork` that has no facts to be valued with. */
  unvaluedWork: number
  /** null before any work was valued, as the rest. */
  difficulty: number | null
  subsidySats: Sats | null
  /** Mean of a block; 0 where the scheme pays none. */
  feesSats: Sats | null
  /** Part that the pool leaves: 0.98. */
  keptRatio: number
  /** Difficulty, subsidy or fees changed meanwhile, so that those above are means. */
  varied: boolean
  /** Rounded from the exact sum, not from the means above. */
  expectedSats: Sats | null
  /** `1.2e9 work / 1.45e14 difficulty x (312,500,000 + 4,200,000 sats) x 98 %`; empty before any work was valued. */
  words: string
}

/** Adds up a pool's slots to its formula. */
export class FormulaSum {
  readonly #feePpm: number
  readonly #micros = new ExactSum()
  #work = 0
  #credited = 0
  #unvalued = 0
  #blocks = 0
  #subsidy = 0
  #fees = 0
  #seen: { difficulty: number; subsidySats: Sats; feesSats: Sats } | null = null
  #varied = false

  constructor(feePpm: number) {
    this.#feePpm = feePpm
  }

  addUnvalued(work: number, credited: number): void {
    this.#work += work
    this.#credited += credited
    this.#unvalued += credited
  }

  /** @param microSats what `expectedMicroSats` made of it */
  add(
    work: number,
    credited: number,
    difficulty: number,
    subsidySats: Sats,
    feesSats: Sats,
    microSats: number,
  ): void {
    const blocks = credited / difficulty
    this.#work += work
    this.#credited += credited
    this.#blocks += blocks
    this.#subsidy += blocks * subsidySats
    this.#fees += blocks * feesSats
    this.#micros.add(microSats)
    if (this.#seen === null) this.#seen = { difficulty, subsidySats, feesSats }
    const { difficulty: d, subsidySats: s, feesSats: f } = this.#seen
    this.#varied ||= d !== difficulty || s !== subsidySats || f !== feesSats
  }

  /** Expected blocks, whoever is paid for them. */
  get blocks(): number {
    return this.#blocks
  }

  result(): Formula {
    const keptRatio = (PPM - this.#feePpm) / PPM
    const valued = this.#credited - this.#unvalued
    const sums = { work: this.#work, creditedWork: this.#credited, unvaluedWork: this.#unvalued, keptRatio }
    if (this.#blocks === 0) {
      const known = this.#seen
      return {
        ...sums,
        difficulty: known?.difficulty ?? null,
        subsidySats: known?.subsidySats ?? null,
        feesSats: known?.feesSats ?? null,
        varied: false,
        expectedSats: known === null ? null : 0,
        words: '',
      }
    }
    // The mean of one value, without what dividing and multiplying loses of it.
    const difficulty = this.#varied ? valued / this.#blocks : this.#seen!.difficulty
    const subsidySats = Math.round(this.#subsidy / this.#blocks)
    const feesSats = Math.round(this.#fees / this.#blocks)
    const reward = `${grouped(subsidySats)}${feesSats === 0 ? '' : ` + ${grouped(feesSats)}`}`
    return {
      ...sums,
      difficulty,
      subsidySats,
      feesSats,
      varied: this.#varied,
      expectedSats: Math.round(Number(this.#micros.value) / MICROS_PER_SAT),
      words: `${scientific(valued)} work / ${scientific(difficulty)} difficulty x (${reward} sats) x ${percent(keptRatio)} %`,
    }
  }
}

function grouped(whole: number): string {
  return whole.toLocaleString('en-US')
}

/** `1.2e9`, at most four digits; small numbers as they are. */
function scientific(value: number): string {
  if (value >= 0.01 && value < 10_000) return String(Number(value.toPrecision(4)))
  return value
    .toExponential(3)
    .replace(/\.?0+e/, 'e')
    .replace('e+', 'e')
}

function percent(ratio: number): string {
  return String(Number((ratio * 100).toFixed(4)))
}
