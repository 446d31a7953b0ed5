/**
 * Exports of what rigs and meters measured: samples as they are kept, and their hours and days. Figures are whole numbers in
 * the unit that the name of their column ends in, a mean of them is a decimal. What was not measured is empty.
 */
import { type HistoryTransaction } from '../database/history-db.ts'
import { DAY_MS, HOUR_MS } from '../database/schema.ts'
import { type Metric, METRICS } from '../telemetry/metrics.ts'
import { unpackFigures, unpackTimes, TIMES } from '../telemetry/raw-hours.ts'
import { evenBins, readSlots } from '../telemetry/read-slots.ts'
import { METRIC_COLUMNS } from '../telemetry/samples.ts'
import { HOURS, RAW_SPAN, type Slots } from '../telemetry/slots.ts'
import { type ExportColumn, type ExportRow, type ExportValue, isoDay, isoTime } from './export-format.ts'
import { DAY_COLUMNS, type ExportKind, type ExportPage, TIME_COLUMNS } from './export-kind.ts'

const SOURCE_COLUMNS: readonly ExportColumn[] = [
  { name: 'source_kind', what: 'rig or meter.' },
  { name: 'source_key', what: 'Id of the rig or meter.' },
  { name: 'rig_key', what: 'What the proxy knows the same machine by, if it does.' },
]

const UNITS = METRICS.map((metric: Metric) => {
  const { column, unit, scale } = metric
  const stored = scale === 1 ? unit : scale > 1 ? `1/${scale} ${unit}` : `${Math.round(1 / scale)} ${unit}`
  return { metric, column, stored }
})

const LAST: ExportPage = { rows: [], next: null, damaged: 0 }

interface SourceRow {
  readonly id: number
  readonly kind: string
  readonly key: string
  readonly rig_key: string | null
}

function sourceFrom(trx: HistoryTransaction, id: number): Promise<SourceRow | undefined> {
  return trx
    .selectFrom('series_sources')
    .select(['id', 'kind', 'key', 'rig_key'])
    .where('id', '>=', id)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
}

/** Every sample that is still kept, source by source in the order of time. A place is a source and a moment to go on at. */
export const SAMPLES: ExportKind = {
  columns: [
    ...TIME_COLUMNS,
    ...SOURCE_COLUMNS,
    ...UNITS.map(({ column, stored }) => ({ name: column, what: `Whole numbers of ${stored}.` })),
  ],
  place: ['number', 'number'],
  async read(trx, range, place) {
    const [sourceId = 0, goOnAt = 0] = place as [number?, number?]
    const source = await sourceFrom(trx, sourceId)
    if (source === undefined) return LAST
    const nextSource = { rows: [], next: [source.id + 1, 0], damaged: 0 }
    let fromMs = Math.max(range.fromMs, source.id === sourceId ? goOnAt : 0)
    const rows: ExportRow[] = []
    let damaged = 0
    while (rows.length < range.rows) {
      const hour = await nextHour(trx, source.id, fromMs, range.toMs)
      if (hour === undefined) return { ...nextSource, rows, damaged }
      const read = await samplesOfHour(trx, source, hour, fromMs, range.toMs)
      for (const row of read.rows) rows.push(row)
      damaged += read.damaged
      fromMs = hour + HOUR_MS
    }
    return { rows, next: [source.id, fromMs], damaged }
  },
}

/** Start of the first hour from a moment on that holds samples, folded or not; undefined if none does. */
async function nextHour(
  trx: HistoryTransaction,
  source: number,
  fromMs: number,
  toMs: number,
): Promise<number | undefined> {
  const folded = await trx
    .selectFrom('series_blocks')
    .select('start')
    .where('source', '=', source)
    .where('metric', '=', TIMES)
    .where('span', '=', RAW_SPAN)
    .where('start', '>', fromMs - HOUR_MS)
    .where('start', '<', toMs)
    .orderBy('start')
    .limit(1)
    .executeTakeFirst()
  const waiting = await trx
    .selectFrom('samples')
    .select('at_ms')
    .where('source', '=', source)
    .where('at_ms', '>=', fromMs)
    .where('at_ms', '<', toMs)
    .orderBy('at_ms')
    .limit(1)
    .executeTakeFirst()
  const hours = [
    ...(folded === undefined ? [] : [folded.start]),
    ...(waiting === undefined ? [] : [Math.floor(waiting.at_ms / HOUR_MS) * HOUR_MS]),
  ]
  return hours.length === 0 ? undefined : Math.min(...hours)
}

async function samplesOfHour(
  trx: HistoryTransaction,
  source: SourceRow,
  hour: number,
  fromMs: number,
  toMs: number,
): Promise<{ rows: ExportRow[]; damaged: number }> {
  const { figures, damaged } = await foldedSamples(trx, source.id, hour)
  const waiting = await trx
    .selectFrom('samples')
    .selectAll()
    .where('source', '=', source.id)
    .where('at_ms', '>=', hour)
    .where('at_ms', '<', hour + HOUR_MS)
    .execute()
  // One that is folded already is a duplicate, and goes at the next folding.
  for (const row of waiting) {
    if (!figures.has(row.at_ms))
      figures.set(
        row.at_ms,
        METRIC_COLUMNS.map((column) => row[column]),
      )
  }
  const rows = [...figures]
    .filter(([atMs]) => atMs >= fromMs && atMs < toMs)
    .sort(([a], [b]) => a - b)
    .map(([atMs, values]) => [isoTime(atMs), atMs, source.kind, source.key, source.rig_key, ...values])
  return { rows, damaged }
}

