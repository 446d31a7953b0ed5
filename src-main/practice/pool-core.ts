/**
 * The practice pool without its wires: who mines here, which shares were good, which became blocks. Its two
 * faces, Stratum V1 and V2, are `sv1-server.ts` and `sv2-server.ts`.
 */
import { type Clock, concatBytes, type Logger } from '../base/index.ts'
import { BIP320_MASK, hashToDisplay } from '../mining/index.ts'
import { type PracticeChain } from './chain.ts'
import {
  type BlockSolution,
  type DifficultyPolicy,
  PoolAccount,
  type PoolAccountOptions,
  type PoolJob,
  type PoolShare,
  PRACTICE_DIFFICULTY,
  type ShareVerdict,
} from './pool-account.ts'
import { ShareTally, type ShareTallyView } from './share-tally.ts'
import { type Template } from './template.ts'

export interface PoolCoreOptions {
  readonly chain: PracticeChain
  readonly clock: Clock
  readonly log: Logger
  readonly difficulty?: DifficultyPolicy
  /** Version bits that shares may change; 0 for none. Default BIP320's. */
  readonly versionRollingMask?: number
  /** Whom the pool knows. Default: anybody with a name. */
  readonly knowsUser?: (userIdentity: string) => boolean
}

export type AccountRequest = Pick<
  PoolAccountOptions,
  'userIdentity' | 'extranonce' | 'maxTarget' | 'nominalHashrateHs'
> & {
  /** A narrower mask than the pool's, where less was negotiated. */
  readonly versionRollingMask?: number
}

export class PoolCore {
  readonly chain: PracticeChain
  readonly clock: Clock
  readonly versionRollingMask: number
  readonly #log: Logger
  readonly #difficulty: DifficultyPolicy
  readonly #knowsUser: (userIdentity: string) => boolean
  readonly #accounts = new Set<PoolAccount>()
  /** Of accounts that are gone, and of shares that belonged to none. */
  readonly #closed = new ShareTally()
  #nextJobNumber = 1

  constructor(options: PoolCoreOptions) {
    this.chain = options.chain
    this.clock = options.clock
    this.#log = options.log
    this.#difficulty = options.difficulty ?? PRACTICE_DIFFICULTY
    this.versionRollingMask = options.versionRollingMask ?? BIP320_MASK
    this.#knowsUser = options.knowsUser ?? ((userIdentity) => userIdentity.trim() !== '')
  }

  get accountCount(): number {
    return this.#accounts.size
  }

  /** Everything ever counted here. */
  get totals(): ShareTallyView {
    const sum = new ShareTally()
    sum.add(this.#closed)
    for (const { tally } of this.#accounts) sum.add(tally)
    return sum.view()
  }

  knowsUser(userIdentity: string): boolean {
    return this.#knowsUser(userIdentity)
  }

  openAccount(request: AccountRequest): PoolAccount {
    const account = new PoolAccount({
      ...request,
      versionRollingMask: request.versionRollingMask ?? this.versionRollingMask,
      policy: this.#difficulty,
      nowMs: this.clock.monotonicMs(),
    })
    this.#accounts.add(account)
    return account
  }

  /** Harmless when repeated. What it counted stays in `totals`. */
  closeAccount(account: PoolAccount): void {
    if (this.#accounts.delete(account)) this.#closed.add(account.tally)
  }

  /** A job for an account, of the present template if no other is given. */
  issue(account: PoolAccount, template: Template = this.chain.template): PoolJob {
    const number = this.#nextJobNumber
    this.#nextJobNumber = number === 0xffffffff ? 1 : number + 1
    return account.issue(template, number, this.clock.nowMs())
  }

  /** The verdict of a share. A block is shown to the chain before this returns. */
  submit(account: PoolAccount, share: PoolShare): ShareVerdict {
    const verdict = account.judge(share, this.clock.nowMs(), this.clock.monotonicMs())
    if (verdict.kind === 'accepted' && verdict.solution !== null) {
      account.settleBlock(verdict.difficulty, this.#publish(account, verdict.solution))
    }
    return verdict
  }

  /** Counts a share that was refused before it was known whose it is. */
  rejectStray(reason: string): void {
    this.#closed.reject(reason)
  }

  #publish(account: PoolAccount, { issued, header, rollable }: BlockSolution): boolean {
    const { template, job } = issued
    const taken = this.chain.submitBlock({
      template,
      header,
      coinbase: { prefix: job.coinbasePrefix, suffix: job.coinbaseSuffix },
      extranonce: concatBytes(job.extranonce.prefix, rollable),
      foundBy: account.userIdentity,
    })
    if (taken.ok) {
      const { hash, height } = taken.value
      this.#log.info('block found', { height, hash: hashToDisplay(hash), user: account.userIdentity })
    } else this.#log.info('block came too late or was refused', { fault: taken.error })
    return taken.ok
  }
}
