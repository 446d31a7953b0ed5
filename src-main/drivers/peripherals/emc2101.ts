/**
 * EMC2101: one fan, its own temperature, and one diode inside the chip. On Bitaxe Max, Ultra, Supra and Gamma.
 * asic-serial 6.3, fixtures/asic/peripherals.json.
 */
import { type I2cBus } from '../control/buses.ts'
import { diodeC } from './diode.ts'
import { clampPermille, type FanController, plausibleC, type Thermometer } from './kinds.ts'
import { hexByte, orNull, PartRegisters } from './registers.ts'

export const EMC2101_ADDRESS = 0x4c

const INTERNAL = 0x00
const EXTERNAL_HIGH = 0x01
const EXTERNAL_LOW = 0x10
const CONFIG = 0x03
/** Tach input on the alert pin, everything else as after power-on: measuring, fan not in standby, PWM. */
const CONFIG_TACH = 0x04
const IDEALITY = 0x17
const BETA = 0x18
const TACH_LOW = 0x46
const TACH_HIGH = 0x47
const FAN_CONFIG = 0x4a
/** Direct duty, polarity as boards are wired. */
const FAN_DIRECT = 0x23
const FAN_DUTY = 0x4c
const PRODUCT = 0xfd
const MAKER = 0xfe

const MAKER_SMSC = 0x5d
/** EMC2101 and EMC2101-R. */
const PRODUCTS: readonly number[] = [0x16, 0x28]

/** @param permille limited to 0..1000 @returns 0 to 63 */
export function emc2101Duty(permille: number): number {
  return Math.floor((63 * clampPermille(permille)) / 1000)
}

/** @param count of 90 kHz ticks over one turn, 16 bits; FFFF: none */
export function emc2101Rpm(count: number): number | null {
  if (count === 0) return null
  const rpm = Math.floor(5_400_000 / count)
  return rpm <= 82 ? 0 : rpm
}

export interface Emc2101Options {
  /** Where the chip's temperature comes from: its diode, or the part's own beside it. */
  readonly sensor: 'diode' | 'internal'
  /** Added to every reading; 5 on boards that measure beside the chip. */
  readonly offsetC: number
  /** Of the diode; null leaves the part's own. Gamma: 24 and 00 (hexadecimal). */
  readonly ideality: number | null
  readonly beta: number | null
}

export class Emc2101 implements FanController, Thermometer {
  readonly name = 'EMC2101'
  readonly #registers: PartRegisters
  readonly #options: Emc2101Options

  constructor(bus: I2cBus, options: Emc2101Options) {
    this.#registers = new PartRegisters(bus, this.name, EMC2101_ADDRESS)
    this.#options = options
  }

  async init(): Promise<void> {
    const part = this.#registers
    const maker = await part.readByte(MAKER)
    const product = await part.readByte(PRODUCT)
    if (maker !== MAKER_SMSC || !PRODUCTS.includes(product)) {
      throw part.wrongPart(`maker ${hexByte(maker)}, product ${hexByte(product)}`)
    }
    await part.writeVerified(CONFIG, [CONFIG_TACH])
    await part.writeVerified(FAN_CONFIG, [FAN_DIRECT])
    const { ideality, beta } = this.#options
    if (ideality !== null) await part.write(IDEALITY, [ideality])
    if (beta !== null) await part.write(BETA, [beta])
  }

  async setDuty(permille: number): Promise<void> {
    await this.#registers.write(FAN_DUTY, [emc2101Duty(permille)])
  }

  async readRpm(): Promise<readonly (number | null)[]> {
    return [await orNull(this.#readRpm())]
  }

  async readChipTemperatures(): Promise<readonly (number | null)[]> {
    return [await orNull(this.#options.sensor === 'diode' ? this.#readDiode() : this.#readInternal())]
  }

  async #readRpm(): Promise<number | null> {
    // The low byte holds the high one until it is read.
    const low = await this.#registers.readByte(TACH_LOW, { urgency: 'poll' })
    const high = await this.#registers.readByte(TACH_HIGH, { urgency: 'poll' })
    return emc2101Rpm((high << 8) | low)
  }

  async #readDiode(): Promise<number | null> {
    const high = await this.#registers.readByte(EXTERNAL_HIGH, { urgency: 'poll' })
    const low = await this.#registers.readByte(EXTERNAL_LOW, { urgency: 'poll' })
    return diodeC(high, low, this.#options.offsetC)
  }

  async #readInternal(): Promise<number | null> {
    const byte = await this.#registers.readByte(INTERNAL, { urgency: 'poll' })
    const celsius = plausibleC(byte >= 0x80 ? byte - 0x100 : byte)
    return celsius === null ? null : plausibleC(celsius + this.#options.offsetC)
  }
}
