/**
 * The last jobs that chips were given, by the id they have on the wire, with everything a share needs. A slot is
 * overwritten only when its id comes round again, so that late nonces still find their job (asic-serial 5.4).
 * What is not in the ring is foreign. Not a judge of nonces, and no maker of work.
 */
import { type DeviceJob } from '../../mining/index.ts'
import { type ChipWork } from '../model/chip.ts'
import { type MadeWork } from './work-maker.ts'

/**
 * Headers remembered for one job. A job lives for a second or so and earns a few dozen; a chip that is given no new
 * one for hours reaches the limit, and repetitions of later nonces are then found by who checks shares again.
 */
const MAX_SEEN_HEADERS = 1024

/** One job as it was sent. */
export class RingJob {
  readonly slot: number
  readonly work: ChipWork
  readonly job: DeviceJob
  /** As many bytes as the job says. */
  readonly extranonce2: Uint8Array
  /** Zero bits from which chips report since this job. */
  readonly ticketBits: number
  /** Running number of the job on its ring. */
  readonly ordinal: number
  #isStale = false
  /** Nonce and version of each header found, one after the other. */
  readonly #seen: number[] = []

  constructor(slot: number, made: MadeWork, ticketBits: number, ordinal: number) {
    this.slot = slot
    this.work = made.work
    this.job = made.job
    this.extranonce2 = made.extranonce2
    this.ticketBits = ticketBits
    this.ordinal = ordinal
  }

  /** Whether it became worthless, its block having been found by somebody else. */
  get isStale(): boolean {
    return this.#isStale
  }

  markStale(): void {
    this.#isStale = true
  }

  hasSeen(nonce: number, version: number): boolean {
    const seen = this.#seen
    for (let i = 0; i < seen.length; i += 2) {
      if (seen[i] === nonce && seen[i + 1] === version) return true
    }
    return false
  }

  remember(nonce: number, version: number): void {
    if (this.#seen.length < 2 * MAX_SEEN_HEADERS) this.#seen.push(nonce, version)
  }
}

export class JobRing {
  readonly #slots: readonly number[]
  readonly #jobs = new Map<number, RingJob>()
  /** Where replies name no job, the one before the newest: a reply can cross new work on the wire (3.5). */
  #before: RingJob | null = null
  /** Index into `#slots` of the job sent last; -1 before the first. */
  #newest = -1
  #nextOrdinal = 0

  /** @param slots wire ids in the order in which jobs take them, at least one */
  constructor(slots: readonly number[]) {
    if (slots.length === 0) throw new RangeError('a ring of jobs has at least one slot')
    this.#slots = slots
  }

  /** Id for the next job. */
  get nextSlot(): number {
    return this.#slots[(this.#newest + 1) % this.#slots.length]!
  }

  /** Id of the job sent last; null before the first. */
  get newestSlot(): number | null {
    return this.#newest < 0 ? null : this.#slots[this.#newest]!
  }

  /** Running number that the next job gets. */
  get nextOrdinal(): number {
    return this.#nextOrdinal
  }

  /** Puts work into `nextSlot`; to be called when the frame is about to be written. */
  add(made: MadeWork, ticketBits: number): RingJob {
    const slot = this.nextSlot
    const entry = new RingJob(slot, made, ticketBits, this.#nextOrdinal++)
    this.#newest = (this.#newest + 1) % this.#slots.length
    if (this.#slots.length === 1) this.#before = this.#jobs.get(slot) ?? null
    this.#jobs.set(slot, entry)
    return entry
  }

  /** The job that a slot holds now; undefined if none was sent under that id. */
  find(slot: number): RingJob | undefined {
    return this.#jobs.get(slot)
  }

  /** The job that a slot held before, where there is but one slot; else null. */
  findBefore(): RingJob | null {
    return this.#before
  }

  /** Everything sent so far became worthless: a new block came. */
  markStale(): void {
    for (const entry of this.#jobs.values()) entry.markStale()
    this.#before?.markStale()
  }

  /** After a reset chips know no job. Ids go on from where they were. */
  clear(): void {
    this.#jobs.clear()
    this.#before = null
  }
}
