/**
 * Where every share is judged: handed to the checker in groups, compared with the target the rig was given,
 * and sent on. A share that could be a block leaves before anything is counted.
 */
import {
  type BlockHash,
  type CreateShareChecker,
  hashToDisplay,
  judge,
  MAX_TARGET,
  type RejectionReason,
  type ShareChecker,
  type ShareTargets,
} from '../../mining/index.ts'
import { type Accounting, type RefusalKind, type ShareAccount } from './accounting.ts'
import { type IssuedJob } from './job-board.ts'
import { type PinnedDifficulty } from '../downstream/pinned-difficulty.ts'
import { type Rig } from '../downstream/rig.ts'

/** A downstream that offered a share and waits for the verdict. */
export interface ShareOfferer {
  readonly rig: Rig
  /** @param reference what was given to `offer` */
  answerShare(reference: string, refusal: ShareRefusal | null): void
}

export interface ShareRefusal {
  readonly kind: RefusalKind
  /** As the specification spells it: `duplicate-share`, `difficulty-too-low`, `stale-share`. */
  readonly reason: string
  /** What exactly is wrong, for the rig's log. */
  readonly detail?: string
}

export interface OfferedShare {
  readonly offerer: ShareOfferer
  /** Comes back with the answer: the request id as the rig wrote it. */
  readonly reference: string
  readonly issued: IssuedJob
  readonly pinned: PinnedDifficulty
  readonly rollable: Uint8Array
  readonly ntime: number
  readonly nonce: number
  readonly version: number
}

export interface FoundBlock {
  /** Display order, hex. */
  readonly hash: string
  readonly poolId: string
  readonly rigKey: string
  readonly rigName: string
  readonly difficulty: number
  readonly issued: IssuedJob
}

export interface ShareDeskParts {
  readonly createChecker: CreateShareChecker
  readonly accounting: Accounting
  /** Sends a share to the pool of its job. @returns false if there is no connection for it */
  forward(offered: OfferedShare, account: ShareAccount): boolean
  /** Lets answers leave now; called when all shares of a turn are answered. */
  flushAnswers(): void
  /** Shares of an issue below this difficulty are not sent. */
  floodFloor(poolDifficulty: number): number
  onBlock(block: FoundBlock): void
  monotonicMs(): number
}

const DUPLICATE: ShareRefusal = { kind: 'duplicate', reason: 'duplicate-share' }
const TOO_LOW: ShareRefusal = { kind: 'invalid', reason: 'difficulty-too-low' }
const STALE: ShareRefusal = { kind: 'stale', reason: 'stale-share' }
const REFUSALS: Partial<Record<RejectionReason, ShareRefusal>> = {
  'duplicate-share': DUPLICATE,
  'stale-share': STALE,
}

export class ShareDesk {
  readonly checker: ShareChecker
  readonly #parts: ShareDeskParts
  /** Shares in the checker's hands, by token. */
  readonly #waiting: (OfferedShare | undefined)[] = []
  readonly #freeTokens: number[] = []
  /** Filled for each share, so that judging allocates little. */
  readonly #targets: { -readonly [K in keyof ShareTargets]: ShareTargets[K] } = {
    downstream: MAX_TARGET,
    downstreamDifficulty: 0,
    upstream: MAX_TARGET,
    upstreamDifficulty: 0,
    network: MAX_TARGET,
  }
  #flushScheduled = false
  readonly #flush = (): void => {
    this.#flushScheduled = false
    this.checker.flush()
    this.#parts.flushAnswers()
  }

  constructor(parts: ShareDeskParts) {
    this.#parts = parts
    this.checker = parts.createChecker((token, hash, duplicate) => this.#onHash(token, hash, duplicate))
  }

  /** Takes a share whose shape was checked. The answer comes within this turn of the loop. */
  offer(share: OfferedShare): void {
    const token = this.#freeTokens.pop() ?? this.#waiting.length
    this.#waiting[token] = share
    const { issued, rollable, ntime, nonce, version } = share
    if (!this.checker.offer(issued.job.id, rollable, ntime, nonce, version, token)) {
      this.#release(token)
      this.refuse(share.offerer, share.reference, issued.poolId, STALE)
      return
    }
    if (this.#flushScheduled) return
    this.#flushScheduled = true
    setImmediate(this.#flush)
  }

  /** Counts and answers a refusal that needed no hash. */
  refuse(offerer: ShareOfferer, reference: string, poolId: string, refusal: ShareRefusal): void {
    this.#parts.accounting.refuse(offerer.rig.accountAt(poolId), refusal.kind, refusal.reason)
    offerer.answerShare(reference, refusal)
  }

  #onHash(token: number, hash: BlockHash, duplicate: boolean): void {
    const share = this.#waiting[token]
    if (share === undefined) return
    this.#release(token)
    const { offerer, issued, pinned } = share
    const targets = this.#targets
    targets.downstream = pinned.target
    targets.downstreamDifficulty = pinned.difficulty
    targets.upstream = issued.job.target
    targets.upstreamDifficulty = issued.poolDifficulty
    targets.network = issued.networkTarget
    const verdict = judge(targets, hash, duplicate, issued.staleBecause !== null)
    if (verdict.kind === 'rejected') {
      return this.refuse(offerer, share.reference, issued.poolId, REFUSALS[verdict.reason] ?? TOO_LOW)
    }
    const { difficulty, hashDifficulty } = verdict
    const account = offerer.rig.accountAt(issued.poolId)
    const worthSending =
      verdict.meetsUpstream && hashDifficulty >= this.#parts.floodFloor(issued.poolDifficulty)
    if (verdict.block || worthSending) {
      const sent = this.#parts.forward(share, account)
      this.#parts.accounting.valid(account, difficulty, hashDifficulty)
      if (!sent) this.#parts.accounting.settle(account, { kind: 'lost' })
      if (verdict.block) this.#announceBlock(share, hash, hashDifficulty)
    } else this.#parts.accounting.weak(account, difficulty, hashDifficulty)
    offerer.rig.onShare(difficulty, hashDifficulty, this.#parts.monotonicMs())
    offerer.answerShare(share.reference, null)
  }

  #announceBlock({ offerer, issued }: OfferedShare, hash: BlockHash, difficulty: number): void {
    this.#parts.onBlock({
      hash: hashToDisplay(hash),
      poolId: issued.poolId,
      rigKey: offerer.rig.rigKey,
      rigName: offerer.rig.name,
      difficulty,
      issued,
    })
  }

  #release(token: number): void {
    this.#waiting[token] = undefined
    this.#freeTokens.push(token)
  }
}
