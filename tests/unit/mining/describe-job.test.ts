import { describe, expect, it } from 'vitest'
import { bigintToTarget, describeJob } from '../../../src-main/mining/index.ts'
import { coinbasePrefix, jobOf, merkleNodes, shareVectors } from '../../support/mining-vectors.ts'

const vector = shareVectors[1]!

describe('described job', () => {
  it('shows the reference job to a person', () => {
    expect(describeJob(jobOf(vector), 'regtest')).toEqual({
      height: 2,
      tag: 'Sv2///',
      outputs: [
        {
          valueSats: 5_000_000_000,
          address: 'bcrt1qa0sm0hxzj0x25rh8gw5xlzwlsfvvyz8u8nhukw',
          scriptHex: '0014ebe1b7dcc293ccaa0ee743a86f89df8258c208fc',
        },
        {
          valueSats: 0,
          address: null,
          scriptHex: '6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9',
        },
      ],
      rewardSats: 5_000_000_000,
      coinbaseFault: null,
      prevHashDisplay: '0000000000003e9ebe8b3b80a3a063d59de378e492d81ce099dc56998648cd17',
      nBits: 0x1b00d7c0,
      networkDifficulty: expect.closeTo((0xffff * 0x10000) / 0xd7c0, 6) as number,
      shareDifficulty: expect.closeTo(1.4e-5, 6) as number,
      version: 0x20000000,
      versionRollingMask: 0x1fffe000,
      ntime: vector.ntime,
      merkleDepth: 0,
      emptyBlock: true,
    })
  })

  it('knows a block with transactions from an empty one', () => {
    expect(describeJob(jobOf(vector, { merklePath: merkleNodes }))).toMatchObject({
      merkleDepth: 2,
      emptyBlock: false,
    })
  })

  it('writes addresses of the network it is told', () => {
    const addressOn = (network: 'mainnet' | 'testnet'): string | null =>
      describeJob(jobOf(vector), network).outputs[0]!.address
    expect(addressOn('mainnet')).toMatch(/^bc1q/)
    expect(addressOn('testnet')).toMatch(/^tb1q/)
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
    expect(description).toMatchObject({ networkDifficulty: null, shareDifficulty: null })
    expect(JSON.parse(JSON.stringify(description))).toEqual(description)
  })
})
