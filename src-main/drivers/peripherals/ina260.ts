/** INA260: voltage, current and power of the board's supply. On boards with a DS4432U. asic-serial 6.3. */
import { type I2cBus } from '../control/buses.ts'
import { type PowerMeter, type PowerReadings } from './kinds.ts'
import { orNull, PartRegisters } from './registers.ts'

export const INA260_ADDRESS = 0x40

const CURRENT = 0x01
const VOLTAGE = 0x02
const POWER = 0x03
const MAKER = 0xfe
const DIE = 0xff
/** "TI". */
const MAKER_TI = 0x5449
/** Upper twelve bits; the lower four are the revision. */
const DIE_INA260 = 0x227

/** More than any of these boards is ever supplied with; beyond it the reading is not one. */
const MAX_PLAUSIBLE_MV = 20_000
const MAX_PLAUSIBLE_MA = 15_000

/** @param word 16 bits, signed: negative when current flows back into the supply */
export function ina260CurrentMa(word: number): number {
  return (word >= 0x8000 ? word - 0x10000 : word) * 1.25
}

/** @param word 16 bits */
export function ina260VoltageMv(word: number): number {
  return word * 1.25
}

/** @param word 16 bits */
export function ina260PowerW(word: number): number {
  return word * 0.01
}

export class Ina260 implements PowerMeter {
  readonly name = 'INA260'
  readonly #part: PartRegisters

  constructor(bus: I2cBus) {
    this.#part = new PartRegisters(bus, this.name, INA260_ADDRESS)
  }

  async init(): Promise<void> {
    const maker = await this.#part.readWordBe(MAKER)
    const die = await this.#part.readWordBe(DIE)
    if (maker !== MAKER_TI || die >> 4 !== DIE_INA260) {
      throw this.#part.wrongPart(`maker ${maker.toString(16)}, die ${die.toString(16)}`)
    }
  }

  async read(): Promise<PowerReadings> {
    const voltage = await this.#word(VOLTAGE)
    const current = await this.#word(CURRENT)
    const power = await this.#word(POWER)
    const voltageMv = voltage === null ? null : ina260VoltageMv(voltage)
    const currentMa = current === null ? null : ina260CurrentMa(current)
    const isVoltage = voltageMv !== null && voltageMv > 0 && voltageMv <= MAX_PLAUSIBLE_MV
    const isCurrent = currentMa !== null && currentMa > -1000 && currentMa <= MAX_PLAUSIBLE_MA
    return {
      voltageMv: isVoltage ? voltageMv : null,
      currentMa: isCurrent ? currentMa : null,
      powerW: isVoltage && isCurrent && power !== null ? ina260PowerW(power) : null,
    }
  }

  /** All ones is what an absent part's lines float to. */
  async #word(register: number): Promise<number | null> {
    const word = await orNull(this.#part.readWordBe(register, { urgency: 'poll' }))
    return word === 0xffff ? null : word
  }
}
