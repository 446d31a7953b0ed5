import { describe, expect, it } from 'vitest'
import { JobRing } from '../../../../src-main/drivers/hashing/job-ring.ts'
import { type MadeWork } from '../../../../src-main/drivers/hashing/work-maker.ts'
import { deviceJob } from '../../../support/hashing/device-jobs.ts'

function made(ntime = 1): MadeWork {
  const job = deviceJob()
  const { version, prevHash, nBits } = job
  const merkleRoot = new Uint8Array(32)
  const work = { version, versionMask: 0, prevHash, merkleRoot, ntime, nBits }
  return { job, extranonce2: new Uint8Array(4), work }
}

describe('the ring of jobs', () => {
  it('gives out ids in the order of the chip and overwrites one only when it comes round again', () => {
    const ring = new JobRing([24, 48, 0])
    const entries = [made(1), made(2), made(3)].map((work) => ring.add(work, 40))
    expect(entries.map(({ slot }) => slot)).toEqual([24, 48, 0])
    expect([24, 48, 0].map((slot) => ring.find(slot)?.work.ntime)).toEqual([1, 2, 3])
    expect(ring.nextSlot).toBe(24)
    ring.add(made(4), 40)
    expect([24, 48, 0].map((slot) => ring.find(slot)?.work.ntime)).toEqual([4, 2, 3])
    expect(ring.newestSlot).toBe(24)
  })

  it('does not know ids under which nothing was sent', () => {
    const ring = new JobRing([24, 48, 0])
    expect(ring.newestSlot).toBeNull()
    ring.add(made(), 40)
    expect(ring.find(48)).toBeUndefined()
    expect(ring.find(7)).toBeUndefined()
  })

  it('marks what was sent before a new block, and nothing that comes after', () => {
    const ring = new JobRing([0, 1, 2])
    ring.add(made(), 40)
    ring.markStale()
    const after = ring.add(made(), 40)
    expect(ring.find(0)?.isStale).toBe(true)
    expect(after.isStale).toBe(false)
  })

  it('keeps the job before the newest where replies name no job', () => {
    const ring = new JobRing([0])
    ring.add(made(1), 40)
    expect(ring.findBefore()).toBeNull()
    ring.add(made(2), 40)
    expect(ring.find(0)?.work.ntime).toBe(2)
    expect(ring.findBefore()?.work.ntime).toBe(1)
    ring.markStale()
    expect(ring.findBefore()?.isStale).toBe(true)
  })

  it('forgets all jobs after a reset, and goes on with the next id', () => {
    const ring = new JobRing([0, 1, 2])
    ring.add(made(), 40)
    ring.clear()
    expect(ring.find(0)).toBeUndefined()
    expect(ring.add(made(), 40).slot).toBe(1)
  })

  it('knows a header again by nonce and version together', () => {
    const entry = new JobRing([0]).add(made(), 40)
    entry.remember(7, 0x20000000)
    expect(entry.hasSeen(7, 0x20000000)).toBe(true)
    expect(entry.hasSeen(7, 0x20002000)).toBe(false)
    expect(entry.hasSeen(8, 0x20000000)).toBe(false)
  })
})
