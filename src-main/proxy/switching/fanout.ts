/** Hands a job to all rigs, a slice in each turn of the loop, so that shares never wait for it (see `Broadcast`). */
import { Broadcast, type WriteJoiner } from '../../net/index.ts'
import { type Downstream } from '../downstream/downstream.ts'
import { type IssuedJob } from '../shares/job-board.ts'

export class Fanout {
  /** Every rig that takes jobs. */
  readonly downstreams = new Set<Downstream>()
  readonly #broadcast: Broadcast<Downstream>

  /** @param joiner lets each slice leave in the turn that wrote it */
  constructor(joiner: WriteJoiner) {
    this.#broadcast = new Broadcast({ afterSlice: () => joiner.flush() })
  }

  /** Sends to `receivers`; the first slice leaves before this returns. A later call supersedes the rest. */
  send(issued: IssuedJob, receivers: readonly Downstream[]): void {
    this.#broadcast.start(receivers, (downstream) => {
      if (downstream.ready) downstream.sendJob(issued)
    })
  }
}
