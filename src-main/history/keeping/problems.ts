/** What a check found, a sentence each, with a bound: a history that is damaged throughout says it once. */

const MAX_PROBLEMS = 20

export class Problems {
  readonly #sentences: string[] = []
  #more = 0

  add(sentence: string): void {
    if (this.#sentences.length < MAX_PROBLEMS) this.#sentences.push(sentence)
    else this.#more++
  }

  get isFull(): boolean {
    return this.#more > 0
  }

  /** At most 21. */
  get sentences(): string[] {
    if (this.#more === 0) return [...this.#sentences]
    return [...this.#sentences, 'There are more problems of this kind; the first are listed.']
  }
}

/** Work in several parts, told as one ratio that only rises. */
export class Progress {
  readonly #tell: ((ratio: number) => void) | undefined
  #ratio = 0

  constructor(tell: ((ratio: number) => void) | undefined) {
    this.#tell = tell
  }

  /** `done` of `total` of the part from `from` to `to`. */
  at(from: number, to: number, done: number, total: number): void {
    const ratio = from + (to - from) * (total === 0 ? 1 : Math.min(1, done / total))
    if (ratio <= this.#ratio) return
    this.#ratio = ratio
    this.#tell?.(ratio)
  }
}
