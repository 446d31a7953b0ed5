/**
 * What a report of earnings is made from, read out of the history: work, energy, activity, facts, prices, payouts. Who
 * the rigs are, how pools pay and what power costs is given. Reads only.
 */
import { type MoneySettings } from '../../../src-preload/contract/index.ts'
import {
  localEdges,
  ZoneClock,
  type AccountInput,
  type ActivitySeries,
  type EnergySeries,
  type MeterInput,
  type PayoutInput,
  type ReportInputs,
  type RigInput,
  type WorkSeries,
} from '../../earnings/index.ts'
import {
  fromStored,
  type HistoryQueries,
  type MetricColumn,
  METRICS,
  type Payout,
  type PayoutFilter,
  type SourceRef,
  type SourceSums,
  type WorkCell,
} from '../../history/index.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const MONTH_MS = 30 * DAY_MS
type SlotMs = 300_000 | 3_600_000
/** Sums are asked for in stretches of this, because an answer has its limits. */
const STRETCH_SLOTS = 8000
/** Prices and facts this much before the range, for what was in force when it began. */
const BEFORE_MS = 60 * DAY_MS
/** A pool tells of a payout when it decides on it; its transaction can wait for a block this long. */
const TOLD_APART_MS = 30 * DAY_MS
const COLUMNS = ['energy_j', 'reachable_ms', 'hashing_ms', 'hashrate_10khs'] as const
const HASHRATE = METRICS.find(({ column }) => column === 'hashrate_10khs')!

/** A rig as the fleet knows it now; what was removed is found in the history. */
export interface ReportRig {
  readonly rigId: string
  readonly name: string
  readonly rigKey: string | null
  readonly groupId: string | null
  /** Where its firmware's figure of power comes from. */
  readonly sensor: 'measured' | 'estimated' | 'nameplate' | null
}

/** What the caller knows without looking into the history. */
export interface ReportRequest {
  readonly fromMs: number
  readonly toMs: number
  readonly nowMs: number
  readonly bucket: ReportInputs['bucket']
  readonly onlyRigs: readonly string[] | null
  readonly settings: MoneySettings
  /** Terms of every pool, assumed ones included. */
  readonly terms: ReportInputs['terms']
  readonly pools: ReportInputs['pools']
  readonly rigs: readonly ReportRig[]
  readonly groups: ReportInputs['groups']
  readonly meters: readonly MeterInput[]
  readonly accounts: readonly AccountInput[]
  /** Watched addresses, for the pool that a payout came from. */
  readonly addresses: readonly { readonly address: string; readonly poolId: string | null }[]
}

export async function readReportInputs(history: HistoryQueries, asked: ReportRequest): Promise<ReportInputs> {
  const request = await sinceTheStart(history, asked)
  const { fromMs, toMs, nowMs, settings } = request
  const slotMs = slotFor(fromMs, toMs, settings.timeZone)
  const endMs = Math.max(fromMs, Math.min(toMs, nowMs))
  const cells = await history.shares.workCells({ fromMs, toMs: endMs, stepMs: slotMs })
  const sources = await history.telemetry.sources()
  const known = new Map(request.rigs.map((rig) => [rig.rigId, rig]))
  const rigSources = sources.filter(({ kind }) => kind === 'rig')
  const measured = await measure(
    history,
    sources.map(({ kind, key }) => ({ kind, key })),
    { fromMs, toMs: endMs, slotMs },
  )
  const payouts = await payoutInputs(history, request)
  return {
    fromMs,
    toMs,
    nowMs,
    timeZone: settings.timeZone,
    weekStart: settings.weekStart,
    bucket: request.bucket,
    currency: settings.currency,
    profitFrom: settings.profitFrom,
    onlyRigs: request.onlyRigs,
    stackBy: [],
    slotMs,
    work: workSeries(cells),
    energy: measured.flatMap((source) => energyOf(source, known, slotMs)),
    activity: measured.flatMap((source) => activityOf(source, slotMs)),
    presence: await history.shares.presence(fromMs, endMs, slotMs),
    facts: await history.ledger.factsBetween(fromMs - BEFORE_MS, toMs),
    prices: await history.ledger.pricesBetween(settings.currency, dayOf(fromMs - BEFORE_MS), dayOf(toMs) + 1),
    payouts,
    // Where nobody looks, nothing found is not nothing received.
    payoutsKnown: settings.payoutSource !== 'none' || request.accounts.length > 0 || payouts.length > 0,
    accountDays: await history.ledger.accountDaysBetween(dayOf(fromMs) - 1, dayOf(toMs) + 1),
    accounts: request.accounts,
    pools: request.pools,
    terms: request.terms,
    tariffs: settings.tariffs,
    rigs: rigInputs(request, rigSources),
    groups: request.groups,
    meters: request.meters,
  }
}

