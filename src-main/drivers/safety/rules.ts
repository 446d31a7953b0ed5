/**
 * When a board must lose its power: every rule as a pure function of readings and time. Whoever polls and acts is the
 * supervisor. Governing document: asic-serial 6.5.
 *
 * One bad reading is noise, two in a row are the truth; and so that no pattern of good readings between bad ones keeps
 * a hot board on, a bad one weighs two points and a good one takes back a single one.
 */
import { type SafetyLimits } from '../model/board.ts'
import { type PowerCut } from '../model/power.ts'

/** Why, before it is dated and counted. */
export interface CutReason {
  readonly cause: PowerCut['cause']
  /** A sentence with the measured value and the limit. */
  readonly message: string
}

const BAD_POINTS = 2
const GOOD_POINTS = 1
export const TRIP_POINTS = 4

/** @returns points after one more reading; at `TRIP_POINTS` the board is stopped */
export function strike(points: number, isBad: boolean): number {
  return isBad ? points + BAD_POINTS : Math.max(0, points - GOOD_POINTS)
}

/** Right after chips left reset readings mean nothing (asic-serial 6.5, settling). */
export const IGNORED_AFTER_RELEASE_MS = 500
/** So many times may chips be reset one after another before their sensor's absence counts. */
const SETTLES_ALLOWED = 3

/** A chip temperature that no chip that is powered can truthfully have. */
function isPlausible(celsius: number | null): celsius is number {
  return celsius !== null && Number.isFinite(celsius) && celsius > 0 && celsius <= 120
}

export interface HeatWatch {
  readonly points: number
  /** When chips last left reset, monotonic milliseconds. */
  readonly releasedAtMs: number
  /** Whether a plausible reading came since. */
  readonly isSettled: boolean
  /** Time without a plausible reading that was forgiven since power came, milliseconds. */
  readonly forgivenMs: number
  readonly lastAtMs: number
}

export function watchHeatFrom(nowMs: number): HeatWatch {
  return { points: 0, releasedAtMs: nowMs, isSettled: false, forgivenMs: 0, lastAtMs: nowMs }
}

/** Chips were reset: their sensor has to be connected anew. What was held against the board stays. */
export function heatAfterReset(watch: HeatWatch, nowMs: number): HeatWatch {
  return { ...watch, releasedAtMs: nowMs, isSettled: false }
}

export interface HeatVerdict {
  readonly watch: HeatWatch
  readonly cut: CutReason | null
}

/**
 * One look at the chips' sensors.
 * @param chipsC of every sensor; null, an implausible number or no sensor at all: a bad reading
 */
export function judgeHeat(
  watch: HeatWatch,
  chipsC: readonly (number | null)[],
  nowMs: number,
  limits: SafetyLimits,
): HeatVerdict {
  const elapsedMs = Math.max(0, nowMs - watch.lastAtMs)
  const sinceReleaseMs = nowMs - watch.releasedAtMs
  const hottestC = chipsC.reduce<number>((hot, c) => (c !== null && c > hot ? c : hot), -Infinity)
  const isHot = hottestC >= limits.chipTripC
  const isGood = !isHot && chipsC.length > 0 && chipsC.every(isPlausible)
  const mayForgive = watch.forgivenMs + elapsedMs <= SETTLES_ALLOWED * limits.sensorSettleMs
  const isForgiven =
    !isGood &&
    !watch.isSettled &&
    mayForgive &&
    sinceReleaseMs < (isHot ? IGNORED_AFTER_RELEASE_MS : limits.sensorSettleMs)
  if (isForgiven) {
    return { watch: { ...watch, forgivenMs: watch.forgivenMs + elapsedMs, lastAtMs: nowMs }, cut: null }
  }
  const points = strike(watch.points, !isGood)
  const next: HeatWatch = {
    ...watch,
    points,
    isSettled: watch.isSettled || isGood,
    // Time under a working sensor pays back what was forgiven: a board may be restarted often, not in the dark.
    forgivenMs: isGood ? Math.max(0, watch.forgivenMs - elapsedMs / 4) : watch.forgivenMs,
    lastAtMs: nowMs,
  }
  if (points < TRIP_POINTS) return { watch: next, cut: null }
  return { watch: next, cut: isHot ? tooHot(hottestC, limits) : silent(chipsC) }
}

