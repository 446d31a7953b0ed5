/**
 * A core in memory that implements the contract for screens: real input checks, real error shapes, real
 * streams with snapshots and revisions, and levers for what a screen must survive (a cut connection, a
 * missing token, a gap, a stalled core, an error). It mines nothing.
 */
import { createRouterClient, ORPCError } from '@orpc/server'
import type {
  Activation,
  AppInfo,
  AuditRecord,
  AuditState,
  Bandwidth,
  Block,
  CurrentJob,
  Downstream,
  HistorySeries,
  JobTimeline,
  KeepingState,
  Link,
  Overview,
  Pool,
  PoolPreset,
  PoolTest,
  PracticeState,
  Routing,
  TrafficFrame,
  TrafficFrames,
  Warning,
} from '../../src-preload/contract/index.ts'
import { pretendInfo, pretendOverview, pretendPresets, pretendRouting, pretendTest } from './pretend-farm.ts'
import { PretendEarnings, type PretendEarningsOptions } from './pretend-earnings.ts'
import { PretendFleet, type PretendFleetOptions } from './pretend-fleet.ts'
import { PretendDevices, type PretendDevicesOptions } from './pretend-devices.ts'
import { PretendHistory } from './pretend-history.ts'
import { PretendKeeping } from './pretend-keeping.ts'
import { placeRigs } from './pretend-routing.ts'
import { pretendRouter } from './pretend-router.ts'
import { Broadcast, PretendList, PretendValue } from './pretend-streams.ts'
import { pretendAuditState, pretendBandwidth, pretendTimeline } from './pretend-traffic.ts'

/** What a screen called, for assertions. */
export interface PretendCall {
  path: string
  input: unknown
}

export interface PretendCoreOptions {
  info?: Partial<AppInfo>
  overview?: Partial<Overview>
  pools?: readonly Pool[]
  rigs?: readonly Downstream[]
  fleet?: Omit<PretendFleetOptions, 'now'>
  /** Nothing counted and nothing chosen if absent. */
  earnings?: Omit<PretendEarningsOptions, 'now'>
  keeping?: Partial<KeepingState>
  devices?: PretendDevicesOptions
  routing?: Partial<Routing>
  job?: CurrentJob | null
  timeline?: JobTimeline
  warnings?: readonly Warning[]
  links?: readonly Link[]
  bandwidth?: Bandwidth
  audit?: { state?: Partial<AuditState>; records?: readonly AuditRecord[] }
  blocks?: readonly Block[]
  practice?: PracticeState | null
  history?: (from: number, to: number, points: number) => HistorySeries['points']
  /** For metrics that begin with `rig-`; the same as the others if absent. */
  rigHistory?: RigHistory
  now?: () => number
}

export type RigHistory = (
  metric: HistorySeries['metric'],
  rigId: string,
  from: number,
  to: number,
  points: number,
) => HistorySeries['points']

type Refusal = 'unauthorised' | 'unreachable'

/** A link as the renderer's connection expects one: `call` by path. */
type PretendLink = {
  call(
    path: readonly string[],
    input: unknown,
    options: { signal?: AbortSignal | undefined },
  ): Promise<unknown>
}
export type PretendOpening =
  { kind: 'open'; link: PretendLink; closed: Promise<void>; close(): void } | { kind: Refusal }

/** How many frames of a link a screen gets at once when it begins to look. */
const FRAMES_KEPT = 200

export class PretendCore {
  readonly pools = new PretendList<Pool>()
  readonly rigs = new PretendList<Downstream>()
  readonly fleet: PretendFleet
  readonly earnings: PretendEarnings
  /** What the explorer is answered from. */
  readonly explored: PretendHistory
  readonly keeping: PretendKeeping
  readonly devices: PretendDevices
  readonly warnings = new PretendList<Warning>()
  readonly links = new PretendList<Link>()
  readonly routing: PretendValue<Routing>
  readonly timeline: PretendValue<JobTimeline>
  readonly overviewValue: PretendValue<Overview>
  readonly calls: PretendCall[] = []
  info: AppInfo
  /** The job of the pool in use. */
  job: CurrentJob | null
  /** Of other pools, by id. */
  readonly jobs = new Map<string, CurrentJob>()
  blocks: Block[]
  practice: PracticeState | null
  presets: PoolPreset[] = pretendPresets()
  /** What the next connection tests find, and how long each step seems to take. */
  poolTest: PoolTest = pretendTest()
  testStepMs = 0
  bandwidth: Bandwidth
  auditState: AuditState
  auditRecords: AuditRecord[]
  /** Answers of the next calls, by path; an Error is thrown, a promise awaited. */
  readonly answers = new Map<string, () => unknown>()
  readonly now: () => number
  rigHistory: RigHistory | null
  readonly #history: (from: number, to: number, points: number) => HistorySeries['points']
  readonly #frames = new Map<string, { kept: TrafficFrame[]; readers: Broadcast<TrafficFrames> }>()
  readonly #open = new Set<() => void>()
  #refusal: Refusal | null = null
  /** How often a link was asked for. */
  openings = 0

