/**
 * What was recorded: series over time, events, and what they say of rigs taken together. Times are UTC moments; where a
 * day is a person's day, the edges are asked for with a time zone.
 */
import { z } from 'zod'
import { count, momentMs } from './values.ts'

/** Counted by the proxy at the share level; `rig` is a rigKey there. */
export const shareMetric = z.enum([
  'hashrate',
  'valid',
  'acknowledged',
  'rejected',
  'stale',
  'duplicate',
  'invalid',
  'lost',
  'weak',
])

/** Said by rigs and meters of themselves; `rig` is the id of a rig there. */
export const rigMetric = z.enum([
  'rig-hashrate',
  'rig-expected-hashrate',
  'rig-power',
  'rig-efficiency',
  'rig-energy',
  'rig-chip-temperature',
  'rig-chip-mean-temperature',
  'rig-board-temperature',
  'rig-regulator-temperature',
  'rig-ambient-temperature',
  'rig-water-in-temperature',
  'rig-water-out-temperature',
  'rig-fan',
  'rig-fan-percent',
  'rig-frequency',
  'rig-core-voltage',
  'rig-input-voltage',
  'rig-input-current',
  'rig-hash-errors',
  'rig-accepted',
  'rig-rejected',
  'rig-hardware-errors',
  'rig-chips',
  'rig-wifi-signal',
  'rig-reachable',
  'rig-hashing',
])
export type RigMetric = z.infer<typeof rigMetric>

export const historyMetric = z.enum([...shareMetric.options, ...rigMetric.options])
export type HistoryMetric = z.infer<typeof historyMetric>

/** What the values of a metric are in. A ratio is from 0 to 1. */
export const metricUnit = z.enum([
  'H/s',
  'shares',
  'W',
  'kWh',
  'J/TH',
  'C',
  'rpm',
  'percent',
  'MHz',
  'mV',
  'V',
  'A',
  'count',
  'dBm',
  'ratio',
])
export type MetricUnit = z.infer<typeof metricUnit>

const from = z.coerce.number().int().nonnegative()
const range = {
  from: from.optional().describe('Epoch ms; default an hour ago'),
  to: from.optional().describe('Epoch ms; default now'),
}

const recently = {
  from: from.optional().describe('Epoch ms; default a day before "to"'),
  to: from.optional().describe('Epoch ms; default now'),
}

export const historyQuery = z.object({
  metric: historyMetric.default('hashrate'),
  rig: z
    .string()
    .optional()
    .describe('A rigKey, or for metrics that begin with rig- the id of a rig; all rigs if absent'),
  ...range,
  points: z.coerce.number().int().min(2).max(2000).default(120),
})

export const historySeries = z.object({
  metric: historyMetric,
  bucketMs: z.number().int().positive(),
  points: z.array(z.object({ at: momentMs, value: z.number().nullable().describe('null is a gap') })),
})
export type HistorySeries = z.infer<typeof historySeries>

/** One line of the explorer. */
export const exploreLine = z.object({
  metric: historyMetric,
  rigs: z
    .array(z.string().max(300))
    .max(300)
    .nullable()
    .default(null)
    .describe('Ids of rigs (rigKeys for share metrics); null for all of them together'),
  together: z.boolean().default(true).describe('False for a line for each rig named'),
  offsetMs: z
    .number()
    .int()
    .default(0)
    .describe('Reads this much earlier and draws it at the time asked for: to compare two periods'),
})
export const exploreQuery = z.object({
  lines: z.array(exploreLine).min(1).max(12),
  from,
  to: from,
  points: z.number().int().min(2).max(4000).default(800),
})
export type ExploreQuery = z.input<typeof exploreQuery>

