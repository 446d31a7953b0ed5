import { describe, expect, it } from 'vitest'
import { equalBytes, fromHex, toHex } from '../../../../src-main/base/index.ts'
import {
  asBlockHash,
  asTarget,
  difficultyOfTarget,
  hashHeader,
  hashToDisplay,
  headerOfShare,
  meetsTarget,
  targetOfDifficulty,
} from '../../../../src-main/mining/index.ts'
import { staleRefusal } from '../../../../src-main/proxy/shares/stale-cause.ts'
import { shareVectors } from '../../../support/mining-vectors.ts'
import { PretendSv2Channel } from '../../../support/proxy/pretend-sv2-channel.ts'
import { NTIME, TARGET, vectors } from '../../sv2/vectors.ts'

const vector = (name: string): string => toHex(vectors.find(({ message }) => message.name === name)!.frame)

/** A share of the vectors, on a job that was sent under this id. */
const share = (jobId: number) =>
  ({
    name: 'SubmitSharesExtended',
    channelId: 7,
    sequenceNumber: 3,
    jobId,
    nonce: 16647,
    ntime: NTIME,
    version: 0x20000000,
    extranonce: fromHex('0100000000000000'),
  }) as const

describe('what firmware reads, byte for byte', () => {
  it('SetTarget: the target a rig insists on', () => {
    const pretend = new PretendSv2Channel()
    pretend.open()
    pretend.channel.update({
      name: 'UpdateChannel',
      channelId: 7,
      nominalHashRate: 0,
      maximumTarget: TARGET,
    })
    pretend.channel.sendJob(pretend.issue({ target: asTarget(new Uint8Array(32).fill(0xff)) }))
    expect(pretend.frames[0]).toBe(vector('SetTarget'))
  })

  it('SubmitShares.Error', () => {
    const pretend = new PretendSv2Channel()
    pretend.open()
    pretend.channel.shares.answerShare(3, staleRefusal('new-block'), 0)
    expect(pretend.frames).toEqual([vector('SubmitShares.Error')])
  })

  it('SetExtranoncePrefix', () => {
    const pretend = new PretendSv2Channel()
    pretend.open()
    const grant = {
      extranonce1: fromHex('0a0b0c0d'),
      layout: { extranonce1Size: 4, extranonce2Size: 4 },
    }
    pretend.channel.setExtranonce(grant, pretend.issue())
    expect(pretend.frames).toEqual([vector('SetExtranoncePrefix')])
  })
})

