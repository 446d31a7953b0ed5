/**
 * Finds the difficulty at which a rig delivers shares at the rate aimed at, and then leaves it alone. State
 * and arithmetic only: no timers, no clock, no I/O; the owner passes moments in and sends what comes out.
 *
 * Three phases:
 *
 * - search: silence lowers the difficulty step by step, a flood raises it at once, until shares flow near the
 *   calibration rate. From a start 1000 times wrong in either direction this takes about ten seconds.
 * - calibrate: shares are counted at that rate, much above the aim. This is what makes a minute enough: at
 *   6 shares a minute sixty seconds know the hashrate to 40 %, while 300 shares know it to 6 %.
 * - steady: nothing moves unless counting statistics say that the rate is off. Windows of 8, 16, ... 1024
 *   shares are compared with the Poisson law of the aim; a change needs odds below 1 in 100,000 against
 *   chance and a difference that matters. So the shares of a constant rig are a plain Poisson process,
 *   whereas a fixed window with a threshold in percent would chase its own noise.
 *
 * Only shares held to the present difficulty count, from the first one on. Neither the time a rig takes to
 * follow nor shares of older jobs distort a measurement. The owner must send a job with the new difficulty
 * as soon as `retarget` returns one; to leave it for the next natural job would read as silence.
 *
 * Difficulties have three significant digits, rounded down, hence whole numbers from 100 on, because some
 * firmware drops fractions; smaller ones belong to rigs that do not. Powers of two are an option for firmware
 * that handles nothing else; the rate is then up to twice the aim.
 */
import { advertisedDifficulty, isDifficulty } from './difficulty.ts'

export interface VardiffOptions {
  /** Difficulty the rig was told first. */
  readonly startDifficulty: number
  /** Moment it was told, milliseconds on the monotonic clock, as all moments here. */
  readonly nowMs: number
  /** Rate aimed at. Default 6. */
  readonly sharesPerMinute?: number
  /** Whether `startDifficulty` was measured before (a rig that returns): it then starts in the steady phase. */
  readonly startKnown?: boolean
  readonly minDifficulty?: number
  readonly maxDifficulty?: number
  readonly rounding?: 'three-digits' | 'power-of-two'
  /** Share rate while calibrating; never below the aim. Default 8. Less is for very many rigs on a slow machine. */
  readonly calibrationSharesPerSecond?: number
}

/** In rigs that compute 1 kH/s, 6 shares a minute are twice this. */
const DEFAULT_MIN_DIFFICULTY = 1e-6

/** Silence that lowers the difficulty by `DESCENT`, while searching. */
const SILENCE_MS = 2000
/** The same where a rig that worked fell silent, or never said a word: it may be off, and come back fast. */
const LONG_SILENCE_MS = 15_000
const DESCENT = 8
/** Blind descent without one share before it slows down: 1000 times the aim, and most of the way to calibration. */
const QUICK_DESCENT = 8192
/** Below what was known before the silence, the difficulty goes no further than this. */
const KNOWN_DESCENT = 512
/** Time a rate is looked at before the search believes it; a flood is believed after the shorter one. */
const LOOK_MS = 2000
const FLOOD_LOOK_MS = 100
const FLOOD_SHARES = 16
/** Rates around its own that calibration accepts: more shares only end it sooner, fewer make it less exact. */
const LARGEST_CALIBRATION_RATIO = 4
const SMALLEST_CALIBRATION_RATIO = 0.6
/** Lowering that did not bring more shares is given up: some chips report nothing below a difficulty of their own. */
const MAX_LOWERINGS = 3

const CALIBRATION_SHARES = 300
const CALIBRATION_MS = 38_000
const CALIBRATION_LEAST_MS = 15_000
/** From the start of the search to the end of calibration. */
const SETTLE_MS = 54_000
/** A rig that became much faster is counted where it is, if it delivers this many shares within this time. */
const RECOUNT_SHARES = 40
const RECOUNT_MS = 55_000
/** Calibration without any share for so long is no calibration. */
const CALIBRATION_SILENCE_MS = 8000

/** Shares in the smallest window of the steady phase; each further one has twice as many. */
const FIRST_WINDOW = 8
const WINDOWS = 8
/** Natural log of the odds against chance that a change needs, per window; a constant rig sees one change in about a week. */
const CERTAINTY = 14
/** Differences within these are left alone even when certain. */
const MATERIAL_RISE = 1.15
const MATERIAL_FALL = 0.87
/** Differences within this factor are corrected at once; larger ones are calibrated anew. */
const DIRECT_FACTOR = 2
/**
 * Shares at the aimed rate that a direct correction weighs in: a window that gave the alarm exaggerates, and
 * would be followed by the opposite alarm.
 */
