/**
 * The 64 bytes of work that Icarus boards, Block Erupters, AntMiner sticks and GekkoScience's BM1384 take: midstate, 20
 * bytes that each family uses in its own way, and the end of the header. No preamble, no check sum, no acknowledgement:
 * new work simply ends the old. (Serial ASIC digest 3.2.)
 *
 *     0        32                 52      56      60      64
 *     midstate | overlays, else 0 | nBits | ntime | merkle |
 */
import { HeadframeError } from '../../../base/index.ts'

export const WORK_SIZE = 64

const TAIL_OFFSET = 52
const TIME_OFFSET = 56
const GEKKO_TICKET_OFFSET = 39
const GEKKO_HASH_COUNT_OFFSET = 40
const JOB_ID_OFFSET = 51
const CAIRNSMORE_OFFSET = 32
const CAIRNSMORE_PREFIX = 0xb7
const CAIRNSMORE_CHECK = 0x6d
const ROCKMINER_OFFSET = 48

/**
 * Work as plain Icarus boards take it.
 * @param midstate 32 bytes as they go over the wire: state words in reverse order
 * @param tail 12 bytes, header[64..75] in header order: last word of the merkle root, time, nBits
 * @returns 64 bytes
 * @throws HeadframeError `chip/forbidden-work` for the pattern that Cairnsmore firmware takes for a command
 */
export function encodeWork(midstate: Uint8Array, tail: Uint8Array): Uint8Array {
  if (midstate.length !== 32 || tail.length !== 12) {
    throw new RangeError(`work is made of 32 and 12 bytes, not ${midstate.length} and ${tail.length}`)
  }
  const frame = new Uint8Array(WORK_SIZE)
  frame.set(midstate, 0)
  frame.set(tail.subarray(8, 12), TAIL_OFFSET)
  frame.set(tail.subarray(4, 8), TIME_OFFSET)
  frame.set(tail.subarray(0, 4), TIME_OFFSET + 4)
  if (isCairnsmoreCommand(frame)) {
    throw new HeadframeError(
      'chip/forbidden-work',
      'This work looks like a command to Cairnsmore firmware and was not sent; wait for the next job.',
    )
  }
  return frame
}

/** Whether Cairnsmore firmware would read the frame as a command: midstate of zeros, and a time of all ones. */
export function isCairnsmoreCommand(frame: Uint8Array): boolean {
  return (
    frame.length === WORK_SIZE &&
    frame.subarray(0, 32).every((byte) => byte === 0) &&
    frame.subarray(TIME_OFFSET, TIME_OFFSET + 4).every((byte) => byte === 0xff)
  )
}

/** AntMiner U1, U2: the id that replies carry back. @param id 0 to 0x1e */
export function withAntMinerId(frame: Uint8Array, id: number): Uint8Array {
  if (!Number.isInteger(id) || id < 0 || id > 0x1e)
    throw new RangeError(`an AntMiner work id is 0..30, not ${id}`)
  const copy = frame.slice()
  copy[JOB_ID_OFFSET] = id
  return copy
}

/** What BM1384 finds between midstate and tail. */
export interface GekkoOverlay {
  /** Ticket difficulty less one, 0 to 0xff. */
  readonly ticketMask: number
  /** Nonces each chip scans, 32 bits; 0 while cores are opened. */
  readonly hashCount: number
  /** Id that replies carry back, a byte. */
  readonly jobId: number
}

export function withGekkoOverlay(frame: Uint8Array, overlay: GekkoOverlay): Uint8Array {
  const copy = frame.slice()
  copy[GEKKO_TICKET_OFFSET] = overlay.ticketMask
  new DataView(copy.buffer).setUint32(GEKKO_HASH_COUNT_OFFSET, overlay.hashCount, false)
  copy[JOB_ID_OFFSET] = overlay.jobId
  return copy
}

/**
 * The frame for Rockminer boards: the same two parts with all their bytes reversed, then what clock and chip it is for.
 * @param frequencyMhz a multiple of 10, 10 to 2560
 * @param chip 0 to 0x3f
 */
export function rockminerWork(frame: Uint8Array, frequencyMhz: number, chip: number): Uint8Array {
  const clock = frequencyMhz / 10 - 1
  if (!Number.isInteger(clock) || clock < 0 || clock > 0xff) {
    throw new RangeError(`a Rockminer clock is a multiple of 10 MHz, not ${frequencyMhz}`)
  }
  const copy = new Uint8Array(WORK_SIZE)
  copy.set(frame.slice(0, 32).reverse(), 0)
  copy.set(frame.slice(TAIL_OFFSET).reverse(), TAIL_OFFSET)
  copy.set([0xaa, clock, chip, 0x55], ROCKMINER_OFFSET)
  return copy
}

/** Cairnsmore (CMR2): a command rides on the work. @param data a byte @param command a byte */
export function withCairnsmoreCommand(frame: Uint8Array, data: number, command: number): Uint8Array {
  const copy = frame.slice()
  const check = (data ^ command ^ CAIRNSMORE_PREFIX ^ CAIRNSMORE_CHECK) & 0xff
  copy.set([check, data, command, CAIRNSMORE_PREFIX], CAIRNSMORE_OFFSET)
  return copy
}