describe('a job', () => {
  it('comes first as a future job with its previous hash, then without, and anew with a block', () => {
    const pretend = new PretendSv2Channel()
    pretend.open({ nominalHashRate: 1 })
    const target = pretend.channel.target
    pretend.channel.sendJob(pretend.issue({}, { cleanJobs: false }))
    pretend.channel.sendJob(pretend.issue({ cleanJobs: false, target }))
    const tip = { prevHash: asBlockHash(new Uint8Array(32).fill(5)), nBits: 0x1b00d7c0, minNtime: NTIME }
    pretend.channel.sendJob(pretend.issue({ cleanJobs: false, tip }))
    const names = pretend.names.filter((name) => name !== 'SetTarget')
    expect(names).toEqual([
      'NewExtendedMiningJob',
      'SetNewPrevHash',
      'NewExtendedMiningJob',
      'NewExtendedMiningJob',
      'SetNewPrevHash',
    ])
    const jobs = pretend.sent.filter(({ name }) => name === 'NewExtendedMiningJob')
    expect(jobs).toMatchObject([
      { channelId: 7, jobId: 0x100, minNtime: null },
      { channelId: 7, jobId: 0x200, minNtime: NTIME },
      { channelId: 7, jobId: 0x300, minNtime: null },
    ])
  })

  it.each(['new-block', 'pool-switched'] as const)(
    'makes older ones worthless also when the job that said so (%s) never reached the rig',
    (because) => {
      const pretend = new PretendSv2Channel()
      pretend.open()
      const first = pretend.issue()
      pretend.channel.sendJob(first)
      first.staleBecause = because
      pretend.channel.sendJob(pretend.issue({ cleanJobs: false }))
      expect(pretend.names.slice(-2)).toEqual(['NewExtendedMiningJob', 'SetNewPrevHash'])
    },
  )

  it('of another line comes with its previous hash, although the block is the same', () => {
    const pretend = new PretendSv2Channel()
    pretend.open()
    pretend.channel.sendJob(pretend.issue())
    pretend.channel.sendJob(pretend.issue({ cleanJobs: false }, { lineId: 'b' }))
    expect(pretend.names.filter((name) => name === 'SetNewPrevHash')).toHaveLength(2)
  })

  it('is sent once, however often the rig is given it', () => {
    const pretend = new PretendSv2Channel()
    pretend.open()
    const issued = pretend.issue()
    pretend.channel.sendJob(issued)
    const count = pretend.frames.length
    pretend.channel.sendJob(issued)
    expect(pretend.frames).toHaveLength(count)
  })

  it('is not one whose coinbase no message can hold: the rig is sent none, and the proxy goes on', () => {
    const pretend = new PretendSv2Channel()
    pretend.open()
    const issued = pretend.issue({ coinbasePrefix: new Uint8Array(65_535) })
    expect(() => pretend.channel.sendJob(issued)).not.toThrow()
    expect(pretend.sent).toEqual([])
    expect(pretend.logs.join()).toContain('a job is too large for a rig')
  })

  it('does not send it into the future when the clock of this machine is set right, nor hold it back', () => {
    for (const jumpMs of [3 * 24 * 3600_000, -3 * 24 * 3600_000]) {
      const pretend = new PretendSv2Channel()
      pretend.open()
      const issued = pretend.issue()
      pretend.channel.sendJob(issued)
      pretend.clock.setWallTime(pretend.clock.nowMs() + jumpMs)
      pretend.clock.advance(20_000)
      expect(pretend.channel.reissue(issued)).toBe(true)
      expect(pretend.sent.at(-1)).toMatchObject({ minNtime: issued.ntime + 20 })
    }
  })

  it('is sent again under another id when the difficulty changes, and never with the same time', () => {
    const pretend = new PretendSv2Channel()
    pretend.open({ nominalHashRate: 1e3 })
    const issued = pretend.issue({ target: targetOfDifficulty(1e-3) })
    pretend.channel.sendJob(issued)
    pretend.channel.rig.startVardiff(1e-7, 0, false)
    expect(pretend.channel.reissue(issued)).toBe(false)
    pretend.clock.advance(1000)
    expect(pretend.channel.reissue(issued)).toBe(true)
    expect(pretend.names.slice(-2)).toEqual(['SetTarget', 'NewExtendedMiningJob'])
    expect(pretend.sent.at(-1)).toMatchObject({ jobId: 0x101, minNtime: NTIME + 1 })
    expect(pretend.channel.reissue(issued)).toBe(false)
    expect(pretend.channel.reissue(pretend.issue())).toBe(false)
  })

  it('goes to the whole group where there is one, but for a channel whose prefix has just changed', () => {
    const pretend = new PretendSv2Channel()
    pretend.open()
    pretend.takesGroupJobs = true
    const first = pretend.issue()
    pretend.channel.sendJob(first)
    expect([pretend.groupJobs, pretend.frames]).toEqual([[first], []])
    const grant = {
      extranonce1: fromHex('0a0b0c0d'),
      layout: { extranonce1Size: 4, extranonce2Size: 4 },
    }
    pretend.channel.setExtranonce(grant, pretend.issue())
    pretend.channel.sendJob(pretend.current!)
    expect(pretend.groupJobs).toHaveLength(1)
    expect(pretend.names.slice(-2)).toEqual(['NewExtendedMiningJob', 'SetNewPrevHash'])
  })

  it('that forbids version rolling ends a channel of a connection that requires it', () => {
    const pretend = new PretendSv2Channel({ flags: { needsVersionRolling: true } })
    pretend.open()
    pretend.channel.sendJob(pretend.issue({ versionRollingMask: 0 }))
    expect(pretend.frames).toEqual([])
    expect(pretend.closedBecause).toMatch(/no version rolling/)
    expect(pretend.released).toHaveLength(1)
  })
})

