/**
 * Three years of a farm that never was, computed when asked for: the same question gets the same answer at any zoom. Rigs
 * wander around their rates with the hours and the seasons, some came later, some fail for a while, and now and then nobody
 * was there to look. For looking at screens and for measuring them.
 */
import type {
  Analysis,
  EventKind,
  ExploreResult,
  ExploreSeries,
  HistoryEvent,
  HistoryMetric,
  HistorySource,
  MetricUnit,
  Rig,
  RigAnalysis,
} from '../../src-preload/contract/index.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
export const PRETEND_YEARS_MS = 3 * 365 * DAY

const BUCKETS_MS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200]
  .map((seconds) => seconds * SECOND)
  .concat([1, 2, 4, 7, 14].map((days) => days * DAY))

/** 0 to 1, the same for the same numbers. */
function hashed(seed: number, place: number): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(place | 0, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39)
  return ((h ^ (h >>> 15)) >>> 0) / 4_294_967_296
}
/** -1 to 1, smooth over `scaleMs`. */
function wander(seed: number, at: number, scaleMs: number): number {
  const x = at / scaleMs
  const left = Math.floor(x)
  const part = x - left
  const eased = part * part * (3 - 2 * part)
  const [a, b] = [hashed(seed, left), hashed(seed, left + 1)]
  return 2 * (a + (b - a) * eased) - 1
}
const seedOf = (text: string): number => {
  let seed = 7
  for (let index = 0; index < text.length; index++) seed = (Math.imul(seed, 31) + text.charCodeAt(index)) | 0
  return seed
}

interface Kept {
  source: HistorySource
  seed: number
  /** H/s and W at its best. */
  rateHs: number
  powerW: number | null
  firstAt: number
  lastAt: number
}

type How = 'sum' | 'max' | 'mean'
const METRICS: Record<HistoryMetric, [unit: MetricUnit, how: How]> = {
  hashrate: ['H/s', 'sum'],
  valid: ['shares', 'sum'],
  acknowledged: ['shares', 'sum'],
  rejected: ['shares', 'sum'],
  stale: ['shares', 'sum'],
  duplicate: ['shares', 'sum'],
  invalid: ['shares', 'sum'],
  lost: ['shares', 'sum'],
  weak: ['shares', 'sum'],
  'rig-hashrate': ['H/s', 'sum'],
  'rig-expected-hashrate': ['H/s', 'sum'],
  'rig-power': ['W', 'sum'],
  'rig-efficiency': ['J/TH', 'mean'],
  'rig-energy': ['kWh', 'sum'],
  'rig-chip-temperature': ['C', 'max'],
  'rig-chip-mean-temperature': ['C', 'mean'],
  'rig-board-temperature': ['C', 'max'],
  'rig-regulator-temperature': ['C', 'max'],
  'rig-ambient-temperature': ['C', 'mean'],
  'rig-water-in-temperature': ['C', 'mean'],
  'rig-water-out-temperature': ['C', 'mean'],
  'rig-fan': ['rpm', 'max'],
  'rig-fan-percent': ['percent', 'mean'],
  'rig-frequency': ['MHz', 'mean'],
  'rig-core-voltage': ['mV', 'mean'],
  'rig-input-voltage': ['V', 'mean'],
  'rig-input-current': ['A', 'sum'],
  'rig-hash-errors': ['percent', 'mean'],
  'rig-accepted': ['count', 'sum'],
  'rig-rejected': ['count', 'sum'],
  'rig-hardware-errors': ['count', 'sum'],
  'rig-chips': ['count', 'sum'],
  'rig-wifi-signal': ['dBm', 'mean'],
  'rig-reachable': ['ratio', 'mean'],
  'rig-hashing': ['ratio', 'mean'],
}

export interface PretendHistoryOptions {
  rigs: () => readonly Rig[]
  now: () => number
}

export class PretendHistory {
  readonly #rigs: () => readonly Rig[]
  readonly #now: () => number
  /** Set to show that stretches could not be read. */
  damaged = 0
  /** Gives other things a turn between lines, as a core in a thread of its own does: for a page that it is part of. */
  yields = false
  /** Events given by a test, in place of the made-up ones. */
  givenEvents: HistoryEvent[] | null = null

