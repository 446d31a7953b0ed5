/** Where the jobs of each pool stand on a line of time, and what the axis below says. Pure. */
import type { JobTimeline, TimelineJob } from '@contract'

export interface Window {
  /** Epoch milliseconds. */
  from: number
  to: number
}

/** fresh: new work on the same block. block: the first work on a new one. empty: without transactions, either way. */
export interface JobMark {
  job: TimelineJob
  /** 0 to 1 from left to right. */
  at: number
  kind: 'fresh' | 'block'
  empty: boolean
}

export function ratioOf(at: number, { from, to }: Window): number {
  return to <= from ? 0 : (at - from) / (to - from)
}

/** The marks of one lane within the window, oldest first. */
export function jobMarks(jobs: readonly TimelineJob[], window: Window): JobMark[] {
  return jobs
    .filter(({ at }) => at >= window.from && at <= window.to)
    .map((job) => ({
      job,
      at: ratioOf(job.at, window),
      kind: job.newTip ? ('block' as const) : ('fresh' as const),
      empty: job.emptyBlock,
    }))
    .sort((a, b) => a.job.at - b.job.at)
}

const MINUTE_MS = 60_000
const STEPS_MS = [0.5, 1, 2, 5, 10, 15, 30, 60].map((minutes) => minutes * MINUTE_MS)

/** Ages at which the axis is labelled, in whole steps before now, newest first: never more than `most` + 1. */
export function axisAges(spanMs: number, most: number): number[] {
  const stepMs = STEPS_MS.find((step) => spanMs / step <= most) ?? spanMs
  return Array.from({ length: Math.floor(spanMs / stepMs) + 1 }, (_, index) => index * stepMs)
}

/** The next job of a lane in a direction, by id and moment; the newest when none is chosen yet. */
export function stepMark(
  marks: readonly JobMark[],
  chosen: TimelineJob | null,
  step: -1 | 1,
): TimelineJob | null {
  if (marks.length === 0) return null
  const index =
    chosen === null
      ? -1
      : marks.findIndex(({ job }) => job.at === chosen.at && job.upstreamJobId === chosen.upstreamJobId)
  if (index === -1) return marks.at(-1)?.job ?? null
  return marks[Math.max(0, Math.min(marks.length - 1, index + step))]?.job ?? null
}

type PoolTimeline = JobTimeline['pools'][number]

/** How a pool usually stands among the others, in words: `usually first`, `usually 120 ms behind the first`. */
export function usualPlace(pool: PoolTimeline, formatMs: (ms: number) => string): string {
  if (pool.comparedCount === 0 || pool.medianLagMs === null) return 'nothing to compare it with yet'
  return pool.medianLagMs < 0.5 ? 'usually first' : `usually ${formatMs(pool.medianLagMs)} behind the first`
}
