/**
 * The SHA256d kernel as the rest of the checker sees it: one WebAssembly instance with its memory. It knows
 * how shares, jobs and headers are laid out there, and nothing of queues, duplicates or verdicts. The code
 * of the kernel and the map of its memory are in `assembly/kernel.mjs`; the addresses come from the module.
 *
 * Two kinds compute the same: `vector` does four shares of a job, or four nonces, at once (128-bit
 * WebAssembly vectors); `scalar` does one at a time and runs anywhere.
 */
import { HeadframeError, instantiateKernel } from '../base/index.ts'
import { sha256dScalarKernelBase64 } from './.generated/sha256d-scalar-kernel.ts'
import { sha256dVectorKernelBase64 } from './.generated/sha256d-vector-kernel.ts'

export type KernelKind = 'vector' | 'scalar'

/** Shares, or nonces, that go through the kernel together. */
export const LANES = 4

const BLOCK_BYTES = 64
const WORDS_PER_BLOCK = 16
const WORDS_PER_SCHEDULE = 64
/** In the kernel's memory: an open block in all lanes, or a fixed block's schedule. */
const TAIL_BLOCK_BYTES = 256
/** Bounds one call into the kernel to about a second. */
const MAX_NONCES_PER_CALL = 1 << 22

/** Positions of the header's words. */
const VERSION_WORD = 0
const PREV_HASH_WORD = 1
const NTIME_WORD = 17
const N_BITS_WORD = 18
const NONCE_WORD = 19
const WORDS_BEFORE_NONCE = 19
const FIRST_TAIL_WORD = 16

/** What all shares of a job have in common, in SHA-256 words (big-endian numbers). */
export interface JobWords {
  /** State after the whole 64-byte blocks that no share changes; 8 words. */
  readonly midstate: Uint32Array
  /** The blocks from there on that the rollable extranonce reaches, with zeros in its place; 16 words each. */
  readonly openBlocks: Uint32Array
  /** Schedules of the blocks after these, padding included; 64 words each. */
  readonly fixedSchedules: Uint32Array
  /** 8 words a node. */
  readonly path: Uint32Array
  /** 8 words. */
  readonly prevHash: Uint32Array
  /** As in the header: the compact target with its bytes reversed. */
  readonly nBitsWord: number
}

/** Exported constants of the module: where things lie in its memory. */
interface Layout<Address> {
  readonly roundConstantsAt: Address
  readonly midstateAt: Address
  readonly targetAt: Address
  readonly triedAt: Address
  readonly stateAt: Address
  readonly headerAt: Address
  readonly hashesAt: Address
  readonly foundAt: Address
  readonly pathAt: Address
  readonly maxPathLength: Address
  readonly tailAt: Address
}

interface KernelFunctions {
  readonly absorbLane: (laneBytes: number, blocks: number) => void
  readonly checkLane: (laneBytes: number, openBlocks: number, fixedBlocks: number, pathLength: number) => void
  readonly scanLane: (laneBytes: number, first: number, count: number) => number
  readonly resumeLane: (laneBytes: number, first: number, count: number) => number
  readonly checkGroup?: (openBlocks: number, fixedBlocks: number, pathLength: number) => void
  readonly scanGroup?: (first: number, count: number) => number
  readonly resumeGroup?: (first: number, count: number) => number
}

interface GlobalConstant {
  readonly value: number
}

const instantiate = (kind: KernelKind) =>
  instantiateKernel<KernelFunctions & Layout<GlobalConstant>>(
    kind === 'vector' ? sha256dVectorKernelBase64 : sha256dScalarKernelBase64,
  )

let best: KernelKind | undefined

/** The faster kind that this engine can run. */
export function bestKernelKind(): KernelKind {
  best ??= instantiate('vector') ? 'vector' : 'scalar'
  return best
}

/** One instance. Not shared between users that interleave: what was loaded stays until it is loaded over. */
export class Sha256dKernel {
  readonly kind: KernelKind
  /** K(0) to K(63) of FIPS 180-4. */
  readonly roundConstants: Uint32Array
  readonly #functions: KernelFunctions
  readonly #at: Layout<number>
  readonly #bytes: Uint8Array
  readonly #words: Uint32Array
  readonly #view: DataView
  readonly #hashes: Int32Array
  readonly #firstHash: Uint8Array
  readonly #maxTailBlocks: number
  #openBlocks = 0
  #fixedBlocks = 0
  #pathLength = 0

