/** The same report with another price, difficulty, tariff, hashrate or power: recomputed from the same inputs, exactly. */
import { minorPerUnit } from '../money/currency.ts'
import { type Tariff } from '../tariff/tariff.ts'
import { formatDay } from '../tariff/days.ts'
import { DAY_MS } from '../tariff/zone-clock.ts'
import { type ReportInputs } from './inputs.ts'
import { type DailyFigures, type EarningsReport, type WhatIfChange, type WhatIfResult } from './output.ts'
import { makeReport } from './report.ts'

const PPM = 1_000_000
const HASHES_PER_DIFFICULTY = 2 ** 32

/**
 * Means of a day of the range, as it was and as it would be. What was reported and received stays as it was, apart from
 * the price. @throws as `makeReport`
 */
export function makeWhatIf(inputs: ReportInputs, change: WhatIfChange): WhatIfResult {
  const base: ReportInputs = { ...inputs, stackBy: [] }
  const changed = applyChange(base, change)
  const scale = { hashratePpm: change.hashratePpm ?? PPM, powerPpm: change.powerPpm ?? PPM }
  const now = makeReport(base)
  const then = makeReport(changed, scale)
  const days = Math.max(1, Math.min(inputs.toMs, inputs.nowMs) - inputs.fromMs) / DAY_MS
  const { totals } = then
  return {
    days,
    now: daily(now, days),
    then: daily(then, days),
    breakEven: then.breakEven,
    assumed: {
      minorPerBtc: then.rows.at(-1)?.minorPerBtc ?? null,
      difficulty: then.formula.length > 0 ? meanDifficulty(then) : (then.rows.at(-1)?.difficulty ?? null),
      microsPerKwh: change.microsPerKwh ?? meanTariff(then),
      hashrateHs: (workOf(then) * HASHES_PER_DIFFICULTY) / (days * (DAY_MS / 1000)),
      powerW: totals.energyWh === null ? null : totals.energyJ / (days * (DAY_MS / 1000)),
    },
  }
}

/** The inputs with the changes that are not a scale. */
function applyChange(inputs: ReportInputs, change: WhatIfChange): ReportInputs {
  const { minorPerBtc, difficulty, microsPerKwh } = change
  const changed = { ...inputs }
  if (minorPerBtc !== undefined) {
    changed.prices = [{ day: Math.floor(inputs.fromMs / DAY_MS), closeMinor: minorPerBtc }]
  }
  if (difficulty !== undefined) changed.facts = inputs.facts.map((fact) => ({ ...fact, difficulty }))
  if (microsPerKwh !== undefined) {
    const flat = (tariff: Tariff): Tariff => ({ ...tariff, rates: { kind: 'flat', microsPerKwh } })
    const none: Tariff = {
      validFrom: formatDay(0),
      name: '',
      standingMicrosPerDay: 0,
      rates: { kind: 'flat', microsPerKwh },
    }
    changed.tariffs = inputs.tariffs.length === 0 ? [none] : inputs.tariffs.map(flat)
  }
  return changed
}

function daily({ totals }: EarningsReport, days: number): DailyFigures {
  const mean = (amount: number | null) => (amount === null ? null : Math.round(amount / days))
  return {
    expectedSats: mean(totals.expectedSats),
    energyWh: mean(totals.energyWh),
    costMinor: mean(totals.costMinor),
    revenueMinor: mean(totals.revenueMinor),
    profitMinor: totals.profitMinor === null ? null : mean(totals.revenueMinor)! - mean(totals.costMinor)!,
  }
}

function workOf({ formula, totals }: EarningsReport): number {
  return formula.length === 0 ? totals.work : formula.reduce((sum, { work }) => sum + work, 0)
}

function meanDifficulty({ formula }: EarningsReport): number | null {
  let work = 0
  let blocks = 0
  const seen = new Set<number>()
  for (const { creditedWork, unvaluedWork, difficulty } of formula) {
    if (difficulty === null) continue
    seen.add(difficulty)
    work += creditedWork - unvaluedWork
    blocks += (creditedWork - unvaluedWork) / difficulty
  }
  if (seen.size === 1) return [...seen][0]!
  return blocks > 0 ? work / blocks : null
}

/** What a kWh cost on average, without standing charges. */
function meanTariff({ totals, currency }: EarningsReport): number | null {
  if (totals.energyCostMinor === null || totals.energyJ === 0) return null
  const units = totals.energyCostMinor / minorPerUnit(currency)
  return Math.round((units * 1_000_000) / (totals.energyJ / 3_600_000))
}
