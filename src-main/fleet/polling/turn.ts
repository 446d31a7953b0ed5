/**
 * One at a time: who talks to a rig has it to themselves, and whoever comes meanwhile waits for their turn. Many firmwares
 * answer one caller only.
 */
export class Turn {
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  /** Whether somebody has it or waits for it. */
  get isTaken(): boolean {
    return this.#waiting > 0
  }

  /** Runs `work` when everybody who came before is done. @throws whatever `work` throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++
    const before = this.#last
    const mine = before.then(work)
    this.#last = mine.catch(() => undefined)
    try {
      return await mine
    } finally {
      this.#waiting--
    }
  }
}
