/** What all connections of one thread share: the clock, writes joined per turn of the loop, and one idle timer. */
import { type Clock, type Timer } from '../base/index.ts'

/** Runs a function in the next turn of the loop; `setImmediate` outside tests. */
export type NextTurn = (run: () => void) => void

export interface Flushable {
  flush(): void
}

/** Collects who has something to write and lets all of them write once, at the end of the turn. */
export class WriteJoiner {
  readonly #nextTurn: NextTurn
  readonly #run = (): void => {
    this.#scheduled = false
    this.flush()
  }
  #waiting: Flushable[] = []
  #scheduled = false

  constructor(nextTurn: NextTurn = setImmediate) {
    this.#nextTurn = nextTurn
  }

  /** To be called once by each writer until it was flushed. */
  add(writer: Flushable): void {
    this.#waiting.push(writer)
    if (this.#scheduled) return
    this.#scheduled = true
    this.#nextTurn(this.#run)
  }

  /** Lets all write now; for owners that know that their turn's work is done. */
  flush(): void {
    if (this.#waiting.length === 0) return
    const writers = this.#waiting
    this.#waiting = []
    for (const writer of writers) writer.flush()
  }
}

export interface IdleWatched {
  /** Monotonic milliseconds of the last byte received, as coarse as the watch's period. */
  readonly lastReadAtMs: number
  /** 0 for never. */
  readonly idleTimeoutMs: number
  endIdle(): void
}

/**
 * One timer for the silence of many connections. A connection ends at the earliest after its timeout and at
 * the latest two periods later.
 */
export class IdleWatch {
  readonly #clock: Clock
  readonly #periodMs: number
  readonly #watched = new Set<IdleWatched>()
  #timer: Timer | null = null
  /** Monotonic milliseconds at the last look; saves a call to the clock for each read. */
  nowMs: number

  constructor(clock: Clock, periodMs: number) {
    this.#clock = clock
    this.#periodMs = periodMs
    this.nowMs = clock.monotonicMs()
  }

  add(watched: IdleWatched): void {
    this.#watched.add(watched)
    if (this.#timer !== null) return
    this.nowMs = this.#clock.monotonicMs()
    this.#timer = this.#clock.every(this.#periodMs, () => this.#look())
  }

  remove(watched: IdleWatched): void {
    this.#watched.delete(watched)
    if (this.#watched.size > 0) return
    this.#timer?.cancel()
    this.#timer = null
  }

  #look(): void {
    this.nowMs = this.#clock.monotonicMs()
    for (const watched of this.#watched) {
      const { idleTimeoutMs } = watched
      // The last read may be up to a period younger than noted.
      if (idleTimeoutMs > 0 && this.nowMs - watched.lastReadAtMs >= idleTimeoutMs + this.#periodMs)
        watched.endIdle()
    }
  }
}

export interface NetLoop {
  readonly clock: Clock
  readonly joiner: WriteJoiner
  readonly idle: IdleWatch
}

/** One per thread, made by whoever builds the thread's parts. */
export function createNetLoop(
  clock: Clock,
  idlePeriodMs = 5_000,
  nextTurn: NextTurn = setImmediate,
): NetLoop {
  return { clock, joiner: new WriteJoiner(nextTurn), idle: new IdleWatch(clock, idlePeriodMs) }
}
