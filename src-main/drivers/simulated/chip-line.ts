/**
 * The serial line of virtual chips: whoever is connected now, at the chips' rate, with what faults do to replies.
 * Chips go on without it; what they say then is lost, as on a wire.
 */
import { type Clock } from '../../base/index.ts'
import { type ByteLink } from '../model/byte-link.ts'
import { type Faults } from './faults.ts'

/** Noise with a preamble in it, a frame's beginning, and the text of a modem manager. */
const GARBAGE = Uint8Array.from([
  0x00, 0xff, 0xaa, 0x55, 0x13, 0x41, 0x54, 0x0d, 0xaa, 0xaa, 0x55, 0x80, 0x00, 0xfe,
])

export interface ChipLineOptions {
  readonly clock: Clock
  readonly faults: Faults
  readonly baudRate: number
  readonly onBytes: (bytes: Uint8Array) => void
}

export class ChipLine {
  readonly #clock: Clock
  readonly #faults: Faults
  readonly #onBytes: (bytes: Uint8Array) => void
  #baudRate: number
  #link: ByteLink | null = null
  #replies = 0

  constructor(options: ChipLineOptions) {
    this.#clock = options.clock
    this.#faults = options.faults
    this.#onBytes = options.onBytes
    this.#baudRate = options.baudRate
  }

  get baudRate(): number {
    return this.#baudRate
  }

  get connected(): boolean {
    return this.#link !== null
  }

  /** Replies sent, or meant to be. */
  get replies(): number {
    return this.#replies
  }

  /** @param link the board's end of a line that somebody just opened */
  attach(link: ByteLink): void {
    this.#link = link
    this.#tune(link)
    link.onBytes((bytes) => {
      if (this.#link === link) this.#onBytes(bytes)
    })
    link.onEnd(() => {
      if (this.#link === link) this.#link = null
    })
    this.garbage()
  }

  setBaudRate(baudRate: number): void {
    if (baudRate === this.#baudRate) return
    this.#baudRate = baudRate
    if (this.#link !== null) this.#tune(this.#link)
  }

  /** What a line picks up when something is switched on, if the board is told so. */
  garbage(): void {
    if (this.#faults.get('start-garbage') !== null) this.#write(GARBAGE)
  }

  reply(frame: Uint8Array): void {
    this.#replies++
    if (this.#faults.get('mute') !== null) return
    const bytes = this.#spoiled(frame)
    const late = this.#faults.get('late-replies')
    if (late === null) this.#write(bytes)
    else this.#clock.after(late.byMs, () => this.#write(bytes))
  }

  #spoiled(frame: Uint8Array): Uint8Array {
    if (this.#faults.strikes('lost-bytes')) {
      const lost = this.#replies % frame.length
      return frame.filter((_, index) => index !== lost)
    }
    if (!this.#faults.strikes('wrong-crc')) return frame
    const flipped = frame.slice()
    const bit = this.#replies % (8 * frame.length)
    flipped[bit >> 3]! ^= 0x80 >> (bit & 7)
    return flipped
  }

  #write(bytes: Uint8Array): void {
    // A line that ended in this turn is no fault of the chip's.
    this.#link?.write(bytes).catch(() => undefined)
  }

  #tune(link: ByteLink): void {
    link.setBaudRate(Math.round(this.#baudRate)).catch(() => undefined)
  }
}
