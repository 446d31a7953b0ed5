/**
 * What the history takes on the disk, by what is in it, and what a year adds. Reads every page of it once: to be asked
 * now and then (an hour apart is plenty), over a connection that is not the writer's.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { sql } from 'kysely'
import { type HistoryDb, type HistoryQueryable } from '../database/history-db.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../database/schema.ts'
import { type HistoryTables } from '../database/tables.ts'
import { FIVE_MINUTES, HOURS, RAW_SPAN } from '../telemetry/slots.ts'
import { fileBytes } from './disk-room.ts'

/** raw: every sample. five-minutes, hours, days: roll-ups of them. money: the ledger. other: names, sessions, blocks found. */
export type SizePart = 'raw' | 'five-minutes' | 'hours' | 'days' | 'shares' | 'money' | 'other'

export interface PartSize {
  readonly part: SizePart
  readonly bytes: number
  /** Oldest moment it holds; null for what is empty or has no moments. */
  readonly fromMs: number | null
}

export interface HistorySize {
  /** Files on the disk, the write-ahead log too; of PostgreSQL, the tables of the site with their indexes. */
  readonly totalBytes: number
  /** Of them, pages that hold nothing and are used again before the file grows; 0 for PostgreSQL. */
  readonly freeBytes: number
  /** Every part once, in the order of `SizePart`; free pages and the log are in none. */
  readonly parts: readonly PartSize[]
  /** Days that samples are held for, at most those since the first. */
  readonly rawDaysHeld: number
  /** What a year adds at the rate of the last days; null before a whole day was recorded. */
  readonly yearForecastBytes: number | null
}

type TableName = keyof HistoryTables & string

/** Which part a table belongs to; blocks of series are parted by their span. */
const PART_OF: Record<Exclude<TableName, 'series_blocks'>, SizePart> = {
  samples: 'raw',
  series_days: 'days',
  series_sources: 'other',
  share_totals: 'shares',
  share_minutes: 'shares',
  share_hours: 'shares',
  share_days: 'shares',
  share_blocks: 'shares',
  covered_minutes: 'shares',
  covered_hours: 'shares',
  rejections: 'shares',
  reject_reasons: 'shares',
  network_facts: 'money',
  prices: 'money',
  payouts: 'money',
  account_states: 'money',
  account_days: 'money',
  farm_events: 'other',
  sessions: 'other',
  rigs: 'other',
  pools: 'other',
  blocks: 'other',
  pool_events: 'other',
}

const PARTS: readonly SizePart[] = ['raw', 'five-minutes', 'hours', 'days', 'shares', 'money', 'other']
const SPAN_PART = new Map<number, SizePart>([
  [RAW_SPAN, 'raw'],
  [FIVE_MINUTES.id, 'five-minutes'],
  [HOURS.id, 'hours'],
])
/** The rate is that of whole days, as many as these. */
const RATE_DAYS = 7

/**
 * @param nowMs ends the stretch that the rate is taken from
 * @param rawDays how long samples are kept: they grow until then
 */
