/** From the filter a person fills in to the query the core understands. Pure. */
import type { AuditQuery, AuditRecord } from '@contract'

export type AuditSpan = 'hour' | 'day' | 'week' | 'all' | 'custom'

export interface AuditFilter {
  span: AuditSpan
  /** As a date and time field gives them: `2026-11-22T12:00`, local time; empty for open. For `custom` only. */
  from: string
  to: string
  side: 'any' | AuditRecord['side']
  direction: 'any' | AuditRecord['direction']
  kind: 'any' | AuditRecord['kind']
  link: string
  text: string
}

export const NO_FILTER: AuditFilter = {
  span: 'hour',
  from: '',
  to: '',
  side: 'any',
  direction: 'any',
  kind: 'any',
  link: '',
  text: '',
}

const SPANS_MS: Record<Exclude<AuditSpan, 'custom' | 'all'>, number> = {
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
}

function momentOf(field: string): number | undefined {
  const at = field === '' ? Number.NaN : new Date(field).getTime()
  return Number.isFinite(at) && at >= 0 ? at : undefined
}

/** @param now of the core's clock, epoch milliseconds */
export function toQuery(filter: AuditFilter, now: number): Omit<AuditQuery, 'cursor' | 'limit'> {
  const query: Omit<AuditQuery, 'cursor' | 'limit'> = {}
  const { span, side, direction, kind } = filter
  if (span === 'custom') {
    const from = momentOf(filter.from)
    const to = momentOf(filter.to)
    if (from !== undefined) query.from = from
    if (to !== undefined) query.to = to
  } else if (span !== 'all') query.from = Math.max(0, Math.floor(now - SPANS_MS[span]))
  if (side !== 'any') query.side = side
  if (direction !== 'any') query.direction = direction
  if (kind !== 'any') query.kind = kind
  const link = filter.link.trim()
  const text = filter.text.trim()
  if (link !== '') query.link = link
  if (text !== '') query.text = text
  return query
}

/** A name for the file that an export is saved as: `headframe-audit-2026-11-22-120005.csv`. */
export function exportFileName(now: number, format: 'ndjson' | 'csv'): string {
  const pad = (value: number): string => String(value).padStart(2, '0')
  const at = new Date(now)
  const date = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`
  const time = `${pad(at.getHours())}${pad(at.getMinutes())}${pad(at.getSeconds())}`
  return `headframe-audit-${date}-${time}.${format}`
}