/** By moment, the figures in the order of `METRICS`. A metric that cannot be read is empty. */
async function foldedSamples(
  trx: HistoryTransaction,
  source: number,
  hour: number,
): Promise<{ figures: Map<number, ExportValue[]>; damaged: number }> {
  const figures = new Map<number, ExportValue[]>()
  const blocks = await trx
    .selectFrom('series_blocks')
    .select(['metric', 'bytes'])
    .where('source', '=', source)
    .where('metric', 'in', [TIMES, ...METRICS.map(({ id }) => id)])
    .where('span', '=', RAW_SPAN)
    .where('start', '=', hour)
    .execute()
  const byMetric = new Map(blocks.map(({ metric, bytes }) => [metric, bytes]))
  const timesBytes = byMetric.get(TIMES)
  if (timesBytes === undefined) return { figures, damaged: byMetric.size }
  const times = unpackTimes(timesBytes)
  if (!times.ok) return { figures, damaged: byMetric.size }
  let damaged = 0
  const columns = METRICS.map(({ id }) => {
    const bytes = byMetric.get(id)
    if (bytes === undefined) return undefined
    const column = unpackFigures(bytes, times.value.length)
    if (!column.ok) damaged++
    return column.ok ? column.value : undefined
  })
  for (const [index, time] of times.value.entries()) {
    figures.set(
      hour + time,
      columns.map((column) => {
        const value = column?.[index]
        return value === undefined || Number.isNaN(value) ? null : value
      }),
    )
  }
  return { figures, damaged }
}

export const RIG_HOURS = rollUps('hours', HOUR_MS, HOURS.blockMs)
export const RIG_DAYS = rollUps('days', DAY_MS, 256 * DAY_MS)

/** @param stretchMs read at once; whole slots */
function rollUps(grain: 'hours' | 'days', slotMs: number, stretchMs: number): ExportKind {
  return {
    columns: [
      ...(grain === 'days' ? DAY_COLUMNS : TIME_COLUMNS),
      ...SOURCE_COLUMNS,
      ...UNITS.flatMap(rolledColumns),
    ],
    place: ['number', 'number'],
    async read(trx, range, place) {
      const [sourceId = 0, goOnAt = 0] = place as [number?, number?]
      const source = await sourceFrom(trx, sourceId)
      if (source === undefined) return LAST
      const nextSource = { rows: [], next: [source.id + 1, 0], damaged: 0 }
      const fromMs = Math.ceil(Math.max(range.fromMs, source.id === sourceId ? goOnAt : 0) / slotMs) * slotMs
      const toMs = Math.ceil(range.toMs / slotMs) * slotMs
      const firstMs = await firstFigure(trx, source.id, fromMs)
      if (firstMs === undefined || firstMs >= toMs) return nextSource
      const startMs = Math.max(fromMs, Math.floor(firstMs / slotMs) * slotMs)
      const endMs = Math.min(toMs, startMs + Math.min(stretchMs, range.rows * slotMs))
      const bins = evenBins(startMs, slotMs, (endMs - startMs) / slotMs)
      const columns: (Slots | undefined)[] = []
      let damaged = 0
      for (const metric of METRICS) {
        const read = await readSlots(trx, metric, [source.id], bins, grain)
        columns.push(read.bySource.get(source.id))
        damaged += read.damaged.length
      }
      const rows: ExportRow[] = []
      for (let bin = 0; bin < bins.count; bin++) {
        if (!columns.some((slots) => (slots?.counts[bin] ?? 0) > 0)) continue
        const atMs = startMs + bin * slotMs
        rows.push([
          grain === 'days' ? isoDay(atMs / DAY_MS) : isoTime(atMs),
          atMs,
          source.kind,
          source.key,
          source.rig_key,
          ...UNITS.flatMap(({ metric }, index) => rolledValues(metric, columns[index], bin)),
        ])
      }
      return endMs >= toMs ? { ...nextSource, rows, damaged } : { rows, next: [source.id, endMs], damaged }
    },
  }
}

/** A moment at or before the first figure from `fromMs` on; undefined if there is none. */
async function firstFigure(
  trx: HistoryTransaction,
  source: number,
  fromMs: number,
): Promise<number | undefined> {
  const { day } = await trx
    .selectFrom('series_days')
    .select((eb) => eb.fn.min('day').as('day'))
    .where('source', '=', source)
    .where(
      'metric',
      'in',
      METRICS.map(({ id }) => id),
    )
    .where('day', '>=', Math.floor(fromMs / DAY_MS))
    .executeTakeFirstOrThrow()
  const { atMs } = await trx
    .selectFrom('samples')
    .select((eb) => eb.fn.min('at_ms').as('atMs'))
    .where('source', '=', source)
    .where('at_ms', '>=', fromMs)
    .executeTakeFirstOrThrow()
  // MIN of no rows is null, whatever its type says.
  const found = [day === null ? null : Math.max(fromMs, day * DAY_MS), atMs].filter((one) => one !== null)
  return found.length === 0 ? undefined : Math.min(...found)
}

function rolledColumns({ metric, column, stored }: (typeof UNITS)[number]): ExportColumn[] {
  if (metric.kind === 'amount') return [{ name: column, what: `Sum, whole numbers of ${stored}.` }]
  return [
    { name: `${column}_mean`, what: `Mean of its samples, ${stored}.` },
    { name: `${column}_min`, what: `Lowest, ${stored}.` },
    { name: `${column}_max`, what: `Highest, ${stored}.` },
  ]
}

function rolledValues(metric: Metric, slots: Slots | undefined, bin: number): ExportValue[] {
  const slot = slots?.at(bin)
  if (metric.kind === 'amount') return [slot?.sum ?? null]
  return slot === undefined ? [null, null, null] : [slot.sum / slot.count, slot.min, slot.max]
}
