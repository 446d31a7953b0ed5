/**
 * Puts rigs on lines and hands them jobs. A rig goes from one line to another with one job, which its session sends
 * with whatever else the rig must know first (difficulty, version mask). Only a rig whose extranonce does not fit is
 * told another, or let go to come back for one (design, "A pool switch the rig does not notice").
 */
import { type Clock } from '../../base/index.ts'
import { fits, type Job } from '../../mining/index.ts'
import { type Downstream } from '../downstream/downstream.ts'
import { type ExtranonceDesk } from '../downstream/extranonce-desk.ts'
import { type IssuedJob, type JobBoard } from '../shares/job-board.ts'
import { type Line } from './line.ts'
import { newSeat, type Seat } from './seat.ts'

/** How rigs took a change of pools. */
export interface MoveCounts {
  readonly total: number
  readonly seamless: number
  readonly setExtranonce: number
  readonly reconnected: number
}

export interface PlacementParts {
  readonly clock: Clock
  readonly board: JobBoard
  readonly extranonces: ExtranonceDesk
}

export class Placement {
  /** Every rig that takes jobs. */
  readonly seats = new Map<Downstream, Seat>()
  readonly #parts: PlacementParts

  constructor(parts: PlacementParts) {
    this.#parts = parts
  }

  add(downstream: Downstream): Seat {
    const seat = newSeat(downstream)
    this.seats.set(downstream, seat)
    return seat
  }

  remove(downstream: Downstream): Seat | undefined {
    const seat = this.seats.get(downstream)
    if (!seat) return undefined
    this.seats.delete(downstream)
    seat.gone = true
    this.unseat(seat)
    return seat
  }

  /** It has nothing to hash from now on. */
  unseat(seat: Seat): void {
    if (seat.line) seat.line.rigCount--
    seat.line = null
  }

  /**
   * Issues a job and hands it to all rigs of a line, and to some that come to it with this job. How each takes it is
   * known at once; most are sent it in the next turns of the loop.
   * @throws HeadframeError if the job cannot be hashed; nothing is changed then
   */
  spread(line: Line, job: Job, cleanJobs: boolean, arrivals: readonly Seat[] | 'everyone' = []): MoveCounts {
    const issued = this.#parts.board.issue(job, line, cleanJobs, this.#parts.clock.monotonicMs())
    line.current = issued
    line.sentMs = this.#parts.clock.monotonicMs()
    const round = new Round(issued)
    if (arrivals === 'everyone') return this.#finish(round, line, this.seats.values(), 'all')
    // Those that were here; of a line that had none, nobody is looked for among very many.
    if (line.rigCount > 0) {
      for (const seat of line.owner ? [line.owner] : this.seats.values())
        if (seat.line === line) round.add(seat)
    }
    return this.#finish(round, line, arrivals, 'all')
  }

  /**
   * Brings rigs to a line, with its job issued anew for them: they may have hashed this very job before, and start
   * their counters anew. Those that are there already are left alone.
   * @throws HeadframeError if the job cannot be hashed; nothing is changed then
   */
  bring(seats: readonly Seat[], line: Line, job: Job): MoveCounts {
    if (line.rigCount === 0 || line.current === null) return this.spread(line, job, true, seats)
    const issued = this.#parts.board.issue(job, line, true, this.#parts.clock.monotonicMs())
    return this.#finish(new Round(issued), line, seats, 'arrivals')
  }

  /** Gives a rig that has just connected what the others on the line hash. */
  welcome(seat: Seat, line: Line, issued: IssuedJob): void {
    const round = new Round(issued)
    this.#seat(seat, line)
    round.add(seat)
    line.floodGate.update(line.presumedHs)
    for (const misfit of round.misfits) this.#refit(misfit, issued)
    for (const receiver of round.receivers) {
      receiver.issued = issued
      receiver.downstream.sendJob(issued)
    }
  }

  /** How rigs would take a job. */
  predict(seats: Iterable<Seat>, job: Job): MoveCounts {
    const counts = { total: 0, seamless: 0, setExtranonce: 0, reconnected: 0 }
    for (const { downstream } of seats) {
      counts.total++
      if (fitsJob(downstream, job)) counts.seamless++
      else if (downstream.canSetExtranonce) counts.setExtranonce++
      else counts.reconnected++
    }
    return counts
  }

  #finish(round: Round, line: Line, arrivals: Iterable<Seat>, receivers: 'all' | 'arrivals'): MoveCounts {
    for (const seat of arrivals) {
      this.#seat(seat, line)
      if (seat.line === line) round.add(seat)
    }
    // What is known of the newcomers counts at once: their first shares must not be a flood.
    line.floodGate.update(line.presumedHs)
    let setExtranonce = 0
    for (const seat of round.misfits) {
      // One that does not fit may take others with it that share its connection.
      if (seat.line === line && this.#refit(seat, round.issued)) setExtranonce++
    }
    if (receivers === 'all') line.fanout.send(round.issued, round.receivers)
    else line.fanout.welcome(round.issued, round.receivers)
    const seamless = round.receivers.length
    const misfits = round.misfits.length
    return { total: seamless + misfits, seamless, setExtranonce, reconnected: misfits - setExtranonce }
  }

  #seat(seat: Seat, line: Line): void {
    if (seat.gone || seat.line === line) return
    if (seat.line) seat.line.rigCount--
    seat.line = line
    seat.poolId = line.poolId
    line.rigCount++
    line.presumedHs += seat.presumedHs
  }

  /** A rig whose layout does not fit: tell it a new one, else let it come back for one. */
  #refit(seat: Seat, issued: IssuedJob): boolean {
    const { downstream } = seat
    const { extranonces } = this.#parts
    if (downstream.canSetExtranonce) {
      const { rollsVersions, minimumRollableSize } = downstream.rig
      const { extranonce } = issued.job
      const grant = extranonces.tryGrant({ rollsVersions, minimumRollableSize }, extranonce)
      if (grant && fits(grant.layout, extranonce)) {
        seat.meant = issued
        if (downstream.setExtranonce(grant, issued)) {
          seat.issued = issued
          downstream.sendJob(issued)
          return true
        }
      }
      if (grant) extranonces.release(grant)
    }
    downstream.disconnect('the pool grants too few bytes of extranonce for this session; please reconnect')
    return false
  }
}

/** Who is given an issue, and how. */
class Round {
  readonly issued: IssuedJob
  readonly receivers: Seat[] = []
  readonly misfits: Seat[] = []

  constructor(issued: IssuedJob) {
    this.issued = issued
  }

  add(seat: Seat): void {
    seat.meant = this.issued
    if (fitsJob(seat.downstream, this.issued.job)) this.receivers.push(seat)
    else this.misfits.push(seat)
  }
}

function fitsJob({ rig }: Downstream, job: Job): boolean {
  return rig.layout !== null && fits(rig.layout, job.extranonce)
}
