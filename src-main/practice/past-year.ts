/**
 * A year that the practice farm never had: what its machines would have measured and earned, seeded, so that charts,
 * earnings and exports can be tried with years in them. Values only; who records them is the caller's affair. Rigs wander
 * around their rate, get hot in summer, restart, fail for a day; Headframe is switched off for a weekend now and then.
 */
import { type FarmEvent, type Sample, type ShareDelta } from '../history/index.ts'

/** A machine as it is now; the year leads up to that. */
export interface PastMachine {
  /** Of the fleet; null for one that only the proxy knows. */
  readonly rigId: string | null
  /** Of the proxy; null for one that mines elsewhere. */
  readonly rigKey: string | null
  readonly name: string
  /** What it says of itself, H/s; null if it says nothing. */
  readonly hashrateHs: number | null
  /** What the proxy counts of it, H/s. */
  readonly shareHashrateHs: number
  readonly powerW: number | null
  readonly chipC: number | null
  readonly fanRpm: number | null
  readonly frequencyMHz: number | null
}

export interface PastYearOptions {
  readonly machines: readonly PastMachine[]
  /** Where shares go, in turn by the month. */
  readonly poolIds: readonly string[]
  readonly fromMs: number
  readonly toMs: number
  readonly seed: number
}

/** What happened in one step of the year. */
export interface PastStep {
  /** Its end. */
  readonly atMs: number
  readonly samples: readonly Sample[]
  /** Empty while Headframe was off. */
  readonly shares: readonly ShareDelta[]
  /** 0 while Headframe was off. */
  readonly coveredMs: number
  readonly events: readonly FarmEvent[]
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** The last days are told more finely, because that is where people look closely. */
const FINE_DAYS = 30
const FINE_STEP_MS = 5 * MINUTE_MS
const COARSE_STEP_MS = 30 * MINUTE_MS
/** Hashes of a share of difficulty 1, on average. */
const HASHES_PER_DIFFICULTY = 2 ** 32
/** Difficulty of a share, so that each step has some. */
const SHARES_PER_MINUTE = 6

/** Random numbers from 0 to below 1, the same for the same seed. */
export type Random = () => number

/** mulberry32. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Sum of four draws: near enough to a bell around 0, from -2 to 2. */
const bell = (random: Random): number => random() + random() + random() + random() - 2

interface Wandering {
  readonly machine: PastMachine
  /** Around 1; forgets slowly. */
  drift: number
  /** Down until then. */
  downUntilMs: number
}

/** Steps from the oldest to the newest. Nothing in it is of a moment at or after `toMs`. */
export function* pastYear(options: PastYearOptions): Generator<PastStep, void, void> {
  const { machines, fromMs, toMs, seed } = options
  const random = seededRandom(seed)
  const farm = machines.map((machine): Wandering => ({ machine, drift: 1, downUntilMs: 0 }))
  let offUntilMs = 0
  let stepMs = COARSE_STEP_MS
  for (let startMs = ceilTo(fromMs, COARSE_STEP_MS); startMs + stepMs <= toMs; startMs += stepMs) {
    if (startMs >= toMs - FINE_DAYS * DAY_MS) stepMs = FINE_STEP_MS
    // A weekend switched off, some six times a year.
    if (startMs >= offUntilMs && random() < (6 * stepMs) / (365 * DAY_MS)) {
      offUntilMs = startMs + (1 + random()) * DAY_MS
    }
    yield step(options, farm, startMs, stepMs, startMs < offUntilMs, random)
  }
}

function step(
  options: PastYearOptions,
  farm: readonly Wandering[],
  startMs: number,
  stepMs: number,
  isOff: boolean,
  random: Random,
): PastStep {
  const atMs = startMs + stepMs - 1
  const samples: Sample[] = []
  const shares: ShareDelta[] = []
  const events: FarmEvent[] = []
  for (const rig of farm) {
    rig.drift += (1 - rig.drift) * 0.02 + bell(random) * 0.004
    const failed = startMs >= rig.downUntilMs && random() < (4 * stepMs) / (365 * DAY_MS)
    if (failed) rig.downUntilMs = startMs + (0.1 + random()) * DAY_MS
    if (isOff) continue
    const isDown = startMs < rig.downUntilMs
    if (failed) events.push(unreachable(rig.machine, atMs))
    samples.push(...sampleOf(rig, atMs, stepMs, isDown, random))
    if (!isDown) shares.push(...sharesOf(rig, options, startMs, stepMs, random))
  }
  return { atMs, samples, shares, coveredMs: isOff ? 0 : stepMs, events }
}

/** Warmth of the moment, from -1 in a winter night to 1 on a summer afternoon. */
function warmth(atMs: number): number {
  const ofYear = Math.cos(((atMs / DAY_MS - 200) / 365.25) * 2 * Math.PI)
  const ofDay = Math.cos((((atMs / DAY_MS) % 1) - 0.62) * 2 * Math.PI)
  return 0.7 * ofYear + 0.3 * ofDay
}

function sampleOf(
  { machine, drift }: Wandering,
  atMs: number,
  stepMs: number,
  isDown: boolean,
  random: Random,
): Sample[] {
  const { rigId, hashrateHs, powerW, chipC, fanRpm, frequencyMHz } = machine
  if (rigId === null) return []
  const source = { kind: 'rig' as const, key: rigId }
  if (isDown) return [{ source, atMs, values: { covered_ms: stepMs, reachable_ms: 0, hashing_ms: 0 } }]
  const warm = warmth(atMs)
  const rate = drift * (1 + bell(random) * 0.01)
  const watts = powerW === null ? null : powerW * (0.5 + 0.5 * drift) * (1 + warm * 0.01)
  return [
    {
      source,
      atMs,
      values: {
        covered_ms: stepMs,
        reachable_ms: stepMs,
        hashing_ms: stepMs,
        energy_j: whole(watts, stepMs / 1000),
        hashrate_10khs: whole(hashrateHs, rate / 10_000),
        expected_10khs: whole(hashrateHs, 1 / 10_000),
        power_dw: whole(watts, 10),
        chip_max_dc: chipC === null ? null : Math.round((chipC + warm * 6 + bell(random)) * 10),
        fan_rpm: whole(fanRpm, 1 + warm * 0.15),
        frequency_dmhz: whole(frequencyMHz, 10),
        hash_error_ppm: Math.round(1000 + random() * 1500 + Math.max(0, warm) * 4000),
      },
    },
  ]
}

function sharesOf(
  { machine, drift }: Wandering,
  { poolIds, fromMs }: PastYearOptions,
  startMs: number,
  stepMs: number,
  random: Random,
): ShareDelta[] {
  const { rigKey, shareHashrateHs } = machine
  const month = Math.floor((startMs - fromMs) / (30 * DAY_MS))
  const poolId = poolIds[month % Math.max(1, poolIds.length)]
  if (rigKey === null || poolId === undefined || shareHashrateHs <= 0) return []
  const valid = Math.max(1, Math.round((SHARES_PER_MINUTE * stepMs) / MINUTE_MS + bell(random) * 3))
  const stale = random() < 0.15 ? 1 : 0
  const rejected = random() < 0.08 ? 1 : 0
  const work = (shareHashrateHs * drift * (1 + bell(random) * 0.05) * stepMs) / 1000 / HASHES_PER_DIFFICULTY
  return [
    {
      rigKey,
      poolId,
      submitted: valid + stale,
      valid,
      stale,
      duplicate: 0,
      invalid: 0,
      weak: 0,
      acknowledged: valid - rejected,
      rejected,
      lost: 0,
      workDifficulty: work,
      // The best of many draws of difficulty `work / valid`.
      bestDifficulty: work / valid / Math.max(1e-12, 1 - random() ** (1 / valid)),
      rejectReasons: rejected > 0 ? { 'stale-share': rejected } : {},
    },
  ]
}

function unreachable({ rigId, name }: PastMachine, atMs: number): FarmEvent {
  const text = `${name} does not answer any more.`
  return { atMs, kind: 'rig-unreachable', subjectKind: 'rig', subject: rigId ?? '', text }
}

function whole(value: number | null, times: number): number | null {
  return value === null ? null : Math.round(value * times)
}

const ceilTo = (ms: number, stepMs: number): number => Math.ceil(ms / stepMs) * stepMs
