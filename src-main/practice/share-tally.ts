/**
 * What a pool counted: shares by verdict, and the work in the good ones. At all times
 * submitted = accepted + the sum of the rejected. Reasons are the few that `pool-account.ts` names.
 */

/** JSON-safe. */
export interface ShareTallyView {
  readonly submitted: number
  readonly accepted: number
  readonly rejected: number
  /** By reason, in the order they first came. */
  readonly rejectReasons: Readonly<Record<string, number>>
  /** Sum of the accepted shares' difficulties. */
  readonly work: number
  /** Accepted shares that the chain took as blocks. */
  readonly blocks: number
}

export class ShareTally {
  #accepted = 0
  #work = 0
  #blocks = 0
  readonly #rejected = new Map<string, number>()

  accept(difficulty: number, block: boolean): void {
    this.#accepted++
    this.#work += difficulty
    if (block) this.#blocks++
  }

  reject(reason: string): void {
    this.#rejected.set(reason, (this.#rejected.get(reason) ?? 0) + 1)
  }

  /** Adds what another counted. */
  add(other: ShareTally): void {
    this.#accepted += other.#accepted
    this.#work += other.#work
    this.#blocks += other.#blocks
    for (const [reason, count] of other.#rejected) {
      this.#rejected.set(reason, (this.#rejected.get(reason) ?? 0) + count)
    }
  }

  view(): ShareTallyView {
    let rejected = 0
    for (const count of this.#rejected.values()) rejected += count
    return {
      submitted: this.#accepted + rejected,
      accepted: this.#accepted,
      rejected,
      rejectReasons: Object.fromEntries(this.#rejected),
      work: this.#work,
      blocks: this.#blocks,
    }
  }
}
