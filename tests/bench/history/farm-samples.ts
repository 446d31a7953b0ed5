/**
 * What a farm would say: rates that wander with noise, temperatures that follow the day, counters, now and then a restart.
 * Seeded. Noise is what packed columns are large by, so it is as coarse or fine as real firmware reports it.
 */
import { type MetricColumn } from '../../../src-main/history/telemetry/metrics.ts'
import { type SampleValues } from '../../../src-main/history/telemetry/samples.ts'
import { DAY_MS, type SlotBlocks } from '../../../src-main/history/telemetry/slots.ts'

export const POLL_EVERY_MS = 5000

/** mulberry32: from 0 to below 1. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface Trait {
  readonly column: MetricColumn
  /** Around this. */
  readonly level: number
  /** Of the level, over a day. */
  readonly swing: number
  /** Half width of what a sample strays from that, of the level. */
  readonly noise: number
  /** It is counted and not measured: small whole numbers, mostly 0. */
  readonly isCount?: boolean
}

/** An air-cooled rig of 100 TH/s: 20 figures a sample. */
const TRAITS: readonly Trait[] = [
  { column: 'hashrate_10khs', level: 1e10, swing: 0.005, noise: 0.04 },
  { column: 'expected_10khs', level: 1.01e10, swing: 0, noise: 0 },
  { column: 'power_dw', level: 33_000, swing: 0.01, noise: 0.01 },
  { column: 'chip_max_dc', level: 740, swing: 0.08, noise: 0.015 },
  { column: 'chip_mean_dc', level: 660, swing: 0.08, noise: 0.008 },
  { column: 'board_max_dc', level: 600, swing: 0.08, noise: 0.008 },
  { column: 'ambient_dc', level: 230, swing: 0.2, noise: 0.01 },
  { column: 'fan_rpm', level: 5200, swing: 0.1, noise: 0.01 },
  { column: 'fan_permille', level: 720, swing: 0.1, noise: 0 },
  { column: 'frequency_dmhz', level: 5450, swing: 0, noise: 0 },
  { column: 'core_voltage_mv', level: 1320, swing: 0, noise: 0 },
  { column: 'input_voltage_mv', level: 230_000, swing: 0.01, noise: 0.004 },
  { column: 'hash_error_ppm', level: 1500, swing: 0.2, noise: 0.4 },
  { column: 'accepted_count', level: 0.4, swing: 0, noise: 0, isCount: true },
  { column: 'rejected_count', level: 0.004, swing: 0, noise: 0, isCount: true },
  { column: 'hardware_error_count', level: 0.3, swing: 0, noise: 0, isCount: true },
]
export const FIGURES = TRAITS.length + 4

/** Rigs restart about once in this. */
const RESTART_EVERY_MS = 20 * DAY_MS

export class SampledRig {
  readonly #random: () => number
  readonly #scale: number
  /** By trait: wanders slowly around 0. */
  readonly #drift: Float64Array
  #startsUntilMs = 0

  constructor(seed: number) {
    this.#random = seededRandom(seed)
    this.#scale = 0.8 + 0.4 * this.#random()
    this.#drift = new Float64Array(TRAITS.length)
  }

  /** The sample of a poll, with the moment it really came at. */
  sample(dueMs: number): { atMs: number; values: SampleValues } {
    const lateMs = Math.floor(this.#random() * 80)
    const coveredMs = POLL_EVERY_MS + Math.floor(this.#random() * 160) - 80
    if (this.#random() < POLL_EVERY_MS / RESTART_EVERY_MS) this.#startsUntilMs = dueMs + 120_000
    const isStarting = dueMs < this.#startsUntilMs
    const values: { [column in MetricColumn]?: number } = {
      covered_ms: coveredMs,
      reachable_ms: coveredMs,
      hashing_ms: isStarting ? 0 : coveredMs,
    }
    for (const [i, trait] of TRAITS.entries()) {
      const value = this.#figure(trait, i, dueMs)
      values[trait.column] = isStarting && trait.column === 'hashrate_10khs' ? 0 : value
    }
    values.energy_j = Math.round(((values.power_dw ?? 0) * coveredMs) / 10_000)
    return { atMs: dueMs + lateMs, values }
  }

  /** What 60 samples of five minutes come to, without making each of them. */
  addSlot(startMs: number, slots: ReadonlyMap<MetricColumn, SlotBlocks>): void {
    const add = (column: MetricColumn, sum: number, min: number, max: number): void =>
      slots.get(column)!.merge(startMs, Math.round(sum), 60, Math.round(min), Math.round(max))
    const covered = 300_000 + Math.floor(this.#random() * 100) - 50
    for (const column of ['covered_ms', 'reachable_ms', 'hashing_ms'] as const)
      add(column, covered, 4921, 5079)
    let powerSum = 0
    for (const [i, trait] of TRAITS.entries()) {
      if (trait.isCount === true) {
        const count = Math.floor(trait.level * 60 * (0.6 + 0.8 * this.#random()))
        add(trait.column, count, 0, Math.min(count, 4))
        continue
      }
      const mean = this.#middle(trait, i, startMs)
      const width = mean * trait.noise
      // The mean of 60 strays an eighth as far as one, and the furthest of them nearly as far as it can.
      const sum = 60 * Math.round(mean) + Math.round((this.#random() - 0.5) * width * 15)
      const low = Math.round(mean - width * (0.9 + 0.1 * this.#random()))
      const high = Math.round(mean + width * (0.9 + 0.1 * this.#random()))
      add(trait.column, width === 0 ? 60 * Math.round(mean) : sum, low, high)
      if (trait.column === 'power_dw') powerSum = sum
    }
    add('energy_j', powerSum / 2, powerSum / 130, powerSum / 110)
  }

  #figure(trait: Trait, index: number, atMs: number): number {
    if (trait.isCount === true) return this.#random() < trait.level ? 1 + Math.floor(this.#random() * 1.5) : 0
    const strays = (this.#random() + this.#random() - 1) * trait.noise
    return Math.round(this.#middle(trait, index, atMs) * (1 + strays))
  }

  #middle({ level, swing }: Trait, index: number, atMs: number): number {
    this.#drift[index]! += (this.#random() - 0.5) * 0.002 - this.#drift[index]! * 0.002
    const ofDay = swing * Math.cos(((atMs % DAY_MS) / DAY_MS - 0.6) * 2 * Math.PI)
    return level * this.#scale * (1 + (swing === 0 ? 0 : ofDay + this.#drift[index]! * 0.2))
  }
}

/** Every metric that a sampled rig has. */
export const SAMPLED_COLUMNS: readonly MetricColumn[] = [
  'covered_ms',
  'reachable_ms',
  'hashing_ms',
  'energy_j',
  ...TRAITS.map(({ column }) => column),
]
