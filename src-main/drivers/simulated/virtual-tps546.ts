/**
 * TPS546D24A as a board's regulator: PMBus registers, an output that heeds them, and faults that latch (asic-serial 6.3;
 * PMBus Specification Part II). It clamps what is out of its own limits, as the part does, and says so.
 */
import { type BoardPhysics } from './board-physics.ts'
import { type Faults } from './faults.ts'
import { type I2cPart } from './i2c-parts.ts'

const DEVICE_ID = [6, 0x54, 0x49, 0x54, 0x6d, 0x24, 0x41]
const VOUT_MODE = 0x97
const VOUT_UNITS_PER_V = 512

/** Two bytes unless they are here. */
const BYTE_REGISTERS = new Set([0x01, 0x02, 0x04, 0x10, 0x20, 0x47, 0x50, 0x56, 0x63, 0xe4])

const STATUS = {
  off: 0x0040,
  overCurrent: 0x0010,
  inputLow: 0x0008,
  temperature: 0x0004,
  current: 0x4000,
  voltage: 0x8000,
  input: 0x2000,
  powerNotGood: 0x0800,
} as const

export interface VirtualTps546Options {
  readonly physics: () => BoardPhysics
  readonly faults: Faults
  /** The output came on, went off, or changed. */
  readonly onOutput: () => void
}

export class VirtualTps546 implements I2cPart {
  readonly address = 0x24
  readonly #options: VirtualTps546Options
  readonly #registers = new Map<number, number>([
    [0x01, 0x00],
    [0x02, 0x17],
    [0x20, VOUT_MODE],
    [0x21, 0x0100],
    [0x24, 0x0300],
    [0x2b, 0x0100],
    [0x35, 0xc2c0],
    [0x36, 0xc280],
    [0x46, 0xe340],
    [0x4f, 0x0096],
  ])
  readonly #blocks = new Map<number, readonly number[]>()
  #pointer = 0
  /** Bits of STATUS_WORD that stay until they are cleared. */
  #latched = 0
  #hasTripped = false

  constructor(options: VirtualTps546Options) {
    this.#options = options
  }

  /** 0 while the output is off. */
  get outputMv(): number {
    if (!this.#enabled || this.#hasTripped) return 0
    return (1000 * this.#clampedCommand) / VOUT_UNITS_PER_V
  }

  /** As written; words least significant byte first on the bus, a number here. */
  register(register: number): number {
    return this.#registers.get(register) ?? 0
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    const [register = 0, low, high] = bytes
    this.#pointer = register
    if (register === 0x03) this.#clearFaults()
    if (low === undefined || register === 0x20 || register === 0xad) return
    if (register === 0xb1) this.#blocks.set(register, [...bytes.subarray(1)])
    else if (BYTE_REGISTERS.has(register)) this.#registers.set(register, low)
    else if (high !== undefined) this.#registers.set(register, low | (high << 8))
    if (register === 0x01 && (low & 0x80) === 0) this.#hasTripped = false
    if (register === 0x21 && this.#clampedCommand !== this.register(0x21)) this.#latched |= STATUS.voltage
    this.#options.onOutput()
    this.#protect()
  }

  read(count: number): Uint8Array {
    const bytes = this.#isCold() ? [] : this.#bytes()
    return Uint8Array.from({ length: count }, (_, index) => bytes[index] ?? 0xff)
  }

  /** Switches itself off when a limit of its own is passed: called whenever something may have. */
  #protect(): void {
    const physics = this.#options.physics()
    if (this.outputMv > 0) {
      if (this.#options.faults.get('regulator-fault') !== null) this.#trip(STATUS.voltage)
      if (physics.coreA > linear11(this.register(0x46))) this.#trip(STATUS.current | STATUS.overCurrent)
      if (physics.regulatorC > linear11(this.register(0x4f))) this.#trip(STATUS.temperature)
      if (physics.inputMv / 1000 < linear11(this.register(0x36))) this.#trip(STATUS.input | STATUS.inputLow)
    }
  }

  #trip(status: number): void {
    this.#latched |= status
    this.#hasTripped = true
    this.#options.onOutput()
  }

  #clearFaults(): void {
    this.#latched = 0
  }

  /** OPERATION says on, the control pin (which boards leave open) is not asked for, and the input is high enough. */
  get #enabled(): boolean {
    const commanded = (this.register(0x01) & 0x80) !== 0
    const asksForPin = (this.register(0x02) & 0x04) !== 0
    return commanded && !asksForPin && linear11(this.register(0x35)) < 5.1
  }

  get #clampedCommand(): number {
    return Math.min(this.register(0x24), Math.max(this.register(0x2b), this.register(0x21)))
  }

  #isCold(): boolean {
    const cold = this.#options.faults.get('cold-regulator')
    return cold !== null && this.#options.faults.count('cold-regulator') <= cold.reads
  }

  #bytes(): readonly number[] {
    this.#protect()
    const register = this.#pointer
    if (register === 0xad) return DEVICE_ID
    const block = this.#blocks.get(register)
    if (block !== undefined) return block
    const value = this.#measured(register) ?? this.register(register)
    return BYTE_REGISTERS.has(register) ? [value] : [value & 0xff, value >> 8]
  }

  #measured(register: number): number | null {
    const physics = this.#options.physics()
    if (register === 0x79) {
      const off = this.outputMv === 0 ? STATUS.off | STATUS.powerNotGood : 0
      return this.#latched | off
    }
    if (register === 0x88) return toLinear11(physics.inputMv / 1000)
    if (register === 0x8b) return Math.round((this.outputMv / 1000) * VOUT_UNITS_PER_V)
    if (register === 0x8c) return toLinear11(this.outputMv === 0 ? 0 : physics.coreA)
    if (register === 0x8d) return toLinear11(physics.regulatorC)
    return null
  }
}

/** Five bits of exponent, eleven of mantissa, both signed. */
export function linear11(word: number): number {
  const exponent = (word << 16) >> 27
  const mantissa = (word << 21) >> 21
  return mantissa * 2 ** exponent
}

/** As this part reports: an exponent for the value's size. @param value 0 to 1023 */
export function toLinear11(value: number): number {
  let exponent = 0
  while (exponent > -10 && Math.round(value * 2 ** (1 - exponent)) <= 1023) exponent--
  return ((exponent & 0x1f) << 11) | (Math.round(value * 2 ** -exponent) & 0x7ff)
}
