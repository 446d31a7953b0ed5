/**
 * The views everyone follows: kept from the engine's reports, what the history knew at the start, and the
 * list of pools.
 */
import { type Downstream, type Overview, type Pool } from '../../src-preload/contract/index.ts'
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

  begin(known: KnownBefore): void {
    this.#known = known
    this.#blocksFound = known.blockCount
    for (const { rigKey, lastSeenAtMs } of known.rigs) this.#rigsSeen.set(rigKey, lastSeenAtMs)
  }

  apply(report: EngineReport): void {
    this.#report = report
    this.#blocksFound += report.blocks.length
    for (const { rigKey, state } of report.downstreams.upserts) {
      if (state !== 'subscribing') this.#rigsSeen.set(rigKey, report.atMs)
    }
    const { upserts, removedIds } = report.downstreams
    this.downstreams.apply(
      upserts.map((status) => downstreamView(status, report.activePoolId)),
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
    return poolView(pool, priority, this.activePoolId, status, this.#known?.poolTotals[id] ?? NO_BASE)
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
    bestDifficulty: 0,
    blocksFound: 0,
    networkDifficulty: null,
    updatedAt: nowMs,
  }
}
