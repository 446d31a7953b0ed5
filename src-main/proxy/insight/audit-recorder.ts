/**
 * Turns messages into lines of the audit log and keeps them until the host takes them. Bounded: when the host
 * does not, records are left out, and a gap record says how many and when.
 */
import {
  type AuditBatch,
  type AuditGap,
  type AuditLine,
  type AuditOptions,
  type AuditRecord,
} from './insight-views.ts'

/** Lines that wait for the host, and their characters together. */
export const MAX_WAITING_LINES = 20_000
export const MAX_WAITING_CHARS = 32 * 2 ** 20
/** Lines in one batch, so that handing it over never holds up shares. */
export const BATCH_LINES = 4000
export const BATCH_CHARS = 4 * 2 ** 20

interface Gap {
  count: number
  readonly fromMs: number
  toMs: number
}

export class AuditRecorder {
  readonly options: AuditOptions
  readonly #kinds: ReadonlySet<string>
  readonly #links: ReadonlySet<string> | null
  #lines: AuditLine[] = []
  #chars = 0
  #gap: Gap | null = null
  #dropped = 0

  constructor(options: AuditOptions) {
    this.options = options
    this.#kinds = new Set(options.kinds)
    this.#links = options.links === null ? null : new Set(options.links)
  }

  /** @param names the link's id, its pool's id, its rig's key */
  wantsLink(names: readonly (string | null)[]): boolean {
    const links = this.#links
    return links === null || names.some((name) => name !== null && links.has(name))
  }

  add(record: AuditRecord): void {
    if (!this.#kinds.has(record.kind)) return
    if (this.#lines.length >= MAX_WAITING_LINES || this.#chars >= MAX_WAITING_CHARS) {
      this.#dropped++
      this.#gap ??= { count: 0, fromMs: record.at, toMs: record.at }
      this.#gap.count++
      this.#gap.toMs = record.at
      return
    }
    // Where it belongs in order: before what came after the gap.
    this.#closeGap(record.at)
    this.#push(record.at, record)
  }

  /** The oldest lines that wait. A gap that lasts is told of with the last batch. */
  take(nowMs: number): AuditBatch {
    let count = 0
    let chars = 0
    while (count < Math.min(this.#lines.length, BATCH_LINES) && chars < BATCH_CHARS) {
      chars += this.#lines[count]!.json.length
      count++
    }
    const lines = this.#lines.splice(0, count)
    this.#chars -= chars
    if (this.#lines.length === 0 && this.#gap !== null) {
      this.#closeGap(nowMs)
      lines.push(...this.#lines.splice(0))
      this.#chars = 0
    }
    return { lines, more: this.#lines.length > 0, droppedCount: this.#dropped }
  }

  #closeGap(atMs: number): void {
    const gap = this.#gap
    if (gap === null) return
    this.#gap = null
    const { count, fromMs, toMs } = gap
    const record: AuditGap = {
      at: atMs,
      kind: 'gap',
      name: 'gap',
      count,
      from: fromMs,
      to: toMs,
      message: `${count} messages were not recorded: they came faster than they could be written.`,
    }
    this.#push(atMs, record)
  }

  #push(atMs: number, record: AuditRecord | AuditGap): void {
    const json = JSON.stringify(record)
    this.#chars += json.length
    this.#lines.push({ atMs, json })
  }
}
