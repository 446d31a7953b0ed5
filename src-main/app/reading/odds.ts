/** Chances of a block of one's own, and luck so far, from all the work that was ever recorded. Reads only. */
import { type SoloOdds } from '../../../src-preload/contract/index.ts'
import { expectedBlocksSoFar, judgeLuck, soloChances, soloWords } from '../../earnings/index.ts'
import { type HistoryQueries } from '../../history/index.ts'
import { workSeries } from './report-inputs.ts'

export type OddsReading = SoloOdds

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

export async function readOdds({ shares, ledger }: HistoryQueries, nowMs: number): Promise<OddsReading> {
  const cells = await shares.workCells({ fromMs: 0, toMs: nowMs, stepMs: DAY_MS })
  const facts = await ledger.factsBetween(0, nowMs + 1)
  const { work, expectedBlocks, unvaluedWork } = expectedBlocksSoFar(workSeries(cells), facts, DAY_MS)
  const best = await shares.bestDifficulty()
  const blocksFound = await shares.blockCount()
  const fact = facts.at(-1)
  const difficulty = fact?.difficulty ?? null
  const hashrateHs = await recentHashrate(shares, nowMs)
  const chances = difficulty === null ? null : soloChances(hashrateHs, difficulty)
  const known = work > unvaluedWork ? expectedBlocks : null
  const bestDifficulty = best?.difficulty ?? 0
  const luck = judgeLuck({ work, expectedBlocks: known, blocksFound, bestDifficulty, difficulty })
  return {
    difficulty,
    hashrateHs,
    chanceDay: chances?.day ?? null,
    chanceMonth: chances?.month ?? null,
    chanceYear: chances?.year ?? null,
    expectedMs: chances?.expectedMs ?? null,
    rewardSats: fact === undefined ? null : fact.subsidySats + (fact.feesSats ?? 0),
    soFar: {
      since: cells[0]?.atMs ?? null,
      work,
      expectedBlocks: known,
      blocksFound,
      bestDifficulty,
      likelyBest: luck.likelyBest,
      chanceOfBest: luck.chanceOfBest,
      closeness: luck.closeness,
      verdict: luck.verdict,
      words: luck.words,
    },
    words:
      chances === null
        ? 'The difficulty of the network is not known yet, so the odds are not either.'
        : soloWords(chances),
  }
}

/** Over the last hour that was recorded; 0 without any work in it. */
async function recentHashrate(shares: HistoryQueries['shares'], nowMs: number): Promise<number> {
  const { points } = await shares.series({
    metric: 'hashrate',
    fromMs: nowMs - HOUR_MS,
    toMs: nowMs,
    points: 60,
  })
  const rates = points.map(({ value }) => value).filter((value) => value !== null)
  return rates.length === 0 ? 0 : rates.reduce((sum, rate) => sum + rate, 0) / rates.length
}
