/** What a kind of export is made of, and where a piece of it ends. */
import { HeadframeError } from '../../base/index.ts'
import { type HistoryTransaction } from '../database/history-db.ts'
import { type ExportColumn, type ExportRow } from './export-format.ts'

/** Of the last row written, by what rows are ordered by; empty before the first. */
export type ExportPlace = readonly (number | string)[]

export interface ExportRange {
  /** Included. */
  readonly fromMs: number
  /** Not included. */
  readonly toMs: number
  /** Rows of a page; a page of samples or of hours may have some more. */
  readonly rows: number
}

export interface ExportPage {
  readonly rows: readonly ExportRow[]
  /** Where the next page begins; null after the last. A page may be empty and yet have one. */
  readonly next: ExportPlace | null
  /** Packed blocks that could not be read; their rows are left out. */
  readonly damaged: number
}

export interface ExportKind {
  readonly columns: readonly ExportColumn[]
  /** Types of the place: what a cursor has to hold. */
  readonly place: readonly ('number' | 'string')[]
  /** Reads a bounded number of rows. All of a page is of one moment. */
  read(trx: HistoryTransaction, range: ExportRange, place: ExportPlace): Promise<ExportPage>
}

export const TIME_COLUMNS: readonly ExportColumn[] = [
  { name: 'time', what: 'Moment in UTC, ISO 8601.' },
  { name: 'time_ms', what: 'The same moment, milliseconds since 1970-01-01 UTC.' },
]

export const DAY_COLUMNS: readonly ExportColumn[] = [
  { name: 'day', what: 'Day in UTC, ISO 8601.' },
  { name: 'time_ms', what: 'Start of the day, milliseconds since 1970-01-01 UTC.' },
]

/** A place as text that says what it is for; opaque to everybody else. */
export function formatCursor(kind: string, place: ExportPlace): string {
  return `${kind}.${Buffer.from(JSON.stringify(place)).toString('base64url')}`
}

/** @throws HeadframeError `history/bad-cursor` for a text that `formatCursor` did not make for this kind */
export function parseCursor(kind: string, types: ExportKind['place'], cursor: string): ExportPlace {
  const [name, text = ''] = cursor.split('.', 2)
  let place: unknown
  try {
    place = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    place = undefined
  }
  const fits =
    name === kind &&
    Array.isArray(place) &&
    place.length === types.length &&
    place.every((value, index) => typeof value === types[index])
  if (fits) return place as ExportPlace
  throw new HeadframeError(
    'history/bad-cursor',
    'That place in the export does not exist: begin again without a cursor.',
    { context: { field: 'cursor' } },
  )
}

/** A page of rows from a table: the last row's place if there may be more. */
export function pageOf<Row>(
  rows: readonly Row[],
  { rows: limit }: ExportRange,
  toRow: (row: Row) => ExportRow,
  placeOf: (row: Row) => ExportPlace,
): ExportPage {
  const last = rows.at(-1)
  return {
    rows: rows.map(toRow),
    next: rows.length < limit || last === undefined ? null : placeOf(last),
    damaged: 0,
  }
}