  constructor(options: PretendCoreOptions = {}) {
    this.now = options.now ?? Date.now
    this.fleet = new PretendFleet({ now: this.now, ...options.fleet })
    this.earnings = new PretendEarnings({ now: this.now, ...options.earnings })
    this.explored = new PretendHistory({ rigs: () => this.fleet.rigs.all, now: this.now })
    this.devices = new PretendDevices(options.devices)
    this.keeping = new PretendKeeping(this.now, options.keeping)
    this.info = pretendInfo(options.info)
    this.overviewValue = new PretendValue(pretendOverview({ updatedAt: this.now(), ...options.overview }))
    this.routing = new PretendValue(pretendRouting(options.routing))
    this.timeline = new PretendValue(options.timeline ?? pretendTimeline([], this.now()))
    this.job = options.job ?? null
    this.blocks = [...(options.blocks ?? [])]
    this.practice = options.practice ?? null
    this.bandwidth = options.bandwidth ?? pretendBandwidth([], this.now())
    this.auditState = pretendAuditState(options.audit?.state)
    this.auditRecords = [...(options.audit?.records ?? [])]
    this.#history = options.history ?? (() => [])
    this.rigHistory = options.rigHistory ?? null
    this.pools.change(options.pools ?? [])
    this.rigs.change(options.rigs ?? [])
    this.warnings.change(options.warnings ?? [])
    this.links.change(options.links ?? [])
  }

  get overview(): Overview {
    return this.overviewValue.value
  }

  // ---- levers -------------------------------------------------------------------------------------

  /** Reports the overview again, as the core does about every second. */
  tick(change: Partial<Overview> = {}): void {
    this.overviewValue.set({ ...this.overview, updatedAt: this.now(), ...change })
  }

  changePool(id: string, change: Partial<Pool>): void {
    const pool = this.pools.find(id)
    if (pool !== undefined) this.pools.change([{ ...pool, ...change }])
  }

  changeRig(id: string, change: Partial<Downstream>): void {
    const rig = this.rigs.find(id)
    if (rig !== undefined) this.rigs.change([{ ...rig, ...change }])
  }

