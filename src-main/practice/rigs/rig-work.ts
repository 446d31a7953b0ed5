/**
 * The search space of a rig's job, header by header: all nonces of a stretch, then other version bits, then
 * the next extranonce2, at its end the next second of header time. Pure; who hashes is `hashing.ts`.
 */
import {
  bitsOutsideMask,
  coinbaseTxid,
  combineVersion,
  encodeHeader,
  foldMerklePath,
} from '../../mining/index.ts'

/** A job as a rig got it. Survives the structured clone between threads. */
export interface RigWork {
  /** The rig's own number for the job; comes back with what is found. */
  readonly key: number
  readonly coinb1: Uint8Array
  readonly extranonce1: Uint8Array
  readonly coinb2: Uint8Array
  /** Bytes. */
  readonly extranonce2Size: number
  /** 32 bytes each. */
  readonly merkleBranches: readonly Uint8Array[]
  /** 32 bytes, header order. */
  readonly prevHash: Uint8Array
  readonly version: number
  /** Version bits that may be rolled; 0 for none. */
  readonly versionMask: number
  readonly nBits: number
  /** Unix seconds. */
  readonly ntime: number
  /** What a share must meet: 32 bytes little endian. */
  readonly target: Uint8Array
}

/** One header to try nonces of. */
export interface HeaderCandidate {
  /** The header without its nonce. */
  readonly header76: Uint8Array
  readonly extranonce2: Uint8Array
  readonly version: number
  readonly ntime: number
}

/** Different version bits per extranonce2. Chips roll thousands; a few show that bits are carried through. */
const VERSIONS_PER_EXTRANONCE2 = 4
/** Larger counters would take longer to run out than anybody watches. */
const MAX_COUNTED_BYTES = 6

export class HeaderWalk {
  readonly #work: RigWork
  #versionMask: number
  #extranonce2 = 0
  #versionIndex = 0
  #ntime: number

  constructor(work: RigWork) {
    this.#work = work
    this.#versionMask = work.versionMask
    this.#ntime = work.ntime
  }

  /** The next header; never one that was given before. */
  next(): HeaderCandidate {
    const { coinb1, extranonce1, coinb2, merkleBranches, prevHash, nBits, version } = this.#work
    const extranonce2 = this.#extranonce2Bytes()
    const txid = coinbaseTxid(coinb1, extranonce1, extranonce2, coinb2)
    const rolled = combineVersion(version, this.#versionMask, this.#versionBits())
    const ntime = this.#ntime
    const header = encodeHeader({
      version: rolled,
      prevHash,
      merkleRoot: foldMerklePath(txid, merkleBranches),
      ntime,
      nBits,
      nonce: 0,
    })
    this.#advance()
    return { header76: header.subarray(0, 76), extranonce2, version: rolled, ntime }
  }

  /** Other bits may be rolled from now on; what they allow of the present extranonce2 was perhaps tried before. */
  setVersionMask(mask: number): void {
    this.#versionMask = mask
    if (this.#versionIndex > 0) this.#nextExtranonce2()
  }

  #advance(): void {
    this.#versionIndex++
    const bits = this.#versionBits()
    const fits = bits <= this.#versionMask && bitsOutsideMask(bits, this.#versionMask) === 0
    if (this.#versionMask === 0 || !fits || this.#versionIndex === VERSIONS_PER_EXTRANONCE2) {
      this.#nextExtranonce2()
    }
  }

  #nextExtranonce2(): void {
    this.#versionIndex = 0
    this.#extranonce2++
    const counted = Math.min(this.#work.extranonce2Size, MAX_COUNTED_BYTES)
    if (this.#extranonce2 < 2 ** (8 * counted)) return
    this.#extranonce2 = 0
    this.#ntime++
  }

  #extranonce2Bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#work.extranonce2Size)
    let rest = this.#extranonce2
    for (let i = bytes.length - 1; i >= 0 && rest > 0; i--) {
      bytes[i] = rest & 0xff
      rest = Math.floor(rest / 0x100)
    }
    return bytes
  }

  /** The version index, counted from the lowest bit of the mask on; above it when the mask has run out. */
  #versionBits(): number {
    const lowest = (this.#versionMask & -this.#versionMask) >>> 0
    return this.#versionIndex * lowest
  }
}
