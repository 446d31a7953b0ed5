export { type HistoryNotice } from './database/notices.ts'
export { type HistoryLocation, type OpenDatabaseOptions } from './database/open.ts'
export { type ServerOptions } from './database/open-postgres.ts'
export { HISTORY_FILE } from './database/open-sqlite.ts'
export { type TriedDatabase, type TriedStep, tryDatabase } from './database/try-database.ts'
export { type History, type HistoryQueries } from './history.ts'
export {
  type BackupKind,
  fileDate,
  findBackup,
  type HistoryBackup,
  listBackups,
  removeBackup,
} from './keeping/backup-names.ts'
export { type BackupOptions, type MadeBackup, makeBackup, rotateBackups } from './keeping/backup.ts'
export { freeBytes } from './keeping/disk-room.ts'
export {
  EXPORT_KINDS,
  exportColumns,
  type ExportKindName,
  type HistoryExportPiece,
  type HistoryExportQuery,
} from './keeping/export.ts'
export { type ExportColumn, type ExportFormat } from './keeping/export-format.ts'
export { type Loss } from './keeping/extent.ts'
export { Keeping } from './keeping/keeping.ts'
export {
  finishRestore,
  type PreparedRestore,
  type PrepareOptions,
  prepareRestore,
  restoreBackup,
  type RestoreOptions,
  type RestoreReport,
  type SwapOptions,
} from './keeping/restore.ts'
export {
  DEFAULT_RETENTION,
  type EffectiveRetention,
  fitBudget,
  requireRetention,
  type RetentionChoices,
  type SpaceInUse,
} from './keeping/retention.ts'
export { type BackupEvery, nextBackupAt, type RotationChoices } from './keeping/rotation.ts'
export { type HistorySize, type PartSize, type SizePart } from './keeping/size.ts'
export { verifyFile, type VerifyOptions, type VerifyReport } from './keeping/verify-file.ts'
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
