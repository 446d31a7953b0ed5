/**
 * Builds the program from its parts, starts and stops them in order, and answers the contract. Knows no
 * window and no HTTP.
 */
import { networkInterfaces } from 'node:os'
import {
  type Activation,
  type AppInfo,
  type Block,
  type CurrentJob,
  type Downstream,
  type HistorySeries,
  type Overview,
  type Pool,
  type PoolDraft,
  type PoolPatch,
  type PoolTest,
} from '../../src-preload/contract/index.ts'
import { type Core, type LiveListView, type LiveValueView, type PracticeControl } from '../api/index.ts'
import {
  type Clock,
  DisposalStack,
  type Entropy,
  errorText,
  HeadframeError,
  type Logger,
} from '../base/index.ts'
import { type SeriesQuery } from '../history/index.ts'
import { type EngineReport, type PoolConfig } from '../proxy/index.ts'
import {
  lockDataDir,
  openSettings,
  prepareDataDir,
  type SecretStore,
  type SettingsStore,
} from '../settings/index.ts'
import { FarmViews } from './farm-views.ts'
import { HistoryFeed } from './history-feed.ts'
import { type HistoryProcedures } from './history-service.ts'
import { type MiningEvent, type MiningProcedures } from './mining-service.ts'
import { Notices } from './notices.ts'
import { poolConfig, poolEndpoint, sameServer } from './pool-config.ts'
import { PoolList } from './pool-list.ts'
import { startPractice } from './practice-wiring.ts'
import { type HostedThread, startThread } from './thread-host.ts'
import { currentJobView } from './views.ts'

export interface CoreOptions {
  readonly version: string
  readonly host: 'desktop' | 'headless'
  readonly dataDir: string
  /** Whether to run the practice farm beside it. */
  readonly practice: boolean
  /** Where SV1 rigs connect; null for what the settings say. */
  readonly stratum: HostPort | null
  readonly hasTray: boolean
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  /** @param tell shows the person a notice */
  openSecrets(dataDir: string, tell: (title: string, detail: string) => void): Promise<SecretStore>
  /** A part died or will not come back: the host should say so and stop. */
  onFatal(error: HeadframeError): void
}

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** What a host needs beside the contract. */
export interface RunningCore extends Core {
  readonly stratum: HostPort | null
  readonly settings: SettingsStore
}

const BLOCKS_LISTED = 100

/**
 * Starts everything.
 * @throws HeadframeError whose message says what is wrong and what to do; nothing is left running then
 */
export async function startCore(options: CoreOptions): Promise<RunningCore> {
  const starting = new HeadframeCore(options)
  try {
    await starting.start()
  } catch (error) {
    await starting.stop()
    throw error
  }
  return starting
}

class HeadframeCore implements RunningCore {
  practice: PracticeControl | null = null
  stratum: HostPort | null = null
  readonly #options: CoreOptions
  readonly #startedAtMs: number
  readonly #startedMonotonicMs: number
  readonly #notices = new Notices()
  readonly #disposal = new DisposalStack()
  #store!: SettingsStore
  #secrets!: SecretStore
  #list!: PoolList
  #history!: HostedThread<HistoryProcedures, never>
  #mining!: HostedThread<MiningProcedures, MiningEvent>
  #feed!: HistoryFeed
  readonly #views: FarmViews
  #historyNotice: string | null = null
  #stopping: Promise<void> | null = null

  constructor(options: CoreOptions) {
    this.#options = options
    this.#startedAtMs = options.clock.nowMs()
    this.#startedMonotonicMs = options.clock.monotonicMs()
    this.#views = new FarmViews(options.practice, this.#startedAtMs, () => this.#store.current)
  }

  get overview(): LiveValueView<Overview> {
    return this.#views.overview
  }

  get pools(): LiveListView<Pool> {
    return this.#views.pools
  }

  get downstreams(): LiveListView<Downstream> {
    return this.#views.downstreams
  }

  get settings(): SettingsStore {
    return this.#store
  }

