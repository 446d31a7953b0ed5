/**
 * Hands a job to all rigs in slices, one slice each turn of the loop: 10,000 rigs in one go would block
 * shares for 80 ms, slices of 64 for 2 ms, and the last rig gets its job no later (performance notes, 4).
 */
import { type Downstream } from './downstream.ts'
import { type IssuedJob } from './job-board.ts'

const SLICE = 64

export class Fanout {
  /** Every rig that takes jobs. */
  readonly downstreams = new Set<Downstream>()
  #round = 0

  /** Sends to `receivers`; the first slice leaves before this returns. A later call supersedes the rest. */
  send(issued: IssuedJob, receivers: readonly Downstream[]): void {
    const round = ++this.#round
    let next = 0
    const slice = (): void => {
      if (round !== this.#round) return
      const end = Math.min(next + SLICE, receivers.length)
      for (; next < end; next++) {
        const downstream = receivers[next]!
        if (downstream.ready) downstream.sendJob(issued)
      }
      if (next < receivers.length) setImmediate(slice)
    }
    slice()
  }
}
