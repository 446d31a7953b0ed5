/** The rows of a report: one for each bucket, with what may be wrong with it. */
import { type FactLine } from '../expected/fact-line.ts'
import { formatDay } from '../tariff/days.ts'
import { type Grid } from './grid.ts'
import { type ReportInputs } from './inputs.ts'
import { type Ledger, type Span } from './ledger.ts'
import { type Figures, type ReportMark, type ReportRow } from './output.ts'

/** Less is worth a mark: a restart of a minute is not. */
const LEAST_COVERAGE = 0.99

/** @param rigs that count, by index */
export function makeRows(
  inputs: ReportInputs,
  ledger: Ledger,
  grid: Grid,
  rigs: readonly number[],
  facts: FactLine,
): ReportRow[] {
  return grid.rows.map((row): ReportRow => {
    const span: Span = { from: row.firstLeaf, end: row.endLeaf }
    const figures = ledger.figures(span, ledger.cells, ledger.pools)
    const price = ledger.income.prices[row.endLeaf - 1] ?? null
    const coverage = {
      coverageRatio: coverageOf(ledger, grid, span),
      powerCoverageRatio: ledger.powerCoverage(span, rigs),
    }
    return {
      atMs: row.fromMs,
      untilMs: row.toMs,
      date: formatDay(grid.leaves[row.firstLeaf]!.day),
      ...figures,
      minorPerBtc: price?.minorPerBtc ?? null,
      priceDate: price === null ? null : formatDay(price.day),
      difficulty: difficultyOf(ledger, grid, span, facts.difficulty),
      ...coverage,
      marks: marksOf(inputs, ledger, grid, span, figures, coverage, rigs, row.toMs),
    }
  })
}

/** Part of the time, as far as it has passed, in which Headframe was there to count. */
export function coverageOf(ledger: Ledger, grid: Grid, span: Span): number {
  const presentMs = ledger.presentMs(span)
  if (presentMs === null) return 1
  let elapsedMs = 0
  for (let leaf = span.from; leaf < span.end; leaf++) {
    const { fromMs, toMs } = grid.leaves[leaf]!
    elapsedMs += Math.max(0, Math.min(toMs, grid.endMs) - fromMs)
  }
  return elapsedMs === 0 ? 0 : Math.min(1, presentMs / elapsedMs)
}

function difficultyOf({ work }: Ledger, grid: Grid, span: Span, bySlot: Float64Array): number | null {
  let done = 0
  let blocks = 0
  for (let leaf = span.from; leaf < span.end; leaf++) {
    done += work.work[leaf]!
    blocks += work.blocks[leaf]!
  }
  if (blocks > 0) return done / blocks
  const { slots } = grid
  const endMs = Math.min(grid.leaves[span.end - 1]!.toMs, grid.endMs)
  const slot = Math.min(slots.count, Math.ceil((endMs - slots.firstMs) / slots.slotMs)) - 1
  const inForce = bySlot[Math.max(0, slot)]!
  return Number.isNaN(inForce) ? null : inForce
}

function marksOf(
  inputs: ReportInputs,
  ledger: Ledger,
  grid: Grid,
  span: Span,
  figures: Figures,
  coverage: { coverageRatio: number; powerCoverageRatio: number },
  rigs: readonly number[],
  untilMs: number,
): ReportMark[] {
  const { work, income, energy } = ledger
  const any = (test: (leaf: number) => boolean) => {
    for (let leaf = span.from; leaf < span.end; leaf++) if (test(leaf)) return true
    return false
  }
  const sum = (table: typeof energy.coveredMs) =>
    rigs.reduce((ms, rig) => ms + table.sum(rig, span.from, span.end), 0)
  const coveredMs = sum(energy.coveredMs)
  const earned = (leaf: number) => income.basisSats[leaf] !== 0
  const marks: [ReportMark, boolean][] = [
    ['running', untilMs > inputs.nowMs],
    ['no-facts', any((leaf) => work.isMissing[leaf] === 1)],
    ['later-facts', any((leaf) => work.isLater[leaf] === 1)],
    ['no-price', any((leaf) => earned(leaf) && income.prices[leaf] === null)],
    [
      'old-price',
      any(
        (leaf) =>
          earned(leaf) && (income.prices[leaf]?.day ?? grid.leaves[leaf]!.day) !== grid.leaves[leaf]!.day,
      ),
    ],
    ['no-tariff', coveredMs > 0 && sum(energy.pricedMs) < coveredMs],
    ['no-power', figures.energyWh === null && sum(energy.elapsedMs) > 0],
    [
      'partly-covered',
      coverage.coverageRatio < LEAST_COVERAGE ||
        (coveredMs > 0 && coverage.powerCoverageRatio < LEAST_COVERAGE),
    ],
  ]
  return marks.filter(([, is]) => is).map(([mark]) => mark)
}