const column = z.array(z.number().nullable()).describe('One for each time; null is a gap')
export const exploreSeries = z.object({
  line: count.describe('Which line of the query it answers'),
  rig: z.string().nullable().describe('null for all that were asked for, together'),
  name: z.string(),
  metric: historyMetric,
  unit: metricUnit,
  mean: column,
  min: column.nullable().describe('Lowest in each bucket; null where only the mean is kept'),
  max: column.nullable(),
  rigCount: column.nullable().describe('How many rigs a value stands for; null for one rig'),
})
export type ExploreSeries = z.infer<typeof exploreSeries>
export const exploreResult = z.object({
  bucketMs: z.number().int().positive(),
  at: z.array(momentMs).describe('Start of each bucket'),
  series: z.array(exploreSeries),
  damaged: count.describe('Stretches that could not be read and show as gaps'),
})
export type ExploreResult = z.infer<typeof exploreResult>

/** Something that has a history, whether it is still there or not. */
export const historySource = z.object({
  id: z.string(),
  kind: z.enum(['rig', 'meter', 'proxy-rig']).describe('proxy-rig: known to the proxy only, by its rigKey'),
  name: z.string(),
  rigKey: z.string().nullable().describe('The same machine as the proxy knows it'),
  present: z.boolean().describe('False for one that was removed; its history stays'),
  firstAt: momentMs.nullable(),
  lastAt: momentMs.nullable(),
})
export type HistorySource = z.infer<typeof historySource>

export const eventKind = z.enum([
  'pool-switch',
  'pool-stand-in',
  'pool-lost',
  'rig-restarted',
  'rig-unreachable',
  'rig-back',
  'rig-stopped',
  'rig-hashing',
  'rig-overheated',
  'rig-action',
  'tuning',
  'block-found',
  'payout',
  'started',
  'stopped',
  'killed',
  'slept',
  'clock-changed',
  'alert',
])
export type EventKind = z.infer<typeof eventKind>

export const historyEvent = z.object({
  id: z.string(),
  at: momentMs,
  kind: eventKind,
  rigId: z.string().nullable(),
  subject: z.string().describe('Name of the rig or pool it is about; empty for the farm'),
  text: z.string().describe('A sentence'),
})
export type HistoryEvent = z.infer<typeof historyEvent>

export const eventQuery = z.object({
  ...recently,
  rig: z.string().optional().describe('Id of a rig: its own events and those of the whole farm'),
  limit: z.coerce.number().int().min(1).max(2000).default(500),
})

const ratio = z.number().min(0).max(1).nullable()

/** How a rig did over a stretch of time. */
export const rigAnalysis = z.object({
  rigId: z.string(),
  name: z.string(),
  coveredMs: z.number().nonnegative().describe('How long Headframe was there to look'),
  coveredRatio: ratio.describe('Of the stretch'),
  reachableRatio: ratio.describe('Of the time covered'),
  hashingRatio: ratio.describe('Of the time covered'),
  hashrateHs: z.number().nullable().describe('Mean, while it said one'),
  expectedHs: z.number().nullable(),
  ofExpectedRatio: z.number().nullable().describe('Mean rate over mean expected rate'),
  shareHashrateHs: z.number().nullable().describe('From its shares at this proxy'),
  energyKwh: z.number().nullable(),
  powerW: z.number().nullable().describe('Mean'),
  efficiencyJTh: z.number().nullable(),
  chipMaxC: z.number().nullable().describe('Highest'),
  restarts: count,
  shares: z.object({ valid: count, acknowledged: count, rejected: count, stale: count, lost: count }),
  rejects: z.array(z.object({ reason: z.string(), count })).describe('By cause, most frequent first'),
})
export type RigAnalysis = z.infer<typeof rigAnalysis>

export const analysisQuery = z.object({ ...recently, rig: z.string().optional() })
export const analysis = z.object({
  from: momentMs,
  to: momentMs,
  rigs: z.array(rigAnalysis),
  farm: rigAnalysis.omit({ rigId: true, name: true }),
})
export type Analysis = z.infer<typeof analysis>
