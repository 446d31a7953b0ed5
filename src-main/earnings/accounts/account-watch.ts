/**
 * Watches the accounts that a person added: reads each about every quarter of an hour, less often while it fails, and
 * keeps what was last known, marked. An account is an entry of the register (`account/<id>`); adding it chooses the entry,
 * and nothing is asked of one that is not chosen.
 */
import {
  type Clock,
  type Entropy,
  type HeadframeError,
  type Logger,
  Listeners,
  randomRatio,
  type Timer,
  type Unsubscribe,
} from '../../base/index.ts'
import { backoffDelayMs, type BackoffPolicy } from '../../net/index.ts'
import { hostOfUrl, type OutsideClient } from '../outside/http.ts'
import { type AccountConfig, type AccountKind, type AccountReport, whatItLearns } from './account-kind.ts'
import { accountBase, accountProblem, findAccountKind } from './account-kinds.ts'
import { accountEntry, type AccountReading, type AccountStep, readAccount } from './read-account.ts'

/**
 * waiting: not read yet, or the pool does not know it yet. wrong-key: refused. changed: answered in another form; the
 * message names the field. off: kept, not asked.
 */
export type AccountStatus = 'waiting' | 'ok' | 'wrong-key' | 'unreachable' | 'changed' | 'off'

export interface AccountState {
  readonly accountId: string
  readonly status: AccountStatus
  /** A sentence: what is wrong and what to do, also of a part that is missing from an `ok`. Empty when all of it was read. */
  readonly message: string
  /** Code of the failure, as `outside/rate-limited`; null for none. */
  readonly code: string | null
  /** When it was last asked, answered or not; null if never. */
  readonly askedAtMs: number | null
  /** Last known; null if never read. */
  readonly report: AccountReport | null
  /** When `report` was read. */
  readonly reportAtMs: number | null
  /** True: `report` is from before the last asking, which failed. */
  readonly stale: boolean
}

/** A report that has just been read. */
export interface AccountNews {
  readonly accountId: string
  readonly atMs: number
  readonly report: AccountReport
}

/** What came of asking at once. */
export interface AccountCheck {
  readonly ok: boolean
  readonly steps: readonly { readonly step: string; readonly ok: boolean; readonly detail: string }[]
}

export interface AccountWatchOptions {
  readonly client: OutsideClient
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
}

const EVERY_MS = 15 * 60_000
const JITTER_RATIO = 0.2
/** So that all accounts are not asked at one moment after a start. */
const FIRST_WITHIN_MS = 20_000
const WRONG_KEY_EVERY_MS = 6 * 60 * 60_000
const RATE_LIMITED_MS = 30 * 60_000
const LONGEST_PAUSE_MS = 24 * 60 * 60_000
const FAILING: BackoffPolicy = {
  firstMs: EVERY_MS,
  maxMs: 2 * 60 * 60_000,
  factor: 2,
  jitterRatio: JITTER_RATIO,
  steadyAfterMs: 0,
}

interface Watched {
  readonly config: AccountConfig
  readonly kind: AccountKind | undefined
  readonly base: string | null
  readonly stop: AbortController
  state: AccountState
  failures: number
  timer: Timer | null
  /** Under way. */
  reading: Promise<AccountCheck> | null
}

export class AccountWatch {
  readonly #options: AccountWatchOptions
  readonly #log: Logger
  readonly #watched = new Map<string, Watched>()
  readonly #states = new Listeners<AccountState>()
  readonly #news = new Listeners<AccountNews>()
  #running = false

  constructor(options: AccountWatchOptions) {
    this.#options = options
    this.#log = options.log.child('accounts')
  }

