/**
 * What a person can see of the proxy's inside: jobs and tips of every pool, warnings, live messages, the audit
 * log, and what the traffic costs. Looks on and never interferes. What it gives out is plain data.
 */
import { type Clock, toHex } from '../../base/index.ts'
import { describeJob, type Job, scriptOfAnyAddress } from '../../mining/index.ts'
import { type CurrentJobStatus, type EngineReport, type PoolStatus } from '../engine-views.ts'
import {
  type LineId,
  type PoolConfig,
  type PoolEndpoint,
  type UpstreamEvents,
  type UpstreamState,
} from '../upstream/upstream.ts'
import { AuditRecorder } from './audit-recorder.ts'
import { BandwidthMeter } from './bandwidth.ts'
import {
  type AuditBatch,
  type AuditOptions,
  type AuditRecord,
  type BandwidthView,
  type Direction,
  type LinkProtocol,
  type LinkStatus,
  type LinkTransport,
  type TimelineView,
  type TrafficFrame,
  type WatchdogWarning,
  type WatchedFrames,
} from './insight-views.ts'
import { JobTimeline } from './job-timeline.ts'
import { Link, type LinkEvents, type LinkOpening, type TrafficCounter } from './link.ts'
import { MessageReader } from './message-reader.ts'
import { extendedJobSize, notifySize, SET_NEW_PREV_HASH_SIZE } from './message-sizes.ts'
import { ProtocolView } from './protocol-view.ts'
import { type LinkOwner, type LinkTap, meteredJob } from './traffic-tap.ts'
import { AnswerHistory, Watchdog } from './watchdog.ts'
import { type PoolObservation } from './watchdog-rules.ts'

export interface UpstreamLink {
  readonly config: Pick<PoolConfig, 'id' | 'name'>
  /** Where it was reached: the pool's own endpoint or its fallback. */
  readonly endpoint: PoolEndpoint
  readonly connection: TrafficCounter
}

export interface DownstreamLink {
  readonly protocol: LinkProtocol
  readonly connection: TrafficCounter & { readonly transport: LinkTransport }
  /** The rig, or the first of several; null while none has said who it is. */
  owner(): LinkOwner | null
}

