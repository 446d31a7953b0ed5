import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Entropy, ManualClock, systemEntropy, toHex } from '../../../../src-main/base/index.ts'
import { type MadeWork, WorkMaker } from '../../../../src-main/drivers/hashing/work-maker.ts'
import { deviceJob } from '../../../support/hashing/device-jobs.ts'

const fixed =
  (...bytes: number[]): Entropy =>
  (length) =>
    Uint8Array.from(bytes.slice(0, length))

describe('work for chips', () => {
  it('goes through every extranonce2 once, from a random one on', () => {
    const maker = new WorkMaker(new ManualClock(), fixed(0xfe), 'chip')
    const job = deviceJob({ extranonce2Size: 1 })
    maker.take(job)
    const all = Array.from({ length: 256 }, () => maker.next())
    expect(all.map((made) => made?.extranonce2[0])).toEqual([
      0xfe,
      0xff,
      ...Array.from({ length: 254 }, (_, i) => i),
    ])
    expect(maker.next()).toBeNull()
    for (const made of all) expect(made?.work.merkleRoot).toEqual(job.merkleRoot(made!.extranonce2))
  })

  it('carries over all bytes of an extranonce2', () => {
    const maker = new WorkMaker(new ManualClock(), fixed(0xab, 0xff, 0xff, 0xff), 'chip')
    maker.take(deviceJob())
    expect([maker.next(), maker.next()].map((made) => toHex(made!.extranonce2))).toEqual([
      'abffffff',
      'ac000000',
    ])
  })

  it('starts elsewhere after a restart', () => {
    const job = deviceJob({ extranonce2Size: 8 })
    const starts = [1, 2].map(() => {
      const maker = new WorkMaker(new ManualClock(), systemEntropy, 'chip')
      maker.take(job)
      return toHex(maker.next()!.extranonce2)
    })
    expect(starts[0]).not.toBe(starts[1])
  })

  it('goes on where it was when it is given the same job again', () => {
    const maker = new WorkMaker(new ManualClock(), fixed(1), 'chip')
    const job = deviceJob({ extranonce2Size: 1 })
    maker.take(job)
    maker.next()
    maker.take(job)
    expect(maker.next()?.extranonce2[0]).toBe(2)
  })

  it('without extranonce2 has new work once a second, by header time', () => {
    const clock = new ManualClock()
    const maker = new WorkMaker(clock, systemEntropy, 'chip')
    maker.take(deviceJob({ extranonce2Size: 0, ntime: 5000 }))
    expect(maker.next()?.work.ntime).toBe(5000)
    clock.advance(999)
    expect(maker.next()).toBeNull()
    clock.advance(1)
    expect(maker.next()?.work.ntime).toBe(5001)
    clock.advance(60_000)
    expect(maker.next()?.work.ntime).toBe(5061)
    expect(maker.next()).toBeNull()
  })

  it('rolls versions for chips that do not, four at a time where they take midstates', () => {
    const versions = (rolling: 'midstates' | 'none'): (number | undefined)[] => {
      const maker = new WorkMaker(new ManualClock(), systemEntropy, rolling)
      maker.take(deviceJob({ extranonce2Size: 0, version: 0x2000c000, versionRollingMask: 0x0000e000 }))
      return Array.from({ length: 9 }, () => maker.next()?.work.version)
    }
    expect(versions('midstates').slice(0, 3)).toEqual([0x2000c000, 0x20004000, undefined])
    expect(versions('none')).toEqual([
      ...[0x2000c000, 0x2000e000, 0x20000000, 0x20002000, 0x20004000, 0x20006000, 0x20008000, 0x2000a000],
      undefined,
    ])
  })

  it('never makes the same merkle root, time and version twice, and never a time that has not come', () => {
    fc.assert(
      fc.property(
        fc.record({
          extranonce2Size: fc.integer({ min: 0, max: 1 }),
          versionRollingMask: fc.constantFrom(0, 0x2000, 0x1e000, 0x00a0e000, 0x1fffe000),
          version: fc.integer({ min: 0, max: 0xffffffff }),
          rolling: fc.constantFrom('chip' as const, 'midstates' as const, 'none' as const),
          pausesMs: fc.array(fc.integer({ min: 0, max: 1500 }), { minLength: 1, maxLength: 700 }),
        }),
        ({ rolling, pausesMs, ...fields }) => {
          const clock = new ManualClock()
          const maker = new WorkMaker(clock, systemEntropy, rolling)
          const job = deviceJob(fields)
          maker.take(job)
          const seen = new Set<string>()
          for (const pauseMs of pausesMs) {
            clock.advance(pauseMs)
            const made: MadeWork | null = maker.next()
            if (!made) continue
            const { merkleRoot, ntime, version } = made.work
            const key = `${toHex(merkleRoot)} ${ntime} ${version}`
            expect(seen.has(key)).toBe(false)
            seen.add(key)
            expect(ntime).toBeGreaterThanOrEqual(job.ntime)
            expect(ntime).toBeLessThanOrEqual(job.ntime + clock.monotonicMs() / 1000)
            expect(((version ^ fields.version) & ~fields.versionRollingMask) >>> 0).toBe(0)
          }
          expect(seen.size).toBeGreaterThan(0)
        },
      ),
      { numRuns: 60 },
    )
  })
})