  /** Begins to ask. */
  start(): void {
    if (this.#running) return
    this.#running = true
    for (const watched of this.#watched.values()) this.#scheduleFirst(watched)
  }

  /** Ends what is under way; resolves when nothing is any more. */
  async stop(): Promise<void> {
    this.#running = false
    const ends = [...this.#watched.values()].map((watched) => this.#release(watched))
    await Promise.allSettled(ends)
  }

  /**
   * The accounts there are, whole. Who stays as it was keeps its state and rhythm; who changed begins anew, with the last
   * report kept as long as it is the same account at the same pool.
   */
  setAccounts(configs: readonly AccountConfig[]): void {
    const { register } = this.#options.client
    const kept = new Set(configs.map(({ id }) => id))
    for (const [id, watched] of this.#watched) {
      if (kept.has(id)) continue
      void this.#release(watched)
      this.#watched.delete(id)
      register.remove(accountEntry(watched.config))
    }
    for (const config of configs) {
      const before = this.#watched.get(config.id)
      if (before !== undefined && sameConfig(before.config, config)) continue
      if (before !== undefined) void this.#release(before)
      const watched = this.#watch(config, before)
      this.#watched.set(config.id, watched)
      this.#states.emit(watched.state)
      if (this.#running) this.#scheduleFirst(watched)
    }
  }

  /** In the order they were first given. */
  states(): readonly AccountState[] {
    return [...this.#watched.values()].map(({ state }) => state)
  }

  onState(listener: (state: AccountState) => void): Unsubscribe {
    return this.#states.on(listener)
  }

  /** Every report, also one that says what the last one said. */
  onNews(listener: (news: AccountNews) => void): Unsubscribe {
    return this.#news.on(listener)
  }

  /**
   * Asks at once; the same asking for whoever else asks meanwhile.
   * @throws Error for an account that is not watched: a bug
   */
  checkNow(accountId: string): Promise<AccountCheck> {
    const watched = this.#watched.get(accountId)
    if (watched === undefined) throw new Error(`no account ${accountId}`)
    return this.#read(watched)
  }

  #watch(config: AccountConfig, before: Watched | undefined): Watched {
    const { register } = this.#options.client
    const kind = findAccountKind(config.kind)
    const problem = accountProblem(config)
    const base = kind === undefined || problem !== null ? null : accountBase(kind, config)
    const host = base === null ? null : hostOfUrl(base)
    if (kind !== undefined && host !== null) {
      register.declare({
        id: accountEntry(config),
        host,
        purpose: `What is credited and paid to your account "${config.name}": ${kind.name}`,
        learns: whatItLearns(kind),
        everyMs: EVERY_MS,
      })
      register.choose(accountEntry(config), config.enabled)
    } else register.remove(accountEntry(config))
    const known = before !== undefined && sameAccount(before.config, config) ? before.state : null
    const report = known?.report ?? null
    return {
      config,
      kind,
      base,
      stop: new AbortController(),
      failures: 0,
      timer: null,
      reading: null,
      state: {
        accountId: config.id,
        status: config.enabled ? (problem === null ? 'waiting' : 'unreachable') : 'off',
        message: config.enabled ? (problem ?? '') : '',
        code: null,
        askedAtMs: known?.askedAtMs ?? null,
        report,
        reportAtMs: known?.reportAtMs ?? null,
        stale: report !== null,
      },
    }
  }

  async #release(watched: Watched): Promise<void> {
    watched.timer?.cancel()
    watched.timer = null
    watched.stop.abort()
    await watched.reading
  }

  #scheduleFirst(watched: Watched): void {
    this.#schedule(watched, FIRST_WITHIN_MS * randomRatio(this.#options.entropy))
  }

  #schedule(watched: Watched, delayMs: number): void {
    watched.timer?.cancel()
    watched.timer = null
    if (!this.#running || watched.base === null || !watched.config.enabled || watched.stop.signal.aborted)
      return
    watched.timer = this.#options.clock.after(delayMs, () => void this.#read(watched))
  }

  #read(watched: Watched): Promise<AccountCheck> {
    watched.reading ??= this.#readOnce(watched).finally(() => {
      watched.reading = null
    })
    return watched.reading
  }

  async #readOnce(watched: Watched): Promise<AccountCheck> {
    const { client, clock } = this.#options
    const { kind, base, config, stop } = watched
    watched.timer?.cancel()
    if (kind === undefined || base === null) {
      return {
        ok: false,
        steps: [{ step: 'what you entered', ok: false, detail: accountProblem(config) ?? '' }],
      }
    }
    const reading = await readAccount(client, clock, kind, base, config, stop.signal)
    // Taken away or replaced meanwhile: its end is nobody's news.
    if (!stop.signal.aborted) this.#settle(watched, kind, reading)
    return {
      ok: reading.steps.every(({ error }) => error === null),
      steps: reading.steps.map(({ what, error }) => ({
        step: what,
        ok: error === null,
        detail: error?.message ?? '',
      })),
    }
  }

  #settle(watched: Watched, kind: AccountKind, { report, steps }: AccountReading): void {
    const atMs = this.#options.clock.nowMs()
    const { error = null } = worstOf(steps) ?? {}
    const before = watched.state
    const status = error === null ? 'ok' : statusOf(error, kind, report !== null)
    const failed = status !== 'ok' && status !== 'waiting'
    watched.state = {
      ...before,
      status,
      message: error === null ? '' : messageOf(error, kind, report !== null, steps),
      code: error?.code ?? null,
      askedAtMs: atMs,
      ...(report === null ? { stale: before.report !== null } : { report, reportAtMs: atMs, stale: false }),
    }
    watched.failures = failed ? watched.failures + 1 : 0
    if (status !== before.status) {
      this.#log.info('account state', {
        account: watched.config.id,
        kind: kind.id,
        status,
        code: error?.code ?? null,
      })
    }
    this.#states.emit(watched.state)
    if (report !== null) this.#news.emit({ accountId: watched.config.id, atMs, report })
    this.#schedule(watched, this.#pauseAfter(watched, error))
  }

  #pauseAfter({ failures, state }: Watched, error: HeadframeError | null): number {
    const { entropy } = this.#options
    const usual = EVERY_MS * (1 + JITTER_RATIO * (2 * randomRatio(entropy) - 1))
    if (state.status === 'wrong-key') return WRONG_KEY_EVERY_MS
    const backoff = Math.max(usual, backoffDelayMs(FAILING, failures, entropy))
    if (error?.code !== 'outside/rate-limited') return backoff
    const { retryAfterMs } = error.context
    const asked = typeof retryAfterMs === 'number' ? retryAfterMs : RATE_LIMITED_MS
    return Math.min(LONGEST_PAUSE_MS, Math.max(backoff, asked))
  }
}

