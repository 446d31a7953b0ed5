/**
 * How rigs did over a stretch of time: uptime, efficiency, rate against expected, rejects by cause. From exact sums, so
 * that a rig that was read more often does not weigh more. Reads only.
 */
import { type Analysis, type RigAnalysis } from '../../../src-preload/contract/index.ts'
import { HeadframeError } from '../../base/index.ts'
import {
  fromStored,
  type HistoryQueries,
  type MetricColumn,
  METRICS,
  type SourceSums,
  type WorkCell,
} from '../../history/index.ts'
import { type NameOf } from './explore.ts'

const COLUMNS = [
  'covered_ms',
  'reachable_ms',
  'hashing_ms',
  'energy_j',
  'hashrate_10khs',
  'expected_10khs',
  'power_dw',
  'chip_max_dc',
] as const satisfies readonly MetricColumn[]
type Column = (typeof COLUMNS)[number]

const JOULES_PER_KWH = 3_600_000
const HASHES_PER_DIFFICULTY = 2 ** 32
const HASHES_PER_TERAHASH = 1e12
const HOUR_MS = 3_600_000
/** Above this, whole hours are near enough for shares. */
const FINE_SPAN_MS = 3 * 24 * HOUR_MS
const EVENTS_READ = 5000

export interface AnalysisRequest {
  readonly fromMs: number
  readonly toMs: number
  /** Only this rig; all without it. */
  readonly rigId?: string
}

/** Exact sums of one rig, in stored units. */
type Sums = Readonly<
  Record<Column, { readonly sum: number; readonly count: number; readonly max: number } | null>
>

interface Shares {
  readonly valid: number
  readonly acknowledged: number
  readonly rejected: number
  readonly stale: number
  readonly lost: number
  readonly work: number
  readonly rejects: RigAnalysis['rejects']
}

/** @throws HeadframeError `history/empty-range` */
export async function analyse(
  history: HistoryQueries,
  request: AnalysisRequest,
  nameOf: NameOf,
): Promise<Analysis> {
  const { rigId } = request
  if (request.fromMs >= request.toMs) {
    throw new HeadframeError('history/empty-range', '"from" must be earlier than "to".', {
      context: { field: 'from' },
    })
  }
  const { fromMs, toMs, stepMs } = wholeSteps(request)
  const { sources } = await history.telemetry.sums({
    metrics: COLUMNS,
    ...(rigId === undefined ? {} : { sources: [{ kind: 'rig', key: rigId }] }),
    steps: { edges: [fromMs, toMs] },
  })
  const cells = await history.shares.workCells({
    fromMs,
    toMs,
    stepMs,
  })
  const presence = await history.shares.presence(fromMs, toMs, stepMs)
  const countedMs = presence.coveredMs.reduce((sum, ms) => sum + ms, 0)
  const restarts = await countRestarts(history, fromMs, toMs)
  const spanMs = request.toMs - request.fromMs
  const rigs: RigAnalysis[] = []
  /** Rigs whose shares another one has too: those of one key cannot be told apart. */
  const sharing = new Set<string>()
  const keys = new Set<string>()
  for (const source of sources) {
    const { key } = source.source
    if (source.rigKey !== null && keys.has(source.rigKey)) sharing.add(key)
    if (source.rigKey !== null) keys.add(source.rigKey)
    const shares = await sharesOf(history, source.rigKey, cells, fromMs, toMs)
    const figures = figuresOf(sumsOf(source), shares, spanMs, countedMs)
    rigs.push({ rigId: key, name: nameOf(key), ...figures, restarts: restarts.get(key) ?? 0 })
  }
  return { from: request.fromMs, to: request.toMs, rigs, farm: farmOf(rigs, sharing, spanMs) }
}

/** What is kept by five minutes, or for a long stretch by the hour, is read whole: both ends go out to it. */
function wholeSteps({ fromMs, toMs }: AnalysisRequest): {
  fromMs: number
  toMs: number
  stepMs: 300_000 | 3_600_000
} {
  const stepMs = toMs - fromMs > FINE_SPAN_MS ? 3_600_000 : 300_000
  return { fromMs: Math.floor(fromMs / stepMs) * stepMs, toMs: Math.ceil(toMs / stepMs) * stepMs, stepMs }
}

function sumsOf({ sums }: SourceSums): Sums {
  return Object.fromEntries(COLUMNS.map((column) => [column, sums[column]?.[0] ?? null])) as Sums
}

async function sharesOf(
  { shares }: HistoryQueries,
  rigKey: string | null,
  cells: readonly WorkCell[],
  fromMs: number,
  toMs: number,
): Promise<Shares> {
  const own = rigKey === null ? [] : cells.filter((cell) => cell.rigKey === rigKey)
  const sum = (pick: (cell: WorkCell) => number): number => own.reduce((total, cell) => total + pick(cell), 0)
  return {
    valid: sum(({ valid }) => valid),
    acknowledged: sum(({ acknowledged }) => acknowledged),
    rejected: sum(({ rejected }) => rejected),
    stale: sum(({ stale }) => stale),
    lost: sum(({ lost }) => lost),
    work: sum(({ workDifficulty }) => workDifficulty),
    rejects: rigKey === null ? [] : await shares.rejectReasons({ rigKey, fromMs, toMs }),
  }
}

