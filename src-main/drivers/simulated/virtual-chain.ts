/**
 * A chain of BM1362, BM1366, BM1368, BM1370 or BM1397 that really hashes: reads commands and jobs off its line as the
 * data sheets have it (asic-serial section 5), keeps registers, and reports nonces that it found. It shares no code with
 * the drivers, so that a mistake of theirs meets somebody who reads the bytes for himself. Not a timing model: bytes
 * take no time, and it hashes at the scaled rate that software can.
 */
import { type Clock, equalBytes } from '../../base/index.ts'
import { type ByteLink } from '../model/byte-link.ts'
import { baudRateOf, CHIP_KINDS, type ChipKind, ticketMaskOf, type VirtualChipKind } from './chip-kinds.ts'
import { ChainSearch, type FoundNonce } from './chain-search.ts'
import { ChipLine } from './chip-line.ts'
import { Faults } from './faults.ts'
import { HashPacer } from './hash-pacer.ts'
import { type ChipJob, decodeJob, isJobLength, jobFrameSize } from './job-frames.ts'
import { type NonceFinder } from './nonce-finder.ts'
import { REGISTER, VirtualChip } from './virtual-chip.ts'
import { commandSum, replyEnd } from './wire-sums.ts'

export interface VirtualChainOptions {
  readonly chip: VirtualChipKind
  readonly chipCount: number
  readonly clock: Clock
  readonly finder: NonceFinder
  /** Zero bits that a hash has before the ticket is looked at: 32 in silicon, few enough here for software. */
  readonly fixedZeroBits: number
  /** Share of the rate that clock and cores promise; 1 if absent. */
  readonly rateRatio?: number
  readonly faults?: Faults
  /** Whether there is power, and whether the reset line is released, to begin with; both if absent. */
  readonly powered?: boolean
  readonly released?: boolean
  /** What the diode beside the chips measures, degrees Celsius. */
  readonly chipC?: () => number
  /** Called when what it draws may have changed. */
  readonly onActivity?: () => void
}

export interface ChainView {
  readonly powered: boolean
  readonly released: boolean
  readonly baudRate: number
  readonly addresses: readonly number[]
  readonly clockMhz: number
  /** The largest step of the clock since the last reset, once it ran. */
  readonly largestClockStepMhz: number
  readonly ticketMask: number
  readonly rolledMask: number | null
  readonly hashing: boolean
  /** H/s as scaled. */
  readonly hashrateHs: number
  /** Since it was made: */
  readonly commands: number
  readonly badFrames: number
  readonly jobs: number
  readonly nonces: number
  readonly hashes: number
}

/** Hashes come in turns of this length. */
const TURN_MS = 50
/** Beyond it bytes without a frame are forgotten. */
const MAX_BUFFER = 4096

export class VirtualChain {
  readonly line: ChipLine
  readonly faults: Faults
  readonly #kind: ChipKind
  readonly #options: VirtualChainOptions
  readonly #chips: readonly VirtualChip[]
  readonly #search: ChainSearch
  readonly #pacer: HashPacer
  #powered: boolean
  #released: boolean
  #buffer = new Uint8Array(0)
  #job: ChipJob | null = null
  #previousJobId = 0
  #clockMhz = 0
  #largestClockStepMhz = 0
  #commands = 0
  #badFrames = 0
  #jobs = 0
  #nonces = 0

