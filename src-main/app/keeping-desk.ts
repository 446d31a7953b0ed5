/**
 * Looks after the history as a file: folds and forgets what is due, makes backups by its own rhythm, and does what a
 * person asks of it, one long task at a time.
 */
import { type z } from 'zod'
import {
  type databaseDraft,
  type DatabaseTest,
  type exportQuery,
  type ExportPiece,
  type HistoryBackup,
  type KeepingState,
  type RestoreReport,
  type Retention,
  type VerifyReport,
} from '../../src-preload/contract/index.ts'
import { type KeepingCalls, LiveValueView } from '../api/index.ts'
import { type Clock, errorText, HeadframeError, type Logger, sleep, type Timer } from '../base/index.ts'
import {
  findBackup,
  freeBytes,
  type HistoryLocation,
  type HistoryNotice,
  type HistorySize,
  listBackups,
  nextBackupAt,
  removeBackup,
  requireRetention,
  rotateBackups,
  tryDatabase,
  type TriedDatabase,
} from '../history/index.ts'
import { type HistoryProcedures } from './history-service.ts'
import { type MoneyBook, SECRETS } from './money-book.ts'
import { type ReaderProcedures } from './reading/reader-service.ts'
import { type ThreadClient } from './thread-link.ts'

export interface KeepingDeskParts {
  readonly clock: Clock
  readonly log: Logger
  readonly dataDir: string
  readonly book: MoneyBook
  /** Where the history is now. */
  readonly location: HistoryLocation
  /** Version of its tables. */
  readonly version: number
  readonly history: ThreadClient<HistoryProcedures>
  readonly reader: ThreadClient<ReaderProcedures>
  tell(notice: Pick<HistoryNotice, 'title' | 'detail'>): void
  /** Another history than before is in use. */
  onRestored?(): void
}

type Task = NonNullable<KeepingState['task']>

const FIRST_UPKEEP_MS = 20_000
const UPKEEP_EVERY_MS = 10 * 60_000
/** Measuring reads every page. */
const MEASURE_EVERY_MS = 60 * 60_000
/** How long stopping waits for what must not be cut short. A backup may be: its half is removed by the next. */
const STOP_WAITS_MS = 3000

export class KeepingDesk implements KeepingCalls {
  readonly state: LiveValueView<KeepingState>
  readonly #parts: KeepingDeskParts
  #size: HistorySize | null = null
  #measuredAtMs = -Infinity
  #effectiveRawDays: number
  #problem: string | null = null
  #task: Task | null = null
  #timer: Timer | null = null
  #upkeeping: Promise<void> = Promise.resolve()
  #stopping: Promise<unknown> | null = null
  #toldWords: string | null = null
  #toldBackup: string | null = null
  #restoring: Promise<void> = Promise.resolve()