function tooHot(celsius: number, { chipTripC }: SafetyLimits): CutReason {
  return {
    cause: 'too-hot',
    message: `The chip reached ${shown(celsius)} °C; at ${chipTripC} °C it is stopped. Give it more air or a lower clock.`,
  }
}

function silent(chipsC: readonly (number | null)[]): CutReason {
  const told = chipsC.map((c) => (c === null ? 'nothing' : `${shown(c)} °C`)).join(', ') || 'nothing'
  return {
    cause: 'sensors-silent',
    message: `The chip's thermometer says ${told}, which cannot be true of a board that works. Without it the board is not kept on.`,
  }
}

export interface ElectricSample {
  readonly regulatorC: number | null
  readonly coreVoltageMv: number | null
  readonly powerW: number | null
  /** In words; empty when all is well. */
  readonly faults: readonly string[]
}

export interface ElectricWatch {
  readonly regulatorPoints: number
  readonly powerPoints: number
  readonly voltagePoints: number
}

export const FRESH_ELECTRICS: ElectricWatch = { regulatorPoints: 0, powerPoints: 0, voltagePoints: 0 }

/** A running regulator is allowed to be this far from what it was told; at the start, `START_TOLERANCE`. */
const RUNNING_TOLERANCE = 0.1
/** What a voltage may differ by before chips are let out of reset (asic-serial 6.4). */
export const START_TOLERANCE = 0.05

/** One look at the regulator. @param askedMv null where none was set */
export function judgeElectrics(
  watch: ElectricWatch,
  sample: ElectricSample,
  askedMv: number | null,
  limits: SafetyLimits,
): { readonly watch: ElectricWatch; readonly cut: CutReason | null } {
  const { regulatorC, powerW, coreVoltageMv, faults } = sample
  const { regulatorTripC, maxPowerW } = limits
  const isMissing = regulatorTripC === null ? maxPowerW !== null && powerW === null : !isPlausible(regulatorC)
  const isRegulatorHot = regulatorTripC !== null && regulatorC !== null && regulatorC >= regulatorTripC
  const isTooMuch = maxPowerW !== null && powerW !== null && powerW > maxPowerW
  const isOff =
    askedMv !== null && coreVoltageMv !== null && !isNear(coreVoltageMv, askedMv, RUNNING_TOLERANCE)
  const next: ElectricWatch = {
    regulatorPoints: strike(watch.regulatorPoints, isMissing || isRegulatorHot),
    powerPoints: strike(watch.powerPoints, isTooMuch),
    voltagePoints: strike(watch.voltagePoints, isOff),
  }
  let cut: CutReason | null = null
  if (next.regulatorPoints >= TRIP_POINTS) {
    cut = isRegulatorHot
      ? {
          cause: 'regulator-too-hot',
          message: `The voltage regulator reached ${shown(regulatorC)} °C; at ${regulatorTripC} °C it is stopped. Give it more air or a lower voltage.`,
        }
      : {
          cause: 'sensors-silent',
          message:
            'The voltage regulator does not tell its temperature or power. Without that the board is not kept on.',
        }
  } else if (next.powerPoints >= TRIP_POINTS) {
    cut = {
      cause: 'too-much-power',
      message: `The board took ${shown(powerW)} W; the limit is ${maxPowerW} W. Choose a lower clock or voltage.`,
    }
  } else if (next.voltagePoints >= TRIP_POINTS) {
    const why = faults.length > 0 ? ` It reports: ${faults.join(', ')}.` : ''
    cut = {
      cause: 'regulator-fault',
      message: `The core voltage is ${shown(coreVoltageMv)} mV instead of ${askedMv} mV.${why}`,
    }
  }
  return { watch: next, cut }
}

