/**
 * The share book. Every share that a rig offers ends in exactly one column, at every moment:
 *
 *     submitted = valid + stale + duplicate + invalid
 *     valid     = acknowledged + rejected + pending + lost
 *
 * Shares that meet the rig's own difficulty but not the pool's are `weak`: they measure the rig and are not
 * offered to the pool, so they stand outside both lines.
 */
import { type ShareOutcome } from '../upstream/upstream.ts'

export interface ShareCounts {
  submitted: number
  valid: number
  stale: number
  duplicate: number
  invalid: number
  acknowledged: number
  rejected: number
  pending: number
  lost: number
  weak: number
}

export function emptyCounts(): ShareCounts {
  return {
    submitted: 0,
    valid: 0,
    stale: 0,
    duplicate: 0,
    invalid: 0,
    acknowledged: 0,
    rejected: 0,
    pending: 0,
    lost: 0,
    weak: 0,
  }
}

/** Whether both lines of the identity hold. */
export function identityHolds(counts: Readonly<ShareCounts>): boolean {
  return (
    counts.submitted === counts.valid + counts.stale + counts.duplicate + counts.invalid &&
    counts.valid === counts.acknowledged + counts.rejected + counts.pending + counts.lost
  )
}

/** Counts by reason. */
export type Reasons = Readonly<Record<string, number>>

/** What happened to one rig's shares at one pool since the last report. */
export interface ShareDelta {
  readonly rigKey: string
  readonly poolId: string
  submitted: number
  valid: number
  stale: number
  duplicate: number
  invalid: number
  acknowledged: number
  rejected: number
  lost: number
  weak: number
  /** Sum of the difficulties at which valid and weak shares were accepted: work done, in difficulty-1 shares. */
  workDifficulty: number
  /** Highest difficulty a hash reached; 0 if none. */
  bestDifficulty: number
  /** Upstream rejections by the pool's words (bounded). */
  rejectReasons: Reasons
}

/** Distinct reasons kept per book; what comes after shares one bucket, because the words come from a peer. */
const REASON_LIMIT = 32
/** Characters of a reason that are kept. */
const REASON_LENGTH = 80
const OTHER_REASON = 'other'

/**
 * What books keep until there is a first reason: most never have one, and there are very many. Without a
 * prototype, as all counts by reason, because the words come from a peer.
 */
const NO_REASONS: Reasons = Object.freeze(Object.create(null) as Reasons)

/**
 * Adds one for `reason`, or to the common bucket when there are too many different ones.
 * @returns where it was counted, to be kept from now on
 */
export function countReason(reasons: Reasons, reason: string): Reasons {
  const counts = (reasons === NO_REASONS ? Object.create(null) : reasons) as Record<string, number>
  const name = reason.slice(0, REASON_LENGTH)
  const known = counts[name]
  if (known !== undefined) counts[name] = known + 1
  else if (Object.keys(counts).length < REASON_LIMIT) counts[name] = 1
  else counts[OTHER_REASON] = (counts[OTHER_REASON] ?? 0) + 1
  return counts
}

/** Counts of one party: a rig, a pool, or all. */
export class ShareBook {
  readonly counts: ShareCounts = emptyCounts()
  /** Our refusals by reason; stale ones by `StaleCause`. */
  invalidReasons = NO_REASONS
  /** The pool's refusals by reason. */
  rejectReasons = NO_REASONS
  /** Why no answer came. */
  lostReasons = NO_REASONS
  bestDifficulty = 0
  /** Sum of the difficulties of valid and weak shares. */
  workDifficulty = 0
}

/** Who gets the credit for a share: the token that goes through the upstream and back. One for each rig and pool. */
export class ShareAccount {
  readonly rigKey: string
  readonly poolId: string
  readonly rig: ShareBook
  readonly pool: ShareBook
  /** What happened since the last `drain`; null when nothing did. */
  delta: ShareDelta | null = null

  constructor(rigKey: string, poolId: string, rig: ShareBook, pool: ShareBook) {
    this.rigKey = rigKey
    this.poolId = poolId
    this.rig = rig
    this.pool = pool
  }
}

export type RefusalKind = 'stale' | 'duplicate' | 'invalid'

