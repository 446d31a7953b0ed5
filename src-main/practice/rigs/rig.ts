/**
 * A practice rig: a Stratum V1 client on a real socket with a real hasher behind it. It does what firmware
 * does and nothing else: follows jobs, difficulties, masks and extranonces, submits what it finds, and comes
 * back when it is dropped.
 */
import { type Clock, type Entropy, errorText, type Logger, type Timer, toHex } from '../../base/index.ts'
import {
  combineVersion,
  HASHES_PER_DIFFICULTY,
  HashrateEstimator,
  difficultyOfHashrate,
  MINUTE_MS,
  targetOfDifficulty,
} from '../../mining/index.ts'
import {
  afterConnectionEnded,
  type BackoffPolicy,
  type BackoffState,
  connect,
  type Connection,
  type HostPort,
  type NetLoop,
  NO_BACKOFF,
} from '../../net/index.ts'
import {
  applyPoolLine,
  decodeLine,
  LineFramer,
  MAX_LINE_BYTES,
  startSv1Client,
  submitShare,
  type Sv1ClientEvent,
  type Sv1ClientState,
  type Sv1ClientStep,
  type Sv1Job,
} from '../../sv1/index.ts'
import { type RigFamily } from './families.ts'
import { type HashingCommand, type RigFind } from './hashing.ts'

export interface RigParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly loop: NetLoop
  readonly family: RigFamily
  /** Where it mines. */
  readonly stratum: HostPort
  /** Its number at the hasher. */
  readonly index: number
  command(command: HashingCommand): void
}

/** JSON-safe. */
export interface RigView {
  readonly name: string
  readonly model: string
  /** Whether it has work. */
  readonly connected: boolean
  /** Measured over the last minute; 0 while it is not connected. */
  readonly hashrateHs: number
}

export interface RigCounts {
  readonly submitted: number
  readonly accepted: number
  readonly rejected: number
  /** Times it lost its connection. */
  readonly reconnects: number
}

/** Quick, since everything is on this machine. */
const BACKOFF: BackoffPolicy = {
  firstMs: 500,
  maxMs: 5_000,
  factor: 2,
  jitterRatio: 0.5,
  steadyAfterMs: 10_000,
}
/** Shares a minute that a rig suggests its difficulty for. */
const SUGGESTED_RATE = 6
/** Without a line from the pool for so long firmware reconnects. */
const IDLE_TIMEOUT_MS = 180_000

export class PracticeRig {
  readonly #parts: RigParts
  #abort: AbortController | null = null
  #connection: Connection | null = null
  #client: Sv1ClientState | null = null
  #retry: Timer | null = null
  #backoff: BackoffState = NO_BACKOFF
  #connectedMs = 0
  #stopped = true
  #nextKey = 1
  /** The pool's names of the jobs whose shares still count, by work key. */
  readonly #jobs = new Map<number, string>()
  #hashrate: HashrateEstimator
  #submitted = 0
  #accepted = 0
  #rejected = 0
  #reconnects = 0

  constructor(parts: RigParts) {
    this.#parts = parts
    this.#hashrate = new HashrateEstimator(parts.clock.monotonicMs())
  }

  get view(): RigView {
    const { family, clock } = this.#parts
    const connected = this.#jobs.size > 0
    const estimate = connected ? this.#hashrate.estimate(MINUTE_MS, clock.monotonicMs()) : null
    return { name: family.name, model: family.model, connected, hashrateHs: estimate?.hashrateHs ?? 0 }
  }

  get counts(): RigCounts {
    return {
      submitted: this.#submitted,
      accepted: this.#accepted,
      rejected: this.#rejected,
      reconnects: this.#reconnects,
    }
  }

