/** TMP1075: a thermometer on the board, one or two beside the chips of Hex boards. asic-serial 6.3. */
import { HeadframeError } from '../../base/index.ts'
import { type I2cBus } from '../control/buses.ts'
import { plausibleC, type Thermometer } from './kinds.ts'
import { orNull, PartRegisters } from './registers.ts'

export const TMP1075_ADDRESSES: readonly number[] = [0x4a, 0x4b]

const TEMPERATURE = 0x00
const DIE_ID = 0x0f
const DIE_ID_TMP1075 = 0x7500

/** @param word 16 bits, the value in its upper 12, signed @returns -128 to 127.9375 */
export function tmp1075C(word: number): number {
  const raw = word >> 4
  return (raw >= 0x800 ? raw - 0x1000 : raw) * 0.0625
}

export interface Tmp1075Options {
  readonly addresses: readonly number[]
  /** Added to every reading: what chips are hotter than the board beside them. 10 on Hex boards. */
  readonly offsetC: number
}

export class Tmp1075 implements Thermometer {
  readonly name = 'TMP1075'
  readonly #parts: readonly PartRegisters[]
  readonly #offsetC: number

  constructor(bus: I2cBus, options: Tmp1075Options) {
    if (options.addresses.length === 0)
      throw new HeadframeError('i2c/bad-request', 'No thermometer was named.')
    this.#parts = options.addresses.map((address) => new PartRegisters(bus, this.name, address))
    this.#offsetC = options.offsetC
  }

  async init(): Promise<void> {
    for (const part of this.#parts) {
      const id = await part.readWordBe(DIE_ID)
      if (id !== DIE_ID_TMP1075) throw part.wrongPart(`die ${id.toString(16)}`)
    }
  }

  async readChipTemperatures(): Promise<readonly (number | null)[]> {
    const temperatures: (number | null)[] = []
    for (const part of this.#parts) {
      const word = await orNull(part.readWordBe(TEMPERATURE, { urgency: 'poll' }))
      // All ones is what an absent part's lines float to, and a sixteenth below zero otherwise: neither is a chip.
      const celsius = word === null || word === 0xffff ? null : plausibleC(tmp1075C(word))
      temperatures.push(celsius === null ? null : plausibleC(celsius + this.#offsetC))
    }
    return temperatures
  }
}
