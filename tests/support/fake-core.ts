/**
 * A core in memory behind the api: real live views, a little state, and levers. It mines nothing and keeps
 * nothing; `calls` says what reached it.
 */
import { type Core, LiveListView, LiveValueView, type PracticeControl } from '../../src-main/api/index.ts'
import { HeadframeError } from '../../src-main/base/index.ts'
import {
  type Activation,
  type AppInfo,
  type Block,
  type CurrentJob,
  type Downstream,
  type HistorySeries,
  type LiveList,
  type LiveValue,
  type Overview,
  type Pool,
  type PoolDraft,
  type PoolPatch,
  type PoolTest,
  type PracticeEvent,
} from '../../src-preload/contract/index.ts'
import {
  pretendBlock,
  pretendInfo,
  pretendJob,
  pretendOverview,
  pretendPool,
  pretendPractice,
  pretendRig,
} from './pretend-farm.ts'

/** A live value that knows how many follow it. */
class CountedValueView<T> extends LiveValueView<T> {
  followers = 0

  override async *follow(signal?: AbortSignal): AsyncGenerator<LiveValue<T>, void, void> {
    this.followers++
    try {
      yield* super.follow(signal)
    } finally {
      this.followers--
    }
  }
}

/** A live list that knows how many follow it. */
class CountedListView<T extends { readonly id: string }> extends LiveListView<T> {
  followers = 0

  override async *follow(signal?: AbortSignal): AsyncGenerator<LiveList<T>, void, void> {
    this.followers++
    try {
      yield* super.follow(signal)
    } finally {
      this.followers--
    }
  }
}

export interface FakeCall {
  readonly name: string
  readonly input: unknown
}

export class FakeCore implements Core {
  readonly calls: FakeCall[] = []
  /** What the next call of any procedure that can fail throws instead of answering. */
  failure: Error | null = null
  readonly overview = new CountedValueView<Overview>(pretendOverview({ updatedAt: 1 }))
  readonly pools = new CountedListView<Pool>((a, b) => a.priority - b.priority)
  readonly downstreams = new CountedListView<Downstream>()
  job: CurrentJob | null = pretendJob()
  blocksFound: Block[] = [pretendBlock()]
  notices: AppInfo['notices'] = [
    { id: 'n1', severity: 'info', title: 'Hello', detail: 'Something to know.', at: 1 },
  ]
  practice: PracticeControl | null = {
    state: () => pretendPractice(),
    trigger: (event: PracticeEvent) => {
      this.#called('trigger', event)
      return Promise.resolve(pretendPractice({ chainHeight: 133 }))
    },
  }
  stops = 0

  constructor() {
    this.pools.apply([
      pretendPool({ id: 'north', name: 'North', active: true, state: 'ready' }),
      pretendPool({ id: 'south', name: 'South', priority: 1 }),
    ])
    this.downstreams.apply([pretendRig({ id: 'r1' }), pretendRig({ id: 'r2' })])
  }

  get followers(): number {
    return this.overview.followers + this.pools.followers + this.downstreams.followers
  }

  callsOf(name: string): unknown[] {
    return this.calls.filter((call) => call.name === name).map((call) => call.input)
  }

  health(): { status: 'ok'; version: string; uptimeMs: number } {
    return { status: 'ok', version: '0.1.0', uptimeMs: 12 }
  }

  info(): AppInfo {
    return pretendInfo({ notices: this.notices })
  }

  dismissNotice(id: string): void {
    this.#called('dismissNotice', id)
    if (!this.notices.some((notice) => notice.id === id)) {
      throw new HeadframeError('notice/unknown', 'That notice is gone already.')
    }
    this.notices = this.notices.filter((notice) => notice.id !== id)
  }

  async createPool(draft: PoolDraft): Promise<Pool> {
    await this.#reach('createPool', draft)
    const { password, ...rest } = draft
    const pool = pretendPool({
      ...rest,
      id: `new-${this.pools.items.length}`,
      enabled: draft.enabled ?? true,
      hasPassword: password !== undefined,
      priority: this.pools.items.length,
    })
    this.pools.apply([pool])
    return pool
  }

  async updatePool(id: string, patch: PoolPatch): Promise<Pool> {
    await this.#reach('updatePool', { id, patch })
    const { password: _, ...rest } = patch
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
    const pool = { ...this.#require(id), ...given }
    this.pools.apply([pool])
    return pool
  }

  async removePool(id: string): Promise<void> {
    await this.#reach('removePool', id)
    if (this.#require(id).active) throw new HeadframeError('pool/active', 'North is in use.')
    this.pools.apply([], [id])
  }

  async activatePool(id: string): Promise<Activation> {
    await this.#reach('activatePool', id)
    const chosen = this.#require(id)
    this.pools.apply(this.pools.items.map((pool) => ({ ...pool, active: pool.id === id })))
    const { name, url, protocol } = chosen
    const activePool = { id, name, url, protocol, state: 'ready' as const, switchedAt: 1_700_000_000_000 }
    this.overview.set({ ...this.overview.value, activePool })
    return {
      switchedAt: 1_700_000_000_000,
      tookMs: 12.5,
      downstreams: { total: 2, seamless: 2, setExtranonce: 0, reconnected: 0 },
    }
  }

  async testPool(draft: {
    url: string
    userIdentity: string
    password?: string | undefined
    id?: string | undefined
  }): Promise<PoolTest> {
    await this.#reach('testPool', draft)
    return { ok: true, steps: [{ step: 'address', ok: true, tookMs: 1, detail: 'found' }], problem: null }
  }

  async currentJob(): Promise<CurrentJob | null> {
    await this.#reach('currentJob', null)
    return this.job
  }

  async blocks(): Promise<Block[]> {
    await this.#reach('blocks', null)
    return this.blocksFound
  }

  async history(query: {
    metric: HistorySeries['metric']
    rig?: string | undefined
    from?: number | undefined
    to?: number | undefined
    points: number
  }): Promise<HistorySeries> {
    await this.#reach('history', query)
    const points = [
      { at: query.from ?? 0, value: 1e12 },
      { at: (query.from ?? 0) + 60_000, value: null },
    ]
    return { metric: query.metric, bucketMs: 60_000, points }
  }

  stop(): Promise<void> {
    this.stops++
    return Promise.resolve()
  }

  #require(id: string): Pool {
    const pool = this.pools.find(id)
    if (!pool) throw new HeadframeError('pool/unknown', 'There is no such pool.', { context: { id } })
    return pool
  }

  #called(name: string, input: unknown): void {
    this.calls.push({ name, input })
  }

  /** Answers later, as the real core does, or fails if told to. */
  async #reach(name: string, input: unknown): Promise<void> {
    this.#called(name, input)
    await Promise.resolve()
    const { failure } = this
    this.failure = null
    if (failure) throw failure
  }
}
