/**
 * A job made ready for checking: hashed as far as no share can change it, and turned into the kernel's
 * words. Not the queue of its shares. Assembly rules: coinbase = prefix | extranonce prefix | rollable
 * extranonce | suffix; root = fold of its txid with the path; header as in Bitcoin. Schedules are those of
 * FIPS 180-4, 6.2.2.
 */
import { HeadframeError } from '../base/index.ts'
import { type Job } from '../mining/index.ts'
import { type JobWords, type Sha256dKernel } from './kernel.ts'

const BLOCK_BYTES = 64
const BLOCK_WORDS = 16
const SCHEDULE_WORDS = 64
const HASH_WORDS = 8
/** The one bit with its byte, and the length. */
const MIN_PADDING_BYTES = 9

export interface PreparedJob {
  readonly words: JobWords
  /** Where the rollable extranonce lies, in bytes from the start of `words.openBlocks`. */
  readonly rollableOffset: number
  readonly rollableSize: number
}

/** Prepares jobs for one kernel. Keeps its working space, so that a job costs one array of its own. */
export class JobPreparer {
  readonly #kernel: Sha256dKernel
  readonly #schedule = new Int32Array(SCHEDULE_WORDS)
  #coinbase = new DataView(new ArrayBuffer(1024))
  #headSchedules = new Uint32Array(SCHEDULE_WORDS * 4)

  constructor(kernel: Sha256dKernel) {
    this.#kernel = kernel
  }

  /**
   * Loses the job that was loaded in the kernel.
   * @throws HeadframeError `checker/bad-job` if the previous hash or a merkle node is not 32 bytes,
   *   `checker/coinbase-too-long` above 125 KiB
   */
  prepare(job: Job): PreparedJob {
    checkShape(job)
    const { rollableSize } = job.extranonce
    const rollableAt = job.coinbasePrefix.length + job.extranonce.prefix.length
    const blocks = this.#layOutCoinbase(job)
    // Blocks that end before the rollable extranonce are hashed now, those it reaches are open.
    const headBlocks = Math.floor(rollableAt / BLOCK_BYTES)
    const firstFixed = rollableSize === 0 ? headBlocks : Math.ceil((rollableAt + rollableSize) / BLOCK_BYTES)
    const midstate = this.#hashHead(headBlocks)

    const openAt = HASH_WORDS
    const fixedAt = openAt + (firstFixed - headBlocks) * BLOCK_WORDS
    const pathAt = fixedAt + (blocks - firstFixed) * SCHEDULE_WORDS
    const words = new Uint32Array(pathAt + job.merklePath.length * HASH_WORDS)
    writeWords(words, 0, job.tip.prevHash)
    for (let i = openAt, at = headBlocks * BLOCK_BYTES; i < fixedAt; i++, at += 4) {
      words[i] = this.#coinbase.getUint32(at)
    }
    this.#writeSchedules(words, fixedAt, firstFixed, blocks)
    for (const [i, node] of job.merklePath.entries()) writeWords(words, pathAt + i * HASH_WORDS, node)

    return {
      words: {
        midstate,
        prevHash: words.subarray(0, openAt),
        openBlocks: words.subarray(openAt, fixedAt),
        fixedSchedules: words.subarray(fixedAt, pathAt),
        path: words.subarray(pathAt),
        nBitsWord: reverseWord(job.tip.nBits),
      },
      rollableOffset: rollableAt - headBlocks * BLOCK_BYTES,
      rollableSize,
    }
  }

  /** Writes the coinbase with zeros for the rollable extranonce, and its padding. @returns its blocks */
  #layOutCoinbase({ coinbasePrefix, coinbaseSuffix, extranonce }: Job): number {
    const rollableAt = coinbasePrefix.length + extranonce.prefix.length
    const suffixAt = rollableAt + extranonce.rollableSize
    const size = suffixAt + coinbaseSuffix.length
    const blocks = Math.ceil((size + MIN_PADDING_BYTES) / BLOCK_BYTES)
    if (this.#coinbase.byteLength < blocks * BLOCK_BYTES) {
      this.#coinbase = new DataView(new ArrayBuffer(blocks * BLOCK_BYTES))
    }
    const bytes = new Uint8Array(this.#coinbase.buffer, 0, blocks * BLOCK_BYTES)
    bytes.set(coinbasePrefix)
    bytes.set(extranonce.prefix, coinbasePrefix.length)
    bytes.fill(0, rollableAt, suffixAt)
    bytes.set(coinbaseSuffix, suffixAt)
    bytes.fill(0, size)
    bytes[size] = 0x80
    // Lengths beyond 2^32 bits, half a gigabyte, cannot occur: the upper word stays zero.
    this.#coinbase.setUint32(bytes.length - 4, size * 8)
    return blocks
  }

  #hashHead(blocks: number): Uint32Array {
    const length = blocks * SCHEDULE_WORDS
    if (this.#headSchedules.length < length) this.#headSchedules = new Uint32Array(length)
    this.#writeSchedules(this.#headSchedules, 0, 0, blocks)
    return this.#kernel.midstate(this.#headSchedules.subarray(0, length))
  }

  /** Writes, from `at` on, the message schedules of coinbase blocks with the round constants added. */
  #writeSchedules(into: Uint32Array, at: number, firstBlock: number, endBlock: number): void {
    const { roundConstants } = this.#kernel
    const w = this.#schedule
    for (let block = firstBlock; block < endBlock; block++, at += SCHEDULE_WORDS) {
      for (let t = 0; t < BLOCK_WORDS; t++) w[t] = this.#coinbase.getInt32(block * BLOCK_BYTES + 4 * t)
      for (let t = BLOCK_WORDS; t < SCHEDULE_WORDS; t++) {
        w[t] = w[t - 16]! + smallSigma0(w[t - 15]!) + w[t - 7]! + smallSigma1(w[t - 2]!)
      }
      for (let t = 0; t < SCHEDULE_WORDS; t++) into[at + t] = w[t]! + roundConstants[t]!
    }
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

const rotr = (x: number, bits: number): number => (x >>> bits) | (x << (32 - bits))
const smallSigma0 = (x: number): number => rotr(x, 7) ^ rotr(x, 18) ^ (x >>> 3)
const smallSigma1 = (x: number): number => rotr(x, 17) ^ rotr(x, 19) ^ (x >>> 10)

/** Writes a hash as big-endian words. */
function writeWords(into: Uint32Array, at: number, hash: Uint8Array): void {
  for (let i = 0; i < HASH_WORDS; i++) {
    const byte = 4 * i
    into[at + i] = (hash[byte]! << 24) | (hash[byte + 1]! << 16) | (hash[byte + 2]! << 8) | hash[byte + 3]!
  }
}

function reverseWord(word: number): number {
  return ((word << 24) | ((word << 8) & 0x00ff0000) | ((word >>> 8) & 0x0000ff00) | (word >>> 24)) >>> 0
}
