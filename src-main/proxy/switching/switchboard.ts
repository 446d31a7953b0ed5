/**
 * Joins upstreams and downstreams: which pool the rigs work for, now. Holds every pool connection that is
 * in use (the active one, one being switched to, old ones in their grace) and hands the active one's jobs
 * to the rigs. Knows neither protocol.
 */
import { type Clock, HeadframeError, type Logger, type Timer } from '../../base/index.ts'
import { BIP320_MASK, fits, type Job } from '../../mining/index.ts'
import { type ShareAccount } from '../shares/accounting.ts'
import { type Downstream } from '../downstream/downstream.ts'
import { bytesText, type ExtranonceDesk } from '../downstream/extranonce-desk.ts'
import { type Fanout } from './fanout.ts'
import { type IssuedJob, type JobBoard } from '../shares/job-board.ts'
import { type OfferedShare } from '../shares/share-desk.ts'
import {
  isHopeless,
  type PoolConfig,
  sameConnection,
  type ShareOutcome,
  type Upstream,
  type UpstreamEvents,
  type UpstreamState,
} from '../upstream/upstream.ts'

/** A pool whose connection is in use. */
export interface PoolSlot {
  readonly config: PoolConfig
  readonly upstream: Upstream<ShareAccount>
}

export type CreateUpstream = (
  config: PoolConfig,
  events: UpstreamEvents<ShareAccount>,
) => Upstream<ShareAccount>

export interface ActivationResult {
  readonly switchedAtMs: number
  readonly tookMs: number
  readonly downstreams: {
    readonly total: number
    readonly seamless: number
    readonly setExtranonce: number
    readonly reconnected: number
  }
}

export type PoolEvent =
  | { readonly kind: 'activated'; readonly poolId: string; readonly atMs: number; readonly detail: string }
  | { readonly kind: 'connected'; readonly poolId: string; readonly atMs: number; readonly detail: string }
  | { readonly kind: 'lost'; readonly poolId: string; readonly atMs: number; readonly detail: string }

export interface SwitchboardParts {
  readonly clock: Clock
  readonly log: Logger
  readonly board: JobBoard
  readonly extranonces: ExtranonceDesk
  readonly fanout: Fanout
  readonly createUpstream: CreateUpstream
  settle(token: ShareAccount, outcome: ShareOutcome): void
  onPoolEvent(event: PoolEvent): void
}

/** How long a switch waits for the first job of the new pool. */
const SWITCH_TIMEOUT_MS = 30_000
/** How long the old pool's connection is kept for shares that are on their way. */
const GRACE_MS = 30_000
/** Rigs and firmware drop after two minutes without a job; they get one at least this often. */
const KEEPALIVE_MS = 60_000

interface Switch {
  readonly poolId: string
  readonly startedMs: number
  readonly timer: Timer
  resolve(result: ActivationResult): void
  reject(error: HeadframeError): void
}

export class Switchboard {
  readonly #parts: SwitchboardParts
  #configs = new Map<string, PoolConfig>()
  readonly #slots = new Map<string, PoolSlot>()
  readonly #leaving = new Map<string, Timer>()
  #activeId: string | null = null
  #switchedAtMs: number | null = null
  #switch: Switch | null = null
  #current: IssuedJob | null = null
  readonly #closedTraffic = new Map<string, { bytesIn: number; bytesOut: number }>()
  /** Pools whose last switch failed, shown until the next attempt. */
  readonly #lastProblems = new Map<string, UpstreamState>()

  constructor(parts: SwitchboardParts) {
    this.#parts = parts
  }

  get activeId(): string | null {
    return this.#activeId
  }

  /** When the active pool's first job went out; null before. */
  get switchedAtMs(): number | null {
    return this.#switchedAtMs
  }

  /** What rigs should hash now. */
  get current(): IssuedJob | null {
    return this.#current
  }

