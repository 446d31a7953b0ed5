/**
 * Jobs as BM13xx chips read them off the line (asic-serial 5.4 and 5.5): the length byte is not trusted where chips do
 * not, the CRC16 always is.
 */
import { type HashableHeader } from './nonce-finder.ts'
import { midstateOf } from './sha256.ts'
import { jobSum } from './wire-sums.ts'

export interface ChipJob {
  readonly id: number
  /** 1 where versions are rolled in the chip. */
  readonly midstates: number
  /** @param midstate 0 to `midstates` - 1 @param rolledBits OR-ed into the version */
  header(midstate: number, rolledBits: number): HashableHeader
}

/** Total bytes of a frame of which the first four are there. Chips that roll ignore the length byte. */
export function jobFrameSize(rolls: boolean, lengthByte: number): number {
  return rolls ? 88 : lengthByte + 2
}

export function isJobLength(rolls: boolean, lengthByte: number): boolean {
  return rolls || lengthByte === 54 || lengthByte === 150
}

/** @param frame whole, from 55 AA on @returns null if the CRC16 is wrong */
export function decodeJob(frame: Uint8Array, rolls: boolean): ChipJob | null {
  const end = frame.length - 2
  if (jobSum(frame.subarray(2, end)) !== ((frame[end]! << 8) | frame[end + 1]!)) return null
  return rolls ? wholeHeader(frame) : midstatesAndTail(frame)
}

function wholeHeader(frame: Uint8Array): ChipJob {
  const header = new Uint8Array(76)
  header.set(frame.subarray(82, 86), 0)
  header.set(wordsBackwards(frame.subarray(50, 82)), 4)
  header.set(wordsBackwards(frame.subarray(18, 50)), 36)
  header.set(frame.subarray(14, 18), 68)
  header.set(frame.subarray(10, 14), 72)
  const version = new DataView(header.buffer).getUint32(0, true)
  return {
    id: frame[4]!,
    midstates: 1,
    header(_, rolledBits) {
      const start = header.slice(0, 64)
      new DataView(start.buffer).setUint32(0, version | rolledBits, true)
      return { midstate: midstateOf(start), tail: header.subarray(64) }
    },
  }
}

function midstatesAndTail(frame: Uint8Array): ChipJob {
  // Wire order: bits, time, last word of the merkle root. A header has them the other way round.
  const tail = wordsBackwards(frame.subarray(10, 22))
  const count = (frame.length - 24) / 32
  const midstates = Array.from({ length: count }, (_, i) =>
    midstateWords(frame.subarray(22 + 32 * i, 54 + 32 * i)),
  )
  return { id: frame[4]!, midstates: count, header: (index) => ({ midstate: midstates[index]!, tail }) }
}

/** A midstate on the wire: eight big-endian words, the last first. */
export function midstateWords(wire: Uint8Array): Uint32Array {
  const bytes = wordsBackwards(wire)
  const view = new DataView(bytes.buffer)
  return Uint32Array.from({ length: 8 }, (_, i) => view.getUint32(4 * i))
}

/** Groups of four bytes, the last first. */
export function wordsBackwards(bytes: Uint8Array): Uint8Array {
  const turned = new Uint8Array(bytes.length)
  for (let at = 0; at < bytes.length; at += 4) turned.set(bytes.subarray(at, at + 4), bytes.length - at - 4)
  return turned
}
