/**
 * A core in memory behind the api: real live views, a little state, and levers. It mines nothing and keeps
 * nothing; `calls` says what reached it.
 */
import {
  type AuditCalls,
  type Core,
  type PoolCalls,
  type PoolTestDraft,
  type PracticeControl,
  type TrafficCalls,
} from '../../src-main/api/index.ts'
import { HeadframeError } from '../../src-main/base/index.ts'
import {
  type Activation,
  type AppInfo,
  type AuditChunk,
  type AuditPage,
  type AuditSettings,
  type AuditState,
  type Bandwidth,
  type Block,
  type CurrentJob,
  type Downstream,
  type JobTimeline,
  type Link,
  type Overview,
  type Pool,
  type PoolDraft,
  type PoolPatch,
  type PoolPreset,
  type PoolTest,
  type PracticeEvent,
  type Routing,
  type TrafficFrames,
  type Warning,
} from '../../src-preload/contract/index.ts'
import { CountedListView, CountedValueView } from './counted-views.ts'
import { FakeDevices } from './fake-devices.ts'
import { FakeFleet } from './fake-fleet.ts'
import { FakeHistory } from './fake-history.ts'
import { FakeMoney } from './fake-money.ts'
import {
  pretendBlock,
  pretendInfo,
  pretendJob,
  pretendOverview,
  pretendPool,
  pretendPractice,
  pretendRig,
} from './pretend-farm.ts'

export class FakeCore implements Core {
  readonly calls: { readonly name: string; readonly input: unknown }[] = []
  /** What the next call of any procedure that can fail throws instead of answering. */
  failure: Error | null = null
  readonly overview = new CountedValueView<Overview>(pretendOverview({ updatedAt: 1 }))
  readonly pools = new CountedListView<Pool>((a, b) => a.priority - b.priority)
  readonly downstreams = new CountedListView<Downstream>()
  readonly routing = new CountedValueView<Routing>({
    rigs: [],
    groups: [],
    split: [],
    failover: { enabled: true, returnAfterMinutes: 5 },
  })
  readonly timeline = new CountedValueView<JobTimeline>({ pools: [], tips: [] })
  readonly warnings = new CountedListView<Warning>()
  readonly links = new CountedListView<Link>()
  auditSettings: AuditSettings = {
    enabled: false,
    kinds: ['share'],
    maskIdentities: false,
    keepDays: 30,
    keepMegabytes: 100,
  }
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

  readonly poolDesk: PoolCalls = {
    presets: this.poolPresets(),
    create: (draft) => this.createPool(draft),
    update: (id, patch) => this.updatePool(id, patch),
    remove: (id) => this.removePool(id),
    activate: (id) => this.activatePool(id),
    test: (draft) => this.testPool(draft),
    testLive: (draft) => this.testPoolLive(draft),
  }
  readonly traffic: TrafficCalls = {
    job: (poolId) => this.currentJob(poolId),
    timeline: this.timeline,
    readTimeline: () => this.readTimeline(),
    warnings: this.warnings,
    links: this.links,
    readLinks: () => this.readLinks(),
    frames: (linkId) => this.frames(linkId),
    bandwidth: () => this.bandwidth(),
  }
  readonly audit: AuditCalls = {
    state: () => this.auditState(),
    configure: (settings) => this.configureAudit(settings),
    query: (query) => this.queryAudit(query),
    export: (query) => this.exportAudit(query),
  }

  readonly #fleet = new FakeFleet((name, input) => this.#reach(name, input))
  readonly rigs = this.#fleet
  readonly runs = this.#fleet.runCalls
  readonly scans = this.#fleet.scanCalls
  readonly tuning = this.#fleet.tuningCalls

  readonly #devices = new FakeDevices((name, input) => this.#reach(name, input))
  readonly devices = this.#devices.calls

