/**
 * From one job of the proxy to as many pieces of work as chips can take, never the same twice in the life of the
 * job. Extranonce2 first, all of its bytes; then versions, where it is us who roll them; then header time, by no more
 * than has elapsed. Not a timer, and not aware of slots.
 */
import { type Clock, type Entropy } from '../../base/index.ts'
import { type DeviceJob } from '../../mining/index.ts'
import { type ChipProfile, type ChipWork } from '../model/chip.ts'

export interface MadeWork {
  readonly job: DeviceJob
  /** `job.extranonce2Size` bytes. */
  readonly extranonce2: Uint8Array
  readonly work: ChipWork
}

/**
 * Versions that a piece of work uses up, from its own on: four midstates (asic-serial 2.5), one where nobody rolls.
 * Null where the chip goes through all of the mask itself, and we may not touch it.
 */
const VERSIONS_PER_WORK = { chip: null, midstates: 4, none: 1 } as const

export class WorkMaker {
  readonly #clock: Clock
  readonly #entropy: Entropy
  readonly #versionsPerWork: number | null
  #job: DeviceJob | null = null
  #takenAtMs = 0
  #start = new Uint8Array(0)
  #counter = new Uint8Array(0)
  #merkleRoot = new Uint8Array(32)
  #ntime = 0
  #versionIndex = 0
  #versionCount = 1
  /** Whether the present position was handed out already. */
  #isSpent = false
  /** Whether extranonce and versions are used up at this header time. */
  #isExhausted = false

  constructor(clock: Clock, entropy: Entropy, rolling: ChipProfile['rolling']) {
    this.#clock = clock
    this.#entropy = entropy
    this.#versionsPerWork = VERSIONS_PER_WORK[rolling]
  }

  get job(): DeviceJob | null {
    return this.#job
  }

  /**
   * Work is made of this job from now on. The same job again changes nothing. Extranonce2 starts at random, so that a
   * restart in the middle of a job does not repeat what was hashed before it.
   */
  take(job: DeviceJob): void {
    if (job === this.#job) return
    this.#job = job
    this.#takenAtMs = this.#clock.monotonicMs()
    this.#start = Uint8Array.from(this.#entropy(job.extranonce2Size))
    this.#counter = this.#start.slice()
    this.#merkleRoot = Uint8Array.from(job.merkleRoot(this.#counter))
    this.#ntime = job.ntime
    this.#versionIndex = 0
    this.#versionCount = this.#countVersions(job.versionRollingMask)
    this.#isSpent = false
    this.#isExhausted = false
  }

  /** @returns null if there is no job, or nothing new in it before the next second */
  next(): MadeWork | null {
    const job = this.#job
    if (!job) return null
    if (this.#isSpent && !this.#advance(job)) return null
    this.#isSpent = true
    return {
      job,
      extranonce2: this.#counter.slice(),
      work: {
        version: this.#version(job),
        versionMask: job.versionRollingMask,
        prevHash: job.prevHash,
        merkleRoot: this.#merkleRoot,
        ntime: this.#ntime,
        nBits: job.nBits,
      },
    }
  }

  #advance(job: DeviceJob): boolean {
    if (!this.#isExhausted) {
      if (this.#advanceExtranonce(job)) return true
      if (this.#versionIndex + 1 < this.#versionCount) {
        this.#versionIndex++
        return true
      }
      this.#isExhausted = true
    }
    const elapsedS = Math.floor((this.#clock.monotonicMs() - this.#takenAtMs) / 1000)
    const ntime = job.ntime + elapsedS
    if (ntime <= this.#ntime || ntime > 0xffffffff) return false
    this.#ntime = ntime
    this.#versionIndex = 0
    this.#isExhausted = false
    return true
  }

  /** @returns false when it has come round to where it started, which leaves it there */
  #advanceExtranonce(job: DeviceJob): boolean {
    const counter = this.#counter
    if (counter.length === 0) return false
    increment(counter)
    const hasWrapped = counter.every((byte, i) => byte === this.#start[i])
    this.#merkleRoot = Uint8Array.from(job.merkleRoot(counter))
    return !hasWrapped
  }

  #countVersions(mask: number): number {
    if (this.#versionsPerWork === null) return 1
    return Math.max(1, Math.floor(2 ** countBits(mask) / this.#versionsPerWork))
  }

  #version(job: DeviceJob): number {
    if (this.#versionIndex === 0 || this.#versionsPerWork === null) return job.version
    return addWithinMask(job.version, job.versionRollingMask, this.#versionIndex * this.#versionsPerWork)
  }
}

/** Adds 1 to a number written most significant byte first; all ones become all zeros. */
function increment(counter: Uint8Array): void {
  for (let i = counter.length - 1; i >= 0; i--) {
    const sum = (counter[i]! + 1) & 0xff
    counter[i] = sum
    if (sum !== 0) return
  }
}

function countBits(mask: number): number {
  let count = 0
  for (let rest = mask >>> 0; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count++
  return count
}

/** Adds to the number that a version's bits within the mask make; a carry never leaves the mask (asic-serial 2.5). */
function addWithinMask(version: number, mask: number, amount: number): number {
  let result = version & ~mask
  let rest = amount
  for (let bit = 0; bit < 32; bit++) {
    const at = 1 << bit
    if ((mask & at) === 0) continue
    rest += (version & at) === 0 ? 0 : 1
    if (rest % 2 === 1) result |= at
    rest = Math.floor(rest / 2)
  }
  return result >>> 0
}
