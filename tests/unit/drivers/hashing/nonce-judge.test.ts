import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManualClock, systemEntropy } from '../../../../src-main/base/index.ts'
import { JobRing } from '../../../../src-main/drivers/hashing/job-ring.ts'
import { NonceJudge } from '../../../../src-main/drivers/hashing/nonce-judge.ts'
import { leadingZeroBits } from '../../../../src-main/drivers/hashing/scale.ts'
import { WorkMaker } from '../../../../src-main/drivers/hashing/work-maker.ts'
import { type ChipProfile, type NonceReply } from '../../../../src-main/drivers/model/chip.ts'
import {
  type DeviceJob,
  encodeHeader,
  type Header,
  hashHeader,
  meetsTarget,
} from '../../../../src-main/mining/index.ts'
import { deviceJob, targetOfZeroBits } from '../../../support/hashing/device-jobs.ts'
import { nonceFrame, plainChip } from '../../../support/hashing/plain-chip.ts'

const FIXED = 8
const TICKET_BITS = 10
const SHARE_BITS = 12

function bench(fields: Partial<DeviceJob> = {}, profile: ChipProfile = plainChip) {
  const ring = new JobRing(profile.jobSlots)
  const judge = new NonceJudge({ profile, ring, hash: hashHeader, fixedZeroBits: FIXED })
  const maker = new WorkMaker(new ManualClock(), systemEntropy, profile.rolling)
  const job = deviceJob({ target: targetOfZeroBits(SHARE_BITS), ...fields })
  maker.take(job)
  const send = () => ring.add(maker.next()!, TICKET_BITS)
  return { ring, judge, job, send, entry: send() }
}

type Bench = ReturnType<typeof bench>

function reply(nonce: number, slot: number, field = 0): NonceReply {
  const [decoded] = plainChip.createDecoder().push(nonceFrame(nonce, slot, field))
  if (decoded?.kind !== 'nonce') throw new Error('the frame was not understood')
  return decoded
}

/** Searches for a nonce whose hash has at least `from` and fewer than `below` zero bits. */
function search({ entry }: Bench, from: number, below = 257, version = entry.work.version): number {
  for (let nonce = 0; ; nonce++) {
    const bits = leadingZeroBits(hashHeader(encodeHeader({ ...entry.work, version, nonce })))
    if (bits >= from && bits < below) return nonce
  }
}

