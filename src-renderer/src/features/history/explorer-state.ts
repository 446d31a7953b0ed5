/** What the explorer shows, as a value, and as the query of an address: a view can be shared, kept and reloaded. Pure. */
import type { HistoryMetric } from '@contract'
import { findMetric } from '../../format/metrics.ts'
import type { Span } from '../../ui/chart/chart-window.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

export type ExplorerRange = '1h' | '6h' | '24h' | '7d' | '30d' | '365d' | 'all' | 'custom'
/** Those that end now and go along with it. */
export const RANGES: readonly {
  value: Exclude<ExplorerRange, 'custom'>
  label: string
  spanMs: number | null
}[] = [
  { value: '1h', label: '1 h', spanMs: HOUR },
  { value: '6h', label: '6 h', spanMs: 6 * HOUR },
  { value: '24h', label: 'Day', spanMs: DAY },
  { value: '7d', label: 'Week', spanMs: 7 * DAY },
  { value: '30d', label: 'Month', spanMs: 30 * DAY },
  { value: '365d', label: 'Year', spanMs: 365 * DAY },
  { value: 'all', label: 'All', spanMs: null },
]

export const PERIODS: readonly { value: string; label: string; offsetMs: number; words: string }[] = [
  { value: '0', label: 'Nothing', offsetMs: 0, words: '' },
  { value: String(DAY), label: 'The day before', offsetMs: DAY, words: 'a day before' },
  { value: String(7 * DAY), label: 'The week before', offsetMs: 7 * DAY, words: 'a week before' },
  { value: String(28 * DAY), label: 'Four weeks before', offsetMs: 28 * DAY, words: 'four weeks before' },
  { value: String(364 * DAY), label: 'The year before', offsetMs: 364 * DAY, words: 'a year before' },
]

/** `a week before`, or for another distance `3 d before`. */
export function offsetWords(offsetMs: number): string {
  const known = PERIODS.find((period) => period.offsetMs === offsetMs)
  return known?.words ?? `${Math.round((offsetMs / DAY) * 10) / 10} days before`
}

export interface ExplorerState {
  /** In the order they were chosen; never empty. */
  metrics: readonly HistoryMetric[]
  /** Ids of sources; empty for all. */
  rigs: readonly string[]
  /** A line for each rig, instead of one for all of them. */
  each: boolean
  /** How much earlier the period laid beside it is; 0 for none. */
  offsetMs: number
  range: ExplorerRange
  /** For `custom`, in epoch milliseconds. */
  span: Span | null
}

export const START_STATE: ExplorerState = {
  metrics: ['rig-hashrate', 'rig-chip-temperature', 'rig-power'],
  rigs: [],
  each: false,
  offsetMs: 0,
  range: '24h',
  span: null,
}

/** What can be drawn of rigs that were never found on the network and that only their shares tell of. */
export const SHARE_METRICS: ExplorerState['metrics'] = ['hashrate', 'acknowledged', 'rejected']

/** The contract takes twelve lines; a period beside it doubles them. */
export const MOST_METRICS = 6
/** More lines of rigs cannot be told apart. */
export const MOST_RIGS = 24

export type AddressQuery = Record<string, string>
type GivenQuery = Readonly<Record<string, string | null | undefined | readonly (string | null)[]>>

export function writeQuery(state: ExplorerState): AddressQuery {
  const query: AddressQuery = {}
  if (state.metrics.join() !== START_STATE.metrics.join()) query.metrics = state.metrics.join(',')
  if (state.rigs.length > 0) query.rigs = state.rigs.map(encodeURIComponent).join(',')
  if (state.each) query.each = '1'
  if (state.offsetMs !== 0) query.before = String(state.offsetMs)
  if (state.range === 'custom' && state.span !== null) {
    query.from = String(Math.round(state.span.from))
    query.to = String(Math.round(state.span.to))
  } else if (state.range !== START_STATE.range) query.range = state.range
  return query
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

const MOST_MOMENT = 8.64e15
const moment = (text: string): number | null => {
  const value = Number(text)
  return text.trim() !== '' && Number.isFinite(value) && value >= 0 && value <= MOST_MOMENT ? value : null
}

/** Reads what a person may have typed or a friend may have sent: what cannot be read is as if it were not there. */
export function readQuery(query: GivenQuery): ExplorerState {
  const text = (key: string): string => {
    const value = query[key]
    return typeof value === 'string' ? value : ''
  }
  const metrics = [...new Set(text('metrics').split(','))].flatMap((name) => findMetric(name)?.metric ?? [])
  const rigs = text('rigs')
    .split(',')
    .flatMap((part) => (part === '' ? [] : (decoded(part) ?? [])))
  const offsetMs = Number(text('before') || 0)
  const [from, to] = [moment(text('from')), moment(text('to'))]
  const range = RANGES.find(({ value }) => value === text('range'))?.value
  const span = from !== null && to !== null && to > from ? { from, to } : null
  return {
    metrics: metrics.length > 0 ? metrics.slice(0, MOST_METRICS) : START_STATE.metrics,
    rigs: [...new Set(rigs)].slice(0, 300),
    each: text('each') === '1',
    offsetMs: Number.isSafeInteger(offsetMs) && offsetMs >= 0 ? offsetMs : 0,
    range: span !== null ? 'custom' : (range ?? START_STATE.range),
    span,
  }
}
