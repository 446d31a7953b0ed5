import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../../src-main/base/index.ts'
import { watchBoard } from '../../../../src-main/drivers/hashing/board-watch.ts'
import { EventLog } from '../../../../src-main/drivers/hashing/event-log.ts'
import { JobRing, type RingJob } from '../../../../src-main/drivers/hashing/job-ring.ts'
import { type FoundHeader } from '../../../../src-main/drivers/hashing/nonce-judge.ts'
import { RecoveryPlan } from '../../../../src-main/drivers/hashing/recovery-plan.ts'
import {
  expectedHashrateHs,
  hashesPerNonce,
  leadingZeroBits,
  realTicketDifficulty,
  ticketZeroBits,
} from '../../../../src-main/drivers/hashing/scale.ts'
import { TicketCheck, type TicketFinding } from '../../../../src-main/drivers/hashing/ticket-check.ts'
import { chipProfile } from '../../../../src-main/drivers/chips/profiles.ts'
import { DIFFICULTY_1_TARGET, targetOfDifficulty } from '../../../../src-main/mining/index.ts'
import { deviceJob } from '../../../support/hashing/device-jobs.ts'

describe('scaling by fixed zero bits', () => {
  it('leaves silicon as it is, and a simulated Gamma at 255 kH/s', () => {
    const gamma = chipProfile('BM1370')
    expect(expectedHashrateHs(gamma, 1, 525, 32, 1)).toBe(525e6 * 2040)
    expect(Math.round(expectedHashrateHs(gamma, 1, 525, 10, 1) / 1000)).toBe(255)
    expect(expectedHashrateHs(gamma, 3, 525, 32, 0.5)).toBe(1.5 * 525e6 * 2040)
  })

  it('gives tickets their zero bits, hashes and difficulty as pools count', () => {
    expect(ticketZeroBits(256, 32)).toBe(40)
    expect(ticketZeroBits(256, 10)).toBe(18)
    expect(hashesPerNonce(256, 32)).toBe(2 ** 40)
    expect(realTicketDifficulty(256, 32)).toBe(256)
    expect(realTicketDifficulty(256, 10)).toBe(2 ** -14)
  })

  it('counts zero bits from the most significant end', () => {
    expect(leadingZeroBits(DIFFICULTY_1_TARGET)).toBe(32)
    expect(leadingZeroBits(targetOfDifficulty(256))).toBe(40)
    expect(leadingZeroBits(new Uint8Array(32))).toBe(256)
    expect(leadingZeroBits(new Uint8Array(32).fill(0xff))).toBe(0)
  })
})

describe('the check of a ticket', () => {
  const TICKET_BITS = 36

  function run(nonces: readonly number[], check = new TicketCheck(), firstJob = 8): TicketFinding['kind'][] {
    const entries = entriesUpTo(firstJob + 1)
    return nonces.map((zeroBits) => check.note(found(entries[firstJob]!, zeroBits)).kind)
  }

  function entriesUpTo(count: number): RingJob[] {
    const ring = new JobRing(Array.from({ length: count }, (_, slot) => slot))
    const job = deviceJob()
    const { version, prevHash, nBits, ntime } = job
    const work = { version, versionMask: 0, prevHash, merkleRoot: new Uint8Array(32), ntime, nBits }
    return Array.from({ length: count }, () =>
      ring.add({ job, extranonce2: new Uint8Array(4), work }, TICKET_BITS),
    )
  }

  const found = (entry: RingJob, zeroBits: number): FoundHeader => ({
    entry,
    version: 0,
    hashDifficulty: 1,
    zeroBits,
    meetsTicket: zeroBits >= TICKET_BITS,
  })

  it('asks for another write at the fifth nonce below it', () => {
    expect(run([33, 34, 40, 35, 32, 33])).toEqual(['fine', 'fine', 'fine', 'fine', 'fine', 'rewrite'])
  })

  it('asks for another write when forty nonces all beat it by a bit or more', () => {
    expect(run(Array<number>(40).fill(37)).indexOf('rewrite')).toBe(39)
    expect(run([36, ...Array<number>(200).fill(37)])).not.toContain('rewrite')
  })

  it('takes no notice of the first eight jobs', () => {
    expect(run(Array<number>(100).fill(33), new TicketCheck(), 7)).not.toContain('rewrite')
  })

  it('gives up after three rewrites, and says so once', () => {
    const check = new TicketCheck()
    const findings = Array.from({ length: 6 }, () => {
      const kinds = run(Array<number>(10).fill(33), check)
      if (kinds.includes('rewrite')) check.rewritten(0)
      return kinds.find((kind) => kind !== 'fine')
    })
    expect(findings).toEqual(['rewrite', 'rewrite', 'rewrite', 'hopeless', undefined, undefined])
    check.ticketSet(0)
    expect(run(Array<number>(10).fill(33), check)).toContain('rewrite')
  })
})

