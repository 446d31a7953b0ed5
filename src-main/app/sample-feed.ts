/**
 * The samples of rigs on their way into the history: one for each reading and for each poll that failed, each standing for
 * the time since the one before. Written together once a second, kept while the history refuses, never in the way of
 * anything else. What a sample says is `rig-measures.ts`; sleep and clock changes are told by `clock-watch.ts`, and
 * nothing stands for the time that they took.
 */
import os from 'node:os'
import { type Rig, type RigDetail } from '../../src-preload/contract/index.ts'
import { type Clock, errorText, type Logger, type Timer } from '../base/index.ts'
import { SILENT_CODES } from '../fleet/index.ts'
import { type RecordOutcome, type Sample } from '../history/index.ts'
import { type ClockJump, type ClockReading, judgeClocks } from './clock-watch.ts'
import {
  beginSpan,
  LONGEST_COVER_MS,
  type MeasuredSpan,
  measureReading,
  measureSilence,
  type RigSpan,
} from './rig-measures.ts'

export interface SampleFeedParts {
  readonly clock: Clock
  readonly log: Logger
  /** All or none; sending them again is harmless. */
  write(samples: readonly Sample[]): Promise<Pick<RecordOutcome, 'refused'>>
  /** The machine slept, or its clock was set. */
  onJump(jump: ClockJump): void
  /** How long the machine runs, sleep included; for tests. */
  uptimeMs?(): number
}

const WRITE_EVERY_MS = 1000
const RETRY_AFTER_MS = 5000
/** What waits while the history refuses: an hour and more of a large farm. Then the oldest go, and are counted. */
export const MAX_WAITING = 50_000
/** Samples of one write: what a history that comes back can take in a moment. */
const MAX_AT_ONCE = 2000
/** Live readings may come many times a second: a second is as fine as history gets. */
const SHORTEST_SPAN_MS = 1000
/** Figures that the history does not take are told this often at most. */
const TELL_EVERY_MS = 3_600_000

interface FedRig {
  span: RigSpan
  /** `readAt` and `problem.at` as they were taken in last. */
  readAt: number | null
  failedAt: number | null
  /** What the last poll came to. */
  state: 'unknown' | 'read' | 'silent' | 'unreadable'
}

export class SampleFeed {
  readonly #parts: SampleFeedParts
  readonly #uptimeMs: () => number
  readonly #rigs = new Map<string, FedRig>()
  #clocks: ClockReading
  #waiting: Sample[] = []
  #lost = 0
  #isRefused = false
  #retryAtMs = -Infinity
  #toldAtMs = -Infinity
  #refusedFigures = 0
  #timer: Timer | null = null
  #writing: Promise<void> = Promise.resolve()
  #isWriting = false

  constructor(parts: SampleFeedParts) {
    this.#parts = parts
    this.#uptimeMs = parts.uptimeMs?.bind(parts) ?? (() => os.uptime() * 1000)
    this.#clocks = this.#look()
  }

  start(): void {
    this.#clocks = this.#look()
    this.#timer ??= this.#parts.clock.every(WRITE_EVERY_MS, () => this.#tick())
  }

  /** Writes what waits; resolves when it is written or refused. */
  async stop(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = null
    await this.settled()
  }

