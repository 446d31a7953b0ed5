/**
 * The 80-byte block header: encode, parse, hash. Byte orders are those of the network; nothing is swapped
 * (SV2 mining protocol 5.3; the SV1 word order ends at `swapPrevHashWords`).
 */
import { err, HeadframeError, ok, type Result } from '../base/index.ts'
import { type BlockHash, type Job, type Share } from './job.ts'
import { coinbaseTxid, foldMerklePath } from './merkle.ts'
import { sha256d } from './sha256d.ts'
import { asBlockHash } from './target.ts'

export const HEADER_SIZE = 80

export interface Header {
  /** Unsigned 32 bits, rolled bits included. */
  readonly version: number
  /** 32 bytes, header order. */
  readonly prevHash: Uint8Array
  /** 32 bytes, header order. */
  readonly merkleRoot: Uint8Array
  /** Unix seconds. */
  readonly ntime: number
  /** Compact network target. */
  readonly nBits: number
  readonly nonce: number
}

/**
 * The 80 bytes of a header.
 * @throws RangeError if a hash has not 32 bytes.
 */
export function encodeHeader(header: Header): Uint8Array {
  if (header.prevHash.length !== 32 || header.merkleRoot.length !== 32) {
    throw new RangeError('previous hash and merkle root have 32 bytes each')
  }
  const bytes = new Uint8Array(HEADER_SIZE)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, header.version, true)
  bytes.set(header.prevHash, 4)
  bytes.set(header.merkleRoot, 36)
  view.setUint32(68, header.ntime, true)
  view.setUint32(72, header.nBits, true)
  view.setUint32(76, header.nonce, true)
  return bytes
}

/** The fields of 80 bytes, or `header/wrong-size`. The hashes are copies. */
export function parseHeader(bytes: Uint8Array): Result<Header, HeadframeError> {
  if (bytes.length !== HEADER_SIZE) {
    const message = `A block header has 80 bytes, this one ${bytes.length}; check what produced it.`
    return err(new HeadframeError('header/wrong-size', message, { context: { size: bytes.length } }))
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_SIZE)
  return ok({
    version: view.getUint32(0, true),
    prevHash: bytes.slice(4, 36),
    merkleRoot: bytes.slice(36, 68),
    ntime: view.getUint32(68, true),
    nBits: view.getUint32(72, true),
    nonce: view.getUint32(76, true),
  })
}

/** SHA256d of the encoded header: what must meet the target. */
export function hashHeader(header: Uint8Array): BlockHash {
  return asBlockHash(sha256d(header))
}

/**
 * The header a share stands for, rebuilt the plain way from the job as it was sent. The share's shape must
 * have been checked. The checker's kernel does the same faster; tests bind the two.
 */
export function headerOfShare(job: Job, share: Omit<Share, 'jobId'>): Uint8Array {
  const txid = coinbaseTxid(job.coinbasePrefix, job.extranonce.prefix, share.rollable, job.coinbaseSuffix)
  return encodeHeader({
    version: share.version,
    prevHash: job.tip.prevHash,
    merkleRoot: foldMerklePath(txid, job.merklePath),
    ntime: share.ntime,
    nBits: job.tip.nBits,
    nonce: share.nonce,
  })
}