describe('the watch over a board', () => {
  const rate = { hashrateHs: 100, sigmaRatio: 0.05, isSettling: false, nonces: 400, coveredMs: 300_000 }
  const signs = { sinceNonceMs: 0, expectedIntervalMs: 1000, sinceReplyMs: 0, rate, expectedHs: 100 }

  it('is content with a board that does well, and with one that awaits nothing', () => {
    expect(watchBoard(signs)).toBeNull()
    expect(watchBoard({ ...signs, sinceNonceMs: null })).toBeNull()
  })

  it('tells chips that answer and find nothing from silent ones', () => {
    const sinceNonceMs = 30_000
    expect(watchBoard({ ...signs, sinceNonceMs: 29_999 })).toBeNull()
    expect(watchBoard({ ...signs, sinceNonceMs })?.message).toBe(
      'The chips answer, but found nothing for 30 s.',
    )
    expect(watchBoard({ ...signs, sinceNonceMs, sinceReplyMs: 30_000 })?.message).toBe(
      'The chips have been silent for 30 s.',
    )
    expect(watchBoard({ ...signs, sinceNonceMs, expectedIntervalMs: 10_000 })).toBeNull()
  })

  it('calls a rate low below 65 % of 400 nonces, and not before', () => {
    const slow = { ...rate, hashrateHs: 64 }
    expect(watchBoard({ ...signs, rate: slow })).toMatchObject({ kind: 'low-rate' })
    expect(watchBoard({ ...signs, rate: { ...slow, nonces: 399 } })).toBeNull()
    expect(watchBoard({ ...signs, rate: { ...slow, hashrateHs: 66 } })).toBeNull()
  })
})

describe('the plan of recovery', () => {
  const range = { min: 100, max: 300, step: 12.5, default: 200 }

  it('waits longer each time, and begins anew after the board ran well', () => {
    const plan = new RecoveryPlan(range)
    expect(Array.from({ length: 6 }, () => plan.failed('why', 0) / 1000)).toEqual([1, 2, 5, 10, 30, 30])
    plan.ranWell()
    expect(plan.failed('why', 0)).toBe(1000)
  })

  it('keeps the last ten reasons', () => {
    const plan = new RecoveryPlan(range)
    for (let i = 0; i < 12; i++) plan.failed(`reason ${i}`, i)
    expect(plan.reasons.map(({ atMs }) => atMs)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  it('never goes below what the board can do', () => {
    const plan = new RecoveryPlan(range)
    expect(plan.rateWasLow(112.5)).toEqual({ frequencyMhz: 100, isLocked: false })
  })

  it('locks only low rates in a row', () => {
    const plan = new RecoveryPlan(range)
    plan.rateWasLow(200)
    plan.rateWasLow(175)
    plan.rateWasGood()
    expect(plan.rateWasLow(150).isLocked).toBe(false)
    expect(plan.ceilingMhz).toBeNull()
    expect(plan.allowed(300)).toBe(125)
    plan.chosen()
    expect(plan.allowed(300)).toBe(300)
  })
})

describe('the events of a board', () => {
  it('are the last forty, repeats counted', () => {
    const clock = new ManualClock(1000)
    const log = new EventLog(clock)
    for (let i = 0; i < 50; i++) log.note('info', `event ${i}`)
    log.note('info', 'event 49')
    expect(log.recent()).toHaveLength(40)
    expect(log.recent().at(-1)).toEqual({ atMs: 1000, level: 'info', text: 'event 49', times: 2 })
  })
})
