/** The job of the end-to-end benches: of ordinary mainnet size, so that a share costs 44 compressions. */
import { concatBytes } from '../../../src-main/base/index.ts'
import { formatNotify } from '../../../src-main/sv1/index.ts'

/** The same bytes for the same seed, and no two seeds alike. */
export function pseudoRandomBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed * 2 + 1
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

const SCRIPT_PREFIX_BYTES = 18
const SCRIPT_SUFFIX_BYTES = 20
const EXTRANONCE_BYTES = 16

/** A transaction's first bytes up to the extranonce, 60: version 2, one input that spends nothing, its script. */
const COINBASE_PREFIX = concatBytes(
  Uint8Array.of(2, 0, 0, 0, 1),
  new Uint8Array(32),
  Uint8Array.of(0xff, 0xff, 0xff, 0xff, SCRIPT_PREFIX_BYTES + EXTRANONCE_BYTES + SCRIPT_SUFFIX_BYTES),
  pseudoRandomBytes(SCRIPT_PREFIX_BYTES, 2),
)

/** The rest, 174 bytes: end of the script, sequence, a payout, the witness commitment, a note, lock time. */
const COINBASE_SUFFIX = concatBytes(
  pseudoRandomBytes(SCRIPT_SUFFIX_BYTES, 3),
  Uint8Array.of(0xff, 0xff, 0xff, 0xff, 3),
  Uint8Array.of(0x80, 0xb2, 0xe6, 0x0e, 0, 0, 0, 0, 22, 0x00, 20),
  pseudoRandomBytes(20, 5),
  Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 38, 0x6a, 36, 0xaa, 0x21, 0xa9, 0xed),
  pseudoRandomBytes(32, 6),
  Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 58, 0x6a, 56),
  pseudoRandomBytes(56, 7),
  Uint8Array.of(0, 0, 0, 0),
)

/** A coinbase of 250 bytes with an extranonce of 8 + 8, and 12 merkle nodes. */
export const ORDINARY_JOB = {
  version: 0x20000000,
  nBits: 0x170331db,
  coinbasePrefix: COINBASE_PREFIX,
  coinbaseSuffix: COINBASE_SUFFIX,
  extranoncePrefix: pseudoRandomBytes(8, 4),
  rollableSize: 8,
  merklePath: Array.from({ length: 12 }, (_, i) => pseudoRandomBytes(32, 10 + i)),
} as const

/** A previous block hash for each tip. */
export function prevHashOf(tip: number): Uint8Array {
  return pseudoRandomBytes(32, 1000 + tip)
}

/** The `mining.notify` line of a tip, as rigs with 4 + 4 bytes of extranonce get it. */
export function ordinaryNotify(tip: number): string {
  const { coinbasePrefix, extranoncePrefix, coinbaseSuffix, merklePath, version, nBits } = ORDINARY_JOB
  return formatNotify({
    jobId: String(tip),
    prevHash: prevHashOf(tip),
    coinb1: concatBytes(coinbasePrefix, extranoncePrefix),
    coinb2: coinbaseSuffix,
    merkleBranches: merklePath,
    version,
    nBits,
    ntime: Math.floor(Date.now() / 1000),
    cleanJobs: true,
  })
}
