/** What is stored over time, in words: one table, in the order it is offered in. */
import type { HistoryMetric, MetricUnit } from '@contract'

export interface MetricWords {
  metric: HistoryMetric
  /** `Hottest chip`. */
  title: string
  meaning: string
  unit: MetricUnit
  group: MetricGroup
}

export type MetricGroup = 'Hashrate' | 'Power' | 'Heat' | 'Board' | 'Shares' | 'Health'
export const METRIC_GROUPS: readonly MetricGroup[] = [
  'Hashrate',
  'Power',
  'Heat',
  'Shares',
  'Health',
  'Board',
]

type Row = [HistoryMetric, string, MetricUnit, MetricGroup, string]
const ROWS: readonly Row[] = [
  ['hashrate', 'Hashrate from shares', 'H/s', 'Hashrate', 'Measured here, from the shares that came in.'],
  ['rig-hashrate', 'Hashrate', 'H/s', 'Hashrate', 'What rigs say of themselves.'],
  ['rig-expected-hashrate', 'Expected hashrate', 'H/s', 'Hashrate', 'What it ought to be at its settings.'],
  ['rig-power', 'Power', 'W', 'Power', 'As rigs or smart plugs say; not every rig measures it.'],
  ['rig-efficiency', 'Efficiency', 'J/TH', 'Power', 'Energy for a trillion hashes: lower is better.'],
  ['rig-energy', 'Energy', 'kWh', 'Power', 'Taken in each stretch of time that a point stands for.'],
  ['rig-input-voltage', 'Input voltage', 'V', 'Power', 'At the supply.'],
  ['rig-input-current', 'Input current', 'A', 'Power', 'At the supply.'],
  ['rig-chip-temperature', 'Hottest chip', 'C', 'Heat', 'The highest of the chip temperatures.'],
  ['rig-chip-mean-temperature', 'Chips on average', 'C', 'Heat', 'The mean of the chip temperatures.'],
  ['rig-board-temperature', 'Hottest board', 'C', 'Heat', 'The highest of the board temperatures.'],
  ['rig-regulator-temperature', 'Regulator', 'C', 'Heat', 'The voltage regulator of the chips.'],
  ['rig-ambient-temperature', 'Ambient', 'C', 'Heat', 'The air where the rig takes it in.'],
  ['rig-water-in-temperature', 'Water in', 'C', 'Heat', 'Coolant before the chips.'],
  ['rig-water-out-temperature', 'Water out', 'C', 'Heat', 'Coolant after the chips.'],
  ['rig-fan', 'Fastest fan', 'rpm', 'Heat', 'Turns in a minute.'],
  ['rig-fan-percent', 'Fan setting', 'percent', 'Heat', 'What the fans are told, of their most.'],
  ['valid', 'Valid shares', 'shares', 'Shares', 'Rebuilt, hashed and good, in each stretch of time.'],
  ['acknowledged', 'Acknowledged shares', 'shares', 'Shares', 'The pool said yes.'],
  ['rejected', 'Rejected shares', 'shares', 'Shares', 'The pool said no.'],
  ['stale', 'Stale shares', 'shares', 'Shares', 'Came after their job had ended.'],
  ['duplicate', 'Duplicate shares', 'shares', 'Shares', 'Sent twice.'],
  ['invalid', 'Invalid shares', 'shares', 'Shares', 'Below their difficulty, or malformed.'],
  ['lost', 'Lost shares', 'shares', 'Shares', 'Sent on, and the connection ended before an answer.'],
  [
    'weak',
    'Measuring shares',
    'shares',
    'Shares',
    'Too small for the pool: they measure the rig and are not sent.',
  ],
  ['rig-reachable', 'Reachable', 'ratio', 'Health', 'The part of the time in which the rig answered.'],
  ['rig-hashing', 'Hashing', 'ratio', 'Health', 'The part of the time in which the rig hashed.'],
  ['rig-hash-errors', 'Hash errors', 'percent', 'Health', 'Wrong results of the chips, as a part of all.'],
  [
    'rig-hardware-errors',
    'Hardware errors',
    'count',
    'Health',
    'Counted by the rig in each stretch of time.',
  ],
  [
    'rig-accepted',
    'Accepted, says the rig',
    'count',
    'Health',
    'By its own count, whatever pool it works for.',
  ],
  [
    'rig-rejected',
    'Rejected, says the rig',
    'count',
    'Health',
    'By its own count, whatever pool it works for.',
  ],
  ['rig-wifi-signal', 'Wi-Fi signal', 'dBm', 'Health', 'Closer to zero is stronger.'],
  ['rig-frequency', 'Frequency', 'MHz', 'Board', 'The clock of the chips.'],
  ['rig-core-voltage', 'Core voltage', 'mV', 'Board', 'At the chips.'],
  ['rig-chips', 'Working chips', 'count', 'Board', 'Chips that answer.'],
]

export const METRICS: readonly MetricWords[] = ROWS.map(([metric, title, unit, group, meaning]) => ({
  metric,
  title,
  unit,
  group,
  meaning,
}))
const byMetric = new Map<string, MetricWords>(METRICS.map((words) => [words.metric, words]))

/** The words for a metric; undefined for a name that is none. */
export const findMetric = (metric: string): MetricWords | undefined => byMetric.get(metric)
export function metricWords(metric: HistoryMetric): MetricWords {
  const words = byMetric.get(metric)
  return words ?? { metric, title: metric, meaning: '', unit: 'count', group: 'Health' }
}
/** Counted by the proxy, which knows rigs by their keys, not by the ids of the fleet. */
export const isShareMetric = (metric: HistoryMetric): boolean => !metric.startsWith('rig-')
