import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bigintToTarget,
  describeJob,
  encodeHeightPush,
  assembleCoinbase,
  guessNetwork,
  type Job,
  parseCoinbase,
  subsidySats,
} from '../../../src-main/mining/index.ts'
import { fromHex } from '../../../src-main/base/index.ts'
import { coinbasePrefix, jobOf, merkleNodes, shareVectors } from '../../support/mining-vectors.ts'

const vector = shareVectors[1]!
/** Of 2024: difficulty 8e13. */
const MAINNET_NBITS = 0x17034219
const REGTEST_NBITS = 0x207fffff
/** Witness programs of documentation: twenty bytes of 0x07. */
const payoutScript = fromHex('0014' + '07'.repeat(20))

function jobAt(height: number, nBits: number, valueSats: number): Job {
  const extranonce = { prefix: new Uint8Array(4), rollableSize: 8 }
  const { prefix, suffix } = assembleCoinbase({
    scriptStart: encodeHeightPush(height),
    tag: '/a pool/',
    extranonceSize: 12,
    outputs: [{ valueSats, script: payoutScript }],
  })
  return jobOf(vector, {
    coinbasePrefix: prefix,
    coinbaseSuffix: suffix,
    extranonce,
    tip: { ...jobOf(vector).tip, nBits },
  })
}

describe('described job', () => {
  it('shows the reference job to a person', () => {
    expect(describeJob(jobOf(vector), 'regtest')).toEqual({
      network: 'regtest',
      height: 2,
      tag: 'Sv2///',
      outputs: [
        {
          valueSats: 5_000_000_000,
          address: 'bcrt1qa0sm0hxzj0x25rh8gw5xlzwlsfvvyz8u8nhukw',
          scriptHex: '0014ebe1b7dcc293ccaa0ee743a86f89df8258c208fc',
          kind: 'payout',
        },
        {
          valueSats: 0,
          address: null,
          scriptHex: '6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9',
          kind: 'witness-commitment',
        },
      ],
      rewardSats: 5_000_000_000,
      feesSats: null,
      feesUnknownBecause: 'network-unknown',
      coinbaseFault: null,
      coinbaseBytes: 52 + 32 + 87,
      extranonce: { offset: 52, prefixSize: 24, rollableSize: 8 },
      prevHashDisplay: '0000000000003e9ebe8b3b80a3a063d59de378e492d81ce099dc56998648cd17',
      nBits: 0x1b00d7c0,
      networkDifficulty: expect.closeTo((0xffff * 0x10000) / 0xd7c0, 6) as number,
      shareDifficulty: expect.closeTo(1.4e-5, 6) as number,
      version: 0x20000000,
      versionRollingMask: 0x1fffe000,
      ntime: vector.ntime,
      merkleDepth: 0,
      transactions: { least: 1, most: 1 },
      emptyBlock: true,
    })
  })

  it('knows a block with transactions from an empty one', () => {
    expect(describeJob(jobOf(vector, { merklePath: merkleNodes }))).toMatchObject({
      merkleDepth: 2,
      transactions: { least: 3, most: 4 },
      emptyBlock: false,
    })
  })

  it('writes addresses of the network it is told', () => {
    const addressOn = (network: 'mainnet' | 'testnet'): string | null =>
      describeJob(jobOf(vector), network).outputs[0]!.address
    expect(addressOn('mainnet')).toMatch(/^bc1q/)
    expect(addressOn('testnet')).toMatch(/^tb1q/)
  })

  it('shows regtest addresses for a regtest pool without being told', () => {
    expect(describeJob(jobAt(1, REGTEST_NBITS, 5_000_000_000)).outputs[0]!.address).toMatch(/^bcrt1q/)
    expect(describeJob(jobAt(900_000, MAINNET_NBITS, 312_500_000)).outputs[0]!.address).toMatch(/^bc1q/)
    expect(describeJob(jobAt(90_000, 0x1d00ffff, 5_000_000_000)).outputs[0]!.address).toMatch(/^tb1q/)
  })

  it('writes no address where the network is anybody’s guess', () => {
    const description = describeJob(jobAt(2, 0x1b00d7c0, 5_000_000_000))
    expect(description).toMatchObject({ network: 'unknown', feesSats: null })
    expect(description.outputs[0]).toMatchObject({ address: null, kind: 'payout' })
  })

  it('takes the subsidy of the height from the reward', () => {
    expect(describeJob(jobAt(900_000, MAINNET_NBITS, 312_500_000 + 4_711))).toMatchObject({
      network: 'mainnet',
      rewardSats: 312_504_711,
      feesSats: 4_711,
      feesUnknownBecause: null,
    })
    expect(describeJob(jobAt(150, REGTEST_NBITS, 2_500_000_010)).feesSats).toBe(10)
  })

  it('says why it does not know the fees', () => {
    expect(describeJob(jobAt(900_000, MAINNET_NBITS, 1_000)).feesUnknownBecause).toBe('below-subsidy')
    expect(describeJob(jobAt(1_001, 0x1e00ffff, 312_500_000)).feesUnknownBecause).toBe('network-unknown')
    const broken = jobOf(vector, { coinbasePrefix: coinbasePrefix.subarray(0, 20) })
    expect(describeJob(broken).feesUnknownBecause).toBe('coinbase-unreadable')
  })

  it('finds the extranonce where the coinbase has it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 8 }),
        fc.integer({ min: 1, max: 16 }),
        (prefixSize, rollableSize) => {
          const { prefix, suffix } = assembleCoinbase({
            scriptStart: encodeHeightPush(840_000),
            tag: '/t/',
            extranonceSize: prefixSize + rollableSize,
            outputs: [{ valueSats: 1, script: payoutScript }],
          })
          const extranonce = { prefix: new Uint8Array(prefixSize), rollableSize }
          const description = describeJob(
            jobOf(vector, { coinbasePrefix: prefix, coinbaseSuffix: suffix, extranonce }),
          )
          const parsed = parseCoinbase(prefix, prefixSize + rollableSize, suffix)
          if (!parsed.ok) throw parsed.error
          // Version, count of inputs, outpoint and length of the script come before the script.
          expect(description.extranonce.offset).toBe(4 + 1 + 36 + 1 + parsed.value.extranonceOffset)
          expect(description.coinbaseBytes).toBe(prefix.length + prefixSize + rollableSize + suffix.length)
        },
      ),
    )
  })

  it('says nothing of a coinbase it cannot read but why, and keeps the rest', () => {
    const broken = jobOf(vector, { coinbasePrefix: coinbasePrefix.subarray(0, 20) })
    expect(describeJob(broken)).toMatchObject({
      height: null,
      tag: null,
      outputs: [],
      rewardSats: null,
      prevHashDisplay: expect.stringMatching(/^0000/) as string,
    })
    expect(describeJob(broken).coinbaseFault).toMatch(/^coinbase\//)
  })

  it('survives JSON, even with nonsense for targets', () => {
    const job = jobOf(vector, { target: bigintToTarget(0n), tip: { ...jobOf(vector).tip, nBits: 0 } })
    const description = describeJob(job)
    expect(description).toMatchObject({ network: 'unknown', networkDifficulty: null, shareDifficulty: null })
    expect(JSON.parse(JSON.stringify(description))).toEqual(description)
  })
})

