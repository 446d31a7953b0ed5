/** Hands jobs to the rigs of a line, a slice in each turn of the loop, so that shares never wait for it (see `Broadcast`). */
import { Broadcast, type WriteJoiner } from '../../net/index.ts'
import { type IssuedJob } from '../shares/job-board.ts'
import { type Line } from './line.ts'
import { type Seat } from './seat.ts'

export class Fanout {
  readonly #line: Line
  readonly #toAll: Broadcast<Seat>
  readonly #toArrivals: Broadcast<Seat>

  /** @param joiner lets each slice leave in the turn that wrote it */
  constructor(line: Line, joiner: WriteJoiner) {
    this.#line = line
    const options = { afterSlice: () => joiner.flush() }
    this.#toAll = new Broadcast(options)
    this.#toArrivals = new Broadcast(options)
  }

  /** Sends to all rigs of the line; the first slice leaves before this returns. A later call supersedes the rest. */
  send(issued: IssuedJob, seats: readonly Seat[]): void {
    this.#toArrivals.cancel()
    this.#toAll.start(seats, (seat) => this.#give(seat, issued))
  }

  /** Sends to rigs that have just come, without taking anything from those that were here. */
  welcome(issued: IssuedJob, seats: readonly Seat[]): void {
    const missed = this.#toArrivals.cancel()
    this.#toArrivals.start(missed.length === 0 ? seats : [...missed, ...seats], (seat) =>
      this.#give(seat, issued),
    )
  }

  /** A rig may have gone, or to another line, since the round began. */
  #give(seat: Seat, issued: IssuedJob): void {
    if (seat.line !== this.#line || !seat.downstream.ready) return
    seat.issued = issued
    seat.downstream.sendJob(issued)
  }
}