  readonly #history = new FakeHistory((name, input) => this.#reach(name, input))
  readonly history = this.#history.calls
  readonly keeping = this.#history.keeping
  readonly #money = new FakeMoney((name, input) => this.#reach(name, input))
  readonly earnings = this.#money.earnings
  readonly money = this.#money.money
  readonly accounts = this.#money.accounts
  readonly payouts = this.#money.payouts
  readonly meters = this.#money.meters

  get followers(): number {
    const values = [this.overview, this.routing, this.timeline]
    const lists = [this.pools, this.downstreams, this.warnings, this.links]
    const parts = [...values, ...lists, this.#fleet, this.#devices, this.#history, this.#money]
    return parts.reduce((sum, { followers }) => sum + followers, 0)
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
    const { password, ...given } = draft
    const rest = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
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

  async testPool(draft: PoolTestDraft): Promise<PoolTest> {
    await this.#reach('testPool', draft)
    const steps = [{ step: 'address' as const, ok: true, tookMs: 1, detail: 'found' }]
    return { ok: true, done: true, steps, problem: null }
  }

  async *testPoolLive(draft: PoolTestDraft): AsyncGenerator<PoolTest, void, void> {
    await this.#reach('testPoolLive', draft)
    const address = { step: 'address' as const, ok: true, tookMs: 1, detail: 'found' }
    yield { ok: true, done: false, steps: [address], problem: null }
    const job = { step: 'job' as const, ok: true, tookMs: 2, detail: 'height 1' }
    yield { ok: true, done: true, steps: [address, job], problem: null }
  }

  poolPresets(): readonly PoolPreset[] {
    return [
      {
        id: 'example',
        name: 'Example Pool',
        url: 'stratum+tcp://pool.example.com:3333',
        fallbackUrl: null,
        payout: 'pool',
        identityHint: 'Any name',
        lines: 'shared',
        notes: ['Made up.'],
      },
    ]
  }

  async setRouting(routing: Routing): Promise<Routing> {
    await this.#reach('setRouting', routing)
    this.routing.set(routing)
    return routing
  }

  async readTimeline(): Promise<JobTimeline> {
    await this.#reach('readTimeline', null)
    return this.timeline.value
  }

  async readLinks(): Promise<Link[]> {
    await this.#reach('readLinks', null)
    return this.links.items
  }

  async *frames(linkId: string): AsyncGenerator<TrafficFrames, void, void> {
    await this.#reach('frames', linkId)
    const link = this.links.find(linkId)
    if (!link) throw new HeadframeError('link/unknown', 'That connection has ended.')
    yield { link, frames: [] }
  }

  async bandwidth(): Promise<Bandwidth> {
    await this.#reach('bandwidth', null)
    const rate = { coveredMs: 0, bytesIn: 0, bytesOut: 0, otherBytesIn: 0, otherBytesOut: 0 }
    const lastHour = { upstream: rate, downstream: rate }
    return { since: 1, upstream: [], downstream: [], lastHour, method: ['Counted.'] }
  }

  async auditState(): Promise<AuditState> {
    await this.#reach('auditState', null)
    return { settings: this.auditSettings, fileCount: 0, bytes: 0, oldestAt: null, problem: null }
  }

  async configureAudit(settings: AuditSettings): Promise<AuditState> {
    await this.#reach('configureAudit', settings)
    this.auditSettings = settings
    return this.auditState()
  }

  async queryAudit(query: unknown): Promise<AuditPage> {
    await this.#reach('queryAudit', query)
    return { records: [], nextCursor: null }
  }

  async exportAudit(query: unknown): Promise<AuditChunk> {
    await this.#reach('exportAudit', query)
    return { text: '', nextCursor: null }
  }

  async currentJob(poolId: string | null): Promise<CurrentJob | null> {
    await this.#reach('currentJob', poolId)
    if (poolId !== null) this.#require(poolId)
    return this.job
  }

  async blocks(): Promise<Block[]> {
    await this.#reach('blocks', null)
    return this.blocksFound
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
