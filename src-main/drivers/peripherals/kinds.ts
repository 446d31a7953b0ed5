/**
 * What a board's power needs of its parts, whatever their make. Each part is a small class over `I2cBus` with its
 * conversions as pure functions beside it. A reading that failed or cannot be true is null, never a number.
 *
 * Errors of all: those of the bus; `i2c/wrong-part` (its identity is not what was expected: nothing was written),
 * `i2c/not-taken` (a register read back differs from what was written).
 */
import { HeadframeError } from '../../base/index.ts'

/** Null: not measured, or implausible. */
export interface RegulatorReadings {
  readonly inputVoltageMv: number | null
  /** Of one voltage domain: what a chip gets. */
  readonly coreVoltageMv: number | null
  /** As measured by the part: output current of a TPS546, input current of an INA260. */
  readonly currentMa: number | null
  readonly regulatorC: number | null
  readonly powerW: number | null
  /** In words, for instance `output current too high`; empty when all is well. Reading clears nothing. */
  readonly faults: readonly string[]
}

export interface Regulator {
  /** For instance `TPS546`. */
  readonly name: string
  /** Whether `off` takes the voltage away; else it only lowers it, and chips must be held in reset. */
  readonly canTurnOff: boolean
  /** Reads who is there. @throws HeadframeError `i2c/wrong-part` */
  identify(): Promise<void>
  /** Everything that must be set before a voltage; leaves the output as it was or off, never on. */
  configure(): Promise<void>
  /**
   * Sets and switches on, reads back, compares. If it fails the output was switched off again.
   * @param coreVoltageMv of one domain
   * @throws HeadframeError `safety/out-of-range` (nothing was sent), `safety/voltage-not-reached`, `i2c/not-taken`
   */
  setCoreVoltage(coreVoltageMv: number): Promise<void>
  /**
   * Goes before everything else that waits on the bus, and ends `setCoreVoltage` where it stands. Tried three times.
   * @throws HeadframeError `safety/off-failed`: power may still be on
   */
  off(): Promise<void>
  read(): Promise<RegulatorReadings>
  /** Reads what is wrong, then clears it, so that nothing is cleared that nobody saw. @returns the faults in words */
  clearFaults(): Promise<readonly string[]>
}

/** Core voltages that a board may be given, from its data. */
export interface VoltageLimits {
  readonly minMv: number
  readonly maxMv: number
}

export function outOfRange(coreVoltageMv: number, { minMv, maxMv }: VoltageLimits): HeadframeError {
  return new HeadframeError(
    'safety/out-of-range',
    `A core voltage of ${coreVoltageMv} mV is outside what this board takes: ${minMv} to ${maxMv} mV.`,
    { context: { coreVoltageMv, minMv, maxMv } },
  )
}

/** Said when a regulator did not confirm that it is off: power may still be on. */
export function offFailed(part: string, cause: unknown): HeadframeError {
  return new HeadframeError(
    'safety/off-failed',
    `The ${part} did not confirm that it was switched off. Take the board's power supply away.`,
    { context: { part }, cause },
  )
}

export interface FanController {
  readonly name: string
  /** Identity and mode; does not change the duty. @throws HeadframeError `i2c/wrong-part` */
  init(): Promise<void>
  /**
   * All fans of the board. Not read back: parts report what they drive at the moment, which differs while a fan spins
   * up or by rounding; the speed tells. @param permille 0 to 1000; what lies outside is limited
   */
  setDuty(permille: number): Promise<void>
  /** One value per fan; 0: stands still; null: no plausible reading. */
  readRpm(): Promise<readonly (number | null)[]>
}

export interface Thermometer {
  readonly name: string
  init(): Promise<void>
  /** Degrees Celsius of each place near the chips, in a fixed order; null where the reading cannot be true. */
  readChipTemperatures(): Promise<readonly (number | null)[]>
}

export interface PowerMeter {
  readonly name: string
  init(): Promise<void>
  read(): Promise<PowerReadings>
}

export interface PowerReadings {
  readonly voltageMv: number | null
  readonly currentMa: number | null
  readonly powerW: number | null
}

/** Coldest and hottest that a sensor of ours may truthfully report; what lies outside is a broken sensor. */
export const PLAUSIBLE_C = { min: 0, max: 120 } as const

/** The reading, or null if no board that works can be so cold or hot. */
export function plausibleC(celsius: number): number | null {
  return celsius >= PLAUSIBLE_C.min && celsius <= PLAUSIBLE_C.max ? celsius : null
}

/** What a fan may be told. Not a number counts as full speed: a fan too fast harms nothing. */
export function clampPermille(permille: number): number {
  return Number.isNaN(permille) ? 1000 : Math.min(1000, Math.max(0, permille))
}
