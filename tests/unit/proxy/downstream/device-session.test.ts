import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../src-main/base/index.ts'
import {
  asTarget,
  type DeviceShare,
  difficultyOfHashrate,
  encodeHeader,
  hashHeader,
  hashToDisplay,
  headerOfShare,
} from '../../../../src-main/mining/index.ts'
import { MAX_REISSUE } from '../../../../src-main/proxy/shares/job-board.ts'
import { shareVectors } from '../../../support/mining-vectors.ts'
import { FOUR_AND_FOUR, PretendDeviceHost } from '../../../support/proxy/pretend-device-host.ts'

const VECTOR = shareVectors[1]!
const EASIEST = asTarget(new Uint8Array(32).fill(0xff))

function started(nominalHashrateHs = 0): PretendDeviceHost {
  const host = new PretendDeviceHost(nominalHashrateHs)
  host.start()
  return host
}

function shareOf({ lastJob }: PretendDeviceHost, changes: Partial<DeviceShare> = {}): DeviceShare {
  const { number, ntime, version, extranonce2Size } = lastJob
  const extranonce2 = new Uint8Array(extranonce2Size).fill(7)
  return { jobNumber: number, extranonce2, ntime, nonce: 5, version, ...changes }
}

describe('the job of a device', () => {
  it('is the job of the pool with the place of the device folded in: the header of the vectors', () => {
    const host = started()
    // The vector's rollable bytes are 01 and zeros.
    host.session.setExtranonce({ layout: FOUR_AND_FOUR, extranonce1: fromHex('01000000') }, host.issue())
    host.session.sendJob(host.issue())
    const job = host.lastJob
    expect(job).toBe(host.session.job)
    expect(job.extranonce2Size).toBe(4)
    const header = encodeHeader({
      ...job,
      merkleRoot: job.merkleRoot(new Uint8Array(4)),
      nonce: VECTOR.nonce,
    })
    expect(hashToDisplay(hashHeader(header))).toBe(VECTOR.hashDisplay)
  })

  it('hashes to the very header that the checker will rebuild from its share', () => {
    const host = started()
    host.session.sendJob(host.issue({ extranonce: { prefix: fromHex('aabb'), rollableSize: 11 } }))
    const share = shareOf(host)
    host.session.submit(share)
    const [offered] = host.offered
    const { prevHash, nBits, merkleRoot } = host.lastJob
    const own = encodeHeader({ ...share, prevHash, nBits, merkleRoot: merkleRoot(share.extranonce2) })
    expect(toHex(headerOfShare(offered!.issued.job, offered!))).toBe(toHex(own))
  })

  it('makes older ones worthless only if they are', () => {
    const host = started()
    const first = host.issue()
    host.session.sendJob(first)
    const second = host.issue({}, { cleanJobs: false })
    host.session.sendJob(second)
    host.session.sendJob(host.issue({}, { lineId: 'b', poolId: 'b', cleanJobs: true }))
    first.staleBecause = second.staleBecause = 'new-block'
    host.session.sendJob(host.issue({}, { cleanJobs: true, staleBecause: 'job-replaced' }))
    host.session.sendJob(host.issue({}, { cleanJobs: false }))
    expect(host.jobs.map(({ cleanJobs }) => cleanJobs)).toEqual([true, false, false, false, true])
  })

  it('has another name each time, also when it is the same job', () => {
    const host = new PretendDeviceHost(0, 0xfffffe)
    host.start()
    for (let n = 0; n < 3; n++) {
      const issued = host.issue()
      host.session.sendJob(issued)
      host.session.sendJob(issued)
      host.session.submit(shareOf(host))
    }
    const numbers = host.jobs.map(({ number }) => number)
    expect(new Set(numbers).size).toBe(6)
    expect(numbers.every((number) => number >>> 0 === number)).toBe(true)
    expect(host.offered).toHaveLength(3)
  })

  it('is given again with a later time, not twice in one second, and not for ever', () => {
    const host = started()
    const issued = host.issue()
    host.session.sendJob(issued)
    expect(host.session.reissue(issued), 'in the same second').toBe(false)
    for (let n = 1; n <= MAX_REISSUE; n++) {
      host.clock.advance(1000)
      expect(host.session.reissue(issued)).toBe(true)
      expect(host.lastJob.ntime).toBe(issued.ntime + n)
    }
    host.clock.advance(1000)
    expect(host.session.reissue(issued), 'names are used up').toBe(false)
    expect(host.session.reissue(host.issue()), 'another job').toBe(false)
    expect(new Set(host.jobs.map(({ number }) => number)).size).toBe(MAX_REISSUE + 1)
  })
})

