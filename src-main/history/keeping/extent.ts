/**
 * How far a history file reaches and how much is in it, so that what a copy lacks can be said in words. Reads files of
 * every version since 1, also ones that are damaged in places.
 */
import { statSync } from 'node:fs'
import Database from 'better-sqlite3'

export interface Extent {
  /** When it was last recorded, epoch ms; null when nothing was, or it cannot be told. */
  readonly toMs: number | null
  /** Shares offered by rigs over all time; null when it cannot be told. */
  readonly shares: number | null
}

const UNKNOWN: Extent = { toMs: null, shares: null }

export function readExtent(path: string): Extent {
  let db: Database.Database
  try {
    db = new Database(path, { readonly: true, fileMustExist: true, timeout: 1000 })
  } catch {
    return UNKNOWN
  }
  const read = (sql: string): number | null => {
    try {
      const value: unknown = db.prepare(sql).pluck().get()
      return typeof value === 'number' ? value : null
    } catch {
      // Damaged there, or of a version that has no such table.
      return null
    }
  }
  try {
    const moments = [
      read('SELECT MAX(last_batch_at_ms) FROM sessions WHERE last_sequence > 0'),
      read('SELECT MAX(at_ms) FROM samples'),
    ].filter((moment) => moment !== null)
    return {
      toMs: moments.length === 0 ? null : Math.max(...moments),
      shares: read('SELECT COALESCE(SUM(submitted), 0) FROM share_totals'),
    }
  } finally {
    db.close()
  }
}

/** When a file or its write-ahead log was last written; null when there is none. */
export function lastWritten(path: string): number | null {
  const moments = [path, `${path}-wal`].flatMap(
    (part) => statSync(part, { throwIfNoEntry: false })?.mtimeMs ?? [],
  )
  return moments.length === 0 ? null : Math.round(Math.max(...moments))
}

export interface Loss {
  /** The stretch of time that is not in what was put in place; null when nothing is missing, or it cannot be told. */
  readonly fromMs: number | null
  readonly toMs: number | null
  /** Shares offered in it; null when they cannot be counted. */
  readonly shares: number | null
  /** A sentence or two. */
  readonly words: string
}

/**
 * What is lost when a file that reached to `before` gives way to one that reaches to `after`.
 * @param before of the file that goes
 * @param untilMs when that one was last written, for one that cannot be read
 */
export function lossBetween(before: Extent, after: Extent, untilMs: number | null): Loss {
  const toMs = before.toMs ?? untilMs
  const fewer = before.shares === null || after.shares === null ? null : before.shares - after.shares
  if (toMs === null) {
    return {
      fromMs: after.toMs,
      toMs: null,
      shares: null,
      words: `What was recorded after ${timeText(after.toMs)} is not in it; how much that was cannot be told.`,
    }
  }
  if (after.toMs !== null && toMs <= after.toMs && (fewer ?? 0) <= 0) {
    return { fromMs: null, toMs: null, shares: 0, words: 'Nothing that was recorded is missing in it.' }
  }
  const shares = fewer === null ? null : Math.max(0, fewer)
  const what =
    shares === null
      ? 'the shares of that time cannot be counted'
      : shares === 1
        ? '1 share of that time'
        : `${shares.toLocaleString('en-US')} shares of that time`
  const stretch =
    after.toMs === null
      ? `Everything up to ${timeText(toMs)}`
      : `What was recorded from ${timeText(Math.min(after.toMs, toMs))} to ${timeText(toMs)}`
  return {
    fromMs: after.toMs === null ? null : Math.min(after.toMs, toMs),
    toMs,
    shares,
    words: `${stretch} is not in it: ${what}, and what rigs and meters said of themselves.`,
  }
}

/** `2026-11-22 07:47 UTC` */
export function timeText(ms: number | null): string {
  return ms === null ? 'its beginning' : `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