export async function measureHistory(db: HistoryDb, nowMs: number, rawDays: number): Promise<HistorySize> {
  const bytes = await tableBytes(db)
  const spans = await db.read((queries) => spansOf(queries, nowMs))
  const inBlocks = [...spans.values()].reduce((sum, span) => sum + span.bytes, 0)
  const blocksBytes = bytes.get('series_blocks') ?? 0
  const sizes = new Map<SizePart, number>(PARTS.map((part) => [part, 0]))
  const add = (part: SizePart, more: number): void => void sizes.set(part, sizes.get(part)! + more)
  for (const [table, part] of Object.entries(PART_OF)) add(part, bytes.get(table) ?? 0)
  for (const [span, part] of SPAN_PART) {
    // Pages are shared by the spans; each takes what its blocks take of all.
    const share = inBlocks === 0 ? 0 : (spans.get(span)?.bytes ?? 0) / inBlocks
    add(part, Math.round(blocksBytes * share))
  }
  await nextTurn()
  const oldest = await db.read(oldestOf)
  const rawFromMs = least([spans.get(RAW_SPAN)?.fromMs ?? null, oldest.samples])
  const from: Record<SizePart, number | null> = {
    raw: rawFromMs,
    'five-minutes': spans.get(FIVE_MINUTES.id)?.fromMs ?? null,
    hours: spans.get(HOURS.id)?.fromMs ?? null,
    days: oldest.days,
    shares: oldest.shares,
    money: oldest.money,
    other: oldest.other,
  }
  const parts = PARTS.map((part) => ({ part, bytes: sizes.get(part)!, fromMs: from[part] }))
  const rawDaysHeld = rawFromMs === null ? 0 : Math.max(0, (nowMs - rawFromMs) / DAY_MS)
  const { totalBytes, freeBytes } = await fileSize(db, bytes)
  const density = inBlocks === 0 ? 1 : blocksBytes / inBlocks
  const yearForecastBytes = await forecast(db, parts, spans, density, oldest, { nowMs, rawDays, rawDaysHeld })
  return { totalBytes, freeBytes, parts, rawDaysHeld, yearForecastBytes }
}

/** Bytes of each table with its indexes. */
async function tableBytes(db: HistoryDb): Promise<Map<string, number>> {
  const tables = [...Object.keys(PART_OF), 'series_blocks']
  const found = new Map<string, number>()
  for (const table of tables) {
    await nextTurn()
    const { rows } = await db.read((queries) =>
      (db.kind === 'sqlite'
        ? sql<{ bytes: number }>`
            SELECT COALESCE(SUM(pgsize), 0) AS bytes FROM dbstat
            WHERE aggregate = TRUE AND name IN (SELECT name FROM sqlite_schema WHERE tbl_name = ${table})`
        : sql<{ bytes: number }>`SELECT pg_total_relation_size(${table}::regclass) AS bytes`
      ).execute(queries),
    )
    found.set(table, rows[0]?.bytes ?? 0)
  }
  return found
}

async function fileSize(
  db: HistoryDb,
  bytes: ReadonlyMap<string, number>,
): Promise<{ totalBytes: number; freeBytes: number }> {
  if (db.place.kind === 'postgres') {
    return { totalBytes: [...bytes.values()].reduce((sum, one) => sum + one, 0), freeBytes: 0 }
  }
  const { connection, path } = db.place
  const pragma = (name: string): number => Number(connection.pragma(name, { simple: true }))
  return { totalBytes: await fileBytes(path), freeBytes: pragma('freelist_count') * pragma('page_size') }
}

interface SpanSize {
  /** Of the packed blocks alone. */
  readonly bytes: number
  readonly fromMs: number
  /** Of the blocks that lie whole in the days that the rate is taken from. */
  readonly recentBytes: number
}

async function spansOf(queries: HistoryQueryable, nowMs: number): Promise<Map<number, SpanSize>> {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS
  const { rows } = await sql<{ span: number; bytes: number; from_ms: number; recent: number }>`
    SELECT span, SUM(LENGTH(bytes)) AS bytes, MIN(start) AS from_ms,
      SUM(CASE WHEN start >= ${sql.lit(today - RATE_DAYS * DAY_MS)} AND start < ${sql.lit(today)}
        THEN LENGTH(bytes) ELSE 0 END) AS recent
    FROM series_blocks GROUP BY span`.execute(queries)
  return new Map(
    rows.map(({ span, bytes, from_ms, recent }) => [span, { bytes, fromMs: from_ms, recentBytes: recent }]),
  )
}

interface Oldest {
  readonly samples: number | null
  readonly days: number | null
  readonly shares: number | null
  readonly money: number | null
  readonly other: number | null
}

