/** The last things that happened to a board, in sentences for a person. Repeats are counted, not repeated. */
import { type Clock } from '../../base/index.ts'

export interface ChainEvent {
  /** Of the latest time it happened, epoch milliseconds. */
  readonly atMs: number
  readonly level: 'info' | 'warn' | 'error'
  readonly text: string
  /** How many times in a row. */
  readonly times: number
}

const MAX_EVENTS = 40

export class EventLog {
  readonly #clock: Clock
  readonly #events: ChainEvent[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  note(level: ChainEvent['level'], text: string): void {
    const last = this.#events.at(-1)
    const isRepeat = last?.text === text
    if (isRepeat) this.#events.pop()
    this.#events.push({ atMs: this.#clock.nowMs(), level, text, times: isRepeat ? last.times + 1 : 1 })
    if (this.#events.length > MAX_EVENTS) this.#events.shift()
  }

  /** Oldest first; a copy. */
  recent(): ChainEvent[] {
    return [...this.#events]
  }
}
