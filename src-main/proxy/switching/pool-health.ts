/**
 * How well a pool serves us, judged by what it does and not by its socket: whether jobs come in their usual
 * rhythm, whether shares are answered as promptly as usual, whether it began to refuse them. Pure: moments are
 * monotonic milliseconds, passed in. What follows from a judgement is not decided here.
 *
 * Thresholds are multiples of what is usual for this very pool, above a floor for pools that are not known yet.
 * - Jobs: pools send one every half minute to two minutes, at worst one a block, which is ten minutes on
 *   average and an exponential wait: twelve times the usual gap does not happen by chance (e^-12).
 * - Answers: pools answer in batches by count or by time, so a wait alone says nothing; doubtful is three times
 *   the usual batch that waits four times as long as usual. A small farm fills a batch slowly, therefore the wait
 *   alone counts only when twenty times the usual.
 * - Refusals: a few percent are stale shares of everyday life; one in ten is no more, and with one in two most of
 *   the work is given away. At least 20 answers, so that three bad ones after a restart are no judgement.
 */
import { type PoolHealth } from '../engine-views.ts'
import { type UpstreamState, type UpstreamVitals } from '../upstream/upstream.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS

/** Before two jobs have shown a rhythm. */
const ASSUMED_GAP_MS = 2 * MINUTE_MS
/** Blocks are ten minutes apart: no pool is usually slower than that. */
const SLOWEST_GAP_MS = 10 * MINUTE_MS
const JOBS = {
  doubtful: { factor: 5, floorMs: 5 * MINUTE_MS },
  bad: { factor: 12, floorMs: 20 * MINUTE_MS },
} as const
/** Shares that wait in a batch of a pool we do not know. */
const ASSUMED_BATCH = 10
/** By how much the bounds are wider for a pool that has not answered yet: its batches may be large. */
const UNKNOWN_FACTOR = 10
const ANSWERS = {
  doubtful: { batches: 3, leastCount: 20, waitFactor: 4, leastWaitMs: MINUTE_MS },
  bad: { batches: 6, leastCount: 60, waitFactor: 8, leastWaitMs: 3 * MINUTE_MS },
} as const
/** Of a few shares, whatever their number. */
const LONG_WAIT = {
  doubtful: { factor: 20, floorMs: 10 * MINUTE_MS },
  bad: { factor: 40, floorMs: 30 * MINUTE_MS },
} as const
const REFUSALS = { doubtful: { ratio: 0.1, answers: 20 }, bad: { ratio: 0.5, answers: 30 } } as const
/** Answers older than this say nothing about now. */
const REFUSAL_WINDOW_MS = 5 * MINUTE_MS
const SNAPSHOT_MS = 15 * SECOND_MS
/** How fast the longest wait and the largest batch seen are forgotten, each time an answer comes. */
const FORGETTING = 0.95

const GOOD: PoolHealth = { verdict: 'good', because: '' }

interface Snapshot {
  readonly atMs: number
  readonly acknowledged: number
  readonly rejected: number
}

/** Watches one pool. `look` at it every second or so. */
export class PoolHealthWatch {
  /** Why the last attempt to connect failed; null after one that did not. */
  #failure: string | null = null
  #usualWaitMs: number | null = null
  #usualBatch = ASSUMED_BATCH
  #answered = 0
  #lastWaitMs = 0
  #lastUnanswered = 0
  /** One each quarter of a minute, as far as the window reaches back. */
  #snapshots: Snapshot[] = []
  #latest: Snapshot = { atMs: 0, acknowledged: 0, rejected: 0 }

