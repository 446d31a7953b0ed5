/**
 * The middle of the proxy without sockets: the real switchboard, share desk, job board and runners, over sessions
 * and rigs that do what a test says. Hashes are chosen by the nonce, so that a share is what it is meant to be.
 */
import { HeadframeError, ManualClock, silentLogger } from '../../../src-main/base/index.ts'
import { type Connection } from '../../../src-main/net/index.ts'
import {
  asBlockHash,
  type BlockHash,
  type Job,
  type JobId,
  type OnHash,
  type Share,
  type ShareChecker,
  type Target,
} from '../../../src-main/mining/index.ts'
import { Accounting, type ShareAccount, ShareBook } from '../../../src-main/proxy/shares/accounting.ts'
import { type Downstream, type ExtranonceGrant } from '../../../src-main/proxy/downstream/downstream.ts'
import { ExtranonceDesk } from '../../../src-main/proxy/downstream/extranonce-desk.ts'
import { type IssuedJob, JobBoard } from '../../../src-main/proxy/shares/job-board.ts'
import {
  type LineRemains,
  type PoolSession,
  type PoolSessionParts,
  type SessionLine,
  type SessionLineParts,
} from '../../../src-main/proxy/upstream/pool-session.ts'
import { Rig } from '../../../src-main/proxy/downstream/rig.ts'
import { ShareDesk, type ShareOfferer, type ShareRefusal } from '../../../src-main/proxy/shares/share-desk.ts'
import { staleRefusal } from '../../../src-main/proxy/shares/stale-cause.ts'
import { Switchboard } from '../../../src-main/proxy/switching/switchboard.ts'
import { pinDifficulty } from '../../../src-main/proxy/downstream/tell-difficulty.ts'
import { type PoolConfig } from '../../../src-main/proxy/upstream/upstream.ts'
import { type LinesParts, UpstreamLines } from '../../../src-main/proxy/upstream/upstream-lines.ts'
import { DEFAULT_BACKOFF, WriteJoiner } from '../../../src-main/net/index.ts'

/** What a share is; encoded in its nonce. */
export type ShareWorth = 'low' | 'weak' | 'valid' | 'block'
const WORTHS: readonly ShareWorth[] = ['low', 'weak', 'valid', 'block']

const target = (topByte: number): Target => new Uint8Array(32).fill(topByte) as Target
const hashOf = (worth: ShareWorth): BlockHash =>
  asBlockHash(new Uint8Array(32).fill({ low: 0xf0, weak: 0x60, valid: 0x30, block: 0 }[worth]))
const POOL_TARGET = target(0x40)
/** A network target that only a hash of zeros meets. */
const NBITS = 0x03000001

/** A checker that hashes nothing: the lowest two bits of the nonce say how good the share is. */
class PretendChecker implements ShareChecker {
  readonly #onHash: OnHash
  readonly #jobs = new Map<JobId, Set<string>>()
  #waiting: { jobId: JobId; key: string; nonce: number; token: number }[] = []
  /** Refuses to prepare the next job. */
  refuseNext = false

  constructor(onHash: OnHash) {
    this.#onHash = onHash
  }

  addJob(job: Job): void {
    if (this.#jobs.has(job.id)) return
    if (this.refuseNext) {
      this.refuseNext = false
      throw new HeadframeError('checker/bad-job', 'no such coinbase')
    }
    this.#jobs.set(job.id, new Set())
  }

  removeJob(jobId: JobId): void {
    if (this.#waiting.some((share) => share.jobId === jobId)) this.flush()
    this.#jobs.delete(jobId)
  }

  offer(
    jobId: JobId,
    rollable: Uint8Array,
    ntime: number,
    nonce: number,
    version: number,
    token: number,
  ): boolean {
    if (!this.#jobs.has(jobId)) return false
    this.#waiting.push({ jobId, key: `${rollable.join()} ${ntime} ${nonce} ${version}`, nonce, token })
    return true
  }

  flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { jobId, key, nonce, token } of waiting) {
      const seen = this.#jobs.get(jobId)!
      const duplicate = seen.has(key)
      seen.add(key)
      this.#onHash(token, hashOf(WORTHS[nonce & 3]!), duplicate)
    }
  }
}

/** A pool's side of one connection, with the one line that is on it. */
export class PretendSession implements PoolSession<ShareAccount>, SessionLine<ShareAccount> {
  readonly parts: PoolSessionParts
  #line: SessionLineParts<ShareAccount> | null = null
  readonly oldestUnansweredMs = null
  readonly miscounted = 0
  /** For tests that ask whether something left at once. */
  flush?: () => void
  readonly pending: ShareAccount[] = []
  readonly jobs: Job[] = []
  open = true
  /** Whether the next share cannot be written. */
  failsToWrite = false

  constructor(parts: PoolSessionParts) {
    this.parts = parts
  }

  get unansweredCount(): number {
    return this.pending.length
  }

