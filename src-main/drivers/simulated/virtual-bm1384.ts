/**
 * One or more BM1384 as on GekkoScience's Compac, 2Pac and Terminus: commands of four bytes, work of 64, replies of five
 * (asic-serial 4.6). They have no reset line: they forget only when they lose power.
 */
import { type Clock } from '../../base/index.ts'
import { type ByteLink } from '../model/byte-link.ts'
import { ChipLine } from './chip-line.ts'
import { Faults } from './faults.ts'
import { HashPacer } from './hash-pacer.ts'
import { type NonceFinder } from './nonce-finder.ts'
import { countBits } from './sweep.ts'
import { decodeWork, WORK_BYTES } from './work-frame.ts'
import { nonceBytes, WorkSearch } from './work-search.ts'
import { replyEnd, shortCommandSum } from './wire-sums.ts'

export interface VirtualBm1384Options {
  readonly chipCount: number
  readonly clock: Clock
  readonly finder: NonceFinder
  /** 32 in silicon. */
  readonly fixedZeroBits: number
  readonly faults?: Faults
  readonly onActivity?: () => void
}

export interface Bm1384View {
  readonly addresses: readonly (number | null)[]
  readonly clockMhz: number
  readonly openCores: number
  readonly hashing: boolean
  readonly hashrateHs: number
  readonly commands: number
  readonly works: number
  readonly nonces: number
  readonly hashes: number
}

const CORES = 55
const TURN_MS = 50
/** A frame that was begun and not finished is forgotten then. */
const QUIET_MS = 20
/** What chips report for empty work. */
const BUSY_NONCES: readonly (readonly number[])[] = [
  [0x72, 0x03, 0xea, 0x83],
  [0xe1, 0x6b, 0xf8, 0x09],
]
/** MHz by the low seven bits of a PLL word (asic-serial 3.6). */
const STEP_MHZ: Readonly<Record<number, number>> = { 1: 25, 5: 12.5, 2: 12.5, 6: 6.25, 3: 6.25, 7: 3.125 }

const PLL_REGISTER = 0x04

export class VirtualBm1384 {
  readonly line: ChipLine
  readonly faults: Faults
  readonly #options: VirtualBm1384Options
  readonly #search: WorkSearch
  readonly #pacer: HashPacer
  #powered = true
  #buffer = new Uint8Array(0)
  #bytesTaken = 0
  /** Null: inactive, waiting for one. */
  #addresses: (number | null)[]
  #clockMhz = 0
  #emptyWorks = 0
  #workId = 0
  #commands = 0
  #works = 0
  #nonces = 0

  constructor(options: VirtualBm1384Options) {
    this.#options = options
    this.faults = options.faults ?? new Faults()
    this.#addresses = Array.from({ length: options.chipCount }, () => 0)
    this.#search = new WorkSearch(options.finder, options.fixedZeroBits, (nonce) => this.#report(nonce))
    this.#pacer = new HashPacer(options.clock, TURN_MS, (count) => this.#search.hash(count))
    this.line = new ChipLine({
      clock: options.clock,
      faults: this.faults,
      baudRate: 115_200,
      onBytes: (bytes) => this.#take(bytes),
    })
  }

  attach(link: ByteLink): void {
    this.line.attach(link)
  }

