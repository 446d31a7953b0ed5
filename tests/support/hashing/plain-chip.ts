/**
 * A made-up chip with a frame for everything and nothing more, and the chain of it at the far end of a line: what tests
 * of a session drive when they want to decide each reply themselves. It hashes for real, only when it is told to.
 *
 * Frames to the chip: one tag byte, then a fixed number of bytes. Replies end with the XOR of what precedes.
 */
import { encodeHeader, sha256d } from '../../../src-main/mining/index.ts'
import { type ByteLink } from '../../../src-main/drivers/model/byte-link.ts'
import {
  type ChipProfile,
  type ChipReply,
  type ChipWork,
  type Guess,
  type NonceReply,
  type ReplyDecoder,
} from '../../../src-main/drivers/model/chip.ts'
import { type Step } from '../../../src-main/drivers/model/sequence.ts'
import { leadingZeroBits } from '../../../src-main/drivers/hashing/scale.ts'

const MODEL = 0x1234
const NONCE_TAG = 0x4e
const REGISTER_TAG = 0x52
/** Tag and bytes after it. */
const COMMAND_SIZES: Readonly<Record<number, number>> = {
  0x3f: 0, // who is there
  0x43: 1, // configure
  0x46: 2, // frequency, MHz x 4
  0x54: 1, // ticket, zero bits
  0x56: 4, // version mask
  0x49: 0, // idle
  0x48: 0, // read health
  0x4a: 81, // slot, header without nonce, mask
}

const send = (what: string, ...bytes: number[]): Step => ({ op: 'send', bytes: Uint8Array.from(bytes), what })

export const plainChip: ChipProfile = {
  id: 'BM1370',
  model: MODEL,
  line: { baudRate: 115_200, stopBits: 1 },
  rolling: 'chip',
  jobSlots: [0, 8, 16, 24],
  hashesPerClock: 4,
  ticketDifficulties: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  frequencyMhz: { min: 50, max: 800, step: 6.25 },
  startMhz: 50,

  encodeJob(slot: number, work: ChipWork): Uint8Array {
    const frame = new Uint8Array(82)
    frame[0] = 0x4a
    frame[1] = slot
    frame.set(encodeHeader({ ...work, nonce: 0 }).subarray(0, 76), 2)
    new DataView(frame.buffer).setUint32(78, work.versionMask)
    return frame
  },
  createDecoder: () => new PlainDecoder(),
  guesses: (reply: NonceReply): readonly Guess[] => [
    { slot: reply.idByte & 0xf8, version: (work) => (work.version | reply.rolledBits) >>> 0 },
  ],
  origin: (reply: NonceReply, chipCount: number) => ({ chip: (reply.nonce >>> 24) % chipCount, core: null }),
  isBusyWork: (reply: NonceReply) => reply.nonce === 0xb054b054,
  discover: (chipCount: number) => [
    { op: 'discard' },
    send('who is there', 0x3f),
    { op: 'expect-chips', count: chipCount, model: MODEL, withinMs: 500 },
  ],
  initialise: ({ ticketDifficulty, versionMask, frequencyMhz }) => [
    send('configure', 0x43, 1),
    { op: 'wait', ms: 10 },
    ...ticketSteps(ticketDifficulty),
    ...maskSteps(versionMask),
    ...frequencySteps(frequencyMhz),
  ],
  ramp: (fromMhz: number, toMhz: number) => {
    const clocks: number[] = []
    const direction = Math.sign(toMhz - fromMhz)
    for (let mhz = fromMhz; direction !== 0 && (toMhz - mhz) * direction > 25;) {
      mhz += 25 * direction
      clocks.push(mhz)
    }
    return direction === 0 ? [] : [...clocks, toMhz]
  },
  setFrequency: (frequencyMhz: number) => (frequencyMhz > 800 ? null : frequencySteps(frequencyMhz)),
  actualFrequencyMhz: (frequencyMhz: number) => (frequencyMhz > 800 ? null : frequencyMhz),
  setTicket: ticketSteps,
  setVersionMask: maskSteps,
  idle: () => [send('idle', 0x49)],
  readHealth: () => [send('read health', 0x48)],
  jobIntervalMs: () => 500,
}

function frequencySteps(mhz: number): Step[] {
  return [send(`frequency ${mhz} MHz`, 0x46, (mhz * 4) >> 8, (mhz * 4) & 0xff), { op: 'wait', ms: 100 }]
}

function ticketSteps(ticketDifficulty: number): Step[] {
  return [send(`ticket ${ticketDifficulty}`, 0x54, Math.log2(ticketDifficulty))]
}

function maskSteps(mask: number): Step[] {
  return [send('version mask', 0x56, mask >>> 24, (mask >>> 16) & 0xff, (mask >>> 8) & 0xff, mask & 0xff)]
}

function xorOf(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum ^ byte, 0)
}

class PlainDecoder implements ReplyDecoder {
  #buffer = new Uint8Array(0)
  skippedBytes = 0
  badFrames = 0

