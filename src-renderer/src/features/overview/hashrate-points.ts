/**
 * Joins stored hashrate with what came in live since: stored points up to the first live sample, live
 * samples after it. Pure; moments are epoch milliseconds of the core's clock.
 */
import type { HistorySeries } from '@contract'

export interface HashratePoints {
  /** Epoch seconds, rising. */
  times: number[]
  /** H/s; null is a gap. */
  values: (number | null)[]
}

/** No chart shows less than this: a few seconds stretched over the whole width would look like drama. */
const LEAST_SPAN_S = 120

/** The range to draw, in epoch seconds: the one asked for, or only since when anything is known. */
export function shownRange({ times, values }: HashratePoints, from: number, to: number): [number, number] {
  const known = times[values.findIndex((value) => value !== null)] ?? to / 1000
  return [Math.max(from / 1000, Math.min(known, to / 1000 - LEAST_SPAN_S)), to / 1000]
}

interface Sample {
  at: number
  hashrateHs: number
}

/** Live samples further apart than this have something missing in between: the page slept, the link was down. */
const GAP_MS = 15_000

export function joinHashrate(
  stored: HistorySeries['points'],
  live: readonly Sample[],
  from: number,
  maxLivePoints = 900,
): HashratePoints {
  const times: number[] = []
  const values: (number | null)[] = []
  const push = (at: number, value: number | null): void => {
    times.push(at / 1000)
    values.push(value)
  }

  const firstLive = live.find((sample) => sample.at >= from)
  for (const point of stored) {
    if (point.at < from) continue
    if (firstLive !== undefined && point.at >= firstLive.at) break
    push(point.at, point.value)
  }

  const shown = live.filter((sample) => sample.at >= from)
  const stride = Math.max(1, Math.ceil(shown.length / maxLivePoints))
  let previous: Sample | undefined
  for (const [index, sample] of shown.entries()) {
    const isLast = index === shown.length - 1
    if (previous !== undefined && sample.at - previous.at > GAP_MS) push((previous.at + sample.at) / 2, null)
    // Every n-th by absolute time, so that points do not wander as new ones arrive.
    const kept = isLast || stride === 1 || Math.floor(sample.at / 1000) % stride === 0
    if (kept) push(sample.at, sample.hashrateHs)
    previous = sample
  }
  return { times, values }
}
