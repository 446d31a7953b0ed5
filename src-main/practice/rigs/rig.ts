/**
 * A practice rig: a Stratum client on a real socket with a real hasher behind it. It does what firmware does
 * and nothing else: follows jobs, difficulties, masks and extranonces, submits what it finds, and comes back
 * when it is dropped. What it speaks is its tongue's affair.
 */
import { type Clock, type Entropy, errorText, type Logger, type Timer } from '../../base/index.ts'
import { HASHES_PER_DIFFICULTY, HashrateEstimator, MINUTE_MS } from '../../mining/index.ts'
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
  /** Where it mines. */
  readonly places: RigPlaces
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

  constructor(parts: RigParts) {
    this.#parts = parts
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
    if (this.#tongue?.submit(find)) this.#submitted++
  }

  async #connect(): Promise<void> {
    const { places, loop, clock, log, family } = this.#parts
    const abort = new AbortController()
    this.#abort = abort
    this.#connectedMs = clock.monotonicMs()
    try {
      const connection = await connect({
        ...placeOf(family, places).address,
        loop,
        tls: null,
        signal: abort.signal,
      })
      if (abort.signal.aborted) connection.destroy('the practice rig is switched off')
      else this.#run(connection)
    } catch (error) {
      if (abort.signal.aborted) return
      log.debug('practice rig cannot connect', { rig: family.name, reason: errorText(error) })
      this.#comeBack()
    }
  }

  #run(connection: Connection): void {
    this.#connection = connection
    this.#hashrate = new HashrateEstimator(this.#parts.clock.monotonicMs())
    const tongue = this.#newTongue(connection)
    this.#tongue = tongue
    connection.idleTimeoutMs = IDLE_TIMEOUT_MS
    connection.onData((bytes) => tongue.receive(bytes))
    connection.onClose((reason) => {
      if (this.#connection === connection) this.#onDropped(reason.text)
    })
    tongue.start()
  }

  #newTongue(connection: Connection): RigTongue {
    const { family, clock, entropy, log, index, command, places } = this.#parts
    const events: RigTongueEvents = {
      send: (data) => connection.write(data),
      onWork: (work) => command({ kind: 'work', rig: index, hashrateHs: family.hashrateHs, work }),
      onVersionMask: (mask) => command({ kind: 'version-mask', rig: index, mask }),
      onAnswers: (accepted, rejected) => {
        this.#accepted += accepted
        this.#rejected += rejected
      },
      close: (reason) => connection.close(reason),
    }
    const place = placeOf(family, places)
    if (place.authorityKey === null) return new Sv1Tongue(family, place.address.host, log, events)
    const { authorityKey, address } = place
    return new Sv2Tongue({ family, ...address, authorityKey, clock, entropy, log, events })
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
function placeOf(
  { speaks }: RigFamily,
  { stratum, stratumV2 }: RigPlaces,
): { readonly address: HostPort; readonly authorityKey: Uint8Array | null } {
  return speaks === 'stratum-v2' && stratumV2 ? stratumV2 : { address: stratum, authorityKey: null }
}
