/**
 * A year of 60 rigs in the history: how large it is, how long a chart of it takes, and whether it delays the start.
 *
 * Charts are read on a connection of their own that can only read, as the app reads them: any metric, one rig or all,
 * from a minute to a year, ending anywhere, 800 points; all of them, and the widest (all rigs for a year, and asked for
 * three years) by themselves.
 *
 * The plain full scan they are set against is the least one could do without packing: one metric of all rigs as rows of
 * five minutes (sum and count, keyed by rig and time, a year of them), added up to the same 800 points by one statement
 * of better-sqlite3. It has one metric in place of 20 and 60 samples fewer in each row, so it flatters itself.
 */
import { mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { type HistoryDb } from '../../../src-main/history/database/history-db.ts'
import { openDatabase, openDatabaseToRead } from '../../../src-main/history/database/open.ts'
import { HISTORY_FILE } from '../../../src-main/history/database/open-sqlite.ts'
import { openHistory } from '../../../src-main/history/index.ts'
import { type MetricColumn } from '../../../src-main/history/telemetry/metrics.ts'
import { TelemetryQueries, type TelemetryQuery } from '../../../src-main/history/telemetry/queries.ts'
import { DAY_MS, FIVE_MINUTES_MS, MINUTE_MS } from '../../../src-main/history/telemetry/slots.ts'
import { type Amounts, type BenchFamily, type PreparedFamily } from '../family.ts'
import { SAMPLED_COLUMNS, seededRandom } from '../history/farm-samples.ts'
import { rigKey, type SimulatedYear, writeYear } from '../history/simulated-year.ts'

const POINTS = 800
const CHARTS = 100
const START_REPEATS = 5
const CHART = 'charts from packed series'
const SCAN = 'plain full scan'
const START = 'starting with a year'
const SIZE = 'the file'
const END_MS = Date.UTC(2026, 10, 22, 17, 50)

const YEAR: SimulatedYear = { rigs: 60, simulated: 6, days: 365, rawDays: 14, endMs: END_MS }
const QUICK_YEAR: SimulatedYear = { rigs: 60, simulated: 1, days: 120, rawDays: 4, endMs: END_MS }

function randomCharts({ rigs, days, endMs }: SimulatedYear): TelemetryQuery[] {
  const random = seededRandom(7)
  const longest = days * DAY_MS
  return Array.from({ length: CHARTS }, (_, i) => {
    const metric = SAMPLED_COLUMNS[Math.floor(random() * SAMPLED_COLUMNS.length)]!
    // As many of minutes as of months; a few ask for more than there is.
    const span = Math.round(MINUTE_MS * (longest / MINUTE_MS) ** random())
    const asked = i % 20 === 0 ? 3 * 365 * DAY_MS : span
    const toMs = Math.round(endMs - random() * Math.max(0, longest - asked))
    const sources =
      random() < 0.5 ? 'rigs' : [{ kind: 'rig' as const, key: rigKey(Math.floor(random() * rigs)) }]
    return { metric, sources, together: true, fromMs: toMs - asked, toMs, points: POINTS }
  })
}

const widest = (days: number): TelemetryQuery => ({
  metric: 'hashrate_10khs',
  sources: 'rigs',
  together: true,
  fromMs: END_MS - days * DAY_MS,
  toMs: END_MS,
  points: POINTS,
})

interface ChartTimes {
  /** Both rising, milliseconds. */
  readonly waited: number[]
  readonly worked: number[]
}

async function chartTimes(queries: TelemetryQueries, charts: readonly TelemetryQuery[]): Promise<ChartTimes> {
  const waited: number[] = []
  const worked: number[] = []
  for (const chart of charts) {
    const cpuBefore = process.cpuUsage()
    const before = performance.now()
    await queries.series(chart)
    waited.push(performance.now() - before)
    const { user, system } = process.cpuUsage(cpuBefore)
    worked.push((user + system) / 1000)
  }
  const rising = (a: number, b: number): number => a - b
  return { waited: waited.sort(rising), worked: worked.sort(rising) }
}

const quantile = (times: readonly number[], ratio: number): number => times[Math.floor(times.length * ratio)]!

/** Rows of five minutes of one metric, from the packed year. */
async function writePlainRows(db: HistoryDb, plain: Database.Database, year: SimulatedYear): Promise<void> {
  plain.pragma('journal_mode = WAL')
  plain.pragma('synchronous = OFF')
  plain.exec(
    'CREATE TABLE plain (source INTEGER, at_ms INTEGER, sum INTEGER, count INTEGER, PRIMARY KEY (source, at_ms)) STRICT, WITHOUT ROWID',
  )
  const insert = plain.prepare('INSERT INTO plain VALUES (?, ?, ?, ?)')
  const queries = new TelemetryQueries(db)
  for (let i = 0; i < year.rigs; i++) {
    for (let toMs = year.endMs; toMs > year.endMs - year.days * DAY_MS; toMs -= 30 * DAY_MS) {
      const { edges, sources } = await queries.sums({
        metrics: ['hashrate_10khs'],
        sources: [{ kind: 'rig', key: rigKey(i) }],
        steps: { fromMs: toMs - 30 * DAY_MS, toMs, stepMs: FIVE_MINUTES_MS },
      })
      plain.transaction(() => {
        for (const [step, slot] of (sources[0]?.sums.hashrate_10khs ?? []).entries()) {
          if (slot !== null) insert.run(i, edges[step], slot.sum, slot.count)
        }
      })()
    }
  }
}

function scanPlainRows(plain: Database.Database, bucketMs: number): Map<number, number> {
  const rows = plain
    .prepare(
      `SELECT bucket, SUM(mean) AS value FROM (
        SELECT source, at_ms / ${bucketMs} AS bucket, SUM(sum) * 1.0 / SUM(count) AS mean
          FROM plain GROUP BY source, at_ms / ${bucketMs})
        GROUP BY bucket`,
    )
    .all() as { bucket: number; value: number }[]
  return new Map(rows.map(({ bucket, value }) => [bucket * bucketMs, value]))
}

async function startMs(dataDir: string): Promise<number> {
  const before = performance.now()
  const { history } = await openHistory({ database: { kind: 'sqlite', dataDir }, nowMs: END_MS })
  await history.shares.beginSession(END_MS)
  const took = performance.now() - before
  await history.shares.endSession(END_MS, 'stopped')
  await history.close()
  return took
}

async function measureStart(emptyDir: string, yearDir: string): Promise<Amounts> {
  const times = { empty: [] as number[], year: [] as number[] }
  for (let i = 0; i < START_REPEATS; i++) {
    times.empty.push(await startMs(emptyDir))
    times.year.push(await startMs(yearDir))
  }
  const median = (list: number[]): number => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]!
  const emptyMs = median(times.empty)
  const yearMs = median(times.year)
  return { emptyMs, yearMs, extraMs: yearMs - emptyMs }
}

