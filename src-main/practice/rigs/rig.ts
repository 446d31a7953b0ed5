/**
 * A practice rig: a Stratum client on a real socket with a real hasher behind it. It does what firmware does
 * and nothing else: follows jobs, difficulties, masks and extranonces, submits what it finds, and comes back
 * when it is dropped. What it speaks is its tongue's affair.
 */
import { type Clock, type Entropy, equalBytes, errorText, type Logger, type Timer } from '../../base/index.ts'
import {
  asTarget,
  difficultyOfTarget,
  HASHES_PER_DIFFICULTY,
  HashrateEstimator,
  MINUTE_MS,
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
import { type RigFamily } from './families.ts'
import { type HashingCommand, type RigFind } from './hashing.ts'
import { type RigTongue, type RigTongueEvents } from './rig-tongue.ts'
import { Sv1Tongue } from './sv1-tongue.ts'
import { Sv2Tongue } from './sv2-tongue.ts'

/** Where a rig mines, and as whom. */
export interface RigPlace {
  readonly address: HostPort
  /** Of a place that speaks Stratum V2, 32 bytes x-only; null for V1. */
  readonly authorityKey: Uint8Array | null
  readonly user: string
  readonly password: string
}

/** Where the proxy listens. */
export interface RigPlaces {
  readonly stratum: HostPort
  /** Null where Stratum V2 is not served. */
  readonly stratumV2: { readonly address: HostPort; readonly authorityKey: Uint8Array } | null
}

export interface RigParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  readonly loop: NetLoop
  readonly family: RigFamily
  /** Where it mines, until it is told otherwise; null for nowhere. */
  readonly place: RigPlace | null
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

/** Since it was sent to where it mines now. */
export interface RigTally {
  readonly accepted: number
  readonly rejected: number
  readonly lastAcceptedAtMs: number | null
  /** The best that it sent; 0 for none. */
  readonly bestDifficulty: number
  /** It is held to; 0 before the first job. */
  readonly difficulty: number
}

const NO_TALLY: RigTally = {
  accepted: 0,
  rejected: 0,
  lastAcceptedAtMs: null,
  bestDifficulty: 0,
  difficulty: 0,
}

/** Quick, since everything is on this machine. */
const BACKOFF: BackoffPolicy = {
  firstMs: 500,
  maxMs: 5_000,
  factor: 2,
  jitterRatio: 0.5,
  steadyAfterMs: 10_000,
}
/** More jobs than any pool sends on one connection. */
const KEYS_PER_CONVERSATION = 2 ** 32
/** Without a line from the pool for so long firmware reconnects. */
const IDLE_TIMEOUT_MS = 180_000

export class PracticeRig {
  readonly #parts: RigParts
  #abort: AbortController | null = null
  #connection: Connection | null = null
  #tongue: RigTongue | null = null
  #retry: Timer | null = null
  #backoff: BackoffState = NO_BACKOFF
  #connectedMs = 0
  #stopped = true
  #hashrate: HashrateEstimator
  #submitted = 0
  #accepted = 0
  #rejected = 0
  #reconnects = 0
  #place: RigPlace | null
  #tally = NO_TALLY
  /** What the hasher adds to the work keys of this conversation: finds of an earlier one may still be on their way. */
  #keyBase = 0

  constructor(parts: RigParts) {
    this.#parts = parts
    this.#place = parts.place
    this.#hashrate = new HashrateEstimator(parts.clock.monotonicMs())
  }

  get view(): RigView {
    const { family, clock } = this.#parts
    const connected = this.#tongue?.hasWork ?? false
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

  get tally(): RigTally {
    return this.#tally
  }

  start(): void {
    if (!this.#stopped) return
    this.#stopped = false
    void this.#connect()
  }

  /** Sends it elsewhere, or, with null, nowhere. What it counts begins anew. */
  mineAt(place: RigPlace | null): void {
    if (samePlace(place, this.#place)) return
    this.#place = place
    this.#tally = NO_TALLY
    this.#retry?.cancel()
    this.#abort?.abort()
    this.#backoff = NO_BACKOFF
    this.#leave('the practice rig is sent elsewhere')
    if (!this.#stopped) void this.#connect()
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
    const key = find.key - this.#keyBase
    if (key < 0 || !this.#tongue?.submit({ ...find, key })) return
    this.#submitted++
    const { bestDifficulty } = this.#tally
    this.#tally = { ...this.#tally, bestDifficulty: Math.max(bestDifficulty, find.difficulty) }
  }

  async #connect(): Promise<void> {
    const { loop, clock, log, family } = this.#parts
    const place = this.#place
    if (place === null) return
    const abort = new AbortController()
    this.#abort = abort
    this.#connectedMs = clock.monotonicMs()
    try {
      const connection = await connect({
        ...place.address,
        loop,
        tls: null,
        signal: abort.signal,
      })
      if (abort.signal.aborted) connection.destroy('the practice rig is switched off')
      else this.#run(connection, place)
    } catch (error) {
      if (abort.signal.aborted) return
      log.debug('practice rig cannot connect', { rig: family.name, reason: errorText(error) })
      this.#comeBack()
    }
  }

  #run(connection: Connection, place: RigPlace): void {
    this.#connection = connection
    this.#hashrate = new HashrateEstimator(this.#parts.clock.monotonicMs())
    const tongue = this.#newTongue(connection, place)
    this.#tongue = tongue
    connection.idleTimeoutMs = IDLE_TIMEOUT_MS
    connection.onData((bytes) => tongue.receive(bytes))
    connection.onClose((reason) => {
      if (this.#connection === connection) this.#onDropped(reason.text)
    })
    tongue.start()
  }

  #newTongue(connection: Connection, { address, authorityKey, user, password }: RigPlace): RigTongue {
    const { clock, entropy, log, index, command } = this.#parts
    const family = { ...this.#parts.family, name: user }
    const keyBase = (this.#keyBase += KEYS_PER_CONVERSATION)
    const events: RigTongueEvents = {
      send: (data) => connection.write(data),
      onWork: (work) => {
        this.#tally = { ...this.#tally, difficulty: difficultyOfTarget(asTarget(work.target)) }
        command({
          kind: 'work',
          rig: index,
          hashrateHs: family.hashrateHs,
          work: { ...work, key: keyBase + work.key },
        })
      },
      onVersionMask: (mask) => command({ kind: 'version-mask', rig: index, mask }),
      onAnswers: (accepted, rejected) => this.#onAnswers(accepted, rejected),
      close: (reason) => connection.close(reason),
    }
    if (authorityKey === null) return new Sv1Tongue(family, address.host, log, events, password)
    return new Sv2Tongue({ family, ...address, authorityKey, clock, entropy, log, events })
  }

  #onAnswers(accepted: number, rejected: number): void {
    this.#accepted += accepted
    this.#rejected += rejected
    const tally = this.#tally
    this.#tally = {
      ...tally,
      accepted: tally.accepted + accepted,
      rejected: tally.rejected + rejected,
      lastAcceptedAtMs: accepted > 0 ? this.#parts.clock.nowMs() : tally.lastAcceptedAtMs,
    }
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
    this.#tongue?.end()
    this.#tongue = null
    this.#parts.command({ kind: 'idle', rig: this.#parts.index })
    connection?.close(reason)
  }
}

/** Where a rig of this family mines: rigs that speak Stratum V2 fall back to V1 where that is not served. */
export function placeOf({ speaks, name }: RigFamily, { stratum, stratumV2 }: RigPlaces): RigPlace {
  const account = { user: name, password: 'x' }
  return speaks === 'stratum-v2' && stratumV2
    ? { ...stratumV2, ...account }
    : { address: stratum, authorityKey: null, ...account }
}

function samePlace(a: RigPlace | null, b: RigPlace | null): boolean {
  if (a === null || b === null) return a === b
  return (
    a.address.host === b.address.host &&
    a.address.port === b.address.port &&
    a.user === b.user &&
    a.password === b.password &&
    (a.authorityKey === null || b.authorityKey === null
      ? a.authorityKey === b.authorityKey
      : equalBytes(a.authorityKey, b.authorityKey))
  )
}
