/**
 * The audit log on disk: records of mining traffic as lines of JSON, a file for each day and more when they grow,
 * readable by this user only. Takes what the engine hands out and never waits for it to be written; what cannot
 * be written is counted and told in the log itself. Reading is `audit-query.ts`.
 */
import { chmod, type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, errorText, type Logger } from '../base/index.ts'
import { type AuditBatch, type AuditGap } from '../proxy/index.ts'
import {
  auditFileName,
  type AuditFile,
  compareAuditFiles,
  dayOf,
  endsWithinLine,
  listAuditFiles,
} from './audit-files.ts'

/** In the data directory. */
export const AUDIT_FOLDER = 'audit'

export interface AuditRetention {
  /** Days whose files are kept, today included. */
  readonly keepDays: number
  /** All files together; the oldest go first, the one in use never. */
  readonly keepBytes: number
}

export interface AuditStatus {
  readonly fileCount: number
  readonly bytes: number
  /** Start of the oldest day there are records of, epoch milliseconds; null without any. */
  readonly oldestAtMs: number | null
  /** Why it is not being written, and what to do; null while it is. */
  readonly problem: string | null
}

export interface AuditLogOptions {
  readonly dir: string
  readonly clock: Clock
  readonly log: Logger
  readonly retention: AuditRetention
  /** A file is not continued beyond this. */
  readonly fileBytes?: number
}

const FILE_BYTES = 64 * 2 ** 20
/** What waits for the disk; beyond it records are left out and counted. */
const MAX_WAITING_CHARS = 64 * 2 ** 20
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700
const DAY_MS = 24 * 3600_000

interface Line {
  readonly atMs: number
  readonly json: string
  /** For a line that tells of a gap. */
  readonly gap?: Gap
}

/** Records that were left out. */
interface Gap {
  readonly count: number
  readonly fromMs: number
  readonly toMs: number
}

interface Current {
  readonly file: AuditFile
  readonly handle: FileHandle
  bytes: number
  /** What is written next must begin with a line end: the last line was cut. */
  cut: boolean
}

export class AuditLog {
  readonly dir: string
  readonly #options: AuditLogOptions
  readonly #fileBytes: number
  #retention: AuditRetention
  /** Sizes of the files by name, oldest first. */
  #files = new Map<string, AuditFile & { bytes: number }>()
  #current: Current | null = null
  #waiting: Line[] = []
  #waitingChars = 0
  #writing: Promise<void> | null = null
  /** Records that were left out since the last one that was written. */
  #lost: Gap | null = null
  #problem: string | null = null
  #closed = false

  private constructor(options: AuditLogOptions) {
    this.dir = options.dir
    this.#options = options
    this.#fileBytes = options.fileBytes ?? FILE_BYTES
    this.#retention = options.retention
  }

