/**
 * What a full share check costs: coinbase, 12 merkle nodes and header of an extended-channel share, 44
 * compressions in all with the first 64 bytes of a 250-byte coinbase as midstate. Ours includes the queue,
 * the duplicate table and the preparation of the job; the others only hash.
 */
import { createHash, hash } from 'node:crypto'
import { sha256 } from '@noble/hashes/sha2.js'
import { createShareChecker, type KernelKind } from '../../../src-main/checker/index.ts'
import {
  asBlockHash,
  asTarget,
  type Job,
  type JobId,
  type OnHash,
  type ShareChecker,
} from '../../../src-main/mining/index.ts'
import { plainShareHash } from '../../support/plain-share.ts'
import { type Amounts, type BenchFamily, type PreparedFamily, type ThroughputCandidate } from '../family.ts'

const COMPRESSIONS_PER_SHARE = 44
/** Shares of one job in one call: what a small farm finds while a job lasts. */
const SHARES_PER_JOB = 1024
/** The others need no job, and longer for a share. */
const LIBRARY_SHARES = 128
const BULK_BYTES = 1 << 20
/** With the block that holds its padding. */
const BULK_COMPRESSIONS = BULK_BYTES / 64 + 1

const shareWork = (shares: number): Amounts => ({ shares, compressions: shares * COMPRESSIONS_PER_SHARE })

type Sha256 = (bytes: Uint8Array) => Uint8Array

const libraries: Readonly<Record<string, Sha256>> = {
  createHash: (bytes) => createHash('sha256').update(bytes).digest(),
  'crypto.hash': (bytes) => hash('sha256', bytes, 'buffer'),
  '@noble/hashes': (bytes) => sha256(bytes),
}

function pseudoRandomBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed * 2 + 1
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

function jobWithId(id: number): Job {
  return {
    id: id as JobId,
    upstreamJobId: String(id),
    tip: { prevHash: asBlockHash(pseudoRandomBytes(32, 1)), nBits: 0x170331db, minNtime: 1_700_000_000 },
    version: 0x20000000,
    versionRollingMask: 0x1fffe000,
    ntime: 1_700_000_000,
    coinbasePrefix: pseudoRandomBytes(60, 2),
    coinbaseSuffix: pseudoRandomBytes(174, 3),
    merklePath: Array.from({ length: 12 }, (_, i) => pseudoRandomBytes(32, 10 + i)),
    extranonce: { prefix: pseudoRandomBytes(8, 4), rollableSize: 8 },
    target: asTarget(new Uint8Array(32).fill(0xff)),
    cleanJobs: true,
    receivedAtMs: 0,
  }
}

/** A check as one would write it with a hash function at hand: buffers reused, nothing clever. */
function simpleCheck(job: Job, sha: Sha256): (rollable: Uint8Array, nonce: number) => Uint8Array {
  const { coinbasePrefix, coinbaseSuffix, extranonce, merklePath, tip } = job
  const rollableAt = coinbasePrefix.length + extranonce.prefix.length
  const coinbase = new Uint8Array(rollableAt + extranonce.rollableSize + coinbaseSuffix.length)
  coinbase.set(coinbasePrefix)
  coinbase.set(extranonce.prefix, coinbasePrefix.length)
  coinbase.set(coinbaseSuffix, rollableAt + extranonce.rollableSize)
  const pair = new Uint8Array(64)
  const header = new Uint8Array(80)
  const view = new DataView(header.buffer)
  return (rollable, nonce) => {
    coinbase.set(rollable, rollableAt)
    let root = sha(sha(coinbase))
    for (const node of merklePath) {
      pair.set(root)
      pair.set(node, 32)
      root = sha(sha(pair))
    }
    view.setUint32(0, job.version, true)
    header.set(tip.prevHash, 4)
    header.set(root, 36)
    view.setUint32(68, job.ntime, true)
    view.setUint32(72, tip.nBits, true)
    view.setUint32(76, nonce, true)
    return sha(sha(header))
  }
}

