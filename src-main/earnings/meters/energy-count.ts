/**
 * From readings to energy: what flowed between two readings, in whole joules, with whole milliseconds that it stands for.
 * Pure. With a counter the counter has the last word: power times time fills in between its steps (Tasmota counts whole Wh,
 * which a small rig needs minutes for) and is held to what it says. A counter that falls was reset, one that leaps was
 * another meter's; for that one stretch power times time counts. Readings further apart than a gap join nothing: what
 * flowed there is not known, and nothing is made up.
 */
import { type MeterReading } from './meter-config.ts'

/** What is stored: whole numbers. */
export interface MeterSample {
  readonly meterId: string
  /** Of the later reading. */
  readonly atMs: number
  /** Tenths of a watt, at the later reading. */
  readonly powerDw: number
  /** Joules since the reading before. */
  readonly energyJ: number
  /** Time since the reading before. */
  readonly coveredMs: number
}

/** Whether the counter fits the watts: both over the same time. */
export type CounterFit = 'unknown' | 'fits' | 'does-not-fit'

const MS_PER_HOUR = 3_600_000
const JOULES_PER_WH = 3_600
/** How far power times time may be ahead of a counter that is told late: a minute. */
const AHEAD_MS = 60_000
/** A mean power between two readings that nothing in a house has. */
const LEAP_W = 50_000
/** Before it is judged whether a counter fits: this many of its steps, and this long, for those that are told late. */
const FIT_STEPS = 20
const FIT_MS = 15 * 60_000

interface Last {
  readonly monotonicMs: number
  readonly reading: MeterReading
}

export class EnergyCount {
  readonly #meterId: string
  readonly #staleAfterMs: number
  readonly #stepWh: number
  #last: Last | null = null
  /** Where we say the counter is; between what it says and a little ahead. Null without a counter. */
  #countedWh: number | null = null
  /** Of a joule, not yet told. */
  #restJ = 0
  #byPowerWh = 0
  #byCounterWh = 0
  #fitMs = 0
  #fit: CounterFit = 'unknown'

  constructor(
    meterId: string,
    { staleAfterMs, stepWh }: { readonly staleAfterMs: number; readonly stepWh: number },
  ) {
    this.#meterId = meterId
    this.#staleAfterMs = staleAfterMs
    this.#stepWh = stepWh
  }

  /** Whether the counter's unit can be right; one that does not fit is not counted by. */
  get fit(): CounterFit {
    return this.#fit
  }

  /**
   * Takes a reading.
   * @param monotonicMs when it came, of the clock that never goes back
   * @returns null for the first one and the first after a gap
   */
  add(reading: MeterReading, monotonicMs: number): MeterSample | null {
    const nowMs = Math.round(monotonicMs)
    const last = this.#last
    const coveredMs = last === null ? 0 : nowMs - last.monotonicMs
    if (last !== null && coveredMs <= 0) return null
    this.#last = { monotonicMs: nowMs, reading }
    if (last === null || this.#isGap(last.reading, reading, coveredMs)) {
      this.#countedWh = reading.energyTotalWh
      return null
    }
    const energyJ = this.#energyWh(last.reading, reading, coveredMs) * JOULES_PER_WH + this.#restJ
    const wholeJ = Math.floor(energyJ + 0.5)
    this.#restJ = energyJ - wholeJ
    return {
      meterId: this.#meterId,
      atMs: Math.round(reading.atMs),
      powerDw: Math.round(reading.powerW * 10),
      energyJ: wholeJ,
      coveredMs,
    }
  }

  /** A machine that slept may not have counted its sleep: then the clocks disagree, and that is a gap too. */
  #isGap(from: MeterReading, to: MeterReading, coveredMs: number): boolean {
    const disagreeMs = Math.abs(to.atMs - from.atMs - coveredMs)
    return coveredMs > this.#staleAfterMs || disagreeMs > this.#staleAfterMs
  }

  #energyWh(from: MeterReading, to: MeterReading, coveredMs: number): number {
    const byPowerWh = (((from.powerW + to.powerW) / 2) * coveredMs) / MS_PER_HOUR
    const counterWh = to.energyTotalWh
    const countedWh = this.#countedWh
    if (counterWh === null || from.energyTotalWh === null || countedWh === null) {
      this.#countedWh = counterWh
      return byPowerWh
    }
    const rose = counterWh - from.energyTotalWh
    if (rose < 0 || rose - this.#stepWh > (LEAP_W * coveredMs) / MS_PER_HOUR) {
      this.#countedWh = counterWh
      return byPowerWh
    }
    this.#judgeFit(byPowerWh, rose, coveredMs)
    if (this.#fit === 'does-not-fit') return byPowerWh
    const aheadWh = this.#stepWh + (Math.max(from.powerW, to.powerW) * AHEAD_MS) / MS_PER_HOUR
    const held = Math.min(Math.max(countedWh + byPowerWh, counterWh), counterWh + aheadWh)
    this.#countedWh = Math.max(countedWh, held)
    return this.#countedWh - countedWh
  }

  /** A wrong unit shows as a factor of a thousand, so the half and the double are room enough for bad calibration. */
  #judgeFit(byPowerWh: number, byCounterWh: number, coveredMs: number): void {
    if (this.#fit === 'fits') return
    this.#byPowerWh += byPowerWh
    this.#byCounterWh += byCounterWh
    this.#fitMs += coveredMs
    const enoughWh = FIT_STEPS * this.#stepWh
    if (this.#fitMs < FIT_MS || Math.max(this.#byPowerWh, this.#byCounterWh) < enoughWh) return
    const ratio = this.#byCounterWh / this.#byPowerWh
    this.#fit = ratio >= 0.5 && ratio <= 2 ? 'fits' : 'does-not-fit'
  }
}
