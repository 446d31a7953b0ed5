/**
 * One line of a pool as the switchboard sees it: jobs come from it, shares go to it, whatever connection carries
 * it just now. When the connection is exchanged while it works, the new one is made before the old one is left, and
 * answers that are on their way are awaited.
 */
import { type Timer } from '../../base/index.ts'
import { type ExtranonceSpace, type Job, type JobId, type Share } from '../../mining/index.ts'
import { type AttachmentHost, LineAttachment } from './line-attachment.ts'
import { type PoolLink } from './pool-link.ts'
import {
  type LineId,
  type LineOwner,
  type PoolConfig,
  type PoolEndpoint,
  type ShareOutcome,
  type Upstream,
  type UpstreamEvents,
  type UpstreamState,
  type UpstreamTraffic,
  type UpstreamVitals,
} from './upstream.ts'
import { LineVitals } from './line-vitals.ts'
import { workerIdentity } from './worker-identity.ts'

/** How long answers of a connection that was replaced are awaited. */
const DRAIN_MS = 30_000

/** Who decides which connection a line is on: its pool. */
export interface LineHome<Token> {
  readonly clock: AttachmentHost<Token>['clock']
  readonly entropy: AttachmentHost<Token>['entropy']
  readonly backoff: AttachmentHost<Token>['backoff']
  nominalHashrateHs(): number
  /** The link a line that starts is to be on. */
  linkFor(line: PoolLine<Token>): PoolLink<Token>
  /** A line has work from a connection that was tried beside another, and uses it from now on. */
  onPromoted(line: PoolLine<Token>): void
  /** A connection that was tried beside another was of no use. */
  onCandidateFailed(line: PoolLine<Token>): void
  onServing(line: PoolLine<Token>): void
  onStopped(line: PoolLine<Token>): void
}

export class PoolLine<Token> implements Upstream<Token>, AttachmentHost<Token> {
  readonly poolId: string
  readonly lineId: LineId
  readonly poolName: string
  readonly userIdentity: string
  readonly clock: AttachmentHost<Token>['clock']
  readonly entropy: AttachmentHost<Token>['entropy']
  readonly backoff: AttachmentHost<Token>['backoff']
  state: UpstreamState = { phase: 'idle' }
  readonly #config: PoolConfig
  readonly #owner: LineOwner | null
  readonly #events: UpstreamEvents<Token>
  readonly #home: LineHome<Token>
  #main: LineAttachment<Token> | null = null
  #candidate: LineAttachment<Token> | null = null
  readonly #draining = new Map<LineAttachment<Token>, Timer>()
  /** Jobs of earlier connections: worthless once there is another. */
  #orphans = new Set<JobId>()
  #closedBytes = { bytesIn: 0, bytesOut: 0 }
  /** By a connection that was left. */
  #lastExtranonce: ExtranonceSpace | null = null

  constructor(
    config: PoolConfig,
    owner: LineOwner | null,
    events: UpstreamEvents<Token>,
    home: LineHome<Token>,
  ) {
    this.poolId = config.id
    this.poolName = config.name
    this.lineId = owner === null ? config.id : `${config.id}/${owner.rigId}`
    this.userIdentity = workerIdentity(config.userIdentity, owner?.rigName ?? '')
    this.clock = home.clock
    this.entropy = home.entropy
    this.backoff = home.backoff
    this.#config = config
    this.#owner = owner
    this.#events = events
    this.#home = home
  }

  get endpoint(): PoolEndpoint {
    return this.#main?.link.endpoint ?? this.#config.endpoint
  }

  get extranonce(): ExtranonceSpace | null {
    return this.#main?.extranonce ?? this.#lastExtranonce
  }

  get currentJob(): Job | null {
    return this.#main?.currentJob ?? null
  }

  get latencyMs(): number | null {
    return this.#main?.link.latencyMs ?? null
  }

  get vitals(): UpstreamVitals {
    return this.#main?.vitals ?? NO_VITALS
  }

  get traffic(): UpstreamTraffic {
    let { bytesIn, bytesOut } = this.#closedBytes
    for (const { traffic } of this.#attachments()) {
      bytesIn += traffic.bytesIn
      bytesOut += traffic.bytesOut
    }
    return { bytesIn, bytesOut }
  }

  /** The link it works on; null before `start`. */
  get link(): PoolLink<Token> | null {
    return this.#main?.link ?? null
  }

  get serves(): boolean {
    return this.#main?.serves ?? false
  }