  async start(): Promise<void> {
    const { dataDir, clock, entropy } = this.#options
    await prepareDataDir(dataDir)
    const lock = await lockDataDir(dataDir, clock)
    this.#disposal.add('data directory lock', () => lock.release())
    const { store, notices } = await openSettings(dataDir, clock)
    this.#store = store
    this.#disposal.add('settings', () => store.settled())
    for (const { title, detail } of notices) this.#notices.add('warning', title, detail, clock.nowMs())
    this.#secrets = await this.#options.openSecrets(dataDir, (title, detail) => {
      this.#notices.add('warning', title, detail, clock.nowMs())
    })
    this.#list = new PoolList(store, this.#secrets, entropy)

    const practice = this.#options.practice
      ? await startPractice({ ...this.#options, settings: store, secrets: this.#secrets })
      : null
    if (practice) this.#disposal.add('practice pools', () => practice.stopPools())
    await this.#startHistory()
    await this.#startMining()
    if (practice) {
      this.#disposal.add('practice rigs', () => practice.stopRigs())
      if (this.stratum) practice.startRigs(this.stratum)
      this.practice = practice.control
    }
    this.#views.publish()
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#disposal.dispose().then((failures) => {
      for (const { name, error } of failures) {
        this.#options.log.error('could not stop a part', { part: name, error: errorText(error) })
      }
    })
    return this.#stopping
  }

  health(): { status: 'ok'; version: string; uptimeMs: number } {
    const uptimeMs = this.#options.clock.monotonicMs() - this.#startedMonotonicMs
    return { status: 'ok', version: this.#options.version, uptimeMs }
  }

  info(): AppInfo {
    const { version, host, dataDir, practice, hasTray } = this.#options
    return {
      version,
      host,
      startedAt: this.#startedAtMs,
      dataDir,
      stratum: this.stratum
        ? {
            address: `${this.stratum.host}:${this.stratum.port}`,
            lanAddresses: lanAddresses(this.stratum),
          }
        : null,
      capabilities: { practice, tray: hasTray },
      notices: this.#notices.all,
    }
  }

  dismissNotice(id: string): void {
    this.#notices.dismiss(id)
  }

  async createPool(draft: PoolDraft): Promise<Pool> {
    const { id } = await this.#list.create(draft)
    await this.#poolsChanged()
    return this.#views.pool(id)
  }

  async updatePool(id: string, patch: PoolPatch): Promise<Pool> {
    await this.#list.update(id, patch)
    await this.#poolsChanged()
    return this.#views.pool(id)
  }

  async removePool(id: string): Promise<void> {
    await this.#list.remove(id, this.#views.activePoolId)
    await this.#poolsChanged()
  }

  async activatePool(id: string): Promise<Activation> {
    this.#list.require(id)
    const result = await this.#mining.client.call('activate', id)
    await this.#list.setActive(id)
    this.#views.publish()
    const { switchedAtMs, tookMs, downstreams } = result
    return { switchedAt: Math.round(switchedAtMs), tookMs, downstreams }
  }

  async testPool(draft: {
    url: string
    userIdentity: string
    password?: string | undefined
    id?: string | undefined
  }): Promise<PoolTest> {
    const stored = draft.id === undefined ? undefined : this.#list.require(draft.id)
    const endpoint = poolEndpoint(draft.url)
    // The stored password is for the stored server, wherever the draft may lead.
    const secretRef = stored && sameServer(stored.url, draft.url) ? stored.secretRef : null
    const password = draft.password ?? (secretRef ? ((await this.#secrets.get(secretRef)) ?? '') : '')
    const config: PoolConfig = {
      id: 'test',
      name: stored?.name ?? 'The pool',
      endpoint,
      userIdentity: draft.userIdentity,
      password,
      enabled: true,
      versionRollingMask: 0x1fffe000,
      knownRollableSize: null,
      lines: 'shared',
      namesRigs: false,
      fallback: null,
      mayMoveTo: 'same-host',
      listens: false,
      payoutAddress: null,
    }
    const { ok, steps, problem } = await this.#mining.client.call('probe', config)
    const address = { step: 'address' as const, ok: true, tookMs: 0, detail: describeEndpoint(config) }
    return {
      ok,
      steps: [address, ...steps],
      problem: problem ? { code: problem.code, message: problem.message, at: problem.atMs } : null,
    }
  }

  async currentJob(): Promise<CurrentJob | null> {
    const status = await this.#mining.client.call('currentJob', null)
    return status ? currentJobView(status) : null
  }

  async blocks(): Promise<Block[]> {
    const found = await this.#history.client.call('blocks', BLOCKS_LISTED)
    return found.map(({ hash, height, foundAtMs, poolId, rigName, difficulty }) => ({
      hash,
      height,
      foundAt: foundAtMs,
      poolId,
      rigName,
      difficulty,
    }))
  }

  async history(query: {
    metric: SeriesQuery['metric'] & HistorySeries['metric']
    rig?: string | undefined
    from?: number | undefined
    to?: number | undefined
    points: number
  }): Promise<HistorySeries> {
    const toMs = query.to ?? this.#options.clock.nowMs()
    const fromMs = query.from ?? toMs - 3600_000
    if (fromMs >= toMs) {
      throw new HeadframeError('history/empty-range', '"from" must be earlier than "to".', {
        context: { field: 'from' },
      })
    }
    const { bucketMs, points } = await this.#history.client.call('series', {
      metric: query.metric,
      fromMs,
      toMs,
      points: query.points,
      ...(query.rig === undefined ? {} : { rigKey: query.rig }),
    })
    return { metric: query.metric, bucketMs, points }
  }

  async #startHistory(): Promise<void> {
    const { dataDir, clock, log } = this.#options
    const history = startThread<HistoryProcedures>('history', () => {}, this.#options.onFatal)
    this.#history = history
    this.#disposal.add('history thread', () => history.terminate())
    const opened = await history.client.call('open', {
      dataDir,
      nowMs: clock.nowMs(),
      poolIds: this.#list.all.map(({ id }) => id),
    })
    this.#disposal.add('history', () => history.client.call('close', clock.nowMs()))
    const { session, notices } = opened
    this.#views.begin(opened)
    for (const { title, detail } of notices) this.#notices.add('warning', title, detail, clock.nowMs())
    if (session.sharesLost > 0) {
      log.warn('shares of an earlier run never got an answer', { count: session.sharesLost })
    }
    this.#feed = new HistoryFeed({
      clock,
      log,
      record: (batch) => history.client.call('record', batch),
      onTrouble: (problem) => this.#onHistoryTrouble(problem),
      poolRecord: (poolId) => {
        const pool = this.#list.all.find(({ id }) => id === poolId)
        return { poolId, name: pool?.name ?? poolId, url: pool?.url ?? '' }
      },
    })
    this.#disposal.add('history feed', () => this.#feed.settled())
  }

  async #startMining(): Promise<void> {
    const { version, log } = this.#options
    const { current } = this.#store
    const mining = startThread<MiningProcedures, MiningEvent>(
      'mining',
      (event) => {
        if (event.kind === 'report') this.#onReport(event.report)
        else log.child(event.scope)[event.level](event.message, event.fields)
      },
      this.#options.onFatal,
    )
    this.#mining = mining
    this.#disposal.add('mining thread', () => mining.terminate())
    const start = async (stratum: HostPort | null): Promise<{ stratum: HostPort | null }> =>
      mining.client.call('start', {
        userAgent: `headframe/${version}`,
        stratum,
        allowedRanges: current.allowedRanges,
        sharesPerMinute: current.vardiff.sharesPerMinute,
        pools: await this.#configs(),
        activePoolId: current.activePoolId,
      })
    const wanted = this.#options.stratum ?? current.listeners.stratum
    const { stratum } = await start(wanted).catch((error: unknown) => {
      // Nobody has pointed a rig at the practice farm's port, so any will do; beside a real farm it is taken.
      const isTaken = error instanceof HeadframeError && error.code === 'listen/port-taken'
      if (!isTaken || !wanted || !this.#options.practice || this.#options.stratum) throw error
      return start({ ...wanted, port: 0 })
    })
    this.stratum = stratum
    this.#disposal.add('proxy', async () => {
      const last = await mining.client.call('stop', null)
      if (last) this.#onReport(last)
    })
  }

  /** Pools whose stored URL can no longer be used are left out and named in a notice. */
  async #configs(): Promise<PoolConfig[]> {
    const configs: PoolConfig[] = []
    for (const pool of this.#list.all) {
      try {
        configs.push(await poolConfig(pool, this.#secrets))
      } catch (error) {
        this.#notices.add(
          'error',
          `${pool.name} cannot be used`,
          `${errorText(error)} Edit the pool to correct it.`,
          this.#options.clock.nowMs(),
        )
      }
    }
    return configs
  }

  async #poolsChanged(): Promise<void> {
    const { activePoolId } = this.#store.current
    await this.#mining.client.call('setPools', { pools: await this.#configs(), activePoolId })
    this.#views.publish()
  }

  #onReport(report: EngineReport): void {
    this.#feed.add(report)
    this.#views.apply(report)
    const grants = new Map<string, number>()
    for (const { poolId, extranonce } of report.pools) if (extranonce) grants.set(poolId, extranonce.rollable)
    this.#list.learnGrants(grants).catch((error: unknown) => {
      this.#options.log.warn('could not save what pools grant', { error: errorText(error) })
    })
  }

  #onHistoryTrouble(problem: string | null): void {
    if (this.#historyNotice !== null) this.#notices.withdraw(this.#historyNotice)
    this.#historyNotice =
      problem === null
        ? null
        : this.#notices.add(
            'error',
            'The history is not being written',
            `${problem} Mining goes on, and what happens meanwhile is kept in memory.`,
            this.#options.clock.nowMs(),
          )
  }
}

const TRANSPORT_WORDS = { tls: 'TLS', ws: 'WebSocket', wss: 'WebSocket over TLS' } as const

function describeEndpoint({ endpoint }: PoolConfig): string {
  const { protocol, host, port } = endpoint
  const spoken = protocol === 'stratum-v2' ? 'Stratum V2, encrypted' : 'Stratum V1'
  return `${spoken}, ${host} port ${port}${endpoint.transport === 'tcp' ? '' : `, ${TRANSPORT_WORDS[endpoint.transport]}`}`
}

/** Addresses that rigs in the house can be pointed at. */
function lanAddresses({ host, port }: HostPort): string[] {
  if (host !== '0.0.0.0' && host !== '::') return [`${host}:${port}`]
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => `${address}:${port}`)
}