const PRIOR_SHARES = 32

/** The chance that a chip floor is only luck: exp(-14). */
const FLOOR_CERTAINTY = 14

export class Vardiff {
  readonly #aimPerMs: number
  readonly #calibrationPerMs: number
  readonly #minDifficulty: number
  readonly #rounding: 'three-digits' | 'power-of-two'
  #maxDifficulty: number
  #difficulty: number
  #phase: 'search' | 'calibrate' | 'steady'

  /** When the present difficulty took effect, or calibration began at it. */
  #sinceMs: number
  /** Shares held to the present difficulty since then, the first of which only starts the clock. */
  #shares = 0
  #firstShareMs = 0
  /** Last share held to another difficulty: while they come, the rig has not followed yet and is not silent. */
  #otherShareMs = Number.NEGATIVE_INFINITY
  #lowestHashDifficulty = Number.POSITIVE_INFINITY

  #searchStartMs: number
  #calibrationEndMs = 0
  /** Where the blind descent began, and how much of it is quick. */
  #searchTop: number
  #quickDescent = QUICK_DESCENT
  #deepestDescent = Number.POSITIVE_INFINITY
  #lowerings = 0

  /** Start and shares of each window of the steady phase. Plain arrays: typed ones of this size take thrice the memory. */
  readonly #windowStartMs = new Array<number>(WINDOWS).fill(0)
  readonly #windowShares = new Array<number>(WINDOWS).fill(0)

  /** @throws RangeError if a difficulty or a rate is not above 0 */
  constructor(options: VardiffOptions) {
    const sharesPerMinute = options.sharesPerMinute ?? 6
    const calibration = options.calibrationSharesPerSecond ?? 8
    const min = options.minDifficulty ?? DEFAULT_MIN_DIFFICULTY
    const max = options.maxDifficulty ?? Number.POSITIVE_INFINITY
    if (!(sharesPerMinute > 0) || !(calibration > 0)) throw new RangeError('share rates are above 0')
    if (!isDifficulty(options.startDifficulty) || !isDifficulty(min) || !(max >= min)) {
      throw new RangeError('difficulties are above 0, and the largest is not below the smallest')
    }
    this.#aimPerMs = sharesPerMinute / 60_000
    this.#calibrationPerMs = Math.max(calibration / 1000, this.#aimPerMs)
    this.#minDifficulty = min
    this.#maxDifficulty = max
    this.#rounding = options.rounding ?? 'three-digits'
    this.#difficulty = Math.min(max, Math.max(min, options.startDifficulty))
    this.#phase = options.startKnown === true ? 'steady' : 'search'
    this.#sinceMs = options.nowMs
    this.#searchStartMs = options.nowMs
    this.#searchTop = this.#difficulty
    this.#windowStartMs.fill(options.nowMs)
  }

  /** What the rig is to be held to: the start, clamped, until `retarget` or `limit` returned something else. */
  get difficulty(): number {
    return this.#difficulty
  }

  /** Whether the difficulty rests on a measurement. */
  get isSteady(): boolean {
    return this.#phase === 'steady'
  }

