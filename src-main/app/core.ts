/**
 * Builds the program from its parts, starts and stops them in order, and answers the contract. Knows no
 * window and no HTTP.
 */
import {
  type AppInfo,
  type Block,
  type Downstream,
  type Overview,
  type Pool,
  type Routing,
} from '../../src-preload/contract/index.ts'
import {
  type Core,
  type LiveListView,
  LiveValueView,
  type PracticeControl,
  type RunCalls,
} from '../api/index.ts'
import {
  type Clock,
  DisposalStack,
  type Entropy,
  errorText,
  type HeadframeError,
  type Logger,
} from '../base/index.ts'
import { type HostPort } from '../net/index.ts'
import { type EngineReport } from '../proxy/index.ts'
import { formatAuthorityKey } from '../sv2/index.ts'
import {
  defaultSettings,
  lockDataDir,
  openSettings,
  prepareDataDir,
  type SecretStore,
  type SettingsStore,
} from '../settings/index.ts'
import { rigAddress, type RigListeners, startListeners, type WantedListeners } from './rig-listeners.ts'
import { AuditDesk } from './audit-desk.ts'
import { type DeviceSide, startDevices } from './device-side.ts'
import { FarmViews } from './farm-views.ts'
import { type FleetService, startFleet } from './fleet-service.ts'
import { type NamedRig } from './history-desk.ts'
import { type HistorySide, startHistory } from './history-side.ts'
import { MoneyBook, firstMoneyContent } from './money-book.ts'
import { type MoneySide, startMoney } from './money-side.ts'
import { namedRigs } from './named-rigs.ts'
import { tellOfReport } from './report-events.ts'
import { type MiningEvent, type MiningProcedures } from './mining-service.ts'
import { Notices } from './notices.ts'
import { PoolDesk } from './pool-desk.ts'
import { PoolList } from './pool-list.ts'
import { startPractice, type WiredPractice } from './practice-wiring.ts'
import { type RigIdentity, rigIdentity } from './rig-identity.ts'
import { checkRouting, routingConfig } from './routing-config.ts'
import { TrafficDesk } from './traffic-desk.ts'
import { type HostedThread, startThread } from './thread-host.ts'

export interface CoreOptions {
  readonly version: string
  readonly host: 'desktop' | 'headless'
  readonly dataDir: string
  /** Whether to run the practice farm beside it. */
  readonly practice: boolean
  /** Where rigs connect, by protocol; null for what the settings say. */
  readonly stratum: HostPort | null
  readonly stratumV2: HostPort | null
  readonly stratumWs: HostPort | null
  readonly hasTray: boolean
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  /** @param tell shows the person a notice */
  openSecrets(dataDir: string, tell: (title: string, detail: string) => void): Promise<SecretStore>
  /** A part died or will not come back: the host should say so and stop. */
  onFatal(error: HeadframeError): void
}