describe('a share', () => {
  it('of the vectors is offered with the header that the rig hashed', () => {
    // As the vectors' pool would be behind us: 20 bytes are its own, 12 for us, of which the rig rolls 8.
    const layout = { extranonce1Size: 4, extranonce2Size: 8 }
    const pretend = new PretendSv2Channel({ layout, extranonce1: fromHex('00000001') })
    pretend.open()
    const extranonce = { prefix: new Uint8Array(20), rollableSize: 12 }
    pretend.channel.sendJob(pretend.issue({ extranonce }))
    pretend.channel.shares.submitExtended(share(0x100), new Uint8Array(0))
    const [offered] = pretend.offered
    expect(offered).toMatchObject({ reference: 3, ntime: NTIME, nonce: 16647, version: 0x20000000 })
    const { issued, rollable, ntime, nonce, version } = offered!
    const header = headerOfShare(issued.job, { rollable, ntime, nonce, version })
    expect(hashToDisplay(hashHeader(header))).toBe(shareVectors[1]!.hashDisplay)
  })

  it('is taken also when names of jobs have come round since the rig came', () => {
    const pretend = new PretendSv2Channel()
    pretend.open({ minExtranonceSize: 8 })
    const extranonce = { prefix: new Uint8Array(20), rollableSize: 12 }
    pretend.channel.sendJob(pretend.issue({ extranonce }, { sequence: 0xffffff }))
    pretend.channel.sendJob(pretend.issue({ extranonce }, { sequence: 0x1000000 }))
    const jobs = pretend.sent.filter(({ name }) => name === 'NewExtendedMiningJob')
    expect(jobs).toMatchObject([{ jobId: 0xffffff00 }, { jobId: 0 }])
    for (const jobId of [0xffffff00, 0]) {
      pretend.channel.shares.submitExtended(share(jobId), new Uint8Array(0))
    }
    expect(pretend.offered.map(({ issued }) => issued.sequence)).toEqual([0xffffff, 0x1000000])
  })

  it.each([
    ['of a job never sent', { jobId: 0x900 }, 'invalid-job-id'],
    ['with too few bytes', { extranonce: new Uint8Array(3) }, 'bad-extranonce-size'],
    ['before its time', { ntime: NTIME - 1 }, 'invalid-ntime'],
    ['with bits nobody may roll', { version: 0x20000001 }, 'invalid-non-rollable-version-bit'],
  ])('%s is refused', (_, changes, reason) => {
    const pretend = new PretendSv2Channel()
    pretend.open({ minExtranonceSize: 8 })
    pretend.channel.sendJob(pretend.issue({ extranonce: { prefix: new Uint8Array(20), rollableSize: 12 } }))
    pretend.channel.shares.submitExtended({ ...share(0x100), ...changes }, new Uint8Array(0))
    expect(pretend.offered).toEqual([])
    expect(pretend.refused.map(({ refusal }) => refusal.reason)).toEqual([reason])
    const errorCode = reason === 'invalid-ntime' ? 'invalid-share' : reason
    expect(pretend.sent.at(-1)).toEqual({
      name: 'SubmitShares.Error',
      channelId: 7,
      sequenceNumber: 3,
      errorCode,
    })
  })

  it('with rolled bits is refused where none may be rolled, and that is said once', () => {
    const pretend = new PretendSv2Channel()
    pretend.open({ minExtranonceSize: 8 })
    const extranonce = { prefix: new Uint8Array(20), rollableSize: 12 }
    pretend.channel.sendJob(pretend.issue({ versionRollingMask: 0, extranonce }))
    for (let n = 0; n < 3; n++) {
      pretend.channel.shares.submitExtended({ ...share(0x100), version: 0x20002000 }, new Uint8Array(0))
    }
    expect(new Set(pretend.refused.map(({ refusal }) => refusal.reason))).toEqual(
      new Set(['version-rolling-not-allowed']),
    )
    expect(pretend.logs.filter((line) => line.includes('rolls version bits'))).toHaveLength(1)
  })

  it('of a standard channel has zeros where an extended one rolls', () => {
    const pretend = new PretendSv2Channel({ kind: 'standard' })
    pretend.open()
    pretend.channel.sendJob(pretend.issue({ extranonce: { prefix: new Uint8Array(20), rollableSize: 12 } }))
    const { extranonce: _, ...standard } = share(0x100)
    pretend.channel.shares.submitStandard({ ...standard, name: 'SubmitSharesStandard' })
    expect(toHex(pretend.offered[0]!.rollable)).toBe('000000000100000000000000')
    expect(toHex(pretend.channel.extranoncePrefix)).toBe('0100000000000000')
    expect(pretend.channel.extranonceSize).toBe(0)
  })
})

