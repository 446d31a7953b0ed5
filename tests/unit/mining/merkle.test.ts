import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, toHex } from '../../../src-main/base/index.ts'
import { coinbaseTxid, foldMerklePath, merklePathOfTxids, sha256d } from '../../../src-main/mining/index.ts'
import {
  coinbasePrefix,
  coinbaseSuffix,
  coinbaseTxidHex,
  extranoncePrefix,
  merkleNodes,
  rollable,
  rootOfTwoNodesHex,
} from '../../support/mining-vectors.ts'

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })

/** The root of a whole list of txids, level by level, as a node computes it. */
function naiveRoot(txids: readonly Uint8Array[]): Uint8Array {
  let level = [...txids]
  while (level.length > 1) {
    if (level.length % 2 === 1) level.push(level.at(-1)!)
    const above: Uint8Array[] = []
    for (let i = 0; i < level.length; i += 2) above.push(sha256d(concatBytes(level[i]!, level[i + 1]!)))
    level = above
  }
  return level[0]!
}

describe('merkle path', () => {
  it('starts from the coinbase txid of the reference', () => {
    const txid = coinbaseTxid(coinbasePrefix, extranoncePrefix, rollable, coinbaseSuffix)
    expect(toHex(txid)).toBe(coinbaseTxidHex)
    expect(coinbaseTxid(concatBytes(coinbasePrefix, extranoncePrefix, rollable, coinbaseSuffix))).toEqual(
      txid,
    )
  })

  it('of two nodes folds to the root of the reference', () => {
    expect(merkleNodes.map(toHex)).toEqual(
      ['merkle-node-1', 'merkle-node-2'].map((text) => toHex(sha256d(new TextEncoder().encode(text)))),
    )
    expect(toHex(foldMerklePath(fromHex(coinbaseTxidHex), merkleNodes))).toBe(rootOfTwoNodesHex)
  })

  it('leaves the coinbase alone in its block as the root', () => {
    expect(merklePathOfTxids([])).toEqual([])
    expect(foldMerklePath(fromHex(coinbaseTxidHex), [])).toEqual(fromHex(coinbaseTxidHex))
  })

  it('built from txids folds to the root of the whole tree, whatever the count', () => {
    fc.assert(
      fc.property(hash, fc.array(hash, { maxLength: 40 }), (coinbase, others) => {
        const path = merklePathOfTxids(others)
        expect(path).toHaveLength(Math.ceil(Math.log2(others.length + 1)))
        expect(foldMerklePath(coinbase, path)).toEqual(naiveRoot([coinbase, ...others]))
      }),
    )
  })

  it('does not depend on the coinbase', () => {
    const others = [1, 2, 3, 4, 5].map((n) => new Uint8Array(32).fill(n))
    const path = merklePathOfTxids(others)
    for (const coinbase of [new Uint8Array(32), new Uint8Array(32).fill(9)]) {
      expect(foldMerklePath(coinbase, path)).toEqual(naiveRoot([coinbase, ...others]))
    }
  })
})
