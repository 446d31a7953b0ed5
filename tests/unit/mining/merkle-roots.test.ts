import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src-main/base/index.ts'
import { headerOfShare, merkleRootsOf, rollableOf } from '../../../src-main/mining/index.ts'
import {
  coinbaseTxidHex,
  jobOf,
  merkleNodes,
  rollable,
  rootOfTwoNodesHex,
  shareVectors,
} from '../../support/mining-vectors.ts'

describe('merkle roots of a job as its extranonce is rolled', () => {
  it('are those of the vectors, without and with a path', () => {
    const bare = jobOf(shareVectors[1]!)
    const roots = merkleRootsOf(bare, rollable.subarray(0, 3), 5)
    expect(toHex(roots(rollable.subarray(3)))).toBe(coinbaseTxidHex)
    const job = jobOf(shareVectors[1]!, { merklePath: merkleNodes })
    expect(toHex(merkleRootsOf(job, rollable, 0)(new Uint8Array(0)))).toBe(rootOfTwoNodesHex)
  })

  it('are those of the header that a share stands for, in every layout, again and again', () => {
    const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size })
    const layouts = fc
      .tuple(fc.nat(4), fc.nat(8), fc.nat(8))
      .chain(([size1, size2, padding]) =>
        fc.tuple(bytes(size1), fc.array(bytes(size2), { minLength: 1, maxLength: 3 }), fc.constant(padding)),
      )
    fc.assert(
      fc.property(layouts, bytes(40), ([extranonce1, tries, padding], prefix) => {
        const size2 = tries[0]!.length
        const job = jobOf(shareVectors[1]!, {
          merklePath: merkleNodes,
          extranonce: { prefix, rollableSize: extranonce1.length + size2 + padding },
        })
        const roots = merkleRootsOf(job, extranonce1, size2)
        for (const extranonce2 of [...tries, ...tries]) {
          const header = headerOfShare(job, {
            rollable: rollableOf(job, extranonce1, extranonce2),
            ntime: job.ntime,
            nonce: 0,
            version: job.version,
          })
          expect(toHex(roots(extranonce2))).toBe(toHex(header.subarray(36, 68)))
        }
      }),
    )
  })

  it('refuses what does not fit', () => {
    const job = jobOf(shareVectors[1]!)
    expect(() => merkleRootsOf(job, new Uint8Array(4), 4)(new Uint8Array(3))).toThrow(RangeError)
    expect(() => merkleRootsOf(job, new Uint8Array(4), 5)).toThrow(RangeError)
  })
})
