/** Stratum V1 as a practice rig speaks it: what its family asks for, and what the pool says to it. */
import { type Logger, toHex } from '../../base/index.ts'
import { combineVersion, difficultyOfHashrate, targetOfDifficulty } from '../../mining/index.ts'
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
import { type RigFind } from './hashing.ts'
import { JOBS_KEPT, type RigTongue, type RigTongueEvents } from './rig-tongue.ts'

/** Shares a minute that a rig suggests its difficulty for. */
const SUGGESTED_RATE = 6

export class Sv1Tongue implements RigTongue {
  readonly #family: RigFamily
  readonly #host: string
  readonly #log: Logger
  readonly #events: RigTongueEvents
  readonly #password: string
  readonly #framer = new LineFramer(MAX_LINE_BYTES)
  #client: Sv1ClientState | null = null
  #nextKey = 1
  /** The pool's names of the jobs whose shares still count, by work key. */
  readonly #jobs = new Map<number, string>()

  constructor(family: RigFamily, host: string, log: Logger, events: RigTongueEvents, password: string) {
    this.#family = family
    this.#host = host
    this.#log = log
    this.#events = events
    this.#password = password
  }

  get hasWork(): boolean {
    return this.#jobs.size > 0
  }

  start(): void {
    const { userAgent, name, versionRollingMask, subscribesExtranonce, suggestsDifficulty, hashrateHs } =
      this.#family
    this.#apply(
      startSv1Client({
        host: this.#host,
        userAgent,
        user: name,
        password: this.#password,
        versionRollingMask,
        minBitCount: 2,
        subscribeExtranonce: subscribesExtranonce,
        suggestDifficulty: suggestsDifficulty ? difficultyOfHashrate(hashrateHs, SUGGESTED_RATE) : null,
        resumeSession: null,
      }),
    )
  }

  receive(chunk: Uint8Array): void {
    const fault = this.#framer.push(chunk, (bytes, start, end) => {
      const text = decodeLine(bytes, start, end)
      if (!text.ok) this.#events.close(text.error.message)
      else if (this.#client !== null) this.#apply(applyPoolLine(this.#client, text.value))
    })
    if (fault !== null) this.#events.close(fault.message)
  }

  submit({ key, extranonce2, ntime, nonce, version }: RigFind): boolean {
    const jobId = this.#jobs.get(key)
    if (jobId === undefined || this.#client === null) return false
    const { state, line } = submitShare(this.#client, {
      user: this.#family.name,
      jobId,
      extranonce2Hex: toHex(extranonce2),
      ntime,
      nonce,
      versionBits: combineVersion(0, this.#client.versionMask, version),
    })
    this.#client = state
    return this.#events.send(line)
  }

  end(): void {
    this.#framer.close()
    this.#client = null
    this.#jobs.clear()
  }

  #apply({ state, send, events }: Sv1ClientStep): void {
    this.#client = state
    for (const line of send) this.#events.send(line)
    for (const event of events) this.#onEvent(event)
  }

  #onEvent(event: Sv1ClientEvent): void {
    switch (event.kind) {
      case 'job':
        return this.#onJob(event.job)
      case 'version-mask':
        return this.#events.onVersionMask(event.mask)
      case 'share-reply':
        if (event.verdict.yes) return this.#events.onAnswers(1, 0)
        this.#log.debug('share rejected', { rig: this.#family.name, reason: event.verdict.error.message })
        return this.#events.onAnswers(0, 1)
      case 'reconnect':
        return this.#events.close('the pool asked to reconnect')
      case 'failed':
        this.#log.debug('practice rig was refused', { rig: this.#family.name, reason: event.text })
        return this.#events.close(event.text)
      default:
        // Announcements that hold from the next job; the client's state carries them.
        return
    }
  }

  #onJob({ notify, difficulty, extranonce1, extranonce2Size, versionMask }: Sv1Job): void {
    if (notify.cleanJobs) this.#jobs.clear()
    const key = this.#nextKey++
    this.#jobs.set(key, notify.jobId)
    const [oldest] = this.#jobs.keys()
    if (this.#jobs.size > JOBS_KEPT && oldest !== undefined) this.#jobs.delete(oldest)
    this.#events.onWork({
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
    })
  }
}
