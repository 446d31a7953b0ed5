/**
 * The proxy as one thing: listeners for rigs, connections to pools, and the parts between them. Runs in the
 * mining thread, and in process for tests. Its host steers it with the methods below and reads `report`
 * about once a second.
 */
import { type Clock, DisposalStack, type Entropy, type Logger, silentLogger } from '../base/index.ts'
import { type CreateShareChecker, describeJob, type JobId } from '../mining/index.ts'
import {
  type BackoffPolicy,
  Broadcast,
  connect,
  type Connection,
  createNetLoop,
  type HostPort,
  listen,
  type Listener,
  type NetLoop,
} from '../net/index.ts'
import { Accounting, type ShareAccount, ShareBook } from './shares/accounting.ts'
import { type Downstream, type DownstreamHost } from './downstream/downstream.ts'
import { type CurrentJobStatus, type EngineReport } from './engine-views.ts'
import { ExtranonceDesk } from './downstream/extranonce-desk.ts'
import { Fanout } from './switching/fanout.ts'
import { FarmSurvey } from './downstream/farm-survey.ts'
import { FloodGate } from './downstream/flood-gate.ts'
import { type IssuedJob, JobBoard } from './shares/job-board.ts'
import { type CreatePoolSession } from './upstream/pool-session.ts'
import { probePool, type ProbeResult } from './upstream/pool-probe.ts'
import { EngineReporter } from './reporter.ts'
import { Rig } from './downstream/rig.ts'
import { ShareDesk } from './shares/share-desk.ts'
import { startDifficultyOf } from './downstream/start-difficulty.ts'
import { createSv1PoolSession } from './upstream/sv1-pool-session.ts'
import { Sv1Session } from './downstream/sv1-session.ts'
import { createSv2PoolSession } from './upstream/sv2-pool-session.ts'
import { type ActivationResult, Switchboard } from './switching/switchboard.ts'
import { wantedDifficulty } from './downstream/tell-difficulty.ts'
import { type PoolConfig, type PoolEndpoint } from './upstream/upstream.ts'
import { type RunnerParts, UpstreamRunner } from './upstream/upstream-runner.ts'

/** Of our own SV2 side, secp256k1: 32 bytes each, the public one x-only. */
export interface AuthorityKeyPair {
  readonly secretKey: Uint8Array
  readonly publicKey: Uint8Array
}

export interface EngineOptions {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log?: Logger
  readonly createChecker: CreateShareChecker
  /** For instance `headframe/0.1.0`. */
  readonly userAgent: string
  /** Where SV1 rigs connect; null listens nowhere. Port 0 picks a free one. */
  readonly stratum: HostPort | null
  /** Where SV2 rigs connect; null or absent listens nowhere. */
  readonly stratumV2?: HostPort | null
  /** Where rigs connect over WebSocket, either protocol; null or absent listens nowhere. */
  readonly stratumWs?: HostPort | null
  /** Signs what our SV2 side proves itself with; needed where `stratumV2` or `stratumWs` listens. */
  readonly authority?: AuthorityKeyPair | null
  /** With it rigs may use TLS, on the same ports. PEM. */
  readonly tls?: { readonly certificatePem: string; readonly privateKeyPem: string } | null
  /** Ranges beside the private ones from which rigs may connect, CIDR. */
  readonly allowedRanges?: readonly string[]
  /** Share rate aimed at, per rig. */
  readonly sharesPerMinute?: number
  readonly calibrationSharesPerSecond?: number
  readonly maxConnections?: number
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
/** Rigs up to which each new one is taken into account at once. */
const PROMPT_RIGS = 32
/** Rigs whose difficulty is remembered after they left; the oldest is forgotten. */
const REMEMBERED_RIGS = 4096

export class ProxyEngine {
  readonly #options: EngineOptions
  readonly #log: Logger
  readonly #loop: NetLoop
  readonly #accounting = new Accounting()
  readonly #poolBooks = new Map<string, ShareBook>()
  readonly #fanout: Fanout
  readonly #retargeting: Broadcast<Downstream>
  readonly #survey: FarmSurvey
  readonly #extranonces = new ExtranonceDesk()
  readonly #floodGate: FloodGate
  readonly #desk: ShareDesk
  readonly #board: JobBoard
  readonly #switchboard: Switchboard
  readonly #reporter: EngineReporter
  readonly #disposal = new DisposalStack()
  /** Connected rigs, ready or not. */
  readonly #sessions = new Set<Downstream>()
  readonly #remembered = new Map<string, number>()
  #listener: Listener | null = null
  #nextJobId = 1
  /** Silence of rigs that have nothing to hash says nothing about them. */
  #withoutWork = false
  #nextRigId = 1
  #stopped = false

