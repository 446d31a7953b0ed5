/** Reports of earnings as the contract shows them. */
import {
  type EarningsFigures,
  type EarningsFormula,
  type EarningsReport,
  type WhatIf,
} from '../../../src-preload/contract/index.ts'
import {
  type EarningsReport as Report,
  type Figures,
  type PoolFormula,
  type WhatIfResult,
} from '../../earnings/index.ts'

export function reportView(report: Report): EarningsReport {
  const { totals } = report
  return {
    from: report.fromMs,
    to: report.toMs,
    bucket: report.bucket,
    timeZone: report.timeZone,
    currency: report.currency,
    minorDigits: report.minorDigits,
    profitFrom: report.profitFrom,
    rows: report.rows.map((row) => ({
      ...figuresView(row),
      at: row.atMs,
      until: row.untilMs,
      minorPerBtc: row.minorPerBtc,
      difficulty: row.difficulty,
      coverageRatio: clampRatio(row.coverageRatio),
      marks: [...row.marks],
    })),
    totals: { ...figuresView(totals), coverageRatio: clampRatio(totals.coverageRatio) },
    pools: report.pools
      .filter((pool) => pool.poolId !== null || isSomething(pool))
      .map((pool) => {
        const { expectedSats, soloExpectedSats, reportedSats, receivedSats, work } = pool
        const figures = { expectedSats, soloExpectedSats, reportedSats, receivedSats, work }
        return { ...figures, id: pool.poolId ?? '', name: pool.name, scheme: pool.scheme }
      }),
    rigs: report.rigs
      .filter((rig) => rig.rigId !== null || isSomething(rig))
      .map((rig) => ({
        ...costsView(rig),
        id: rig.rigId ?? '',
        name: rig.name,
        present: rig.present,
        powerSource: rig.powerSource,
        coverageRatio: clampRatio(rig.coverageRatio),
      })),
    groups: report.groups.map((group) => ({
      ...costsView(group),
      id: group.groupId ?? '',
      name: group.name,
    })),
    formula: report.formula.map(formulaView),
    breakEven: { ...report.breakEven },
    notes: [...report.notes],
  }
}

/** Whether a line has anything to say: what belongs to no pool or rig is often nothing. */
function isSomething(figures: Figures): boolean {
  const { expectedSats, soloExpectedSats, reportedSats, receivedSats, work, energyWh, costMinor } = figures
  return [expectedSats, soloExpectedSats, reportedSats, receivedSats, work, energyWh, costMinor].some(
    (figure) => figure !== null && figure !== 0,
  )
}

export function whatIfView({ days, now, then, breakEven, assumed }: WhatIfResult): WhatIf {
  return { days, now: { ...now }, then: { ...then }, breakEven: { ...breakEven }, assumed: { ...assumed } }
}

function figuresView(figures: Figures): EarningsFigures {
  const { reportedSats, receivedSats } = figures
  return { ...costsView(figures), reportedSats, receivedSats }
}

function costsView(figures: Figures): Omit<EarningsFigures, 'reportedSats' | 'receivedSats'> {
  const { expectedSats, soloExpectedSats, work, energyWh, costMinor, revenueMinor, profitMinor } = figures
  return { expectedSats, soloExpectedSats, work, energyWh, costMinor, revenueMinor, profitMinor }
}

function formulaView(formula: PoolFormula): EarningsFormula {
  const { poolId, poolName, scheme, assumed, feePpm } = formula
  const { work, creditedWork, difficulty, subsidySats, feesSats, expectedSats } = formula
  const terms = { poolId, poolName, scheme, assumed, feePpm }
  return { ...terms, work, creditedWork, difficulty, subsidySats, feesSats, expectedSats }
}

/** Rounding can make a hair more than all of it. */
const clampRatio = (ratio: number): number => Math.min(1, Math.max(0, ratio))
