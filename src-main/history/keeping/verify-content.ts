/**
 * Whether the figures of a history agree, on either database: shares add up in every way they are stored, every packed
 * block opens, and the days of every rig and meter are the sums of their hours, and these of their five minutes. Reads
 * everything, a rig's metric at a time, so that a writer goes on in between and what is compared is of one moment.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { HeadframeError } from '../../base/index.ts'
import { type HistoryDb, type HistoryTransaction } from '../database/history-db.ts'
import { checkIdentity } from '../shares/identity.ts'
import { METRICS } from '../telemetry/metrics.ts'
import { TIMES, unpackFigures, unpackTimes } from '../telemetry/raw-hours.ts'
import {
  DAY_MS,
  daysOf,
  FIVE_MINUTES,
  HOURS,
  RAW_SPAN,
  type Slot,
  SlotBlocks,
  type SlotSpan,
  unpackSlots,
  widen,
} from '../telemetry/slots.ts'
import { type Problems, Progress } from './problems.ts'

export interface ContentOptions {
  /** From 0 to 1, rising. */
  readonly onProgress?: (ratio: number) => void
  readonly signal?: AbortSignal
}

interface Source {
  readonly id: number
  readonly title: string
}

/**
 * @param fromRatio what of the progress was made before
 * @throws the reason of `signal` when it was aborted; HeadframeError when the database cannot be read
 */
export async function verifyContent(
  db: HistoryDb,
  problems: Problems,
  { onProgress, signal }: ContentOptions,
  fromRatio = 0,
): Promise<void> {
  const progress = new Progress(onProgress)
  const between = async (): Promise<void> => {
    await nextTurn()
    signal?.throwIfAborted()
  }
  const sources = await readSources(db)
  // The shares count as one more source.
  const parts = sources.length + 1
  await between()
  await verifyShares(db, problems)
  progress.at(fromRatio, 1, 1, parts)
  for (const [index, source] of sources.entries()) {
    for (const metric of METRICS) {
      await between()
      await db.snapshot((trx) => verifyRollUps(trx, source, metric, problems))
      await db.snapshot((trx) => verifyRaw(trx, source, metric, problems))
      if (problems.isFull) return
    }
    progress.at(fromRatio, 1, index + 2, parts)
  }
}

async function readSources(db: HistoryDb): Promise<Source[]> {
  const rows = await db.read((queries) =>
    queries.selectFrom('series_sources').select(['id', 'kind', 'key']).orderBy('id').execute(),
  )
  return rows.map(({ id, kind, key }) => ({ id, title: `${kind} ${key}` }))
}

/** Shares in every way that they are stored. */
async function verifyShares(db: HistoryDb, problems: Problems): Promise<void> {
  try {
    for (const sentence of await db.snapshot((trx) => checkIdentity(trx, db.kind))) {
      problems.add(`Shares do not add up: ${sentence}.`)
    }
  } catch (error) {
    const isPackedDay = error instanceof HeadframeError && error.context['reason'] !== undefined
    if (!isPackedDay) throw error
    problems.add(`Packed shares of ${error.context['where']} cannot be read (${error.context['reason']}).`)
  }
}

interface MetricName {
  readonly id: number
  readonly column: string
}

/** Five minutes, hours and days of one metric, and whether each is the sum of the one before. */
async function verifyRollUps(
  trx: HistoryTransaction,
  source: Source,
  metric: MetricName,
  problems: Problems,
): Promise<void> {
  const what = `${metric.column} of ${source.title}`
  const fiveMinutes = await readSlots(
    trx,
    source,
    metric,
    FIVE_MINUTES,
    problems,
    `five-minute figures of ${what}`,
  )
  const hours = await readSlots(trx, source, metric, HOURS, problems, `hourly figures of ${what}`)
  const days = await trx
    .selectFrom('series_days')
    .select(['day', 'sum', 'count', 'min', 'max'])
    .where('source', '=', source.id)
    .where('metric', '=', metric.id)
    .execute()
  if (fiveMinutes === undefined || hours === undefined) return
  compareSlots(slotsOf(widen(fiveMinutes, HOURS)), slotsOf(hours), (hourMs) => {
    problems.add(
      `The hourly figures of ${what} at ${new Date(hourMs).toISOString().slice(0, 16)}Z are not the sum of their five minutes.`,
    )
  })
  const dayOfHours = daysOf(hours)
  compareSlots(dayOfHours, new Map(days.map(({ day, ...slot }) => [day, slot])), (day) => {
    problems.add(
      `The daily figures of ${what} on ${new Date(day * DAY_MS).toISOString().slice(0, 10)} are not the sum of its hours.`,
    )
  })
}