/**
 * Begins with the local day on which anything was first recorded: before it there was no farm, and no standing charge to
 * hold against it. A stretch that is all before it stays as it is.
 */
async function sinceTheStart(history: HistoryQueries, request: ReportRequest): Promise<ReportRequest> {
  const { fromMs, toMs, settings } = request
  const firstMs = await firstToldOf(history, fromMs, toMs)
  if (firstMs === null || firstMs <= fromMs || firstMs >= toMs) return request
  const clock = new ZoneClock(settings.timeZone, firstMs - DAY_MS, firstMs + DAY_MS)
  const [dayMs] = localEdges('day', firstMs, firstMs + 1, clock, settings.weekStart)
  return { ...request, fromMs: Math.max(fromMs, dayMs ?? firstMs) }
}

/** Payouts, and what pools report, can be older than the farm's own records, and count all the same. */
async function firstToldOf(history: HistoryQueries, fromMs: number, toMs: number): Promise<number | null> {
  const payouts = await history.ledger.payouts({ fromMs, toMs })
  const [reported] = await history.ledger.accountDaysBetween(dayOf(fromMs), dayOf(toMs) + 1)
  const moments = [
    await firstMoment(history),
    payouts.at(-1)?.atMs ?? null,
    reported === undefined ? null : reported.day * DAY_MS,
  ].filter((ms) => ms !== null)
  return moments.length === 0 ? null : Math.min(...moments)
}

/** When anything was first recorded, epoch milliseconds; null before that. */
export async function firstMoment({ telemetry, shares }: HistoryQueries): Promise<number | null> {
  const sources = await telemetry.sources()
  const moments = [...sources.map((source) => source.firstMs), await shares.firstMoment()]
  const known = moments.filter((ms) => ms !== null)
  return known.length === 0 ? null : Math.min(...known)
}

const dayOf = (ms: number): number => Math.floor(Math.max(0, ms) / DAY_MS)

/**
 * Hours, which a year has few of, where the person's days begin on whole hours of UTC; else five minutes. A day or two
 * is always read finely.
 */
function slotFor(fromMs: number, toMs: number, timeZone: string): SlotMs {
  if (toMs - fromMs <= 3 * DAY_MS) return 300_000
  const isWhole = moments(fromMs, toMs).every((ms) => isWholeHourZone(timeZone, ms))
  return isWhole ? 3_600_000 : 300_000
}

/** Both ends and every month between: where summer time is half an hour, only one of two days is on whole hours. */
function moments(fromMs: number, toMs: number): number[] {
  const between = Array.from({ length: Math.floor((toMs - fromMs) / MONTH_MS) }, (_, n) => n + 1)
  return [fromMs, ...between.map((n) => fromMs + n * MONTH_MS), toMs]
}

function isWholeHourZone(timeZone: string, ms: number): boolean {
  const minutes = new Intl.DateTimeFormat('en', { timeZone, minute: 'numeric' }).format(
    new Date(Math.floor(ms / HOUR_MS) * HOUR_MS),
  )
  return Number(minutes) === 0
}

