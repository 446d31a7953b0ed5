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
  /** Where the rollable extranonce lies, in bytes from the start of `words.tail`. */
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
  tail.set(fixed.subarray(headSize))
  tail.set(job.coinbaseSuffix, rollableOffset + rollableSize)
  tail[unpaddedTailSize] = 0x80
  // Lengths beyond 2^32 bits, half a gigabyte, cannot occur: the upper word stays zero.
  new DataView(tail.buffer).setUint32(tail.length - 4, coinbaseSize * 8)

  return {
    words: {
      midstate: kernel.midstate(bigEndianWords(fixed.subarray(0, headSize))),
      tail: bigEndianWords(tail),
      path: bigEndianWords(concatBytes(...job.merklePath)),
      prevHash: bigEndianWords(job.tip.prevHash),
      nBitsWord: reverseWord(job.tip.nBits),
    },
    rollableOffset,
    rollableSize,
  }
}

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
