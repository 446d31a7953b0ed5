/** What the explorer shows as CSV: a row for each bucket, a column for each line, times in UTC. Pure. */
import type { ExploreQuery, ExploreSeries } from '@contract'
import { metricWords } from '../../format/metrics.ts'
import type { ExploredAnswer } from '../../ui/chart/explored-chart.ts'

/** A cell that a spreadsheet takes for text, never for a formula. */
export function csvCell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

function columnName(series: ExploreSeries, line: ExploreQuery['lines'][number] | undefined): string {
  const offset = line?.offsetMs ?? 0
  const whose = series.rig === null ? 'all' : series.name
  const earlier = offset === 0 ? '' : ` ${offset / 1000} s earlier`
  return `${metricWords(series.metric).title} (${series.unit}) ${whose}${earlier}`
}

export function exploredCsv({ result, lines }: ExploredAnswer): string {
  const columns: { name: string; values: readonly (number | null)[] }[] = []
  for (const series of result.series) {
    const name = columnName(series, lines[series.line])
    columns.push({ name, values: series.mean })
    if (series.min !== null) columns.push({ name: `${name} lowest`, values: series.min })
    if (series.max !== null) columns.push({ name: `${name} highest`, values: series.max })
    if (series.rigCount !== null) columns.push({ name: `${name} rigs`, values: series.rigCount })
  }
  const rows = [
    ['time', 'bucket_s', ...columns.map(({ name }) => name)],
    ...result.at.map((at, index) => [
      new Date(at).toISOString(),
      result.bucketMs / 1000,
      ...columns.map(({ values }) => values[index] ?? null),
    ]),
  ]
  return rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('')
}

/** `headframe-history-2026-11-22-120005.csv`, by the reader's clock. */
export function csvFileName(now: number, subject = 'history'): string {
  const at = new Date(now)
  const pad = (value: number): string => String(value).padStart(2, '0')
  const date = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`
  return `headframe-${subject}-${date}-${pad(at.getHours())}${pad(at.getMinutes())}${pad(at.getSeconds())}.csv`
}
