import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../../src-main/base/index.ts'
import { ChainStats } from '../../../../src-main/drivers/hashing/chain-stats.ts'
import { JobRing, type RingJob } from '../../../../src-main/drivers/hashing/job-ring.ts'
import { type NonceVerdict } from '../../../../src-main/drivers/hashing/nonce-judge.ts'
import { deviceJob } from '../../../support/hashing/device-jobs.ts'

const TICKET_BITS = 32
const HASHES = 2 ** TICKET_BITS

function entry(): RingJob {
  const job = deviceJob()
  const { version, prevHash, nBits, ntime } = job
  const work = { version, versionMask: 0, prevHash, merkleRoot: new Uint8Array(32), ntime, nBits }
  return new JobRing([0]).add({ job, extranonce2: new Uint8Array(4), work }, TICKET_BITS)
}

const nearMiss = (meetsTicket = true): NonceVerdict => ({
  kind: 'near-miss',
  found: { entry: entry(), version: 0, hashDifficulty: 3, zeroBits: meetsTicket ? 33 : 31, meetsTicket },
})

function begun(chipCount = 2): { clock: ManualClock; stats: ChainStats } {
  const clock = new ManualClock()
  const stats = new ChainStats(clock)
  // One nonce a second of all chips together.
  stats.restart(chipCount, HASHES, TICKET_BITS)
  return { clock, stats }
}

function run(
  { clock, stats }: { clock: ManualClock; stats: ChainStats },
  seconds: number,
  chipOf: (second: number) => number | null,
): void {
  for (let second = 0; second < seconds; second++) {
    clock.advance(1000)
    stats.count(nearMiss(), chipOf(second))
  }
}

describe('what a chain found', () => {
  it('is counted by chip, with the rate of each against what its clock promises', () => {
    const b = begun()
    run(b, 40, (second) => second % 2)
    const report = b.stats.report()
    expect(report.rate.hashrateHs).toBeCloseTo(HASHES, -3)
    expect(report.chips.map(({ chip, nonces }) => [chip, nonces])).toEqual([
      [0, 20],
      [1, 20],
    ])
    for (const chip of report.chips) expect(chip.ratio).toBeCloseTo(1, 1)
    expect(report.health).toEqual({ verdict: 'good', reasons: [] })
  })

  it('keeps nonces of unknown chips apart, but knows the only chip there is', () => {
    const many = begun(2)
    run(many, 10, () => null)
    expect(many.stats.report().chips.map(({ chip, nonces }) => [chip, nonces])).toEqual([
      [0, 0],
      [1, 0],
      [null, 10],
    ])
    const one = begun(1)
    run(one, 10, () => null)
    expect(one.stats.report().chips.map(({ chip, nonces }) => [chip, nonces])).toEqual([[0, 10]])
  })

  it('credits nothing for nonces below the ticket, so that the rate stays right with a lost ticket', () => {
    const { clock, stats } = begun()
    for (let i = 0; i < 60; i++) {
      clock.advance(1000)
      stats.count(nearMiss(), 0)
      stats.count(nearMiss(false), 0)
    }
    const report = stats.report()
    expect(report.counts).toMatchObject({ nonces: 120, belowTicket: 60 })
    expect(report.rate.hashrateHs).toBeCloseTo(HASHES, -3)
  })

  it('holds errors and repetitions against the chip, and nothing else', () => {
    const { stats } = begun()
    stats.count({ kind: 'hardware-error' }, 1)
    stats.count({ kind: 'duplicate', entry: entry() }, 1)
    stats.count({ kind: 'foreign' }, 1)
    stats.count({ kind: 'busy-work' }, 1)
    const report = stats.report()
    expect(report.chips[1]).toMatchObject({ nonces: 0, hardwareErrors: 1, duplicates: 1 })
    expect(report.counts).toMatchObject({ foreign: 1, busyWork: 1, hardwareErrors: 1, duplicates: 1 })
  })

  it('says that a board is settling before five nonces', () => {
    const b = begun()
    run(b, 4, () => 0)
    expect(b.stats.report().health.verdict).toBe('settling')
  })

  it('calls silent what found nothing for twenty times the usual', () => {
    const b = begun()
    run(b, 10, () => 0)
    b.clock.advance(20_000)
    expect(b.stats.report().health.verdict).not.toBe('silent')
    b.clock.advance(1000)
    const { verdict, reasons } = b.stats.report().health
    expect(verdict).toBe('silent')
    expect(reasons[0]).toBe('Nothing was found for 21 s; one nonce every 1.0 s is usual.')
  })

  it('names a chip that found nothing while the others did', () => {
    const b = begun(3)
    run(b, 90, (second) => second % 2)
    const { verdict, reasons } = b.stats.report().health
    expect(verdict).toBe('poor')
    expect(reasons).toEqual(['Chip 3 of 3 found nothing for 90 s.'])
  })

  it('speaks of a rate that luck does not explain, and not of one that it may', () => {
    const low = (nonces: number): string[] => {
      const { clock, stats } = begun(1)
      for (let i = 0; i < nonces; i++) {
        clock.advance(2000)
        stats.count(nearMiss(), 0)
      }
      return [...stats.report().health.reasons]
    }
    expect(low(5)).toEqual([])
    expect(low(100)).toEqual(['It hashes at 50 % of what its clock promises.'])
  })

  it('speaks of errors and repetitions above the usual', () => {
    const b = begun(1)
    run(b, 100, () => 0)
    for (let i = 0; i < 3; i++) {
      b.stats.count({ kind: 'hardware-error' }, 0)
      b.stats.count({ kind: 'duplicate', entry: entry() }, 0)
    }
    expect(b.stats.report().health).toEqual({
      verdict: 'poor',
      reasons: [
        '2.8 % of its nonces are wrong: lower the frequency, or raise the core voltage a little.',
        '2.8 % of its nonces came twice: it gets new jobs too late.',
      ],
    })
  })

  it('goes on counting and estimates anew after a restart', () => {
    const b = begun(1)
    run(b, 10, () => 0)
    b.stats.restart(1, 2 * HASHES, TICKET_BITS)
    const report = b.stats.report()
    expect(report.counts.nonces).toBe(10)
    expect(report.rate.nonces).toBe(0)
    expect(report.expectedIntervalS).toBe(0.5)
  })

  it('awaits nothing while paused', () => {
    const b = begun(1)
    b.stats.pause()
    b.clock.advance(1e6)
    expect(b.stats.report()).toMatchObject({ sinceNonceMs: null, health: { verdict: 'idle' } })
  })

  it('gives a report that crosses a thread as it is', () => {
    const b = begun(2)
    run(b, 3, () => null)
    const report = b.stats.report()
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    expect(structuredClone(report)).toEqual(report)
  })
})
