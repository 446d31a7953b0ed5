/**
 * One thing to say to very many connections, in slices, one slice per turn of the loop: ten thousand writes
 * in one go would block every share for 79 ms, slices of 64 block it for 2 ms and the last byte arrives no
 * later (reference/performance.md section 4). A newer round takes the place of an older one that is still
 * under way.
 */
import { type NextTurn } from './net-loop.ts'

export const BROADCAST_SLICE = 64

export interface BroadcastOptions {
  readonly sliceSize?: number
  readonly nextTurn?: NextTurn
  /** Called after each slice, for instance to flush joined writes. */
  readonly afterSlice?: () => void
}

interface Round<T> {
  readonly targets: readonly T[]
  readonly deliver: (target: T) => void
  readonly onDone: (() => void) | undefined
  next: number
}

export class Broadcast<T> {
  readonly #sliceSize: number
  readonly #nextTurn: NextTurn
  readonly #afterSlice: (() => void) | undefined
  #round: Round<T> | null = null

  constructor({ sliceSize = BROADCAST_SLICE, nextTurn = setImmediate, afterSlice }: BroadcastOptions = {}) {
    this.#sliceSize = sliceSize
    this.#nextTurn = nextTurn
    this.#afterSlice = afterSlice
  }

  /** Whether a round is under way. */
  get active(): boolean {
    return this.#round !== null
  }

  /**
   * Begins a round over `targets` as they are now; the first slice is delivered before this returns. A round
   * under way ends where it is.
   * @param deliver called once per target; a target that is gone by then is for `deliver` to notice
   * @param onDone called after the last target; not if a newer round takes over
   * @returns the targets that the older round had not reached: they never heard what it had to say, so what the
   *   new round says must stand alone for them (`clean_jobs`, a difficulty)
   */
  start(targets: Iterable<T>, deliver: (target: T) => void, onDone?: () => void): readonly T[] {
    const missed = this.cancel()
    const round: Round<T> = { targets: [...targets], deliver, onDone, next: 0 }
    this.#round = round
    this.#slice(round)
    return missed
  }

  /** Ends the round under way. @returns the targets it had not reached */
  cancel(): readonly T[] {
    const round = this.#round
    this.#round = null
    return round === null ? [] : round.targets.slice(round.next)
  }

  #slice(round: Round<T>): void {
    // A turn that was asked for by an older round must not drive a newer one.
    if (this.#round !== round) return
    const end = Math.min(round.next + this.#sliceSize, round.targets.length)
    while (round.next < end) {
      const target = round.targets[round.next++] as T
      round.deliver(target)
      if (this.#round !== round) return
    }
    this.#afterSlice?.()
    if (this.#round !== round) return
    if (end < round.targets.length) {
      this.#nextTurn(() => this.#slice(round))
      return
    }
    this.#round = null
    round.onDone?.()
  }
}
