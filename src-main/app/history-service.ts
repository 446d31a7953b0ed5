/** What the history thread runs: the only writer of the database. */
import {
  type BegunSession,
  type FoundBlock,
  type History,
  type HistoryBatch,
  type HistoryLocation,
  type HistoryNotice,
  type KnownRig,
  openHistory,
  type RecordOutcome,
  type Sample,
  type Series,
  type SeriesQuery,
  type ShareTotals,
  type TelemetryQuery,
  type TelemetrySeries,
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
  open(options: {
    database: HistoryLocation
    nowMs: number
    poolIds: readonly string[]
  }): Promise<OpenedSession>
  record(batch: HistoryBatch): Promise<boolean>
  series(query: SeriesQuery): Promise<Series>
  recordSamples(samples: readonly Sample[]): Promise<RecordOutcome>
  telemetry(query: TelemetryQuery): Promise<TelemetrySeries>
  blocks(limit: number): Promise<FoundBlock[]>
  close(nowMs: number): Promise<void>
}

export function runHistoryService(port: ThreadPort): void {
  let history: History | null = null
  const required = (): History => {
    if (!history) throw new HeadframeError('history/not-open', 'The history is not open.')
    return history
  }
  const procedures: HistoryProcedures = {
    async open({ database, nowMs, poolIds }) {
      const opened = await openHistory({ database, nowMs })
      history = opened.history
      const { shares } = history
      const session = await shares.beginSession(nowMs)
      const poolTotals: Record<string, ShareTotals> = {}
      for (const poolId of poolIds) poolTotals[poolId] = await shares.totals({ poolId })
      return {
        session,
        totals: await shares.totals(),
        poolTotals,
        blockCount: await shares.blockCount(),
        rigs: await shares.rigs(),
        notices: opened.notices,
      }
    },
    record: async (batch) => required().shares.recordBatch(batch),
    series: async (query) => required().shares.series(query),
    recordSamples: async (samples) => required().telemetry.record(samples),
    telemetry: async (query) => required().telemetry.series(query),
    blocks: async (limit) => required().shares.blocks(limit),
    async close(nowMs) {
      const closing = history
      history = null
      await closing?.shares.endSession(nowMs, 'stopped')
      await closing?.close()
    },
  }
  serveThread(port, procedures)
}
