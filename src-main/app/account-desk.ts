/** Accounts at pools: kept in the money book, read by the watch, what they report written to the ledger. */
import { type z } from 'zod'
import {
  type AccountKind,
  type accountDraft,
  type AccountPatch,
  type PoolAccount,
  type SourceCheck,
} from '../../src-preload/contract/index.ts'
import { type AccountCalls, LiveListView } from '../api/index.ts'
import { type Clock, type Entropy, HeadframeError, type Logger, toHex } from '../base/index.ts'
import {
  ACCOUNT_KINDS,
  type AccountConfig,
  type AccountNews,
  accountProblem,
  AccountWatch,
  belongsToPool,
  type OutsideClient,
} from '../earnings/index.ts'
import { type AccountDay, type AccountState, type PayoutRecord } from '../history/index.ts'
import { type KeptAccount, type MoneyBook, patched, SECRETS } from './money-book.ts'

/** What an account reported, for the ledger. */
export interface AccountRecords {
  readonly state: AccountState
  readonly days: readonly AccountDay[]
  readonly payouts: readonly PayoutRecord[]
}

export interface AccountDeskParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly book: MoneyBook
  readonly client: OutsideClient
  /** Id and address of every configured pool: accounts are suggested by the host. */
  pools(): readonly { readonly id: string; readonly url: string }[]
  record(records: AccountRecords): Promise<void>
}

export class AccountDesk implements AccountCalls {
  readonly accounts = new LiveListView<PoolAccount>()
  readonly #parts: AccountDeskParts
  readonly #watch: AccountWatch

  constructor(parts: AccountDeskParts) {
    this.#parts = parts
    this.#watch = new AccountWatch(parts)
    this.#watch.onState(() => this.#publish())
    this.#watch.onNews((news) => void this.#write(news))
  }

  async start(): Promise<void> {
    await this.#follow()
    this.#watch.start()
  }

  stop(): Promise<void> {
    return this.#watch.stop()
  }

  kinds(): AccountKind[] {
    const pools = this.#parts.pools()
    return ACCOUNT_KINDS.map((kind) => ({
      id: kind.id,
      name: kind.name,
      needs: [...kind.needs],
      keyHelp: kind.help,
      poolIds: pools.filter(({ url }) => belongsToPool(kind, hostOf(url))).map(({ id }) => id),
    }))
  }

  async create(draft: z.infer<typeof accountDraft>): Promise<PoolAccount> {
    const { key, ...entered } = draft
    const id = toHex(this.#parts.entropy(6))
    const account: KeptAccount = { ...entered, id, hasKey: false }
    requireUsable(account, key ?? '')
    const { book } = this.#parts
    const hasKey = await book.keepSecret(SECRETS.account(id), key, false)
    await book.change((content) => ({ ...content, accounts: [...content.accounts, { ...account, hasKey }] }))
    await this.#follow()
    return this.#require(id)
  }

  async update(id: string, patch: AccountPatch): Promise<PoolAccount> {
    const { book } = this.#parts
    const kept = this.#kept(id)
    const { key: entered, ...changes } = patch
    const account = patched(kept, changes)
    // A key is for whom it was entered for.
    const isMoved = account.kind !== kept.kind || hostOf(account.url) !== hostOf(kept.url)
    const key = entered ?? (isMoved ? '' : undefined)
    requireUsable(account, key ?? (await book.secret(SECRETS.account(id))) ?? '')
    const hasKey = await book.keepSecret(SECRETS.account(id), key, kept.hasKey)
    await book.change((content) => ({
      ...content,
      accounts: content.accounts.map((each) => (each.id === id ? { ...account, hasKey } : each)),
    }))
    await this.#follow()
    return this.#require(id)
  }

  async remove(id: string): Promise<void> {
    this.#kept(id)
    const { book } = this.#parts
    await book.change((content) => ({
      ...content,
      accounts: content.accounts.filter((account) => account.id !== id),
    }))
    await book.forgetSecret(SECRETS.account(id))
    await this.#follow()
  }

  async check(id: string): Promise<SourceCheck> {
    this.#kept(id)
    const { ok, steps } = await this.#watch.checkNow(id)
    return { ok, steps: steps.map((step) => ({ ...step })) }
  }

  #kept(id: string): KeptAccount {
    const account = this.#parts.book.content.accounts.find((candidate) => candidate.id === id)
    if (!account) throw new HeadframeError('account/unknown', 'There is no such account; it was removed.')
    return account
  }

  #require(id: string): PoolAccount {
    const account = this.accounts.find(id)
    if (!account) throw new HeadframeError('account/unknown', 'There is no such account; it was removed.')
    return account
  }

  /** Brings the watch up to what is kept. */
  async #follow(): Promise<void> {
    const { book } = this.#parts
    const configs = await Promise.all(
      book.content.accounts.map(async (account): Promise<AccountConfig> => {
        const key = account.hasKey ? await book.secret(SECRETS.account(account.id)) : undefined
        return { ...account, enabled: true, key: key ?? '' }
      }),
    )
    this.#watch.setAccounts(configs)
    this.#publish()
  }

  #publish(): void {
    const states = new Map(this.#watch.states().map((state) => [state.accountId, state]))
    this.accounts.replace(
      this.#parts.book.content.accounts.map((account): PoolAccount => {
        const state = states.get(account.id)
        const report = state?.report
        return {
          ...account,
          state: state?.status ?? 'waiting',
          message: state?.message ?? '',
          checkedAt: state?.reportAtMs ?? null,
          unpaidSats: report?.unpaidSats ?? null,
          paidSats: report?.paidSats ?? null,
          earnedSats: report?.earnedSats ?? null,
          hashrateHs: report?.hashrateHs ?? null,
          bestDifficulty: report?.bestDifficulty ?? null,
        }
      }),
    )
  }

  async #write({ accountId, atMs, report }: AccountNews): Promise<void> {
    const { unpaidSats, paidSats, earnedSats, hashrateHs, days, payouts } = report
    try {
      await this.#parts.record({
        state: { accountId, atMs, unpaidSats, paidSats, earnedSats, hashrateHs },
        days: (days ?? []).map(({ day, sats }) => ({ accountId, day, earnedSats: sats })),
        payouts: (payouts ?? []).map((payout) => ({
          kind: 'pool',
          reference: `${accountId}/${payout.reference}`,
          accountId,
          address: payout.address,
          sats: payout.sats,
          atMs: payout.atMs,
          height: null,
          note: null,
        })),
      })
    } catch (error) {
      // It is read again within the quarter of an hour.
      this.#parts.log.warn('the history refused what an account reported', { account: accountId, error })
    }
  }
}

function requireUsable(account: KeptAccount, key: string): void {
  const problem = accountProblem({ ...account, enabled: true, key })
  if (problem !== null) throw new HeadframeError('account/invalid', problem)
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.toLowerCase() : ''
}