  setPower(powered: boolean): void {
    if (powered === this.#powered) return
    this.#powered = powered
    this.#pacer.stop()
    this.#search.begin(null, 0)
    this.#addresses = this.#addresses.map(() => 0)
    this.#clockMhz = 0
    this.#emptyWorks = 0
    this.#buffer = new Uint8Array(0)
    this.#options.onActivity?.()
  }

  stop(): void {
    this.#pacer.stop()
  }

  get view(): Bm1384View {
    return {
      addresses: this.#addresses,
      clockMhz: this.#clockMhz,
      openCores: this.#openCores,
      hashing: this.#pacer.hashrateHs > 0 && !this.#search.resting,
      hashrateHs: this.#pacer.hashrateHs,
      commands: this.#commands,
      works: this.#works,
      nonces: this.#nonces,
      hashes: this.#search.hashes,
    }
  }

  /** Each empty work but the first opens one more core in every chip. */
  get #openCores(): number {
    return Math.min(CORES, Math.max(0, this.#emptyWorks - 1))
  }

  get #reachable(): number {
    return Math.min(this.#options.chipCount, this.faults.get('dead-chip')?.chip ?? Infinity)
  }

  #take(bytes: Uint8Array): void {
    if (!this.#powered) return
    const joined = new Uint8Array(this.#buffer.length + bytes.length)
    joined.set(this.#buffer)
    joined.set(bytes, this.#buffer.length)
    this.#buffer = joined
    // There is no preamble: whole works are taken for works, and what is shorter for a command if its sum fits.
    while (this.#takeFrame());
    const taken = ++this.#bytesTaken
    if (this.#buffer.length === 0) return
    this.#options.clock.after(QUIET_MS, () => {
      if (taken === this.#bytesTaken) this.#buffer = new Uint8Array(0)
    })
  }

  #takeFrame(): boolean {
    const buffer = this.#buffer
    const wholeWorks = buffer.length >= WORK_BYTES && buffer.length % WORK_BYTES === 0
    if (buffer.length >= 4 && !wholeWorks && isCommand(buffer)) {
      this.#command(buffer[0]!, buffer[1]!, buffer[2]!)
      this.#buffer = buffer.subarray(4)
      return true
    }
    if (buffer.length < WORK_BYTES) return false
    this.#work(buffer.slice(0, WORK_BYTES))
    this.#buffer = buffer.subarray(WORK_BYTES)
    return true
  }

  #command(first: number, second: number, third: number): void {
    this.#commands++
    if (first === 0x85) this.#addresses = this.#addresses.map(() => null)
    else if (first === 0x01) {
      const next = this.#addresses.findIndex((address) => address === null)
      if (next >= 0 && next < this.#reachable) this.#addresses[next] = second
    } else if (first === 0x82) this.#setClock((second << 8) | third)
    else {
      const all = first === 0x84
      for (const address of this.#addresses.slice(0, this.#reachable)) {
        if (all || address === second) this.#answer(third, address ?? 0)
      }
    }
  }

  #answer(register: number, address: number): void {
    if (register !== PLL_REGISTER) return this.#reply([0x13, 0x84, 0x00, address], 0)
    // (b1 + 1) x 6.25 / ((1 + b2) AND F) x 2^(3 - b3): in steps of 6.25 MHz, or half of that.
    const halves = this.#clockMhz % 6.25 === 0 ? 0 : 1
    const steps = (this.#clockMhz * 2 ** halves) / 6.25
    this.#reply([0x80, Math.max(0, Math.round(steps) - 1), 0x00, 3 + halves], 0)
  }

  #setClock(word: number): void {
    this.#pacer.catchUp()
    const step = STEP_MHZ[word & 0x7f]
    this.#clockMhz = step === undefined ? 0 : ((word >> 7) + 1) * step
    this.#retune()
  }

  #work(frame: Uint8Array): void {
    const work = decodeWork(frame)
    this.#works++
    this.#pacer.catchUp()
    this.#workId = work.id
    if (work.empty) {
      this.#search.begin(null, 0)
      if (this.#clockMhz === 0) return
      this.#emptyWorks++
      for (const nonce of BUSY_NONCES) {
        if (this.#chipOf(nonce[0]!) < this.#reachable) this.#sendNonce(nonce)
      }
    } else this.#search.begin(work.header, this.#options.fixedZeroBits + countBits(work.ticketMask))
    this.#retune()
  }

  #retune(): void {
    const { chipCount, fixedZeroBits } = this.#options
    const hashrateHs = this.#clockMhz * 1e6 * this.#openCores * chipCount * 2 ** (fixedZeroBits - 32)
    this.#pacer.setRate(this.#search.resting ? 0 : hashrateHs)
    this.#options.onActivity?.()
  }

  #chipOf(firstByte: number): number {
    return Math.floor((firstByte * this.#options.chipCount) / 256)
  }

  #report(nonce: number): void {
    const bytes = nonceBytes(this.faults.strikes('wrong-nonce') ? nonce ^ 0x00010000 : nonce)
    const chip = this.#chipOf(bytes[0]!)
    if (chip >= this.#reachable || this.faults.get('silent-chip')?.chip === chip) return
    this.#nonces++
    this.#sendNonce(bytes)
    if (this.faults.strikes('repeated-nonce')) this.#sendNonce(bytes)
  }

  #sendNonce(bytes: readonly number[]): void {
    const id = this.faults.strikes('old-job-id') ? this.#workId - 1 : this.#workId
    this.line.reply(Uint8Array.of(...bytes, 0x80 | (id & 0x1f)))
  }

  #reply(body: readonly number[], type: number): void {
    const payload = Uint8Array.from(body)
    this.line.reply(Uint8Array.of(...payload, replyEnd(payload, type)))
  }
}

const COMMANDS: readonly number[] = [0x84, 0x85, 0x01, 0x82, 0x04]

function isCommand(bytes: Uint8Array): boolean {
  return COMMANDS.includes(bytes[0]!) && bytes[3]! < 0x20 && shortCommandSum(bytes) === bytes[3]
}
