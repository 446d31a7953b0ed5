/** Registers of one part on an I2C bus: single bytes and words, written and read back where it matters. */
import { HeadframeError } from '../../base/index.ts'
import { type I2cBus, type RequestOptions } from '../control/buses.ts'

export class PartRegisters {
  /** For messages, for instance `EMC2101`. */
  readonly part: string
  readonly address: number
  readonly #bus: I2cBus

  constructor(bus: I2cBus, part: string, address: number) {
    this.#bus = bus
    this.part = part
    this.address = address
  }

  async readByte(register: number, options?: RequestOptions): Promise<number> {
    const [byte = 0] = await this.#bus.writeRead(this.address, Uint8Array.of(register), 1, options)
    return byte
  }

  async readBytes(register: number, count: number, options?: RequestOptions): Promise<Uint8Array> {
    return await this.#bus.writeRead(this.address, Uint8Array.of(register), count, options)
  }

  /** Most significant byte first. */
  async readWordBe(register: number, options?: RequestOptions): Promise<number> {
    const [high = 0, low = 0] = await this.readBytes(register, 2, options)
    return (high << 8) | low
  }

  /** Least significant byte first, as PMBus has it. */
  async readWordLe(register: number, options?: RequestOptions): Promise<number> {
    const [low = 0, high = 0] = await this.readBytes(register, 2, options)
    return (high << 8) | low
  }

  /** @param bytes none for a command without data */
  async write(register: number, bytes: readonly number[], options?: RequestOptions): Promise<void> {
    await this.#bus.write(this.address, Uint8Array.of(register, ...bytes), options)
  }

  /** Writes, reads back, compares. @throws HeadframeError `i2c/not-taken` */
  async writeVerified(register: number, bytes: readonly number[], options?: RequestOptions): Promise<void> {
    await this.write(register, bytes, options)
    const got = await this.readBytes(register, bytes.length, options)
    if (bytes.every((byte, index) => byte === got[index])) return
    throw notTaken(this, register)
  }

  /** @throws HeadframeError `i2c/wrong-part` */
  wrongPart(found: string): HeadframeError {
    return new HeadframeError(
      'i2c/wrong-part',
      `At address ${hexByte(this.address)} there should be a ${this.part}, but it says ${found}. Nothing was set; the board is another one than expected.`,
      { context: { part: this.part, address: this.address, found } },
    )
  }
}

function notTaken(part: PartRegisters, register: number): HeadframeError {
  return new HeadframeError(
    'i2c/not-taken',
    `The ${part.part} did not keep what was written to register ${hexByte(register)}. Unplug the board and plug it in again.`,
    { context: { part: part.part, register } },
  )
}

export function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

/** The value of an operation on the bus, or null if the part does not answer; a lost channel is still thrown. */
export async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof HeadframeError && error.code.startsWith('i2c/')) return null
    throw error
  }
}
