/**
 * The merkle roots of one job as its extranonce is rolled, for whoever hashes whole headers: what all of them have in
 * common is hashed once. Not the share path; that is the checker's kernel. Layout as in `extranonce.ts`.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { foldedCoinb1 } from './extranonce.ts'
import { type Job } from './job.ts'
import { foldMerklePath } from './merkle.ts'

/**
 * @param extranonce2 as many bytes as the maker was told
 * @returns 32 bytes, header order, a fresh array
 * @throws RangeError if `extranonce2` has another length
 */
export type MerkleRootOf = (extranonce2: Uint8Array) => Uint8Array

/**
 * @param extranonce1 the part of the rollable bytes that stays; zero padding is put before it
 * @param extranonce2Size bytes that are rolled, 0 or more
 * @throws RangeError if both together have more bytes than the job leaves to roll
 */
export function merkleRootsOf(job: Job, extranonce1: Uint8Array, extranonce2Size: number): MerkleRootOf {
  const { coinbaseSuffix, merklePath } = job
  const coinb1 = foldedCoinb1(job, { extranonce1Size: extranonce1.length, extranonce2Size })
  const head = sha256.create().update(coinb1).update(extranonce1)
  return (extranonce2) => {
    if (extranonce2.length !== extranonce2Size) {
      throw new RangeError(`${extranonce2.length} bytes of extranonce2 given, ${extranonce2Size} wanted`)
    }
    const txid = sha256(head.clone().update(extranonce2).update(coinbaseSuffix).digest())
    return foldMerklePath(txid, merklePath)
  }
}
