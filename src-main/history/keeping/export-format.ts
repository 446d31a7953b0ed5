/**
 * Rows as text: CSV (RFC 4180: CRLF, quotes doubled) with a line of names, or lines of JSON. Pure. A moment takes two
 * columns, ISO 8601 in UTC for people and epoch milliseconds for programs. A text that a spreadsheet would run as a
 * formula is made a text in CSV; JSON has it as it is.
 */
export type ExportFormat = 'csv' | 'jsonl'

export type ExportValue = string | number | null

export interface ExportColumn {
  /** Stable: what scripts rely on. Carries the unit. */
  readonly name: string
  /** A sentence for the documentation. */
  readonly what: string
}

export type ExportRow = readonly ExportValue[]

export function formatHeader(columns: readonly ExportColumn[], format: ExportFormat): string {
  return format === 'csv' ? `${columns.map(({ name }) => csvCell(name)).join(',')}\r\n` : ''
}

/** @param row a value for each column, in their order */
export function formatRow(columns: readonly ExportColumn[], row: ExportRow, format: ExportFormat): string {
  if (format === 'csv') return `${row.map(csvCell).join(',')}\r\n`
  return `${JSON.stringify(Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null])))}\n`
}

/** Empty for null. */
export function csvCell(value: ExportValue): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const safe = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** `2026-11-22T07:47:10.000Z` */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}

/** `2026-11-22`, from days since the epoch. */
export function isoDay(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10)
}