  constructor(options: VirtualChainOptions) {
    this.#options = options
    this.#kind = CHIP_KINDS[options.chip]
    this.faults = options.faults ?? new Faults()
    this.#powered = options.powered ?? true
    this.#released = options.released ?? true
    this.#chips = Array.from({ length: options.chipCount }, () => new VirtualChip(this.#kind))
    this.#search = new ChainSearch({
      ...options,
      kind: this.#kind,
      chips: this.#chips,
      silent: (chip) => !this.#reachable.includes(chip) || this.#isSilent(chip),
      report: (found) => this.#report(found),
    })
    this.#pacer = new HashPacer(options.clock, TURN_MS, (count) => {
      if (this.#job !== null) this.#search.hash(this.#job, count)
    })
    this.line = new ChipLine({
      clock: options.clock,
      faults: this.faults,
      baudRate: this.#lineRate(),
      onBytes: (bytes) => this.#take(bytes),
    })
  }

  /** @param link the board's end of a line; an earlier one is forgotten. It goes on without any. */
  attach(link: ByteLink): void {
    this.line.attach(link)
  }

  /** Losing power, like reset, forgets everything. */
  setPower(powered: boolean): void {
    if (powered === this.#powered) return
    this.#pacer.catchUp()
    this.#powered = powered
    this.#forget()
  }

  /** @param released false holds the chips in reset */
  setReset(released: boolean): void {
    if (released === this.#released) return
    this.#pacer.catchUp()
    this.#released = released
    this.#forget()
    if (released && this.#powered) this.line.garbage()
  }

  stop(): void {
    this.#pacer.stop()
  }

  get view(): ChainView {
    const first = this.#chips[0]!
    return {
      powered: this.#powered,
      released: this.#released,
      baudRate: this.line.baudRate,
      addresses: this.#chips.map((chip) => chip.address),
      clockMhz: first.clockMhz,
      largestClockStepMhz: this.#largestClockStepMhz,
      ticketMask: ticketMaskOf(first.raw(REGISTER.ticket)),
      rolledMask: first.rolledMask,
      hashing: this.#pacer.hashrateHs > 0 && !this.#search.resting,
      hashrateHs: this.#pacer.hashrateHs,
      commands: this.#commands,
      badFrames: this.#badFrames,
      jobs: this.#jobs,
      nonces: this.#nonces,
      hashes: this.#search.hashes,
    }
  }

  /** A register as it was last written. @param chip counts from 0 */
  register(chip: number, register: number): number {
    return this.#chips[chip]?.raw(register) ?? 0
  }

  get #alive(): boolean {
    return this.#powered && this.#released
  }

  /** Those that hear and are heard: a chain breaks at its first dead chip. */
  get #reachable(): readonly VirtualChip[] {
    const dead = this.faults.get('dead-chip')
    return dead === null ? this.#chips : this.#chips.slice(0, dead.chip)
  }

  #isSilent(chip: VirtualChip): boolean {
    const fault = this.faults.get('silent-chip')
    return fault !== null && this.#chips[fault.chip] === chip
  }

  #forget(): void {
    this.#pacer.stop()
    for (const chip of this.#chips) chip.reset()
    this.#buffer = new Uint8Array(0)
    this.#job = null
    this.#clockMhz = 0
    this.#largestClockStepMhz = 0
    this.line.setBaudRate(this.#lineRate())
    this.#options.onActivity?.()
  }

  #lineRate(): number {
    return baudRateOf(this.#kind, this.#chips[0]!.raw(this.#kind.baudRegister))
  }

  #take(bytes: Uint8Array): void {
    // In reset, or without power, nobody listens.
    if (!this.#alive) return
    const joined = new Uint8Array(this.#buffer.length + bytes.length)
    joined.set(this.#buffer)
    joined.set(bytes, this.#buffer.length)
    this.#buffer = joined.slice(-MAX_BUFFER)
    while (this.#takeFrame());
  }

  /** @returns whether there may be another */
  #takeFrame(): boolean {
    const buffer = this.#buffer
    let start = 0
    while (start < buffer.length && !(buffer[start] === 0x55 && (buffer[start + 1] ?? 0xaa) === 0xaa)) start++
    this.#buffer = buffer.subarray(start)
    const [, , type, length] = this.#buffer
    if (type === undefined || length === undefined) return false
    const isJob = type === 0x21
    const plausible = isJob ? isJobLength(this.#kind.rolls, length) : isCommand(type, length)
    if (!plausible) return this.#skipPreamble()
    const size = isJob ? jobFrameSize(this.#kind.rolls, length) : length + 2
    if (this.#buffer.length < size) return false
    const frame = this.#buffer.slice(0, size)
    const taken = isJob ? this.#takeJob(frame) : this.#takeCommand(frame)
    if (!taken) return this.#skipPreamble()
    this.#buffer = this.#buffer.subarray(size)
    return true
  }

  #skipPreamble(): true {
    this.#badFrames++
    this.#buffer = this.#buffer.subarray(2)
    return true
  }

  #takeJob(frame: Uint8Array): boolean {
    const job = decodeJob(frame, this.#kind.rolls)
    if (job === null) return false
    this.#jobs++
    this.#pacer.catchUp()
    this.#previousJobId = this.#job?.id ?? job.id
    this.#job = job
    this.#search.restart()
    this.#retune()
    return true
  }

  #takeCommand(frame: Uint8Array): boolean {
    const sum = frame.length - 1
    if (commandSum(frame.subarray(2, sum)) !== frame[sum]!) return false
    this.#commands++
    const [, , type, , address, register] = frame as unknown as [0, 0, number, 0, number, number]
    const heard = this.#reachable
    const meant =
      (type & 0x10) !== 0 ? heard : heard.filter((chip) => chip.active && chip.address === address)
    const what = type & 0x3
    if (what === 0) {
      const next = heard.find((chip) => !chip.active)
      if (next) Object.assign(next, { address, active: true })
    } else if (what === 1) {
      this.#write(meant, register, new DataView(frame.buffer, frame.byteOffset).getUint32(6))
    } else if (what === 2) {
      for (const chip of meant) this.#answer(chip, register)
    } else for (const chip of heard) chip.active = false
    return true
  }

  #write(chips: readonly VirtualChip[], register: number, value: number): void {
    this.#pacer.catchUp()
    for (const chip of chips) chip.write(register, value)
    if (register === REGISTER.pll) this.#noteClock()
    this.line.setBaudRate(this.#lineRate())
    this.#retune()
  }

  #noteClock(): void {
    const mhz = this.#chips[0]!.clockMhz
    if (this.#clockMhz !== 0) {
      this.#largestClockStepMhz = Math.max(this.#largestClockStepMhz, Math.abs(mhz - this.#clockMhz))
    }
    this.#clockMhz = mhz
  }

  #answer(chip: VirtualChip, register: number): void {
    const value = chip.read(register, 2 ** this.#options.fixedZeroBits, this.#options.chipC?.() ?? 25)
    const body = [
      value >>> 24,
      (value >> 16) & 0xff,
      (value >> 8) & 0xff,
      value & 0xff,
      chip.address,
      register,
    ]
    if (chip.rolledMask !== null) body.push(0, 0)
    this.#reply(body, 0)
  }

  #reply(body: readonly number[], type: number): void {
    const payload = Uint8Array.from(body)
    this.line.reply(Uint8Array.of(0xaa, 0x55, ...payload, replyEnd(payload, type)))
  }

  /** After anything that decides how fast, and where, it hashes. */
  #retune(): void {
    const hashrateHs = this.#search.retune(this.#job)
    const hashing = this.#alive && this.#job !== null && this.#chips[0]!.ready
    this.#pacer.setRate(hashing ? hashrateHs : 0)
    this.#options.onActivity?.()
  }

  #report({ chip, job, nonce, lane, field, excessBits }: FoundNonce): void {
    this.#nonces++
    let reported = nonce
    if (this.faults.strikes('wrong-nonce')) {
      chip.errors++
      reported = (nonce ^ 0x00010000) >>> 0
    }
    const jobId = this.faults.strikes('old-job-id') ? this.#previousJobId : job.id
    const body = [reported & 0xff, (reported >> 8) & 0xff, (reported >> 16) & 0xff, reported >>> 24]
    body.push(Math.min(0xff, 2 * excessBits), this.#kind.idByte(jobId, lane))
    if (chip.rolledMask !== null) body.push(field >> 8, field & 0xff)
    this.#reply(body, 4)
    if (this.faults.strikes('repeated-nonce')) this.#reply(body, 4)
  }
}

const COMMANDS: readonly Uint8Array[] = [
  [0x40, 5],
  [0x41, 9],
  [0x42, 5],
  [0x51, 9],
  [0x52, 5],
  [0x53, 5],
].map((pair) => Uint8Array.from(pair))

function isCommand(type: number, length: number): boolean {
  return COMMANDS.some((known) => equalBytes(known, Uint8Array.of(type, length)))
}