  constructor(options: PretendHistoryOptions) {
    this.#rigs = options.rigs
    this.#now = options.now
  }

  #kept(): Kept[] {
    const now = this.#now()
    const rigs = this.#rigs()
    const made = rigs.map((rig, index): Kept => {
      const seed = seedOf(rig.id)
      const firstAt =
        now - PRETEND_YEARS_MS * (index % 5 === 4 ? 0.2 + 0.5 * hashed(seed, 1) : 1 - 0.02 * hashed(seed, 2))
      const lastAt = rig.state === 'unreachable' ? now - 3 * HOUR : now
      return {
        source: {
          id: rig.id,
          kind: 'rig',
          name: rig.name,
          rigKey: rig.downstreamId === null ? null : `key-${rig.id}`,
          present: true,
          firstAt: Math.floor(firstAt),
          lastAt,
        },
        seed,
        rateHs: rig.expectedHs ?? 1e12,
        powerW: rig.powerW,
        firstAt,
        lastAt,
      }
    })
    if (made.length < 8) return made
    const seed = seedOf('sold')
    const firstAt = Math.floor(now - PRETEND_YEARS_MS)
    const lastAt = Math.floor(now - 0.35 * PRETEND_YEARS_MS)
    const gone: Kept = {
      source: { id: 'sold', kind: 'rig', name: 'old-s9', rigKey: null, present: false, firstAt, lastAt },
      seed,
      rateHs: 1.35e13,
      powerW: 1350,
      firstAt,
      lastAt,
    }
    return [...made, gone]
  }

  sources(): HistorySource[] {
    return this.#kept().map(({ source }) => source)
  }

  /** Nobody looked: Headframe did not run, or its machine slept. */
  #unwatched(at: number): boolean {
    const ago = this.#now() - at
    if (ago < 0) return true
    if (ago > 610 * DAY && ago < 613 * DAY) return true
    if (ago > 151 * DAY && ago < 151.4 * DAY) return true
    if (ago > 88 * DAY && ago < 95 * DAY) return ago % DAY > 0.7 * DAY
    return ago > 5 * HOUR && ago < 5.6 * HOUR
  }
  #reachable(rig: Kept, at: number): boolean {
    if (at < rig.firstAt || at > rig.lastAt) return false
    const day = Math.floor(at / DAY)
    if (hashed(rig.seed, day) > 0.045) return true
    const hour = (at % DAY) / HOUR
    const begin = 20 * hashed(rig.seed + 1, day)
    return hour < begin || hour > begin + 1 + 4 * hashed(rig.seed + 2, day)
  }
  /** 0 while it stands still, a part of its best while it hashes. */
  #rate(rig: Kept, at: number): number {
    const day = Math.floor(at / DAY)
    const hour = (at % DAY) / HOUR
    const begin = 18 * hashed(rig.seed + 3, day)
    if (hashed(rig.seed + 4, day) < 0.03 && hour > begin && hour < begin + 2.4) return 0
    const season = 0.02 * Math.sin((at / DAY / 365) * 2 * Math.PI)
    return (
      0.965 +
      season +
      0.02 * wander(rig.seed, at, 9 * DAY) +
      0.012 * wander(rig.seed + 5, at, 3 * HOUR) +
      0.022 * wander(rig.seed + 6, at, 40 * SECOND)
    )
  }

  /** One reading; null where there is none. */
  #reading(metric: HistoryMetric, rig: Kept, at: number, bucketMs: number): number | null {
    if (this.#unwatched(at)) return null
    if (at < rig.firstAt || at > rig.lastAt) return null
    const reachable = this.#reachable(rig, at)
    const rate = reachable ? this.#rate(rig, at) : 0
    if (metric === 'rig-reachable') return reachable ? 1 : 0
    if (metric === 'rig-hashing') return rate > 0 ? 1 : 0
    if (!metric.startsWith('rig-')) {
      const luck = 1 + 0.12 * wander(rig.seed + 8, at, 4 * MINUTE)
      if (metric === 'hashrate') return rig.rateHs * rate * luck
      const shares = (bucketMs / MINUTE) * 6 * rate * luck
      const bad = metric === 'valid' || metric === 'acknowledged' ? 1 : 0.002 * (1 + hashed(rig.seed, 99) * 4)
      return metric === 'weak' ? Math.round(shares * 0.4) : Math.round(shares * bad)
    }
    if (!reachable) return null
    const powerW = rig.powerW === null ? null : rig.powerW * (rate > 0 ? 0.985 + 0.03 * (rate - 0.95) : 0.08)
    if (metric === 'rig-hashrate') return rig.rateHs * rate
    if (metric === 'rig-expected-hashrate') return rig.rateHs
    if (metric === 'rig-power') return powerW
    const summer = Math.sin(((at / DAY / 365) % 1) * 2 * Math.PI)
    const noon = Math.sin(((at / DAY) % 1) * 2 * Math.PI)
    const heat =
      55 + 6 * summer + 2.5 * noon + 9 * hashed(rig.seed, 3) + 1.4 * wander(rig.seed + 7, at, 20 * MINUTE)
    const warm = rate > 0 ? heat : 30 + 4 * summer
    switch (metric) {
      case 'rig-energy':
        return powerW === null ? null : (powerW * bucketMs) / HOUR / 1000
      case 'rig-efficiency':
        return powerW === null || rate === 0 ? null : powerW / ((rig.rateHs * rate) / 1e12)
      case 'rig-chip-temperature':
        return warm
      case 'rig-chip-mean-temperature':
        return warm - 4.5
      case 'rig-board-temperature':
        return warm - 11
      case 'rig-regulator-temperature':
        return hashed(rig.seed, 4) < 0.4 ? warm + 3 : null
      case 'rig-ambient-temperature':
        return 19 + 6 * summer + 2 * noon
      case 'rig-fan':
        return rate > 0 ? Math.round(4200 + 120 * (heat - 55) + 60 * wander(rig.seed + 9, at, 2 * MINUTE)) : 0
      case 'rig-fan-percent':
        return rate > 0 ? Math.min(100, 48 + 1.6 * (heat - 55)) : 0
      case 'rig-frequency':
        return 525
      case 'rig-core-voltage':
        return 1150 + 4 * wander(rig.seed + 10, at, MINUTE)
      case 'rig-input-voltage':
        return rig.rateHs < 1e13
          ? 5 + 0.05 * wander(rig.seed, at, HOUR)
          : 230 + 3 * wander(rig.seed, at, HOUR)
      case 'rig-input-current':
        return powerW === null ? null : powerW / (rig.rateHs < 1e13 ? 5 : 230)
      case 'rig-hash-errors':
        return Math.max(0, 0.25 + 0.2 * wander(rig.seed + 11, at, 2 * HOUR) + 0.05 * (heat - 60))
      case 'rig-hardware-errors':
        return Math.round((bucketMs / HOUR) * 2 * hashed(rig.seed, Math.floor(at / HOUR)))
      case 'rig-accepted':
        return Math.round((bucketMs / MINUTE) * 6 * rate)
      case 'rig-rejected':
        return hashed(rig.seed + 12, Math.floor(at / HOUR)) < 0.03 ? 1 : 0
      case 'rig-wifi-signal':
        return rig.rateHs < 1e13 ? -58 + 6 * wander(rig.seed, at, HOUR) : null
      default:
        return null
    }
  }

  /** Mean, lowest, highest and the number of rigs for one bucket. */
  #bucket(
    metric: HistoryMetric,
    rigs: readonly Kept[],
    at: number,
    bucketMs: number,
  ): [number, number, number, number] | null {
    const how = METRICS[metric][1]
    // Many rigs are told from some of them: nobody sees the difference, and a page has to live with it.
    const told = rigs.length <= 5 ? rigs : rigs.filter((_, index) => index % Math.ceil(rigs.length / 5) === 0)
    const present = rigs.filter((rig) => at + bucketMs > rig.firstAt && at < rig.lastAt).length
    const presentTold = told.filter((rig) => at + bucketMs > rig.firstAt && at < rig.lastAt).length
    // Of many it is their power over their rate, not a mean of ratios.
    if (metric === 'rig-efficiency' && rigs.length > 1) {
      const powerW = this.#bucket('rig-power', rigs, at, bucketMs)
      const rateHs = this.#bucket('rig-hashrate', rigs, at, bucketMs)
      if (powerW === null || rateHs === null || rateHs[0] === 0) return null
      const mean = powerW[0] / (rateHs[0] / 1e12)
      return [mean, mean * 0.985, mean * 1.02, powerW[3]]
    }
    const looks = bucketMs <= 10 * SECOND ? 1 : 3
    let [sum, known, low, high] = [0, 0, Infinity, -Infinity]
    for (let look = 0; look < looks; look++) {
      let [total, count, most] = [0, 0, -Infinity]
      for (const rig of told) {
        const value = this.#reading(metric, rig, at + (bucketMs * (look + 0.5)) / looks, bucketMs)
        if (value === null) continue
        total += value
        count += 1
        most = Math.max(most, value)
      }
      if (count === 0) continue
      const value =
        how === 'sum' ? (total * present) / Math.max(1, presentTold) : how === 'max' ? most : total / count
      sum += value
      known += 1
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
    return known === 0 ? null : [sum / known, low, high, present]
  }

  explore(query: {
    lines: readonly { metric: HistoryMetric; rigs: string[] | null; together: boolean; offsetMs: number }[]
    from: number
    to: number
    points: number
  }): ExploreResult {
    const { from, to, points } = query
    const bucketMs = BUCKETS_MS.find((each) => each >= (to - from) / points) ?? BUCKETS_MS.at(-1)!
    const at: number[] = []
    for (let moment = Math.floor(from / bucketMs) * bucketMs; moment < to; moment += bucketMs) at.push(moment)
    const kept = this.#kept()
    const series: ExploreSeries[] = []
    for (const [line, { metric, rigs, together, offsetMs }] of query.lines.entries()) {
      const chosen =
        rigs === null
          ? kept
          : kept.filter(({ source }) =>
              rigs.includes(metric.startsWith('rig-') ? source.id : (source.rigKey ?? '')),
            )
      const groups = together ? [chosen] : chosen.map((one) => [one])
      for (const group of groups) {
        const one = group.length === 1 && (!together || rigs?.length === 1) ? group[0]! : null
        const buckets = at.map((moment) => this.#bucket(metric, group, moment - offsetMs, bucketMs))
        const plain = METRICS[metric][0] === 'shares' || metric === 'rig-energy'
        series.push({
          line,
          rig: one === null ? null : metric.startsWith('rig-') ? one.source.id : one.source.rigKey,
          name: one?.source.name ?? 'All rigs',
          metric,
          unit: METRICS[metric][0],
          mean: buckets.map((bucket) => bucket?.[0] ?? null),
          min: plain ? null : buckets.map((bucket) => bucket?.[1] ?? null),
          max: plain ? null : buckets.map((bucket) => bucket?.[2] ?? null),
          rigCount: one === null ? buckets.map((bucket) => bucket?.[3] ?? null) : null,
        })
      }
    }
    return { bucketMs, at, series, damaged: this.damaged }
  }

  events({
    from,
    to,
    rig,
    limit,
  }: {
    from: number
    to: number
    rig?: string | undefined
    limit: number
  }): HistoryEvent[] {
    const all = this.givenEvents ?? this.#madeEvents(from, to)
    return all
      .filter((event) => event.at >= from && event.at <= to)
      .filter((event) => rig === undefined || event.rigId === null || event.rigId === rig)
      .sort((a, b) => a.at - b.at)
      .slice(0, limit)
  }

  #madeEvents(from: number, to: number): HistoryEvent[] {
    const now = this.#now()
    const kept = this.#kept()
    if (kept.length === 0) return []
    const found: HistoryEvent[] = []
    const add = (
      at: number,
      kind: EventKind,
      subject: string,
      text: string,
      rigId: string | null = null,
    ): void => {
      if (at >= from && at <= to && at <= now)
        found.push({ id: `${kind}-${Math.floor(at)}`, at: Math.floor(at), kind, rigId, subject, text })
    }
    const begin = Math.max(from - DAY, now - PRETEND_YEARS_MS)
    for (let day = Math.floor(begin / DAY); day * DAY <= Math.min(to, now); day++) {
      const start = day * DAY
      const moment = (salt: number): number => start + hashed(salt, day) * DAY
      const rig = kept[Math.floor(hashed(11, day) * kept.length)]!
      const named = [rig.source.name, rig.source.id] as const
      if (hashed(21, day) < 0.2)
        add(
          moment(31),
          'pool-switch',
          'Northern Lode',
          'All rigs were switched from Copper Ridge to Northern Lode in 84 ms.',
        )
      if (hashed(22, day) < 0.05)
        add(
          moment(32),
          'pool-stand-in',
          'Northern Lode',
          'Copper Ridge had sent no work for 3 min; Northern Lode stood in.',
        )
      if (hashed(23, day) < 0.15)
        add(moment(33), 'rig-restarted', named[0], 'It restarted by itself.', named[1])
      if (hashed(24, day) < 0.12) {
        add(moment(34), 'rig-unreachable', named[0], 'It did not answer three times in a row.', named[1])
        add(moment(34) + 90 * MINUTE, 'rig-back', named[0], 'It answers again after 1 h 30 min.', named[1])
      }
      if (hashed(25, day) < 0.03)
        add(
          moment(35),
          'rig-overheated',
          named[0],
          'Its chips reached 86 °C and it stopped to protect them.',
          named[1],
        )
      if (hashed(26, day) < 0.04)
        add(moment(36), 'tuning', named[0], 'Tuned to 16.1 J/TH, 4 % better than before.', named[1])
      if (day % 7 === 3) add(start + 9 * HOUR, 'payout', 'Copper Ridge', '184,220 sats were received.')
      if (hashed(27, day) < 0.003)
        add(moment(37), 'block-found', named[0], 'Your rigs found a block.', named[1])
    }
    add(now - 613 * DAY, 'stopped', '', 'Headframe was stopped.')
    add(now - 610 * DAY, 'started', '', 'Headframe started after 3 d.')
    add(
      now - 151.4 * DAY,
      'killed',
      '',
      'Headframe ended without closing its database; nothing but the last second was lost.',
    )
    add(now - 151 * DAY, 'started', '', 'Headframe started after 9 h 36 min.')
    for (let night = 88; night < 95; night++)
      add(now - night * DAY - 0.7 * DAY, 'slept', '', 'This computer slept for 7 h 12 min.')
    add(now - 5 * HOUR, 'slept', '', 'This computer slept for 36 min.')
    add(now - 240 * DAY, 'clock-changed', '', 'The clock of this computer was set back by 1 h.')
    add(
      now - 3 * HOUR,
      'pool-switch',
      'Copper Ridge',
      'All rigs were switched from Northern Lode to Copper Ridge in 91 ms.',
    )
    return found
  }

  analysis(from: number, to: number, rigId?: string): Analysis {
    const kept = this.#kept().filter(({ source }) => rigId === undefined || source.id === rigId)
    const rigs = kept.map((rig) => this.#judged(rig, from, to)).filter(({ coveredMs }) => coveredMs > 0)
    const total = (of: (rig: RigAnalysis) => number | null): number =>
      rigs.reduce((sum, rig) => sum + (of(rig) ?? 0), 0)
    const mean = (of: (rig: RigAnalysis) => number | null): number | null => {
      const known = rigs.flatMap((rig) => of(rig) ?? [])
      return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length
    }
    const [hashrateHs, expectedHs, powerW] = [
      total((rig) => rig.hashrateHs),
      total((rig) => rig.expectedHs),
      total((rig) => rig.powerW),
    ]
    const reasons = new Map<string, number>()
    for (const { rejects } of rigs)
      for (const { reason, count } of rejects) reasons.set(reason, (reasons.get(reason) ?? 0) + count)
    return {
      from,
      to,
      rigs,
      farm: {
        coveredMs: Math.max(0, ...rigs.map((rig) => rig.coveredMs)),
        coveredRatio: mean((rig) => rig.coveredRatio),
        reachableRatio: mean((rig) => rig.reachableRatio),
        hashingRatio: mean((rig) => rig.hashingRatio),
        hashrateHs,
        expectedHs,
        ofExpectedRatio: expectedHs === 0 ? null : hashrateHs / expectedHs,
        shareHashrateHs: total((rig) => rig.shareHashrateHs),
        energyKwh: total((rig) => rig.energyKwh),
        powerW,
        efficiencyJTh: hashrateHs === 0 ? null : powerW / (hashrateHs / 1e12),
        chipMaxC: rigs.length === 0 ? null : Math.max(...rigs.map((rig) => rig.chipMaxC ?? 0)),
        restarts: total((rig) => rig.restarts),
        shares: {
          valid: total((rig) => rig.shares.valid),
          acknowledged: total((rig) => rig.shares.acknowledged),
          rejected: total((rig) => rig.shares.rejected),
          stale: total((rig) => rig.shares.stale),
          lost: total((rig) => rig.shares.lost),
        },
        rejects: [...reasons].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count),
      },
    }
  }

  #judged(rig: Kept, from: number, to: number): RigAnalysis {
    const LOOKS = 240
    let [watched, reached, hashing, rates] = [0, 0, 0, 0]
    const begin = Math.max(from, rig.firstAt)
    for (let look = 0; look < LOOKS; look++) {
      const at = from + ((to - from) * (look + 0.5)) / LOOKS
      if (at < begin || at > rig.lastAt || this.#unwatched(at)) continue
      watched += 1
      if (!this.#reachable(rig, at)) continue
      reached += 1
      const rate = this.#rate(rig, at) * (hashed(rig.seed, 5) < 0.12 ? 0.86 : 1)
      if (rate > 0 && !(hashed(rig.seed, 6) < 0.1 && look % 6 === 0)) {
        hashing += 1
        rates += rate
      }
    }
    const covered = (to - from) * (watched / LOOKS)
    const hours = covered / HOUR
    const hashrateHs = hashing === 0 ? null : (rig.rateHs * rates) / hashing
    const powerW = rig.powerW
    const valid = Math.round(hours * 360 * (hashing / LOOKS))
    const stale = Math.round(valid * 0.002 * (1 + 3 * hashed(rig.seed, 7)))
    const rejected = Math.round(valid * (hashed(rig.seed, 8) < 0.15 ? 0.031 : 0.001))
    return {
      rigId: rig.source.id,
      name: rig.source.name,
      coveredMs: Math.round(covered),
      coveredRatio: watched / LOOKS,
      reachableRatio: watched === 0 ? null : reached / watched,
      hashingRatio: watched === 0 ? null : hashing / watched,
      hashrateHs,
      expectedHs: rig.rateHs,
      ofExpectedRatio: hashrateHs === null ? null : hashrateHs / rig.rateHs,
      shareHashrateHs: rig.source.rigKey === null ? null : (hashrateHs ?? 0) * 0.994,
      energyKwh: powerW === null ? null : (powerW * hours) / 1000,
      powerW,
      efficiencyJTh: powerW === null || hashrateHs === null ? null : powerW / (hashrateHs / 1e12),
      chipMaxC: 62 + Math.round(22 * hashed(rig.seed, 9)),
      restarts: Math.floor((covered / DAY) * 0.4 * hashed(rig.seed, 10)),
      shares: { valid, acknowledged: Math.max(0, valid - rejected), rejected, stale, lost: 0 },
      rejects:
        rejected === 0
          ? []
          : [
              { reason: 'stale-share', count: Math.ceil(rejected * 0.8) },
              { reason: 'difficulty-too-low', count: Math.floor(rejected * 0.2) },
            ].filter(({ count }) => count > 0),
    }
  }
}
