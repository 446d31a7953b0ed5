import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../../src-main/base/index.ts'
import {
  asBlockHash,
  BIP320_MASK,
  type Job,
  type JobId,
  MAX_TARGET,
} from '../../../../src-main/mining/index.ts'
import { type IssuedJob, renderNotify } from '../../../../src-main/proxy/shares/job-board.ts'
import { type StaleCause } from '../../../../src-main/proxy/shares/stale-cause.ts'
import { FloodGate } from '../../../../src-main/proxy/downstream/flood-gate.ts'
import { Rig } from '../../../../src-main/proxy/downstream/rig.ts'
import { ShareBook } from '../../../../src-main/proxy/shares/accounting.ts'
import {
  checkSubmit,
  type Submit,
  type SubmitContext,
  sv1ErrorOf,
} from '../../../../src-main/proxy/downstream/sv1-submit.ts'

const NOW_MS = 1_700_000_000_000
const NTIME = NOW_MS / 1000

function issue(changes: Partial<Job> = {}, staleBecause: StaleCause | null = null): IssuedJob {
  const job: Job = {
    id: 9 as JobId,
    upstreamJobId: 'x',
    tip: { prevHash: asBlockHash(new Uint8Array(32)), nBits: 0x1d00ffff, minNtime: NTIME },
    version: 0x20002000,
    versionRollingMask: BIP320_MASK,
    ntime: NTIME,
    coinbasePrefix: new Uint8Array(4),
    coinbaseSuffix: new Uint8Array(4),
    merklePath: [],
    extranonce: { prefix: new Uint8Array(4), rollableSize: 8 },
    target: MAX_TARGET,
    cleanJobs: true,
    receivedAtMs: NOW_MS,
    ...changes,
  }
  return {
    sequence: 7,
    poolId: 'a',
    lineId: 'a',
    floodGate: new FloodGate(),
    job,
    ntime: NTIME,
    cleanJobs: true,
    issuedMonotonicMs: 0,
    poolDifficulty: 1,
    networkTarget: MAX_TARGET,
    template: renderNotify(job, NTIME),
    lines: new Map(),
    staleBecause,
  }
}

function context(issued: IssuedJob, changes: Partial<SubmitContext> = {}): SubmitContext {
  const rig = new Rig({
    id: 'r1',
    address: '192.168.1.2',
    connectedAtMs: NOW_MS,
    monotonicMs: 0,
    sharesPerMinute: 6,
    startDifficulty: 1,
    poolBook: () => new ShareBook(),
  })
  rig.steps.pin(1, 0, 2, MAX_TARGET)
  return {
    subscribed: true,
    authorised: true,
    requestedMask: BIP320_MASK,
    firstSequence: 1,
    nowMs: NOW_MS,
    rig,
    findIssue: (sequence) => (sequence === issued.sequence ? issued : undefined),
    extranonceAt: () => ({
      extranonce1: fromHex('a1a2'),
      layout: { extranonce1Size: 2, extranonce2Size: 2 },
    }),
    ...changes,
  }
}

const good: Submit = {
  id: '1',
  jobNumber: 7 * 256 + 3,
  extranonce2: fromHex('b1b2'),
  ntime: NTIME + 5,
  nonce: 0xdeadbeef,
  versionBits: 0x00ffe000,
}

const reasonOf = (
  submit: Partial<Submit>,
  changes: Partial<SubmitContext> = {},
  issued = issue(),
): string => {
  const checked = checkSubmit({ ...good, ...submit }, context(issued, changes))
  return checked.ok ? 'ok' : checked.refusal.reason
}