  start(): void {
    if (!this.#stopped) return
    this.#stopped = false
    void this.#connect()
  }

  stop(): void {
    this.#stopped = true
    this.#retry?.cancel()
    this.#abort?.abort()
    this.#leave('the practice rig is switched off')
  }

  /** Hashes the hasher computed for it. */
  onHashes(count: number): void {
    this.#hashrate.add(count / HASHES_PER_DIFFICULTY, this.#parts.clock.monotonicMs())
  }

  onFind(find: RigFind): void {
    const jobId = this.#jobs.get(find.key)
    if (jobId === undefined || this.#client === null || this.#connection === null) return
    const { state, line } = submitShare(this.#client, {
      user: this.#parts.family.name,
      jobId,
      extranonce2Hex: toHex(find.extranonce2),
      ntime: find.ntime,
      nonce: find.nonce,
      versionBits: combineVersion(0, this.#client.versionMask, find.version),
    })
    this.#client = state
    if (this.#connection.write(line)) this.#submitted++
  }

  async #connect(): Promise<void> {
    const { stratum, loop, clock, log, family } = this.#parts
    const abort = new AbortController()
    this.#abort = abort
    this.#connectedMs = clock.monotonicMs()
    try {
      const connection = await connect({ ...stratum, loop, tls: null, signal: abort.signal })
      if (abort.signal.aborted) connection.destroy('the practice rig is switched off')
      else this.#run(connection)
    } catch (error) {
      if (abort.signal.aborted) return
      log.debug('practice rig cannot connect', { rig: family.name, reason: errorText(error) })
      this.#comeBack()
    }
  }

  #run(connection: Connection): void {
    const { family, stratum, clock } = this.#parts
    const framer = new LineFramer(MAX_LINE_BYTES)
    this.#connection = connection
    this.#hashrate = new HashrateEstimator(clock.monotonicMs())
    connection.idleTimeoutMs = IDLE_TIMEOUT_MS
    connection.onData((chunk) => {
      const fault = framer.push(chunk, (bytes, start, end) => {
        const text = decodeLine(bytes, start, end)
        if (!text.ok) connection.close(text.error.message)
        else if (this.#client !== null) this.#apply(applyPoolLine(this.#client, text.value))
      })
      if (fault !== null) connection.close(fault.message)
    })
    connection.onClose((reason) => {
      framer.close()
      if (this.#connection === connection) this.#onDropped(reason.text)
    })
    this.#apply(
      startSv1Client({
        host: stratum.host,
        userAgent: family.userAgent,
        user: family.name,
        password: 'x',
        versionRollingMask: family.versionRollingMask,
        minBitCount: 2,
        subscribeExtranonce: family.subscribesExtranonce,
        suggestDifficulty: family.suggestsDifficulty
          ? difficultyOfHashrate(family.hashrateHs, SUGGESTED_RATE)
          : null,
        resumeSession: null,
      }),
    )
  }

  #apply({ state, send, events }: Sv1ClientStep): void {
    this.#client = state
    for (const line of send) this.#connection?.write(line)
    for (const event of events) this.#onEvent(event)
  }

  #onEvent(event: Sv1ClientEvent): void {
    const { family, index, log, command } = this.#parts
    switch (event.kind) {
      case 'job':
        return this.#onJob(event.job)
      case 'version-mask':
        return command({ kind: 'version-mask', rig: index, mask: event.mask })
      case 'share-reply':
        if (event.verdict.yes) this.#accepted++
        else {
          this.#rejected++
          log.debug('share rejected', { rig: family.name, reason: event.verdict.error.message })
        }
        return
      case 'reconnect':
        return this.#connection?.close('the pool asked to reconnect')
      case 'failed':
        log.debug('practice rig was refused', { rig: family.name, reason: event.text })
        return this.#connection?.close(event.text)
      default:
        // Announcements that hold from the next job; the client's state carries them.
        return
    }
  }

  #onJob({ notify, difficulty, extranonce1, extranonce2Size, versionMask }: Sv1Job): void {
    const { family, index, command } = this.#parts
    if (notify.cleanJobs) this.#jobs.clear()
    const key = this.#nextKey++
    this.#jobs.set(key, notify.jobId)
    const [oldest] = this.#jobs.keys()
    if (this.#jobs.size > JOBS_KEPT && oldest !== undefined) this.#jobs.delete(oldest)
    command({
      kind: 'work',
      rig: index,
      hashrateHs: family.hashrateHs,
      work: {
        key,
        coinb1: notify.coinb1,
        extranonce1,
        coinb2: notify.coinb2,
        extranonce2Size,
        merkleBranches: notify.merkleBranches,
        prevHash: notify.prevHash,
        version: notify.version,
        versionMask,
        nBits: notify.nBits,
        ntime: notify.ntime,
        target: targetOfDifficulty(difficulty),
      },
    })
  }

  #onDropped(reason: string): void {
    this.#parts.log.debug('practice rig was dropped', { rig: this.#parts.family.name, reason })
    this.#leave(reason)
    this.#reconnects++
    this.#comeBack()
  }

  #comeBack(): void {
    if (this.#stopped) return
    const { clock, entropy } = this.#parts
    const nowMs = clock.monotonicMs()
    const lastedMs = nowMs - this.#connectedMs
    this.#backoff = afterConnectionEnded(BACKOFF, this.#backoff, lastedMs, nowMs, entropy)
    this.#retry = clock.after(this.#backoff.retryAtMs - nowMs, () => void this.#connect())
  }

  #leave(reason: string): void {
    const connection = this.#connection
    this.#connection = null
    this.#client = null
    this.#jobs.clear()
    this.#parts.command({ kind: 'idle', rig: this.#parts.index })
    connection?.close(reason)
  }
}

/** Jobs a pool without clean_jobs leaves valid; firmware keeps about as many. */
const JOBS_KEPT = 16
