/** What of a rig is stored over time, over which ranges it can be looked at, and how each value is written. Pure. */
import type { HistorySeries } from '@contract'
import { formatHashrate, formatHashrateAxis } from '../../format/hashrate.ts'
import { measuredPower, measuredRpm } from '../../format/measured.ts'
import { formatCount } from '../../format/number.ts'

export type HistoryRange = '1h' | '24h' | '7d' | '30d'
export const HISTORY_RANGES: readonly {
  value: HistoryRange
  label: string
  /** `the last hour`. */
  words: string
  spanMs: number
  points: number
}[] = [
  { value: '1h', label: '1 h', words: 'the last hour', spanMs: 3_600_000, points: 120 },
  { value: '24h', label: '24 h', words: 'the last 24 hours', spanMs: 86_400_000, points: 288 },
  { value: '7d', label: '7 d', words: 'the last 7 days', spanMs: 604_800_000, points: 336 },
  { value: '30d', label: '30 d', words: 'the last 30 days', spanMs: 2_592_000_000, points: 360 },
]

export interface RigMetric {
  metric: HistorySeries['metric']
  title: string
  meaning: string
  format: (value: number) => string
  axis: (value: number) => string
}

const trimmed = (value: number): string => String(Number(value.toPrecision(3)))

export const RIG_METRICS: readonly RigMetric[] = [
  {
    metric: 'rig-hashrate',
    title: 'Hashrate',
    meaning: 'What the rig says of itself.',
    format: formatHashrate,
    axis: formatHashrateAxis,
  },
  {
    metric: 'rig-chip-temperature',
    title: 'Hottest chip',
    meaning: 'The highest of its chip temperatures.',
    format: (value) => `${value.toFixed(1)} °C`,
    axis: (value) => `${trimmed(value)} °C`,
  },
  {
    metric: 'rig-power',
    title: 'Power',
    meaning: 'As the rig says; not every rig measures it.',
    format: measuredPower,
    axis: (value) => `${value >= 1000 ? formatCount(value) : trimmed(value)} W`,
  },
  {
    metric: 'rig-fan',
    title: 'Fastest fan',
    meaning: 'Turns in a minute.',
    format: measuredRpm,
    axis: (value) => (value === 0 ? '0' : `${formatCount(value)} rpm`),
  },
  {
    metric: 'rig-hash-errors',
    title: 'Hash errors',
    meaning:
      'Results of its chips that were wrong, as a part of all. A sign of too much clock or too little voltage.',
    format: (value) => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} %`,
    axis: (value) => `${trimmed(value)} %`,
  },
]

export interface SeriesSummary {
  /** How many points have a value. */
  known: number
  average: number | null
  low: number | null
  high: number | null
}

export function summarise(points: HistorySeries['points']): SeriesSummary {
  let known = 0
  let sum = 0
  let low: number | null = null
  let high: number | null = null
  for (const { value } of points) {
    if (value === null) continue
    known += 1
    sum += value
    low = low === null ? value : Math.min(low, value)
    high = high === null ? value : Math.max(high, value)
  }
  return { known, average: known === 0 ? null : sum / known, low, high }
}
