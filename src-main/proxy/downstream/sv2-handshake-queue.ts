/**
 * Lets handshakes wait for their turn. Each takes some milliseconds of arithmetic, and after a power cut hundreds of
 * rigs come back at once: done as they arrive, nobody's share would get through for seconds. So there is one in each
 * turn of the loop, and only so many may wait.
 */
import { type NextTurn } from '../../net/index.ts'

/** More would have given up before it is their turn: firmware waits ten seconds. */
const MAX_WAITING = 1_024

export class HandshakeQueue {
  readonly #nextTurn: NextTurn
  readonly #waiting = new Set<() => void>()
  #scheduled = false

  constructor(nextTurn: NextTurn = setImmediate) {
    this.#nextTurn = nextTurn
  }

  get length(): number {
    return this.#waiting.size
  }

  /**
   * Runs `shake` in a turn of its own.
   * @returns undefined if too many wait already; otherwise leaves the queue when called, harmless afterwards
   */
  add(shake: () => void): (() => void) | undefined {
    if (this.#waiting.size >= MAX_WAITING) return undefined
    const entry = (): void => shake()
    this.#waiting.add(entry)
    this.#schedule()
    return () => void this.#waiting.delete(entry)
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.size === 0) return
    this.#scheduled = true
    this.#nextTurn(this.#run)
  }

  readonly #run = (): void => {
    this.#scheduled = false
    const [next] = this.#waiting
    if (next === undefined) return
    this.#waiting.delete(next)
    this.#schedule()
    next()
  }
}
