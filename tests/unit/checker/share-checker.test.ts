import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createShareChecker, type KernelKind } from '../../../src-main/checker/index.ts'
import {
  asBlockHash,
  hashToDisplay,
  type Job,
  type JobId,
  type Share,
  type ShareChecker,
} from '../../../src-main/mining/index.ts'
import {
  hashOfTwoNodesDisplay,
  jobOf,
  merkleNodes,
  rollable,
  shareVectors,
} from '../../support/mining-vectors.ts'
import { plainShareHash } from '../../support/plain-share.ts'

const kinds: readonly KernelKind[] = ['vector', 'scalar']

interface Seen {
  token: number
  hash: string
  duplicate: boolean
}

/** A checker that writes down its verdicts. */
function recordingChecker(kernel: KernelKind): { checker: ShareChecker; seen: Seen[] } {
  const seen: Seen[] = []
  const checker = createShareChecker(
    (token, hash, duplicate) => {
      seen.push({ token, hash: hashToDisplay(hash), duplicate })
    },
    { kernel },
  )
  return { checker, seen }
}

const offer = (checker: ShareChecker, share: Share, token: number): boolean =>
  checker.offer(share.jobId, share.rollable, share.ntime, share.nonce, share.version, token)

const nodeSha256d = (bytes: Uint8Array): Uint8Array => {
  const once = createHash('sha256').update(bytes).digest()
  return Uint8Array.from(createHash('sha256').update(once).digest())
}

/** Distinct bytes that depend on `seed`, so that no two jobs or shares look alike. */
const madeUpBytes = (length: number, seed: number): Uint8Array =>
  Uint8Array.from(
    { length },
    (_, i) => (Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b)) >>> 13,
  )

const uint32 = fc.integer({ min: 0, max: 0xffffffff })

interface JobShape {
  prefixLength: number
  extranoncePrefixLength: number
  rollableSize: number
  suffixLength: number
  pathLength: number
  nBits: number
  seed: number
}

const madeUpJob = (shape: JobShape, id = 1): Job =>
  jobOf(shareVectors[0]!, {
    id: id as JobId,
    tip: { prevHash: asBlockHash(madeUpBytes(32, shape.seed)), nBits: shape.nBits, minNtime: 0 },
    coinbasePrefix: madeUpBytes(shape.prefixLength, shape.seed + 1),
    coinbaseSuffix: madeUpBytes(shape.suffixLength, shape.seed + 2),
    merklePath: Array.from({ length: shape.pathLength }, (_, i) => madeUpBytes(32, shape.seed + 3 + i)),
    extranonce: {
      prefix: madeUpBytes(shape.extranoncePrefixLength, shape.seed + 300),
      rollableSize: shape.rollableSize,
    },
  })

/** Coinbases of 60 to 2,000 bytes whose extranonce may lie anywhere, across the borders of blocks too. */
const jobShape: fc.Arbitrary<JobShape> = fc.record({
  prefixLength: fc.integer({ min: 0, max: 300 }),
  extranoncePrefixLength: fc.integer({ min: 0, max: 32 }),
  rollableSize: fc.integer({ min: 0, max: 100 }),
  suffixLength: fc.integer({ min: 60, max: 1568 }),
  pathLength: fc.integer({ min: 0, max: 14 }),
  nBits: uint32,
  seed: fc.nat(),
})

const madeUpShare = (job: Job, seed: number): Share => ({
  jobId: job.id,
  rollable: madeUpBytes(job.extranonce.rollableSize, seed),
  ntime: Math.imul(seed + 1, 0x2545f491) >>> 0,
  nonce: Math.imul(seed + 7, 0x9e3779b1) >>> 0,
  version: Math.imul(seed + 3, 0x85ebca6b) >>> 0,
})

