/**
 * Reading the audit log: pages of records that suit a filter, oldest first, and exports in pieces. Reads files while
 * they are written; a page looks at a bounded part of them, and its cursor goes on from there.
 */
import { join } from 'node:path'
import { HeadframeError } from '../base/index.ts'
import { compareAuditFiles, dayOf, listAuditFiles, parseAuditFileName, readLines } from './audit-files.ts'

export interface AuditFilter {
  /** Epoch milliseconds, both included. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly side?: 'upstream' | 'downstream' | undefined
  /** Id of a link, or its name. */
  readonly link?: string | undefined
  readonly direction?: 'in' | 'out' | undefined
  readonly kind?: 'share' | 'job' | 'session' | 'other' | undefined
  /** Anywhere in the record, any case. */
  readonly text?: string | undefined
}

export interface AuditEntry {
  readonly at: number
  /** Empty for a gap. */
  readonly linkId: string
  readonly side: 'upstream' | 'downstream'
  readonly linkName: string
  readonly direction: 'in' | 'out'
  readonly kind: 'share' | 'job' | 'session' | 'other'
  /** Of the message; `gap` where records are missing. */
  readonly name: string
  /** The message as JSON, or the sentence about a gap. */
  readonly text: string
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[]
  /** Where to go on; null when everything was looked at. A page may be empty and yet have one. */
  readonly nextCursor: string | null
  /** Lines that could not be read: cut by a crash, or not ours. */
  readonly damagedCount: number
}

export interface AuditChunk {
  readonly text: string
  readonly nextCursor: string | null
}

export type AuditFormat = 'ndjson' | 'csv'

/** Bytes a page looks at, at most: what a search for a rare word takes at once. */
const MAX_SCAN_BYTES = 32 * 2 ** 20
const CHUNK_CHARS = 2 ** 20
/** @throws HeadframeError `audit/bad-cursor` */
export async function queryAudit(
  dir: string,
  filter: AuditFilter,
  limit: number,
  cursor?: string,
): Promise<AuditPage> {
  const entries: AuditEntry[] = []
  const scan = await scanAudit(dir, filter, cursor, (entry) => entries.push(entry) < limit)
  return { entries, nextCursor: scan.nextCursor, damagedCount: scan.damagedCount }
}

/**
 * A piece of an export, about a million characters. NDJSON gives the lines as they are stored; CSV begins with a
 * line of names in the first piece.
 * @throws HeadframeError `audit/bad-cursor`
 */
export async function exportAudit(
  dir: string,
  filter: AuditFilter,
  format: AuditFormat,
  cursor?: string,
): Promise<AuditChunk> {
  let text = format === 'csv' && cursor === undefined ? `${CSV_COLUMNS.join(',')}\r\n` : ''
  const { nextCursor } = await scanAudit(dir, filter, cursor, (entry, line) => {
    text += format === 'csv' ? csvLine(entry) : `${line}\n`
    return text.length < CHUNK_CHARS
  })
  return { text, nextCursor }
}

/** @param take returns false when it wants no more */
async function scanAudit(
  dir: string,
  filter: AuditFilter,
  cursor: string | undefined,
  take: (entry: AuditEntry, line: string) => boolean,
): Promise<{ readonly nextCursor: string | null; readonly damagedCount: number }> {
  const start = cursor === undefined ? null : parseCursor(cursor)
  const wanted = filter.text === undefined || filter.text === '' ? null : filter.text.toLowerCase()
  let damagedCount = 0
  let scanned = 0
  for (const file of await listAuditFiles(dir)) {
    const order = start === null ? 1 : compareAuditFiles(file, start.file)
    if (order < 0 || !mayHold(file.day, filter)) continue
    // A file may have gone meanwhile; then the one after it is read from its beginning.
    let offset = order === 0 && start !== null ? start.offset : 0
    for await (const { text: line, nextOffset } of readLines(join(dir, file.name), offset)) {
      scanned += nextOffset - offset
      offset = nextOffset
      const entry = readEntry(line)
      if (entry === null) damagedCount++
      const fits = entry !== null && suits(entry, filter) && (wanted === null || holds(line, wanted))
      const full = fits && !take(entry, line)
      if (full || scanned >= MAX_SCAN_BYTES) {
        return { nextCursor: `${file.name}:${offset}`, damagedCount }
      }
    }
  }
  return { nextCursor: null, damagedCount }
}

function parseCursor(cursor: string) {
  const match = /^(.+):(\d{1,15})$/.exec(cursor)
  const file = match && parseAuditFileName(match[1]!)
  if (!file) {
    throw new HeadframeError(
      'audit/bad-cursor',
      'That place in the audit log does not exist: begin again without a cursor.',
      { context: { field: 'cursor' } },
    )
  }
  return { file, offset: Number(match[2]) }
}

function mayHold(day: string, { from, to }: AuditFilter): boolean {
  return (from === undefined || day >= dayOf(from)) && (to === undefined || day <= dayOf(to))
}

const holds = (line: string, wanted: string): boolean => line.toLowerCase().includes(wanted)

/** A gap suits every filter but time: it says that something may be missing from exactly this selection. */
function suits(entry: AuditEntry, filter: AuditFilter): boolean {
  const { from, to, side, link, direction, kind } = filter
  if (from !== undefined && entry.at < from) return false
  if (to !== undefined && entry.at > to) return false
  if (entry.name === GAP) return true
  if (side !== undefined && entry.side !== side) return false
  if (link !== undefined && entry.linkId !== link && entry.linkName !== link) return false
  if (direction !== undefined && entry.direction !== direction) return false
  return kind === undefined || entry.kind === kind
}

const GAP = 'gap'
const KINDS: ReadonlySet<unknown> = new Set(['share', 'job', 'session', 'other'])

/** A line as a record; null for an empty line, one that was cut, or one that somebody else wrote. */
function readEntry(line: string): AuditEntry | null {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const { at, linkId, side, linkName, direction, kind, name, message } = value as Readonly<
    Record<string, unknown>
  >
  if (typeof at !== 'number' || typeof name !== 'string') return null
  const text = typeof message === 'string' ? message : JSON.stringify(message ?? null)
  if (name === GAP) {
    return { at, linkId: '', side: 'upstream', linkName: '', direction: 'in', kind: 'other', name, text }
  }
  const isOurs =
    typeof linkId === 'string' &&
    typeof linkName === 'string' &&
    (side === 'upstream' || side === 'downstream') &&
    (direction === 'in' || direction === 'out') &&
    KINDS.has(kind)
  return isOurs
    ? { at, linkId, side, linkName, direction, kind: kind as AuditEntry['kind'], name, text }
    : null
}

const CSV_COLUMNS = ['at', 'linkId', 'side', 'linkName', 'direction', 'kind', 'name', 'text'] as const

function csvLine(entry: AuditEntry): string {
  const cells = CSV_COLUMNS.map((column) =>
    column === 'at' ? new Date(entry.at).toISOString() : csvCell(entry[column]),
  )
  return `${cells.join(',')}\r\n`
}

/** Quoted as RFC 4180 has it. A cell that a spreadsheet would run as a formula is made a text. */
function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