/** Undefined if a block is damaged: then there is nothing to compare. */
async function readSlots(
  trx: HistoryTransaction,
  source: Source,
  metric: MetricName,
  span: SlotSpan,
  problems: Problems,
  what: string,
): Promise<SlotBlocks | undefined> {
  const rows = await trx
    .selectFrom('series_blocks')
    .select(['start', 'bytes'])
    .where('source', '=', source.id)
    .where('metric', '=', metric.id)
    .where('span', '=', span.id)
    .execute()
  const slots = new SlotBlocks(span)
  let isSound = true
  for (const { start, bytes } of rows) {
    const unpacked = unpackSlots(bytes, span.slots)
    if (unpacked.ok) {
      slots.blocks.set(start, unpacked.value)
      continue
    }
    isSound = false
    problems.add(`The ${what} from ${dayText(start)} cannot be read (${unpacked.error.reason}).`)
  }
  return isSound ? slots : undefined
}

/** Whether every raw block of a metric opens and has a value for each of its times. */
async function verifyRaw(
  trx: HistoryTransaction,
  source: Source,
  metric: MetricName,
  problems: Problems,
): Promise<void> {
  const rows = await trx
    .selectFrom('series_blocks as block')
    .leftJoin('series_blocks as times', (join) =>
      join
        .onRef('times.source', '=', 'block.source')
        .onRef('times.start', '=', 'block.start')
        .on('times.metric', '=', TIMES)
        .on('times.span', '=', RAW_SPAN),
    )
    .select(['block.start as start', 'block.bytes as bytes', 'times.bytes as times'])
    .where('block.source', '=', source.id)
    .where('block.metric', '=', metric.id)
    .where('block.span', '=', RAW_SPAN)
    .execute()
  for (const { start, bytes, times } of rows) {
    const reason = faultOf(bytes, times)
    if (reason === null) continue
    problems.add(
      `Samples of ${metric.column} of ${source.title} from ${new Date(start).toISOString().slice(0, 13)}:00Z cannot be read (${reason}).`,
    )
  }
}

/** What is wrong with a raw block and its moments; null if nothing is. */
function faultOf(bytes: Uint8Array, times: Uint8Array | null): string | null {
  if (times === null) return 'their moments are missing'
  const moments = unpackTimes(times)
  if (!moments.ok) return moments.error.reason
  const figures = unpackFigures(bytes, moments.value.length)
  return figures.ok ? null : figures.error.reason
}

function slotsOf(blocks: SlotBlocks): Map<number, Slot> {
  const slots = new Map<number, Slot>()
  blocks.forEach((startMs, slot) => slots.set(startMs, slot))
  return slots
}

/** Calls `differs` with the lowest key that is not the same on both sides. */
function compareSlots(
  left: ReadonlyMap<number, Slot>,
  right: ReadonlyMap<number, Slot>,
  differs: (key: number) => void,
): void {
  const keys = [...new Set([...left.keys(), ...right.keys()])].sort((a, b) => a - b)
  for (const key of keys) {
    const a = left.get(key)
    const b = right.get(key)
    const isSame = a?.sum === b?.sum && a?.count === b?.count && a?.min === b?.min && a?.max === b?.max
    if (!isSame) return differs(key)
  }
}

function dayText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
