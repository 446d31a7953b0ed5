/** Stretches in which a rig hashed, only answered, did not answer, or nobody looked. Pure. */
import { formatPercent } from '../../format/number.ts'
import type { Column } from '../../ui/chart/chart-data.ts'

export type Standing = 'hashing' | 'reachable' | 'unreachable' | 'unwatched'

export interface UptimeRun {
  standing: Standing
  /** Index of its first bucket and of the one after its last. */
  from: number
  to: number
}

/** What most of a bucket was. */
export function standingOf(reachable: number | null, hashing: number | null): Standing {
  if (reachable === null && hashing === null) return 'unwatched'
  if ((hashing ?? 0) >= 0.5) return 'hashing'
  return (reachable ?? 0) >= 0.5 ? 'reachable' : 'unreachable'
}

/** Neighbours that are alike, joined. */
export function uptimeRuns(reachable: Column, hashing: Column): UptimeRun[] {
  const runs: UptimeRun[] = []
  for (let index = 0; index < reachable.length; index++) {
    const standing = standingOf(reachable[index] ?? null, hashing[index] ?? null)
    const last = runs.at(-1)
    if (last?.standing === standing) last.to = index + 1
    else runs.push({ standing, from: index, to: index + 1 })
  }
  return runs
}

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length

/** `Hashing 97 % of the time it was watched, reachable 99 %.` */
export function uptimeWords(reachable: Column, hashing: Column): string {
  const known = (column: Column): number[] => column.filter((value) => value !== null)
  const [reached, hashed] = [mean(known(reachable)), mean(known(hashing))]
  if (reached === null || hashed === null) return 'Nobody looked in this time.'
  const watched = known(reachable).length / Math.max(1, reachable.length)
  const part = watched > 0.995 ? '' : `; watched ${formatPercent(watched)} of it`
  return `Hashing ${formatPercent(hashed)} of the time, reachable ${formatPercent(reached)}${part}.`
}