export class Accounting {
  readonly total = new ShareBook()
  readonly #changed: ShareAccount[] = []

  /** Our refusal of a share. */
  refuse(account: ShareAccount, kind: RefusalKind, reason: string): void {
    refuseIn(this.total, kind, reason)
    refuseIn(account.rig, kind, reason)
    refuseIn(account.pool, kind, reason)
    const delta = this.#delta(account)
    delta.submitted++
    delta[kind]++
  }

  /**
   * A share that met the rig's target only.
   * @param difficulty the rig's pinned difficulty: the work it stands for
   * @param achieved difficulty of its hash
   */
  weak(account: ShareAccount, difficulty: number, achieved: number): void {
    weakIn(this.total, difficulty, achieved)
    weakIn(account.rig, difficulty, achieved)
    weakIn(account.pool, difficulty, achieved)
    const delta = this.#delta(account)
    delta.weak++
    addWork(delta, difficulty, achieved)
  }

  /** A share we found good and hand to the upstream; it is pending until `settle`. */
  valid(account: ShareAccount, difficulty: number, achieved: number): void {
    validIn(this.total, difficulty, achieved)
    validIn(account.rig, difficulty, achieved)
    validIn(account.pool, difficulty, achieved)
    const delta = this.#delta(account)
    delta.submitted++
    delta.valid++
    addWork(delta, difficulty, achieved)
  }

  /** The end of a pending share. */
  settle(account: ShareAccount, outcome: ShareOutcome): void {
    settleIn(this.total, outcome)
    settleIn(account.rig, outcome)
    settleIn(account.pool, outcome)
    const delta = this.#delta(account)
    delta[outcome.kind]++
    if (outcome.kind === 'rejected') delta.rejectReasons = countReason(delta.rejectReasons, outcome.reason)
  }

  /** Says that the rig was there, also if nothing happened: a zero in the history instead of a gap. */
  note(account: ShareAccount): void {
    this.#delta(account)
  }

  /**
   * What happened since the last call, per rig and pool.
   * @param limit how many at most; those that wait longest come first, the others with the next call
   */
  drain(limit = Infinity): ShareDelta[] {
    const deltas: ShareDelta[] = []
    for (const account of this.#changed.splice(0, limit)) {
      if (account.delta) deltas.push(account.delta)
      account.delta = null
    }
    return deltas
  }

  #delta(account: ShareAccount): ShareDelta {
    if (account.delta) return account.delta
    this.#changed.push(account)
    account.delta = {
      rigKey: account.rigKey,
      poolId: account.poolId,
      submitted: 0,
      valid: 0,
      stale: 0,
      duplicate: 0,
      invalid: 0,
      acknowledged: 0,
      rejected: 0,
      lost: 0,
      weak: 0,
      workDifficulty: 0,
      bestDifficulty: 0,
      rejectReasons: NO_REASONS,
    }
    return account.delta
  }
}

function refuseIn(book: ShareBook, kind: RefusalKind, reason: string): void {
  book.counts.submitted++
  book.counts[kind]++
  book.invalidReasons = countReason(book.invalidReasons, reason)
}

function weakIn(book: ShareBook, difficulty: number, achieved: number): void {
  book.workDifficulty += difficulty
  book.counts.weak++
  if (achieved > book.bestDifficulty) book.bestDifficulty = achieved
}

function validIn(book: ShareBook, difficulty: number, achieved: number): void {
  book.workDifficulty += difficulty
  book.counts.submitted++
  book.counts.valid++
  book.counts.pending++
  if (achieved > book.bestDifficulty) book.bestDifficulty = achieved
}

function settleIn(book: ShareBook, outcome: ShareOutcome): void {
  book.counts.pending--
  book.counts[outcome.kind]++
  if (outcome.kind === 'rejected') book.rejectReasons = countReason(book.rejectReasons, outcome.reason)
  else if (outcome.kind === 'lost') {
    book.lostReasons = countReason(book.lostReasons, outcome.because ?? 'no answer')
  }
}

function addWork(delta: ShareDelta, difficulty: number, achieved: number): void {
  delta.workDifficulty += difficulty
  if (achieved > delta.bestDifficulty) delta.bestDifficulty = achieved
}
