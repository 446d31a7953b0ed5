/**
 * One user's account at the practice pool, for as long as its channel or session lasts: the jobs it was given,
 * the difficulty it is held to, the verdicts of its shares. Knows no protocol, no socket and no timer.
 *
 * Shares are checked the plain way, header by header, and not with the kernel that the proxy checks them
 * with: two computations that agree are worth more than one. A pool of a few shares a second can afford it.
 */
import { toHex } from '../base/index.ts'
import {
  checkShareShape,
  difficultyOfHash,
  difficultyOfHashrate,
  difficultyOfTarget,
  type ExtranonceSpace,
  hashHeader,
  headerOfShare,
  type Job,
  type JobId,
  judge,
  meetsTarget,
  asBlockHash,
  pinTargets,
  type RejectionReason,
  type Share,
  type ShareTargets,
  type Target,
  targetOfDifficulty,
  Vardiff,
} from '../mining/index.ts'
import { ShareTally, type ShareTallyView } from './share-tally.ts'
import { coinbaseOf, type Template } from './template.ts'

export interface DifficultyPolicy {
  /** Aimed at, for the whole account. */
  readonly sharesPerMinute: number
  /** For accounts that declare no hashrate. */
  readonly startDifficulty: number
  /** Nobody is asked for less. */
  readonly minDifficulty: number
  /** Whatever hashrate is declared, nobody starts above: what mines here is usually no ASIC. */
  readonly maxStartDifficulty: number
  /** Rate while measuring. */
  readonly calibrationSharesPerSecond: number
}

/** At 300 kH/s: 42 shares a minute to begin with, seven a second at the least difficulty. */
export const PRACTICE_DIFFICULTY: DifficultyPolicy = {
  sharesPerMinute: 15,
  startDifficulty: 1e-4,
  minDifficulty: 1e-5,
  maxStartDifficulty: 0.01,
  calibrationSharesPerSecond: 2,
}

/** A job as one account was given it. */
export interface PoolJob {
  /** Unsigned 32 bits, unique in the pool: the job id of both protocols. */
  readonly number: number
  readonly template: Template
  readonly job: Job
  /** What its shares are held to and credited with. */
  readonly difficulty: number
}

export type PoolShare = Omit<Share, 'jobId'> & {
  /** `number` of a `PoolJob`. */
  readonly jobNumber: number
}

export type ShareRejection = RejectionReason | 'invalid-job-id'

export type ShareVerdict =
  | {
      readonly kind: 'accepted'
      readonly difficulty: number
      /** What the chain has to be shown; null for an ordinary share. */
      readonly solution: BlockSolution | null
    }
  | { readonly kind: 'rejected'; readonly reason: ShareRejection }

export interface BlockSolution {
  readonly issued: PoolJob
  /** 80 bytes. */
  readonly header: Uint8Array
  /** Prefix and rollable part. */
  readonly rollable: Uint8Array
}

export interface PoolAccountOptions {
  readonly userIdentity: string
  readonly extranonce: ExtranonceSpace
  readonly policy: DifficultyPolicy
  /** Version bits that shares may change; 0 for none. */
  readonly versionRollingMask: number
  /** The easiest target the user accepts. */
  readonly maxTarget: Target
  /** Declared, H/s; 0 if unknown. */
  readonly nominalHashrateHs: number
  /** Monotonic milliseconds. */
  readonly nowMs: number
}

interface KnownJob extends PoolJob {
  readonly targets: ShareTargets
  stale: boolean
}

/** Jobs an account may send shares of, the stale ones included; above it the oldest is forgotten. */
const JOBS_KEPT = 128
/** Hashes remembered to find duplicates; above it the oldest is forgotten, hours of shares on one tip. */
const HASHES_KEPT = 20_000

export class PoolAccount {
  readonly userIdentity: string
  readonly extranonce: ExtranonceSpace
  readonly tally = new ShareTally()
  readonly #policy: DifficultyPolicy
  readonly #versionRollingMask: number
  readonly #jobs = new Map<number, KnownJob>()
  readonly #seen = new Set<string>()
  #vardiff: Vardiff
  #maxTarget: Target

  constructor(options: PoolAccountOptions) {
    const { policy, maxTarget, nominalHashrateHs, nowMs } = options
    this.userIdentity = options.userIdentity
    this.extranonce = options.extranonce
    this.#policy = policy
    this.#versionRollingMask = options.versionRollingMask
    this.#maxTarget = maxTarget
    const declared = difficultyOfHashrate(nominalHashrateHs, policy.sharesPerMinute)
    const start = declared === 0 ? policy.startDifficulty : Math.min(declared, policy.maxStartDifficulty)
    this.#vardiff = this.#startVardiff(start, nowMs)
  }

  /** What the next job's shares are held to. */
  get difficulty(): number {
    return this.#vardiff.difficulty
  }

