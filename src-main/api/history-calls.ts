/** What the api needs of what was recorded, and of the file it is recorded in. */
import { type z } from 'zod'
import {
  type Analysis,
  type analysisQuery,
  type databaseDraft,
  type DatabaseTest,
  type eventQuery,
  type ExploreResult,
  type exploreQuery,
  type ExportPiece,
  type exportQuery,
  type HistoryBackup,
  type HistoryEvent,
  type historyQuery,
  type HistorySeries,
  type HistorySource,
  type KeepingState,
  type RestoreReport,
  type Retention,
  type VerifyReport,
} from '../../src-preload/contract/index.ts'
import { type LiveValueView } from './live-view.ts'

/** What was recorded. Every call may throw `history/empty-range`, or why the history cannot be read. */
export interface HistoryCalls {
  series(query: z.infer<typeof historyQuery>): Promise<HistorySeries>
  explore(query: z.infer<typeof exploreQuery>): Promise<ExploreResult>
  sources(): Promise<HistorySource[]>
  events(query: z.infer<typeof eventQuery>): Promise<HistoryEvent[]>
  analysis(query: z.infer<typeof analysisQuery>): Promise<Analysis>
}

/** The history as a file. */
export interface KeepingCalls {
  /** Kept up to date while it is followed; `read` asks at once. */
  readonly state: LiveValueView<KeepingState>
  read(): Promise<KeepingState>
  configure(retention: Retention): Promise<KeepingState>
  /** @throws HeadframeError `history/backup-by-server`, `history/no-room`, `history/busy-keeping` */
  backup(): Promise<HistoryBackup>
  /** @throws HeadframeError `history/no-such-backup` */
  removeBackup(name: string): Promise<void>
  /** Null for the history in use. @throws HeadframeError `history/no-such-backup`, `history/busy-keeping` */
  verify(backup: string | null): Promise<VerifyReport>
  /** @throws HeadframeError `history/no-such-backup`, `history/backup-damaged`, `history/newer-version` */
  restore(name: string): Promise<RestoreReport>
  /** @throws HeadframeError `history/bad-cursor` */
  export(query: z.infer<typeof exportQuery>): Promise<ExportPiece>
  testDatabase(draft: z.infer<typeof databaseDraft>): Promise<DatabaseTest>
  useDatabase(draft: z.infer<typeof databaseDraft>): Promise<{ restartNeeded: boolean }>
}