  /**
   * Records a good share.
   * @param difficulty what it was held to, as returned by `retarget`
   * @param atMs when it arrived
   * @param hashDifficulty what its hash would have satisfied. Worth giving: chips that report nothing below a
   *   difficulty of their own are recognised by it, and measured right
   */
  onShare(difficulty: number, atMs: number, hashDifficulty: number = difficulty): void {
    if (Math.abs(difficulty - this.#difficulty) > this.#difficulty * 1e-9) {
      this.#otherShareMs = atMs
      return
    }
    if (this.#shares++ === 0) this.#firstShareMs = atMs
    else this.#lowestHashDifficulty = Math.min(this.#lowestHashDifficulty, hashDifficulty)
    if (this.#phase !== 'steady') return
    for (let i = 0; i < WINDOWS; i++) this.#windowShares[i]!++
  }

  /**
   * Decides. Call it about once a second, and if you like after shares; the cadence does not matter.
   * @returns the new difficulty to send with a job at once, or undefined to leave the rig alone
   */
  retarget(nowMs: number): number | undefined {
    if (this.#phase === 'search') return this.#search(nowMs)
    if (this.#phase === 'calibrate') return this.#calibrate(nowMs)
    return this.#watch(nowMs)
  }

  /**
   * Sets the largest difficulty from now on: never ask a rig for more than its pool does, for the pool pays
   * each share by its own target.
   * @param maxDifficulty above 0; Infinity for no limit
   * @returns the difficulty to send if the present one is above, else undefined
   * @throws RangeError if it is not above 0
   */
  limit(maxDifficulty: number, nowMs: number): number | undefined {
    if (!(maxDifficulty > 0)) throw new RangeError('a difficulty is above 0')
    this.#maxDifficulty = Math.max(this.#minDifficulty, maxDifficulty)
    return this.#difficulty > this.#maxDifficulty ? this.#change(this.#maxDifficulty, nowMs) : undefined
  }

  /**
   * Starts counting anew at the present difficulty. For the moment a rig has work again after it had none,
   * since silence for want of a job says nothing about the rig; do not call `retarget` while it has none.
   */
  resume(nowMs: number): void {
    this.#searchStartMs = nowMs
    this.#restart(nowMs)
    if (this.#phase === 'calibrate') this.#startCalibration()
  }

  #search(nowMs: number): number | undefined {
    if (this.#shares === 0) return this.#descend(nowMs)
    const lookedMs = nowMs - this.#firstShareMs
    const flood = this.#shares > FLOOD_SHARES && lookedMs >= FLOOD_LOOK_MS
    if (!flood && lookedMs < LOOK_MS) return undefined
    const ratio = Math.max(this.#shares - 1, 0.7) / lookedMs / this.#calibrationPerMs
    if (ratio > LARGEST_CALIBRATION_RATIO) return this.#approach(ratio, nowMs)
    if (ratio < SMALLEST_CALIBRATION_RATIO && this.#lowerings < MAX_LOWERINGS) {
      this.#lowerings++
      return this.#approach(ratio, nowMs)
    }
    if (lookedMs >= LOOK_MS) this.#startCalibration()
    return undefined
  }

  #startCalibration(): void {
    this.#phase = 'calibrate'
    const inTimeMs = Math.min(this.#sinceMs + CALIBRATION_MS, this.#searchStartMs + SETTLE_MS)
    this.#calibrationEndMs = Math.max(this.#sinceMs + CALIBRATION_LEAST_MS, inTimeMs)
  }

  /** Nobody speaks: ask for less. */
  #descend(nowMs: number): number | undefined {
    const silentMs = this.#silentMs(nowMs)
    const descended = this.#searchTop / this.#difficulty
    const stepMs = descended < this.#quickDescent ? SILENCE_MS : LONG_SILENCE_MS
    if (silentMs < stepMs) return undefined
    const factor = Math.min(DESCENT ** Math.min(silentMs / stepMs, 2), this.#deepestDescent / descended)
    return factor > 1.01 ? this.#change(this.#difficulty / factor, nowMs) : undefined
  }

  #silentMs(nowMs: number): number {
    return nowMs - Math.max(this.#sinceMs, this.#otherShareMs)
  }

  /** Goes to where the calibration rate is expected; if the bounds forbid it, the present place must do. */
  #approach(ratio: number, nowMs: number): number | undefined {
    const changed = this.#change(this.#difficulty * ratio, nowMs)
    if (changed === undefined) this.#startCalibration()
    return changed
  }

  #calibrate(nowMs: number): number | undefined {
    const elapsedMs = nowMs - this.#sinceMs
    if (this.#shares === 0) {
      if (this.#silentMs(nowMs) >= CALIBRATION_SILENCE_MS) this.#searchAgain(nowMs)
      return undefined
    }
    const lookedMs = nowMs - this.#firstShareMs
    const counted = this.#shares - 1
    if (lookedMs < FLOOD_LOOK_MS) return undefined
    if (counted > FLOOD_SHARES && !this.#isLargest) {
      const ratio = counted / lookedMs / this.#calibrationPerMs
      if (ratio > LARGEST_CALIBRATION_RATIO) return this.#change(this.#difficulty * ratio, nowMs)
    }
    if (counted < CALIBRATION_SHARES && nowMs < this.#calibrationEndMs) return undefined
    const ratePerMs = counted > 3 ? counted / lookedMs : this.#shares / elapsedMs
    const difficulty = (this.#effectiveDifficulty(counted) * ratePerMs) / this.#aimPerMs
    return this.#settle(difficulty, nowMs)
  }

  /**
   * The difficulty the counted shares really met. If a chip reports only above a floor of its own, hashes
   * between our difficulty and the floor are missing, and n hashes without one there have the odds
   * (difficulty / lowest)^n.
   */
  #effectiveDifficulty(counted: number): number {
    const excess = this.#lowestHashDifficulty / this.#difficulty
    if (counted < 1 || !(excess > 1) || !Number.isFinite(excess)) return this.#difficulty
    if (counted * Math.log(excess) < FLOOR_CERTAINTY) return this.#difficulty
    return (this.#lowestHashDifficulty * counted) / (counted + 1)
  }

  #watch(nowMs: number): number | undefined {
    let certainty = CERTAINTY
    let alarm = -1
    for (let i = 0; i < WINDOWS; i++) {
      const shares = this.#windowShares[i]!
      if (nowMs - this.#windowStartMs[i]! < FLOOD_LOOK_MS) continue
      const expected = this.#expected(i, nowMs)
      if (shares >= FIRST_WINDOW || shares < expected) {
        const evidence = oddsAgainstChance(shares, expected)
        const off = shares / expected
        if (evidence > certainty && (off > MATERIAL_RISE || off < MATERIAL_FALL)) {
          certainty = evidence
          alarm = i
        }
      }
    }
    if (alarm >= 0) return this.#correct(this.#windowShares[alarm]!, this.#expected(alarm, nowMs), nowMs)
    for (let i = 0; i < WINDOWS; i++) {
      if (this.#windowShares[i]! < FIRST_WINDOW * 2 ** i) continue
      this.#windowShares[i] = 0
      this.#windowStartMs[i] = nowMs
    }
    return undefined
  }

  #expected(window: number, nowMs: number): number {
    return this.#aimPerMs * (nowMs - this.#windowStartMs[window]!)
  }

  /** The rate is off beyond doubt. */
  #correct(shares: number, expected: number, nowMs: number): number | undefined {
    const ratio = shares / expected
    if (ratio <= DIRECT_FACTOR && ratio >= 1 / DIRECT_FACTOR) {
      const cautious = (shares + PRIOR_SHARES) / (expected + PRIOR_SHARES)
      return this.#settle(this.#difficulty * cautious, nowMs)
    }
    if (ratio < 1) {
      this.#searchFromKnown(nowMs)
      if (ratio === 0) return this.#change(this.#difficulty / DESCENT, nowMs)
      return this.#approach((ratio * this.#aimPerMs) / this.#calibrationPerMs, nowMs)
    }
    // Shares that come too fast are counted where they are: asking for still more of them would never end with
    // chips that have a floor.
    const isCountable = ratio * this.#aimPerMs * RECOUNT_MS >= RECOUNT_SHARES
    if (!isCountable || this.#isLargest) {
      return this.#settle(this.#difficulty * ratio, nowMs)
    }
    this.#searchFromKnown(nowMs)
    this.#phase = 'calibrate'
    this.#calibrationEndMs = nowMs + RECOUNT_MS
    return undefined
  }

  /** A rig that worked at this difficulty may be off for a while: do not let silence take it far away. */
  #searchFromKnown(nowMs: number): void {
    this.#searchTop = this.#difficulty
    this.#quickDescent = 1
    this.#deepestDescent = KNOWN_DESCENT
    this.#searchAgain(nowMs)
  }

  #searchAgain(nowMs: number): void {
    this.#phase = 'search'
    this.#searchStartMs = nowMs
    this.#lowerings = 0
    this.#restart(nowMs)
  }

  #settle(difficulty: number, nowMs: number): number | undefined {
    this.#phase = 'steady'
    this.#restart(nowMs)
    return this.#change(difficulty, nowMs)
  }

  /** Adopts a difficulty, bounded and rounded. @returns it, or undefined if it is the present one */
  #change(difficulty: number, nowMs: number): number | undefined {
    const bounded = this.#bound(difficulty)
    if (bounded === this.#difficulty) return undefined
    this.#difficulty = bounded
    this.#restart(nowMs)
    return bounded
  }

  /** Forgets what was counted. */
  #restart(nowMs: number): void {
    this.#sinceMs = nowMs
    this.#shares = 0
    this.#lowestHashDifficulty = Number.POSITIVE_INFINITY
    this.#windowStartMs.fill(nowMs)
    this.#windowShares.fill(0)
  }

  get #isLargest(): boolean {
    return this.#difficulty >= this.#bound(this.#maxDifficulty)
  }

  #bound(difficulty: number): number {
    const most = Math.min(difficulty, this.#maxDifficulty)
    if (!isDifficulty(most)) return Math.max(most, this.#minDifficulty)
    const rounded = this.#rounding === 'power-of-two' ? advertisedDifficulty(most) : threeDigits(most)
    return Math.max(rounded, this.#minDifficulty)
  }
}

/**
 * How strongly `shares` speak against a Poisson law of mean `expected`: minus the log of Chernoff's bound on
 * the chance of a count at least as far off.
 */
function oddsAgainstChance(shares: number, expected: number): number {
  return (shares === 0 ? 0 : shares * Math.log(shares / expected)) - shares + expected
}

/** `value` cut to three significant decimal digits. */
function threeDigits(value: number): number {
  const exponent = Math.floor(Math.log10(value)) - 2
  return Number(`${Math.floor(value / 10 ** exponent)}e${exponent}`)
}
