/**
 * Jobs and shares with known hashes: the channel test data of the Stratum Reference Implementation,
 * recomputed by hand (reference 4.11 and 4.12). Regtest-sized, no real address.
 */
import { fromHex } from '../../src-main/base/index.ts'
import { asBlockHash, type Job, type JobId, type Target, targetFromHex } from '../../src-main/mining/index.ts'

export const coinbasePrefix = fromHex(
  '02000000010000000000000000000000000000000000000000000000000000000000000000ffffffff2a5200065376322f2f2f20',
)
export const coinbaseSuffix = fromHex(
  `ffffffff0200f2052a01000000160014ebe1b7dcc293ccaa0ee743a86f89df8258c208fc
   0000000000000000266a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf900000000`,
)
/** 23 x 00, 01. */
export const extranoncePrefix = fromHex('00'.repeat(23) + '01')
export const rollable = fromHex('0100000000000000')
export const coinbaseTxidHex = 'cae378f9a9dc0d816aa282f36506f209ece36dd90eb50781a25798a509763a05'

/** SHA256d of the texts merkle-node-1 and merkle-node-2. */
export const merkleNodes = [
  fromHex('f84024409dfae4dec34c3143adcacb4acdea488acac45aae8ab88461b5c2ec2d'),
  fromHex('4fc83e3213f806b7510a83fcbe8a99718c0b063a66b5b5936640479d9184ff82'),
]
export const rootOfTwoNodesHex = 'f476275e1eccd89529d2c7d5b01b1506816fd6010f2c038d32ebd7d3555eb2ed'
export const headerOfTwoNodesHex =
  '0000002017cd48869956dc99e01cd892e478e39dd563a0a3803b8bbe9e3e000000000000' +
  'f476275e1eccd89529d2c7d5b01b1506816fd6010f2c038d32ebd7d3555eb2ed61e90b68c0d7001b07410000'
export const hashOfTwoNodesDisplay = 'fbbfa5caf59cb2bcff2bcb624b57936e4481d5140117117ff1c77ca5a1f8c1b8'

export interface HashrateVector {
  hashrateHs: number
  sharesPerMinute: number
  targetHex: string
  difficulty: number
}

const row = (
  hashrateHs: number,
  sharesPerMinute: number,
  targetHex: string,
  difficulty: number,
): HashrateVector => ({ hashrateHs, sharesPerMinute, targetHex, difficulty })

export const hashrateVectors: readonly HashrateVector[] = [
  row(1, 1, '04325c53ef368eb04325c53ef368eb04325c53ef368eb04325c53ef368eb0431', 1.42e-8),
  row(100, 1, '000aebbc990fff5144366f000aebbc990fff5144366f000aebbc990fff514435', 1.4e-6),
  row(1000, 1, '0001179d9861a761ffdadd11c307c4fc04eea3a418f7d687584e4434af158205', 1.4e-5),
  row(5e11, 6, '0000000000384b84d092e0a26467c206ab89f8f32ec98afa25572e1e1cc1cb89', 1164.14),
  row(1e12, 6, '00000000001c25c2684973697a4c76dbb2e62a7e72b1a04971ca4f314e46b2a1', 2328.27),
  row(1e14, 6, '000000000000480ebe7b9d5842243bcfafbe0c2a514ec93ee949ee6b312011d5', 232827.09),
  row(1e14, 20, '000000000000f031259c0c7ae962ea1203acf3c6d3721a3a5a78e969a836746e', 69848.13),
  row(0.5, 60, 'ff'.repeat(32), 2.3e-10),
]

export function targetOf(hex: string): Target {
  const target = targetFromHex(hex)
  if (target === undefined) throw new Error(`no target: ${hex}`)
  return target
}

export interface ShareVector {
  prevHashHex: string
  ntime: number
  nBits: number
  nonce: number
  hashDisplay: string
  targetHex: string
  meetsTarget: boolean
  block: boolean
}

const REGTEST_TARGET_HEX = '7fffff' + '00'.repeat(29)

export const shareVectors: readonly ShareVector[] = [
  {
    prevHashHex: 'fbaf6a2823577a5a3a334e20caece4249aaece9093c315e0c367d6bd33be1862',
    ntime: 1745596971,
    nBits: 0x207fffff,
    nonce: 0,
    hashDisplay: '6b356f9f445f4cdfab140f69ff66803f8f98a0d8bcd089dc7d2bdeeee74a5f83',
    targetHex: REGTEST_TARGET_HEX,
    meetsTarget: true,
    block: true,
  },
  {
    prevHashHex: '17cd48869956dc99e01cd892e478e39dd563a0a3803b8bbe9e3e000000000000',
    ntime: 1745611105,
    nBits: 0x1b00d7c0,
    nonce: 16647,
    hashDisplay: '000054cc966c174fc21b056b994c0aa265c40126222040984f571230b9adde1f',
    targetHex: hashrateVectors[2]!.targetHex,
    meetsTarget: true,
    block: false,
  },
  {
    prevHashHex: '9a7cefe7dd7aa0ada4af57214ad6bf6b492200a2e3102c282149000000000000',
    ntime: 1745596971,
    nBits: 0x1b00d7c0,
    nonce: 0,
    hashDisplay: '6137d1330fabc8fdaf53236f39fff3b8793a6a951ca4e6bddccf99610b3147eb',
    targetHex: hashrateVectors[1]!.targetHex,
    meetsTarget: false,
    block: false,
  },
]

/** The job of a share vector, with the fields of `changes` in place of its own. */
export function jobOf(vector: ShareVector, changes: Partial<Job> = {}): Job {
  return {
    id: 1 as JobId,
    upstreamJobId: '1',
    tip: {
      prevHash: asBlockHash(fromHex(vector.prevHashHex)),
      nBits: vector.nBits,
      minNtime: vector.ntime,
    },
    version: 0x20000000,
    versionRollingMask: 0x1fffe000,
    ntime: vector.ntime,
    coinbasePrefix,
    coinbaseSuffix,
    merklePath: [],
    extranonce: { prefix: extranoncePrefix, rollableSize: rollable.length },
    target: targetOf(vector.targetHex),
    cleanJobs: true,
    receivedAtMs: 1_745_611_105_000,
    ...changes,
  }
}