  /** Looks at what there is and removes what is too old. Creates nothing yet. @throws the system's error */
  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const audit = new AuditLog(options)
    for (const file of await listAuditFiles(options.dir)) audit.#files.set(file.name, { ...file })
    await audit.#retain()
    return audit
  }

  get status(): AuditStatus {
    let bytes = 0
    for (const file of this.#files.values()) bytes += file.bytes
    const [oldest] = this.#files.values()
    return {
      fileCount: this.#files.size,
      bytes,
      oldestAtMs: oldest ? Date.parse(`${oldest.day}T00:00:00Z`) : null,
      problem: this.#problem,
    }
  }

  /** Takes effect with the next file, and at once for files that are too old by it. */
  async setRetention(retention: AuditRetention): Promise<void> {
    this.#retention = retention
    await this.settled()
    await this.#retain()
  }

  /** Queues records; they are on their way to the disk when this returns. */
  append({ lines }: Pick<AuditBatch, 'lines'>): void {
    if (this.#closed) return
    for (const line of lines) {
      if (this.#waitingChars >= MAX_WAITING_CHARS) this.#lose([line])
      else {
        this.#waiting.push(line)
        this.#waitingChars += line.json.length
      }
    }
    this.#startWriting()
  }

  #startWriting(): void {
    if (this.#waiting.length === 0) return
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null
      // What came after the last look.
      this.#startWriting()
    })
  }

  /** Resolves when everything queued so far is written or given up. */
  async settled(): Promise<void> {
    while (this.#writing) await this.#writing
  }

  /** Writes what is queued, and takes no more. */
  async close(): Promise<void> {
    this.#closed = true
    await this.settled()
    await this.#closeFile()
  }

  async #closeFile(): Promise<void> {
    const current = this.#current
    this.#current = null
    await current?.handle.close()
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting
      this.#waiting = []
      this.#waitingChars = 0
      const gap = this.#takeGap()
      if (gap !== null) lines.unshift(gap)
      let next = 0
      try {
        while (next < lines.length) next = await this.#writeSome(lines, next)
        this.#recovered()
      } catch (error) {
        this.#failed(error)
        this.#lose(lines.slice(next))
        // What was written of the last line is found again when the file is opened anew.
        await this.#closeFile().catch(() => undefined)
      }
    }
  }

  /** Writes lines from `next` on: those of one day that the file still takes, and at least one. */
  async #writeSome(lines: readonly Line[], next: number): Promise<number> {
    const day = dayOf(lines[next]!.atMs)
    const current = await this.#fileFor(day)
    let text = current.cut ? '\n' : ''
    let end = next
    while (end < lines.length && dayOf(lines[end]!.atMs) === day) {
      text += `${lines[end++]!.json}\n`
      if (current.bytes + text.length >= this.#fileBytes) break
    }
    const bytes = Buffer.from(text)
    await writeAll(current.handle, bytes)
    current.cut = false
    current.bytes += bytes.length
    this.#note(current.file, current.bytes)
    return end
  }

  async #fileFor(day: string): Promise<Current> {
    const current = this.#current
    if (current?.file.day === day && current.bytes < this.#fileBytes) return current
    await this.#closeFile()
    await mkdir(this.dir, { recursive: true, mode: FOLDER_MODE })
    const ofDay = [...this.#files.values()].filter((file) => file.day === day)
    const latest = ofDay.at(-1)
    const isFull = latest !== undefined && latest.bytes >= this.#fileBytes
    const part = latest === undefined ? 0 : isFull ? latest.part + 1 : latest.part
    const file = { name: auditFileName(day, part), day, part }
    const path = join(this.dir, file.name)
    const handle = await open(path, 'a', FILE_MODE)
    // Also where a copy or an unpacked archive gave it to others.
    await chmod(path, FILE_MODE).catch(() => undefined)
    const { size } = await handle.stat()
    const opened = { file, handle, bytes: size, cut: await endsWithinLine(path, size) }
    this.#current = opened
    this.#note(file, size)
    await this.#retain()
    return opened
  }

  #note(file: AuditFile, bytes: number): void {
    const known = this.#files.get(file.name)
    if (known) {
      known.bytes = bytes
      return
    }
    const files = [...this.#files.values(), { ...file, bytes }].sort(compareAuditFiles)
    this.#files = new Map(files.map((one) => [one.name, one]))
  }

  async #retain(): Promise<void> {
    const { keepDays, keepBytes } = this.#retention
    const firstDay = dayOf(this.#options.clock.nowMs() - (keepDays - 1) * DAY_MS)
    let total = this.status.bytes
    for (const file of [...this.#files.values()]) {
      if (file.name === this.#current?.file.name) break
      if (file.day >= firstDay && total <= keepBytes) break
      try {
        await rm(join(this.dir, file.name), { force: true })
      } catch (error) {
        this.#options.log.warn('cannot remove an old audit file', {
          file: file.name,
          error: errorText(error),
        })
        return
      }
      total -= file.bytes
      this.#files.delete(file.name)
    }
  }

  #lose(lines: readonly Line[]): void {
    for (const { atMs, gap = { count: 1, fromMs: atMs, toMs: atMs } } of lines) {
      const lost: Gap = this.#lost ?? { ...gap, count: 0 }
      this.#lost = {
        count: lost.count + gap.count,
        fromMs: Math.min(lost.fromMs, gap.fromMs),
        toMs: Math.max(lost.toMs, gap.toMs),
      }
    }
  }

  #takeGap(): Line | null {
    const gap = this.#lost
    if (gap === null) return null
    this.#lost = null
    const { count, fromMs, toMs } = gap
    const record: AuditGap = {
      at: this.#options.clock.nowMs(),
      kind: 'gap',
      name: 'gap',
      count,
      from: fromMs,
      to: toMs,
      message: `${count} messages were not recorded: the disk could not take them.`,
    }
    return { atMs: record.at, json: JSON.stringify(record), gap }
  }

  #failed(error: unknown): void {
    if (this.#problem === null) {
      this.#options.log.error('the audit log cannot be written', { error: errorText(error) })
    }
    this.#problem = `The audit log cannot be written to ${this.dir} (${errorText(error)}). Free space there or check its permissions; what is missing meanwhile is noted in the log.`
  }

  #recovered(): void {
    if (this.#problem === null) return
    this.#problem = null
    this.#options.log.info('the audit log is written again')
  }
}

/** A write may take less than it was given, for instance when the disk is nearly full. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten
}
