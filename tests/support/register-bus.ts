/** An I2C bus of parts that are registers and nothing else, which remembers what was written and can be told to fail. */
import { HeadframeError, toHex } from '../../src-main/base/index.ts'
import { type I2cBus, type RequestOptions } from '../../src-main/drivers/control/buses.ts'

export type Registers = Record<number, readonly number[]>

export class RegisterBus implements I2cBus {
  /** `address:register bytes`, in hex, in order. */
  readonly writes: string[] = []
  readonly reads: string[] = []
  readonly urgencies: string[] = []
  /** Called before each transfer; may throw, or change registers. */
  before: (address: number, register: number, isWrite: boolean) => void | Promise<void> = () => undefined
  readonly #parts = new Map<number, Map<number, readonly number[]>>()

  constructor(parts: Record<number, Registers> = {}) {
    for (const [address, registers] of Object.entries(parts)) this.addPart(Number(address), registers)
  }

  addPart(address: number, registers: Registers): void {
    this.#parts.set(address, new Map(Object.entries(registers).map(([key, bytes]) => [Number(key), bytes])))
  }

  removePart(address: number): void {
    this.#parts.delete(address)
  }

  set(address: number, register: number, ...bytes: number[]): void {
    this.#part(address).set(register, bytes)
  }

  get(address: number, register: number): readonly number[] | undefined {
    return this.#part(address).get(register)
  }

  async setFrequency(): Promise<void> {
    // Registers do not care.
  }

  async write(address: number, bytes: Uint8Array, options: RequestOptions = {}): Promise<void> {
    const [register = 0, ...values] = bytes
    this.#note(options)
    await this.before(address, register, true)
    this.writes.push(`${hex(address)}:${hex(register)} ${toHex(Uint8Array.from(values))}`.trimEnd())
    const part = this.#part(address)
    if (values.length > 0) part.set(register, values)
  }

  async read(address: number, count: number): Promise<Uint8Array> {
    this.#part(address)
    return new Uint8Array(count)
  }

  async writeRead(
    address: number,
    bytes: Uint8Array,
    count: number,
    options: RequestOptions = {},
  ): Promise<Uint8Array> {
    const [register = 0] = bytes
    this.#note(options)
    await this.before(address, register, false)
    this.reads.push(`${hex(address)}:${hex(register)}`)
    const values = this.#part(address).get(register) ?? []
    return Uint8Array.from({ length: count }, (_, index) => values[index] ?? 0)
  }

  #note(options: RequestOptions): void {
    if (options.signal?.aborted) throw new HeadframeError('control/cancelled', 'given up')
    this.urgencies.push(options.urgency ?? 'command')
  }

  #part(address: number): Map<number, readonly number[]> {
    const part = this.#parts.get(address)
    if (!part) throw noAnswer(address)
    return part
  }
}

export function noAnswer(address: number): HeadframeError {
  return new HeadframeError('i2c/no-answer', `The part at ${hex(address)} does not answer.`)
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
