export { type HistoryNotice } from './database/notices.ts'
export { type HistoryLocation, type OpenDatabaseOptions } from './database/open.ts'
export { type ServerOptions } from './database/open-postgres.ts'
export { HISTORY_FILE } from './database/open-sqlite.ts'
export { type History, type HistoryQueries } from './history.ts'
export { EVENT_LIMIT, Ledger } from './ledger/ledger.ts'
export { LedgerQueries } from './ledger/ledger-queries.ts'
export * from './ledger/ledger-records.ts'
export { type OpenedHistory, openHistory, openHistoryQueries } from './open.ts'
export { ShareQueries } from './shares/queries.ts'
export * from './shares/records.ts'
export { ShareStore } from './shares/store.ts'
export {
  fromStored,
  type Metric,
  type MetricColumn,
  type MetricKind,
  METRICS,
  type Together,
  toStored,
} from './telemetry/metrics.ts'
export * from './telemetry/queries.ts'
export {
  REFUSAL_REASONS,
  type RefusalReason,
  type Refusals,
  type Sample,
  type SampleValues,
  type SourceRef,
} from './telemetry/samples.ts'
export { type KnownSource } from './telemetry/sources.ts'
export { type FoldOutcome, type RecordOutcome, TelemetryStore } from './telemetry/store.ts'
