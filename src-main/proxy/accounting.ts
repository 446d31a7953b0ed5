/**
 * The share book. Every share that a rig offers ends in exactly one column, at every moment:
 *
 *     submitted = valid + stale + duplicate + invalid
 *     valid     = acknowledged + rejected + pending + lost
 *
 * Shares that meet the rig's own difficulty but not the pool's are `weak`: they measure the rig and are not
 * offered to the pool, so they stand outside both lines.
 */

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
  readonly rejectReasons: Record<string, number>
}

/** Distinct reasons kept per book; what comes after shares one bucket, because the words come from a peer. */
const REASON_LIMIT = 32
const OTHER_REASON = 'other'

/** Adds one to `reasons[reason]`, or to the common bucket when there are too many different ones. */
export function countReason(reasons: Record<string, number>, reason: string): void {
  const key =
    reason in reasons || Object.keys(reasons).length < REASON_LIMIT ? reason.slice(0, 80) : OTHER_REASON
  reasons[key] = (reasons[key] ?? 0) + 1
}

/** Counts of one party: a rig, a pool, or all. */
export class ShareBook {
  readonly counts: ShareCounts = emptyCounts()
  /** Our refusals by reason. */
  readonly invalidReasons: Record<string, number> = {}
  /** The pool's refusals by reason. */
  readonly rejectReasons: Record<string, number> = {}
  bestDifficulty = 0
}

/** Identifies who gets the credit for a share; handed through the upstream and back. */
export interface ShareAccount {
  readonly rigKey: string
  readonly poolId: string
  readonly rig: ShareBook
  readonly pool: ShareBook
}

export type RefusalKind = 'stale' | 'duplicate' | 'invalid'

export class Accounting {
  readonly total = new ShareBook()
  #deltas = new Map<string, ShareDelta>()

  /** Our refusal of a share. */
  refuse(account: ShareAccount, kind: RefusalKind, reason: string): void {
    for (const book of this.#books(account)) {
      book.counts.submitted++
      book.counts[kind]++
      countReason(book.invalidReasons, reason)
    }
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
    for (const book of this.#books(account)) {
      book.counts.weak++
      if (achieved > book.bestDifficulty) book.bestDifficulty = achieved
    }
    const delta = this.#delta(account)
    delta.weak++
    this.#work(delta, difficulty, achieved)
  }

  /** A share we found good and handed to the upstream; it is pending until `settle`. */
  valid(account: ShareAccount, difficulty: number, achieved: number): void {
    for (const book of this.#books(account)) {
      book.counts.submitted++
      book.counts.valid++
      book.counts.pending++
      if (achieved > book.bestDifficulty) book.bestDifficulty = achieved
    }
    const delta = this.#delta(account)
    delta.submitted++
    delta.valid++
    this.#work(delta, difficulty, achieved)
  }

  /** The end of a pending share. */
  settle(account: ShareAccount, outcome: 'acknowledged' | 'rejected' | 'lost', reason = ''): void {
    for (const book of this.#books(account)) {
      book.counts.pending--
      book.counts[outcome]++
      if (outcome === 'rejected') countReason(book.rejectReasons, reason)
    }
    const delta = this.#delta(account)
    delta[outcome]++
    if (outcome === 'rejected') countReason(delta.rejectReasons, reason)
  }

  /** What happened since the last call, per rig and pool. */
  drain(): ShareDelta[] {
    const drained = [...this.#deltas.values()]
    this.#deltas = new Map()
    return drained
  }

  #books(account: ShareAccount): readonly ShareBook[] {
    return [this.total, account.rig, account.pool]
  }

  #work(delta: ShareDelta, difficulty: number, achieved: number): void {
    delta.workDifficulty += difficulty
    if (achieved > delta.bestDifficulty) delta.bestDifficulty = achieved
  }

  #delta(account: ShareAccount): ShareDelta {
    const key = `${account.poolId}\n${account.rigKey}`
    let delta = this.#deltas.get(key)
    if (!delta) {
      delta = {
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
        rejectReasons: {},
      }
      this.#deltas.set(key, delta)
    }
    return delta
  }
}
