/** EMC2302: two fans, no temperatures. On Hex boards. asic-serial 6.3, fixtures/asic/peripherals.json. */
import { type I2cBus } from '../control/buses.ts'
import { clampPermille, type FanController } from './kinds.ts'
import { hexByte, orNull, PartRegisters } from './registers.ts'

export const EMC2302_ADDRESS = 0x2f

const FANS = [
  { duty: 0x30, config: 0x32, tach: 0x3e },
  { duty: 0x40, config: 0x42, tach: 0x4e },
] as const
/** Bits 6 and 5 choose what the count is multiplied with; 0: once, from 500 rpm on. */
const RANGE_BITS = 0x60
/** Bit 7: the part steers the speed itself, and ignores the duty that is written. */
const CLOSED_LOOP_BIT = 0x80
const MULTIPLIER = 1
const PRODUCT = 0xfd
const MAKER = 0xfe
const MAKER_SMSC = 0x5d
const PRODUCT_2302 = 0x36

/**
 * @param first byte of register 3e or 4e: the upper eight bits of the count @param second the lower five, on top
 * @param multiplier 1, 2, 4 or 8
 */
export function emc2302Rpm(first: number, second: number, multiplier: number): number | null {
  if (first === 0xff) return 0
  const count = (first << 5) | (second >> 3)
  return count === 0 ? null : Math.floor((3_932_160 * multiplier) / count)
}

/** @param permille limited to 0..1000 @returns 0 to 255 */
export function duty255(permille: number): number {
  return Math.floor((255 * clampPermille(permille)) / 1000)
}

export class Emc2302 implements FanController {
  readonly name = 'EMC2302'
  readonly #registers: PartRegisters

  constructor(bus: I2cBus) {
    this.#registers = new PartRegisters(bus, this.name, EMC2302_ADDRESS)
  }

  async init(): Promise<void> {
    const part = this.#registers
    const maker = await part.readByte(MAKER)
    const product = await part.readByte(PRODUCT)
    if (maker !== MAKER_SMSC || product !== PRODUCT_2302) {
      throw part.wrongPart(`maker ${hexByte(maker)}, product ${hexByte(product)}`)
    }
    for (const fan of FANS) {
      const config = await part.readByte(fan.config)
      await part.writeVerified(fan.config, [config & ~(RANGE_BITS | CLOSED_LOOP_BIT) & 0xff])
    }
  }

  /** Both fans are tried even if the first does not answer. */
  async setDuty(permille: number): Promise<void> {
    const outcomes = []
    for (const fan of FANS) {
      outcomes.push(
        await this.#registers.write(fan.duty, [duty255(permille)]).then(
          () => null,
          (error: unknown) => ({ error }),
        ),
      )
    }
    const failure = outcomes.find((outcome) => outcome !== null)
    if (failure) throw failure.error
  }

  async readRpm(): Promise<readonly (number | null)[]> {
    const speeds: (number | null)[] = []
    for (const fan of FANS) speeds.push(await orNull(this.#readRpm(fan.tach)))
    return speeds
  }

  async #readRpm(tach: number): Promise<number | null> {
    const [first = 0xff, second = 0xff] = await this.#registers.readBytes(tach, 2, { urgency: 'poll' })
    return emc2302Rpm(first, second, MULTIPLIER)
  }
}