describe('the judgement of a nonce', () => {
  it('makes a share of what meets the target of its job, with all that the share needs', () => {
    const b = bench()
    const nonce = search(b, SHARE_BITS, 257, 0x2002e000)
    const verdict = b.judge.judge(reply(nonce, b.entry.slot, 0x17))
    expect(verdict.kind).toBe('share')
    if (verdict.kind !== 'share') return
    expect(verdict.share).toEqual({
      jobNumber: b.job.number,
      extranonce2: b.entry.extranonce2,
      ntime: b.job.ntime,
      nonce,
      version: 0x2002e000,
    })
    expect(verdict.found.meetsTicket).toBe(true)
  })

  it('tells a near miss from what the chip should have kept to itself', () => {
    const b = bench()
    const near = b.judge.judge(reply(search(b, TICKET_BITS, SHARE_BITS), b.entry.slot))
    expect(near).toMatchObject({ kind: 'near-miss', found: { meetsTicket: true } })
    const below = b.judge.judge(reply(search(b, FIXED, TICKET_BITS), b.entry.slot))
    expect(below).toMatchObject({ kind: 'near-miss', found: { meetsTicket: false } })
  })

  it('finds a hardware error where not even difficulty 1 is met', () => {
    const b = bench()
    expect(b.judge.judge(reply(search(b, 0, FIXED), b.entry.slot)).kind).toBe('hardware-error')
  })

  it('counts the same header once, whether it is a share or not', () => {
    const b = bench()
    for (const bits of [SHARE_BITS, FIXED]) {
      const found = reply(search(b, bits, bits + 1), b.entry.slot)
      expect(b.judge.judge(found).kind).not.toBe('duplicate')
      expect(b.judge.judge(found).kind).toBe('duplicate')
    }
  })

  it('does not offer shares of a block that somebody else found', () => {
    const b = bench()
    b.ring.markStale()
    const verdict = b.judge.judge(reply(search(b, SHARE_BITS), b.entry.slot))
    expect(verdict).toMatchObject({ kind: 'stale', found: { meetsTicket: true } })
  })

  it('calls foreign what names a job that was never sent', () => {
    const b = bench()
    expect(b.judge.judge(reply(search(b, SHARE_BITS), 16)).kind).toBe('foreign')
    b.ring.clear()
    expect(b.judge.judge(reply(search(b, SHARE_BITS), b.entry.slot)).kind).toBe('foreign')
  })

  it('knows busy-work before it looks for a job', () => {
    expect(bench().judge.judge(reply(0xb054b054, 16)).kind).toBe('busy-work')
  })

  it('never offers a version that the pool does not allow', () => {
    const b = bench({ versionRollingMask: 0x00ffe000 })
    const field = 0x0800
    const version = 0x20000000 | (field << 13)
    const verdict = b.judge.judge(reply(search(b, SHARE_BITS, 257, version >>> 0), b.entry.slot, field))
    expect(verdict.kind).toBe('outside-mask')
  })

  it('finds a nonce under a neighbouring job when the reply names the wrong one', () => {
    const guesses: ChipProfile['guesses'] = (found, newestSlot) => [
      ...plainChip.guesses(found, newestSlot),
      ...plainChip.guesses({ ...found, idByte: found.idByte - 8 }, newestSlot),
    ]
    const b = bench({}, { ...plainChip, guesses })
    const nonce = search(b, SHARE_BITS)
    const second = b.send()
    const verdict = b.judge.judge(reply(nonce, second.slot))
    expect(verdict).toMatchObject({ kind: 'share', found: { entry: b.entry } })
  })

  it('finds a nonce of the job before where replies name none', () => {
    const b = bench({}, { ...plainChip, jobSlots: [0] })
    const nonce = search(b, SHARE_BITS)
    b.send()
    expect(b.judge.judge(reply(nonce, 0))).toMatchObject({ kind: 'share', found: { entry: b.entry } })
    b.send()
    expect(b.judge.judge(reply(search(b, SHARE_BITS) + 1, 0)).kind).not.toBe('share')
  })

  it('makes no share of any flipped bit that the target does not allow, by hashing', () => {
    const b = bench()
    const good = nonceFrame(search(b, SHARE_BITS), b.entry.slot)
    const judge = () =>
      new NonceJudge({ profile: plainChip, ring: b.ring, hash: hashHeader, fixedZeroBits: FIXED })
    for (let bit = 0; bit < 8 * good.length; bit++) {
      const bad = good.slice()
      bad[bit >> 3]! ^= 1 << (bit & 7)
      // As if the check sum had been damaged too: the frame passes, and only the hash is left to tell.
      bad[8] = bad.subarray(0, 8).reduce((sum, byte) => sum ^ byte, 0)
      for (const found of plainChip.createDecoder().push(bad)) {
        if (found.kind === 'nonce') expectHonest(b, judge().judge(found))
      }
    }
  })

  it('makes no share of any reply whatsoever that the target does not allow', () => {
    const b = bench({ target: targetOfZeroBits(FIXED) })
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.constantFrom(0, 8, 16, 3),
        fc.integer({ min: 0, max: 0xffff }),
        (nonce, slot, field) => expectHonest(b, b.judge.judge(reply(nonce, slot, field))),
      ),
      { numRuns: 3000 },
    )
  })
})

/** Whatever is a share hashes to it, header rebuilt the plain way. */
function expectHonest({ job }: Bench, verdict: ReturnType<NonceJudge['judge']>): void {
  if (verdict.kind !== 'share') return
  const { share } = verdict
  const header: Header = {
    version: share.version,
    prevHash: job.prevHash,
    merkleRoot: job.merkleRoot(share.extranonce2),
    ntime: share.ntime,
    nBits: job.nBits,
    nonce: share.nonce,
  }
  expect(meetsTarget(hashHeader(encodeHeader(header)), job.target)).toBe(true)
}