  push(bytes: Uint8Array): readonly ChipReply[] {
    const buffer = new Uint8Array(this.#buffer.length + bytes.length)
    buffer.set(this.#buffer)
    buffer.set(bytes, this.#buffer.length)
    const replies: ChipReply[] = []
    let at = 0
    for (; at < buffer.length;) {
      const size = buffer[at] === NONCE_TAG ? 9 : buffer[at] === REGISTER_TAG ? 8 : 0
      if (size > 0 && buffer.length - at < size) break
      const frame = buffer.slice(at, at + size)
      if (size === 0 || xorOf(frame) !== 0) {
        if (size > 0) this.badFrames++
        this.skippedBytes++
        at++
        continue
      }
      replies.push(readReply(frame))
      at += size
    }
    this.#buffer = buffer.slice(at)
    return replies
  }

  quiet(): void {}
  setReplyLength(): void {}
}

function readReply(frame: Uint8Array): ChipReply {
  const view = new DataView(frame.buffer)
  if (frame[0] === NONCE_TAG) {
    return {
      kind: 'nonce',
      nonce: view.getUint32(1, true),
      idByte: frame[5]!,
      rolledBits: (view.getUint16(6) << 13) >>> 0,
      raw: frame,
    }
  }
  return { kind: 'register', address: frame[1]!, register: frame[2]!, value: view.getUint32(3), raw: frame }
}

function sealed(...bytes: number[]): Uint8Array {
  const body = Uint8Array.from(bytes)
  return Uint8Array.from([...body, xorOf(body)])
}

/** The reply for a nonce. @param field 16 rolled version bits */
export function nonceFrame(nonce: number, slot: number, field = 0): Uint8Array {
  const bytes = [nonce & 0xff, (nonce >>> 8) & 0xff, (nonce >>> 16) & 0xff, nonce >>> 24]
  return sealed(NONCE_TAG, ...bytes, slot, field >>> 8, field & 0xff)
}

export function registerFrame(address: number, register: number, value: number): Uint8Array {
  const bytes = [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]
  return sealed(REGISTER_TAG, address, register, ...bytes)
}

export interface PlainJob {
  readonly slot: number
  /** Header without its nonce. */
  readonly header76: Uint8Array
  readonly versionMask: number
}

export interface PlainChainOptions {
  readonly chipCount?: number
  readonly model?: number
}

/** A chain of plain chips at the board's end of a line. Everything it heard is kept. */
export class PlainChain {
  chipCount: number
  model: number
  /** Hears, and says nothing. */
  isMute = false
  readonly heard: string[] = []
  readonly jobs: PlainJob[] = []
  readonly frequenciesMhz: number[] = []
  readonly tickets: number[] = []
  readonly #link: ByteLink
  #pending = new Uint8Array(0)

  constructor(link: ByteLink, options: PlainChainOptions = {}) {
    this.chipCount = options.chipCount ?? 1
    this.model = options.model ?? MODEL
    this.#link = link
    link.onBytes((bytes) => this.#receive(bytes))
  }

  get newestJob(): PlainJob | undefined {
    return this.jobs.at(-1)
  }

  say(bytes: Uint8Array): void {
    if (!this.isMute && this.#link.end === null) void this.#link.write(bytes).catch(() => undefined)
  }

  /**
   * Searches a job for a nonce whose hash has at least `zeroBits`, from `fromNonce` on, and returns the reply for it.
   * @param moreThan searches for a hash with fewer zero bits than this
   */
  find(
    job: PlainJob,
    zeroBits: number,
    fromNonce = 0,
    fewerThan = 257,
  ): { nonce: number; frame: Uint8Array } {
    const header = new Uint8Array(80)
    header.set(job.header76)
    const view = new DataView(header.buffer)
    for (let nonce = fromNonce; ; nonce++) {
      view.setUint32(76, nonce, true)
      const bits = leadingZeroBits(sha256d(header))
      if (bits >= zeroBits && bits < fewerThan) return { nonce, frame: nonceFrame(nonce, job.slot) }
    }
  }

  #receive(bytes: Uint8Array): void {
    const all = Uint8Array.from([...this.#pending, ...bytes])
    let at = 0
    for (; at < all.length;) {
      const size = COMMAND_SIZES[all[at]!]
      if (size === undefined) {
        at++
        continue
      }
      if (all.length - at < 1 + size) break
      this.#obey(all.slice(at, at + 1 + size))
      at += 1 + size
    }
    this.#pending = all.slice(at)
  }

  #obey(frame: Uint8Array): void {
    const view = new DataView(frame.buffer)
    switch (frame[0]) {
      case 0x3f:
        this.heard.push('who')
        for (let chip = 0; chip < this.chipCount; chip++)
          this.say(registerFrame(0, 0, (this.model << 16) >>> 0))
        break
      case 0x43:
        this.heard.push('configure')
        break
      case 0x46:
        this.heard.push('frequency')
        this.frequenciesMhz.push(view.getUint16(1) / 4)
        break
      case 0x54:
        this.heard.push('ticket')
        this.tickets.push(2 ** frame[1]!)
        break
      case 0x56:
        this.heard.push('mask')
        break
      case 0x49:
        this.heard.push('idle')
        break
      case 0x48:
        this.heard.push('health')
        break
      default:
        this.heard.push('job')
        this.jobs.push({ slot: frame[1]!, header76: frame.slice(2, 78), versionMask: view.getUint32(78) })
    }
  }
}
