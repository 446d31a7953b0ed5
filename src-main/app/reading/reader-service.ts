/**
 * What the reader thread runs: charts, analysis, earnings, exports and checks, over a connection that cannot write. A
 * long reading here keeps neither the writer nor the api waiting.
 */
import { type z } from 'zod'
import {
  type Analysis,
  type EarningsReport,
  type ExploreResult,
  type exploreQuery,
} from '../../../src-preload/contract/index.ts'
import { HeadframeError } from '../../base/index.ts'
import {
  type DayPrice,
  type FarmEventQuery,
  type FoundBlock,
  type HistoryExportPiece,
  type HistoryExportQuery,
  type HistoryLocation,
  type HistoryQueries,
  type HistorySize,
  type LatestPrice,
  makeBackup,
  type MadeBackup,
  type NetworkFact,
  openHistoryQueries,
  type Payout,
  type PayoutFilter,
  type PoolEvent,
  type PreparedRestore,
  prepareRestore,
  type RecordedEvent,
  type Series,
  type SeriesQuery,
  type SourceInfo,
  verifyFile,
  type VerifyReport,
} from '../../history/index.ts'
import { serveThread, type ThreadPort } from '../thread-link.ts'
import { analyse, type AnalysisRequest } from './analysis.ts'
import { explore } from './explore.ts'
import { readOdds, type OddsReading } from './odds.ts'
import {
  readReport,
  readStatement,
  readTable,
  readWhatIf,
  type StatementReading,
  type WhatIfRequest,
} from './earnings.ts'
import { firstMoment, type ReportRequest } from './report-inputs.ts'
import { type WhatIf } from '../../../src-preload/contract/index.ts'

/** What rigs are called, by id and by rigKey. */
export type Names = Readonly<Record<string, string>>

export interface ReaderProcedures extends Record<string, (argument: never) => unknown> {
  open(database: HistoryLocation): void
  series(query: SeriesQuery): Promise<Series>
  explore(request: { query: z.infer<typeof exploreQuery>; names: Names }): Promise<ExploreResult>
  analysis(request: AnalysisRequest & { names: Names }): Promise<Analysis>
  sources(nothing: null): Promise<SourceInfo[]>
  events(query: FarmEventQuery): Promise<RecordedEvent[]>
  poolEvents(limit: number): Promise<PoolEvent[]>
  blocks(limit: number): Promise<FoundBlock[]>
  payouts(filter: PayoutFilter): Promise<Payout[]>
  pricesOn(request: { currency: string; days: readonly number[] }): Promise<Record<number, number>>
  pricesBetween(request: { currency: string; fromDay: number; toDay: number }): Promise<DayPrice[]>
  /** When anything was first recorded; null before that. */
  firstMoment(nothing: null): Promise<number | null>
  latestPrice(request: { currency: string; nowMs: number }): Promise<LatestPrice | null>
  latestFact(nowMs: number): Promise<NetworkFact | null>
  report(request: ReportRequest): Promise<EarningsReport>
  whatIf(request: WhatIfRequest): Promise<WhatIf>
  statement(request: ReportRequest & { month: string }): Promise<StatementReading>
  table(request: ReportRequest & { kind: 'days' | 'payouts' }): Promise<string>
  odds(request: { nowMs: number }): Promise<OddsReading>
  size(request: { nowMs: number; rawDays: number }): Promise<HistorySize>
  export(query: HistoryExportQuery): Promise<HistoryExportPiece>
  backup(request: { database: HistoryLocation; kind: HistoryBackupKind; nowMs: number }): Promise<MadeBackup>
  /** The long half of a restore; the short one is the writer's. */
  prepareRestore(request: { database: HistoryLocation; name: string }): Promise<PreparedRestore>
  /** Of a backup by its path, or of the history in use for null. */
  verify(path: string | null): Promise<VerifyReport>
  close(nothing: null): Promise<void>
}

type HistoryBackupKind = 'automatic' | 'by-hand'

/** How far a long task is. */
export interface TaskProgress {
  readonly kind: 'progress'
  readonly ratio: number
}

export function runReaderService(port: ThreadPort): void {
  let history: HistoryQueries | null = null
  const required = (): HistoryQueries => {
    if (!history) throw new HeadframeError('history/not-open', 'The history is closed for the moment.')
    return history
  }
  const onProgress = (ratio: number): void => tell({ kind: 'progress', ratio })
  const procedures: ReaderProcedures = {
    open(database) {
      history = openHistoryQueries(database)
    },
    series: async (query) => required().shares.series(query),
    explore: async ({ query, names }) => explore(required(), query, (id) => names[id] ?? id),
    analysis: async ({ names, ...request }) => analyse(required(), request, (id) => names[id] ?? id),
    sources: async () => required().telemetry.sources(),
    events: async (query) => required().ledger.events(query),
    poolEvents: async (limit) => required().shares.poolEvents(limit),
    blocks: async (limit) => required().shares.blocks(limit),
    payouts: async (filter) => required().ledger.payouts(filter),
    async pricesOn({ currency, days }) {
      const { ledger } = required()
      if (days.length === 0) return {}
      const found = await ledger.pricesBetween(currency, Math.min(...days), Math.max(...days) + 1)
      return Object.fromEntries(found.map(({ day, closeMinor }) => [day, closeMinor]))
    },
    pricesBetween: async ({ currency, fromDay, toDay }) =>
      required().ledger.pricesBetween(currency, fromDay, toDay),
    firstMoment: async () => firstMoment(required()),
    latestPrice: async ({ currency, nowMs }) =>
      (await required().ledger.latestPrice(currency, nowMs)) ?? null,
    latestFact: async (nowMs) => (await required().ledger.factAt(nowMs)) ?? null,
    report: async (request) => readReport(required(), request),
    whatIf: async (request) => readWhatIf(required(), request),
    statement: async ({ month, ...request }) => readStatement(required(), request, month),
    table: async ({ kind, ...request }) => readTable(required(), request, kind),
    odds: async ({ nowMs }) => readOdds(required(), nowMs),
    size: async ({ nowMs, rawDays }) => required().keeping.size(nowMs, rawDays),
    export: async (query) => required().keeping.export(query),
    backup: async ({ database, kind, nowMs }) => makeBackup(database, { kind, nowMs, onProgress }),
    prepareRestore: async ({ database, name }) => prepareRestore(database, name, { onProgress }),
    verify: async (path) =>
      path === null ? required().keeping.verify({ onProgress }) : verifyFile(path, { onProgress }),
    async close() {
      const closing = history
      history = null
      await closing?.close()
    },
  }
  const tell = serveThread<TaskProgress>(port, procedures)
}
