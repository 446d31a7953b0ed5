/**
 * Lines to pools over real sockets, without rigs and switchboard: a test opens lines, solves the jobs they give, and
 * sees what becomes of every share. Time is moved by hand. Each line keeps books of its own: one outcome for each
 * share that was taken, never two, and none left in the end.
 */
import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { createLogger, ManualClock, systemEntropy } from '../../../src-main/base/index.ts'
import {
  coinbaseTxid,
  encodeHeader,
  foldMerklePath,
  hashHeader,
  type Job,
  type JobId,
  meetsTarget,
  type Share,
} from '../../../src-main/mining/index.ts'
import { type BackoffPolicy, createNetLoop, DEFAULT_BACKOFF, dial } from '../../../src-main/net/index.ts'
import { createDial } from '../../../src-main/proxy/upstream/dial.ts'
import {
  probePool,
  type ProbeOptions,
  type ProbeResult,
} from '../../../src-main/proxy/upstream/pool-probe.ts'
import {
  type LinesParts,
  sessionsFor,
  UpstreamLines,
} from '../../../src-main/proxy/upstream/upstream-lines.ts'
import {
  type LineOwner,
  type PoolConfig,
  type ShareOutcome,
  type Upstream,
  type UpstreamState,
} from '../../../src-main/proxy/upstream/upstream.ts'
import { type FakePool } from './fake-pool.ts'
import { type LogLine } from './proxy-harness.ts'
import { until } from './until.ts'

/** Attempts without a pause between them. */
export const AT_ONCE: BackoffPolicy = { ...DEFAULT_BACKOFF, firstMs: 1, maxMs: 1 }

interface Token {
  readonly share: Share
  outcome: ShareOutcome | null
}

export class TestLine {
  readonly upstream: Upstream<Token>
  readonly jobs: Job[] = []
  readonly dropped = new Set<JobId>()
  readonly states: UpstreamState[] = []
  readonly taken: Token[] = []

  constructor(open: (events: Parameters<UpstreamLines<Token>['open']>[2]) => Upstream<Token>) {
    this.upstream = open({
      onState: (state) => void this.states.push(state),
      onJob: (job, dropped) => {
        this.jobs.push(job)
        for (const jobId of dropped) this.dropped.add(jobId)
      },
      onDropped: (dropped) => {
        for (const jobId of dropped) this.dropped.add(jobId)
      },
      onOutcome: (token, outcome) => {
        expect(token.outcome, 'a second outcome of one share').toBeNull()
        token.outcome = outcome
      },
    })
  }

  get job(): Job {
    const job = this.jobs.at(-1)
    if (!job) throw new Error('no job yet')
    return job
  }

  get phase(): UpstreamState['phase'] {
    return this.upstream.state.phase
  }

  get problem(): { readonly code: string; readonly message: string } | null {
    return 'problem' in this.upstream.state ? this.upstream.state.problem : null
  }

  /** Outcomes of all shares that were taken, in order; `pending` for those without. */
  get outcomes(): string[] {
    return this.taken.map(({ outcome }) => outcome?.kind ?? 'pending')
  }

  count(kind: ShareOutcome['kind'] | 'pending'): number {
    return this.outcomes.filter((outcome) => outcome === kind).length
  }

  /** Why shares were lost, each reason once. */
  get lostBecause(): string[] {
    const reasons = this.taken.flatMap(({ outcome }) =>
      outcome?.kind === 'lost' ? [outcome.because ?? 'no reason'] : [],
    )
    return [...new Set(reasons)]
  }

  /** Solves a job and submits what was found. @returns whether it was taken */
  mine(count = 1, { job = this.job, rigName = 'rig1' }: { job?: Job; rigName?: string } = {}): boolean {
    let all = true
    for (let n = 0; n < count; n++) {
      const token: Token = { share: solve(job), outcome: null }
      if (this.upstream.submit(token.share, token, rigName)) this.taken.push(token)
      else all = false
    }
    return all
  }

  async untilJob(known = 0): Promise<Job> {
    await until('a job', () => this.jobs.length > known)
    return this.job
  }

  async untilSettled(): Promise<void> {
    await until('every share to have an outcome', () => this.count('pending') === 0)
  }

