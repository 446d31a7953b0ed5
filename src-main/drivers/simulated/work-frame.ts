/** The 64 bytes of work that Icarus and BM1384 take, as they read them (asic-serial 3.2). */
import { midstateWords, wordsBackwards } from './job-frames.ts'
import { type HashableHeader } from './nonce-finder.ts'

export const WORK_BYTES = 64

export interface WorkFrame {
  readonly header: HashableHeader
  /** Nothing to hash in it: what BM1384 are given to open their cores. */
  readonly empty: boolean
  /** Overlays of BM1384, and the id of AntMiner U1 and U2; zero elsewhere. */
  readonly ticketMask: number
  readonly hashCount: number
  readonly id: number
}

export function decodeWork(frame: Uint8Array): WorkFrame {
  const midstate = frame.subarray(0, 32)
  const tail = wordsBackwards(frame.subarray(52, 64))
  return {
    header: { midstate: midstateWords(midstate), tail },
    empty: midstate.every((byte) => byte === 0) && tail.every((byte) => byte === 0),
    ticketMask: frame[39]!,
    hashCount: new DataView(frame.buffer, frame.byteOffset).getUint32(40),
    id: frame[51]!,
  }
}
