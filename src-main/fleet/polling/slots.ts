/**
 * How many polls are under way at once. Rigs that did not answer last time hold a slot until their time is out, so they
 * get only some of them: a row of dead rigs does not delay the living.
 */

interface Waiter {
  readonly isDoubtful: boolean
  readonly go: (release: () => void) => void
}

export class Slots {
  readonly #total: number
  readonly #forDoubtful: number
  #taken = 0
  #takenByDoubtful = 0
  /** In the order they came. */
  readonly #waiting: Waiter[] = []

  /** @param forDoubtful of `total`, how many doubtful ones may hold at once; at least 1 */
  constructor(total: number, forDoubtful: number) {
    this.#total = Math.max(1, total)
    this.#forDoubtful = Math.max(1, Math.min(forDoubtful, total))
  }

  /** @returns when there is a slot, what gives it back; calling that again does nothing */
  acquire(isDoubtful: boolean): Promise<() => void> {
    return new Promise((resolve) => {
      this.#waiting.push({ isDoubtful, go: resolve })
      this.#serve()
    })
  }

  get taken(): number {
    return this.#taken
  }

  #serve(): void {
    while (this.#taken < this.#total) {
      const mayDoubt = this.#takenByDoubtful < this.#forDoubtful
      const next = this.#waiting.findIndex(({ isDoubtful }) => mayDoubt || !isDoubtful)
      const [waiter] = next < 0 ? [] : this.#waiting.splice(next, 1)
      if (!waiter) return
      this.#taken++
      if (waiter.isDoubtful) this.#takenByDoubtful++
      let isBack = false
      waiter.go(() => {
        if (isBack) return
        isBack = true
        this.#taken--
        if (waiter.isDoubtful) this.#takenByDoubtful--
        this.#serve()
      })
    }
  }
}
