/** Events on their way into the history: written soon, kept meanwhile, never in the way of anything else. */
import { type EventKind, type Rig, type Run, type Tuning } from '../../src-preload/contract/index.ts'
import { type Clock, errorText, type Logger, type Timer } from '../base/index.ts'
import { type FarmEvent } from '../history/index.ts'
import { rigEvents } from './rig-events.ts'
import { runEvents, tuningEvents } from './run-events.ts'

export interface EventFeedParts {
  readonly clock: Clock
  readonly log: Logger
  record(events: readonly FarmEvent[]): Promise<void>
}

const WRITE_AFTER_MS = 1000
const RETRY_AFTER_MS = 30_000
/** What waits while the history refuses; then the oldest go. */
const MAX_WAITING = 2000

export class EventFeed {
  readonly #parts: EventFeedParts
  readonly #rigs = new Map<string, Rig>()
  /** Runs and tunings whose end was told. */
  readonly #ended = new Set<string>()
  #waiting: FarmEvent[] = []
  #due: Timer | null = null
  #isStopped = false
  #writing: Promise<void> = Promise.resolve()

  constructor(parts: EventFeedParts) {
    this.#parts = parts
  }

  /** @param subject id of a rig or a pool; empty for the farm */
  add(kind: EventKind, text: string, subjectKind: 'farm' | 'rig' | 'pool' = 'farm', subject = ''): void {
    this.#push([{ atMs: this.#parts.clock.nowMs(), kind, subjectKind, subject, text }])
  }

  /** A rig as it is now: what changed since the last look becomes events. */
  sawRig(rig: Rig): void {
    const before = this.#rigs.get(rig.id)
    this.#rigs.set(rig.id, rig)
    if (before) this.#push(rigEvents(before, rig, this.#parts.clock.nowMs()))
  }

  /** A run as it is now: what it did becomes events once it has ended. */
  sawRun(run: Run): void {
    this.#sawEnd(`run ${run.id}`, runEvents(run))
  }

  /** Tuning as it is now. */
  sawTuning(tuning: Tuning): void {
    this.#sawEnd(`tuning ${tuning.id} ${tuning.startedAt}`, tuningEvents(tuning))
  }

  #sawEnd(key: string, events: readonly FarmEvent[]): void {
    if (events.length === 0 || this.#ended.has(key)) return
    // What was forgotten here ended long ago and does not change any more.
    if (this.#ended.size >= MAX_WAITING) this.#ended.clear()
    this.#ended.add(key)
    this.#push(events)
  }

  forgetRig(id: string): void {
    this.#rigs.delete(id)
  }

  /** Writes what waits; resolves when that is done or refused. */
  settled(): Promise<void> {
    this.#due?.cancel()
    this.#due = null
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  /** Writes what waits, once; what comes later is not written. */
  stop(): Promise<void> {
    this.#isStopped = true
    return this.settled()
  }

  #push(events: readonly FarmEvent[]): void {
    if (events.length === 0) return
    this.#waiting = [...this.#waiting, ...events].slice(-MAX_WAITING)
    this.#writeIn(WRITE_AFTER_MS)
  }

  #writeIn(inMs: number): void {
    if (this.#isStopped) return
    this.#due ??= this.#parts.clock.after(inMs, () => void this.settled())
  }

  async #write(): Promise<void> {
    const batch = this.#waiting
    if (batch.length === 0) return
    this.#waiting = []
    try {
      await this.#parts.record(batch)
    } catch (error) {
      this.#waiting = [...batch, ...this.#waiting].slice(-MAX_WAITING)
      this.#parts.log.warn('the history refused events', { error: errorText(error), waiting: batch.length })
      this.#writeIn(RETRY_AFTER_MS)
    }
  }
}