/** Whether a voltage is what was asked for, give or take a share of it. */
export function isNear(measured: number, asked: number, tolerance: number): boolean {
  return Number.isFinite(measured) && Math.abs(measured - asked) <= asked * tolerance
}

/** How long a fan that must turn has not been seen turning; only a turn sets it back. */
export interface FanWatch {
  readonly stillMs: number
  readonly lastAtMs: number
}

export function watchFanFrom(nowMs: number): FanWatch {
  return { stillMs: 0, lastAtMs: nowMs }
}

/** One look at the fans. @param rpms null, or none at all: not readable, which is no proof that it turns */
export function judgeFan(
  watch: FanWatch,
  rpms: readonly (number | null)[],
  dutyPermille: number,
  nowMs: number,
  limits: SafetyLimits,
): { readonly watch: FanWatch; readonly cut: CutReason | null } {
  const { fanMustTurnPermille, fanStallMs } = limits
  if (fanMustTurnPermille === null) return { watch: watchFanFrom(nowMs), cut: null }
  const isTurning = rpms.length > 0 && rpms.every((rpm) => rpm !== null && rpm > 0)
  if (isTurning) return { watch: watchFanFrom(nowMs), cut: null }
  const elapsedMs = Math.max(0, nowMs - watch.lastAtMs)
  const stillMs = dutyPermille >= fanMustTurnPermille ? watch.stillMs + elapsedMs : watch.stillMs
  const next = { stillMs, lastAtMs: nowMs }
  if (stillMs < fanStallMs) return { watch: next, cut: null }
  const stands = rpms.some((rpm) => rpm === 0)
  return {
    watch: next,
    cut: {
      cause: 'fan-stalled',
      message: stands
        ? `The fan has stood still for ${Math.round(stillMs / 1000)} s at ${dutyPermille / 10} %; ${fanStallMs / 1000} s are allowed. Look whether it is plugged in and free.`
        : `The fan's speed could not be read for ${Math.round(stillMs / 1000)} s at ${dutyPermille / 10} %. Look whether it is plugged in.`,
    },
  }
}

/** So long may the hashing side give no sign of life. */
export const HASHING_SILENCE_MS = 3_000

/** @returns why to cut, or null while signs come */
export function judgeSigns(sinceSignMs: number): CutReason | null {
  if (sinceSignMs < HASHING_SILENCE_MS) return null
  return {
    cause: 'hashing-silent',
    message: `The part of Headframe that gives the board work has been silent for ${(sinceSignMs / 1000).toFixed(1)} s; ${HASHING_SILENCE_MS / 1000} s are allowed. Its power was taken away; it starts again by itself.`,
  }
}

/** Causes that say something of the board itself: after the second, a person has to look. */
const TRIP_CAUSES: ReadonlySet<PowerCut['cause']> = new Set<PowerCut['cause']>([
  'too-hot',
  'regulator-too-hot',
  'too-much-power',
  'fan-stalled',
  'sensors-silent',
  'regulator-fault',
])
export const LATCH_AFTER_TRIPS = 2
/** At least so long a board rests after a trip (asic-serial 6.5). */
export const COOLING_MS = 30_000

export function isTrip(cause: PowerCut['cause']): boolean {
  return TRIP_CAUSES.has(cause)
}

/** Whether a board that has rested is cool enough. Sensors that say nothing leave it to the time. */
export function isCool(
  chipsC: readonly (number | null)[],
  regulatorC: number | null,
  limits: SafetyLimits,
): boolean {
  const chipsAreCool = chipsC.every((c) => c === null || c < limits.chipWarnC)
  const { regulatorTripC } = limits
  return chipsAreCool && (regulatorTripC === null || regulatorC === null || regulatorC < regulatorTripC - 5)
}

function shown(value: number | null): string {
  return value === null ? 'nothing' : String(Math.round(value * 10) / 10)
}
