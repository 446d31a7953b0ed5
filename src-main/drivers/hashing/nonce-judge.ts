/**
 * What a chip's reply is worth: rebuilds the header under each job it may belong to, hashes it and says what came
 * out. The hash decides, never the frame's check sum, which passes one corrupted reply in 32 (asic-serial 2.3).
 * Counts nothing and submits nothing.
 */
import {
  difficultyOfHash,
  type DeviceShare,
  forbiddenVersionChange,
  type HashHeader,
  HEADER_SIZE,
  meetsTarget,
} from '../../mining/index.ts'
import { type ChipProfile, type ChipWork, type NonceReply } from '../model/chip.ts'
import { type JobRing, type RingJob } from './job-ring.ts'
import { leadingZeroBits } from './scale.ts'

/** A header that was found: which one, and how good its hash is. */
export interface FoundHeader {
  readonly entry: RingJob
  /** Rolled bits included. */
  readonly version: number
  readonly hashDifficulty: number
  readonly zeroBits: number
  /** Whether it counts towards the rate: its hash meets the ticket, whatever ticket the chip really has. */
  readonly meetsTicket: boolean
}

export type NonceVerdict =
  /** Meets its job's target. */
  | { readonly kind: 'share'; readonly found: FoundHeader; readonly share: DeviceShare }
  /** Real work below the job's target. `meetsTicket` is false for what the chip should have kept to itself. */
  | { readonly kind: 'near-miss'; readonly found: FoundHeader }
  /** Of a job whose block was found by somebody else. */
  | { readonly kind: 'stale'; readonly found: FoundHeader }
  /** Rolled bits that the pool does not allow: the chip has lost its version mask. */
  | { readonly kind: 'outside-mask'; readonly found: FoundHeader }
  /** The same header again. */
  | { readonly kind: 'duplicate'; readonly entry: RingJob }
  /** Not even the chip's difficulty 1 under any job it may belong to. */
  | { readonly kind: 'hardware-error' }
  /** Names a job that is not in the ring. */
  | { readonly kind: 'foreign' }
  /** What chips report while they are being configured. */
  | { readonly kind: 'busy-work' }

const HARDWARE_ERROR: NonceVerdict = { kind: 'hardware-error' }
const FOREIGN: NonceVerdict = { kind: 'foreign' }
const BUSY_WORK: NonceVerdict = { kind: 'busy-work' }

export interface NonceJudgeParts {
  readonly profile: ChipProfile
  readonly ring: JobRing
  readonly hash: HashHeader
  readonly fixedZeroBits: number
}

interface Candidate {
  entry: RingJob
  version: number
  zeroBits: number
  hashDifficulty: number
  meetsTarget: boolean
}

export class NonceJudge {
  readonly #parts: NonceJudgeParts
  readonly #header = new Uint8Array(HEADER_SIZE)
  readonly #view = new DataView(this.#header.buffer)

  constructor(parts: NonceJudgeParts) {
    this.#parts = parts
  }

  /**
   * Remembers good headers in the ring, so that the same reply is a duplicate the next time; otherwise without
   * effects. Every guess is tried until one meets the ticket; failing that the best that a chip may report counts.
   */
  judge(reply: NonceReply): NonceVerdict {
    const { profile, ring, fixedZeroBits } = this.#parts
    if (profile.isBusyWork(reply)) return BUSY_WORK
    const newestSlot = ring.newestSlot
    if (newestSlot === null) return FOREIGN
    const guesses = profile.guesses(reply, newestSlot)
    let best: Candidate | null = null
    let isLikeliestKnown = false
    for (let i = 0; i < guesses.length; i++) {
      const guess = guesses[i]!
      let entry = ring.find(guess.slot) ?? null
      if (i === 0) isLikeliestKnown = entry !== null
      for (let isBefore = false; entry; isBefore = true) {
        const version = guess.version(entry.work) >>> 0
        if (entry.hasSeen(reply.nonce, version)) return { kind: 'duplicate', entry }
        const candidate = this.#try(entry, version, reply.nonce)
        if (candidate.zeroBits >= fixedZeroBits) {
          if (candidate.zeroBits >= entry.ticketBits) return this.#verdict(candidate, reply.nonce)
          if (!best || candidate.zeroBits > best.zeroBits) best = candidate
        }
        entry = isBefore ? null : ring.findBefore()
      }
    }
    if (best) return this.#verdict(best, reply.nonce)
    return isLikeliestKnown ? HARDWARE_ERROR : FOREIGN
  }

  #try(entry: RingJob, version: number, nonce: number): Candidate {
    writeHeader(this.#header, this.#view, entry.work, version, nonce)
    const hash = this.#parts.hash(this.#header)
    return {
      entry,
      version,
      zeroBits: leadingZeroBits(hash),
      hashDifficulty: difficultyOfHash(hash),
      meetsTarget: meetsTarget(hash, entry.job.target),
    }
  }

  #verdict(candidate: Candidate, nonce: number): NonceVerdict {
    const { entry, version, hashDifficulty, zeroBits } = candidate
    const { job } = entry
    entry.remember(nonce, version)
    const meetsTicket = zeroBits >= entry.ticketBits
    const found: FoundHeader = { entry, version, hashDifficulty, zeroBits, meetsTicket }
    if (forbiddenVersionChange(job.version, version, job.versionRollingMask) !== 0) {
      return { kind: 'outside-mask', found }
    }
    if (entry.isStale) return { kind: 'stale', found }
    if (!candidate.meetsTarget) return { kind: 'near-miss', found }
    const { ntime } = entry.work
    const share = { jobNumber: job.number, extranonce2: entry.extranonce2, ntime, nonce, version }
    return { kind: 'share', found, share }
  }
}

/** As `encodeHeader`, into bytes that are used again: nothing is allocated for a nonce. */
function writeHeader(
  header: Uint8Array,
  view: DataView,
  work: ChipWork,
  version: number,
  nonce: number,
): void {
  view.setUint32(0, version, true)
  header.set(work.prevHash, 4)
  header.set(work.merkleRoot, 36)
  view.setUint32(68, work.ntime, true)
  view.setUint32(72, work.nBits, true)
  view.setUint32(76, nonce, true)
}
