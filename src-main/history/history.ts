/**
 * What the rest of the program can ask of the history. Its parts share one database and nothing else; each is a class
 * over a `HistoryDb`, so that a part can be opened alone in a test. Every call is a promise: the store runs in a thread
 * of its own, and in process for tests.
 */
import { type HistoryDb } from './database/history-db.ts'
import { Keeping } from './keeping/keeping.ts'
import { Ledger } from './ledger/ledger.ts'
import { LedgerQueries } from './ledger/ledger-queries.ts'
import { ShareQueries } from './shares/queries.ts'
import { ShareStore } from './shares/store.ts'
import { TelemetryQueries } from './telemetry/queries.ts'
import { TelemetryStore } from './telemetry/store.ts'

/** What can be read, also on a connection that cannot write. */
export interface HistoryQueries {
  readonly shares: ShareQueries
  readonly telemetry: TelemetryQueries
  readonly ledger: LedgerQueries
  readonly keeping: Keeping
  /** Closes the connection; nothing else may be called after it. */
  close(): Promise<void>
}

/** The one writer. */
export interface History extends HistoryQueries {
  readonly shares: ShareStore
  readonly telemetry: TelemetryStore
  readonly ledger: Ledger
}

/** @param db open for writing; closed with the result */
export function historyOn(db: HistoryDb): History {
  return {
    shares: new ShareStore(db),
    telemetry: new TelemetryStore(db),
    ledger: new Ledger(db),
    keeping: new Keeping(db),
    close: () => db.close(),
  }
}

/** @param db closed with the result */
export function queriesOn(db: HistoryDb): HistoryQueries {
  return {
    shares: new ShareQueries(db),
    telemetry: new TelemetryQueries(db),
    ledger: new LedgerQueries(db),
    keeping: new Keeping(db),
    close: () => db.close(),
  }
}