function figuresOf(
  sums: Sums,
  shares: Shares,
  spanMs: number,
  /** How long the proxy was there to count shares. */
  countedMs: number,
): Omit<RigAnalysis, 'rigId' | 'name' | 'restarts'> {
  const coveredMs = sums.covered_ms?.sum ?? 0
  const ofCovered = (column: 'reachable_ms' | 'hashing_ms'): number | null =>
    coveredMs > 0 ? Math.min(1, (sums[column]?.sum ?? 0) / coveredMs) : null
  const hashrateHs = meanOf(sums, 'hashrate_10khs')
  const expectedHs = meanOf(sums, 'expected_10khs')
  const powerW = meanOf(sums, 'power_dw')
  const { work, rejects, ...counts } = shares
  return {
    coveredMs,
    coveredRatio: Math.min(1, coveredMs / spanMs),
    reachableRatio: ofCovered('reachable_ms'),
    hashingRatio: ofCovered('hashing_ms'),
    hashrateHs,
    expectedHs,
    ofExpectedRatio: ratioOf(hashrateHs, expectedHs),
    shareHashrateHs: work > 0 && countedMs > 0 ? (work * HASHES_PER_DIFFICULTY * 1000) / countedMs : null,
    energyKwh: sums.energy_j === null ? null : sums.energy_j.sum / JOULES_PER_KWH,
    powerW,
    efficiencyJTh: ratioOf(powerW, hashrateHs === null ? null : hashrateHs / HASHES_PER_TERAHASH),
    chipMaxC: sums.chip_max_dc === null ? null : natural('chip_max_dc', sums.chip_max_dc.max),
    shares: counts,
    rejects,
  }
}

/** All rigs as one: times as means over rigs, rates and powers added up. */
function farmOf(
  rigs: readonly RigAnalysis[],
  sharing: ReadonlySet<string>,
  spanMs: number,
): Analysis['farm'] {
  const counted = rigs.filter(({ rigId }) => !sharing.has(rigId))
  const total = (pick: (rig: RigAnalysis) => number | null, some = rigs): number | null => {
    const known = some.map(pick).filter((value) => value !== null)
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
  }
  const coveredMs = total((rig) => rig.coveredMs) ?? 0
  const ofCovered = (pick: (rig: RigAnalysis) => number | null): number | null =>
    coveredMs > 0 ? (total((rig) => (pick(rig) ?? 0) * rig.coveredMs) ?? 0) / coveredMs : null
  const hashrateHs = total((rig) => rig.hashrateHs)
  const powerW = total((rig) => rig.powerW)
  // Only of rigs that say both: one that does not say its power is not efficient for it.
  const both = rigs.filter((rig) => rig.powerW !== null && rig.hashrateHs !== null)
  const compared = rigs.filter((rig) => rig.hashrateHs !== null && rig.expectedHs !== null)
  const sumOf = (some: readonly RigAnalysis[], pick: (rig: RigAnalysis) => number | null): number =>
    some.reduce((sum, rig) => sum + (pick(rig) ?? 0), 0)
  const count = (pick: (shares: RigAnalysis['shares']) => number): number =>
    counted.reduce((sum, { shares }) => sum + pick(shares), 0)
  const hottest = rigs.map(({ chipMaxC }) => chipMaxC).filter((value) => value !== null)
  return {
    coveredMs: rigs.length === 0 ? 0 : coveredMs / rigs.length,
    coveredRatio: rigs.length === 0 ? null : Math.min(1, coveredMs / rigs.length / spanMs),
    reachableRatio: ofCovered(({ reachableRatio }) => reachableRatio),
    hashingRatio: ofCovered(({ hashingRatio }) => hashingRatio),
    hashrateHs,
    expectedHs: total((rig) => rig.expectedHs),
    ofExpectedRatio: ratioOf(
      sumOf(compared, (rig) => rig.hashrateHs),
      sumOf(compared, (rig) => rig.expectedHs),
    ),
    shareHashrateHs: total((rig) => rig.shareHashrateHs, counted),
    energyKwh: total((rig) => rig.energyKwh),
    powerW,
    efficiencyJTh: ratioOf(
      sumOf(both, (rig) => rig.powerW),
      sumOf(both, (rig) => rig.hashrateHs) / HASHES_PER_TERAHASH,
    ),
    chipMaxC: hottest.length === 0 ? null : Math.max(...hottest),
    restarts: rigs.reduce((sum, { restarts }) => sum + restarts, 0),
    shares: {
      valid: count(({ valid }) => valid),
      acknowledged: count(({ acknowledged }) => acknowledged),
      rejected: count(({ rejected }) => rejected),
      stale: count(({ stale }) => stale),
      lost: count(({ lost }) => lost),
    },
    rejects: addRejects(counted),
  }
}

function addRejects(rigs: readonly RigAnalysis[]): RigAnalysis['rejects'] {
  const counts = new Map<string, number>()
  for (const { reason, count } of rigs.flatMap(({ rejects }) => rejects)) {
    counts.set(reason, (counts.get(reason) ?? 0) + count)
  }
  return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count)
}

async function countRestarts(
  { ledger }: HistoryQueries,
  fromMs: number,
  toMs: number,
): Promise<Map<string, number>> {
  const events = await ledger.events({ fromMs, toMs, kinds: ['rig-restarted'], limit: EVENTS_READ })
  const counts = new Map<string, number>()
  for (const { subject } of events) counts.set(subject, (counts.get(subject) ?? 0) + 1)
  return counts
}

function meanOf(sums: Sums, column: Column): number | null {
  const slot = sums[column]
  return slot === null || slot.count === 0 ? null : natural(column, slot.sum / slot.count)
}

function natural(column: Column, stored: number): number {
  return fromStored(
    METRICS.find((metric) => metric.column === column)!,
    stored,
  )
}

function ratioOf(top: number | null, below: number | null): number | null {
  return top === null || below === null || below <= 0 ? null : top / below
}
