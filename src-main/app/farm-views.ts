/**
 * The views everyone follows: kept from the engine's reports, what the history knew at the start, and the
 * list of pools.
 */
import {
  type Activation,
  type Downstream,
  type Overview,
  type Pool,
} from '../../src-preload/contract/index.ts'
import { LiveListView, LiveValueView } from '../api/index.ts'
import { type EngineReport } from '../proxy/index.ts'
import { type Settings } from '../settings/index.ts'
import { type OpenedSession } from './history-service.ts'
import { downstreamView, NO_BASE, overviewView, poolView } from './views.ts'

/** What the views are begun with. */
export type KnownBefore = Pick<OpenedSession, 'totals' | 'poolTotals' | 'blockCount' | 'rigs'>

const DAY_MS = 24 * 3600_000
/** Rigs remembered as seen; above it those of yesterday are forgotten. */
const RIGS_REMEMBERED = 10_000

export class FarmViews {
  readonly overview: LiveValueView<Overview>
  readonly pools = new LiveListView<Pool>((a, b) => a.priority - b.priority)
  readonly downstreams = new LiveListView<Downstream>((a, b) => a.connectedAt - b.connectedAt)
  readonly #practice: boolean
  readonly #settings: () => Settings
  #known: KnownBefore | null = null
  #report: EngineReport | null = null
  #blocksFound = 0
  /** When each rig was seen last, epoch milliseconds. */
  readonly #rigsSeen = new Map<string, number>()
  #lastSwitch: Overview['lastSwitch'] = null
  /** Shares that the pool of the last switch may say yes to without having been sent them since. */
  #acknowledgedBefore = 0
  #warningCount = 0

  /** @param settings as saved last; not asked before `begin` */
  constructor(practice: boolean, nowMs: number, settings: () => Settings) {
    this.#practice = practice
    this.#settings = settings
    this.overview = new LiveValueView(emptyOverview(practice, nowMs))
  }

  /** The pool in use; before the first report, the one the settings say. */
  get activePoolId(): string | null {
    return this.#report ? this.#report.activePoolId : this.#settings().activePoolId
  }

  /** The pool the person chose. */
  get preferredPoolId(): string | null {
    return this.#report ? this.#report.preferredPoolId : this.#settings().activePoolId
  }

  /** A switch was asked for and done; from now on the new pool's first yes is looked for. */
  noteSwitch(poolId: string, { switchedAt, tookMs, downstreams }: Activation): void {
    this.#lastSwitch = { poolId, at: switchedAt, tookMs, downstreams, firstAcknowledgedAt: null }
    const counts = this.#report?.pools.find((pool) => pool.poolId === poolId)?.counts
    // Answers to what it was sent when it was in use before prove nothing.
    this.#acknowledgedBefore = (counts?.acknowledged ?? 0) + (counts?.pending ?? 0)
    this.publish()
  }

  setWarningCount(count: number): void {
    this.#warningCount = count
  }

  begin(known: KnownBefore): void {
    this.#known = known
    this.#blocksFound = known.blockCount
    for (const { rigKey, lastSeenAtMs } of known.rigs) this.#rigsSeen.set(rigKey, lastSeenAtMs)
  }

  apply(report: EngineReport): void {
    this.#report = report
    this.#lookForProof(report)
    this.#blocksFound += report.blocks.length
    for (const { rigKey, state } of report.downstreams.upserts) {
      if (state !== 'subscribing') this.#rigsSeen.set(rigKey, report.atMs)
    }
    const { upserts, removedIds } = report.downstreams
    this.downstreams.apply(
      upserts.map(downstreamView),
      removedIds.filter((id) => this.downstreams.find(id)),
    )
    this.publish()
  }

  /** Brings pools and overview up to date; followers hear of what differs. */
  publish(): void {
    const { pools } = this.#settings()
    this.pools.replace(pools.map(({ id }) => this.pool(id)))
    const report = this.#report
    const known = this.#known
    if (!report || !known) return
    this.overview.set(
      overviewView({
        practice: this.#practice,
        report,
        base: known.totals,
        bestDifficultyBefore: known.totals.bestDifficulty ?? 0,
        blocksFound: this.#blocksFound,
        rigsSeen: this.#rigsSeenSince(report.atMs - DAY_MS),
        activePool: pools.find(({ id }) => id === report.activePoolId),
        preferredPool: pools.find(({ id }) => id === this.preferredPoolId),
        lastSwitch: this.#lastSwitch,
        warningCount: this.#warningCount,
      }),
    )
  }

  /** @throws Error if there is no such pool: callers have made sure */
  pool(id: string): Pool {
    const { pools } = this.#settings()
    const priority = pools.findIndex((pool) => pool.id === id)
    const pool = pools[priority]
    if (!pool) throw new Error(`no pool ${id}`)
    const status = this.#report?.pools.find(({ poolId }) => poolId === id)
    return poolView(pool, priority, this, status, this.#known?.poolTotals[id] ?? NO_BASE)
  }

  #lookForProof(report: EngineReport): void {
    const pending = this.#lastSwitch
    if (!pending || pending.firstAcknowledgedAt !== null) return
    const status = report.pools.find(({ poolId }) => poolId === pending.poolId)
    if (!status || status.counts.acknowledged <= this.#acknowledgedBefore) return
    this.#lastSwitch = { ...pending, firstAcknowledgedAt: report.atMs }
  }

  #rigsSeenSince(sinceMs: number): number {
    let count = 0
    const forget = this.#rigsSeen.size > RIGS_REMEMBERED
    for (const [rigKey, lastMs] of this.#rigsSeen) {
      if (lastMs >= sinceMs) count++
      else if (forget) this.#rigsSeen.delete(rigKey)
    }
    return count
  }
}

function emptyOverview(practice: boolean, nowMs: number): Overview {
  return {
    practice,
    hashrateHs: 0,
    rigs: { total: 0, online: 0, hashing: 0 },
    shares: { ...NO_BASE, pending: 0 },
    activePool: null,
    preferredPool: null,
    standIn: null,
    lastSwitch: null,
    warningCount: 0,
    bestDifficulty: 0,
    blocksFound: 0,
    networkDifficulty: null,
    updatedAt: nowMs,
  }
}