  /** Ends every open link, as a lost network or a stopped core does. */
  cut(): void {
    for (const end of [...this.#open]) end()
  }

  /** From now on attempts to connect end like this; null lets them in again. */
  refuse(refusal: Refusal | null): void {
    this.#refusal = refusal
  }

  /** Ends the stream of rigs with an error of the core. */
  failRigs(message: string): void {
    this.rigs.readers.end(
      new ORPCError('SERVICE_UNAVAILABLE', { message, data: { code: 'proxy/stopped', context: {} } }),
    )
  }

  /** The next call of `path` answers with this (or throws it, if it is an Error). */
  answerNext(path: string, answer: () => unknown): void {
    this.answers.set(path, answer)
  }

  callsOf(path: string): unknown[] {
    return this.calls.filter((call) => call.path === path).map((call) => call.input)
  }

  /** Messages went over a link: whoever watches it sees them. */
  sendFrames(linkId: string, frames: readonly TrafficFrame[]): void {
    const watched = this.#framesOf(linkId)
    watched.kept = [...watched.kept, ...frames].slice(-FRAMES_KEPT)
    watched.readers.send({ link: this.links.find(linkId) ?? null, frames: [...frames] })
  }

  /** Links whose frames somebody looks at. */
  watchedLinks(): string[] {
    return [...this.#frames].filter(([, { readers }]) => readers.readers > 0).map(([id]) => id)
  }

  // ---- what the router calls ------------------------------------------------------------------------

  watchFrames(linkId: string, signal: AbortSignal | undefined): AsyncGenerator<TrafficFrames, void, void> {
    const { kept, readers } = this.#framesOf(linkId)
    return readers.open({ link: this.links.find(linkId) ?? null, frames: [...kept] }, signal)
  }

  #framesOf(linkId: string): { kept: TrafficFrame[]; readers: Broadcast<TrafficFrames> } {
    const known = this.#frames.get(linkId)
    if (known !== undefined) return known
    const fresh = { kept: [], readers: new Broadcast<TrafficFrames>() }
    this.#frames.set(linkId, fresh)
    return fresh
  }

  history(
    from: number,
    to: number,
    points: number,
    of: { metric: HistorySeries['metric']; rig: string | undefined } = { metric: 'hashrate', rig: undefined },
  ): HistorySeries['points'] {
    if (this.rigHistory !== null && of.rig !== undefined && of.metric.startsWith('rig-'))
      return this.rigHistory(of.metric, of.rig, from, to, points)
    return this.#history(from, to, points)
  }

  requirePool(id: string): Pool {
    const pool = this.pools.find(id)
    if (pool !== undefined) return pool
    throw new ORPCError('NOT_FOUND', {
      message: 'There is no such pool. It may have been removed in another window.',
      data: { code: 'pool/unknown', context: { id } },
    })
  }

  /** Makes `id` the active pool, without the time a real switch takes. */
  activate(id: string): Activation {
    const chosen = this.requirePool(id)
    const now = this.now()
    this.pools.change(
      this.pools.all.map((pool) =>
        pool.id === id
          ? {
              ...pool,
              active: true,
              preferred: true,
              state: 'ready' as const,
              connectedAt: now,
              problem: null,
              retryAt: null,
            }
          : {
              ...pool,
              active: false,
              preferred: false,
              state: pool.active ? ('idle' as const) : pool.state,
            },
      ),
    )
    const { name, url, protocol } = chosen
    const total = this.rigs.all.length
    const downstreams = { total, seamless: total, setExtranonce: 0, reconnected: 0 }
    this.tick({
      activePool: { id, name, url, protocol, state: 'ready', switchedAt: now },
      preferredPool: { id, name },
      standIn: null,
      lastSwitch: { poolId: id, at: now, tookMs: 84, downstreams, firstAcknowledgedAt: null },
    })
    this.followRouting()
    return { switchedAt: now, tookMs: 84, downstreams }
  }

  /** Changes routing and moves the rigs at once. */
  setRouting(routing: Routing): Routing {
    this.routing.set(routing)
    this.followRouting()
    return routing
  }

  /** Puts every rig where routing wants it. */
  followRouting(): void {
    const places = placeRigs(this.routing.value, this.rigs.all, this.pools.all)
    const moved = this.rigs.all.filter((rig) => places.get(rig.rigKey) !== rig.poolId)
    if (moved.length > 0)
      this.rigs.change(moved.map((rig) => ({ ...rig, poolId: places.get(rig.rigKey) ?? null })))
  }

  // ---- a way in -----------------------------------------------------------------------------------

  /** One attempt to connect: what the renderer calls a transport. */
  open(): Promise<PretendOpening> {
    this.openings += 1
    if (this.#refusal !== null) return Promise.resolve({ kind: this.#refusal })
    const ended = new AbortController()
    const closed = new Promise<void>((resolve) => ended.signal.addEventListener('abort', () => resolve()))
    const end = (): void => {
      this.#open.delete(end)
      ended.abort()
    }
    this.#open.add(end)
    return Promise.resolve({ kind: 'open', link: this.#link(ended.signal), closed, close: end })
  }

  #link(ended: AbortSignal): PretendLink {
    const client = createRouterClient(this.router())
    return {
      call: async (path, input, { signal }) => {
        this.calls.push({ path: path.join('.'), input })
        let procedure: unknown = client
        for (const part of path) procedure = (procedure as Record<string, unknown>)[part]
        const both = signal === undefined ? ended : AbortSignal.any([signal, ended])
        const answer = this.answers.get(path.join('.'))
        if (answer !== undefined) {
          this.answers.delete(path.join('.'))
          const value = await answer()
          if (value instanceof Error) throw value
          return value
        }
        return (procedure as (input: unknown, options: { signal: AbortSignal }) => Promise<unknown>)(input, {
          signal: both,
        })
      },
    }
  }

  /** The contract as implemented here, for tests that carry it over a real port. */
  router() {
    return pretendRouter(this)
  }
}
