/** The part of the history that looks after it: how large it is, whether it is sound, and exports. Only reads. */
import { type HistoryDb } from '../database/history-db.ts'
import { migrations } from '../database/migrations.ts'
import { exportPiece, type HistoryExportPiece, type HistoryExportQuery } from './export.ts'
import { Problems } from './problems.ts'
import { type HistorySize, measureHistory } from './size.ts'
import { verifyContent } from './verify-content.ts'
import { verifyFile, type VerifyOptions, type VerifyReport } from './verify-file.ts'

export class Keeping {
  readonly #db: HistoryDb

  constructor(db: HistoryDb) {
    this.#db = db
  }

  /** Reads every page once. @param rawDays how long samples are kept */
  size(nowMs: number, rawDays: number): Promise<HistorySize> {
    return measureHistory(this.#db, nowMs, rawDays)
  }

  /** @throws HeadframeError `history/bad-cursor`, and what reading the database gives */
  export(query: HistoryExportQuery): Promise<HistoryExportPiece> {
    return exportPiece(this.#db, query)
  }

  /**
   * Reads everything and says what is wrong with it. A file is read over a connection of its own; of a server the pages
   * are its own affair, and the figures are checked.
   * @throws HeadframeError what reading the database gives, except damage; the reason of `signal` when it was aborted
   */
  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    const db = this.#db
    if (db.place.kind === 'sqlite') return verifyFile(db.place.path, options)
    const problems = new Problems()
    await verifyContent(db, problems, options)
    const { totalBytes } = await measureHistory(db, 0, 0)
    options.onProgress?.(1)
    const { sentences } = problems
    return {
      sound: sentences.length === 0,
      readable: true,
      problems: sentences,
      checkedBytes: totalBytes,
      version: migrations.length,
    }
  }
}