/** What a host needs beside the contract. */
export interface RunningCore extends Core {
  /** Where rigs connect; null where they cannot. */
  readonly listeners: RigListeners
  /** Text of the key that SV2 rigs know us by. */
  readonly authorityKey: string
  readonly settings: SettingsStore
  /** The machine is about to sleep: boards on its own ports are switched off. */
  sleep(): Promise<void>
  /** It is awake again: they mine on. */
  wake(): Promise<void>
}

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
  poolDesk!: PoolDesk
  traffic!: TrafficDesk
  audit!: AuditDesk
  listeners: RigListeners = { stratum: null, stratumV2: null, stratumWs: null }
  readonly routing: LiveValueView<Routing>
  readonly #options: CoreOptions
  readonly #startedAtMs: number
  readonly #startedMonotonicMs: number
  readonly #notices = new Notices()
  readonly #disposal = new DisposalStack()
  #fleet!: FleetService
  #store!: SettingsStore
  #secrets!: SecretStore
  #list!: PoolList
  #identity!: RigIdentity
  #mining!: HostedThread<MiningProcedures, MiningEvent>
  #book!: MoneyBook
  #history!: HistorySide
  #money!: MoneySide
  #devices!: DeviceSide
  readonly #views: FarmViews
  #historyNotice: string | null = null
  #stopping: Promise<void> | null = null

  constructor(options: CoreOptions) {
    this.#options = options
    this.#startedAtMs = options.clock.nowMs()
    this.#startedMonotonicMs = options.clock.monotonicMs()
    this.routing = new LiveValueView<Routing>(defaultSettings().routing)
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

  get rigs(): FleetService['desk'] {
    return this.#fleet.desk
  }

  get runs(): RunCalls {
    return this.#fleet.desk.runCalls
  }

  get scans(): FleetService['scans'] {
    return this.#fleet.scans
  }

  get tuning(): FleetService['tuning'] {
    return this.#fleet.tuning
  }

  get devices(): DeviceSide['desk'] {
    return this.#devices.desk
  }

  get authorityKey(): string {
    return formatAuthorityKey(this.#identity.authority.publicKey)
  }

  get settings(): SettingsStore {
    return this.#store
  }

  sleep(): Promise<void> {
    return this.#devices.desk.rest()
  }

  wake(): Promise<void> {
    return this.#devices.desk.wake()
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
    this.#identity = await rigIdentity({ ...this.#options, secrets: this.#secrets })
    this.routing.set(store.current.routing)

    const practice = this.#options.practice
      ? await startPractice({
          ...this.#options,
          settings: store,
          secrets: this.#secrets,
          year: () => ({
            side: this.#history,
            book: this.#book,
            named: () => this.#namedRigs(),
            detail: (rigId) => this.#fleet.desk.rigs.find(rigId) && this.#fleet.desk.detail(rigId),
            downstreams: () => this.downstreams.items,
            poolIds: () => this.#list.all.map(({ id }) => id),
            networkDifficulty: () => this.#money.money.facts.value.network?.difficulty ?? null,
          }),
        })
      : null
    if (practice) this.#disposal.add('practice pools', () => practice.stopPools())
    await this.#openBook()
    const outside = practice ? await practice.startOutside(this.#book) : null
    await this.#startHistory()
    await this.#startMining()
    await this.#startFleet(practice)
    await this.#startMoney(outside)
    await this.#startDevices(practice)
    if (practice) {
      this.#disposal.add('practice rigs', () => practice.stopRigs())
      const { stratum, stratumV2 } = this.listeners
      const authorityKey = this.#identity.authority.publicKey
      if (stratum)
        practice.startRigs({ stratum, stratumV2: stratumV2 && { address: stratumV2, authorityKey } })
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
    const { certificate } = this.#identity
    return {
      version,
      host,
      startedAt: this.#startedAtMs,
      dataDir,
      stratum: rigAddress(this.listeners.stratum),
      stratumV2: this.#withKey(rigAddress(this.listeners.stratumV2)),
      stratumWs: rigAddress(this.listeners.stratumWs),
      certificate: certificate && {
        fingerprintSha256: certificate.fingerprintSha256,
        notAfter: certificate.notAfterMs,
      },
      capabilities: { practice, tray: hasTray },
      notices: this.#notices.all,
    }
  }

  dismissNotice(id: string): void {
    this.#notices.dismiss(id)
  }

  async setRouting(routing: Routing): Promise<Routing> {
    checkRouting(routing, this.#store.current)
    await this.#store.update((settings) => ({ ...settings, routing }))
    await this.#mining.client.call('setRouting', routingConfig(this.#store.current.routing))
    this.routing.set(this.#store.current.routing)
    return this.routing.value
  }

  blocks(): Promise<Block[]> {
    return this.#history.desk.blocks()
  }

  get history(): HistorySide['desk'] {
    return this.#history.desk
  }

  get keeping(): HistorySide['keeping'] {
    return this.#history.keeping
  }

  get earnings(): MoneySide['earnings'] {
    return this.#money.earnings
  }

  get money(): MoneySide['money'] {
    return this.#money.money
  }

  get accounts(): MoneySide['accounts'] {
    return this.#money.accounts
  }

  get payouts(): MoneySide['payouts'] {
    return this.#money.payouts
  }

  get meters(): MoneySide['meters'] {
    return this.#money.meters
  }

  async #openBook(): Promise<void> {
    const { dataDir, clock } = this.#options
    this.#book = await MoneyBook.open(
      dataDir,
      clock,
      this.#secrets,
      firstMoneyContent(this.#store.current.ui),
    )
    for (const { title, detail } of this.#book.notices) {
      this.#notices.add('warning', title, detail, clock.nowMs())
    }
  }

  async #startHistory(): Promise<void> {
    const { dataDir, clock, log, onFatal } = this.#options
    const tell = ({ title, detail }: { title: string; detail: string }): void =>
      void this.#notices.add('warning', title, detail, clock.nowMs())
    this.#history = await startHistory({
      ...{ clock, log, dataDir, onFatal, tell },
      book: this.#book,
      poolIds: this.#list.all.map(({ id }) => id),
      rigs: () => this.#namedRigs(),
      meters: () => this.#book.content.meters,
      pools: () => this.#list.all,
      onTrouble: (problem) => this.#onHistoryTrouble(problem),
    })
    this.#disposal.add('history', () => this.#history.stop())
    this.#views.begin(this.#history.opened)
    for (const notice of this.#history.opened.notices) tell(notice)
  }

  /** @param ownPrices where prices are asked in place of the public source; null for that */
  async #startMoney(ownPrices: string | null): Promise<void> {
    const { clock, entropy, log, dataDir } = this.#options
    this.#money = await startMoney({
      ...{ clock, entropy, log, dataDir },
      book: this.#book,
      side: this.#history,
      priceOrigins: ownPrices === null ? {} : { mempool: ownPrices },
      pools: () => this.#list.all,
      rigs: () => this.#fleet.desk.rigs.items,
      groups: () => this.#fleet.desk.groups.items,
      named: () => this.#namedRigs(),
      job: () => this.traffic.job(null),
      tell: ({ title, detail }) => void this.#notices.add('warning', title, detail, clock.nowMs()),
    })
    this.#disposal.add('money', () => this.#money.stop())
  }

  #namedRigs(): NamedRig[] {
    const linkOf = (rigId: string): string | undefined => this.#history.linkOf(rigId)
    return namedRigs(this.#fleet.desk.rigs.items, this.downstreams.items, linkOf)
  }

  async #startMining(): Promise<void> {
    const { version } = this.#options
    const { current } = this.#store
    const mining = startThread<MiningProcedures, MiningEvent>(
      'mining',
      (event) => this.#onMiningEvent(event),
      this.#options.onFatal,
    )
    this.#mining = mining
    this.#disposal.add('mining thread', () => mining.terminate())
    this.poolDesk = new PoolDesk({
      clock: this.#options.clock,
      list: this.#list,
      secrets: this.#secrets,
      settings: this.#store,
      views: this.#views,
      notices: this.#notices,
      mining: mining.client,
    })
    const { clock, log } = this.#options
    this.traffic = new TrafficDesk({
      clock,
      log,
      mining: mining.client,
      requirePool: (id) => void this.#list.require(id),
    })
    this.#disposal.add('traffic desk', () => this.traffic.stop())
    this.audit = await AuditDesk.open({
      dataDir: this.#options.dataDir,
      clock,
      log,
      settings: this.#store,
      setAudit: (options) => mining.client.call('setAudit', options),
    })
    this.#disposal.add('audit log', () => this.audit.close())
    const { authority, certificate } = this.#identity
    const start = async (listeners: RigListeners): Promise<RigListeners> =>
      mining.client.call('start', {
        userAgent: `headframe/${version}`,
        ...listeners,
        authority,
        tls: certificate,
        allowedRanges: current.allowedRanges,
        sharesPerMinute: current.vardiff.sharesPerMinute,
        pools: await this.poolDesk.configs(),
        activePoolId: current.activePoolId,
        routing: routingConfig(current.routing),
      })
    this.listeners = await startListeners(this.#wantedListeners(), start)
    await this.audit.start()
    this.#disposal.add('proxy', async () => {
      const last = await mining.client.call('stop', null)
      if (last) this.#onReport(last)
    })
  }

  async #startFleet(practice: WiredPractice | null): Promise<void> {
    const { dataDir, clock, entropy, log } = this.#options
    this.#fleet = await startFleet({
      dataDir,
      clock,
      entropy,
      log,
      secrets: this.#secrets,
      list: this.#list,
      downstreams: () => this.downstreams.items,
      listeners: () => this.listeners,
      allowedRanges: () => this.#store.current.allowedRanges,
      extraTargets: practice?.scanTargets ?? [],
      // A practice farm announces nothing, and the networks around this machine are none of its affair.
      announcedOn: practice ? ['127.0.0.1'] : null,
      sawRig: (rig, detail) => {
        this.#history.sawRig(rig, detail)
        const rigKey = rig.downstreamId && this.downstreams.find(rig.downstreamId)?.rigKey
        if (rigKey) this.#history.linkRig(rig.id, rigKey)
      },
      sawRun: (run) => this.#history.events.sawRun(run),
      sawTuning: (tuning) => this.#history.events.sawTuning(tuning),
      forgetRig: (id) => this.#history.forgetRig(id),
      deviceSubject: (id) => this.#devices.desk.subject(id),
      tell: ({ title, detail }) => void this.#notices.add('warning', title, detail, clock.nowMs()),
    })
    this.#disposal.add('fleet', () => this.#fleet.stop())
  }

  async #startDevices(practice: WiredPractice | null): Promise<void> {
    const { dataDir, clock, log, onFatal } = this.#options
    this.#devices = await startDevices({
      ...{ dataDir, clock, log, onFatal },
      mining: this.#mining.client,
      practice: practice?.boards ?? null,
      downstreams: () => this.downstreams.items,
      poolName: (poolId) => this.#list.all.find(({ id }) => id === poolId)?.name ?? null,
      startTuning: (id, draft) => this.tuning.start(id, draft),
      sawRig: (rig, detail, rigKey) => {
        if (rigKey !== null) this.#history.linkRig(rig.id, rigKey)
        this.rigs.sawGuest(rig, detail)
      },
      forgetRig: (id) => this.rigs.forgetGuest(id),
      tell: (severity, title, detail) => void this.#notices.add(severity, title, detail, clock.nowMs()),
    })
    this.#disposal.add('USB devices', () => this.#devices.stop())
  }

  /** What was asked for on the command line, else what the settings say. */
  #wantedListeners(): WantedListeners {
    const { stratum, stratumV2, stratumWs, practice } = this.#options
    const { listeners } = this.#store.current
    const asked = { stratum, stratumV2, stratumWs }
    return {
      listeners: {
        stratum: stratum ?? listeners.stratum,
        stratumV2: stratumV2 ?? listeners.stratumV2,
        stratumWs: stratumWs ?? listeners.stratumWs,
      },
      whenTaken(name) {
        if (asked[name] !== null) return 'fail'
        // Nobody has pointed a rig at the practice farm's ports, so any will do; beside a real farm they are taken.
        if (practice) return 'move'
        // Most rigs speak V1: without that there is nothing to run for.
        return name === 'stratum' ? 'fail' : 'leave-out'
      },
      onLeftOut: (name, { message }) => {
        const title =
          name === 'stratumV2' ? 'Rigs cannot connect by Stratum V2' : 'Rigs cannot connect by WebSocket'
        this.#notices.add(
          'warning',
          title,
          `${message} Other rigs are not concerned.`,
          this.#options.clock.nowMs(),
        )
      },
    }
  }

  #withKey(address: AppInfo['stratum']): AppInfo['stratumV2'] {
    return address && { ...address, authorityKey: this.authorityKey }
  }

  #onMiningEvent(event: MiningEvent): void {
    switch (event.kind) {
      case 'report':
        return this.#onReport(event.report)
      case 'devices':
        return this.#devices.desk.onChains(event.status)
      case 'device-waits':
        return this.#devices.desk.onWait(event.id, event.message)
      case 'warnings':
        this.traffic.setWarnings(event.warnings)
        return this.#views.setWarningCount(event.warnings.length)
      case 'audit':
        return this.audit.write(event.batch)
      case 'probe-step':
        return this.poolDesk.onProbeStep(event)
      case 'log':
        return this.#options.log.child(event.scope)[event.level](event.message, event.fields)
    }
  }

  #onReport(report: EngineReport): void {
    this.#history.feed.add(report)
    tellOfReport(
      report,
      this.#history.events,
      (id) => this.#list.all.find((pool) => pool.id === id)?.name ?? id,
    )
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
