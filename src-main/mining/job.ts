/**
 * The one job shape: what every upstream turns its protocol into and every downstream is given. Pure data.
 * Byte orders are those of the block header and of the wire ("internal" order), never display order.
 */

/** 32 bytes, little endian as in the header and on the SV2 wire: the threshold a hash must not exceed. */
export type Target = Uint8Array & { readonly __brand: 'Target' }

/** 32 bytes, output of SHA256d, same order as `Target`. */
export type BlockHash = Uint8Array & { readonly __brand: 'BlockHash' }

/** Identity of a job within this process; never reused. */
export type JobId = number & { readonly __brand: 'JobId' }

export interface ChainTip {
  /** Hash of the block to build on: 32 bytes, header order. */
  readonly prevHash: BlockHash
  /** Compact network target of the header. */
  readonly nBits: number
  /** Smallest header time allowed, unix seconds. */
  readonly minNtime: number
}

/** The extranonce of a job: `prefix` is fixed above us, `rollableSize` bytes after it are ours to fill. */
export interface ExtranonceSpace {
  readonly prefix: Uint8Array
  /** Bytes. */
  readonly rollableSize: number
}

export interface Job {
  readonly id: JobId
  /** The pool's own name for it: decimal text of the U32 in SV2, the job id text in SV1. */
  readonly upstreamJobId: string
  readonly tip: ChainTip
  /** Header version with every rollable bit as the pool set it. */
  readonly version: number
  /** Version bits that shares may change; 0 when the pool allows none. */
  readonly versionRollingMask: number
  /** Header time to start from, unix seconds; never below `tip.minNtime`. */
  readonly ntime: number
  /** Coinbase without witness, up to the first extranonce byte. */
  readonly coinbasePrefix: Uint8Array
  /** Coinbase without witness, from the byte after the extranonce. */
  readonly coinbaseSuffix: Uint8Array
  /** Hashes to fold into the coinbase txid, 32 bytes each, in order. */
  readonly merklePath: readonly Uint8Array[]
  /** Extranonce as it was when the job arrived; a later prefix does not change it. */
  readonly extranonce: ExtranonceSpace
  /** Upstream's share target, fixed when the job became active. */
  readonly target: Target
  /** Whether older jobs became worthless with this one (a new tip). */
  readonly cleanJobs: boolean
  /** Epoch milliseconds on our clock. */
  readonly receivedAtMs: number
}

/** A solved header offered for a job. */
export interface Share {
  readonly jobId: JobId
  /** The rollable extranonce: exactly `job.extranonce.rollableSize` bytes. */
  readonly rollable: Uint8Array
  /** Unix seconds. */
  readonly ntime: number
  readonly nonce: number
  /** Whole header version, rolled bits included. */
  readonly version: number
}