  /** Samples that are not written yet, and how many were given up because too many were. */
  get backlog(): { readonly waiting: number; readonly lost: number } {
    return { waiting: this.#waiting.length, lost: this.#lost }
  }

  /**
   * A rig as it is now, after anything about it changed.
   * @param detail asked for only if there is a new reading
   */
  sawRig(rig: Rig, detail: () => RigDetail): void {
    this.#checkClocks()
    const nowMs = this.#parts.clock.monotonicMs()
    const failedAt = rig.problem?.at ?? null
    const known = this.#rigs.get(rig.id)
    if (known === undefined) {
      // Nobody looked before now.
      const state = rig.problem === null ? 'unknown' : failureOf(rig.problem.code)
      this.#rigs.set(rig.id, { span: beginSpan(nowMs), readAt: rig.readAt, failedAt, state })
      return
    }
    const isFailure = failedAt !== null && failedAt !== known.failedAt
    const isReading = rig.readAt !== null && rig.readAt !== known.readAt
    known.readAt = rig.readAt
    known.failedAt = failedAt
    if (isFailure && rig.problem !== null) {
      known.state = failureOf(rig.problem.code)
      this.#add(rig.id, known, failedAt, measureSilence(known.span, known.state === 'unreadable', nowMs))
    } else if (isReading) {
      const isSoon = known.state !== 'silent' && nowMs - known.span.sinceMs < SHORTEST_SPAN_MS
      known.state = 'read'
      if (!isSoon) this.#add(rig.id, known, rig.readAt, measureReading(known.span, detail(), nowMs))
    }
  }

  forgetRig(id: string): void {
    this.#rigs.delete(id)
  }

  /** Writes what waits now; resolves when it is written or refused. */
  settled(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  #tick(): void {
    this.#checkClocks()
    this.#clocks = this.#look()
    const { clock } = this.#parts
    const nowMs = clock.monotonicMs()
    for (const [id, rig] of this.#rigs) {
      // Such a rig is asked ever more seldom; it is silent all the same.
      const isSilent = rig.state === 'silent' || rig.state === 'unreadable'
      if (!isSilent || nowMs - rig.span.sinceMs < LONGEST_COVER_MS) continue
      const atMs = Math.round(clock.nowMs())
      this.#add(id, rig, atMs, measureSilence(rig.span, rig.state === 'unreadable', nowMs))
    }
    if (!this.#isWriting && this.#waiting.length > 0 && nowMs >= this.#retryAtMs) void this.settled()
  }

  #look(): ClockReading {
    const { clock } = this.#parts
    return { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs(), uptimeMs: this.#uptimeMs() }
  }

  #checkClocks(): void {
    const now = this.#look()
    const jump = judgeClocks(this.#clocks, now)
    if (jump === undefined) return
    this.#clocks = now
    for (const rig of this.#rigs.values()) rig.span = beginSpan(now.monotonicMs)
    this.#parts.log.info('time did not go on as usual', { ...jump })
    this.#parts.onJump(jump)
  }

  #add(id: string, rig: FedRig, atMs: number | null, { values, next }: MeasuredSpan): void {
    rig.span = next
    if (atMs === null) return
    this.#waiting.push({ source: { kind: 'rig', key: id }, atMs, values })
    if (this.#waiting.length > MAX_WAITING) this.#lose(this.#waiting.length - MAX_WAITING)
  }

  #lose(count: number): void {
    this.#waiting.splice(0, count)
    this.#lost += count
  }

  async #write(): Promise<void> {
    this.#isWriting = true
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting.splice(0, MAX_AT_ONCE)
        if (!(await this.#send(batch))) return
      }
    } finally {
      this.#isWriting = false
    }
  }

  async #send(batch: Sample[]): Promise<boolean> {
    const { clock, log } = this.#parts
    try {
      const { refused } = await this.#parts.write(batch)
      this.#tellRefused(Object.values(refused).reduce((sum, count) => sum + count, 0))
    } catch (error) {
      this.#waiting = [...batch, ...this.#waiting]
      if (this.#waiting.length > MAX_WAITING) this.#lose(this.#waiting.length - MAX_WAITING)
      this.#retryAtMs = clock.monotonicMs() + RETRY_AFTER_MS
      const waiting = this.#waiting.length
      if (!this.#isRefused) log.warn('the history takes no samples', { error: errorText(error), waiting })
      this.#isRefused = true
      return false
    }
    if (this.#isRefused) log.info('the history takes samples again', { lost: this.#lost })
    this.#isRefused = false
    this.#retryAtMs = -Infinity
    return true
  }

  #tellRefused(count: number): void {
    if (count === 0) return
    this.#refusedFigures += count
    const nowMs = this.#parts.clock.monotonicMs()
    if (nowMs - this.#toldAtMs < TELL_EVERY_MS) return
    this.#toldAtMs = nowMs
    this.#parts.log.warn('the history left out samples or figures that make no sense', {
      count: this.#refusedFigures,
    })
  }
}

function failureOf(code: string): 'silent' | 'unreadable' {
  return SILENT_CODES.has(code) ? 'silent' : 'unreadable'
}
