import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../src-main/base/index.ts'
import { decodeFrame } from '../../../../src-main/sv2/frame.ts'
import { templateConnection, type TemplateConnectionMessage } from '../../../../src-main/sv2/message-set.ts'
import { templateMessages } from '../../../../src-main/sv2/messages/template-distribution.ts'

interface Vector {
  readonly message: TemplateConnectionMessage
  readonly frame: Uint8Array
}

const vector = (message: TemplateConnectionMessage, hex: string): Vector => ({ message, frame: fromHex(hex) })

const MERKLE_NODE = '1a6240823de4c8d6aaf826851bdf2b0e8d5acf7c31e8578cff4c394b5a32bd4e'

/** The template that both NewTemplate vectors share. */
const TEMPLATE = {
  name: 'NewTemplate',
  templateId: 1n,
  futureTemplate: false,
  version: 0x30000000,
  coinbaseTxVersion: 2,
  coinbasePrefix: fromHex('03012100'),
  coinbaseTxInputSequence: 0xffffffff,
  coinbaseTxValueRemaining: 2_100_000_000_000_000n,
  coinbaseTxLocktime: 903_387,
  merklePath: [fromHex(MERKLE_NODE)],
} as const

/**
 * Stratum V2 reference, section 6. The payloads of both templates and of SetNewPrevHash come from the template provider's tests;
 * 0x70, 0x73 and 0x75 are our own layout from the field tables; 0x74 and 0x76 were laid out here by hand.
 */
const vectors: readonly Vector[] = [
  vector(
    {
      name: 'CoinbaseOutputConstraints',
      coinbaseOutputMaxAdditionalSize: 100,
      coinbaseOutputMaxAdditionalSigops: 4,
    },
    '000070060000 64000000 0400',
  ),
  vector(
    { ...TEMPLATE, coinbaseTxOutputsCount: 1, coinbaseTxOutputs: fromHex('0000000000000000 03 6a012a') },
    `000071590000 0100000000000000 00 00000030 02000000 0403012100 ffffffff 0040075af0750700 01000000
     0c00 0000000000000000036a012a dbc80d00 01 ${MERKLE_NODE}`,
  ),
  vector(
    {
      ...TEMPLATE,
      coinbaseTxOutputsCount: 3,
      coinbaseTxOutputs: fromHex(
        '6400000000000000 02 6a51 c800000000000000 02 6a52 2c01000000000000 02 6a53',
      ),
    },
    `0000716e0000 0100000000000000 00 00000030 02000000 0403012100 ffffffff 0040075af0750700 03000000
     2100 6400000000000000026a51c800000000000000026a522c01000000000000026a53 dbc80d00 01 ${MERKLE_NODE}`,
  ),
  vector(
    {
      name: 'SetNewPrevHash',
      templateId: 2n,
      prevHash: fromHex('e59a2ef8d4826b89fe637f3b5322c0f167fd2d3dc88ec568a7c2c8ffd8eb8873'),
      headerTimestamp: 0x630e3c97,
      nBits: 0x037fffff,
      target: fromHex(`ffff7f${'00'.repeat(29)}`),
    },
    `000072500000 0200000000000000 e59a2ef8d4826b89fe637f3b5322c0f167fd2d3dc88ec568a7c2c8ffd8eb8873
     973c0e63 ffff7f03 ffff7f0000000000000000000000000000000000000000000000000000000000`,
  ),
  vector({ name: 'RequestTransactionData', templateId: 1n }, '000073080000 0100000000000000'),
  vector(
    {
      name: 'RequestTransactionData.Success',
      templateId: 1n,
      excessData: fromHex('aabb'),
      transactionList: [fromHex('010203'), fromHex('ff')],
    },
    '000074180000 0100000000000000 0200aabb 0200 030000010203 010000ff',
  ),
  vector(
    { name: 'RequestTransactionData.Error', templateId: 1n, errorCode: 'stale-template-id' },
    '0000751a0000 0100000000000000 11 7374616c652d74656d706c6174652d6964',
  ),
  vector(
    {
      name: 'SubmitSolution',
      templateId: 1n,
      version: 0x20000000,
      headerTimestamp: 1_745_611_105,
      headerNonce: 16_647,
      coinbaseTx: fromHex('0200'),
    },
    '000076180000 0100000000000000 00000020 61e90b68 07410000 0200 0200',
  ),
]

describe('template distribution messages', () => {
  for (const { message, frame } of vectors) {
    it(`encodes ${message.name} (${frame.length} bytes) byte for byte and reads it back`, () => {
      expect(toHex(templateConnection.encode(message))).toBe(toHex(frame))
      const decoded = decodeFrame(frame)
      if (!decoded.ok) throw new Error(decoded.error.message)
      expect(templateConnection.decode(decoded.value)).toEqual({
        ok: true,
        value: { message, trailing: new Uint8Array(0) },
      })
    })
  }

  it('has a vector for every message of the protocol', () => {
    const covered = new Set<string>(vectors.map(({ message }) => message.name))
    expect(templateMessages.map(({ name }) => name).filter((name) => !covered.has(name))).toEqual([])
  })

  it('refuses a payload cut off anywhere', () => {
    for (const { frame } of vectors)
      for (let length = 0; length < frame.length - 6; length++) {
        const decoded = templateConnection.decode({
          extensionId: 0,
          channelMessage: false,
          messageType: frame[2]!,
          payload: frame.subarray(6, 6 + length),
        })
        expect(decoded).toMatchObject({ ok: false, error: { code: 'sv2/message-truncated' } })
      }
  })

  it('never throws for any payload', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...templateMessages),
        fc.uint8Array({ maxLength: 200 }),
        (definition, payload) => {
          const decoded = definition.decode(payload)
          if (!decoded.ok) expect(decoded.error.code).toMatch(/^sv2\//)
        },
      ),
    )
  })

  it('keeps every template through a round trip', () => {
    const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> =>
      fc.uint8Array({ maxLength }).map((value) => Uint8Array.from(value))
    const u32 = fc.integer({ min: 0, max: 0xffffffff })
    const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
    const template = fc.record({
      name: fc.constant('NewTemplate' as const),
      templateId: u64,
      futureTemplate: fc.boolean(),
      version: u32,
      coinbaseTxVersion: u32,
      coinbasePrefix: bytes(8),
      coinbaseTxInputSequence: u32,
      coinbaseTxValueRemaining: u64,
      coinbaseTxOutputsCount: u32,
      coinbaseTxOutputs: bytes(300),
      coinbaseTxLocktime: u32,
      merklePath: fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 16 }),
    })
    fc.assert(
      fc.property(template, (message) => {
        const frame = decodeFrame(templateConnection.encode(message))
        if (!frame.ok) throw new Error(frame.error.message)
        const decoded = templateConnection.decode(frame.value)
        if (!decoded.ok) throw new Error(decoded.error.message)
        expect(decoded.value.message).toEqual(message)
      }),
    )
  })
})