describe('acknowledgements', () => {
  it('are one for five shares, with the sum of what they are worth', () => {
    const pretend = new PretendSv2Channel()
    pretend.open()
    for (let n = 5; n < 9; n++) pretend.channel.shares.answerShare(n, null, 64)
    expect(pretend.frames).toEqual([])
    expect(pretend.unacknowledged.size).toBe(1)
    pretend.channel.shares.answerShare(9, null, 64.5)
    expect(pretend.sent).toEqual([
      {
        name: 'SubmitShares.Success',
        channelId: 7,
        lastSequenceNumber: 9,
        newSubmitsAcceptedCount: 5,
        newSharesSum: 320n,
      },
    ])
    expect(pretend.channel.shares.acknowledgeIfDue(10_000)).toBe(true)
    expect(pretend.frames).toHaveLength(1)
  })

  it('of fewer come when they have waited, and at the end of the channel', () => {
    const pretend = new PretendSv2Channel()
    pretend.open()
    pretend.channel.shares.answerShare(1, null, 1)
    expect(pretend.channel.shares.acknowledgeIfDue(1000)).toBe(false)
    expect(pretend.channel.shares.acknowledgeIfDue(2500)).toBe(true)
    pretend.channel.shares.answerShare(2, null, 1)
    pretend.channel.end('gone', true)
    expect(pretend.sent).toMatchObject([{ lastSequenceNumber: 1 }, { lastSequenceNumber: 2 }])
    pretend.channel.shares.answerShare(3, null, 1)
    expect(pretend.frames).toHaveLength(2)
  })
})

describe('another extranonce', () => {
  const grantOf = (extranonce1: string, extranonce2Size: number) => {
    const bytes = fromHex(extranonce1)
    return { extranonce1: bytes, layout: { extranonce1Size: bytes.length, extranonce2Size } }
  }

  it('is not told to an extended channel whose size it would change: the protocol has no word for that', () => {
    const pretend = new PretendSv2Channel()
    pretend.open()
    const issued = pretend.issue()
    const before = pretend.names.length
    expect(pretend.channel.setExtranonce(grantOf('0a0b', 2), issued)).toBe(false)
    expect(pretend.names).toHaveLength(before)
    expect(pretend.released).toEqual([])
  })

  it('is not even told to firmware that is sent roots', () => {
    const pretend = new PretendSv2Channel({
      kind: 'standard',
      flags: { standardJobsOnly: true },
      agent: 'bitaxe',
    })
    pretend.open()
    expect(pretend.channel.canSetExtranonce).toBe(true)
    const issued = pretend.issue({ extranonce: { prefix: new Uint8Array(2), rollableSize: 4 } })
    pretend.channel.setExtranonce(grantOf('0a0b', 2), issued)
    pretend.channel.sendJob(issued)
    expect(pretend.names.filter((name) => name !== 'SetTarget')).toEqual(['NewMiningJob', 'SetNewPrevHash'])
  })

  it('is nothing that small firmware on an extended channel takes', () => {
    expect(new PretendSv2Channel({ agent: 'bitaxe' }).channel.canSetExtranonce).toBe(false)
    expect(new PretendSv2Channel({ agent: 'SRI' }).channel.canSetExtranonce).toBe(true)
  })
})

