/**
 * The hashing of a virtual chain: which headers and nonces its cores try, with what clock and registers say, and which
 * of them pass the ticket. What is read off the line, and said on it, is the chain's affair.
 */
import { type ChipKind, ticketMaskOf } from './chip-kinds.ts'
import { type ChipJob } from './job-frames.ts'
import { type NonceFinder } from './nonce-finder.ts'
import { hashTail, leadingZeroBits, topWord } from './sha256.ts'
import { COUNTER_BITS, countBits, deposit, planSweep, type SweepPlan, type Visit, visitOf } from './sweep.ts'
import { REGISTER, type VirtualChip } from './virtual-chip.ts'

export interface FoundNonce {
  readonly chip: VirtualChip
  readonly job: ChipJob
  /** The header's number. */
  readonly nonce: number
  /** Small core, or midstate. */
  readonly lane: number
  /** Version field, before it is shifted up. */
  readonly field: number
  /** Zero bits beyond those that the ticket asks for. */
  readonly excessBits: number
}

export interface ChainSearchOptions {
  readonly kind: ChipKind
  readonly chips: readonly VirtualChip[]
  readonly finder: NonceFinder
  readonly fixedZeroBits: number
  readonly rateRatio?: number
  /** Chips whose nonces nobody would hear. */
  readonly silent: (chip: VirtualChip) => boolean
  readonly report: (found: FoundNonce) => void
}

export class ChainSearch {
  readonly #options: ChainSearchOptions
  #plan: SweepPlan | null = null
  #visit = 0
  /** Hashes of the present visit done. */
  #visitDone = 0
  #hashes = 0

  constructor(options: ChainSearchOptions) {
    this.#options = options
  }

  /** Since it was made. */
  get hashes(): number {
    return this.#hashes
  }

  /** Whether the job is done: chips that are given midstates stop then, the others begin again. */
  get resting(): boolean {
    return !this.#options.kind.rolls && this.#plan !== null && this.#visit >= this.#plan.visitsPerEpoch
  }

  /** A job begins. */
  restart(): void {
    this.#visit = 0
    this.#visitDone = 0
  }

  /** Registers, clock or job changed: the search goes on where it was. @returns H/s, as scaled */
  retune(job: ChipJob | null): number {
    const { kind, chips, fixedZeroBits, rateRatio = 1 } = this.#options
    const chip = chips[0]!
    const mhz = chip.clockMhz
    const hashrateHs = mhz * 1e6 * kind.smallCores * chips.length * rateRatio * 2 ** (fixedZeroBits - 32)
    const headers = this.#headersAtATime(chip, job)
    const ticks = chip.raw(REGISTER.hashCount)
    const swept = kind.rolls ? 2 * ticks * (mhz / 25) : 2 ** COUNTER_BITS
    this.#plan = planSweep({
      chips: chips.length,
      ...headers,
      slice: Math.min(Math.floor(swept), 2 ** COUNTER_BITS / nextPowerOf2(chips.length)),
      // Chips with midstates sweep all nonces of each of them; the others all versions, each as long as they are told.
      epochHashes: kind.rolls
        ? hashrateHs * (ticks / 25e6) * headers.batches
        : headers.lanes * 2 ** fixedZeroBits * kind.spaceRatio,
      cores: this.#firstBytes / this.#firstByteStep,
    })
    // Visits may have become shorter than what of the present one is done.
    if (this.#visitDone >= this.#plan.hashesPerVisit) {
      this.#visit++
      this.#visitDone = 0
    }
    return hashrateHs
  }

  hash(job: ChipJob, count: number): void {
    const plan = this.#plan
    if (plan === null) return
    for (let due = count; due > 0 && !this.resting;) {
      const take = Math.min(due, plan.hashesPerVisit - this.#visitDone)
      this.#search(job, visitOf(plan, this.#visit), take)
      this.#visitDone += take
      if (this.#visitDone === plan.hashesPerVisit) {
        this.#visit++
        this.#visitDone = 0
      }
      due -= take
      this.#hashes += take
    }
  }

  #headersAtATime(chip: VirtualChip, job: ChipJob | null): { lanes: number; batches: number } {
    const { kind } = this.#options
    if (!kind.rolls) return { lanes: job?.midstates ?? 1, batches: 1 }
    const versions = 2 ** countBits(chip.rolledMask ?? 0)
    const lanes = Math.min(kind.smallPerCore, versions)
    return { lanes, batches: versions / lanes }
  }

  /** Values of a nonce's first byte: the core's number and the counter's top bit. */
  get #firstBytes(): number {
    return 2 * this.#options.kind.cores
  }

  /** With several chips the counter's top bit tells them apart, so only every other value is a chip's own. */
  get #firstByteStep(): 1 | 2 {
    return this.#options.chips.length > 1 ? 2 : 1
  }

  #search(job: ChipJob, visit: Visit, count: number): void {
    const { kind, chips, finder, fixedZeroBits } = this.#options
    const chip = chips[visit.chip]!
    chip.hashes += count
    if (this.#options.silent(chip)) return
    const mask = chip.rolledMask ?? 0
    const lanes = Math.min(kind.smallPerCore, 2 ** countBits(mask))
    const field = deposit(visit.batch * lanes + visit.lane, mask)
    const header = job.header(visit.lane, (field << 13) >>> 0)
    const step = this.#firstByteStep
    const counter = (chip.firstCounter + visit.counter) % 2 ** COUNTER_BITS
    // A nonce's bytes: core and counter bit 24, then counter bits 23..0. As a number its first byte is the lowest.
    const rest = ((counter & 0xff) << 24) | (((counter >> 8) & 0xff) << 16) | (((counter >> 16) & 0xff) << 8)
    const ticket = ticketMaskOf(chip.raw(REGISTER.ticket))
    const needed = fixedZeroBits + trailingOnes(ticket)
    const first = (rest >>> 0) + (visit.core + this.#visitDone) * step
    for (const nonce of finder.find(header, first, count * step, needed)) {
      if (step === 2 && (nonce & 1) !== counter >> 24) continue
      const hash = hashTail(header.midstate, header.tail, nonce)
      if (!this.#passes(hash, ticket)) continue
      const excessBits = leadingZeroBits(hash) - needed
      this.#options.report({ chip, job, nonce, lane: visit.lane, field, excessBits })
    }
  }

  /** The test is bitwise: each bit of the mask wants its bit of the hash to be zero, counted from the fixed ones on. */
  #passes(hash: Uint32Array, ticket: number): boolean {
    for (let bit = 0; bit < 32; bit++) {
      if (((ticket >>> bit) & 1) === 0) continue
      const at = this.#options.fixedZeroBits + bit
      if ((topWord(hash, at >> 5) >>> (31 - (at & 31))) & 1) return false
    }
    return true
  }
}

function trailingOnes(mask: number): number {
  let ones = 0
  while (ones < 32 && (mask >>> ones) & 1) ones++
  return ones
}

function nextPowerOf2(count: number): number {
  return 2 ** Math.ceil(Math.log2(count))
}
