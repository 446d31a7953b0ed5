/** TMP451: its own temperature and that of a diode. On emberOne/00. asic-serial 6.3 [src: mujina tmp451.rs]. */
import { type I2cBus } from '../control/buses.ts'
import { plausibleC, type Thermometer } from './kinds.ts'
import { hexByte, orNull, PartRegisters } from './registers.ts'

export const TMP451_ADDRESS = 0x49

const REMOTE_HIGH = 0x01
const REMOTE_LOW = 0x10
const STATUS = 0x02
const STATUS_REMOTE_OPEN = 0x04
const MAKER = 0xfe
const MAKER_TI = 0x55

/** @param high whole degrees @param low sixteenths in its upper four bits; the lower four mean nothing */
export function tmp451C(high: number, low: number): number {
  return ((high << 4) | (low >> 4)) * 0.0625
}

export class Tmp451 implements Thermometer {
  readonly name = 'TMP451'
  readonly #part: PartRegisters
  readonly #offsetC: number

  /** @param offsetC added to every reading of the diode; -7 on emberOne/00 */
  constructor(bus: I2cBus, offsetC: number) {
    this.#part = new PartRegisters(bus, this.name, TMP451_ADDRESS)
    this.#offsetC = offsetC
  }

  async init(): Promise<void> {
    const maker = await this.#part.readByte(MAKER)
    if (maker !== MAKER_TI) throw this.#part.wrongPart(`maker ${hexByte(maker)}`)
  }

  async readChipTemperatures(): Promise<readonly (number | null)[]> {
    return [await orNull(this.#readRemote())]
  }

  async #readRemote(): Promise<number | null> {
    const status = await this.#part.readByte(STATUS, { urgency: 'poll' })
    if ((status & STATUS_REMOTE_OPEN) !== 0) return null
    const high = await this.#part.readByte(REMOTE_HIGH, { urgency: 'poll' })
    const low = await this.#part.readByte(REMOTE_LOW, { urgency: 'poll' })
    const celsius = plausibleC(tmp451C(high, low))
    return celsius === null ? null : plausibleC(celsius + this.#offsetC)
  }
}
