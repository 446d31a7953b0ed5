import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../src-main/base/index.ts'
import { compressBlock, midstateOf, SHA256_INIT } from '../../../../src-main/drivers/chips/midstate.ts'
import { plainSha256 } from '../../../support/plain-sha256d.ts'

describe('midstates', () => {
  it('are those of block 881423, as a BM1387 takes it', () => {
    const header = fromHex(
      '0060592ee3c96a8a70ca15fe215e99f84ab64c43e1b5d2c43b5401000000000000000000' +
        '76f63a35f1b8b5016d3eb0cce2eebbdf58bf8fbea4e870c8f770346bdfcf622d69c19a678a9a0217',
    )
    expect(toHex(midstateOf(header))).toBe('9e96646d30ae1c0890d085550f85939b6d4db3dd592173218fadf862fbab5614')
  })

  it('lead to the hash that a plain SHA-256 finds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 119 }), (message) => {
        const rest = message.slice(64)
        const last = new Uint8Array(64)
        last.set(rest)
        last[rest.length] = 0x80
        new DataView(last.buffer).setUint32(60, message.length * 8)
        expect(compressBlock(midstateOf(message), last)).toEqual(plainSha256(message))
      }),
    )
  })

  it('leave the state that they begin with as it was', () => {
    const before = SHA256_INIT.slice()
    compressBlock(SHA256_INIT, new Uint8Array(64))
    expect(SHA256_INIT).toEqual(before)
  })
})
