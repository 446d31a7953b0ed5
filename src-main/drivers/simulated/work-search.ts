/**
 * The hashing of chips that take a midstate and a tail at a time and look through all nonces once: Icarus and BM1384.
 * They rest when they have been through. Space and rate are scaled alike, so that it takes as long as in silicon.
 */
import { type HashableHeader, type NonceFinder } from './nonce-finder.ts'
import { planSweep, type SweepPlan, visitOf } from './sweep.ts'

/** Values of a nonce's first byte; the other three are the counter. */
const FIRST_BYTES = 256
const COUNTERS = 2 ** 24

export class WorkSearch {
  readonly #finder: NonceFinder
  readonly #plan: SweepPlan
  readonly #report: (nonce: number) => void
  #header: HashableHeader | null = null
  #neededZeroBits = 0
  #visit = 0
  #visitDone = 0
  #hashes = 0

  /** @param fixedZeroBits 2^this hashes stand for all nonces @param report is given the header's number */
  constructor(finder: NonceFinder, fixedZeroBits: number, report: (nonce: number) => void) {
    this.#finder = finder
    this.#report = report
    const epochHashes = 2 ** fixedZeroBits
    this.#plan = planSweep({
      chips: 1,
      lanes: 1,
      batches: 1,
      slice: COUNTERS,
      epochHashes,
      cores: FIRST_BYTES,
    })
  }

  /** Since it was made. */
  get hashes(): number {
    return this.#hashes
  }

  get resting(): boolean {
    return this.#header === null || this.#visit >= this.#plan.visitsPerEpoch
  }

  /** @param header null: nothing to do */
  begin(header: HashableHeader | null, neededZeroBits: number): void {
    this.#header = header
    this.#neededZeroBits = neededZeroBits
    this.#visit = 0
    this.#visitDone = 0
  }

  hash(count: number): void {
    const { hashesPerVisit } = this.#plan
    for (let due = count; due > 0;) {
      const header = this.#header
      if (header === null || this.resting) return
      const take = Math.min(due, hashesPerVisit - this.#visitDone)
      const { counter, core } = visitOf(this.#plan, this.#visit)
      const rest = ((counter & 0xff) << 24) | (((counter >> 8) & 0xff) << 16) | ((counter >> 16) << 8)
      const first = (rest >>> 0) + core + this.#visitDone
      this.#visitDone += take
      if (this.#visitDone === hashesPerVisit) {
        this.#visit++
        this.#visitDone = 0
      }
      due -= take
      this.#hashes += take
      for (const nonce of this.#finder.find(header, first, take, this.#neededZeroBits)) this.#report(nonce)
    }
  }
}

/** Four bytes in header order. */
export function nonceBytes(nonce: number): number[] {
  return [nonce & 0xff, (nonce >>> 8) & 0xff, (nonce >>> 16) & 0xff, nonce >>> 24]
}