describe('a submit that is in order', () => {
  it('becomes a share: padding, extranonce1 and extranonce2, and the whole version', () => {
    const issued = issue()
    const checked = checkSubmit(good, context(issued))
    expect(checked).toMatchObject({
      ok: true,
      share: {
        issued,
        pinned: { difficulty: 2 },
        rollable: fromHex('00000000a1a2b1b2'),
        ntime: NTIME + 5,
        nonce: 0xdeadbeef,
        version: 0x20ffe000,
      },
    })
  })

  it.each([
    ['no version bits', null, 0x20000000],
    ['no bits set', 0, 0x20000000],
    ['the whole version it hashed', 0x20ffe000, 0x20ffe000],
    ["the job's version as it was sent", 0x20000000, 0x20000000],
  ])('may carry %s', (_, versionBits, version) => {
    const checked = checkSubmit({ ...good, versionBits }, context(issue()))
    expect(checked.ok && checked.share.version).toBe(version)
  })

  it('keeps the version of a pool that allows no rolling, all bits of it', () => {
    const strict = issue({ versionRollingMask: 0 })
    for (const versionBits of [null, 0, 0x20002000]) {
      const checked = checkSubmit({ ...good, versionBits }, context(strict))
      expect(checked.ok && checked.share.version).toBe(0x20002000)
    }
  })

  it('is judged by what the rig had when the job went out, not by what it has now', () => {
    const extranonceAt = (sequence: number): ReturnType<SubmitContext['extranonceAt']> =>
      sequence < 8
        ? { extranonce1: fromHex('c1'), layout: { extranonce1Size: 1, extranonce2Size: 2 } }
        : undefined
    const checked = checkSubmit(good, context(issue(), { extranonceAt }))
    expect(checked.ok && checked.share.rollable).toEqual(fromHex('0000000000c1b1b2'))
  })
})

describe('a submit that is not', () => {
  it('is refused for the first thing that is wrong', () => {
    expect(reasonOf({}, { subscribed: false, authorised: false })).toBe('not-subscribed')
    expect(reasonOf({}, { authorised: false })).toBe('unauthorized')
    expect(reasonOf({ jobNumber: -1 })).toBe('invalid-job-id')
    expect(reasonOf({ jobNumber: 8 * 256 })).toBe('invalid-job-id')
    expect(reasonOf({}, { firstSequence: 8 })).toBe('invalid-job-id')
    expect(reasonOf({ extranonce2: new Uint8Array(0) }, {}, issue({}, 'new-block'))).toBe('stale-share')
    expect(reasonOf({ extranonce2: new Uint8Array(3) })).toBe('bad-extranonce-size')
    expect(reasonOf({ ntime: NTIME - 1 })).toBe('invalid-ntime')
    expect(reasonOf({ ntime: NTIME + 7201 })).toBe('invalid-ntime')
    expect(reasonOf({ ntime: NTIME + 7201 }, { nowMs: NOW_MS + 1000 })).toBe('ok')
    expect(reasonOf({ versionBits: 0x00000004 })).toBe('invalid-non-rollable-version-bit')
    expect(reasonOf({ versionBits: 0x40ffe000 })).toBe('invalid-non-rollable-version-bit')
    expect(reasonOf({ versionBits: 0x00002000 }, { requestedMask: 0 })).toBe('version-rolling-not-allowed')
    expect(reasonOf({ versionBits: 0x00002000 }, {}, issue({ versionRollingMask: 0 }))).toBe(
      'version-rolling-not-allowed',
    )
  })

  it('says whose job it was, so that the right pool is booked', () => {
    const issued = issue()
    expect(checkSubmit({ ...good, ntime: 0 }, context(issued))).toMatchObject({ issued })
    expect(checkSubmit({ ...good, jobNumber: 1 }, context(issued))).toMatchObject({ issued: undefined })
  })
})

describe('the error for a refusal', () => {
  it.each([
    ['not-subscribed', 25],
    ['unauthorized', 24],
    ['low', 21],
    ['difficulty-too-low', 23],
    ['duplicate-share', 22],
    ['stale-share', 21],
    ['invalid-job-id', 21],
    ['bad-extranonce-size', 20],
    ['invalid-ntime', 20],
  ])('has the conventional code: %s is %d', (reason, code) => {
    expect(sv1ErrorOf(reason).code).toBe(code)
    expect(sv1ErrorOf(reason).message).not.toBe('')
  })

  it('tells why a job went stale', () => {
    expect(sv1ErrorOf('pool-switched').message).toBe('Stale share: pool-switched')
  })
})