  /**
   * @param vitals of all its lines together (`joinVitals`); null if it has none
   * @param name of the pool, for sentences
   */
  look(state: UpstreamState, vitals: UpstreamVitals | null, nowMs: number, name: string): PoolHealth {
    if (vitals) this.#learn(vitals, nowMs)
    if (state.phase === 'blocked' || state.phase === 'waiting') this.#failure = state.problem.message
    else if (state.phase !== 'connecting') this.#failure = null
    // Also while the next attempt is under way.
    if (this.#failure !== null) return { verdict: 'bad', because: this.#failure }
    if (state.phase === 'silent') return { verdict: 'doubtful', because: state.problem.message }
    if (state.phase !== 'ready' || !vitals) return { verdict: 'unknown', because: '' }
    return worst([
      judgeJobs(vitals, nowMs, name),
      this.#judgeAnswers(vitals, nowMs, name),
      this.#judgeRefusals(name),
    ])
  }

  #learn(vitals: UpstreamVitals, nowMs: number): void {
    const answered = vitals.acknowledgedCount + vitals.rejectedCount
    const startsAnew = answered < this.#answered || this.#snapshots.length === 0
    if (answered > this.#answered) {
      this.#usualWaitMs = Math.max(this.#lastWaitMs, FORGETTING * (this.#usualWaitMs ?? 0))
      this.#usualBatch = Math.max(this.#lastUnanswered, FORGETTING * this.#usualBatch)
    }
    this.#answered = answered
    this.#lastWaitMs = waitMs(vitals, nowMs)
    this.#lastUnanswered = vitals.unansweredCount
    // A connection counts from zero.
    if (startsAnew) this.#snapshots = [{ atMs: nowMs, acknowledged: 0, rejected: 0 }]
    const { acknowledgedCount: acknowledged, rejectedCount: rejected } = vitals
    this.#latest = { atMs: nowMs, acknowledged, rejected }
    if (nowMs - (this.#snapshots.at(-1)?.atMs ?? 0) >= SNAPSHOT_MS) this.#snapshots.push(this.#latest)
    while (this.#snapshots.length > 1 && nowMs - this.#snapshots[0]!.atMs > REFUSAL_WINDOW_MS) {
      this.#snapshots.shift()
    }
  }

  #judgeAnswers(vitals: UpstreamVitals, nowMs: number, name: string): PoolHealth {
    const { unansweredCount } = vitals
    const waited = waitMs(vitals, nowMs)
    const usual = this.#usualWaitMs
    const exceeds = (level: 'bad' | 'doubtful'): boolean => {
      const { batches, leastCount, waitFactor, leastWaitMs } = ANSWERS[level]
      const leniency = usual === null ? UNKNOWN_FACTOR : 1
      const many = unansweredCount >= leniency * Math.max(leastCount, batches * this.#usualBatch)
      const { factor, floorMs } = LONG_WAIT[level]
      return (
        (many && waited >= Math.max(leastWaitMs, waitFactor * (usual ?? 0))) ||
        (usual !== null && waited >= Math.max(floorMs, factor * usual))
      )
    }
    return judge(
      exceeds,
      () =>
        `${name} has left ${unansweredCount} shares without an answer, the oldest for ${durationText(waited)}: far beyond what is usual for it.`,
    )
  }

  #judgeRefusals(name: string): PoolHealth {
    const first = this.#snapshots[0]
    if (!first) return GOOD
    const rejected = this.#latest.rejected - first.rejected
    const answers = rejected + this.#latest.acknowledged - first.acknowledged
    const exceeds = (level: 'bad' | 'doubtful'): boolean =>
      answers >= REFUSALS[level].answers && rejected >= REFUSALS[level].ratio * answers
    return judge(
      exceeds,
      () => `${name} refused ${rejected} of the last ${answers} shares it answered. See its reasons.`,
    )
  }
}

/** What several lines to a pool do, as if they were one; null of none. */
export function joinVitals(all: readonly UpstreamVitals[]): UpstreamVitals | null {
  const [first, ...others] = all
  if (!first) return null
  return others.reduce(
    (joined, vitals) => ({
      lastJobMs: pick(Math.max, joined.lastJobMs, vitals.lastJobMs),
      usualJobGapMs: pick(Math.max, joined.usualJobGapMs, vitals.usualJobGapMs),
      oldestUnansweredMs: pick(Math.min, joined.oldestUnansweredMs, vitals.oldestUnansweredMs),
      unansweredCount: joined.unansweredCount + vitals.unansweredCount,
      acknowledgedCount: joined.acknowledgedCount + vitals.acknowledgedCount,
      rejectedCount: joined.rejectedCount + vitals.rejectedCount,
      lastAcknowledgedMs: pick(Math.max, joined.lastAcknowledgedMs, vitals.lastAcknowledgedMs),
    }),
    first,
  )
}

function judgeJobs({ lastJobMs, usualJobGapMs }: UpstreamVitals, nowMs: number, name: string): PoolHealth {
  if (lastJobMs === null) return GOOD
  const silentMs = nowMs - lastJobMs
  const gapMs = Math.min(usualJobGapMs ?? ASSUMED_GAP_MS, SLOWEST_GAP_MS)
  const exceeds = (level: 'bad' | 'doubtful'): boolean =>
    silentMs > Math.max(JOBS[level].floorMs, JOBS[level].factor * gapMs)
  return judge(
    exceeds,
    () =>
      `${name} has given no job for ${durationText(silentMs)}; usually one comes every ${durationText(gapMs)}. What the rigs hash may be old.`,
  )
}

function judge(exceeds: (level: 'bad' | 'doubtful') => boolean, because: () => string): PoolHealth {
  if (exceeds('bad')) return { verdict: 'bad', because: because() }
  return exceeds('doubtful') ? { verdict: 'doubtful', because: because() } : GOOD
}

function worst(judgements: readonly PoolHealth[]): PoolHealth {
  const of = (verdict: PoolHealth['verdict']): PoolHealth | undefined =>
    judgements.find((judgement) => judgement.verdict === verdict)
  return of('bad') ?? of('doubtful') ?? GOOD
}

function waitMs({ oldestUnansweredMs }: UpstreamVitals, nowMs: number): number {
  return oldestUnansweredMs === null ? 0 : Math.max(0, nowMs - oldestUnansweredMs)
}

function pick(choose: (a: number, b: number) => number, a: number | null, b: number | null): number | null {
  if (a === null) return b
  return b === null ? a : choose(a, b)
}

function durationText(ms: number): string {
  const seconds = Math.round(ms / SECOND_MS)
  if (seconds < 120) return `${seconds} s`
  return `${Math.round(seconds / 60)} min`
}
