/**
 * What the pools said when: the last jobs of each, and who knew of each chain tip first. Pools that rigs use and
 * pools that are only listened to look the same from here. Bounded in pools, jobs and tips.
 */
import { toHex } from '../../base/index.ts'
import { describeJob, type Job, type JobDescription } from '../../mining/index.ts'
import { type PoolTimeline, type TimelineJob, type TimelineTip, type TimelineView } from './insight-views.ts'

export const JOBS_KEPT = 60
export const TIPS_KEPT = 60
/** Pools that are remembered; the one that was silent longest is forgotten. */
const POOLS_KEPT = 64
/** A pool so far behind did not announce this tip, it returned to it. */
const LONGEST_LAG_MS = 10 * 60_000

/** A job as it came. */
export interface JobArrival {
  readonly poolId: string
  readonly job: Job
  /** Bytes of the messages that carried it. */
  readonly sizeBytes: number
  readonly monotonicMs: number
}

/** The tip a pool builds on now. */
export interface PoolTip {
  /** Hex in header order. */
  readonly key: string
  /** The tip before it on this connection; null for the first one. */
  readonly previousKey: string | null
  readonly description: JobDescription
  /** Since when it builds on it, monotonic. */
  readonly sinceMs: number
  /** Since when all its jobs on this tip were empty; null if the last one was not. */
  readonly emptySinceMs: number | null
  /** The job itself, the newest one. */
  readonly job: Job
  /** When the newest job came, monotonic. */
  readonly jobMs: number
}

interface PoolRecord {
  jobs: TimelineJob[]
  /** Null while it is not connected. */
  tip: PoolTip | null
  lastJobMs: number
}

interface TipRecord {
  readonly key: string
  readonly prevHash: string
  height: number | null
  readonly firstAtMs: number
  readonly firstMs: number
  readonly pools: Map<string, { readonly atMs: number; readonly lagMs: number; readonly compared: boolean }>
}

export class JobTimeline {
  readonly #pools = new Map<string, PoolRecord>()
  /** Oldest first. */
  readonly #tips = new Map<string, TipRecord>()

  add({ poolId, job, sizeBytes, monotonicMs }: JobArrival): void {
    const record = this.#pool(poolId)
    const description = describeJob(job)
    const key = toHex(job.tip.prevHash)
    const before = record.tip
    const newTip = before?.key !== key
    record.lastJobMs = monotonicMs
    record.tip = {
      key,
      previousKey: newTip ? (before?.key ?? null) : before.previousKey,
      description,
      sinceMs: newTip ? monotonicMs : before.sinceMs,
      emptySinceMs: description.emptyBlock ? ((newTip ? null : before.emptySinceMs) ?? monotonicMs) : null,
      job,
      jobMs: monotonicMs,
    }
    record.jobs.push(timelineJob(job, description, newTip, sizeBytes))
    if (record.jobs.length > JOBS_KEPT) record.jobs.shift()
    if (newTip) this.#noteTip(poolId, key, description, job.receivedAtMs, monotonicMs, before !== null)
  }

  /** The pool's connection ended: what it says next is news to it, not a lag. */
  disconnected(poolId: string): void {
    const record = this.#pools.get(poolId)
    if (record) record.tip = null
  }

  forget(poolId: string): void {
    this.#pools.delete(poolId)
  }

  /** What a connected pool builds on now; undefined without a job. */
  tipOf(poolId: string): PoolTip | undefined {
    return this.#pools.get(poolId)?.tip ?? undefined
  }

  /** When a tip was first heard of, monotonic; undefined if it is not kept. */
  firstHeardMs(key: string): number | undefined {
    return this.#tips.get(key)?.firstMs
  }

  /** @param isListening whether no rig works for a pool */
  view(poolIds: readonly string[], isListening: (poolId: string) => boolean): TimelineView {
    return {
      pools: poolIds.map((poolId) => this.#poolView(poolId, isListening(poolId))),
      tips: [...this.#tips.values()].reverse().map(tipView),
    }
  }

  #poolView(poolId: string, listening: boolean): PoolTimeline {
    const lags: number[] = []
    let firstCount = 0
    for (const { pools } of this.#tips.values()) {
      const compared = [...pools].filter(([, announced]) => announced.compared)
      const mine = pools.get(poolId)
      if (compared.length < 2 || mine?.compared !== true) continue
      lags.push(mine.lagMs)
      if (mine.lagMs === 0) firstCount++
    }
    return {
      poolId,
      listening,
      jobs: [...(this.#pools.get(poolId)?.jobs ?? [])].reverse(),
      medianLagMs: median(lags),
      comparedCount: lags.length,
      firstCount,
    }
  }

  #noteTip(
    poolId: string,
    key: string,
    { prevHashDisplay, height }: JobDescription,
    atMs: number,
    monotonicMs: number,
    wasConnected: boolean,
  ): void {
    let tip = this.#tips.get(key)
    if (!tip) {
      tip = {
        key,
        prevHash: prevHashDisplay,
        height,
        firstAtMs: atMs,
        firstMs: monotonicMs,
        pools: new Map(),
      }
      this.#tips.set(key, tip)
      if (this.#tips.size > TIPS_KEPT) this.#tips.delete(this.#tips.keys().next().value!)
    }
    tip.height ??= height
    if (tip.pools.has(poolId)) return
    const lagMs = monotonicMs - tip.firstMs
    tip.pools.set(poolId, { atMs, lagMs, compared: wasConnected && lagMs <= LONGEST_LAG_MS })
  }

  #pool(poolId: string): PoolRecord {
    const known = this.#pools.get(poolId)
    if (known) return known
    const record: PoolRecord = { jobs: [], tip: null, lastJobMs: 0 }
    if (this.#pools.size >= POOLS_KEPT) {
      const [longest] = [...this.#pools].sort(([, a], [, b]) => a.lastJobMs - b.lastJobMs)
      if (longest) this.#pools.delete(longest[0])
    }
    this.#pools.set(poolId, record)
    return record
  }
}

function timelineJob(job: Job, description: JobDescription, newTip: boolean, sizeBytes: number): TimelineJob {
  const { height, prevHashDisplay, emptyBlock, merkleDepth, rewardSats, feesSats } = description
  return {
    receivedAtMs: job.receivedAtMs,
    upstreamJobId: job.upstreamJobId,
    newTip,
    height,
    prevHash: prevHashDisplay,
    emptyBlock,
    merkleDepth,
    rewardSats,
    feesSats,
    poolDifficulty: description.shareDifficulty,
    sizeBytes,
  }
}

function tipView({ prevHash, height, firstAtMs, pools }: TipRecord): TimelineTip {
  return {
    prevHash,
    height,
    firstAtMs,
    pools: [...pools]
      .filter(([, { compared }]) => compared)
      .map(([poolId, { atMs, lagMs }]) => ({ poolId, atMs, lagMs }))
      .sort((a, b) => a.lagMs - b.lagMs),
  }
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