/** Columns by rig and pool; cells come oldest first. */
export function workSeries(cells: readonly WorkCell[]): WorkSeries[] {
  interface Columns extends WorkSeries {
    atMs: number[]
    workDifficulty: number[]
    acknowledged: number[]
    rejected: number[]
    lost: number[]
  }
  const series = new Map<string, Columns>()
  for (const { rigKey, poolId, atMs, workDifficulty, acknowledged, rejected, lost } of cells) {
    const key = JSON.stringify([rigKey, poolId])
    let columns = series.get(key)
    if (columns === undefined) {
      columns = { rigKey, poolId, atMs: [], workDifficulty: [], acknowledged: [], rejected: [], lost: [] }
      series.set(key, columns)
    }
    columns.atMs.push(atMs)
    columns.workDifficulty.push(workDifficulty)
    columns.acknowledged.push(acknowledged)
    columns.rejected.push(rejected)
    columns.lost.push(lost)
  }
  return [...series.values()]
}

interface Measured {
  readonly source: SourceRef
  /** One part for each stretch: starts of its slots, and the sums. */
  readonly parts: { readonly edges: readonly number[]; readonly sums: SourceSums['sums'] }[]
}

async function measure(
  { telemetry }: HistoryQueries,
  sources: readonly SourceRef[],
  { fromMs, toMs, slotMs }: { fromMs: number; toMs: number; slotMs: SlotMs },
): Promise<Measured[]> {
  const measured = new Map<string, Measured>()
  const startMs = Math.floor(fromMs / slotMs) * slotMs
  const stretchMs = STRETCH_SLOTS * slotMs
  for (let atMs = startMs; atMs < toMs; atMs += stretchMs) {
    const untilMs = Math.min(atMs + stretchMs, Math.ceil(toMs / slotMs) * slotMs)
    const answer = await telemetry.sums({
      metrics: COLUMNS,
      sources,
      steps: { fromMs: atMs, toMs: untilMs, stepMs: slotMs },
    })
    for (const { source, sums } of answer.sources) {
      const key = JSON.stringify([source.kind, source.key])
      const known = measured.get(key) ?? { source, parts: [] }
      known.parts.push({ edges: answer.edges, sums })
      measured.set(key, known)
    }
  }
  return [...measured.values()]
}

function energyOf(
  { source, parts }: Measured,
  rigs: ReadonlyMap<string, ReportRig>,
  slotMs: number,
): EnergySeries[] {
  const atMs: number[] = []
  const energyJ: number[] = []
  const coveredMs: number[] = []
  for (const { edges, sums } of parts) {
    eachSlot(sums, 'energy_j', (place, { sum }) => {
      atMs.push(edges[place]!)
      energyJ.push(sum)
      coveredMs.push(Math.min(slotMs, sums.reachable_ms?.[place]?.sum ?? 0))
    })
  }
  if (atMs.length === 0) return []
  const columns = { atMs, energyJ, coveredMs }
  if (source.kind === 'meter') return [{ kind: 'meter', meterId: source.key, ...columns }]
  const sensor = rigs.get(source.key)?.sensor === 'measured' ? 'measured' : 'estimated'
  return [{ kind: 'rig', rigId: source.key, sensor, ...columns }]
}

function activityOf({ source, parts }: Measured, slotMs: number): ActivitySeries[] {
  if (source.kind !== 'rig') return []
  const atMs: number[] = []
  const hashingMs: number[] = []
  const hashrateHs: number[] = []
  for (const { edges, sums } of parts) {
    eachSlot(sums, 'hashing_ms', (place, { sum }) => {
      const rate = sums.hashrate_10khs?.[place]
      atMs.push(edges[place]!)
      hashingMs.push(Math.min(slotMs, sum))
      hashrateHs.push(rate ? fromStored(HASHRATE, rate.sum / rate.count) : 0)
    })
  }
  return atMs.length === 0 ? [] : [{ rigId: source.key, atMs, hashingMs, hashrateHs }]
}

