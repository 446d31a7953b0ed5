import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../../src-main/base/index.ts'
import {
  asBlockHash,
  asTarget,
  headerOfShare,
  type Job,
  type JobId,
} from '../../../../src-main/mining/index.ts'
import { HeaderWalk, type RigWork } from '../../../../src-main/practice/rigs/rig-work.ts'

const work = (changes: Partial<RigWork> = {}): RigWork => ({
  key: 1,
  coinb1: new Uint8Array(60).fill(1),
  extranonce1: Uint8Array.of(0xaa, 0xbb),
  coinb2: new Uint8Array(40).fill(2),
  extranonce2Size: 2,
  merkleBranches: [new Uint8Array(32).fill(3), new Uint8Array(32).fill(4)],
  prevHash: new Uint8Array(32).fill(5),
  version: 0x20000000,
  versionMask: 0x1fffe000,
  nBits: 0x1d00ffff,
  ntime: 1_750_000_000,
  target: new Uint8Array(32).fill(0xff),
  ...changes,
})

function jobOf(from: RigWork): Job {
  return {
    id: 1 as JobId,
    upstreamJobId: '1',
    tip: { prevHash: asBlockHash(from.prevHash), nBits: from.nBits, minNtime: from.ntime },
    version: from.version,
    versionRollingMask: from.versionMask,
    ntime: from.ntime,
    coinbasePrefix: from.coinb1,
    coinbaseSuffix: from.coinb2,
    merklePath: from.merkleBranches,
    extranonce: { prefix: from.extranonce1, rollableSize: from.extranonce2Size },
    target: asTarget(from.target),
    cleanJobs: true,
    receivedAtMs: 0,
  }
}

describe('the walk through a job', () => {
  it('gives headers that a pool rebuilds from what the rig submits', () => {
    const given = work()
    const walk = new HeaderWalk(given)
    for (let i = 0; i < 20; i++) {
      const { header76, extranonce2, version, ntime } = walk.next()
      const rebuilt = headerOfShare(jobOf(given), { rollable: extranonce2, version, ntime, nonce: 0 })
      expect(toHex(header76)).toBe(toHex(rebuilt.subarray(0, 76)))
    }
  })

  it('rolls version bits, then the extranonce2', () => {
    const walk = new HeaderWalk(work())
    const seen = Array.from({ length: 5 }, () => {
      const { version, extranonce2 } = walk.next()
      return [version.toString(16), toHex(extranonce2)]
    })
    expect(seen).toEqual([
      ['20000000', '0000'],
      ['20002000', '0000'],
      ['20004000', '0000'],
      ['20006000', '0000'],
      ['20000000', '0001'],
    ])
  })

  it('leaves the version alone where nothing may be rolled', () => {
    const walk = new HeaderWalk(work({ versionMask: 0, version: 0x20004000 }))
    const seen = Array.from({ length: 3 }, () => walk.next())
    expect(seen.map(({ version }) => version)).toEqual([0x20004000, 0x20004000, 0x20004000])
    expect(seen.map(({ extranonce2 }) => toHex(extranonce2))).toEqual(['0000', '0001', '0002'])
  })

  it('goes on a second later when the extranonce2 has run out', () => {
    const walk = new HeaderWalk(work({ versionMask: 0, extranonce2Size: 1 }))
    const seen = Array.from({ length: 257 }, () => walk.next())
    expect(seen[255]).toMatchObject({ extranonce2: Uint8Array.of(255), ntime: 1_750_000_000 })
    expect(seen[256]).toMatchObject({ extranonce2: Uint8Array.of(0), ntime: 1_750_000_001 })
  })

  it('never comes to the same header twice, whatever the mask and however it changes', () => {
    const mask = fc.constantFrom(0, 0x2000, 0x6000, 0x0000a000, 0x1fffe000, 0x80000000)
    fc.assert(
      fc.property(mask, mask, fc.nat(3), fc.nat(20), (before, after, extranonce2Size, changeAt) => {
        const walk = new HeaderWalk(work({ versionMask: before, extranonce2Size }))
        const seen = new Set<string>()
        for (let i = 0; i < 40; i++) {
          if (i === changeAt) walk.setVersionMask(after)
          seen.add(toHex(walk.next().header76))
        }
        expect(seen.size).toBe(40)
      }),
    )
  })
})