describe('another extranonce', () => {
  it('is for the jobs from then on; shares of older ones keep theirs', () => {
    const host = started()
    host.session.sendJob(host.issue())
    const late = shareOf(host)
    const smaller = host.grant({ extranonce1Size: 1, extranonce2Size: 2 })
    const issued = host.issue({ extranonce: { prefix: new Uint8Array(0), rollableSize: 3 } })
    expect(host.session.setExtranonce(smaller, issued)).toBe(true)
    host.session.sendJob(issued)
    expect(host.lastJob.extranonce2Size).toBe(2)
    host.session.submit(late)
    host.session.submit(shareOf(host))
    host.session.submit(shareOf(host, { extranonce2: late.extranonce2 }))
    const [first, second] = host.granted
    expect(host.offered.map(({ rollable }) => toHex(rollable))).toEqual([
      `${toHex(first!.extranonce1)}07070707`,
      `${toHex(second!.extranonce1)}0707`,
    ])
    expect(host.refused).toEqual([{ poolId: 'a', reason: 'bad-extranonce-size' }])
    host.session.end('unplugged')
    expect(host.released).toHaveLength(2)
  })
})

describe('the difficulty', () => {
  it('starts at what the device delivers, at what was measured of it before, or at a guess', () => {
    const easy = { target: asTarget(new Uint8Array(32).fill(0, 31).fill(1, 0, 20)) }
    const known = started(1e12)
    known.session.sendJob(known.issue(easy))
    expect(known.lastJob.difficulty).toBe(difficultyOfHashrate(1e12, 6))
    const returned = new PretendDeviceHost(1e12)
    returned.remembered.set('Stick@usb:k', 4321)
    returned.start()
    returned.session.sendJob(returned.issue(easy))
    expect(returned.lastJob.difficulty).toBe(4321)
    const unknown = started(0)
    unknown.session.sendJob(unknown.issue(easy))
    expect(unknown.lastJob.difficulty).toBe(1)
  })

  it('is not moved by a rate that says nothing', () => {
    const host = started(1e12)
    for (const rate of [0, -1, NaN, Infinity]) host.session.setNominalHashrate(rate)
    expect(host.session.rig.vardiff.difficulty).toBe(difficultyOfHashrate(1e12, 6))
    expect(host.session.rig.nominalHashrateHs).toBe(1e12)
  })

  it('of a job stays what it was when the job after it asks for more', () => {
    const host = started(100)
    const issued = host.issue({ target: asTarget(new Uint8Array(32).fill(0, 28).fill(0xff, 0, 28)) })
    host.session.sendJob(issued)
    const first = shareOf(host)
    const easier = host.lastJob.target
    host.session.setNominalHashrate(1e6)
    host.clock.advance(1000)
    host.session.reissue(issued)
    host.session.submit(first)
    host.session.submit(shareOf(host))
    expect(host.offered.map(({ pinned }) => toHex(pinned.target))).toEqual(
      [easier, host.lastJob.target].map(toHex),
    )
  })
})

describe('whatever a driver offers', () => {
  it('is offered on or refused with a reason, and never throws', () => {
    const odd = fc.oneof(fc.integer(), fc.double(), fc.constant(2 ** 32), fc.constant(-1))
    const host = started()
    host.session.sendJob(host.issue({ target: EASIEST }))
    let count = 0
    fc.assert(
      fc.property(
        fc.record(
          {
            jobNumber: odd,
            ntime: odd,
            nonce: odd,
            version: odd,
            extranonce2: fc.uint8Array({ maxLength: 9 }),
          },
          { requiredKeys: [] },
        ),
        (changes) => {
          host.session.submit(shareOf(host, changes as Partial<DeviceShare>))
          count++
          expect(host.offered.length + host.refused.length).toBe(count)
        },
      ),
    )
    for (const { nonce, version, ntime, rollable } of host.offered) {
      for (const field of [nonce, version, ntime]) expect(field).toBe(field >>> 0)
      expect(rollable).toHaveLength(8)
    }
    expect(host.refused.length).toBe(host.answers.length)
  })

  it('is ignored once it has ended, and it ends once', () => {
    const host = started()
    host.session.sendJob(host.issue())
    const share = shareOf(host)
    host.session.disconnect('no room')
    expect(host.disconnectedBecause).toBe('no room')
    host.session.disconnect('again')
    host.session.end('again')
    expect(host.ends).toEqual(['no room'])
    host.session.submit(share)
    host.session.sendJob(host.issue())
    expect([host.offered, host.refused, host.jobs.length]).toEqual([[], [], 1])
    expect(host.session.job).toBeNull()
    expect(host.session.ready).toBe(false)
    expect(host.released).toHaveLength(1)
  })
})
