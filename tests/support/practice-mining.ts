/** Hashing by hand for tests of the practice pools: finds shares of a job, and entropy that repeats. */
import { type Entropy } from '../../src-main/base/index.ts'
import { createNonceScanner } from '../../src-main/checker/index.ts'
import {
  asTarget,
  type Job,
  hashHeader,
  headerOfShare,
  meetsTarget,
  type Share,
  type Target,
} from '../../src-main/mining/index.ts'

export type FoundShare = Omit<Share, 'jobId'>

/** Numbers that differ from call to call and are the same in every run. */
export function countingEntropy(): Entropy {
  let counter = 0
  return (length) => {
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length; i++) bytes[i] = Math.imul(++counter, 0x9e3779b1) >>> 24
    return bytes
  }
}

/** The header a share of a job stands for. */
export function headerFor(job: Job, share: FoundShare): Uint8Array {
  return headerOfShare(job, share)
}

export interface SearchOptions {
  /** What the hash must meet; the job's target if absent. */
  readonly target?: Target
  /** What the hash must not meet. */
  readonly aboveTarget?: Target
  readonly version?: number
  readonly ntime?: number
  /** Shares found before are passed over by starting behind them. */
  readonly fromNonce?: number
  readonly rollable?: Uint8Array
}

const STRETCH = 1 << 10

/** The next share of a job, found by hashing. */
export function findShare(job: Job, options: SearchOptions = {}): FoundShare {
  const share = {
    rollable: options.rollable ?? new Uint8Array(job.extranonce.rollableSize),
    ntime: options.ntime ?? job.ntime,
    version: options.version ?? job.version,
  }
  const header76 = headerOfShare(job, { ...share, nonce: 0 }).subarray(0, 76)
  const scanner = createNonceScanner(header76, options.target ?? job.target)
  for (let nonce = options.fromNonce ?? 0; nonce < 2 ** 32; nonce += STRETCH) {
    for (const found of scanner.scan(nonce, Math.min(STRETCH, 2 ** 32 - nonce))) {
      const candidate = { ...share, nonce: found }
      if (options.aboveTarget === undefined) return candidate
      if (!meetsTarget(hashHeader(headerOfShare(job, candidate)), options.aboveTarget)) return candidate
    }
  }
  throw new Error('no share in all nonces')
}

/** A share that misses the job's target. */
export function findWeakShare(job: Job): FoundShare {
  const everything = asTarget(new Uint8Array(32).fill(0xff))
  return findShare(job, { target: everything, aboveTarget: job.target })
}
