/** What the history thread runs: the only writer of the database. */
import {
  type BegunSession,
  type FoundBlock,
  type History,
  type HistoryBatch,
  type HistoryNotice,
  type KnownRig,
  openHistory,
  type ReadingQuery,
  type ReadingSeries,
  type RigReadingRecord,
  type Series,
  type SeriesQuery,
  type ShareTotals,
} from '../history/index.ts'
import { HeadframeError } from '../base/index.ts'
import { serveThread, type ThreadPort } from './thread-link.ts'

export interface OpenedSession {
  readonly session: BegunSession
  readonly totals: ShareTotals
  /** Totals of the pools asked for. */
  readonly poolTotals: Record<string, ShareTotals>
  readonly blockCount: number
  readonly rigs: readonly KnownRig[]
  readonly notices: readonly HistoryNotice[]
}

export interface HistoryProcedures extends Record<string, (argument: never) => unknown> {
  open(options: { dataDir: string; nowMs: number; poolIds: readonly string[] }): OpenedSession
  record(batch: HistoryBatch): boolean
  series(query: SeriesQuery): Series
  recordReadings(readings: readonly RigReadingRecord[]): void
  readingSeries(query: ReadingQuery): ReadingSeries
  blocks(limit: number): FoundBlock[]
  close(nowMs: number): void
}

export function runHistoryService(port: ThreadPort): void {
  let history: History | null = null
  const required = (): History => {
    if (!history) throw new HeadframeError('history/not-open', 'The history is not open.')
    return history
  }
  const procedures: HistoryProcedures = {
    open({ dataDir, nowMs, poolIds }) {
      const opened = openHistory({ dataDir, nowMs })
      history = opened.history
      const session = history.beginSession(nowMs)
      const poolTotals: Record<string, ShareTotals> = {}
      for (const poolId of poolIds) poolTotals[poolId] = history.totals({ poolId })
      return {
        session,
        totals: history.totals(),
        poolTotals,
        blockCount: history.blockCount(),
        rigs: history.rigs(),
        notices: opened.notices,
      }
    },
    record: (batch) => required().recordBatch(batch),
    series: (query) => required().series(query),
    recordReadings: (readings) => required().recordReadings(readings),
    readingSeries: (query) => required().readingSeries(query),
    blocks: (limit) => required().blocks(limit),
    close(nowMs) {
      history?.endSession(nowMs, 'stopped')
      history?.close()
      history = null
    },
  }
  serveThread(port, procedures)
}
