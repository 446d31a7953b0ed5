/**
 * One BM13xx chip of a virtual chain: its registers and its address (asic-serial 5.6). What it hears and says on the
 * line, and its hashing, is the chain's affair.
 */
import { type ChipKind, clockOf } from './chip-kinds.ts'

export const REGISTER = {
  identity: 0x00,
  hashRate: 0x04,
  pll: 0x08,
  nonceOffset: 0x0c,
  hashCount: 0x10,
  ticket: 0x14,
  miscControl: 0x18,
  coreMailbox: 0x3c,
  errors: 0x4c,
  firstDomainCounter: 0x88,
  lastDomainCounter: 0x8b,
  totalCounter: 0x8c,
  versionRolling: 0xa4,
  sensorControl: 0xb0,
  sensor: 0xb4,
} as const

/** Core registers that must have been written before cores hash: enable (2), and on BM1397 the clock delay (0). */
const CORE_ENABLE = 0x02
const CORE_CLOCK = 0x00

/** Counters of hashes count so many zero bits' worth at a time: 2^32 in silicon. */
export type CounterUnit = number

export class VirtualChip {
  readonly #kind: ChipKind
  readonly #registers = new Map<number, number>()
  readonly #coreRegisters = new Map<number, number>()
  address = 0
  /** Inactive chips wait for an address, and hear only what is meant for all. */
  active = true
  /** Hashes done since reset. */
  hashes = 0
  /** Nonces that were none, as the chip's own error counter has it. */
  errors = 0

  constructor(kind: ChipKind) {
    this.#kind = kind
    this.reset()
  }

  reset(): void {
    this.#registers.clear()
    this.#coreRegisters.clear()
    for (const [register, value] of this.#kind.reset) this.#registers.set(register, value)
    this.address = 0
    this.active = true
    this.hashes = 0
    this.errors = 0
  }

  write(register: number, value: number): void {
    this.#registers.set(register, value)
    // Bit 31 all cores, bit 15 write, bits 12..8 core register, 7..0 value.
    if (register === REGISTER.coreMailbox && (value & 0x8000) !== 0) {
      this.#coreRegisters.set((value >> 8) & 0x1f, value & 0xff)
    }
  }

  /** @param unit hashes to one count @param chipC what its diode measures, degrees Celsius */
  read(register: number, unit: CounterUnit, chipC: number): number {
    const { identity, hashRate, errors, firstDomainCounter, lastDomainCounter, totalCounter, sensor } =
      REGISTER
    if (register === identity) {
      return ((this.#kind.model << 16) | (this.#kind.coreByte << 8) | this.address) >>> 0
    }
    // Bit 31: no measurement yet.
    if (register === hashRate) return 0x80000000
    if (register === errors) return this.errors
    if (register === totalCounter) return Math.floor(this.hashes / unit) % 2 ** 32
    if (register >= firstDomainCounter && register <= lastDomainCounter) {
      return Math.floor(this.hashes / 4 / unit) % 2 ** 32
    }
    if (register === sensor) return this.#sensorWord(chipC)
    return this.raw(register)
  }

  /** As it was written. */
  raw(register: number): number {
    return this.#registers.get(register) ?? 0
  }

  get clockMhz(): number {
    return clockOf(this.#kind, this.raw(REGISTER.pll))
  }

  /** Version bits that it rolls, shifted down by 13; null before rolling was enabled. */
  get rolledMask(): number | null {
    const value = this.raw(REGISTER.versionRolling)
    return this.#kind.rolls && value >>> 31 === 1 ? value & 0xffff : null
  }

  /** Whether its cores are set up, clocked, told how far to sweep, and allowed to report nonces. */
  get ready(): boolean {
    if (this.clockMhz === 0) return false
    if (!this.#kind.rolls) return this.#coreRegisters.has(CORE_CLOCK)
    const enabled = (this.#coreRegisters.get(CORE_ENABLE) ?? 0) !== 0
    return enabled && this.raw(REGISTER.hashCount) !== 0 && this.raw(REGISTER.miscControl) >>> 28 !== 0
  }

  /** Where its counters begin, of 25 bits. */
  get firstCounter(): number {
    const offset = this.raw(REGISTER.nonceOffset)
    return (offset >>> 31 === 1 ? (offset & 0xffff) << 9 : this.address << 17) % 2 ** 25
  }

  #sensorWord(chipC: number): number {
    // Bit 31 valid; temperature = code x 0.171342 - 299.5144. Off until it was switched on.
    if (this.raw(REGISTER.sensorControl) === 0) return 0
    return (0x80000000 | Math.round((chipC + 299.5144) / 0.171342)) >>> 0
  }
}