/** The failure that the state tells of: the one that ended the reading, else one that a newer program would cure. */
function worstOf(steps: readonly AccountStep[]): AccountStep | undefined {
  const failed = steps.filter(({ error }) => error !== null)
  return failed.find(({ error }) => error?.code === 'outside/changed') ?? failed[0]
}

/** @param partly the report is there and only some of its fields are missing */
function statusOf({ code }: HeadframeError, kind: AccountKind, partly: boolean): AccountStatus {
  if (partly) return code === 'outside/changed' ? 'changed' : 'ok'
  switch (code) {
    case 'outside/changed':
      return 'changed'
    case 'outside/not-chosen':
      return 'off'
    case 'outside/refused':
      return kind.needs.includes('key') ? 'wrong-key' : 'unreachable'
    case 'outside/not-found':
      return kind.missingMeansNew ? 'waiting' : 'unreachable'
    default:
      return 'unreachable'
  }
}

function messageOf(
  error: HeadframeError,
  kind: AccountKind,
  partly: boolean,
  steps: readonly AccountStep[],
): string {
  if (error.code === 'outside/not-found' && kind.missingMeansNew && !partly) {
    return `${kind.name} knows nothing of this address yet. It will after the first share; check the address if your rigs mine there already.`
  }
  if (!partly) return error.message
  const missing = steps.filter((step) => step.error !== null).map(({ what }) => what)
  return `Read but for ${missing.join(' and ')}. ${error.message}`
}

function sameConfig(one: AccountConfig, other: AccountConfig): boolean {
  return (
    sameAccount(one, other) &&
    one.name === other.name &&
    one.enabled === other.enabled &&
    one.key === other.key
  )
}

function sameAccount(one: AccountConfig, other: AccountConfig): boolean {
  return (
    one.kind === other.kind &&
    one.address === other.address &&
    one.user === other.user &&
    one.url === other.url
  )
}