describe('the target of a channel', () => {
  const differences: [string, Parameters<PretendSv2Channel['open']>[0], number][] = [
    ['what it declares', { nominalHashRate: 1e12 }, 2328.3],
    ['what its kind delivers', {}, 2328.3],
    ['what it had when it was last here', { userIdentity: 'known', nominalHashRate: 1e9 }, 512],
  ]
  it.each(differences)('begins with %s', (_, request, difficulty) => {
    const pretend = new PretendSv2Channel({ agent: 'bitaxe' })
    pretend.remembered.set('known@192.168.1.2', 512)
    pretend.open(request)
    expect(difficultyOfTarget(pretend.channel.target) / difficulty).toBeCloseTo(1, 3)
  })

  it('is never easier than the rig accepts, to the last bit', () => {
    for (const difficulty of [1e-7, 3.3333, 1234.567, 98765.4321]) {
      const maxTarget = targetOfDifficulty(difficulty)
      const pretend = new PretendSv2Channel()
      pretend.open({ maxTarget })
      expect(meetsTarget(asBlockHash(pretend.channel.target), maxTarget)).toBe(true)
      pretend.channel.sendJob(pretend.issue())
      expect(meetsTarget(asBlockHash(pretend.channel.target), maxTarget)).toBe(true)
    }
  })

  it('stays what it was when a rig accepts easier ones than before', () => {
    const pretend = new PretendSv2Channel()
    pretend.open({ maxTarget: targetOfDifficulty(1), nominalHashRate: 1e12 })
    pretend.channel.sendJob(pretend.issue({ target: targetOfDifficulty(1e6) }))
    const before = pretend.channel.target
    pretend.channel.update({
      name: 'UpdateChannel',
      channelId: 7,
      nominalHashRate: 1.2e12,
      maximumTarget: new Uint8Array(32).fill(0xff),
    })
    expect(equalBytes(pretend.channel.target, before)).toBe(true)
  })

  it('follows a hashrate that is declared anew, from the next job on', () => {
    const pretend = new PretendSv2Channel()
    pretend.open({ nominalHashRate: 1e12 })
    pretend.channel.sendJob(pretend.issue({ target: targetOfDifficulty(1e6) }))
    pretend.clock.advance(2000)
    pretend.channel.update({
      name: 'UpdateChannel',
      channelId: 7,
      nominalHashRate: 1e13,
      maximumTarget: new Uint8Array(32).fill(0xff),
    })
    expect(pretend.names.slice(-2)).toEqual(['SetTarget', 'NewExtendedMiningJob'])
    expect(difficultyOfTarget(pretend.channel.target)).toBeCloseTo(23283, -1)
  })
})

describe('a channel that ends', () => {
  it('gives its place back, and says so once', () => {
    const pretend = new PretendSv2Channel()
    pretend.open()
    pretend.channel.end('gone', false)
    pretend.channel.end('again', false)
    expect([pretend.closedBecause, pretend.released.length, pretend.channel.ready]).toEqual([
      'gone',
      1,
      false,
    ])
    pretend.channel.sendJob(pretend.issue())
    expect(pretend.frames).toEqual([])
  })
})
