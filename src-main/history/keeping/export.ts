/**
 * Exports: everything that is kept, as CSV or lines of JSON, in pieces of bounded size while the history is written. The
 * columns are what scripts rely on: they keep their names, and new ones are added at the end.
 */
import { type HistoryDb } from '../database/history-db.ts'
import { type ExportColumn, type ExportFormat, formatHeader, formatRow } from './export-format.ts'
import { type ExportKind, type ExportPlace, formatCursor, parseCursor } from './export-kind.ts'
import { EVENTS, FACTS, PAYOUTS, PRICES } from './export-ledger.ts'
import { SHARE_DAYS, SHARE_HOURS } from './export-shares.ts'
import { RIG_DAYS, RIG_HOURS, SAMPLES } from './export-telemetry.ts'

const KINDS = {
  samples: SAMPLES,
  'rig-hours': RIG_HOURS,
  'rig-days': RIG_DAYS,
  'share-hours': SHARE_HOURS,
  'share-days': SHARE_DAYS,
  payouts: PAYOUTS,
  prices: PRICES,
  facts: FACTS,
  events: EVENTS,
} as const satisfies Record<string, ExportKind>

export type ExportKindName = keyof typeof KINDS

export const EXPORT_KINDS = Object.keys(KINDS) as readonly ExportKindName[]

export interface HistoryExportQuery {
  readonly kind: ExportKindName
  readonly format: ExportFormat
  /** Epoch ms, included. Of hours and days, those that begin in the stretch. */
  readonly fromMs: number
  /** Not included. */
  readonly toMs: number
  /** Of the piece before; none for the first. */
  readonly cursor?: string
}

export interface HistoryExportPiece {
  /** CSV begins with a line of names in the first piece. */
  readonly text: string
  readonly rows: number
  /** Of the next piece; null after the last. */
  readonly cursor: string | null
  /** Packed blocks that could not be read and whose rows are left out or have gaps. */
  readonly damaged: number
}

const LIMITS = {
  /** A piece is full at this many characters; the page that fills it is written whole. */
  chars: 500_000,
  /** Pages of a piece at most: a stretch that holds next to nothing does not hold up whoever waits. */
  pages: 200,
  /** Rows read at once. */
  pageRows: 2000,
}

/** What the columns of an export mean. */
export function exportColumns(kind: ExportKindName): readonly ExportColumn[] {
  return KINDS[kind].columns
}

/**
 * One piece. All of a page is of one moment; what is recorded between pieces is in those that come after, and nothing is
 * in two.
 * @param limits for tests
 * @throws HeadframeError `history/bad-cursor`, and what reading the database gives
 */
export async function exportPiece(
  db: HistoryDb,
  query: HistoryExportQuery,
  limits = LIMITS,
): Promise<HistoryExportPiece> {
  const { kind, format, fromMs, toMs, cursor } = query
  const { columns, place: types, read }: ExportKind = KINDS[kind]
  const range = { fromMs: Math.max(0, fromMs), toMs, rows: limits.pageRows }
  let place: ExportPlace = cursor === undefined ? [] : parseCursor(kind, types, cursor)
  let text = cursor === undefined ? formatHeader(columns, format) : ''
  let rows = 0
  let damaged = 0
  if (range.fromMs >= range.toMs) return { text, rows, cursor: null, damaged }
  for (let pages = 0; pages < limits.pages && (pages === 0 || text.length < limits.chars); pages++) {
    const at = place
    const page = await db.snapshot((trx) => read(trx, range, at))
    for (const row of page.rows) text += formatRow(columns, row, format)
    rows += page.rows.length
    damaged += page.damaged
    if (page.next === null) return { text, rows, cursor: null, damaged }
    place = page.next
  }
  return { text, rows, cursor: formatCursor(kind, place), damaged }
}
