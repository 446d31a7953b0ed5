/**
 * Boards of the Icarus kind: 64 bytes of work in, a nonce out, nothing else (asic-serial section 3). As AntMiner U1 and
 * U2 they also take a clock word, and their replies carry the work's id. Sending work ends the work before.
 */
import { type Clock } from '../../base/index.ts'
import { type ByteLink } from '../model/byte-link.ts'
import { ChipLine } from './chip-line.ts'
import { Faults } from './faults.ts'
import { HashPacer } from './hash-pacer.ts'
import { type NonceFinder } from './nonce-finder.ts'
import { hashTail, leadingZeroBits } from './sha256.ts'
import { decodeWork, type WorkFrame, WORK_BYTES } from './work-frame.ts'
import { nonceBytes, WorkSearch } from './work-search.ts'
import { shortCommandSum } from './wire-sums.ts'

export interface VirtualIcarusOptions {
  readonly family: 'icarus' | 'antminer-u'
  readonly clock: Clock
  readonly finder: NonceFinder
  /** 32 in silicon. */
  readonly fixedZeroBits: number
  /** H/s of the real board; of AntMiner at 200 MHz. */
  readonly hashrateHs: number
  readonly faults?: Faults
  readonly onActivity?: () => void
}

export interface IcarusView {
  readonly works: number
  readonly clockWord: number | null
  readonly hashing: boolean
  readonly hashrateHs: number
  readonly nonces: number
  readonly hashes: number
}

const TURN_MS = 50
const QUIET_MS = 20
/**
 * Nonces that a real board finds in the works that are sent to recognise it: early ones, tried of every work, as numbers
 * of the header. They count like any other, if the work's hash has the zero bits of silicon.
 */
const EARLY_NONCES: readonly number[] = [0xa2870100, 0xb4fdc004]
const SILICON_ZERO_BITS = 32

export class VirtualIcarus {
  readonly line: ChipLine
  readonly faults: Faults
  readonly #options: VirtualIcarusOptions
  readonly #search: WorkSearch
  readonly #pacer: HashPacer
  #powered = true
  #buffer = new Uint8Array(0)
  #bytesTaken = 0
  #workId = 0
  #previousId = 0
  #clockWord: number | null = null
  #works = 0
  #nonces = 0

  constructor(options: VirtualIcarusOptions) {
    this.#options = options
    this.faults = options.faults ?? new Faults()
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
    this.#buffer = new Uint8Array(0)
    this.#options.onActivity?.()
  }

  stop(): void {
    this.#pacer.stop()
  }

  get view(): IcarusView {
    return {
      works: this.#works,
      clockWord: this.#clockWord,
      hashing: this.#pacer.hashrateHs > 0 && !this.#search.resting,
      hashrateHs: this.#pacer.hashrateHs,
      nonces: this.#nonces,
      hashes: this.#search.hashes,
    }
  }

  #take(bytes: Uint8Array): void {
    if (!this.#powered) return
    const joined = new Uint8Array(this.#buffer.length + bytes.length)
    joined.set(this.#buffer)
    joined.set(bytes, this.#buffer.length)
    this.#buffer = joined
    if (this.#options.family === 'antminer-u') this.#takeClock()
    while (this.#buffer.length >= WORK_BYTES) {
      const frame = this.#buffer.slice(0, WORK_BYTES)
      this.#buffer = this.#buffer.subarray(WORK_BYTES)
      this.#work(decodeWork(frame))
    }
    const taken = ++this.#bytesTaken
    if (this.#buffer.length === 0) return
    this.#options.clock.after(QUIET_MS, () => {
      if (taken === this.#bytesTaken) this.#buffer = new Uint8Array(0)
    })
  }

  #takeClock(): void {
    const buffer = this.#buffer
    if (buffer.length % WORK_BYTES !== 4 || buffer[0] !== 0x82) return
    if ((buffer[3]! & 0x1f) !== shortCommandSum(buffer)) return
    this.#pacer.catchUp()
    this.#clockWord = (buffer[1]! << 8) | buffer[2]!
    this.#buffer = buffer.subarray(4)
  }

  #work(work: WorkFrame): void {
    const { fixedZeroBits, hashrateHs } = this.#options
    this.#works++
    this.#pacer.catchUp()
    this.#previousId = this.#workId
    this.#workId = work.id & 0x1f
    this.#search.begin(work.header, fixedZeroBits)
    this.#pacer.setRate(hashrateHs * 2 ** (fixedZeroBits - 32))
    this.#options.onActivity?.()
    for (const nonce of EARLY_NONCES) {
      const zeros = leadingZeroBits(hashTail(work.header.midstate, work.header.tail, nonce))
      if (zeros >= SILICON_ZERO_BITS) this.#report(nonce)
    }
  }

  #report(nonce: number): void {
    this.#nonces++
    const bytes = nonceBytes(this.faults.strikes('wrong-nonce') ? nonce ^ 0x00010000 : nonce)
    if (this.#options.family === 'antminer-u') {
      bytes.push(this.faults.strikes('old-job-id') ? this.#previousId : this.#workId)
    }
    const frame = Uint8Array.from(bytes)
    this.line.reply(frame)
    if (this.faults.strikes('repeated-nonce')) this.line.reply(frame)
  }
}