async function oldestOf(queries: HistoryQueryable): Promise<Oldest> {
  const lowest = async (table: TableName, column: string, unitMs = 1): Promise<number | null> => {
    const { rows } = await sql<{ low: number | null }>`
      SELECT MIN(${sql.ref(column)}) AS low FROM ${sql.table(table)}`.execute(queries)
    const low = rows[0]?.low ?? null
    return low === null ? null : low * unitMs
  }
  return {
    samples: await lowest('samples', 'at_ms'),
    days: await lowest('series_days', 'day', DAY_MS),
    shares: least([
      await lowest('covered_hours', 'slot', HOUR_MS),
      await lowest('covered_minutes', 'slot', MINUTE_MS),
    ]),
    money: least([
      await lowest('network_facts', 'at_ms'),
      await lowest('prices', 'day', DAY_MS),
      await lowest('payouts', 'at_ms'),
      await lowest('account_states', 'at_ms'),
      await lowest('account_days', 'day', DAY_MS),
    ]),
    other: await lowest('sessions', 'started_at_ms'),
  }
}

/**
 * Five minutes: of the last whole days, as they were packed. Everything else that stays: its bytes over the time that it
 * was gathered in. Samples: what they still grow by until the oldest of them go.
 */
async function forecast(
  db: HistoryDb,
  parts: readonly PartSize[],
  spans: ReadonlyMap<number, SpanSize>,
  density: number,
  oldest: Oldest,
  { nowMs, rawDays, rawDaysHeld }: { nowMs: number; rawDays: number; rawDaysHeld: number },
): Promise<number | null> {
  const firstMs = least([oldest.days, oldest.shares])
  if (firstMs === null || nowMs - firstMs < DAY_MS) return null
  const bytesOf = (part: SizePart): number => parts.find((one) => one.part === part)!.bytes
  const perDaySince = (part: SizePart, fromMs: number | null): number =>
    fromMs === null ? 0 : bytesOf(part) / Math.max(1, (nowMs - fromMs) / DAY_MS)

  const fiveMinutes = spans.get(FIVE_MINUTES.id)
  const todayMs = Math.floor(nowMs / DAY_MS) * DAY_MS
  const rateDays =
    fiveMinutes === undefined ? 0 : Math.min(RATE_DAYS, (todayMs - fiveMinutes.fromMs) / DAY_MS)
  const recent = rateDays >= 1 ? (fiveMinutes!.recentBytes * density) / rateDays : null
  const perDay =
    (recent ?? perDaySince('five-minutes', fiveMinutes?.fromMs ?? null)) +
    perDaySince('hours', spans.get(HOURS.id)?.fromMs ?? null) +
    perDaySince('days', oldest.days) +
    (await sharesPerDay(db, bytesOf('shares'), oldest.shares, nowMs)) +
    perDaySince('money', oldest.money) +
    perDaySince('other', oldest.other)
  const rawPerDay = rawDaysHeld > 0 ? bytesOf('raw') / Math.max(1, rawDaysHeld) : 0
  const rawGrowth = Math.max(0, rawDays - Math.max(1, rawDaysHeld)) * rawPerDay
  return Math.round(perDay * 365 + rawGrowth)
}

/** Minutes of shares go after a while, so that they do not count. */
async function sharesPerDay(
  db: HistoryDb,
  bytes: number,
  fromMs: number | null,
  nowMs: number,
): Promise<number> {
  if (fromMs === null) return 0
  const tables = await db.read(async (queries) => {
    const rowsOf = async (table: TableName): Promise<number> => {
      const { rows } = await sql<{
        count: number
      }>`SELECT COUNT(*) AS count FROM ${sql.table(table)}`.execute(queries)
      return rows[0]!.count
    }
    return { minutes: await rowsOf('share_minutes'), hours: await rowsOf('share_hours') }
  })
  // A row of a minute and one of an hour are of the same width.
  const all = tables.minutes + tables.hours
  const lasting = all === 0 ? bytes : bytes * (tables.hours / all)
  return lasting / Math.max(1, (nowMs - fromMs) / DAY_MS)
}

function least(moments: readonly (number | null)[]): number | null {
  const known = moments.filter((moment) => moment !== null)
  return known.length === 0 ? null : Math.min(...known)
}