function eachSlot(
  sums: SourceSums['sums'],
  column: MetricColumn,
  take: (place: number, slot: { readonly sum: number; readonly count: number }) => void,
): void {
  const slots = sums[column]
  if (slots === undefined) return
  for (const [place, slot] of slots.entries()) if (slot !== null) take(place, slot)
}

async function payoutInputs(
  { ledger }: HistoryQueries,
  { fromMs, toMs, accounts, addresses }: ReportRequest,
): Promise<PayoutInput[]> {
  const found = await ledger.payouts(payoutReach({ fromMs, toMs }))
  return uniquePayouts(found)
    .filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
    .map((payout) => payoutInput(payout, accounts, addresses))
}

/** What has to be read so that a payout of a stretch is seen by all who tell of it: a pool does before the chain. */
export function payoutReach({
  fromMs,
  toMs,
}: {
  readonly fromMs?: number
  readonly toMs?: number
}): PayoutFilter {
  return {
    ...(fromMs === undefined ? {} : { fromMs: Math.max(0, fromMs - TOLD_APART_MS) }),
    ...(toMs === undefined ? {} : { toMs: toMs + TOLD_APART_MS }),
  }
}

/** A payout that a pool tells of and that is found on the chain too is one payout: the chain's word stands. */
export function uniquePayouts(payouts: readonly Payout[]): Payout[] {
  const onChain = new Set(
    payouts.filter(({ kind }) => kind === 'chain').map(({ reference }) => transactionOf(reference)),
  )
  return payouts.filter(({ kind, reference, height }) => {
    if (kind === 'chain') return height !== null
    return kind === 'manual' || !onChain.has(transactionOf(reference.slice(reference.indexOf('/') + 1)))
  })
}

/** Of `<txid>` or `<txid>:<output>`. */
function transactionOf(reference: string): string {
  return (reference.split(':')[0] ?? '').toLowerCase()
}

function payoutInput(
  payout: Payout,
  accounts: readonly AccountInput[],
  addresses: ReportRequest['addresses'],
): PayoutInput {
  const account = accounts.find(({ accountId }) => accountId === payout.accountId)
  const watched = addresses.find(({ address }) => address === payout.address)
  return {
    id: String(payout.id),
    atMs: payout.atMs,
    sats: payout.sats,
    kind: payout.kind,
    reference: payout.reference,
    address: payout.address,
    poolId: account?.poolId ?? watched?.poolId ?? null,
    accountName: account?.name ?? null,
    note: payout.note ?? '',
  }
}

/** Rigs of the fleet, and those that were there once. */
function rigInputs(
  { rigs, settings }: ReportRequest,
  sources: readonly { readonly key: string; readonly rigKey: string | null }[],
): RigInput[] {
  const claimed = new Set(rigs.map(({ rigKey }) => rigKey))
  const known = new Set(rigs.map(({ rigId }) => rigId))
  const gone = sources
    .filter(({ key }) => !known.has(key))
    .map(({ key, rigKey }): ReportRig & { gone: true } => ({
      ...{ rigId: key, name: key, groupId: null, sensor: null },
      // The machine may be back under another id.
      rigKey: claimed.has(rigKey) ? null : rigKey,
      gone: true,
    }))
  return [...rigs, ...gone].map((rig) => {
    const chosen = settings.rigPower.find(({ rigId }) => rigId === rig.rigId)
    const { rigKey } = rig
    return {
      rigId: rig.rigId,
      name: rig.name,
      rigKeys: rigKey === null ? [] : [rigKey],
      groupId: rig.groupId,
      present: !('gone' in rig),
      sinceMs: null,
      untilMs: null,
      source: chosen?.source ?? null,
      enteredW: chosen?.watts ?? null,
      joulesPerTh: chosen?.joulesPerTh ?? null,
      nameplateW: null,
    }
  })
}
