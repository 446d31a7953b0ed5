/** The history as a file, in memory: sizes, backups, exports in pieces, and a database that can be tried. */
import { ORPCError } from '@orpc/server'
import type {
  DatabaseDraft,
  DatabaseTest,
  ExportPiece,
  ExportQuery,
  HistoryBackup,
  KeepingState,
  RestoreReport,
  Retention,
  VerifyReport,
} from '../../src-preload/contract/index.ts'
import { PretendValue } from './pretend-streams.ts'

const DAY = 86_400_000

export function pretendKeepingState(now: number, given: Partial<KeepingState> = {}): KeepingState {
  return {
    database: { kind: 'sqlite', where: '/home/miner/.local/share/headframe/history.sqlite', version: 4 },
    writing: true,
    problem: null,
    sizeBytes: 1_148_000_000,
    parts: [
      { part: 'raw', bytes: 342_000_000, from: now - 14 * DAY },
      { part: 'five-minutes', bytes: 611_000_000, from: now - 1095 * DAY },
      { part: 'hours', bytes: 92_000_000, from: now - 1095 * DAY },
      { part: 'days', bytes: 11_000_000, from: now - 1095 * DAY },
      { part: 'shares', bytes: 84_000_000, from: now - 1095 * DAY },
      { part: 'money', bytes: 2_400_000, from: now - 1095 * DAY },
      { part: 'other', bytes: 5_600_000, from: null },
    ],
    yearForecastBytes: 268_000_000,
    freeBytes: 182_000_000_000,
    retention: {
      rawDays: 14,
      shareMinuteDays: 14,
      budgetMegabytes: 2000,
      backupEvery: 'day',
      keepDaily: 7,
      keepWeekly: 4,
    },
    effectiveRawDays: 14,
    backups: [0, 1, 2, 3, 4].map((days) => ({
      name: `history-${new Date(now - days * DAY - 3_600_000).toISOString().slice(0, 10)}.sqlite`,
      at: now - days * DAY - 3_600_000,
      bytes: 1_140_000_000 - days * 730_000,
      kind: days === 3 ? ('by-hand' as const) : ('automatic' as const),
      verified: days === 0 ? null : true,
    })),
    backupsBy: 'headframe',
    task: null,
    ...given,
  }
}

const PIECES = 6
const ROWS_A_PIECE = 500

export class PretendKeeping {
  readonly value: PretendValue<KeepingState>
  readonly #now: () => number
  /** How long a task seems to take. */
  taskMs = 0
  problems: string[] = []
  databaseTest: DatabaseTest = {
    ok: true,
    steps: [
      { step: 'Connect', ok: true, detail: 'db.example.net answers on port 5432' },
      { step: 'Sign in', ok: true, detail: 'as headframe' },
      { step: 'Version', ok: true, detail: 'PostgreSQL 15.8' },
      { step: 'Create tables', ok: true, detail: 'headframe may create the schema headframe_cellar' },
    ],
  }

  constructor(now: () => number, given: Partial<KeepingState> = {}) {
    this.#now = now
    this.value = new PretendValue(pretendKeepingState(now(), given))
  }

  change(given: Partial<KeepingState>): KeepingState {
    this.value.set({ ...this.value.value, ...given })
    return this.value.value
  }

  configure(retention: Retention): KeepingState {
    return this.change({ retention, effectiveRawDays: retention.rawDays })
  }

  async #task(what: 'backup' | 'verify' | 'restore', of: string): Promise<void> {
    const steps = this.taskMs === 0 ? 0 : 10
    for (let step = 0; step < steps; step++) {
      this.change({ task: { what, of, progressRatio: step / steps, startedAt: this.#now() } })
      await new Promise((next) => setTimeout(next, this.taskMs / steps))
    }
    this.change({ task: null })
  }

  async backup(): Promise<HistoryBackup> {
    await this.#task('backup', 'history.sqlite')
    const at = this.#now()
    const backup: HistoryBackup = {
      name: `history-${new Date(at).toISOString().slice(0, 19).replaceAll(':', '')}.sqlite`,
      at,
      bytes: this.value.value.sizeBytes,
      kind: 'by-hand',
      verified: true,
    }
    this.change({ backups: [backup, ...this.value.value.backups] })
    return backup
  }

  #require(name: string): HistoryBackup {
    const found = this.value.value.backups.find((backup) => backup.name === name)
    if (found !== undefined) return found
    throw new ORPCError('NOT_FOUND', {
      message: 'There is no such backup any more.',
      data: { code: 'backup/unknown', context: { name } },
    })
  }

  remove(name: string): void {
    this.#require(name)
    this.change({ backups: this.value.value.backups.filter((backup) => backup.name !== name) })
  }

  async verify(name: string | undefined): Promise<VerifyReport> {
    const backup = name === undefined ? null : this.#require(name)
    await this.#task('verify', name ?? 'history.sqlite')
    const sound = this.problems.length === 0
    if (backup !== null)
      this.change({
        backups: this.value.value.backups.map((each) =>
          each.name === name ? { ...each, verified: sound } : each,
        ),
      })
    return {
      of: name ?? 'history.sqlite',
      sound,
      problems: this.problems,
      checkedBytes: backup?.bytes ?? this.value.value.sizeBytes,
      tookMs: 4200,
    }
  }

  async restore(name: string): Promise<RestoreReport> {
    const backup = this.#require(name)
    await this.#task('restore', name)
    const keptAside = 'history-before-restore.sqlite'
    this.change({
      backups: [
        {
          name: keptAside,
          at: this.#now(),
          bytes: this.value.value.sizeBytes,
          kind: 'before-restore',
          verified: null,
        },
        ...this.value.value.backups,
      ],
    })
    const hours = Math.round((this.#now() - backup.at) / 3_600_000)
    return { from: name, keptAside, lost: `The last ${hours} hours are not in it.` }
  }

  export(query: ExportQuery): ExportPiece {
    const piece = Number(query.cursor ?? 0)
    const rows = Array.from({ length: ROWS_A_PIECE }, (_, index) => {
      const at = new Date(Number(query.from) + (piece * ROWS_A_PIECE + index) * 60_000).toISOString()
      return query.format === 'jsonl' ? `{"time":"${at}","value":${index}}` : `${at},${index}`
    })
    const head = piece === 0 && query.format !== 'jsonl' ? 'time,value\r\n' : ''
    return {
      text: `${head}${rows.join('\r\n')}\r\n`,
      rows: ROWS_A_PIECE,
      cursor: piece + 1 < PIECES ? String(piece + 1) : null,
    }
  }

  useDatabase(draft: DatabaseDraft): { restartNeeded: boolean } {
    return { restartNeeded: draft.kind !== this.value.value.database.kind }
  }
}
