/**
 * What a person entered about money, in money.json: tariffs, terms of pools, chosen sources, accounts, payout addresses,
 * meters, and how long the history is kept. Secrets are in the secret store under the names given here, never in the file.
 */
import {
  type AccountPatch,
  type MeterPatch,
  meter,
  moneySettings,
  payoutAddressDraft,
  poolAccount,
  retention,
  databaseDraft,
} from '../../src-preload/contract/index.ts'
import { z } from 'zod'
import { type Clock } from '../base/index.ts'
import { type JsonFile, type JsonFileNotice, openJsonFile, type SecretStore } from '../settings/index.ts'

export const keptAccount = poolAccount.pick({
  id: true,
  kind: true,
  name: true,
  poolId: true,
  address: true,
  user: true,
  url: true,
  hasKey: true,
})
export type KeptAccount = z.infer<typeof keptAccount>

export const keptAddress = payoutAddressDraft.extend({ id: z.string() })
export type KeptAddress = z.infer<typeof keptAddress>

export const keptMeter = meter.omit({ state: true, message: true, checkedAt: true, powerW: true })
export type KeptMeter = z.infer<typeof keptMeter>

const content = z.object({
  settings: moneySettings,
  accounts: z.array(keptAccount).max(200),
  addresses: z.array(keptAddress).max(500),
  meters: z.array(keptMeter).max(500),
  retention,
  /** Where the history is; the password of a server is a secret. */
  database: databaseDraft,
})
export type MoneyContent = z.infer<typeof content>

const VERSION = 1

/** Names in the secret store. */
export const SECRETS = {
  node: 'money/node',
  proxy: 'money/proxy',
  database: 'history/database',
  account: (id: string) => `account/${id}`,
  meter: (id: string) => `meter/${id}`,
} as const

/** What a first start begins with: nothing is asked of anybody, and days are those of this machine's time zone. */
export function firstMoneyContent({ currency }: { readonly currency: string }): MoneyContent {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  return {
    settings: {
      currency,
      timeZone,
      weekStart: 'monday',
      profitFrom: 'expected',
      tariffs: [],
      poolTerms: [],
      rigPower: [],
      factsSource: 'jobs',
      factsUrl: '',
      priceSource: 'none',
      payoutSource: 'none',
      payoutUrl: '',
      node: { url: '', user: '', cookieFile: '', hasPassword: false },
      proxy: { kind: 'none', host: '', port: 0, user: '', hasPassword: false },
    },
    accounts: [],
    addresses: [],
    meters: [],
    retention: {
      rawDays: 14,
      shareMinuteDays: 14,
      budgetMegabytes: null,
      backupEvery: 'day',
      keepDaily: 3,
      keepWeekly: 4,
    },
    database: { kind: 'sqlite' },
  }
}

/** One owner of the file: changes are made on what is newest, one after the other. */
export class MoneyBook {
  readonly notices: readonly JsonFileNotice[]
  readonly #file: JsonFile<MoneyContent>
  readonly #secrets: SecretStore
  #content: MoneyContent
  #queue: Promise<unknown> = Promise.resolve()

  private constructor(file: JsonFile<MoneyContent>, secrets: SecretStore) {
    this.#file = file
    this.#content = file.loaded
    this.notices = file.notices
    this.#secrets = secrets
  }

  /** @throws HeadframeError `settings/newer-version`, `settings/not-readable` */
  static async open(
    dataDir: string,
    clock: Clock,
    secrets: SecretStore,
    first: MoneyContent,
  ): Promise<MoneyBook> {
    const file = await openJsonFile<MoneyContent>(dataDir, clock, {
      fileName: 'money.json',
      what: 'What was entered about money',
      afterLoss: 'Enter tariffs, sources, accounts and meters again; what was recorded is not concerned.',
      schema: content.extend({ version: z.literal(VERSION) }),
      version: VERSION,
      empty: first,
    })
    return new MoneyBook(file, secrets)
  }

  get content(): MoneyContent {
    return this.#content
  }

  /** @throws HeadframeError `settings/not-writable`; nothing has changed then */
  change(edit: (content: MoneyContent) => MoneyContent): Promise<MoneyContent> {
    const changed = this.#queue.then(async () => {
      const next = edit(this.#content)
      await this.#file.save(next)
      this.#content = next
      return next
    })
    this.#queue = changed.catch(() => undefined)
    return changed
  }

  /** Undefined where there is none. */
  secret(name: string): Promise<string | undefined> {
    return this.#secrets.get(name)
  }

  /**
   * Keeps a secret that was entered; an empty one forgets it, an absent one leaves it as it is.
   * @returns whether there is one now
   */
  async keepSecret(name: string, entered: string | undefined, had: boolean): Promise<boolean> {
    if (entered === undefined) return had
    if (entered === '') await this.#secrets.delete(name)
    else await this.#secrets.set(name, entered)
    return entered !== ''
  }

  forgetSecret(name: string): Promise<void> {
    return this.#secrets.delete(name)
  }
}

/** What is left out of a patch stays as it was. */
export function patched<T extends KeptAccount | KeptMeter>(kept: T, patch: AccountPatch | MeterPatch): T {
  const given = Object.entries(patch).filter(([name, value]) => value !== undefined && name in kept)
  return { ...kept, ...Object.fromEntries(given) }
}
