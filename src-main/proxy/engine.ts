/**
 * The proxy as one thing: listeners for rigs, connections to pools, and the parts between them. Runs in the
 * mining thread, and in process for tests. Its host steers it with the methods below and reads `report`
 * about once a second.
 */
import {
  type Clock,
  DisposalStack,
  type Entropy,
  HeadframeError,
  type Logger,
  silentLogger,
} from '../base/index.ts'
import {
  type CreateShareChecker,
  describeJob,
  type DeviceIntroduction,
  type DeviceWork,
  type JobId,
} from '../mining/index.ts'
import {
  type BackoffPolicy,
  Broadcast,
  createNetLoop,
  DEFAULT_BACKOFF,
  dial,
  type HostPort,
  type NetLoop,
} from '../net/index.ts'
import { Insight } from './insight/insight.ts'
import { Accounting, type Reasons, type ShareAccount, ShareBook } from './shares/accounting.ts'
import { DeviceDesk } from './downstream/device-desk.ts'
import { type Downstream, type DownstreamHost } from './downstream/downstream.ts'
import { type CurrentJobStatus, type EngineReport } from './engine-views.ts'
import { ExtranonceDesk } from './downstream/extranonce-desk.ts'
import { FarmSurvey } from './downstream/farm-survey.ts'
import { JobBoard } from './shares/job-board.ts'
import { createDial } from './upstream/dial.ts'
import { type ProbeOptions, probePool, type ProbeResult } from './upstream/pool-probe.ts'
import { EngineReporter } from './reporter.ts'
import { Rig } from './downstream/rig.ts'
import { ShareDesk } from './shares/share-desk.ts'
import { startDifficultyOf } from './downstream/start-difficulty.ts'
import { type ListenersOptions, RigListeners } from './listeners.ts'
import { type ActivationResult } from './switching/activation.ts'
import { DEFAULT_ROUTING, type RoutingConfig } from './switching/routing.ts'
import { earningIssue, type Seat } from './switching/seat.ts'
import { Switchboard } from './switching/switchboard.ts'
import { wantedDifficulty } from './downstream/tell-difficulty.ts'
import { type PoolConfig } from './upstream/upstream.ts'
import { type LinesParts, sessionsFor, UpstreamLines } from './upstream/upstream-lines.ts'

export interface EngineOptions extends ListenersOptions {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log?: Logger
  readonly createChecker: CreateShareChecker
  /** For instance `headframe/0.1.0`. */
  readonly userAgent: string
  /** Share rate aimed at, per rig. */
  readonly sharesPerMinute?: number
  readonly calibrationSharesPerSecond?: number
  readonly backoff?: BackoffPolicy
  /** Shares a second to a pool that are no flood, for all rigs; the default of `FloodGate` unless given. */
  readonly floodSharesPerSecond?: number
  /** Certificates that pools may use beside those of the public authorities, PEM. */
  readonly trustedCertificates?: readonly string[]
}

/** How often vardiff decides; it wants about a second. */
const VARDIFF_PERIOD_MS = 1000
const UPKEEP_PERIOD_MS = 5000
/** Rigs whose difficulty is decided in one turn of the loop; each may be sent a job. */
const RETARGET_SLICE = 128
/** Rigs whose difficulty is remembered after they left; the oldest is forgotten. */
const REMEMBERED_RIGS = 4096

export class ProxyEngine {
  /** What can be seen of jobs and traffic, and what is odd about them. */
  readonly insight: Insight
  readonly #options: EngineOptions
  readonly #log: Logger
  readonly #loop: NetLoop
  readonly #accounting = new Accounting()
  readonly #poolBooks = new Map<string, ShareBook>()
  readonly #retargeting: Broadcast<Seat>
  readonly #survey: FarmSurvey
  readonly #extranonces = new ExtranonceDesk()
  readonly #desk: ShareDesk
  readonly #board: JobBoard
  readonly #switchboard: Switchboard
  readonly #reporter: EngineReporter
  readonly #disposal = new DisposalStack()
  /** Connected rigs, ready or not. */
  readonly #sessions = new Set<Downstream>()
  readonly #remembered = new Map<string, number>()
  readonly #listeners: RigListeners
  readonly #devices: DeviceDesk
  #nextJobId = 1
  #nextRigId = 1
  #stopped = false

