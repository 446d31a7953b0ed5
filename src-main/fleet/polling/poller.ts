/**
 * Asks every rig in its rhythm: each by itself, so many at once over all, and never while somebody else talks to it. What
 * happens to one rig's poll is its own affair. Not here: what a poll is (`rig-reader.ts`), when the next one is due
 * (`poll-rhythm.ts`).
 */
import { type Clock, type Timer } from '../../base/index.ts'
import { type PollRhythm } from './poll-rhythm.ts'
import { type Slots } from './slots.ts'

export interface PolledRig {
  readonly id: string
  readonly rhythm: PollRhythm
  /** Whether somebody talks to it now. */
  readonly isTaken: boolean
  /** Reads it and sets its rhythm anew. Never throws. */
  poll(): Promise<void>
  /** Its turn is taken: later. */
  postpone(byMs: number): void
}

const LATER_MS = 1000

export class Poller {
  readonly #clock: Clock
  readonly #slots: Slots
  readonly #timers = new Map<string, Timer>()
  readonly #rigs = new Map<string, PolledRig>()

  constructor(clock: Clock, slots: Slots) {
    this.#clock = clock
    this.#slots = slots
  }

  add(rig: PolledRig): void {
    this.#rigs.set(rig.id, rig)
    this.#schedule(rig)
  }

  /** A poll that is under way ends by itself. */
  remove(id: string): void {
    this.#rigs.delete(id)
    this.#timers.get(id)?.cancel()
    this.#timers.delete(id)
  }

  /** Its rhythm was changed from elsewhere. */
  reschedule(id: string): void {
    const rig = this.#rigs.get(id)
    // Without a timer its poll is under way, or waits for a slot; it is scheduled after that.
    if (rig && this.#timers.has(id)) this.#schedule(rig)
  }

  stop(): void {
    for (const id of [...this.#rigs.keys()]) this.remove(id)
  }

  #schedule(rig: PolledRig): void {
    this.#timers.get(rig.id)?.cancel()
    const waitMs = Math.max(0, rig.rhythm.nextAtMs - this.#clock.monotonicMs())
    this.#timers.set(
      rig.id,
      this.#clock.after(waitMs, () => {
        this.#timers.delete(rig.id)
        void this.#due(rig)
      }),
    )
  }

  async #due(rig: PolledRig): Promise<void> {
    const isEarly = rig.rhythm.nextAtMs > this.#clock.monotonicMs() + 1
    if (!isEarly && rig.isTaken) rig.postpone(LATER_MS)
    else if (!isEarly) {
      const release = await this.#slots.acquire(rig.rhythm.failures > 0)
      try {
        if (!this.#has(rig)) return
        if (rig.isTaken) rig.postpone(LATER_MS)
        else await rig.poll()
      } finally {
        release()
      }
    }
    if (this.#has(rig)) this.#schedule(rig)
  }

  #has(rig: PolledRig): boolean {
    return this.#rigs.get(rig.id) === rig
  }
}
