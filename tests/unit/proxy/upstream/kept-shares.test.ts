import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../../src-main/base/index.ts'
import { asBlockHash, type Job, type JobId, MAX_TARGET } from '../../../../src-main/mining/index.ts'
import {
  KEPT_FOR_MS,
  KeptShares,
  MAX_KEPT_SHARES,
  whyNotRestored,
} from '../../../../src-main/proxy/upstream/kept-shares.ts'
import { UnansweredShares } from '../../../../src-main/proxy/upstream/unanswered-shares.ts'

let nextId = 1
const job = (changes: Partial<Job> = {}): Job => ({
  id: nextId++ as JobId,
  upstreamJobId: 'j1',
  tip: { prevHash: asBlockHash(new Uint8Array(32).fill(1)), nBits: 0x1d00ffff, minNtime: 1 },
  version: 0x20000000,
  versionRollingMask: 0x1fffe000,
  ntime: 1,
  coinbasePrefix: Uint8Array.of(1, 2),
  coinbaseSuffix: Uint8Array.of(3),
  merklePath: [new Uint8Array(32).fill(7)],
  extranonce: { prefix: Uint8Array.of(9, 9), rollableSize: 4 },
  target: MAX_TARGET,
  cleanJobs: true,
  receivedAtMs: 0,
  ...changes,
})
const session = { sessionId: 's', extranonce1: Uint8Array.of(9, 9), extranonce2Size: 4 }
const share = (of: Job) => ({
  jobId: of.id,
  rollable: new Uint8Array(4),
  ntime: 1,
  nonce: 0,
  version: 0x20000000,
})
const now = (firstJob: Job) => ({
  extranonce1: firstJob.extranonce.prefix,
  extranonce2Size: firstJob.extranonce.rollableSize,
  versionMask: firstJob.versionRollingMask,
  firstJob,
})

describe('a session', () => {
  const kept = new KeptShares(session, new Map([[1 as JobId, job()]]), [], 0)

  it.each([
    ['the same again', {}, null],
    ['the same job with a later time', { ntime: 99 }, null],
    ['another job', { upstreamJobId: 'j2', coinbasePrefix: Uint8Array.of(5) }, null],
    ['more version bits', { versionRollingMask: 0x1fffffe0 }, null],
    [
      'a new block',
      { tip: { ...job().tip, prevHash: asBlockHash(new Uint8Array(32).fill(2)) } },
      'there is a new block',
    ],
    [
      'another prefix',
      { extranonce: { prefix: Uint8Array.of(9, 8), rollableSize: 4 } },
      'the pool gave another extranonce',
    ],
    [
      'another size',
      { extranonce: { prefix: Uint8Array.of(9, 9), rollableSize: 8 } },
      'the pool gave another extranonce',
    ],
    ['fewer version bits', { versionRollingMask: 0x1000 }, 'the pool allows fewer version bits'],
    [
      'other work under an old name',
      { merklePath: [new Uint8Array(32).fill(8)] },
      'the pool gives its jobs their names anew',
    ],
  ])('with %s', (_, changes, why) => {
    expect(whyNotRestored(kept, now(job(changes)))).toBe(why)
  })
})

describe('what is kept of a connection', () => {
  const remainsOf = (jobs: readonly Job[], sent: readonly Job[], sessionId: string | null = 's') => {
    const unanswered = new UnansweredShares<number>()
    for (const [n, of] of sent.entries()) {
      unanswered.add(n, { share: share(of), token: n, rigName: 'rig', sentMs: n, again: false })
    }
    const space = jobs.at(-1)?.extranonce ?? null
    return unanswered.remains(
      null,
      sessionId,
      space,
      new Map(jobs.map((one) => [one.id, one])),
      new ManualClock(),
    )
  }

  it('are the shares of the block and the extranonce of the latest job; others are lost', () => {
    const older = job({ tip: { ...job().tip, prevHash: asBlockHash(new Uint8Array(32).fill(5)) } })
    const other = job({ extranonce: { prefix: Uint8Array.of(1, 1), rollableSize: 4 } })
    const [one, two] = [job(), job()]
    const { lost, kept } = remainsOf([older, other, one, two], [older, one, other, two])
    expect(lost).toEqual([0, 2])
    expect(kept?.untilMs).toBe(KEPT_FOR_MS)
    expect([...kept!.jobs.keys()]).toEqual([one.id, two.id])
    expect(kept!.submit(share(one), 9, 'rig')).toBe(true)
    expect(kept!.submit(share(older), 10, 'rig')).toBe(false)
    expect(kept!.take().map(({ token, wasSent }) => [token, wasSent])).toEqual([
      [1, true],
      [3, true],
      [9, false],
    ])
    expect(kept!.size).toBe(0)
  })

  it('is nothing where the pool named no session or gave no job', () => {
    expect(remainsOf([job()], [], null)).toEqual({ lost: [], kept: null })
    const [one] = [job()]
    expect(remainsOf([], [one]).lost).toEqual([0])
  })

  it('is bounded', () => {
    const one = job()
    const { lost, kept } = remainsOf([one], Array<Job>(MAX_KEPT_SHARES + 5).fill(one))
    expect([lost.length, kept!.size, kept!.accepts(one.id)]).toEqual([5, MAX_KEPT_SHARES, false])
  })
})