  constructor(parts: KeepingDeskParts) {
    this.#parts = parts
    this.#effectiveRawDays = parts.book.content.retention.rawDays
    this.state = new LiveValueView<KeepingState>(this.#view(null))
  }

  start(): void {
    this.#due(FIRST_UPKEEP_MS)
    void this.#publish()
  }

  async stop(): Promise<void> {
    this.#timer?.cancel()
    const settled = Promise.all([this.#upkeeping, this.#restoring])
    this.#stopping ??= Promise.race([settled, sleep(this.#parts.clock, STOP_WAITS_MS)])
    await this.#stopping
  }

  /** The history stopped taking batches, or takes them again. */
  setProblem(problem: string | null): void {
    this.#problem = problem
    void this.#publish()
  }

  onProgress(ratio: number): void {
    if (this.#task === null) return
    this.#task = { ...this.#task, progressRatio: Math.min(1, ratio) }
    this.state.set({ ...this.state.value, task: this.#task })
  }

  async read(): Promise<KeepingState> {
    if (this.#task === null) await this.#measure()
    return this.#publish()
  }

  async configure(retention: Retention): Promise<KeepingState> {
    requireRetention(retention)
    await this.#parts.book.change((content) => ({ ...content, retention }))
    this.#due(0)
    return this.#publish()
  }

  backup(): Promise<HistoryBackup> {
    return this.#run('backup', 'history', () => this.#backup('by-hand'))
  }

  async removeBackup(name: string): Promise<void> {
    this.#requireFile()
    this.#requireIdle()
    await removeBackup(this.#parts.dataDir, name)
    await this.#publish()
  }

  async verify(backup: string | null): Promise<VerifyReport> {
    const { clock, reader, dataDir, location } = this.#parts
    if (backup !== null) this.#requireFile()
    const path = backup === null ? null : findBackup(dataDir, backup).path
    const of = backup ?? (location.kind === 'sqlite' ? 'history.sqlite' : location.site)
    return this.#run('verify', of, async () => {
      const startedMs = clock.monotonicMs()
      const { sound, problems, checkedBytes } = await reader.call('verify', path)
      return { of, sound, problems: [...problems], checkedBytes, tookMs: clock.monotonicMs() - startedMs }
    })
  }

  async restore(name: string): Promise<RestoreReport> {
    this.#requireFile()
    findBackup(this.#parts.dataDir, name)
    const restored = this.#run('restore', name, async () => {
      const { history, reader, location, clock } = this.#parts
      await this.#upkeeping
      const prepared = await reader.call('prepareRestore', { database: location, name })
      await reader.call('close', null)
      try {
        const { from, keptAside, lost, notices, problems } = await history.call('restore', {
          prepared,
          nowMs: clock.nowMs(),
        })
        this.#parts.onRestored?.()
        for (const notice of notices) this.#parts.tell(notice)
        this.#tellProblems('The backup that was put back is not without faults', problems)
        this.#measuredAtMs = -Infinity
        return { from, keptAside: keptAside ?? '', lost: lost.words }
      } finally {
        await reader.call('open', location)
      }
    })
    this.#restoring = restored.then(
      () => undefined,
      () => undefined,
    )
    return restored
  }

  async export(query: z.infer<typeof exportQuery>): Promise<ExportPiece> {
    const { kind, format, from, to, cursor } = query
    const piece = await this.#parts.reader.call('export', {
      kind,
      format,
      fromMs: from,
      toMs: to,
      ...(cursor === undefined ? {} : { cursor }),
    })
    return { text: piece.text, rows: piece.rows, cursor: piece.cursor }
  }

  async testDatabase(draft: z.infer<typeof databaseDraft>): Promise<DatabaseTest> {
    const { ok, steps } = await this.#try(draft)
    return { ok, steps: steps.map((step) => ({ ...step })) }
  }

  async useDatabase(draft: z.infer<typeof databaseDraft>): Promise<{ restartNeeded: boolean }> {
    const { ok, steps } = await this.#try(draft)
    const failed = steps.find((step) => !step.ok)
    if (!ok) {
      throw new HeadframeError(
        'history/database-unusable',
        failed?.detail ?? 'That database cannot be used; nothing was changed.',
      )
    }
    const { book } = this.#parts
    if (draft.kind === 'sqlite') {
      await book.change((content) => ({ ...content, database: { kind: 'sqlite' } }))
      await book.forgetSecret(SECRETS.database)
    } else {
      const { password, ...database } = draft
      const entered = password ?? (isStoredFor(draft, book) ? undefined : '')
      await book.keepSecret(SECRETS.database, entered, false)
      await book.change((content) => ({ ...content, database }))
    }
    return { restartNeeded: true }
  }

  async #try(draft: z.infer<typeof databaseDraft>): Promise<TriedDatabase> {
    const { dataDir, book, location } = this.#parts
    const candidate = await historyLocation(draft, dataDir, book)
    return tryDatabase(candidate, { isInUseHere: whereOf(candidate) === whereOf(location) })
  }

  async #backup(kind: 'automatic' | 'by-hand'): Promise<HistoryBackup> {
    const { reader, location, clock } = this.#parts
    const backup = await reader.call('backup', { database: location, kind, nowMs: clock.nowMs() })
    this.#tellProblems('A backup was made, and the history is not without faults', backup.problems)
    return backupView(backup)
  }