describe('the network', () => {
  it.each([
    ['regtest', REGTEST_NBITS, 1, 'regtest'],
    ['regtest of any height', REGTEST_NBITS, 900_000, 'regtest'],
    ['the main network of 2024', MAINNET_NBITS, 840_000, 'mainnet'],
    ['the main network with a coinbase that tells no height', MAINNET_NBITS, null, 'mainnet'],
    ['a difficulty of the main network on a chain that is too short', MAINNET_NBITS, 7, null],
    ['testnet at its easiest', 0x1d00ffff, 2_900_000, 'testnet'],
    ['signet', 0x1e0377ae, 220_000, 'testnet'],
    ['a chain out of thin air', 0x1e0377ae, 1_001, 'regtest'],
    ['no usable target', 0, 900_000, null],
  ] as const)('is recognised: %s', (_what, nBits, height, network) => {
    expect(guessNetwork(nBits, height)).toBe(network)
  })

  it('halves the subsidy as its nodes do', () => {
    expect(subsidySats(0, 'mainnet')).toBe(5_000_000_000)
    expect(subsidySats(209_999, 'mainnet')).toBe(5_000_000_000)
    expect(subsidySats(210_000, 'testnet')).toBe(2_500_000_000)
    expect(subsidySats(840_000, 'mainnet')).toBe(312_500_000)
    // An odd amount loses its half satoshi.
    expect(subsidySats(210_000 * 10, 'mainnet')).toBe(4_882_812)
    expect(subsidySats(210_000 * 33, 'mainnet')).toBe(0)
    expect(subsidySats(149, 'regtest')).toBe(5_000_000_000)
    expect(subsidySats(150, 'regtest')).toBe(2_500_000_000)
  })
})