function offerShares(checker: ShareChecker, job: Job, rollable: Uint8Array, count: number): void {
  for (let nonce = 0; nonce < count; nonce++) {
    rollable[0] = nonce
    checker.offer(job.id, rollable, job.ntime, nonce, job.version, nonce)
  }
  checker.flush()
}

function kernelCandidate(name: string, kernel: KernelKind): ThroughputCandidate {
  let answered = 0
  const onHash: OnHash = (_token, _hash, duplicate) => {
    if (!duplicate) answered++
  }
  const checker = createShareChecker(onHash, { kernel })
  const job = jobWithId(1)
  const rollable = new Uint8Array(8)
  return {
    name,
    work: shareWork(SHARES_PER_JOB),
    run: () => {
      answered = 0
      checker.addJob(job)
      offerShares(checker, job, rollable, SHARES_PER_JOB)
      checker.removeJob(job.id)
      if (answered !== SHARES_PER_JOB)
        throw new Error(`${name} answered ${answered} of ${SHARES_PER_JOB} shares`)
    },
  }
}

function libraryCandidate(name: string, sha: Sha256): ThroughputCandidate {
  const check = simpleCheck(jobWithId(1), sha)
  const rollable = new Uint8Array(8)
  return {
    name,
    work: shareWork(LIBRARY_SHARES),
    run: () => {
      for (let nonce = 0; nonce < LIBRARY_SHARES; nonce++) {
        rollable[0] = nonce
        check(rollable, nonce)
      }
    },
  }
}

function bulkCandidate(): ThroughputCandidate {
  const data = pseudoRandomBytes(BULK_BYTES, 99)
  return {
    name: 'bulk createHash',
    work: { compressions: BULK_COMPRESSIONS },
    run: () => {
      createHash('sha256').update(data).digest()
    },
  }
}

function checkCorrectness(): void {
  const job = jobWithId(1)
  const rollable = new Uint8Array(8)
  const expected = Array.from({ length: 10 }, (_, nonce) => {
    rollable[0] = nonce
    return Buffer.from(
      plainShareHash(job, { rollable, ntime: job.ntime, nonce, version: job.version }),
    ).toString('hex')
  })
  const compare = (name: string, nonce: number, hashed: Uint8Array): void => {
    const found = Buffer.from(hashed).toString('hex')
    if (found !== expected[nonce])
      throw new Error(`${name}: share ${nonce} is ${found}, not ${expected[nonce]}`)
  }
  for (const kernel of ['vector', 'scalar'] as const) {
    let answered = 0
    const checker = createShareChecker(
      (token, hashed) => {
        answered++
        compare(kernel, token, hashed)
      },
      { kernel },
    )
    checker.addJob(job)
    offerShares(checker, job, rollable, expected.length)
    if (answered !== expected.length) throw new Error(`${kernel} answered ${answered} of ${expected.length}`)
  }
  for (const [name, sha] of Object.entries(libraries)) {
    const check = simpleCheck(job, sha)
    for (let nonce = 0; nonce < expected.length; nonce++) {
      rollable[0] = nonce
      compare(name, nonce, check(rollable, nonce))
    }
  }
}

const family: BenchFamily = {
  title: 'Full share check, 44 compressions',
  goals: [
    {
      title: '1 share check, per compression of bulk createHash',
      candidate: 'vector kernel',
      reference: 'bulk createHash',
      metric: 'compressions',
      gate: { atLeast: 0.4 },
      stretch: 0.5,
    },
    {
      title: '2 share check, against createHash',
      candidate: 'vector kernel',
      reference: 'createHash',
      metric: 'shares',
      gate: { atLeast: 7 },
      stretch: 10,
    },
    {
      title: '2 share check, against crypto.hash',
      candidate: 'vector kernel',
      reference: 'crypto.hash',
      metric: 'shares',
      gate: { atLeast: 4.5 },
      stretch: 6,
    },
  ],
  prepare: (): PreparedFamily => ({
    candidates: [
      kernelCandidate('vector kernel', 'vector'),
      kernelCandidate('scalar kernel', 'scalar'),
      ...Object.entries(libraries).map(([name, sha]) => libraryCandidate(name, sha)),
      bulkCandidate(),
    ],
    checkCorrectness,
  }),
}

export default family