  start(): void {
    if (this.#main) return this.#main.start()
    this.#main = new LineAttachment(this.#home.linkFor(this), this)
    this.#main.join()
    this.#main.start()
  }

  nudge(): void {
    this.#main?.nudge()
  }

  stop(): void {
    for (const attachment of this.#attachments()) this.#leave(attachment, 'stopped')
    this.#main = null
    this.#candidate = null
    this.#setState({ phase: 'idle' })
    this.#home.onStopped(this)
  }

  accepts(jobId: JobId): boolean {
    if (this.#main?.accepts(jobId)) return true
    for (const old of this.#draining.keys()) if (old.accepts(jobId)) return true
    return false
  }

  submit(share: Share, token: Token, rigName: string): boolean {
    if (this.#main?.accepts(share.jobId)) return this.#main.submit(share, token, rigName)
    for (const old of this.#draining.keys()) {
      if (old.accepts(share.jobId)) return old.submit(share, token, rigName)
    }
    return false
  }

  flush(): void {
    for (const attachment of this.#attachments()) attachment.flush()
  }

  setNominalHashrate(hashrateHs: number): void {
    this.#main?.setNominalHashrate(hashrateHs)
  }

  nominalHashrateHs(): number {
    return this.#owner ? this.#owner.nominalHashrateHs() : this.#home.nominalHashrateHs()
  }

  /** Gives up the connection it is on for another one; nothing works on either yet. */
  moveTo(link: PoolLink<Token>): void {
    const old = this.#main
    this.#dropCandidate()
    this.#main = new LineAttachment(link, this)
    if (old) this.#leave(old, 'another endpoint of the pool is tried')
    this.#main.join()
    this.#main.start()
  }

  /** Tries another connection beside the one it is on; its first job decides. */
  tryBeside(link: PoolLink<Token>): void {
    this.#dropCandidate()
    const candidate = new LineAttachment(link, this)
    this.#candidate = candidate
    candidate.join()
    if (this.#candidate === candidate) candidate.start()
  }

  /** Leaves the connection that is tried beside the one it is on. */
  dropCandidate(): void {
    this.#dropCandidate()
  }

  onState(from: LineAttachment<Token>, state: UpstreamState): void {
    if (from === this.#main) return this.#setState(state)
    if (state.phase !== 'waiting' && state.phase !== 'blocked') return
    if (from === this.#candidate) {
      this.#dropCandidate()
      this.#home.onCandidateFailed(this)
    } else this.#endDrain(from)
  }

  onJob(from: LineAttachment<Token>, job: Job, dropped: readonly JobId[]): void {
    if (from === this.#candidate) this.#promote(from)
    // What an old connection still sends is not for rigs any more.
    if (from !== this.#main) return this.onOrphans([job.id, ...dropped])
    const all = this.#orphans.size > 0 ? [...this.#orphans, ...dropped] : dropped
    this.#orphans = new Set()
    this.#events.onJob(job, all)
    this.#home.onServing(this)
  }

  onDropped(from: LineAttachment<Token>, dropped: readonly JobId[]): void {
    if (from === this.#main) this.#events.onDropped(dropped)
    else this.onOrphans(dropped)
  }

  onOrphans(jobIds: Iterable<JobId>): void {
    for (const jobId of jobIds) this.#orphans.add(jobId)
  }

  onOutcome(token: Token, outcome: ShareOutcome): void {
    this.#events.onOutcome(token, outcome)
  }

  #promote(candidate: LineAttachment<Token>): void {
    const old = this.#main
    this.#main = candidate
    this.#candidate = null
    if (old?.serves) {
      const timer = this.clock.after(DRAIN_MS, () => this.#endDrain(old))
      this.#draining.set(old, timer)
    } else if (old) this.#leave(old, 'replaced by another connection')
    this.#setState(candidate.state)
    this.#home.onPromoted(this)
  }

  #endDrain(old: LineAttachment<Token>): void {
    this.#draining.get(old)?.cancel()
    this.#draining.delete(old)
    this.#leave(old, 'replaced by another connection')
  }

  #dropCandidate(): void {
    const candidate = this.#candidate
    this.#candidate = null
    if (candidate) this.#leave(candidate, 'not needed')
  }

  #leave(attachment: LineAttachment<Token>, reason: string): void {
    this.#lastExtranonce = attachment.extranonce ?? this.#lastExtranonce
    this.#draining.get(attachment)?.cancel()
    this.#draining.delete(attachment)
    attachment.leave(reason)
    const { bytesIn, bytesOut } = attachment.traffic
    this.#closedBytes = {
      bytesIn: this.#closedBytes.bytesIn + bytesIn,
      bytesOut: this.#closedBytes.bytesOut + bytesOut,
    }
  }

  #attachments(): LineAttachment<Token>[] {
    return [this.#main, this.#candidate, ...this.#draining.keys()].filter((one) => one !== null)
  }

  #setState(state: UpstreamState): void {
    this.state = state
    this.#events.onState(state)
  }
}

const NO_VITALS: UpstreamVitals = new LineVitals().read({ count: 0, oldestMs: null, miscounted: 0 })
