/**
 * Luck so far: what was found and how near the best share came, against what so much work finds on average. Luck says
 * nothing of what comes next: every hash has the same chance.
 */
import { chanceWords } from './chances.ts'
import { chanceOfAtLeast, chanceOfAtMost } from './poisson.ts'

/** nothing-yet: no work yet. The others compare with what chance gives: see `LUCKY`. */
export type LuckVerdict = 'nothing-yet' | 'unlucky' | 'as-expected' | 'lucky' | 'very-lucky'

/** One in ten does as well by chance (lucky) or as badly (unlucky); one in a hundred as well as very lucky. */
const LUCKY = 0.1
const VERY_LUCKY = 0.01
/** Below so many expected blocks having none says nothing, and the best share tells more. */
const FEW_BLOCKS = 0.5

export interface LuckInputs {
  /** Sum of share difficulty. */
  work: number
  /** Work / difficulty, summed over time; null when no difficulty was known. */
  expectedBlocks: number | null
  blocksFound: number
  /** What the best hash so far would have satisfied; 0 for none. */
  bestDifficulty: number
  /** Of the network now; null when not known. */
  difficulty: number | null
}

export interface Luck {
  /** Median of the best share of so much work: half of all who did it have a better one. */
  likelyBest: number
  /** Chance of a best share at least this good from so much work; null without one. */
  chanceOfBest: number | null
  /** Chance of at least, at most as many blocks as were found; null when no difficulty was known. */
  chanceOfAsMany: number | null
  chanceOfAsFew: number | null
  /** Best share / network difficulty: 1 would have been a block. */
  closeness: number | null
  verdict: LuckVerdict
  /** A sentence or two, in English. */
  words: string
}

export function judgeLuck(inputs: LuckInputs): Luck {
  const { work, expectedBlocks, blocksFound, bestDifficulty, difficulty } = inputs
  const hasBest = bestDifficulty > 0 && work > 0
  const luck = {
    // exp(-work / d) is the chance that no hash reaches d.
    likelyBest: work / Math.LN2,
    chanceOfBest: hasBest ? -Math.expm1(-work / bestDifficulty) : null,
    chanceOfAsMany: expectedBlocks === null ? null : chanceOfAtLeast(blocksFound, expectedBlocks),
    chanceOfAsFew: expectedBlocks === null ? null : chanceOfAtMost(blocksFound, expectedBlocks),
    closeness: difficulty === null ? null : bestDifficulty / difficulty,
  }
  const verdict = verdictOf(inputs, luck)
  return { ...luck, verdict, words: wordsOf(inputs, luck, verdict) }
}

type Chances = Omit<Luck, 'verdict' | 'words'>

function verdictOf({ work, expectedBlocks, blocksFound }: LuckInputs, luck: Chances): LuckVerdict {
  if (work <= 0) return 'nothing-yet'
  const byBlocks = blocksFound > 0 || (expectedBlocks ?? 0) >= FEW_BLOCKS
  if (byBlocks && luck.chanceOfAsMany !== null) return rank(luck.chanceOfAsMany, luck.chanceOfAsFew!)
  return luck.chanceOfBest === null ? 'nothing-yet' : rank(luck.chanceOfBest, 1 - luck.chanceOfBest)
}

function rank(asGood: number, asBad: number): LuckVerdict {
  if (asGood <= VERY_LUCKY) return 'very-lucky'
  if (asGood <= LUCKY) return 'lucky'
  return asBad <= LUCKY ? 'unlucky' : 'as-expected'
}

const VERDICT_WORDS: Readonly<Record<LuckVerdict, string>> = {
  'nothing-yet': 'nothing can be said yet',
  unlucky: 'that is unlucky so far',
  'as-expected': 'that is about what chance gives',
  lucky: 'that is lucky',
  'very-lucky': 'that is very lucky',
}

function wordsOf(inputs: LuckInputs, luck: Chances, verdict: LuckVerdict): string {
  const { expectedBlocks, blocksFound, work } = inputs
  if (work <= 0) return 'No work has been done yet.'
  const sentences: string[] = []
  const found = blocksFound === 0 ? 'No block' : blocksFound === 1 ? '1 block' : `${blocksFound} blocks`
  const byBlocks = blocksFound > 0 || (expectedBlocks ?? 0) >= FEW_BLOCKS
  if (expectedBlocks === null) sentences.push(`${found} found so far.`)
  else {
    const expected = Number(expectedBlocks.toPrecision(2))
    const average = `so much work finds ${expected} on average`
    sentences.push(`${found} found; ${average}${byBlocks ? `: ${VERDICT_WORDS[verdict]}` : ''}.`)
  }
  if (luck.chanceOfBest !== null) {
    const near =
      luck.closeness === null || luck.closeness >= 1
        ? ''
        : `${chanceWords(luck.closeness)} of what a block needs; `
    const chance =
      luck.chanceOfBest > 0.9995
        ? 'nearly all who did so much work have one as good'
        : `${chanceWords(luck.chanceOfBest)} of all who did so much work have one as good`
    const judged = byBlocks ? '' : `: ${VERDICT_WORDS[verdict]}`
    sentences.push(`The best share so far: ${near}${chance}${judged}.`)
  }
  return sentences.join(' ')
}