  openLine(line: SessionLineParts<ShareAccount>): SessionLine<ShareAccount> {
    this.#line = line
    return this
  }

  askForLife(): void {}

  job(cleanJobs: boolean, rollableSize: number): void {
    const dropped = cleanJobs ? this.jobs.splice(0).map(({ id }) => id) : []
    const job: Job = {
      id: this.parts.nextJobId(),
      upstreamJobId: 'x',
      tip: { prevHash: asBlockHash(new Uint8Array(32)), nBits: NBITS, minNtime: 1000 },
      version: 0x20000000,
      versionRollingMask: 0,
      ntime: 1000,
      coinbasePrefix: new Uint8Array(4),
      coinbaseSuffix: new Uint8Array(4),
      merklePath: [],
      extranonce: { prefix: new Uint8Array(2), rollableSize },
      target: POOL_TARGET,
      cleanJobs,
      receivedAtMs: this.parts.clock.nowMs(),
    }
    this.jobs.push(job)
    this.#line?.events.onJob(job, dropped)
  }

  /** The tip is new, and there is no job on it. */
  drop(): void {
    this.#line?.events.onDropped(this.jobs.splice(0).map(({ id }) => id))
  }

  answer(count: number, reason: string | null): void {
    for (const token of this.pending.splice(0, count)) {
      this.#line?.events.onOutcome(
        token,
        reason === null ? { kind: 'acknowledged' } : { kind: 'rejected', reason },
      )
    }
  }

  accepts(jobId: JobId): boolean {
    return this.open && this.jobs.some(({ id }) => id === jobId)
  }

  submit(share: Share, token: ShareAccount): boolean {
    if (!this.accepts(share.jobId) || this.failsToWrite) return false
    this.pending.push(token)
    return true
  }

  setNominalHashrate(): void {}

  close(): LineRemains<ShareAccount> {
    this.open = false
    return { lost: this.pending.splice(0), kept: null }
  }
}

export class PretendRig implements Downstream, ShareOfferer {
  readonly rig: Rig
  readonly transport = 'tcp'
  readonly channelKind = null
  readonly protocol = 'stratum-v1'
  ready = true
  readonly canSetExtranonce: boolean
  readonly issues: { issued: IssuedJob; grant: ExtranonceGrant }[] = []
  readonly answers: (ShareRefusal | null)[] = []
  #grant: ExtranonceGrant
  readonly #middle: ProxyMiddle

  constructor(rig: Rig, grant: ExtranonceGrant, canSetExtranonce: boolean, middle: ProxyMiddle) {
    this.rig = rig
    this.canSetExtranonce = canSetExtranonce
    this.#middle = middle
    this.#grant = grant
    rig.layout = grant.layout
  }

  sendJob(issued: IssuedJob): void {
    pinDifficulty(this.rig, issued, 0, issued.poolDifficulty / 2, this.#middle.clock.monotonicMs())
    this.issues.push({ issued, grant: this.#grant })
  }

  reissue(): boolean {
    return false
  }

  setExtranonce(grant: ExtranonceGrant): boolean {
    this.#middle.extranonces.release(this.#grant)
    this.#grant = grant
    this.rig.layout = grant.layout
    return true
  }

  disconnect(): void {
    this.#middle.removeRig(this)
  }

  answerShare(_reference: string, refusal: ShareRefusal | null): void {
    this.answers.push(refusal)
  }

  /** Offers a share of one of its last jobs. @param age 0 for the latest */
  offer(age: number, worth: ShareWorth, serial: number): void {
    const last = this.issues.at(-1 - age)
    const { issued } = last ?? {}
    if (!issued || issued.staleBecause !== null) {
      const refusal = issued?.staleBecause
        ? staleRefusal(issued.staleBecause)
        : ({ kind: 'invalid', reason: 'invalid-job-id' } as const)
      this.#middle.desk.refuse(this, '1', issued?.poolId ?? 'none', refusal)
      return
    }
    this.#middle.desk.offer({
      offerer: this,
      reference: '1',
      issued,
      pinned: this.rig.steps.at(issued.sequence, 0)!,
      rollable: new Uint8Array(issued.job.extranonce.rollableSize),
      ntime: 1000,
      nonce: serial * 4 + WORTHS.indexOf(worth),
      version: Number(this.rig.id),
    })
  }
}

export class ProxyMiddle {
  readonly clock = new ManualClock()
  readonly accounting = new Accounting()
  readonly extranonces = new ExtranonceDesk()
  readonly desk: ShareDesk
  readonly board: JobBoard
  readonly switchboard: Switchboard
  readonly books = new Map<string, ShareBook>()
  readonly rigs: PretendRig[] = []
  /** Also those that left: their books stay true. */
  readonly everyRig: PretendRig[] = []
  /** Sessions by pool, open or not. */
  readonly sessions = new Map<string, PretendSession[]>()
  /** Pools that cannot be reached. */
  readonly dead = new Set<string>()
  checker!: PretendChecker
  blocks = 0
  #nextJobId = 1
  #rigCount = 0

