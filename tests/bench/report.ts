/** The tables that a bench prints. Text in, text out. */
import { type BenchGoal } from './family.ts'
import { type FamilyMeasurement, type Judgement, quartilesOf } from './judgement.ts'

/** Rates and values of every candidate: medians with quartiles. */
export function candidateTable(measurement: FamilyMeasurement): string {
  const rows = measurement.candidates.flatMap(({ name, unavailable, values }) => {
    if (unavailable !== null) return [[name, 'not measured', unavailable, '']]
    return Object.entries(values).map(([metric, repetitions]) => {
      const { low, median, high } = quartilesOf(repetitions)
      return [name, metric, formatValue(median), `${formatValue(low)} to ${formatValue(high)}`]
    })
  })
  return table(['candidate', 'metric', 'median', 'quartiles'], rows)
}

/** Goals with their gates. Without verdicts in quick mode. */
export function goalTable(judgements: readonly Judgement[], withVerdict: boolean): string {
  const rows = judgements.map(({ goal, ratio, verdict, reason }) => [
    goal.title,
    ratio ? formatRatio(ratio.median) : 'not measured',
    ratio ? `${formatRatio(ratio.low)} to ${formatRatio(ratio.high)}` : '',
    formatGate(goal),
    goal.stretch === undefined ? '' : formatRatio(goal.stretch),
    ...(withVerdict ? [reason === '' ? verdict : `${verdict}: ${reason}`] : []),
  ])
  const header = ['goal', 'measured', 'quartiles', 'gate', 'stretch', ...(withVerdict ? ['verdict'] : [])]
  return table(header, rows)
}

function formatGate({ gate }: BenchGoal): string {
  if (!gate) return ''
  return 'atLeast' in gate ? `>= ${formatRatio(gate.atLeast)}` : `<= ${formatRatio(gate.atMost)}`
}

function formatRatio(ratio: number): string {
  return ratio >= 10 ? ratio.toFixed(1) : ratio >= 1 ? ratio.toFixed(2) : ratio.toFixed(3)
}

function formatValue(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`
  if (value >= 1e4) return `${(value / 1e3).toFixed(1)} k`
  return value.toPrecision(4)
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
