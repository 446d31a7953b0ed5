/**
 * Where every share is judged: handed to the checker in groups, compared with the target the rig was given,
 * and sent on. A share that could be a block leaves before anything is counted.
 */
import {
  type BlockHash,
  type CreateShareChecker,
  hashToDisplay,
  judge,
  meetsTarget,
  MAX_TARGET,
  type RejectionReason,
  type ShareChecker,
  type ShareTargets,
  type Verdict,
} from '../../mining/index.ts'
import { type Accounting, type RefusalKind, type ShareAccount } from './accounting.ts'
import { type IssuedJob } from './job-board.ts'
import { type PinnedDifficulty } from '../downstream/pinned-difficulty.ts'
import { type Rig } from '../downstream/rig.ts'
import { type StaleCause, staleRefusal } from './stale-cause.ts'

/** What comes back with an answer: a request id as the rig wrote it (V1), or a sequence number (V2). */
export type ShareReference = string | number

/** A downstream that offered a share and waits for the verdict. */
export interface ShareOfferer {
  /** Who gets the credit: the rig, or one of several behind its channel. */
  readonly rig: Pick<Rig, 'name' | 'rigKey' | 'accountAt' | 'onShare'>
  /**
   * @param reference what was given to `offer`
   * @param difficulty what the share is worth; 0 for a refused one
   */
  answerShare(reference: ShareReference, refusal: ShareRefusal | null, difficulty: number): void
}

export interface ShareRefusal {
  readonly kind: RefusalKind
  /** As the specification spells it: `duplicate-share`, `difficulty-too-low`, `stale-share`. */
  readonly reason: string
  /** Of a stale share: it is counted by this word. */
  readonly cause?: StaleCause
  /** What exactly is wrong, for the rig's log. */
  readonly detail?: string
}

export interface OfferedShare {
  readonly offerer: ShareOfferer
  readonly reference: ShareReference
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
  /** Sends a share on the line of its job. @returns false if there is no connection for it */
  readonly forward: (offered: OfferedShare, account: ShareAccount) => boolean
  /** The same for one that solves a block: any connection of its pool that takes it will do. */
  readonly forwardBlock: (offered: OfferedShare, account: ShareAccount) => boolean
  /** Lets answers leave now; called when all shares of a turn are answered. */
  flushAnswers(): void
  onBlock(block: FoundBlock): void
  monotonicMs(): number
}

const DUPLICATE: ShareRefusal = { kind: 'duplicate', reason: 'duplicate-share' }
const TOO_LOW: ShareRefusal = { kind: 'invalid', reason: 'difficulty-too-low' }
const UNSENT = { kind: 'lost', because: 'no connection to the pool' } as const

type ValidVerdict = Verdict & { readonly kind: 'valid' }

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
  /** The monotonic moment of the shares of this turn, read once for all of them; null before the first. */
  #turnMs: number | null = null
  readonly #flush = (): void => {
    this.#flushScheduled = false
    this.checker.flush()
    this.#turnMs = null
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
      const refusal = staleRefusal(issued.staleBecause ?? 'job-replaced')
      this.refuse(share.offerer, share.reference, issued.poolId, refusal)
      return
    }
    if (this.#flushScheduled) return
    this.#flushScheduled = true
    setImmediate(this.#flush)
  }

  /** Counts and answers a refusal that needed no hash. */
  refuse(offerer: ShareOfferer, reference: ShareReference, poolId: string, refusal: ShareRefusal): void {
    const { kind, reason, cause } = refusal
    this.#parts.accounting.refuse(offerer.rig.accountAt(poolId), kind, cause ?? reason)
    offerer.answerShare(reference, refusal, 0)
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
    if (verdict.kind === 'valid') this.#take(share, verdict, hash, false)
    else if (verdict.reason !== 'stale-share' || duplicate || !this.#tookLateBlock(share, hash)) {
      this.refuse(offerer, share.reference, issued.poolId, refusalOf(verdict.reason, issued))
    }
  }

  /** @param alreadySent whether it left before it was judged */
  #take(share: OfferedShare, verdict: ValidVerdict, hash: BlockHash, alreadySent: boolean): void {
    const { offerer, issued } = share
    const { difficulty, hashDifficulty, block } = verdict
    const account = offerer.rig.accountAt(issued.poolId)
    if (block || (verdict.meetsUpstream && hashDifficulty >= issued.floodGate.floor(issued.poolDifficulty))) {
      const { forwardBlock, forward, accounting } = this.#parts
      const sent = alreadySent || (block ? forwardBlock(share, account) : forward(share, account))
      accounting.valid(account, difficulty, hashDifficulty)
      if (!sent) accounting.settle(account, UNSENT)
      if (block) this.#announceBlock(share, hash, hashDifficulty)
    } else this.#parts.accounting.weak(account, difficulty, hashDifficulty)
    this.#turnMs ??= this.#parts.monotonicMs()
    offerer.rig.onShare(difficulty, hashDifficulty, this.#turnMs)
    offerer.answerShare(share.reference, null, difficulty)
  }

  /** A job may earn nothing at its pool any more and still solve a block of this very tip. */
  #tookLateBlock(share: OfferedShare, hash: BlockHash): boolean {
    const { offerer, issued } = share
    if (!meetsTarget(hash, issued.networkTarget)) return false
    if (!this.#parts.forwardBlock(share, offerer.rig.accountAt(issued.poolId))) return false
    const verdict = judge(this.#targets, hash, false, false)
    if (verdict.kind === 'valid') this.#take(share, verdict, hash, true)
    return true
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

function refusalOf(reason: RejectionReason, issued: IssuedJob): ShareRefusal {
  if (reason === 'duplicate-share') return DUPLICATE
  return reason === 'stale-share' ? staleRefusal(issued.staleBecause ?? 'job-replaced') : TOO_LOW
}