async function prepare({ isQuick }: { readonly isQuick: boolean }): Promise<PreparedFamily> {
  const year = isQuick ? QUICK_YEAR : YEAR
  const base = mkdtempSync(join(realpathSync(tmpdir()), 'headframe-bench-'))
  const yearDir = mkdtempSync(join(base, 'year-'))
  const emptyDir = mkdtempSync(join(base, 'empty-'))
  // Sessions that ended in order, without which a large file is read through at the start.
  await startMs(emptyDir)
  await startMs(yearDir)
  const { db } = await openDatabase({ database: { kind: 'sqlite', dataDir: yearDir }, nowMs: END_MS })
  await writeYear(db, year)
  const plain = new Database(join(base, 'plain.sqlite'))
  await writePlainRows(db, plain, year)
  await db.close()
  const reader = openDatabaseToRead({ kind: 'sqlite', dataDir: yearDir })
  const queries = new TelemetryQueries(reader)
  const charts = randomCharts(year)
  const metric: MetricColumn = 'hashrate_10khs'
  const whole = { ...widest(year.days), metric }
  const fileMb = statSync(join(yearDir, HISTORY_FILE)).size / 1e6

  const measureCharts = async (): Promise<Amounts> => {
    const { waited, worked } = await chartTimes(queries, charts)
    const oneYear = await chartTimes(queries, [whole])
    const threeYears = await chartTimes(queries, [widest(3 * 365)])
    return {
      chartP50Ms: quantile(waited, 0.5),
      chartP95Ms: quantile(waited, 0.95),
      chartMaxMs: waited.at(-1)!,
      chartCpuP50Ms: quantile(worked, 0.5),
      chartCpuP95Ms: quantile(worked, 0.95),
      wholeRangeMs: oneYear.waited[0]!,
      threeYearsMs: threeYears.waited[0]!,
    }
  }
  const measureScan = async (): Promise<Amounts> => {
    const { bucketMs } = await queries.series(whole)
    const before = performance.now()
    scanPlainRows(plain, bucketMs)
    return { wholeRangeMs: performance.now() - before }
  }
  return {
    candidates: [
      { name: CHART, measure: measureCharts },
      { name: SCAN, measure: measureScan },
      { name: START, measure: () => measureStart(emptyDir, yearDir) },
      { name: SIZE, startsAnew: true, measure: () => Promise.resolve({ fileMb }) },
    ],
    async checkCorrectness() {
      const { bucketMs, at, lines } = await queries.series(whole)
      const scanned = scanPlainRows(plain, bucketMs)
      let compared = 0
      for (const [i, value] of lines[0]!.values.entries()) {
        const other = scanned.get(at[i]!)
        // Buckets at the edges reach beyond the rows that were copied.
        if (value === null || other === undefined || i < 2 || i > at.length - 3) continue
        compared++
        if (Math.abs(value / 10_000 / other - 1) > 1e-9)
          throw new Error(`bucket ${i}: ${value} is not ${other}`)
      }
      if (compared < at.length / 2)
        throw new Error(`only ${compared} of ${at.length} buckets could be compared`)
    },
    async dispose() {
      await reader.close()
      plain.close()
      rmSync(base, { recursive: true, force: true })
    },
  }
}

const family: BenchFamily = {
  title: 'A year of 60 rigs: size, charts, start',
  goals: [
    {
      title: 'the file of a year, MB',
      candidate: SIZE,
      reference: null,
      metric: 'fileMb',
      gate: { atMost: 1000 },
    },
    {
      title: 'any chart of that year, p95 in ms',
      candidate: CHART,
      reference: null,
      metric: 'chartP95Ms',
      gate: { atMost: 50 },
    },
    {
      title: 'the same, processor time: what a machine with nothing else to do would need',
      candidate: CHART,
      reference: null,
      metric: 'chartCpuP95Ms',
      gate: null,
    },
    {
      title: 'a chart of all of it, against a full scan of plain rows',
      candidate: CHART,
      reference: SCAN,
      metric: 'wholeRangeMs',
      gate: { atMost: 0.1 },
    },
    {
      title: 'what a year adds to the start, ms',
      candidate: START,
      reference: null,
      metric: 'extraMs',
      gate: { atMost: 200 },
    },
  ],
  maxRepetitions: 5,
  prepare,
}

export default family
