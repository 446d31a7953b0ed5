/** Time as an argument: the real clock, and one that tests move by hand. */

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Wall time, epoch milliseconds. May jump. */
  nowMs(): number
  /** Elapsed time in milliseconds from an arbitrary start. Never goes back. */
  monotonicMs(): number
  /** Calls `run` once after `delayMs`. The timer does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer
  /** Calls `run` every `periodMs` until cancelled. The timer does not keep the process alive. */
  every(periodMs: number, run: () => void): Timer
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, delayMs)
    handle.unref()
    return { cancel: () => clearTimeout(handle) }
  },
  every(periodMs, run) {
    const handle = setInterval(run, periodMs)
    handle.unref()
    return { cancel: () => clearInterval(handle) }
  },
}

/** Resolves after `delayMs` of `clock`'s time. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.after(delayMs, resolve))
}

interface Due {
  atMs: number
  order: number
  periodMs: number | null
  run: () => void
}

/** A clock that stands still until `advance` is called; due callbacks run in order of time. */
export class ManualClock implements Clock {
  #nowMs: number
  #elapsedMs = 0
  #order = 0
  readonly #due = new Set<Due>()

  constructor(nowMs = 1_700_000_000_000) {
    this.#nowMs = nowMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#elapsedMs
  }

  /** How many callbacks wait. */
  get pending(): number {
    return this.#due.size
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#add(delayMs, null, run)
  }

  every(periodMs: number, run: () => void): Timer {
    return this.#add(periodMs, periodMs, run)
  }

  /** Lets `deltaMs` pass, running everything that falls due, in order. */
  advance(deltaMs: number): void {
    const endMs = this.#elapsedMs + deltaMs
    for (;;) {
      let next: Due | undefined
      for (const due of this.#due) {
        if (due.atMs > endMs) continue
        if (!next || due.atMs < next.atMs || (due.atMs === next.atMs && due.order < next.order)) next = due
      }
      if (!next) break
      this.#move(Math.max(next.atMs, this.#elapsedMs))
      if (next.periodMs === null) this.#due.delete(next)
      else {
        next.atMs += next.periodMs
        next.order = this.#order++
      }
      next.run()
    }
    this.#move(endMs)
  }

  /** Moves wall time alone, as a person or a time server does. */
  setWallTime(nowMs: number): void {
    this.#nowMs = nowMs
  }

  #move(toElapsedMs: number): void {
    this.#nowMs += toElapsedMs - this.#elapsedMs
    this.#elapsedMs = toElapsedMs
  }

  #add(delayMs: number, periodMs: number | null, run: () => void): Timer {
    const due: Due = { atMs: this.#elapsedMs + Math.max(0, delayMs), order: this.#order++, periodMs, run }
    this.#due.add(due)
    return { cancel: () => void this.#due.delete(due) }
  }
}