  constructor(options: EngineOptions) {
    this.#options = options
    this.#log = options.log ?? silentLogger
    const { clock } = options
    this.#loop = createNetLoop(clock)
    this.#fanout = new Fanout(this.#loop.joiner)
    this.#retargeting = new Broadcast({
      sliceSize: RETARGET_SLICE,
      afterSlice: () => this.#loop.joiner.flush(),
    })
    this.#survey = new FarmSurvey(this.#sessions, clock)
    this.#floodGate = new FloodGate(options.floodSharesPerSecond)
    this.#desk = new ShareDesk({
      createChecker: options.createChecker,
      accounting: this.#accounting,
      forward: (offered, token) => this.#switchboard.forward(offered, token),
      flushAnswers: () => this.#loop.joiner.flush(),
      floodFloor: (poolDifficulty) => this.#floodGate.floor(poolDifficulty),
      onBlock: (block) => this.#reporter.onBlock(block),
      monotonicMs: () => clock.monotonicMs(),
    })
    this.#board = new JobBoard(this.#desk.checker)
    this.#switchboard = new Switchboard({
      clock,
      log: this.#log,
      board: this.#board,
      extranonces: this.#extranonces,
      fanout: this.#fanout,
      createUpstream: (config, events) =>
        new UpstreamRunner<ShareAccount>(config, events, this.#runnerParts(config)),
      settle: (token, outcome) => this.#accounting.settle(token, outcome),
      onPoolEvent: (event) => this.#reporter.onPoolEvent(event),
    })
    this.#reporter = new EngineReporter({
      clock,
      accounting: this.#accounting,
      switchboard: this.#switchboard,
      sessions: this.#sessions,
      survey: this.#survey,
      poolBook: (poolId) => this.#poolBook(poolId),
    })
  }

  /** Where SV1 rigs connect; null if nowhere. */
  get stratumAddress(): HostPort | null {
    return this.#listener?.address ?? null
  }

  /**
   * Opens the listeners and connects to the active pool.
   * @throws HeadframeError `listen/…` when the port cannot be had
   */
  async start(pools: readonly PoolConfig[], activePoolId: string | null): Promise<void> {
    const { clock, stratum } = this.#options
    this.#switchboard.start(pools, activePoolId)
    this.#disposal.add('pools', () => this.#switchboard.stop())
    if (stratum) {
      try {
        this.#listener = await listen(
          {
            ...stratum,
            loop: this.#loop,
            optionName: '--stratum',
            extraRanges: this.#options.allowedRanges ?? [],
            ...(this.#options.maxConnections === undefined
              ? {}
              : {
                  maxConnections: this.#options.maxConnections,
                  maxConnectionsPerAddress: this.#options.maxConnections,
                }),
          },
          (connection) => this.#onConnection(connection),
        )
      } catch (error) {
        await this.stop()
        throw error
      }
      this.#disposal.add('rigs', () => this.#listener?.stop('Headframe is stopping'))
    }
    const vardiff = clock.every(VARDIFF_PERIOD_MS, () => this.#retarget())
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
    for (const { name, error } of await this.#disposal.dispose()) {
      this.#log.error('could not stop a part', { part: name, error })
    }
  }

  /** @param activePoolId adopted if no pool is active yet */
  setPools(pools: readonly PoolConfig[], activePoolId: string | null = null): void {
    this.#switchboard.setPools(pools, activePoolId)
  }

  /** @throws HeadframeError as `Switchboard.activate` does */
  activate(poolId: string): Promise<ActivationResult> {
    return this.#switchboard.activate(poolId)
  }

  /** Connects to a pool on the side, reports each step, and leaves. */
  probe(config: PoolConfig): Promise<ProbeResult> {
    return probePool(config, this.#runnerParts(config), this.#options.clock)
  }

  /** The decoded job that rigs hash; null before the first. */
  currentJob(): CurrentJobStatus | null {
    const current = this.#switchboard.current
    if (!current) return null
    const { job, poolId } = current
    return {
      poolId,
      upstreamJobId: job.upstreamJobId,
      receivedAtMs: job.receivedAtMs,
      description: describeJob(job),
    }
  }

  /**
   * What happened since the last call, and how things are. Of very many rigs a part waits for the next call;
   * after `stop` nothing does.
   */
  report(): EngineReport {
    return this.#reporter.report(this.#stopped)
  }

  #onConnection(connection: Connection): void {
    const { clock, calibrationSharesPerSecond } = this.#options
    const rig = new Rig({
      id: `r${this.#nextRigId++}`,
      address: connection.remoteAddress,
      connectedAtMs: clock.nowMs(),
      monotonicMs: clock.monotonicMs(),
      sharesPerMinute: this.#sharesPerMinute,
      calibrationSharesPerSecond,
      startDifficulty: startDifficultyOf(null, this.#sharesPerMinute),
      poolBook: (poolId) => this.#poolBook(poolId),
    })
    this.#sessions.add(new Sv1Session(connection, rig, this.#host))
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
      grantExtranonce: (_downstream, request) =>
        this.#extranonces.grant(request, this.#switchboard.current?.job.extranonce ?? null),
      releaseExtranonce: (grant) => this.#extranonces.release(grant),
      offeredVersionMask: () => this.#switchboard.offeredVersionMask,
      currentIssue: () => this.#switchboard.current,
      findIssue: (sequence) => this.#board.find(sequence),
      difficultyCap: (issued) => this.#floodGate.cap(issued.poolDifficulty),
      poolIdForRefusals: () => this.#switchboard.activeId ?? NO_POOL,
      offerShare: (share) => this.#desk.offer(share),
      refuseShare: (offerer, reference, poolId, refusal) =>
        this.#desk.refuse(offerer, reference, poolId, refusal),
      onReady: (downstream) => {
        this.#fanout.downstreams.add(downstream)
        // The first few matter at once; among many, one more can wait for the next round.
        if (this.#fanout.downstreams.size <= PROMPT_RIGS) this.#upkeep()
        this.#switchboard.welcome(downstream)
      },
      onClosed: (downstream, reason) => this.#onClosed(downstream, reason),
      rememberedDifficulty: (rigKey) => this.#remembered.get(rigKey),
    }
  }

  #onClosed(downstream: Downstream, reason: string): void {
    const { rig } = downstream
    this.#sessions.delete(downstream)
    this.#fanout.downstreams.delete(downstream)
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

  /** Keeps the flood gate, the jobs' age and what the pool knows of us up to date. */
  #upkeep(): void {
    const { presumedHs, wellMeasuredHs } = this.#survey.take()
    this.#floodGate.update(presumedHs)
    this.#switchboard.tick(wellMeasuredHs)
  }

  #retarget(): void {
    const current = this.#switchboard.current
    if (!current || current.staleBecause !== null) {
      this.#withoutWork = true
      return
    }
    if (this.#retargeting.active) return
    const resumed = this.#withoutWork
    this.#withoutWork = false
    this.#retargeting.start(this.#fanout.downstreams, (downstream) => {
      const nowMs = this.#options.clock.monotonicMs()
      if (resumed) downstream.rig.vardiff.resume(nowMs)
      this.#retargetRig(downstream, current, nowMs)
    })
  }

  #retargetRig(downstream: Downstream, current: IssuedJob, nowMs: number): void {
    const { rig, ready } = downstream
    if (!ready || current.staleBecause !== null) return
    rig.vardiff.retarget(nowMs)
    const cap = this.#floodGate.cap(current.poolDifficulty)
    // Also a wish of the rig that came too soon after its job; what cannot be told now is told in a second.
    if (rig.steps.latest && rig.steps.latest.difficulty !== wantedDifficulty(rig, cap, nowMs)) {
      downstream.reissue(current)
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

  #runnerParts(config: PoolConfig): RunnerParts {
    const { clock, entropy, userAgent, backoff } = this.#options
    return {
      clock,
      entropy,
      log: this.#log,
      userAgent,
      ...(backoff ? { backoff } : {}),
      dial: (endpoint, signal) => this.#dial(endpoint, signal),
      createSession: createSessionFor(config.endpoint),
      nominalHashrateHs: () => this.#survey.take().wellMeasuredHs,
      nextJobId: () => this.#nextJobId++ as JobId,
    }
  }

  #dial(endpoint: PoolEndpoint, signal: AbortSignal): Promise<Connection> {
    const tls =
      endpoint.transport === 'tls'
        ? { trustedCertificates: this.#options.trustedCertificates ?? [], serverName: null }
        : null
    return connect({ host: endpoint.host, port: endpoint.port, loop: this.#loop, tls, signal })
  }
}

const DEFAULT_SHARES_PER_MINUTE = 6
/** Books what rigs send before any pool was active. */
const NO_POOL = 'none'

function createSessionFor(endpoint: PoolEndpoint): CreatePoolSession {
  return endpoint.protocol === 'stratum-v2' ? createSv2PoolSession : createSv1PoolSession
}