  /** @throws HeadframeError `checker/kernel-unsupported` if this engine cannot run that kind */
  constructor(kind: KernelKind = bestKernelKind()) {
    const kernel = instantiate(kind)
    if (!kernel) {
      throw new HeadframeError(
        'checker/kernel-unsupported',
        `This JavaScript engine cannot run the ${kind} SHA-256 kernel. Use a Node with WebAssembly, 22.18 or newer.`,
      )
    }
    const { functions, memory } = kernel
    this.kind = kind
    this.#functions = functions
    this.#at = {
      roundConstantsAt: functions.roundConstantsAt.value,
      midstateAt: functions.midstateAt.value,
      targetAt: functions.targetAt.value,
      triedAt: functions.triedAt.value,
      stateAt: functions.stateAt.value,
      headerAt: functions.headerAt.value,
      hashesAt: functions.hashesAt.value,
      foundAt: functions.foundAt.value,
      pathAt: functions.pathAt.value,
      maxPathLength: functions.maxPathLength.value,
      tailAt: functions.tailAt.value,
    }
    this.#bytes = new Uint8Array(memory)
    this.#words = new Uint32Array(memory)
    this.#view = new DataView(memory)
    const constantsIndex = this.#at.roundConstantsAt / 4
    this.roundConstants = Uint32Array.from(
      { length: WORDS_PER_SCHEDULE },
      (_, t) => this.#words[constantsIndex + t * LANES]!,
    )
    this.#hashes = new Int32Array(memory, this.#at.hashesAt, 8 * LANES)
    this.#firstHash = new Uint8Array(memory, this.#at.hashesAt, 32)
    this.#maxTailBlocks = Math.floor((memory.byteLength - this.#at.tailAt) / TAIL_BLOCK_BYTES)
  }

  /**
   * SHA-256 state after whole blocks, without padding. Loses the loaded job.
   * @param schedules 64 words a block; none gives the initial hash
   * @returns 8 words, a fresh array
   * @throws HeadframeError `checker/coinbase-too-long` above 2,006 blocks (125 KiB)
   */
  midstate(schedules: Uint32Array): Uint32Array {
    const blocks = schedules.length / WORDS_PER_SCHEDULE
    this.#requireRoom(blocks)
    this.#words.set(schedules, this.#at.tailAt / 4)
    this.#functions.absorbLane(0, blocks)
    const index = this.#at.stateAt / 4
    const midstate = new Uint32Array(8)
    for (let i = 0; i < 8; i++) midstate[i] = this.#words[index + i * LANES]!
    return midstate
  }

  /**
   * Makes a job the one whose shares `check` hashes.
   * @throws HeadframeError `checker/merkle-path-too-long` above 255 nodes, `checker/coinbase-too-long` above
   *   2,006 blocks of tail (125 KiB)
   */
  loadJob(job: JobWords): void {
    const pathLength = job.path.length / 8
    if (pathLength > this.#at.maxPathLength) {
      throw new HeadframeError(
        'checker/merkle-path-too-long',
        `The job's merkle path has ${pathLength} nodes; no block needs more than ${this.#at.maxPathLength}. Refuse the job.`,
      )
    }
    this.#loadTail(job)
    this.#words.set(job.midstate, this.#at.midstateAt / 4)
    this.#words.set(job.path, this.#at.pathAt / 4)
    this.#pathLength = pathLength
    for (let i = 0; i < 8; i++) this.#setHeaderWord(PREV_HASH_WORD + i, job.prevHash[i]!)
    this.#setHeaderWord(N_BITS_WORD, job.nBitsWord)
  }

  /**
   * Fills one lane with what a share brings; the rest is the job's.
   * @param rollables `rollableSize` bytes from `rollablesOffset` on are this share's rollable extranonce
   * @param tailOffset where they belong, in bytes from the start of the job's open blocks
   */
  loadShare(
    lane: number,
    rollables: Uint8Array,
    rollablesOffset: number,
    rollableSize: number,
    tailOffset: number,
    ntime: number,
    nonce: number,
    version: number,
  ): void {
    const bytes = this.#bytes
    const laneAt = this.#at.tailAt + 4 * lane
    for (let i = 0; i < rollableSize; i++) {
      const offset = tailOffset + i
      // Words are stored as numbers: the first byte of a word is its highest, and lies last.
      bytes[laneAt + (offset >> 2) * 16 + (3 - (offset & 3))] = rollables[rollablesOffset + i]!
    }
    const headerAt = this.#at.headerAt + 4 * lane
    // Big endian into little-endian memory: the reversal that the header's own byte order asks for.
    this.#view.setUint32(headerAt + 16 * VERSION_WORD, version)
    this.#view.setUint32(headerAt + 16 * NTIME_WORD, ntime)
    this.#view.setUint32(headerAt + 16 * NONCE_WORD, nonce)
  }

  /** Hashes the first `shareCount` lanes. One share alone is cheaper without vectors. */
  check(shareCount: number): void {
    const { checkGroup, checkLane } = this.#functions
    const openBlocks = this.#openBlocks
    const fixedBlocks = this.#fixedBlocks
    const pathLength = this.#pathLength
    if (checkGroup && shareCount > 1) checkGroup(openBlocks, fixedBlocks, pathLength)
    else
      for (let lane = 0; lane < shareCount; lane++) checkLane(4 * lane, openBlocks, fixedBlocks, pathLength)
  }

  /** Copies the header hashes of the first lanes, 8 words of the machine's order each, to `into`. */
  copyHashes(into: Int32Array, shareCount: number): void {
    const hashes = this.#hashes
    // A loop, because calling the engine for 128 bytes costs more.
    for (let i = 0; i < 8 * shareCount; i++) into[i] = hashes[i]!
  }

  /** Loads what `scan` tries nonces for: the header without its nonce (76 bytes), and 32 bytes of target. */
  loadHeader(header76: Uint8Array, target: Uint8Array): void {
    const view = new DataView(header76.buffer, header76.byteOffset, header76.byteLength)
    for (let i = 0; i < WORDS_BEFORE_NONCE; i++) this.#setHeaderWord(i, view.getUint32(4 * i))
    this.#bytes.set(target, this.#at.targetAt)
  }

  /**
   * Loads what `scanTail` tries nonces for.
   * @param midstate SHA-256 state after the first 64 bytes of the header, 8 words
   * @param tail the 12 bytes after these, up to the nonce
   */
  loadHeaderTail(midstate: Uint32Array, tail: Uint8Array, target: Uint8Array): void {
    this.#words.set(midstate, this.#at.midstateAt / 4)
    const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength)
    for (let i = FIRST_TAIL_WORD; i < WORDS_BEFORE_NONCE; i++) {
      this.#setHeaderWord(i, view.getUint32(4 * (i - FIRST_TAIL_WORD)))
    }
    this.#bytes.set(target, this.#at.targetAt)
  }

  /** Appends to `found`, ascending, the nonces from `first` to `first + count - 1` that meet the target. */
  scan(first: number, count: number, found: number[]): void {
    const { scanGroup, scanLane } = this.#functions
    this.#scan(first, count, found, scanGroup ?? ((from, batch) => scanLane(0, from, batch)))
  }

  /** As `scan`, for what `loadHeaderTail` loaded. */
  scanTail(first: number, count: number, found: number[]): void {
    const { resumeGroup, resumeLane } = this.#functions
    this.#scan(first, count, found, resumeGroup ?? ((from, batch) => resumeLane(0, from, batch)))
  }

  /**
   * SHA256d of one header: a scan of its own nonce for a target that every hash meets. Loses what a scan loaded.
   * Allocates nothing.
   * @param header 80 bytes
   * @returns 32 bytes in header order, of the kernel's memory: valid until the next call
   */
  hashHeader(header: Uint8Array): Uint8Array {
    const words = this.#words
    const first = this.#at.headerAt / 4
    for (let i = 0, at = 0; i < WORDS_BEFORE_NONCE; i++, at += 4) {
      words[first + i * LANES] =
        (header[at]! << 24) | (header[at + 1]! << 16) | (header[at + 2]! << 8) | header[at + 3]!
    }
    const nonce = header[76]! | (header[77]! << 8) | (header[78]! << 16) | (header[79]! << 24)
    words.fill(0xffffffff, this.#at.targetAt / 4, this.#at.targetAt / 4 + 8)
    this.#functions.scanLane(0, nonce, 1)
    return this.#firstHash
  }

  #scan(first: number, count: number, found: number[], run: (from: number, batch: number) => number): void {
    for (let tried = 0; tried < count;) {
      const batch = Math.min(count - tried, MAX_NONCES_PER_CALL)
      const foundCount = run(first + tried, batch)
      const foundIndex = this.#at.foundAt / 4
      for (let i = 0; i < foundCount; i++) found.push(this.#words[foundIndex + i]!)
      tried += this.#words[this.#at.triedAt / 4]!
    }
  }

  #setHeaderWord(index: number, word: number): void {
    const first = this.#at.headerAt / 4 + index * LANES
    this.#words.fill(word, first, first + LANES)
  }

  #loadTail({ openBlocks, fixedSchedules }: JobWords): void {
    this.#openBlocks = openBlocks.length / WORDS_PER_BLOCK
    this.#fixedBlocks = fixedSchedules.length / WORDS_PER_SCHEDULE
    this.#requireRoom(this.#openBlocks + this.#fixedBlocks)
    const words = this.#words
    let index = this.#at.tailAt / 4
    for (let i = 0; i < openBlocks.length; i++) {
      const word = openBlocks[i]!
      words[index++] = word
      words[index++] = word
      words[index++] = word
      words[index++] = word
    }
    words.set(fixedSchedules, index)
  }

  #requireRoom(tailBlocks: number): void {
    if (tailBlocks <= this.#maxTailBlocks) return
    throw new HeadframeError(
      'checker/coinbase-too-long',
      `The job's coinbase has more than ${this.#maxTailBlocks * BLOCK_BYTES} bytes, which no pool needs. Refuse the job.`,
    )
  }
}