  #tellProblems(title: string, problems: readonly string[]): void {
    if (problems.length > 0) this.#parts.tell({ title, detail: problems.slice(0, 3).join(' ') })
  }

  /** One at a time: a second would read what the first is about to replace. */
  async #run<T>(what: Task['what'], of: string, run: () => Promise<T>): Promise<T> {
    this.#requireIdle()
    this.#task = { what, of, progressRatio: 0, startedAt: this.#parts.clock.nowMs() }
    this.state.set({ ...this.state.value, task: this.#task })
    try {
      return await run()
    } finally {
      this.#task = null
      await this.#publish()
    }
  }

  #requireIdle(): void {
    if (this.#task === null) return
    throw new HeadframeError(
      'history/busy-keeping',
      `Something else is being done with the history (${this.#task.what}). Wait for it to end.`,
    )
  }

  #requireFile(): void {
    if (this.#parts.location.kind === 'sqlite') return
    throw new HeadframeError(
      'history/backup-by-server',
      'The history is kept by a database server: back it up and restore it with the server’s own tools, for instance pg_dump.',
    )
  }

  #due(inMs: number): void {
    if (this.#stopping !== null) return
    this.#timer?.cancel()
    this.#timer = this.#parts.clock.after(inMs, () => {
      // Another may be under way when the choices change.
      this.#upkeeping = this.#upkeeping.then(() => this.#upkeep()).finally(() => this.#due(UPKEEP_EVERY_MS))
    })
  }

  async #upkeep(): Promise<void> {
    if (this.#task !== null || this.#stopping !== null) return
    const { clock, history, book, log } = this.#parts
    const { retention } = book.content
    try {
      if (clock.monotonicMs() - this.#measuredAtMs > MEASURE_EVERY_MS) await this.#measure()
      const { rawDays, words } = await history.call('upkeep', {
        nowMs: clock.nowMs(),
        retention,
        space: this.#size && spaceOf(this.#size),
      })
      this.#effectiveRawDays = rawDays
      if (words !== null && words !== this.#toldWords) {
        this.#parts.tell({ title: 'The history is larger than its budget', detail: words })
      }
      this.#toldWords = words
      await this.#backUpIfDue()
    } catch (error) {
      log.warn('the history could not be looked after', { error: errorText(error) })
    }
    await this.#publish()
  }

  async #backUpIfDue(): Promise<void> {
    const { clock, dataDir, location, book } = this.#parts
    if (location.kind !== 'sqlite' || this.#task !== null) return
    const { retention } = book.content
    const nowMs = clock.nowMs()
    const dueMs = nextBackupAt(listBackups(dataDir), retention.backupEvery, nowMs)
    if (dueMs === null || dueMs > nowMs) return
    try {
      await this.#run('backup', 'history', () => this.#backup('automatic'))
      this.#toldBackup = null
    } catch (error) {
      if (this.#stopping !== null) throw error
      const detail = errorText(error)
      if (detail !== this.#toldBackup) {
        this.#parts.tell({ title: 'No backup of the history could be made', detail })
      }
      this.#toldBackup = detail
      throw error
    }
    await rotateBackups(dataDir, retention, nowMs)
  }

  async #measure(): Promise<void> {
    const { clock, reader, book } = this.#parts
    const rawDays = book.content.retention.rawDays
    this.#size = await reader.call('size', { nowMs: clock.nowMs(), rawDays })
    this.#measuredAtMs = clock.monotonicMs()
  }

  async #publish(): Promise<KeepingState> {
    const { location, dataDir } = this.#parts
    const free = location.kind === 'sqlite' ? await freeBytes(dataDir) : null
    this.state.set(this.#view(free))
    return this.state.value
  }

  #view(free: number | null): KeepingState {
    const { location, dataDir, book, version } = this.#parts
    const isFile = location.kind === 'sqlite'
    return {
      database: { kind: location.kind, where: whereOf(location), version },
      writing: this.#problem === null,
      problem: this.#problem,
      sizeBytes: this.#size?.totalBytes ?? 0,
      parts: (this.#size?.parts ?? []).map(({ part, bytes, fromMs }) => ({ part, bytes, from: fromMs })),
      yearForecastBytes: this.#size?.yearForecastBytes ?? null,
      freeBytes: free,
      retention: book.content.retention,
      effectiveRawDays: this.#effectiveRawDays,
      backups: isFile ? listBackups(dataDir).map(backupView) : [],
      backupsBy: isFile ? 'headframe' : 'server',
      task: this.#task,
    }
  }
}

/** Where a history is that a person chose; passwords come from the secrets. */
export async function historyLocation(
  draft: z.infer<typeof databaseDraft>,
  dataDir: string,
  book: MoneyBook,
): Promise<HistoryLocation> {
  if (draft.kind === 'sqlite') return { kind: 'sqlite', dataDir }
  const { host, port, database, user, tls, site } = draft
  const stored = isStoredFor(draft, book) ? await book.secret(SECRETS.database) : undefined
  const password = draft.password ?? stored ?? ''
  const name = host.includes(':') ? `[${host}]` : host
  const url = new URL(`postgres://${name}:${port}/${encodeURIComponent(database)}`)
  url.username = encodeURIComponent(user)
  url.password = encodeURIComponent(password)
  if (tls) url.searchParams.set('sslmode', 'verify-full')
  return { kind: 'postgres', url: url.href, site }
}

/** The stored password is for the server and user that it was entered for. */
function isStoredFor(draft: z.infer<typeof databaseDraft>, book: MoneyBook): boolean {
  const { database } = book.content
  if (draft.kind === 'sqlite' || database.kind === 'sqlite') return false
  return draft.host === database.host && draft.port === database.port && draft.user === database.user
}

function whereOf(location: HistoryLocation): string {
  if (location.kind === 'sqlite') return `${location.dataDir}/history.sqlite`
  const { host, pathname } = new URL(location.url)
  return `${host}${pathname}, site ${location.site}`
}

function spaceOf({ totalBytes, freeBytes: free, parts, rawDaysHeld }: HistorySize) {
  const rawBytes = parts.find(({ part }) => part === 'raw')?.bytes ?? 0
  return { usedBytes: totalBytes - free, rawBytes, rawDaysHeld }
}

function backupView({
  name,
  atMs,
  bytes,
  kind,
  verified,
}: ReturnType<typeof listBackups>[number]): HistoryBackup {
  return { name, at: atMs, bytes, kind, verified }
}
