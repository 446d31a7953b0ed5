import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../../../src-main/base/index.ts'
import { difficultyOfBits } from '../../../../../src-main/earnings/outside/chain/compact-bits.ts'
import {
  outputsOfBlock,
  outputsOfTransaction,
  readHeader,
} from '../../../../../src-main/earnings/outside/chain/raw-tx.ts'
import { TestChain } from '../../../../support/outside/test-chain.ts'

/** The Electrum protocol's example: regtest transaction 9c42…431c, which pays the address with the second output. */
const EXAMPLE = fromHex(
  '0200000000010147a332c544c49d66a9a7c3f65e420e209b8fbfef4826a2d636c50bbd61c3c9a60000000000fdffffff02784a4c00000000001600147bcf38d8a69071c21abbfe0532cb6aeacaf5c29440a5ae02000000001600149f9aa3795e57c535d2f7b160ff023804c60fca6e02473044022020fd51935d101b3bfcf169af182a2ca189407597d8f1868ca55eecae6c58fd0402205adc117093a4329dde60b9b9c579c56c1699129c6be37a581bbd03e851d36962012103c3172a9f8820681c62b8bf28961988a4642b33f4920b9da14b06965c7fff83fda8090000',
)
const SCRIPT = fromHex('00149f9aa3795e57c535d2f7b160ff023804c60fca6e')

describe('raw transactions', () => {
  it('give the outputs that pay a script, in whole sats', () => {
    expect(outputsOfTransaction(EXAMPLE, [new Uint8Array(1), SCRIPT])).toEqual([
      {
        txid: '9c42f84b2fcdaff676ba25d9d4941741cc0d1a01cce0c23fdc4c0b2afa38431c',
        vout: 1,
        sats: 45_000_000,
        coinbase: false,
        script: 1,
        spends: ['a6c9c361bd0bc536d6a22648efbf8f9b200e425ef6c3a7a9669dc444c532a347:0'],
      },
    ])
    expect(outputsOfTransaction(EXAMPLE, [fromHex('51')])).toEqual([])
  })

  it('are refused wherever they are cut, and with something behind', () => {
    for (let length = 0; length < EXAMPLE.length; length++) {
      expect(outputsOfTransaction(EXAMPLE.subarray(0, length), [SCRIPT])).toBeUndefined()
    }
    expect(outputsOfTransaction(Uint8Array.of(...EXAMPLE, 0), [SCRIPT])).toBeUndefined()
  })

  it('never make the reader throw, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(EXAMPLE.length - 1),
        fc.nat(255),
        (bytes, at, value) => {
          outputsOfTransaction(bytes, [SCRIPT])
          outputsOfBlock(bytes, [SCRIPT])
          const bent = EXAMPLE.slice()
          bent[at] = value
          outputsOfTransaction(bent, [SCRIPT])
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('raw blocks', () => {
  it('give the same outputs that were written into them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.maxSafeNat(), { minLength: 1, maxLength: 4 }), { maxLength: 6 }),
        (amounts) => {
          const chain = new TestChain(2)
          const txs = amounts.map((sats) =>
            chain.tx({ outputs: sats.map((one) => ({ script: SCRIPT, sats: one })) }),
          )
          const block = chain.addBlock(txs, [{ script: SCRIPT, sats: 7 }])
          const expected = [block.txs[0]!, ...txs].flatMap((tx, index) =>
            tx.outputs.map(({ sats }, vout) => ({
              txid: tx.txid,
              vout,
              sats,
              coinbase: index === 0,
              script: 0,
              spends: [...tx.spends],
            })),
          )
          expect(outputsOfBlock(block.bytes, [SCRIPT])).toEqual(expected)
          expect(outputsOfBlock(block.bytes.subarray(0, -1), [SCRIPT])).toBeUndefined()
          expect(readHeader(block.bytes)?.atMs).toBe(block.time * 1000)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('tell time and difficulty in their header', () => {
    // Height 520,481, from the Electrum protocol's documentation.
    const header = readHeader(
      fromHex(
        '00000020890208a0ae3a3892aa047c5468725846577cfcd9b512b50000000000000000005dc2b02f2d297a9064ee103036c14d678f9afc7e3d9409cf53fd58b82e938e8ecbeca05a2d2103188ce804c4',
      ),
    )
    expect(header?.atMs).toBe(1_520_495_819_000)
    expect(header?.bits).toBe(0x1803212d)
    expect(difficultyOfBits(0x1d00ffff)).toBe(1)
    // The example that is worked out in the Bitcoin wiki, "Difficulty".
    expect(difficultyOfBits(0x1b0404cb)).toBeCloseTo(16_307.420938523983, 6)
    expect(difficultyOfBits(0x207fffff)).toBeCloseTo(4.6565423739069247e-10, 20)
    for (const bits of [0, 0x1d800000, 0x21000001]) expect(difficultyOfBits(bits)).toBeUndefined()
  })
})
