/**
 * A job made ready for checking: hashed as far as no share can change it, and turned into the kernel's
 * words. Not the queue of its shares. Assembly rules: coinbase = prefix | extranonce prefix | rollable
 * extranonce | suffix; root = fold of its txid with the path; header as in Bitcoin.
 */
import { concatBytes, HeadframeError } from '../base/index.ts'
import { type Job } from '../mining/index.ts'
import { type JobWords, type Sha256dKernel } from './kernel.ts'

const BLOCK_BYTES = 64
/** The one bit with its byte, and the length. */
const MIN_PADDING_BYTES = 9

export interface PreparedJob {
  readonly words: JobWords
  /** Where the rollable extranonce lies, in bytes from the start of `words.openBlocks`. */
  readonly rollableOffset: number
  readonly rollableSize: number
}

/**
 * @throws HeadframeError `checker/bad-job` if the previous hash or a merkle node is not 32 bytes,
 *   `checker/coinbase-too-long` above 125 KiB
 */
export function prepareJob(kernel: Sha256dKernel, job: Job): PreparedJob {
  checkShape(job)
  const fixed = concatBytes(job.coinbasePrefix, job.extranonce.prefix)
  const { rollableSize } = job.extranonce
  const headSize = fixed.length - (fixed.length % BLOCK_BYTES)
  const coinbaseSize = fixed.length + rollableSize + job.coinbaseSuffix.length
  const unpaddedTailSize = coinbaseSize - headSize
  const tailBlocks = Math.ceil((unpaddedTailSize + MIN_PADDING_BYTES) / BLOCK_BYTES)

  const tail = new Uint8Array(tailBlocks * BLOCK_BYTES)
  const rollableOffset = fixed.length - headSize
  const rollableEnd = rollableOffset + rollableSize
  tail.set(fixed.subarray(headSize))
  tail.set(job.coinbaseSuffix, rollableEnd)
  tail[unpaddedTailSize] = 0x80
  // Lengths beyond 2^32 bits, half a gigabyte, cannot occur: the upper word stays zero.
  new DataView(tail.buffer).setUint32(tail.length - 4, coinbaseSize * 8)
  const openSize = rollableSize === 0 ? 0 : Math.ceil(rollableEnd / BLOCK_BYTES) * BLOCK_BYTES

  return {
    words: {
      midstate: kernel.midstate(addedSchedules(fixed.subarray(0, headSize), kernel.roundConstants)),
      openBlocks: bigEndianWords(tail.subarray(0, openSize)),
      fixedSchedules: addedSchedules(tail.subarray(openSize), kernel.roundConstants),
      path: bigEndianWords(concatBytes(...job.merklePath)),
      prevHash: bigEndianWords(job.tip.prevHash),
      nBitsWord: reverseWord(job.tip.nBits),
    },
    rollableOffset,
    rollableSize,
  }
}

/** The message schedule of each 64-byte block with the round constants added: 64 words a block. */
function addedSchedules(blocks: Uint8Array, roundConstants: Uint32Array): Uint32Array {
  const words = bigEndianWords(blocks)
  const schedules = new Uint32Array(words.length * 4)
  const w = new Int32Array(64)
  for (let at = 0; at < words.length; at += 16) {
    w.set(words.subarray(at, at + 16))
    for (let t = 16; t < 64; t++) {
      w[t] = w[t - 16]! + smallSigma0(w[t - 15]!) + w[t - 7]! + smallSigma1(w[t - 2]!)
    }
    for (let t = 0; t < 64; t++) schedules[at * 4 + t] = w[t]! + roundConstants[t]!
  }
  return schedules
}

const rotr = (x: number, bits: number): number => (x >>> bits) | (x << (32 - bits))
const smallSigma0 = (x: number): number => rotr(x, 7) ^ rotr(x, 18) ^ (x >>> 3)
const smallSigma1 = (x: number): number => rotr(x, 17) ^ rotr(x, 19) ^ (x >>> 10)

function checkShape(job: Job): void {
  const refuse = (what: string): never => {
    throw new HeadframeError('checker/bad-job', `Job ${job.upstreamJobId} ${what}. Refuse the job.`)
  }
  if (job.tip.prevHash.length !== 32)
    refuse(`has a previous hash of ${job.tip.prevHash.length} bytes, not 32`)
  const odd = job.merklePath.find((node) => node.length !== 32)
  if (odd) refuse(`has a merkle node of ${odd.length} bytes, not 32`)
}

function bigEndianWords(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const words = new Uint32Array(bytes.length / 4)
  for (let i = 0; i < words.length; i++) words[i] = view.getUint32(4 * i)
  return words
}

function reverseWord(word: number): number {
  return ((word << 24) | ((word << 8) & 0x00ff0000) | ((word >>> 8) & 0x0000ff00) | (word >>> 24)) >>> 0
}
