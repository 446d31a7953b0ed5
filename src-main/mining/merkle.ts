/**
 * From a coinbase to the merkle root: the txid, the fold along a path, and the path of a template's
 * transactions. Hashes have 32 bytes in the order of the wire; nothing is swapped (reference 4.5).
 */
import { concatBytes } from '../base/index.ts'
import { sha256d } from './sha256d.ts'

/** The txid of a transaction given in pieces, without witness: SHA256d of all of them, one after the other. */
export function coinbaseTxid(...stripped: readonly Uint8Array[]): Uint8Array {
  return sha256d(concatBytes(...stripped))
}

/** The root above `leaf`, the first leaf of its tree: SHA256d(root | node) for each node of `path` in order. */
export function foldMerklePath(leaf: Uint8Array, path: readonly Uint8Array[]): Uint8Array {
  let root = leaf
  for (const node of path) root = sha256d(concatBytes(root, node))
  return root
}

/**
 * The path from the coinbase to the root of a block.
 * @param txids of the other transactions of the block in their order; empty for a block of the coinbase alone
 * @returns ceil(log2(txids.length + 1)) nodes; the last of a level with an odd count pairs with itself
 */
export function merklePathOfTxids(txids: readonly Uint8Array[]): Uint8Array[] {
  const path: Uint8Array[] = []
  let others = txids
  while (others.length > 0) {
    path.push(others[0]!)
    const above: Uint8Array[] = []
    for (let i = 1; i < others.length; i += 2) {
      const left = others[i]!
      above.push(sha256d(concatBytes(left, others[i + 1] ?? left)))
    }
    others = above
  }
  return path
}