  constructor() {
    this.desk = new ShareDesk({
      createChecker: (onHash) => (this.checker = new PretendChecker(onHash)),
      accounting: this.accounting,
      forward: (offered, account) => this.switchboard.forward(offered, account),
      forwardBlock: (offered, account) => this.switchboard.forwardBlock(offered, account),
      flushAnswers: () => {},
      onBlock: () => void this.blocks++,
      monotonicMs: () => this.clock.monotonicMs(),
    })
    this.board = new JobBoard(this.desk.checker)
    this.switchboard = new Switchboard({
      clock: this.clock,
      log: silentLogger,
      board: this.board,
      extranonces: this.extranonces,
      joiner: new WriteJoiner(),
      // Pools of tests mean their trivial difficulty.
      floodSharesPerSecond: Number.POSITIVE_INFINITY,
      createUpstream: (config, owner, events) =>
        new UpstreamLines<ShareAccount>(this.#linesParts(config)).open(config, owner, events),
      settle: (account, outcome) => this.accounting.settle(account, outcome),
      onPoolEvent: () => {},
    })
    this.clock.every(1000, () => this.switchboard.tick())
  }

  /** The session that is open at a pool. */
  session(poolId: string): PretendSession | undefined {
    return this.sessions.get(poolId)?.find(({ open }) => open)
  }

  addRig(canSetExtranonce: boolean): PretendRig | undefined {
    const current = this.switchboard.current?.job.extranonce ?? null
    const grant = current
      ? this.extranonces.tryGrant({ rollsVersions: true, minimumRollableSize: 0 }, current)
      : this.extranonces.grant({ rollsVersions: true, minimumRollableSize: 0 }, null)
    if (!grant) return undefined
    const number = ++this.#rigCount
    const rig = new Rig({
      id: String(number),
      address: '192.168.1.2',
      connectedAtMs: this.clock.nowMs(),
      monotonicMs: this.clock.monotonicMs(),
      sharesPerMinute: 6,
      startDifficulty: 1,
      poolBook: (poolId) => this.book(poolId),
    })
    rig.identify(`rig${number}`)
    const downstream = new PretendRig(rig, grant, canSetExtranonce, this)
    this.rigs.push(downstream)
    this.everyRig.push(downstream)
    this.switchboard.join(downstream)
    return downstream
  }

  removeRig(rig: PretendRig): void {
    rig.ready = false
    this.switchboard.leave(rig)
    const at = this.rigs.indexOf(rig)
    if (at >= 0) this.rigs.splice(at, 1)
  }

  book(poolId: string): ShareBook {
    let book = this.books.get(poolId)
    if (!book) this.books.set(poolId, (book = new ShareBook()))
    return book
  }

  #linesParts(config: PoolConfig): LinesParts {
    const sessions = this.sessions
    return {
      clock: this.clock,
      entropy: (length) => new Uint8Array(length),
      log: silentLogger,
      userAgent: 'test/1',
      dial: () =>
        this.dead.has(config.id)
          ? Promise.reject(new HeadframeError('connect/refused', 'nobody listens'))
          : Promise.resolve(pretendConnection()),
      backoff: DEFAULT_BACKOFF,
      createSession:
        () =>
        <Token>(parts: PoolSessionParts): PoolSession<Token> => {
          const session = new PretendSession(parts)
          sessions.set(config.id, [...(sessions.get(config.id) ?? []), session])
          return session as unknown as PoolSession<Token>
        },
      nominalHashrateHs: () => 0,
      nextJobId: () => this.#nextJobId++ as JobId,
    }
  }
}

export function pretendConfig(id: string, changes: Partial<PoolConfig> = {}): PoolConfig {
  return {
    id,
    name: `The ${id}`,
    endpoint: { protocol: 'stratum-v1', host: 'pool.example', port: 3333, path: '', transport: 'tcp' },
    userIdentity: 'someone',
    password: '',
    enabled: true,
    versionRollingMask: 0x1fffe000,
    knownRollableSize: 8,
    lines: 'shared',
    namesRigs: false,
    fallback: null,
    mayMoveTo: 'same-host',
    listens: false,
    payoutAddress: null,
    ...changes,
  }
}

/** A connection of which only the addresses are ever looked at. */
function pretendConnection(): Connection {
  return {
    transport: 'tcp',
    remoteAddress: '192.0.2.1',
    remotePort: 3333,
    bytesIn: 0,
    bytesOut: 0,
    bufferedBytes: 0,
    closed: false,
    idleTimeoutMs: 0,
    onData: () => {},
    onClose: () => {},
    write: () => true,
    flush: () => {},
    close: () => {},
    destroy: () => {},
    pause: () => {},
    resume: () => {},
  }
}

/** Lets promises run that were resolved already. */
export async function microtasks(): Promise<void> {
  for (let n = 0; n < 8; n++) await Promise.resolve()
}