  /** Pools in order of priority. */
  get poolIds(): string[] {
    return [...this.#configs.keys()]
  }

  /** Version bits rigs may be offered now: what the current job allows, else what pools usually do. */
  get offeredVersionMask(): number {
    return this.#current?.job.versionRollingMask ?? BIP320_MASK
  }

  /** State of a pool without a connection: why the last attempt failed, else idle. */
  lastProblemState(poolId: string): UpstreamState {
    return this.#lastProblems.get(poolId) ?? { phase: 'idle' }
  }

  /** Bytes of all connections to a pool since the start. */
  traffic(poolId: string): { bytesIn: number; bytesOut: number } {
    const closed = this.#closedTraffic.get(poolId)
    const open = this.#slots.get(poolId)?.upstream.traffic
    return {
      bytesIn: (closed?.bytesIn ?? 0) + (open?.bytesIn ?? 0),
      bytesOut: (closed?.bytesOut ?? 0) + (open?.bytesOut ?? 0),
    }
  }

  slot(poolId: string): PoolSlot | undefined {
    return this.#slots.get(poolId)
  }

  get activeSlot(): PoolSlot | undefined {
    return this.#activeId === null ? undefined : this.#slots.get(this.#activeId)
  }

  /** Starts on the pool that was active last; rigs get its job when it comes. */
  start(configs: readonly PoolConfig[], activeId: string | null): void {
    this.setPools(configs, activeId)
  }

  /**
   * Takes the list of pools after a change. A pool whose address or identity changed is connected anew.
   * @param activeId adopted if no pool is active yet: the first pool a person adds
   */
  setPools(configs: readonly PoolConfig[], activeId: string | null): void {
    this.#configs = new Map(configs.map((config) => [config.id, config]))
    this.#parts.extranonces.setPools(configs)
    for (const [poolId, slot] of [...this.#slots]) {
      const config = this.#configs.get(poolId)
      if (config && sameConnection(config, slot.config)) continue
      this.#close(poolId, 'pool-changed')
      if (config) {
        if (poolId === this.#activeId || poolId === this.#switch?.poolId) this.#open(poolId)
        continue
      }
      if (poolId === this.#activeId) {
        this.#activeId = null
        this.#current = null
      }
      if (poolId === this.#switch?.poolId) this.#endSwitch(unknownPool())
    }
    if (this.#activeId === null && activeId !== null && this.#configs.has(activeId)) {
      this.#activeId = activeId
      this.#open(activeId)
    }
  }

  /**
   * Makes a pool the one all rigs work for. The pool in use stays until the new one has given a job.
   * @returns when the first rigs were sent that job
   * @throws HeadframeError `pool/unknown`, `pool/disabled`, `pool/switch-superseded`, `pool/no-job`, or why
   *   the pool could not be reached; the pool in use is then unchanged
   */
  activate(poolId: string): Promise<ActivationResult> {
    const config = this.#configs.get(poolId)
    if (!config) {
      return Promise.reject(unknownPool())
    }
    if (!config.enabled) {
      return Promise.reject(
        new HeadframeError('pool/disabled', `${config.name} is disabled: enable it before switching to it.`),
      )
    }
    const startedMs = this.#parts.clock.monotonicMs()
    this.#endSwitch(new HeadframeError('pool/switch-superseded', 'Another switch was asked for meanwhile.'))
    const open = this.#slots.get(poolId)
    if (poolId === this.#activeId && open?.upstream.currentJob) {
      return Promise.resolve({
        switchedAtMs: this.#switchedAtMs ?? this.#parts.clock.nowMs(),
        tookMs: this.#parts.clock.monotonicMs() - startedMs,
        downstreams: seamlessCount(this.#parts.fanout.downstreams.size),
      })
    }
    return new Promise((resolve, reject) => {
      const timer = this.#parts.clock.after(SWITCH_TIMEOUT_MS, () => this.#onSwitchTimeout())
      this.#switch = { poolId, startedMs, timer, resolve, reject }
      this.#leaving.get(poolId)?.cancel()
      this.#leaving.delete(poolId)
      const { upstream } = this.#open(poolId)
      if (upstream.currentJob) this.#completeSwitch(poolId, upstream.currentJob)
      // A person who asks does not wait for the next attempt.
      else upstream.start()
    })
  }

  /** Sends the current job to a rig that has become ready. */
  welcome(downstream: Downstream): void {
    // Nothing to hash is better than what earns nothing; the next job is for all.
    if (!this.#current || this.#current.staleBecause !== null) return
    if (downstream.rig.layout && fits(downstream.rig.layout, this.#current.job.extranonce)) {
      downstream.sendJob(this.#current)
    } else this.#refit(downstream, this.#current)
  }

  /** Sends a share to the pool of its job. */
  forward(offered: OfferedShare, token: ShareAccount): boolean {
    const { issued, rollable, ntime, nonce, version } = offered
    const slot = this.#slots.get(issued.poolId)
    if (!slot?.upstream.accepts(issued.job.id)) return false
    return slot.upstream.submit(
      { jobId: issued.job.id, rollable, ntime, nonce, version },
      token,
      offered.offerer.rig.name,
    )
  }

  /** Called every few seconds: keeps rigs supplied, tells the pool our rate. */
  tick(hashrateHs: number): void {
    this.activeSlot?.upstream.setNominalHashrate(hashrateHs)
    const current = this.#current
    if (!current || current.staleBecause !== null) return
    if (this.#parts.clock.nowMs() - current.issuedAtMs < KEEPALIVE_MS) return
    this.#send(current.job, current.poolId, false)
  }

  /** Closes every pool connection; unanswered shares are reported lost. */
  stop(): void {
    this.#endSwitch(new HeadframeError('pool/stopping', 'Headframe is stopping.'))
    for (const poolId of [...this.#slots.keys()]) this.#close(poolId, 'stopping')
  }

  #open(poolId: string): PoolSlot {
    const existing = this.#slots.get(poolId)
    if (existing) return existing
    const config = this.#configs.get(poolId)
    if (!config) throw new Error(`no pool ${poolId}`)
    const upstream = this.#parts.createUpstream(config, {
      onState: (state) => this.#onState(slot, state),
      onJob: (job, dropped) => this.#onJob(slot, job, dropped),
      onDropped: (dropped) => this.#parts.board.retire(dropped, 'stale-share'),
      onOutcome: (token, outcome) => this.#parts.settle(token, outcome),
    })
    const slot: PoolSlot = { config, upstream }
    this.#lastProblems.delete(poolId)
    this.#slots.set(poolId, slot)
    upstream.start()
    return slot
  }

  #close(poolId: string, because: string): void {
    const slot = this.#slots.get(poolId)
    if (!slot) return
    this.#slots.delete(poolId)
    this.#leaving.get(poolId)?.cancel()
    this.#leaving.delete(poolId)
    this.#parts.board.retirePool(poolId, because)
    slot.upstream.stop()
    const traffic = this.traffic(poolId)
    const { bytesIn, bytesOut } = slot.upstream.traffic
    this.#closedTraffic.set(poolId, {
      bytesIn: traffic.bytesIn + bytesIn,
      bytesOut: traffic.bytesOut + bytesOut,
    })
  }

  #onState(slot: PoolSlot, state: UpstreamState): void {
    const { id: poolId } = slot.config
    if (this.#slots.get(poolId) !== slot) return
    const atMs = this.#parts.clock.nowMs()
    if (this.#leaving.has(poolId) && state.phase !== 'ready') {
      // Nothing more can come of it.
      if (state.phase === 'waiting' || state.phase === 'blocked') this.#close(poolId, 'pool-switched')
      return
    }
    if (state.phase === 'ready') {
      this.#parts.onPoolEvent({ kind: 'connected', poolId, atMs, detail: slot.config.name })
    } else if (state.phase === 'waiting' || state.phase === 'blocked') {
      this.#parts.log.warn('pool connection failed', { poolId, code: state.problem.code })
      this.#parts.onPoolEvent({ kind: 'lost', poolId, atMs, detail: state.problem.message })
    }
    this.#failSwitchIfHopeless(poolId)
  }

  #onJob(slot: PoolSlot, job: Job, dropped: readonly Job['id'][]): void {
    const { id: poolId } = slot.config
    if (this.#slots.get(poolId) !== slot) return
    this.#parts.board.retire(dropped, 'stale-share')
    this.#parts.extranonces.learn(poolId, job.extranonce)
    if (this.#switch?.poolId === poolId) this.#completeSwitch(poolId, job)
    else if (poolId === this.#activeId) {
      this.#switchedAtMs ??= this.#parts.clock.nowMs()
      this.#send(job, poolId, job.cleanJobs)
    }
  }

  #completeSwitch(poolId: string, job: Job): void {
    const pending = this.#switch
    if (!pending) return
    const name = this.#configs.get(poolId)?.name ?? poolId
    if (!this.#parts.extranonces.carriesRigs(job.extranonce)) {
      const granted = bytesText(job.extranonce.rollableSize)
      const message = `${name} grants only ${granted} of extranonce, too few for several rigs, so the rigs stay where they are. Use another pool.`
      this.#failSwitch(new HeadframeError('extranonce/no-room', message))
      return
    }
    // First, because it may fail: nothing is changed then.
    const downstreams = this.#send(job, poolId, true)
    this.#switch = null
    pending.timer.cancel()
    const previous = this.#activeId
    this.#activeId = poolId
    this.#switchedAtMs = this.#parts.clock.nowMs()
    const tookMs = this.#parts.clock.monotonicMs() - pending.startedMs
    if (previous !== null && previous !== poolId) this.#leave(previous)
    this.#parts.onPoolEvent({
      kind: 'activated',
      poolId,
      atMs: this.#switchedAtMs,
      detail: `${name}: ${downstreams.total} rigs, ${downstreams.reconnected} reconnected`,
    })
    pending.resolve({ switchedAtMs: this.#switchedAtMs, tookMs, downstreams })
  }

  /** Issues a job and starts handing it out; how each rig takes it is known at once. */
  #send(job: Job, poolId: string, cleanJobs: boolean): ActivationResult['downstreams'] {
    const issued = this.#parts.board.issue(job, poolId, cleanJobs, this.#parts.clock.nowMs())
    this.#current = issued
    const counts = { total: 0, seamless: 0, setExtranonce: 0, reconnected: 0 }
    const receivers: Downstream[] = []
    for (const downstream of this.#parts.fanout.downstreams) {
      counts.total++
      if (downstream.rig.layout && fits(downstream.rig.layout, job.extranonce)) {
        counts.seamless++
        receivers.push(downstream)
      } else if (this.#refit(downstream, issued)) counts.setExtranonce++
      else counts.reconnected++
    }
    this.#parts.fanout.send(issued, receivers)
    return counts
  }

  /** A rig whose layout does not fit: tell it a new one, else let it come back for one. */
  #refit(downstream: Downstream, issued: IssuedJob): boolean {
    if (downstream.canSetExtranonce) {
      const { extranonce } = issued.job
      const grant = this.#parts.extranonces.tryGrant(
        {
          rollsVersions: downstream.rig.rollsVersions,
          minimumRollableSize: downstream.rig.minimumRollableSize,
        },
        extranonce,
      )
      if (grant && fits(grant.layout, extranonce)) {
        downstream.setExtranonce(grant, issued)
        downstream.sendJob(issued)
        return true
      }
      if (grant) this.#parts.extranonces.release(grant)
    }
    downstream.disconnect('the pool grants too few bytes of extranonce for this session; please reconnect')
    return false
  }

  /** The old pool keeps its connection, if it has one, for shares on their way. */
  #leave(poolId: string): void {
    const phase = this.#slots.get(poolId)?.upstream.state.phase
    if (phase !== 'ready' && phase !== 'silent') {
      this.#close(poolId, 'pool-switched')
      return
    }
    const timer = this.#parts.clock.after(GRACE_MS, () => this.#close(poolId, 'pool-switched'))
    this.#leaving.set(poolId, timer)
  }

  #failSwitchIfHopeless(poolId: string): void {
    if (this.#switch?.poolId !== poolId) return
    const state = this.#slots.get(poolId)?.upstream.state
    if (!state || !isHopeless(state)) return
    const { code, message } = state.problem
    this.#failSwitch(new HeadframeError(code, message, { context: { poolId } }))
  }

  /** Gives a switch up, and shows why with the pool until the next attempt. */
  #failSwitch(error: HeadframeError): void {
    const poolId = this.#switch?.poolId
    if (poolId === undefined) return
    this.#endSwitch(error)
    const { code, message } = error
    const problem = { code, message, atMs: this.#parts.clock.nowMs() }
    this.#lastProblems.set(poolId, { phase: 'blocked', problem })
  }

  #onSwitchTimeout(): void {
    const poolId = this.#switch?.poolId
    const name = (poolId === undefined ? undefined : this.#configs.get(poolId)?.name) ?? 'The pool'
    this.#failSwitch(
      new HeadframeError(
        'pool/no-job',
        `${name} gave no job within ${SWITCH_TIMEOUT_MS / 1000} s, so the rigs stay where they are. Try again later or test the connection.`,
      ),
    )
  }

  #endSwitch(error: HeadframeError): void {
    const pending = this.#switch
    if (!pending) return
    this.#switch = null
    pending.timer.cancel()
    if (pending.poolId !== this.#activeId) this.#close(pending.poolId, 'pool-switched')
    pending.reject(error)
  }
}

function unknownPool(): HeadframeError {
  return new HeadframeError('pool/unknown', 'There is no such pool: reload the list of pools.')
}

function seamlessCount(total: number): ActivationResult['downstreams'] {
  return { total, seamless: total, setExtranonce: 0, reconnected: 0 }
}