export class Insight {
  readonly #clock: Clock
  readonly #links = new Map<string, Link>()
  /** Of links that somebody watches. */
  readonly #readers = new Map<string, MessageReader>()
  readonly #view = new ProtocolView()
  readonly #timeline = new JobTimeline()
  readonly #watchdog = new Watchdog()
  readonly #bandwidth: BandwidthMeter
  readonly #answers = new Map<string, AnswerHistory>()
  readonly #configs = new Map<string, PoolConfig>()
  /** Of the lines to a pool, the one whose jobs are its timeline. */
  readonly #speakers = new Map<string, LineId>()
  #pools: readonly PoolStatus[] = []
  #audit: AuditRecorder | null = null
  #nextRigLink = 1
  #reportedMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#reportedMs = clock.monotonicMs()
    this.#bandwidth = new BandwidthMeter(clock.nowMs(), this.#reportedMs, this.#links)
  }

  /** For a connection to a pool, before its session starts. */
  openUpstream({ config, endpoint, connection }: UpstreamLink): LinkTap {
    const { id: poolId, name } = config
    return this.#open(`pool:${poolId}`, {
      side: 'upstream',
      protocol: endpoint.protocol,
      transport: endpoint.transport,
      endpoint: `${endpoint.host}:${endpoint.port}`,
      poolId,
      poolName: name,
      owner: null,
      connection,
    })
  }

  /** For a connection of a rig, or of a proxy with many. */
  openDownstream({ protocol, connection, owner }: DownstreamLink): LinkTap {
    return this.#open(`rig:${this.#nextRigLink++}`, {
      side: 'downstream',
      protocol,
      transport: connection.transport,
      endpoint: null,
      poolId: null,
      poolName: null,
      owner,
      connection,
    })
  }

  /** The same events, looked at on their way. */
  observed<Token>(config: PoolConfig, lineId: LineId, events: UpstreamEvents<Token>): UpstreamEvents<Token> {
    return {
      onState: (state) => {
        this.#onState(config, lineId, state)
        events.onState(state)
      },
      onJob: (job, dropped) => {
        this.#onJob(config, lineId, job)
        events.onJob(job, dropped)
      },
      onDropped: (dropped) => events.onDropped(dropped),
      onOutcome: (token, outcome) => events.onOutcome(token, outcome),
    }
  }

  /** Once a second, with what the engine tells its host. */
  onReport({ pools }: Pick<EngineReport, 'pools'>): void {
    const monotonicMs = this.#clock.monotonicMs()
    this.#reportedMs = monotonicMs
    this.#pools = pools
    this.#forgetPools()
    this.#watchdog.observe(
      { monotonicMs, pools: pools.map((status) => this.#observe(status, monotonicMs)) },
      this.#clock.nowMs(),
    )
    this.#bandwidth.tick(monotonicMs)
    // A rig may have said by now who it is.
    if (this.#audit?.options.links) this.#refreshTaps()
  }

  /** Jobs of every pool, newest first, and who knew of each tip when. */
  timeline(): TimelineView {
    const rigs = new Map(this.#pools.map(({ poolId, rigCount }) => [poolId, rigCount]))
    return this.#timeline.view([...rigs.keys()], (poolId) => (rigs.get(poolId) ?? 0) === 0)
  }

  /** What a connected pool would have rigs hash now; null without a job. */
  jobOf(poolId: string): CurrentJobStatus | null {
    const job = this.#timeline.tipOf(poolId)?.job
    if (!job) return null
    const { upstreamJobId, receivedAtMs } = job
    return { poolId, upstreamJobId, receivedAtMs, description: describeJob(job) }
  }

  /** The worst first. As of the last report. */
  warnings(): WatchdogWarning[] {
    return this.#watchdog.warnings
  }

  /**
   * Connections that are open now, pools first.
   * @param limit of very many rigs, no more than this many links
   */
  links(limit = Infinity): LinkStatus[] {
    const links = [...this.#links.values()]
    const upstream = links.filter(({ opening }) => opening.side === 'upstream')
    const downstream = links.filter(({ opening }) => opening.side === 'downstream')
    return [...upstream, ...downstream].slice(0, limit).map((link) => link.status())
  }

  /** What the traffic was, and what the other protocol would have made of it. */
  bandwidth(): BandwidthView {
    return this.#bandwidth.view(this.#clock.monotonicMs())
  }

  /**
   * Follows the messages of these links, and of later connections with the same id; at most 8.
   * @param linkIds an empty list follows none
   */
  watch(linkIds: readonly string[]): void {
    this.#view.watch(linkIds)
    this.#refreshTaps()
  }

  /** Frames of each watched link since the last call. */
  takeFrames(): WatchedFrames[] {
    return this.#view.linkIds.map((linkId) => ({
      linkId,
      link: this.#links.get(linkId)?.status() ?? null,
      frames: this.#view.take(linkId),
    }))
  }

  /** The last frames of a watched link, for one who begins to look; up to 200. */
  backlog(linkId: string): readonly TrafficFrame[] {
    return this.#view.backlog(linkId)
  }

  /** Switches the audit on or off; what was not taken is lost with the switch, so take it before. */
  setAudit(options: AuditOptions | null): void {
    this.#audit = options === null ? null : new AuditRecorder(options)
    this.#refreshTaps()
  }

  /** What the audit recorded since the last call; to be taken about once a second, again while `more`. */
  takeAudit(): AuditBatch {
    return this.#audit?.take(this.#clock.nowMs()) ?? { lines: [], more: false, droppedCount: 0 }
  }

  #open(wantedId: string, opening: LinkOpening): LinkTap {
    let id = wantedId
    for (let n = 2; this.#links.has(id); n++) id = `${wantedId}~${n}`
    const link = new Link(id, opening, this.#clock, this.#linkEvents, this.#coarseMs)
    this.#links.set(id, link)
    this.#bandwidth.opened(link)
    this.#refreshTap(link)
    this.#noteSession(link, 'connection opened')
    return link
  }

  /** One for all links, and cheap, because every share asks: the moment of the last report. */
  readonly #coarseMs = (): number => this.#reportedMs

  readonly #linkEvents: LinkEvents = {
    onMessage: (link, direction, message) => {
      const reader = this.#readers.get(link.id)
      if (!reader) return
      const maskIdentities = this.#audit?.options.maskIdentities ?? false
      const read =
        typeof message === 'string' || link.opening.protocol === 'stratum-v1'
          ? reader.line(direction, message as string | Uint8Array, maskIdentities)
          : reader.frame(message, maskIdentities)
      const atMs = this.#clock.nowMs()
      this.#view.add(link.id, atMs, direction, read)
      if (this.#auditWants(link)) {
        const { kind, name, bytes } = read
        this.#record(link, direction, { kind, name, bytes, message: read.message })
      }
    },
    onClosed: (link) => {
      this.#noteSession(link, 'connection closed')
      this.#links.delete(link.id)
      this.#readers.delete(link.id)
      this.#bandwidth.closed(link)
    },
  }

  #noteSession(link: Link, name: string): void {
    if (!this.#auditWants(link)) return
    const direction = link.opening.side === 'upstream' ? 'out' : 'in'
    const message = { address: link.address, transport: link.opening.transport }
    this.#record(link, direction, { kind: 'session', name, bytes: 0, message })
  }

  #record(
    link: Link,
    direction: Direction,
    message: Pick<AuditRecord, 'kind' | 'name' | 'bytes' | 'message'>,
  ): void {
    const { side, protocol } = link.opening
    const masked = side === 'downstream' && this.#audit?.options.maskIdentities === true
    this.#audit?.add({
      at: this.#clock.nowMs(),
      linkId: link.id,
      side,
      linkName: masked ? link.id : link.name,
      protocol,
      direction,
      ...message,
    })
  }

  #auditWants(link: Link): boolean {
    return this.#audit?.wantsLink([link.id, link.opening.poolId, link.rigKey]) ?? false
  }

  #refreshTaps(): void {
    for (const link of this.#links.values()) this.#refreshTap(link)
  }

  #refreshTap(link: Link): void {
    link.active = this.#view.isWatched(link.id) || this.#auditWants(link)
    if (!link.active) this.#readers.delete(link.id)
    else if (!this.#readers.has(link.id)) this.#readers.set(link.id, new MessageReader())
  }

  #onState({ id: poolId }: PoolConfig, lineId: LineId, { phase }: UpstreamState): void {
    if (phase === 'ready' || phase === 'silent' || this.#speakers.get(poolId) !== lineId) return
    this.#speakers.delete(poolId)
    this.#timeline.disconnected(poolId)
  }

  #onJob(config: PoolConfig, lineId: LineId, job: Job): void {
    const { id: poolId } = config
    this.#configs.set(poolId, config)
    if (!this.#speakers.has(poolId)) this.#speakers.set(poolId, lineId)
    // Every line of a pool is given the same work.
    if (this.#speakers.get(poolId) !== lineId) return
    const protocol = this.#links.get(`pool:${poolId}`)?.opening.protocol ?? config.endpoint.protocol
    this.#timeline.add({
      poolId,
      job,
      sizeBytes: sizeOf(job, protocol),
      monotonicMs: this.#clock.monotonicMs(),
    })
  }

  #observe(status: PoolStatus, monotonicMs: number): PoolObservation {
    const { poolId, state, rigCount, hashrateHs, poolDifficulty, counts } = status
    const config = this.#configs.get(poolId)
    let answers = this.#answers.get(poolId)
    if (!answers) this.#answers.set(poolId, (answers = new AnswerHistory()))
    const address = config?.payoutAddress ?? null
    return {
      poolId,
      name: config?.name ?? poolId,
      protocol: status.endpoint?.protocol ?? config?.endpoint.protocol ?? 'stratum-v1',
      phase: state.phase,
      tip: this.#timeline.tipOf(poolId),
      payout: address === null ? null : { address, scriptHex: this.#scriptHexOf(address) },
      rigCount,
      hashrateHs,
      poolDifficulty,
      answers: answers.observe(counts, monotonicMs),
    }
  }

  /** Scripts of payout addresses; there are as many as solo pools. */
  readonly #scripts = new Map<string, string | null>()

  #scriptHexOf(address: string): string | null {
    let hex = this.#scripts.get(address)
    if (hex === undefined) {
      const found = scriptOfAnyAddress(address)
      hex = found ? toHex(found.script) : null
      this.#scripts.set(address, hex)
    }
    return hex
  }

  #forgetPools(): void {
    const known = new Set(this.#pools.map(({ poolId }) => poolId))
    for (const poolId of this.#configs.keys()) {
      if (known.has(poolId)) continue
      this.#configs.delete(poolId)
      this.#speakers.delete(poolId)
      this.#answers.delete(poolId)
      this.#timeline.forget(poolId)
    }
  }
}

/** Bytes that carried a job, as our encoders would write it. */
function sizeOf(job: Job, protocol: LinkProtocol): number {
  const { prefix, rollableSize } = job.extranonce
  const sizes = meteredJob(job, prefix.length + rollableSize, job.cleanJobs)
  return protocol === 'stratum-v1'
    ? notifySize(sizes, job.upstreamJobId.length)
    : extendedJobSize(sizes) + (sizes.newTip ? SET_NEW_PREV_HASH_SIZE : 0)
}