  constructor(options: EngineOptions) {
    this.#options = options
    this.#log = options.log ?? silentLogger
    const { clock } = options
    this.insight = new Insight(clock)
    this.#loop = createNetLoop(clock)
    this.#retargeting = new Broadcast({
      sliceSize: RETARGET_SLICE,
      afterSlice: () => this.#loop.joiner.flush(),
    })
    this.#desk = new ShareDesk({
      createChecker: options.createChecker,
      accounting: this.#accounting,
      forward: (offered, token) => this.#switchboard.forward(offered, token),
      forwardBlock: (offered, token) => this.#switchboard.forwardBlock(offered, token),
      flushAnswers: () => this.#loop.joiner.flush(),
      onBlock: (block) => this.#reporter.onBlock(block),
      monotonicMs: () => clock.monotonicMs(),
    })
    this.#board = new JobBoard(this.#desk.checker)
    const lines = new UpstreamLines<ShareAccount>({
      ...this.#linesParts(),
      openTap: (link) => this.insight.openUpstream(link),
    })
    this.#switchboard = new Switchboard({
      clock,
      log: this.#log,
      board: this.#board,
      extranonces: this.#extranonces,
      joiner: this.#loop.joiner,
      createUpstream: (config, owner, events) =>
        lines.open(config, owner, this.insight.observed(config, owner?.rigId ?? config.id, events)),
      floodSharesPerSecond: options.floodSharesPerSecond,
      settle: (token, outcome) => this.#accounting.settle(token, outcome),
      onPoolEvent: (event) => this.#reporter.onPoolEvent(event),
    })
    this.#survey = new FarmSurvey(this.#switchboard.seats, clock)
    this.#reporter = new EngineReporter({
      clock,
      accounting: this.#accounting,
      switchboard: this.#switchboard,
      sessions: this.#sessions,
      survey: this.#survey,
      poolBook: (poolId) => this.#poolBook(poolId),
    })
    const rigs = {
      host: this.#host,
      newRig: (address: string) => this.#newRig(address),
      onSession: (session: Downstream) => void this.#sessions.add(session),
    }
    this.#listeners = new RigListeners({ ...options, ...rigs, loop: this.#loop })
    this.#devices = new DeviceDesk(rigs)
  }

  /** Where SV1 rigs connect; null if nowhere. */
  get stratumAddress(): HostPort | null {
    return this.#listeners.stratumAddress
  }

  /** Where SV2 rigs connect; null if nowhere. */
  get stratumV2Address(): HostPort | null {
    return this.#listeners.stratumV2Address
  }

  /** Where rigs connect over WebSocket; null if nowhere. */
  get stratumWsAddress(): HostPort | null {
    return this.#listeners.stratumWsAddress
  }

  /** What SV2 rigs know us by, as text; null without it. */
  get authorityKeyText(): string | null {
    return this.#listeners.authorityKeyText
  }

  /** Connections of SV2 rigs that ended by a fault of the peer, by what it was, since the start. */
  get stratumV2Faults(): Reasons {
    return this.#listeners.stratumV2Faults
  }

  /**
   * Opens the listeners and connects to the pools.
   * @param activePoolId the pool the person prefers; null for none yet
   * @throws HeadframeError `listen/…` when the port cannot be had, `pool/stopping` when it was stopped meanwhile
   */
  async start(
    pools: readonly PoolConfig[],
    activePoolId: string | null,
    routing: RoutingConfig = DEFAULT_ROUTING,
  ): Promise<void> {
    const { clock } = this.#options
    this.#switchboard.start(pools, activePoolId, routing)
    this.#disposal.add('pools', () => this.#switchboard.stop())
    this.#disposal.add('rigs', () => this.#listeners.stop())
    try {
      await this.#listeners.start()
    } catch (error) {
      await this.stop()
      throw error
    }
    if (this.#stopped) {
      // What was opened since it was told to stop.
      await this.#listeners.stop()
      throw new HeadframeError('pool/stopping', 'Headframe is stopping.')
    }
    const vardiff = clock.every(VARDIFF_PERIOD_MS, () => {
      this.#switchboard.tick()
      this.#retarget()
    })
    const upkeep = clock.every(UPKEEP_PERIOD_MS, () => this.#upkeep())
    this.#disposal.add('timers', () => {
      vardiff.cancel()
      upkeep.cancel()
    })
  }

  /** Stops in reverse order. Shares without an answer are counted lost; read a last `report` afterwards. */
  async stop(): Promise<void> {
    this.#retargeting.cancel()
    this.#stopped = true
    this.#devices.stop('Headframe is stopping')
    for (const { name, error } of await this.#disposal.dispose()) {
      this.#log.error('could not stop a part', { part: name, error })
    }
  }

  /**
   * Takes a device on this machine's own ports as one more rig, whether or not there is a pool yet.
   * @throws HeadframeError `device/already-connected` if one with this key is there, `device/stopping`
   */
  connectDevice(introduction: DeviceIntroduction): DeviceWork {
    return this.#devices.connect(introduction)
  }

  /** @param activePoolId adopted if no pool is active yet */
  setPools(pools: readonly PoolConfig[], activePoolId: string | null = null): void {
    this.#switchboard.setPools(pools, activePoolId)
  }

  /** @throws HeadframeError as `Switchboard.activate` does */
  activate(poolId: string): Promise<ActivationResult> {
    return this.#switchboard.activate(poolId)
  }

  /** Says which rigs are to work for which pools. */
  setRouting(routing: RoutingConfig): void {
    this.#switchboard.setRouting(routing)
  }

  /** The machine woke up, or its network changed: connections prove that they live, and lost ones are tried now. */
  nudge(): void {
    this.#switchboard.nudge()
  }

  /** Connects to a pool on the side, reports each step as it ends, and leaves. */
  probe(config: PoolConfig, options?: ProbeOptions): Promise<ProbeResult> {
    return probePool(config, this.#linesParts(), options)
  }

  /**
   * A decoded job; null before the first.
   * @param poolId whose; null for the one that rigs without a rule hash
   */
  currentJob(poolId: string | null = null): CurrentJobStatus | null {
    const current = this.#switchboard.jobOf(poolId ?? this.#switchboard.activeId)
    if (!current) return null
    return {
      poolId: current.poolId,
      upstreamJobId: current.job.upstreamJobId,
      receivedAtMs: current.job.receivedAtMs,
      description: describeJob(current.job),
    }
  }

  /**
   * What happened since the last call, and how things are. Of very many rigs a part waits for the next call;
   * after `stop` nothing does.
   */
  report(): EngineReport {
    const report = this.#reporter.report(this.#stopped)
    this.insight.onReport(report)
    return report
  }

  /** One for all rigs: there are very many. */
  readonly #bookOf = (poolId: string): ShareBook => this.#poolBook(poolId)

  #newRig(address: string): Rig {
    const { clock, calibrationSharesPerSecond } = this.#options
    return new Rig({
      id: `r${this.#nextRigId++}`,
      address,
      connectedAtMs: clock.nowMs(),
      monotonicMs: clock.monotonicMs(),
      sharesPerMinute: this.#sharesPerMinute,
      calibrationSharesPerSecond,
      startDifficulty: startDifficultyOf(null, this.#sharesPerMinute),
      poolBook: this.#bookOf,
    })
  }

  readonly #host: DownstreamHost = this.#createHost()

  #createHost(): DownstreamHost {
    // Read at call time: the engine is still being built when this runs.
    const engine = (): ProxyEngine => this
    return {
      get clock() {
        return engine().#options.clock
      },
      get log() {
        return engine().#log
      },
      get sharesPerMinute() {
        return engine().#sharesPerMinute
      },
      grantExtranonce: (downstream, request) =>
        this.#extranonces.grant(request, this.#switchboard.jobFor(downstream)?.extranonce ?? null),
      releaseExtranonce: (grant) => this.#extranonces.release(grant),
      openTap: (link) => this.insight.openDownstream(link),
      offeredVersionMask: (downstream) => this.#switchboard.offeredVersionMask(downstream),
      currentIssue: (downstream) => this.#switchboard.issueFor(downstream),
      isMeantFor: (downstream, issued) => this.#switchboard.isMeantFor(downstream, issued),
      findIssue: (sequence) => this.#board.find(sequence),
      difficultyCap: (issued) => issued.floodGate.cap(issued.poolDifficulty),
      poolIdForRefusals: (downstream) => this.#switchboard.poolOf(downstream) ?? NO_POOL,
      offerShare: (share) => this.#desk.offer(share),
      refuseShare: (offerer, reference, poolId, refusal) =>
        this.#desk.refuse(offerer, reference, poolId, refusal),
      onReady: (downstream) => this.#switchboard.join(downstream),
      onClosed: (downstream, reason) => this.#onClosed(downstream, reason),
      rememberedDifficulty: (rigKey) => this.#remembered.get(rigKey),
    }
  }

  #onClosed(downstream: Downstream, reason: string): void {
    const { rig } = downstream
    this.#sessions.delete(downstream)
    this.#switchboard.leave(downstream)
    this.#reporter.onRigGone(rig.id)
    this.#log.info('rig disconnected', { rig: rig.id, reason })
    if (!rig.vardiff.isSteady) return
    this.#remembered.delete(rig.rigKey)
    this.#remembered.set(rig.rigKey, rig.vardiff.difficulty)
    if (this.#remembered.size > REMEMBERED_RIGS) {
      const [oldest] = this.#remembered.keys()
      if (oldest !== undefined) this.#remembered.delete(oldest)
    }
  }

  /** Keeps flood gates and what the pools know of us up to date. */
  #upkeep(): void {
    this.#survey.take()
    this.#switchboard.tellHashrates()
  }

  #retarget(): void {
    if (this.#retargeting.active) return
    this.#retargeting.start(this.#switchboard.seats.values(), (seat) => this.#retargetRig(seat))
  }

  #retargetRig(seat: Seat): void {
    const issued = earningIssue(seat)
    if (!issued) {
      // Silence of a rig that has nothing to hash says nothing about it.
      seat.idle = true
      seat.downstream.onIdle?.()
      return
    }
    const { downstream } = seat
    const { rig, ready } = downstream
    const nowMs = this.#options.clock.monotonicMs()
    if (seat.idle) rig.vardiff.resume(nowMs)
    seat.idle = false
    if (!ready) return
    rig.vardiff.retarget(nowMs)
    const cap = issued.floodGate.cap(issued.poolDifficulty)
    // Also a wish of the rig that came too soon after its job; what cannot be told now is told in a second.
    if (rig.steps.latest && rig.steps.latest.difficulty !== wantedDifficulty(rig, cap, nowMs)) {
      downstream.reissue(issued)
    }
  }

  #poolBook(poolId: string): ShareBook {
    let book = this.#poolBooks.get(poolId)
    if (!book) {
      book = new ShareBook()
      this.#poolBooks.set(poolId, book)
    }
    return book
  }

  get #sharesPerMinute(): number {
    return this.#options.sharesPerMinute ?? DEFAULT_SHARES_PER_MINUTE
  }

  #linesParts(): LinesParts {
    const { clock, entropy, userAgent, backoff, trustedCertificates } = this.#options
    return {
      clock,
      entropy,
      log: this.#log,
      userAgent,
      backoff: backoff ?? DEFAULT_BACKOFF,
      dial: createDial({ loop: this.#loop, trustedCertificates: trustedCertificates ?? [], dial }),
      createSession: sessionsFor,
      nominalHashrateHs: (poolId) => this.#switchboard.expectedHs(poolId),
      nextJobId: () => this.#nextJobId++ as JobId,
    }
  }
}

const DEFAULT_SHARES_PER_MINUTE = 6
/** Books what rigs send before any pool was active. */
const NO_POOL = 'none'