  untilPhase(phase: UpstreamState['phase']): Promise<void> {
    return until(`${phase} (it is ${this.phase})`, () => this.phase === phase)
  }
}

export class LineHarness {
  readonly clock = new ManualClock(Date.now())
  readonly logs: LogLine[] = []
  readonly opened: TestLine[] = []
  readonly dialled: string[] = []
  readonly #parts: LinesParts
  readonly #lines: UpstreamLines<Token>
  readonly #pools: readonly FakePool[]
  #nextJobId = 1

  /** @param pools stopped in the end */
  constructor(pools: readonly FakePool[], changes: Partial<LinesParts> = {}) {
    this.#pools = pools
    const open = createDial({ loop: createNetLoop(this.clock), trustedCertificates: [], dial })
    this.#parts = {
      clock: this.clock,
      entropy: systemEntropy,
      log: createLogger((level, _scope, message, fields) => void this.logs.push({ level, message, fields })),
      userAgent: 'headframe/0.0.0',
      backoff: AT_ONCE,
      dial: (endpoint, ...rest) => {
        this.dialled.push(`${endpoint.protocol} ${endpoint.host}:${endpoint.port}`)
        return open(endpoint, ...rest)
      },
      createSession: sessionsFor,
      nominalHashrateHs: () => 0,
      nextJobId: () => this.#nextJobId++ as JobId,
      ...changes,
    }
    this.#lines = new UpstreamLines(this.#parts)
  }

  /** A line, started. */
  open(config: PoolConfig, owner: LineOwner | null = null): TestLine {
    const line = new TestLine((events) => this.#lines.open(config, owner, events))
    this.opened.push(line)
    line.upstream.start()
    return line
  }

  /** A line for each rig name, each with a first job. */
  async openRigs(config: PoolConfig, names: readonly string[]): Promise<TestLine[]> {
    const lines = names.map((name) => this.open(config, ownerOf(name)))
    await until('every line to have a job', () => lines.every(({ jobs }) => jobs.length > 0))
    return lines
  }

  probe(config: PoolConfig, options: ProbeOptions = {}): Promise<ProbeResult> {
    return probePool(config, this.#parts, options)
  }

  logged(message: string): LogLine[] {
    return this.logs.filter((line) => line.message === message)
  }

  /** Lets time pass in steps, with turns of the loop between them. */
  async pass(totalMs: number, stepMs = totalMs): Promise<void> {
    for (let passed = 0; passed < totalMs; passed += stepMs) {
      this.clock.advance(Math.min(stepMs, totalMs - passed))
      await new Promise((done) => setTimeout(done, 1))
    }
  }

  /** Waits for something, and lets a little time pass meanwhile, as attempts need it. */
  async passUntil(what: string, condition: () => boolean, stepMs = 5): Promise<void> {
    await until(what, () => {
      if (!condition()) this.clock.advance(stepMs)
      return condition()
    })
  }

  async stop(): Promise<void> {
    for (const line of this.opened) line.upstream.stop()
    for (const line of this.opened) expect(line.count('pending'), 'shares that came to nothing').toBe(0)
    for (const pool of this.#pools) await pool.stop()
    await this.pass(3000)
    expect(this.clock.pending, 'timers left running').toBe(0)
  }
}

export function ownerOf(rigName: string, nominalHashrateHs = 0): LineOwner {
  return { rigId: rigName, rigName, nominalHashrateHs: () => nominalHashrateHs }
}

/** A share that meets the job's target, found by trying. */
export function solve(job: Job): Share {
  const rollable = new Uint8Array(randomBytes(job.extranonce.rollableSize))
  const txid = coinbaseTxid(job.coinbasePrefix, job.extranonce.prefix, rollable, job.coinbaseSuffix)
  const merkleRoot = foldMerklePath(txid, job.merklePath)
  const { prevHash, nBits } = job.tip
  for (let nonce = 0; ; nonce++) {
    const header = encodeHeader({
      version: job.version,
      prevHash,
      merkleRoot,
      ntime: job.ntime,
      nBits,
      nonce,
    })
    if (meetsTarget(hashHeader(header), job.target)) {
      return { jobId: job.id, rollable, ntime: job.ntime, nonce, version: job.version }
    }
  }
}
