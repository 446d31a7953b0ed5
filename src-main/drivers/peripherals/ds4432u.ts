/**
 * DS4432U: a current source that moves the set point of the converter behind it; with an INA260 it is the power
 * supply of early Bitaxe. It can lower and raise the core voltage, not switch it off, and does not measure it: the
 * bridge's ADC sees it, in units that are not established (asic-serial 6.3, 11).
 */
import { type Clock, HeadframeError } from '../../base/index.ts'
import { type I2cBus } from '../control/buses.ts'
import {
  offFailed,
  outOfRange,
  type PowerMeter,
  type Regulator,
  type RegulatorReadings,
  type VoltageLimits,
} from './kinds.ts'
import { PartRegisters } from './registers.ts'
import { requireWanted, Switching } from './switching.ts'

export const DS4432U_ADDRESS = 0x48

const OUTPUT_0 = 0xf8
const CODE_POWER_ON = 0x00
/** Sinks current: lowers the voltage below what it is without. */
const LOWERS_BIT = 0x80

/** The converter's divider and reference, and the source's full scale, on Bitaxe [src: ESP-Miner DS4432U.c]. */
const FEEDBACK_V = 0.6
const LOWER_OHM = 3320
const UPPER_OHM = 4750
const FULL_SCALE_A = 98.921e-6
const MIN_V = 0.046
const MAX_V = 2.39
/** What any board of this kind may have been left at by whoever drove it before. */
const LEFT_AT_V = { min: 1, max: 1.5 } as const
const SETTLE_MS = 100
const OFF_ATTEMPTS = 3

/**
 * Rounded up in either direction, as the vectors have it. Whether it lowers follows from the divider; firmware compares
 * with 1.451 V, which is a little less than the 1.458 V that the divider gives, and so raises between the two.
 *
 * @param volts 0.046 to 2.39 @returns the byte for register F8 @throws RangeError
 */
export function ds4432uCode(volts: number): number {
  if (!(volts >= MIN_V && volts <= MAX_V))
    throw new RangeError(`${volts} V cannot be made: ${MIN_V} to ${MAX_V}`)
  const sinkA = FEEDBACK_V / LOWER_OHM - (volts - FEEDBACK_V) / UPPER_OHM
  const steps = Math.min(127, Math.ceil((Math.abs(sinkA) * 127) / FULL_SCALE_A))
  return sinkA > 0 ? LOWERS_BIT | steps : steps
}

export interface Ds4432uOptions {
  readonly limits: VoltageLimits
  /** The INA260 before the converter. */
  readonly meter: PowerMeter
}

export class Ds4432u implements Regulator {
  readonly name = 'DS4432U'
  readonly canTurnOff = false
  readonly #part: PartRegisters
  readonly #limits: VoltageLimits
  readonly #meter: PowerMeter
  readonly #switching: Switching
  #isIdentified = false

  constructor(bus: I2cBus, clock: Clock, options: Ds4432uOptions) {
    this.#part = new PartRegisters(bus, this.name, DS4432U_ADDRESS)
    this.#limits = options.limits
    this.#meter = options.meter
    this.#switching = new Switching(clock)
  }

  /**
   * It has no identity: it is known by its address, by the meter that belongs to it, and by an output that is as after
   * power-on or as a board of this kind may have been left.
   */
  async identify(): Promise<void> {
    this.#isIdentified = false
    await this.#meter.init()
    const code = await this.#part.readByte(OUTPUT_0)
    if (code !== CODE_POWER_ON && !isBetween(code, ds4432uCode(LEFT_AT_V.min), ds4432uCode(LEFT_AT_V.max))) {
      throw this.#part.wrongPart(`output ${code.toString(16)}`)
    }
    this.#isIdentified = true
  }

  /** After power-on the converter runs at 1.45 V: lowered at once to the least that the board takes. */
  async configure(): Promise<void> {
    this.#requireIdentified()
    await this.#switching.run(async (signal) => {
      await this.#part.writeVerified(OUTPUT_0, [ds4432uCode(this.#limits.minMv / 1000)], { signal })
    })
  }

  async setCoreVoltage(coreVoltageMv: number): Promise<void> {
    const { minMv, maxMv } = this.#limits
    if (!(coreVoltageMv >= minMv && coreVoltageMv <= maxMv)) {
      throw outOfRange(coreVoltageMv, this.#limits)
    }
    this.#requireIdentified()
    await this.#switching.run(async (signal) => {
      try {
        await this.#part.writeVerified(OUTPUT_0, [ds4432uCode(coreVoltageMv / 1000)], { signal })
        requireWanted(signal)
        await this.#switching.wait(SETTLE_MS, signal)
      } catch (error) {
        if (!signal.aborted) await this.#lower()
        throw error
      }
    })
  }

  /** The least voltage that the board takes; chips must be in reset. */
  async off(): Promise<void> {
    this.#switching.end()
    await this.#lower()
  }

  async read(): Promise<RegulatorReadings> {
    const { voltageMv, currentMa, powerW } = await this.#meter.read()
    return { inputVoltageMv: voltageMv, coreVoltageMv: null, currentMa, regulatorC: null, powerW, faults: [] }
  }

  async clearFaults(): Promise<readonly string[]> {
    return []
  }

  async #lower(): Promise<void> {
    const code = ds4432uCode(this.#limits.minMv / 1000)
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#part.writeVerified(OUTPUT_0, [code], { urgency: 'shutdown' })
        return
      } catch (error) {
        if (attempt >= OFF_ATTEMPTS) throw offFailed(this.name, error)
      }
    }
  }

  #requireIdentified(): void {
    if (this.#isIdentified) return
    const text = 'The regulator was not identified, so no voltage is set. Start the board anew.'
    throw new HeadframeError('safety/not-configured', text)
  }
}

/** Codes rise on either side of the nominal voltage: compared as the voltage offset that they stand for. */
function isBetween(code: number, lowest: number, highest: number): boolean {
  const offset = (value: number): number => ((value & LOWERS_BIT) !== 0 ? -(value & 0x7f) : value)
  return offset(code) >= offset(lowest) && offset(code) <= offset(highest)
}
