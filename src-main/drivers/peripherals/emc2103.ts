/**
 * EMC2103: one fan and two diodes inside chips. On Gamma Turbo, which has the diodes the other way round.
 * asic-serial 6.3; registers [src: ESP-Miner EMC2103.c].
 */
import { type I2cBus } from '../control/buses.ts'
import { diodeC } from './diode.ts'
import { duty255 } from './emc2302.ts'
import { type FanController, type Thermometer } from './kinds.ts'
import { hexByte, orNull, PartRegisters } from './registers.ts'

export const EMC2103_ADDRESS = 0x2e

const DIODES = [
  { high: 0x02, low: 0x03 },
  { high: 0x04, low: 0x05 },
] as const
const CONFIG = 0x20
const PWM_CONFIG = 0x2a
const FAN_DUTY = 0x40
const TACH_HIGH = 0x4e
const TACH_LOW = 0x4f
const PRODUCT = 0xfd
const MAKER = 0xfe
const MAKER_SMSC = 0x5d
/** EMC2103-1, and the variants with more pins. */
const PRODUCTS: readonly number[] = [0x24, 0x26]

/** @param reading 16 bits, the count in its upper 13 */
export function emc2103Rpm(reading: number): number | null {
  const count = reading >> 3
  if (count === 0) return null
  // All bits set: no turn within the longest time that is measured.
  return count === 0x1fff ? 0 : Math.floor(7_864_320 / count)
}

export interface Emc2103Options {
  readonly offsetC: number
  /** Second diode first. */
  readonly swapped: boolean
}

export class Emc2103 implements FanController, Thermometer {
  readonly name = 'EMC2103'
  readonly #registers: PartRegisters
  readonly #options: Emc2103Options

  constructor(bus: I2cBus, options: Emc2103Options) {
    this.#registers = new PartRegisters(bus, this.name, EMC2103_ADDRESS)
    this.#options = options
  }

  async init(): Promise<void> {
    const part = this.#registers
    const maker = await part.readByte(MAKER)
    const product = await part.readByte(PRODUCT)
    if (maker !== MAKER_SMSC || !PRODUCTS.includes(product)) {
      throw part.wrongPart(`maker ${hexByte(maker)}, product ${hexByte(product)}`)
    }
    await part.writeVerified(CONFIG, [0x00])
    await part.writeVerified(PWM_CONFIG, [0x00])
  }

  async setDuty(permille: number): Promise<void> {
    await this.#registers.write(FAN_DUTY, [duty255(permille)])
  }

  async readRpm(): Promise<readonly (number | null)[]> {
    return [await orNull(this.#readRpm())]
  }

  async readChipTemperatures(): Promise<readonly (number | null)[]> {
    const temperatures: (number | null)[] = []
    for (const diode of DIODES) temperatures.push(await orNull(this.#readDiode(diode)))
    return this.#options.swapped ? temperatures.reverse() : temperatures
  }

  async #readRpm(): Promise<number | null> {
    const high = await this.#registers.readByte(TACH_HIGH, { urgency: 'poll' })
    const low = await this.#registers.readByte(TACH_LOW, { urgency: 'poll' })
    return emc2103Rpm((high << 8) | low)
  }

  async #readDiode(diode: (typeof DIODES)[number]): Promise<number | null> {
    const high = await this.#registers.readByte(diode.high, { urgency: 'poll' })
    const low = await this.#registers.readByte(diode.low, { urgency: 'poll' })
    return diodeC(high, low, this.#options.offsetC)
  }
}