describe.each(kinds)('share checker with the %s kernel', (kind) => {
  it.each(shareVectors)('gives hash $hashDisplay', (vector) => {
    const { checker, seen } = recordingChecker(kind)
    const job = jobOf(vector)
    checker.addJob(job)
    offer(
      checker,
      { jobId: job.id, rollable, ntime: vector.ntime, nonce: vector.nonce, version: job.version },
      7,
    )
    checker.flush()
    expect(seen).toEqual([{ token: 7, hash: vector.hashDisplay, duplicate: false }])
  })

  it('folds the merkle path in order', () => {
    const { checker, seen } = recordingChecker(kind)
    const vector = shareVectors[1]!
    const job = jobOf(vector, { merklePath: merkleNodes })
    checker.addJob(job)
    offer(
      checker,
      { jobId: job.id, rollable, ntime: vector.ntime, nonce: vector.nonce, version: job.version },
      0,
    )
    checker.flush()
    expect(seen[0]?.hash).toBe(hashOfTwoNodesDisplay)
  })

  it('agrees with the plain implementation and with node:crypto for any job and any size of group', () => {
    fc.assert(
      fc.property(jobShape, fc.integer({ min: 1, max: 7 }), fc.nat(), (shape, shareCount, seed) => {
        const { checker, seen } = recordingChecker(kind)
        const job = madeUpJob(shape)
        checker.addJob(job)
        const shares = Array.from({ length: shareCount }, (_, i) => madeUpShare(job, seed + i))
        for (const [token, share] of shares.entries()) offer(checker, share, token)
        checker.flush()
        const hashes = shares.map((share) => plainShareHash(job, share))
        expect(seen).toEqual(
          hashes.map((hash, token) => ({ token, hash: hashToDisplay(asBlockHash(hash)), duplicate: false })),
        )
        expect(shares.map((share) => plainShareHash(job, share, nodeSha256d))).toEqual(hashes)
      }),
      { numRuns: 60 },
    )
  })

  it.each([
    [
      'a rollable extranonce that ends with a block',
      { prefixLength: 40, extranoncePrefixLength: 16, rollableSize: 8 },
    ],
    ['one that begins with a block', { prefixLength: 64, extranoncePrefixLength: 0, rollableSize: 8 }],
    ['one over two borders', { prefixLength: 62, extranoncePrefixLength: 1, rollableSize: 66 }],
    ['none at all', { prefixLength: 62, extranoncePrefixLength: 4, rollableSize: 0 }],
    ['a suffix of 64 KiB', { suffixLength: 65_535 }],
    ['a prefix of 64 KiB', { prefixLength: 65_535 }],
    ['the longest merkle path', { pathLength: 255 }],
    ['a coinbase that just leaves room for its padding', { prefixLength: 41, suffixLength: 58 }],
    ['a coinbase whose padding needs a block more', { prefixLength: 41, suffixLength: 59 }],
  ])('hashes %s', (_, changes: Partial<JobShape>) => {
    const { checker, seen } = recordingChecker(kind)
    const job = madeUpJob({
      prefixLength: 41,
      extranoncePrefixLength: 12,
      rollableSize: 8,
      suffixLength: 120,
      pathLength: 3,
      nBits: 0x207fffff,
      seed: 5,
      ...changes,
    })
    checker.addJob(job)
    const shares = [0, 1, 2].map((i) => madeUpShare(job, i))
    for (const share of shares) offer(checker, share, share.nonce)
    checker.flush()
    const expected = shares.map((share) => hashToDisplay(asBlockHash(plainShareHash(job, share))))
    expect(seen.map(({ hash }) => hash)).toEqual(expected)
  })

  it('keeps jobs apart whose shares arrive in turns', () => {
    const { checker, seen } = recordingChecker(kind)
    const shape = {
      prefixLength: 50,
      extranoncePrefixLength: 4,
      rollableSize: 4,
      suffixLength: 90,
      nBits: 1,
      seed: 1,
    }
    const jobs = [0, 1, 2].map((i) =>
      madeUpJob({ ...shape, pathLength: i, prefixLength: 50 + i, seed: i }, i),
    )
    for (const job of jobs) checker.addJob(job)
    const shares = Array.from({ length: 20 }, (_, i) => madeUpShare(jobs[i % 3]!, i))
    for (const [token, share] of shares.entries()) offer(checker, share, token)
    checker.flush()
    const byToken = seen.toSorted((a, b) => a.token - b.token)
    expect(byToken.map(({ hash }) => hash)).toEqual(
      shares.map((share, i) => hashToDisplay(asBlockHash(plainShareHash(jobs[i % 3]!, share)))),
    )
  })

  it('answers when a group of four is full, and the rest when flushed', () => {
    const { checker, seen } = recordingChecker(kind)
    const job = jobOf(shareVectors[0]!)
    checker.addJob(job)
    for (let i = 0; i < 3; i++) offer(checker, madeUpShare(job, i), i)
    expect(seen).toHaveLength(0)
    offer(checker, madeUpShare(job, 3), 3)
    expect(seen.map(({ token }) => token)).toEqual([0, 1, 2, 3])
    offer(checker, madeUpShare(job, 4), 4)
    expect(seen).toHaveLength(4)
    checker.flush()
    expect(seen.map(({ token }) => token)).toEqual([0, 1, 2, 3, 4])
    checker.flush()
    expect(seen).toHaveLength(5)
  })

  it('takes a copy of the rollable extranonce', () => {
    const { checker, seen } = recordingChecker(kind)
    const job = jobOf(shareVectors[0]!)
    checker.addJob(job)
    const share = madeUpShare(job, 1)
    const expected = hashToDisplay(asBlockHash(plainShareHash(job, share)))
    offer(checker, share, 0)
    share.rollable.fill(0)
    checker.flush()
    expect(seen[0]?.hash).toBe(expected)
  })

  it('finds a duplicate within its group and in a later one', () => {
    const { checker, seen } = recordingChecker(kind)
    const job = jobOf(shareVectors[0]!)
    checker.addJob(job)
    const [one, two] = [madeUpShare(job, 1), madeUpShare(job, 2)]
    for (const [token, share] of [one, two, one, one].entries()) offer(checker, share, token)
    offer(checker, two, 4)
    offer(checker, { ...two, nonce: two.nonce ^ 1 }, 5)
    checker.flush()
    expect(seen.map(({ duplicate }) => duplicate)).toEqual([false, false, true, true, true, false])
  })

  it('judges duplicates per job', () => {
    const { checker, seen } = recordingChecker(kind)
    const first = jobOf(shareVectors[0]!)
    const second = { ...first, id: 2 as JobId }
    checker.addJob(first)
    checker.addJob(second)
    const share = madeUpShare(first, 1)
    offer(checker, share, 0)
    offer(checker, { ...share, jobId: second.id }, 1)
    checker.flush()
    expect(seen.map(({ duplicate }) => duplicate)).toEqual([false, false])
  })

  it('does not forget what it has seen when a job is added again', () => {
    const { checker, seen } = recordingChecker(kind)
    const job = jobOf(shareVectors[0]!)
    checker.addJob(job)
    offer(checker, madeUpShare(job, 1), 0)
    checker.addJob(job)
    offer(checker, madeUpShare(job, 1), 1)
    checker.flush()
    expect(seen.map(({ duplicate }) => duplicate)).toEqual([false, true])
  })

  it('refuses shares of a job it does not know', () => {
    const { checker, seen } = recordingChecker(kind)
    const job = jobOf(shareVectors[0]!)
    expect(offer(checker, madeUpShare(job, 1), 0)).toBe(false)
    checker.addJob(job)
    expect(offer(checker, madeUpShare(job, 1), 1)).toBe(true)
    checker.removeJob(job.id)
    expect(offer(checker, madeUpShare(job, 2), 2)).toBe(false)
    checker.flush()
    expect(seen.map(({ token }) => token)).toEqual([1])
  })

  it('checks what waits before it forgets a job', () => {
    const { checker, seen } = recordingChecker(kind)
    const job = jobOf(shareVectors[0]!)
    checker.addJob(job)
    const share = madeUpShare(job, 1)
    offer(checker, share, 0)
    checker.removeJob(job.id)
    expect(seen).toEqual([
      { token: 0, hash: hashToDisplay(asBlockHash(plainShareHash(job, share))), duplicate: false },
    ])
    checker.removeJob(job.id)
    expect(seen).toHaveLength(1)
  })

  it('lets a callback offer shares, add jobs and remove them', () => {
    const first = jobOf(shareVectors[0]!)
    const second = madeUpJob({
      prefixLength: 70,
      extranoncePrefixLength: 4,
      rollableSize: 4,
      suffixLength: 90,
      pathLength: 2,
      nBits: 1,
      seed: 9,
    })
    const added = { ...second, id: 2 as JobId }
    const seen = new Map<number, string>()
    const checker = createShareChecker(
      (token, hash) => {
        if (token === 0) {
          checker.addJob(added)
          for (let i = 10; i < 15; i++) offer(checker, madeUpShare(added, i), i)
          checker.removeJob(first.id)
        }
        seen.set(token, hashToDisplay(hash))
      },
      { kernel: kind },
    )
    checker.addJob(first)
    for (let i = 0; i < 4; i++) offer(checker, madeUpShare(first, i), i)
    checker.flush()
    expect([...seen.keys()].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 10, 11, 12, 13, 14])
    for (const [token, hash] of seen) {
      const job = token < 10 ? first : added
      expect(hash).toBe(hashToDisplay(asBlockHash(plainShareHash(job, madeUpShare(job, token)))))
    }
  })

  it('says which job is impossible, and goes on with the others', () => {
    const { checker, seen } = recordingChecker(kind)
    const job = jobOf(shareVectors[0]!)
    checker.addJob(job)
    const id = 2 as JobId
    const badJobs: [Partial<Job>, string][] = [
      [{ merklePath: [new Uint8Array(31)] }, 'checker/bad-job'],
      [
        {
          tip: {
            ...job.tip,
            prevHash: asBlockHash(new Uint8Array(32)).subarray(1) as Job['tip']['prevHash'],
          },
        },
        'checker/bad-job',
      ],
      [{ merklePath: Array.from({ length: 256 }, () => new Uint8Array(32)) }, 'checker/merkle-path-too-long'],
      [{ coinbaseSuffix: new Uint8Array(140_000) }, 'checker/coinbase-too-long'],
      [{ coinbasePrefix: new Uint8Array(140_000) }, 'checker/coinbase-too-long'],
    ]
    for (const [changes, code] of badJobs) {
      expect(() => checker.addJob({ ...job, id, ...changes })).toThrow(expect.objectContaining({ code }))
      expect(offer(checker, { ...madeUpShare(job, 1), jobId: id }, 1)).toBe(false)
    }
    const share = madeUpShare(job, 1)
    offer(checker, share, 0)
    checker.flush()
    expect(seen.map(({ hash }) => hash)).toEqual([hashToDisplay(asBlockHash(plainShareHash(job, share)))])
  })

  it('does not accept a rollable extranonce of another length', () => {
    const { checker } = recordingChecker(kind)
    const job = jobOf(shareVectors[0]!)
    checker.addJob(job)
    expect(() => checker.offer(job.id, new Uint8Array(7), 0, 0, 0, 0)).toThrow(RangeError)
  })
})