  /** The target of `difficulty`, never easier than the user accepts. */
  get target(): Target {
    const target = targetOfDifficulty(this.#vardiff.difficulty)
    // Rounding may leave the difficulty of the user's own target a hair below it.
    return meetsTarget(asBlockHash(target), this.#maxTarget) ? target : this.#maxTarget
  }

  get counts(): ShareTallyView {
    return this.tally.view()
  }

  /**
   * Makes a job of a template. With `template.cleanJobs` every earlier job becomes stale.
   * @param number see `PoolJob`
   * @param nowMs epoch milliseconds
   */
  issue(template: Template, number: number, nowMs: number): PoolJob {
    if (template.cleanJobs) {
      for (const job of this.#jobs.values()) job.stale = true
      this.#seen.clear()
    }
    const { prefix, rollableSize } = this.extranonce
    const coinbase = coinbaseOf(template, prefix.length + rollableSize, number)
    const ntime = Math.max(template.ntime, Math.floor(nowMs / 1000))
    const { target, difficulty } = this
    const job: Job = {
      id: number as JobId,
      upstreamJobId: String(number),
      tip: { ...template.tip, minNtime: ntime },
      version: template.version,
      versionRollingMask: this.#versionRollingMask,
      ntime,
      coinbasePrefix: coinbase.prefix,
      coinbaseSuffix: coinbase.suffix,
      merklePath: template.merklePath,
      extranonce: this.extranonce,
      target,
      cleanJobs: template.cleanJobs,
      receivedAtMs: nowMs,
    }
    const targets = pinTargets(job, target, difficulty)
    this.#jobs.set(number, { number, template, job, difficulty, targets, stale: false })
    forgetOldest(this.#jobs, JOBS_KEPT)
    return { number, template, job, difficulty }
  }

  /**
   * Judges a share and counts it, unless it could be a block: then `tally` waits for `settleBlock`.
   * @param nowMs epoch milliseconds
   * @param monotonicMs for the difficulty
   */
  judge(share: PoolShare, nowMs: number, monotonicMs: number): ShareVerdict {
    const known = this.#jobs.get(share.jobNumber)
    if (known === undefined) return this.#reject('invalid-job-id')
    if (known.stale) return this.#reject('stale-share')
    const shape = checkShareShape(known.job, { ...share, rollableSize: share.rollable.length }, nowMs)
    if (shape !== undefined) return this.#reject(shape)
    const header = headerOfShare(known.job, share)
    const hash = hashHeader(header)
    const key = toHex(hash)
    const verdict = judge(known.targets, hash, this.#seen.has(key), false)
    if (verdict.kind === 'rejected') return this.#reject(verdict.reason)
    this.#seen.add(key)
    forgetOldest(this.#seen, HASHES_KEPT)
    this.#vardiff.onShare(verdict.difficulty, monotonicMs, difficultyOfHash(hash))
    if (!verdict.block) {
      this.tally.accept(verdict.difficulty, false)
      return { kind: 'accepted', difficulty: verdict.difficulty, solution: null }
    }
    const solution: BlockSolution = { issued: known, header, rollable: share.rollable }
    return { kind: 'accepted', difficulty: verdict.difficulty, solution }
  }

  /** Counts a share that could be a block, after the chain has had its say. */
  settleBlock(difficulty: number, taken: boolean): void {
    this.tally.accept(difficulty, taken)
  }

  /**
   * Adjusts the difficulty to the shares that came. Call it about once a second.
   * @returns whether it changed: tell the user, and issue a job
   */
  retarget(monotonicMs: number): boolean {
    return this.#vardiff.retarget(monotonicMs) !== undefined
  }

  /** What the user would like to be held to; followed unless its shares say otherwise already. */
  suggest(difficulty: number, monotonicMs: number): void {
    if (this.#vardiff.isSteady) return
    this.#vardiff = this.#startVardiff(Math.min(difficulty, this.#policy.maxStartDifficulty), monotonicMs)
  }

  /**
   * Changes the easiest target the user accepts.
   * @returns whether the difficulty had to follow: tell the user, and issue a job
   */
  setMaxTarget(maxTarget: Target, monotonicMs: number): boolean {
    const before = this.difficulty
    const leastBefore = this.#leastDifficulty
    this.#maxTarget = maxTarget
    if (this.#leastDifficulty === leastBefore) return false
    const { isSteady } = this.#vardiff
    this.#vardiff = this.#startVardiff(before, monotonicMs, isSteady)
    return this.difficulty !== before
  }

  #startVardiff(startDifficulty: number, nowMs: number, startKnown = false): Vardiff {
    const { sharesPerMinute, calibrationSharesPerSecond } = this.#policy
    return new Vardiff({
      startDifficulty,
      startKnown,
      nowMs,
      sharesPerMinute,
      calibrationSharesPerSecond,
      minDifficulty: this.#leastDifficulty,
    })
  }

  get #leastDifficulty(): number {
    return Math.max(this.#policy.minDifficulty, difficultyOfTarget(this.#maxTarget))
  }

  #reject(reason: ShareRejection): ShareVerdict {
    this.tally.reject(reason)
    return { kind: 'rejected', reason }
  }
}

function forgetOldest(kept: Map<number, unknown> | Set<string>, limit: number): void {
  if (kept.size <= limit) return
  const [oldest] = kept.keys()
  if (oldest !== undefined) kept.delete(oldest as never)
}
