/**
 * Job frames from host to BM13xx chips: whole headers for chips that roll versions themselves, midstates for BM1397
 * (asic-serial 5.4, 5.5). Version of each midstate: asic-serial 2.5.
 */
import { type ChipWork } from '../model/chip.ts'
import { crc16 } from './crc.ts'
import { midstateOf, wireMidstate } from './midstate.ts'
import { CHIP_ROLLABLE_BITS } from './registers.ts'
import { reverseWords } from './words.ts'

const JOB = 0x21

/** What differs between hosts that chips were seen to obey; chips check neither. */
export interface FullJobForm {
  readonly lengthByte: number
  readonly midstateCount: number
}

/** Open firmware: BM1366, BM1368, BM1370. */
export const OPEN_JOB_FORM: FullJobForm = { lengthByte: 0x56, midstateCount: 1 }
/** Factory boards and Compac A1. */
export const FACTORY_JOB_FORM: FullJobForm = { lengthByte: 0x36, midstateCount: 1 }
/** Compac A2. */
export const A2_JOB_FORM: FullJobForm = { lengthByte: 0xff, midstateCount: 0 }

/**
 * Version without the bits that the chip rolls: it adds its own with a plain OR, so they must be clear.
 */
export function versionWithoutRolledBits(work: ChipWork): number {
  return (work.version & ~(work.versionMask & CHIP_ROLLABLE_BITS)) >>> 0
}

/** 88 bytes for BM1362, BM1366, BM1368 and BM1370. @param slot wire id, one byte */
export function encodeFullJob(slot: number, work: ChipWork, form: FullJobForm = OPEN_JOB_FORM): Uint8Array {
  const frame = new Uint8Array(88)
  const view = new DataView(frame.buffer)
  frame.set([0x55, 0xaa, JOB, form.lengthByte, slot, form.midstateCount])
  view.setUint32(10, work.nBits, true)
  view.setUint32(14, work.ntime, true)
  frame.set(reverseWords(work.merkleRoot), 18)
  frame.set(reverseWords(work.prevHash), 50)
  view.setUint32(82, versionWithoutRolledBits(work), true)
  view.setUint16(86, crc16(frame, 2, 86))
  return frame
}

export interface MidstateJob {
  readonly slot: number
  /** The frame's number of midstates: 1 or 4. */
  readonly midstates: readonly Uint8Array[]
  /** Header bytes 64 to 75: end of the merkle root, time, bits. */
  readonly tail: Uint8Array
  /** Little-endian on the wire; 0 outside tests. */
  readonly startNonce?: number
}

/**
 * 24 + 32 a midstate: 56 or 152 bytes for BM1397, with its preamble 55 AA; BM1387 takes the same without it.
 * `midstates` are 32 bytes each, eight big-endian words.
 */
export function encodeMidstateFrame(job: MidstateJob): Uint8Array {
  const frame = new Uint8Array(24 + 32 * job.midstates.length)
  const view = new DataView(frame.buffer)
  frame.set([0x55, 0xaa, JOB, frame.length - 2, job.slot, job.midstates.length])
  view.setUint32(6, job.startNonce ?? 0, true)
  frame.set(job.tail.subarray(8, 12), 10)
  frame.set(job.tail.subarray(4, 8), 14)
  frame.set(job.tail.subarray(0, 4), 18)
  for (const [i, midstate] of job.midstates.entries()) frame.set(wireMidstate(midstate), 22 + 32 * i)
  view.setUint16(frame.length - 2, crc16(frame, 2, frame.length - 2))
  return frame
}

/** Work as a frame of four midstates, or of one where the mask allows no four versions. */
export function encodeMidstateJob(slot: number, work: ChipWork): Uint8Array {
  const header = headerWithoutNonce(work)
  const view = new DataView(header.buffer)
  const midstates: Uint8Array[] = []
  for (let index = 0; index < midstateCount(work.versionMask); index++) {
    view.setUint32(0, versionOfMidstate(work, index), true)
    midstates.push(midstateOf(header))
  }
  return encodeMidstateFrame({ slot, midstates, tail: header.subarray(64, 76) })
}

/** How many midstates a job has under a mask: 4, or 1 where it allows fewer than four versions. */
export function midstateCount(versionMask: number): 1 | 4 {
  const withoutLowest = versionMask & (versionMask - 1)
  return withoutLowest === 0 ? 1 : 4
}

/** Header version of midstate `index`: counted up in the mask's bits from what the pool set, the carry kept inside. */
export function versionOfMidstate(work: Pick<ChipWork, 'version' | 'versionMask'>, index: number): number {
  let version = work.version
  for (let i = 0; i < index; i++) version = nextVersion(version, work.versionMask)
  return version >>> 0
}

/** The next version under a mask, back to its first after its last. */
export function nextVersion(version: number, versionMask: number): number {
  // Ones outside the mask carry an addition of 1 straight to the next bit of the mask.
  const counted = ((version | ~versionMask) + 1) & versionMask
  return ((version & ~versionMask) | counted) >>> 0
}

/** 76 bytes, header order. */
export function headerWithoutNonce(work: ChipWork): Uint8Array {
  const header = new Uint8Array(76)
  const view = new DataView(header.buffer)
  view.setUint32(0, work.version, true)
  header.set(work.prevHash, 4)
  header.set(work.merkleRoot, 36)
  view.setUint32(68, work.ntime, true)
  view.setUint32(72, work.nBits, true)
  return header
}
