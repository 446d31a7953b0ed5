/** Parts on the bus of a simulated board, by their registers (asic-serial 6.3). The regulator has a file of its own. */
import { type BoardPhysics } from './board-physics.ts'
import { type Faults } from './faults.ts'

/** Something with an address that takes and gives bytes. The first byte written chooses a register. */
export interface I2cPart {
  readonly address: number
  write(bytes: Uint8Array): void
  /** From the register chosen last. */
  read(count: number): Uint8Array
}

/** Registers of one byte, the next one follows. */
abstract class ByteRegisters implements I2cPart {
  abstract readonly address: number
  #pointer = 0

  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#pointer = bytes[0]!
    for (const [index, byte] of bytes.subarray(1).entries()) this.store((this.#pointer + index) & 0xff, byte)
  }

  read(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, (_, index) => this.load((this.#pointer + index) & 0xff))
  }

  protected abstract store(register: number, byte: number): void
  protected abstract load(register: number): number
}

/** Registers of two bytes, most significant first. */
abstract class WordRegisters implements I2cPart {
  abstract readonly address: number
  #pointer = 0

  write(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#pointer = bytes[0]!
  }

  read(count: number): Uint8Array {
    const word = this.load(this.#pointer)
    return Uint8Array.from({ length: count }, (_, index) => (index % 2 === 0 ? word >> 8 : word & 0xff))
  }

  protected abstract load(register: number): number
}

/** How long after power came a diode measures nothing yet. */
const DIODE_SETTLE_MS = 300
const DIODE_OPEN = 0x3f8
const FULL_RPM = 6000
/** Slower than this a fan does not start. */
const FAN_STARTS_AT = 0.08

export interface FanPartOptions {
  readonly physics: BoardPhysics
  readonly faults: Faults
  /** Since when the chip has had power, milliseconds ago; null: it has none, and its diode measures nothing. */
  readonly poweredForMs: () => number | null
  readonly onFan: (ratio: number) => void
}

/** EMC2101: fan, diode in the chip, and its own temperature beside it. */
export class VirtualEmc2101 extends ByteRegisters {
  readonly address = 0x4c
  readonly #options: FanPartOptions
  readonly #registers = new Uint8Array(256)
  #duty = 0

  constructor(options: FanPartOptions) {
    super()
    this.#options = options
    this.#registers[0x4a] = 0x20
    this.#registers.set([0x16, 0x5d, 0x01], 0xfd)
  }

  /** What the fan is told, 0 to 1; what it does depends on faults. */
  get dutyRatio(): number {
    return this.#duty
  }

  get fanRatio(): number {
    if (this.#options.faults.get('stuck-fan') !== null) return 0
    return this.#duty < FAN_STARTS_AT ? 0 : this.#duty
  }

  /** As written. */
  register(register: number): number {
    return this.#registers[register] ?? 0
  }

  protected store(register: number, byte: number): void {
    if (register >= 0xfd) return
    this.#registers[register] = byte
    if (register !== 0x4c && register !== 0x4a) return
    // Bit 5 of 4A: the duty is what 4C says. Bit 4 turns it round.
    const config = this.#registers[0x4a]!
    if ((config & 0x20) === 0) return
    const ratio = Math.min(63, this.#registers[0x4c]!) / 63
    this.#duty = (config & 0x10) === 0 ? ratio : 1 - ratio
    this.#options.onFan(this.#duty)
  }

  protected load(register: number): number {
    const raw = this.#diode()
    if (register === 0x00) return Math.round(this.#options.physics.chipC - 5) & 0xff
    if (register === 0x01) return (raw >> 3) & 0xff
    if (register === 0x10) return (raw & 7) << 5
    if (register === 0x46) return this.#tach & 0xff
    if (register === 0x47) return this.#tach >> 8
    return this.#registers[register]!
  }

  get #tach(): number {
    // Without bit 2 of 03 the pin is an alert output.
    const listens = (this.#registers[0x03]! & 0x04) !== 0
    const rpm = this.fanRatio * FULL_RPM
    return listens && rpm > 0 ? Math.min(0xffff, Math.round(5_400_000 / rpm)) : 0xffff
  }

  /** Eleven bits of an eighth of a degree. */
  #diode(): number {
    const fault = this.#options.faults.get('sensor-reads')
    if (fault !== null) return { zero: 0, 'diode-open': DIODE_OPEN, 'all-ones': 0x7ff }[fault.as]
    const poweredForMs = this.#options.poweredForMs()
    if (poweredForMs === null || poweredForMs < DIODE_SETTLE_MS) return DIODE_OPEN
    // The part reports at most 127 7/8: further it says that the diode is shorted.
    return Math.min(0x3ff, Math.round(this.#options.physics.chipC * 8)) & 0x7ff
  }
}

/** INA260: current, voltage and power of the supply. */
export class VirtualIna260 extends WordRegisters {
  readonly address = 0x40
  readonly #physics: BoardPhysics

  constructor(physics: BoardPhysics) {
    super()
    this.#physics = physics
  }

  protected load(register: number): number {
    if (register === 0x01) return Math.round((this.#physics.inputA * 1000) / 1.25)
    if (register === 0x02) return Math.round(this.#physics.inputMv / 1.25)
    if (register === 0x03) return Math.round(this.#physics.inputW / 0.01)
    if (register === 0xfe) return 0x5449
    return register === 0xff ? 0x2270 : 0
  }
}

/** DS4432U with the converter that it steers: the core voltage is never off. */
export class VirtualDs4432u extends ByteRegisters {
  readonly address = 0x48
  readonly #onVoltage: () => void
  #code = 0

  constructor(onVoltage: () => void) {
    super()
    this.#onVoltage = onVoltage
  }

  get coreMv(): number {
    const amps = ((this.#code & 0x7f) * 98.921e-6) / 127
    const lowered = (this.#code & 0x80) !== 0
    return 1000 * (0.6 + 4750 * (0.6 / 3320 + (lowered ? -amps : amps)))
  }

  protected store(register: number, byte: number): void {
    if (register !== 0xf8) return
    this.#code = byte
    this.#onVoltage()
  }

  protected load(register: number): number {
    return register === 0xf8 ? this.#code : 0
  }
}

/** TMP1075: a thermometer on the board. */
export class VirtualTmp1075 extends WordRegisters {
  readonly address: number
  readonly #physics: BoardPhysics

  constructor(address: number, physics: BoardPhysics) {
    super()
    this.address = address
    this.#physics = physics
  }

  protected load(register: number): number {
    if (register === 0x0f) return 0x7500
    return register === 0x00 ? (Math.round((this.#physics.chipC - 10) / 0.0625) << 4) & 0xffff : 0
  }
}
