/** Over which ranges a rig's history can be looked at, and what is drawn of it: charts with their lines. Pure. */
import type { ExploreQuery, HistoryMetric } from '@contract'
import { metricWords } from '../../format/metrics.ts'
import { joinAround, summariseLine, type ChartData } from '../../ui/chart/chart-data.ts'
import type { Span } from '../../ui/chart/chart-window.ts'
import { exploredChart, seriesColour, type ExploredAnswer } from '../../ui/chart/explored-chart.ts'

export type HistoryRange = '1h' | '24h' | '7d' | '30d' | '365d'
export const HISTORY_RANGES: readonly {
  value: HistoryRange
  label: string
  /** `the last hour`. */
  words: string
  spanMs: number
}[] = [
  { value: '1h', label: '1 h', words: 'the last hour', spanMs: 3_600_000 },
  { value: '24h', label: '24 h', words: 'the last 24 hours', spanMs: 86_400_000 },
  { value: '7d', label: '7 d', words: 'the last 7 days', spanMs: 604_800_000 },
  { value: '30d', label: '30 d', words: 'the last 30 days', spanMs: 2_592_000_000 },
  { value: '365d', label: '1 y', words: 'the last year', spanMs: 31_536_000_000 },
]

export interface RigChart {
  key: string
  title: string
  meaning: string
  metrics: readonly HistoryMetric[]
  /** Drawn dashed: what it is compared with. */
  beside: readonly HistoryMetric[]
}

export const RIG_CHARTS: readonly RigChart[] = [
  {
    key: 'hashrate',
    title: 'Hashrate',
    meaning:
      'What the rig says of itself, what its shares at this proxy amount to, and what it ought to do at its settings.',
    metrics: ['rig-hashrate', 'hashrate', 'rig-expected-hashrate'],
    beside: ['rig-expected-hashrate'],
  },
  {
    key: 'power',
    title: 'Power and efficiency',
    meaning: 'Power as it says, on the left; energy for a trillion hashes on the right, lower is better.',
    metrics: ['rig-power', 'rig-efficiency'],
    beside: [],
  },
  {
    key: 'temperature',
    title: 'Temperatures',
    meaning: 'The hottest chip and board, and what else it measures.',
    metrics: [
      'rig-chip-temperature',
      'rig-chip-mean-temperature',
      'rig-board-temperature',
      'rig-regulator-temperature',
      'rig-ambient-temperature',
      'rig-water-in-temperature',
      'rig-water-out-temperature',
    ],
    beside: ['rig-ambient-temperature'],
  },
  {
    key: 'fan',
    title: 'Fans',
    meaning: 'Turns of the fastest in a minute, and on the right what they are told.',
    metrics: ['rig-fan', 'rig-fan-percent'],
    beside: ['rig-fan-percent'],
  },
  {
    key: 'errors',
    title: 'Errors',
    meaning:
      'Wrong results of its chips as a part of all, and on the right the errors it counted. A sign of too much clock or too little voltage.',
    metrics: ['rig-hash-errors', 'rig-hardware-errors'],
    beside: [],
  },
]
export const UPTIME_METRICS = ['rig-reachable', 'rig-hashing'] as const

type Line = ExploreQuery['lines'][number]
/** The contract takes twelve lines at a time: what is asked for first, and the rest. */
export const FIRST_CHARTS = ['hashrate', 'power'] as const

/** Lines of one rig; those that the proxy counts only where it knows the rig. */
export function rigLines(metrics: readonly HistoryMetric[], rigId: string, rigKey: string | null): Line[] {
  return metrics.flatMap((metric): Line[] => {
    const rig = metric.startsWith('rig-') ? rigId : rigKey
    return rig === null ? [] : [{ metric, rigs: [rig], together: true }]
  })
}

/** One chart: the lines that have a value in the window, or none. */
export function rigChart(
  { metrics, beside }: RigChart,
  fine: ExploredAnswer,
  coarse: ExploredAnswer | null,
  shown: Span,
): ChartData {
  const look = ({ metric }: { metric: HistoryMetric }) => {
    const place = metrics.indexOf(metric)
    if (place < 0) return null
    return {
      name: metricWords(metric).title,
      colour: seriesColour(place),
      dashed: beside.includes(metric),
    }
  }
  const data = exploredChart(fine, look)
  const known = data.lines.filter((line) => summariseLine(data, line, shown).known > 0)
  return joinAround({ ...data, lines: known }, coarse === null ? null : exploredChart(coarse, look))
}
