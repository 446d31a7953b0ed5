/**
 * Watches all meters that a person added: asks plugs over HTTP every 10 s, listens to those that speak over MQTT, and makes of
 * their readings samples of energy for the history. What a meter does not say is a gap, told and never filled.
 */
import {
  type Clock,
  type Entropy,
  HeadframeError,
  Listeners,
  type Logger,
  type Timer,
  type Unsubscribe,
} from '../../base/index.ts'
import { backoffDelayMs, type BackoffPolicy } from '../../net/index.ts'
import { hostOfUrl, type OutsideClient } from '../outside/http.ts'
import { isOwnNetwork } from '../outside/way-out.ts'
import { EnergyCount, type MeterSample } from './energy-count.ts'
import { HttpMeter, isHttpMeter } from './http-meter.ts'
import {
  brokerAddress,
  type MeterConfig,
  METER_KINDS,
  meterProblem,
  type MeterReading,
  meterUrl,
} from './meter-config.ts'
import { meterError } from './meter-errors.ts'
import { checkMeter, type MeterCheck } from './meter-check.ts'
import { brokerEntry, MqttBroker } from './mqtt-broker.ts'
import { MqttMeter } from './mqtt-meter.ts'

/** wrong-key: user or password. changed: it answers, but is no such meter or has no such channel. off: kept, not asked. */
export type MeterStatus = 'waiting' | 'ok' | 'wrong-key' | 'unreachable' | 'changed' | 'off'

export interface MeterState {
  readonly meterId: string
  readonly status: MeterStatus
  /** A sentence: what is wrong and what to do, or what is odd of an `ok`. Empty for nothing. */
  readonly message: string
  /** Of the failure, as `meters/no-such-channel`; null for none. */
  readonly code: string | null
  /** Of the last reading; null before the first. */
  readonly readAtMs: number | null
  readonly powerW: number | null
  readonly energyTotalWh: number | null
  /** True: `powerW` is old, and the time since is a gap. */
  readonly stale: boolean
}

export interface MeterWatchOptions {
  readonly client: OutsideClient
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  /** Between two questions over HTTP; 10 s unless given. */
  readonly pollEveryMs?: number
}

const POLL_EVERY_MS = 10_000
const LOOK_EVERY_MS = 5_000
/** Plugs that report each change of a watt are counted no closer than this. */
const CLOSEST_MS = 2_000
const WRONG_PASSWORD_MS = 10 * 60_000

interface Watched {
  readonly config: MeterConfig
  readonly http: HttpMeter | null
  readonly mqtt: MqttMeter | null
  readonly broker: string | null
  readonly count: EnergyCount
  readonly stop: AbortController
  state: MeterState
  /** Monotonic; null before the first. */
  readAtMonotonicMs: number | null
  countedAtMonotonicMs: number | null
  failures: number
  timer: Timer | null
  reading: Promise<void> | null
}

export class MeterWatch {
  readonly #options: MeterWatchOptions
  readonly #log: Logger
  readonly #pollEveryMs: number
  readonly #failing: BackoffPolicy
  readonly #watched = new Map<string, Watched>()
  readonly #brokers = new Map<string, MqttBroker>()
  readonly #states = new Listeners<MeterState>()
  readonly #samples = new Listeners<MeterSample>()
  #look: Timer | null = null
  #running = false
  #checks = 0

  constructor(options: MeterWatchOptions) {
    this.#options = options
    this.#log = options.log.child('meters')
    this.#pollEveryMs = options.pollEveryMs ?? POLL_EVERY_MS
    this.#failing = {
      firstMs: this.#pollEveryMs,
      maxMs: 6 * this.#pollEveryMs,
      factor: 1.5,
      jitterRatio: 0.1,
      steadyAfterMs: 0,
    }
  }

  /** Begins to ask and to listen. */
  start(): void {
    if (this.#running) return
    this.#running = true
    this.#look = this.#options.clock.every(LOOK_EVERY_MS, () => this.#lookForSilence())
    for (const watched of this.#watched.values()) this.#begin(watched)
  }

  /** Ends what is under way; resolves when nothing is any more. */
  async stop(): Promise<void> {
    this.#running = false
    this.#look?.cancel()
    this.#look = null
    const ends = [...this.#watched.values()].map((watched) => this.#release(watched))
    const brokers = [...this.#brokers.values()].map((broker) => broker.stop())
    this.#brokers.clear()
    await Promise.allSettled([...ends, ...brokers])
  }

  /** The meters there are, whole. Who stays as it was goes on; who changed begins anew. */
  setMeters(configs: readonly MeterConfig[]): void {
    const kept = new Set(configs.map(({ id }) => id))
    for (const [id, watched] of this.#watched) {
      if (kept.has(id)) continue
      void this.#release(watched)
      this.#watched.delete(id)
      this.#options.client.register.remove(meterEntry(id))
    }
    for (const config of configs) {
      const before = this.#watched.get(config.id)
      if (before !== undefined && sameConfig(before.config, config)) continue
      if (before !== undefined) void this.#release(before)
      const watched = this.#watch(config)
      this.#watched.set(config.id, watched)
      this.#states.emit(watched.state)
    }
    this.#declareBrokers()
    this.#dropBrokers()
    if (!this.#running) return
    for (const watched of this.#watched.values()) this.#begin(watched)
  }

  /** In the order they were first given. */
  states(): readonly MeterState[] {
    return [...this.#watched.values()].map(({ state }) => state)
  }

  onState(listener: (state: MeterState) => void): Unsubscribe {
    return this.#states.on(listener)
  }

  /** Energy between two readings, for the history. */
  onSample(listener: (sample: MeterSample) => void): Unsubscribe {
    return this.#samples.on(listener)
  }

  /**
   * Asks one meter once, whether it is watched or not: is it there, what is it, does it log us in, what does it say. Changes
   * nothing here or there. A plug is asked under an entry of the register that is there for as long as this takes.
   */
  async check(config: MeterConfig, signal?: AbortSignal): Promise<MeterCheck> {
    const { client, clock, entropy } = this.#options
    return checkMeter({ client, clock, entropy }, config, `meter/check-${String(++this.#checks)}`, signal)
  }

  #watch(config: MeterConfig): Watched {
    const { client, clock, entropy } = this.#options
    const entry = meterEntry(config.id)
    const problem = meterProblem(config)
    const facts = METER_KINDS[config.kind]
    const host = facts.transport === 'http' ? hostOfUrl(meterUrl(config) ?? '') : null
    if (problem === null && host !== null) {
      client.register.declare(describeMeter(config, entry, host, this.#pollEveryMs))
      client.register.choose(entry, config.enabled)
    } else client.register.remove(entry)
    const usable = problem === null && config.enabled
    const broker = usable && facts.transport === 'mqtt' ? brokerKey(config) : null
    const watched: Watched = {
      config,
      http: usable && isHttpMeter(config) ? new HttpMeter({ client, clock, entropy }, config, entry) : null,
      mqtt:
        broker === null
          ? null
          : new MqttMeter(config, clock, {
              onReading: (reading) => this.#take(watched, reading),
              onFailed: (error) => this.#fail(watched, error),
            }),
      broker,
      count: new EnergyCount(config.id, facts),
      stop: new AbortController(),
      state: {
        meterId: config.id,
        status: !config.enabled ? 'off' : problem === null ? 'waiting' : 'unreachable',
        message: config.enabled ? (problem ?? '') : '',
        code: config.enabled && problem !== null ? 'meters/bad-address' : null,
        readAtMs: null,
        powerW: null,
        energyTotalWh: null,
        stale: false,
      },
      readAtMonotonicMs: null,
      countedAtMonotonicMs: null,
      failures: 0,
      timer: null,
      reading: null,
    }
    return watched
  }

  /** Does nothing for one that has begun. */
  #begin(watched: Watched): void {
    if (watched.http !== null && watched.timer === null && watched.reading === null)
      this.#schedule(watched, 0)
    if (watched.mqtt === null || watched.broker === null || watched.mqtt.listening) return
    const address = brokerAddress(watched.config)
    if (address === null) return
    let broker = this.#brokers.get(watched.broker)
    if (broker === undefined) {
      const { client, clock, entropy } = this.#options
      broker = new MqttBroker({ client, clock, entropy }, address, watched.config)
      this.#brokers.set(watched.broker, broker)
      broker.start()
    }
    watched.mqtt.listen(broker)
  }

  async #release(watched: Watched): Promise<void> {
    watched.timer?.cancel()
    watched.timer = null
    watched.stop.abort()
    watched.mqtt?.stop()
    await watched.reading
  }

  #schedule(watched: Watched, delayMs: number): void {
    watched.timer?.cancel()
    watched.timer = null
    if (!this.#running || watched.stop.signal.aborted) return
    watched.timer = this.#options.clock.after(delayMs, () => {
      watched.timer = null
      watched.reading ??= this.#poll(watched).finally(() => (watched.reading = null))
    })
  }

  async #poll(watched: Watched): Promise<void> {
    const { clock } = this.#options
    const startedMs = clock.monotonicMs()
    try {
      const reading = await watched.http!.read(watched.stop.signal)
      if (watched.stop.signal.aborted) return
      this.#take(watched, reading)
    } catch (error) {
      if (watched.stop.signal.aborted) return
      if (!(error instanceof HeadframeError)) throw error
      this.#fail(watched, error)
    }
    const tookMs = clock.monotonicMs() - startedMs
    this.#schedule(watched, Math.max(0, this.#pauseAfter(watched) - tookMs))
  }

  #pauseAfter({ state, failures }: Watched): number {
    if (state.status === 'ok') return this.#pollEveryMs
    if (state.status === 'wrong-key') return WRONG_PASSWORD_MS
    return Math.max(this.#pollEveryMs, backoffDelayMs(this.#failing, failures, this.#options.entropy))
  }

  #take(watched: Watched, reading: MeterReading): void {
    const nowMs = this.#options.clock.monotonicMs()
    watched.readAtMonotonicMs = nowMs
    watched.failures = 0
    const countedMs = watched.countedAtMonotonicMs
    const sample =
      countedMs !== null && nowMs - countedMs < CLOSEST_MS ? null : this.#count(watched, reading, nowMs)
    this.#setState(watched, {
      status: 'ok',
      message:
        watched.count.fit === 'does-not-fit'
          ? 'Its counter does not fit its watts, so only the watts are counted. Check the unit of the counter.'
          : '',
      code: null,
      readAtMs: reading.atMs,
      powerW: reading.powerW,
      energyTotalWh: reading.energyTotalWh,
      stale: false,
    })
    if (sample !== null) this.#samples.emit(sample)
  }

  #count(watched: Watched, reading: MeterReading, nowMs: number): MeterSample | null {
    watched.countedAtMonotonicMs = nowMs
    return watched.count.add(reading, nowMs)
  }

  /** What was read stays for as long as it is not old; a plug that misses one question is no gap. */
  #fail(watched: Watched, error: HeadframeError): void {
    watched.failures++
    this.#setState(watched, {
      ...statusOf(error),
      message: error.message,
      code: error.code,
      stale: this.#isStale(watched),
    })
  }

  #isStale({ config, readAtMonotonicMs }: Watched): boolean {
    if (readAtMonotonicMs === null) return false
    return this.#options.clock.monotonicMs() - readAtMonotonicMs > METER_KINDS[config.kind].staleAfterMs
  }

  #lookForSilence(): void {
    for (const watched of this.#watched.values()) {
      if (watched.state.stale || !this.#isStale(watched)) continue
      const error = silent(watched.config)
      const failing = watched.state.status !== 'ok'
      this.#setState(
        watched,
        failing
          ? { stale: true }
          : { ...statusOf(error), message: error.message, code: error.code, stale: true },
      )
    }
  }

  #setState(watched: Watched, changes: Partial<MeterState>): void {
    const before = watched.state
    watched.state = { ...before, ...changes }
    const { status, code } = watched.state
    if (status !== before.status)
      this.#log.info('meter state', { meter: watched.config.id, kind: watched.config.kind, status, code })
    this.#states.emit(watched.state)
  }

  /** A broker is asked for as long as a meter that is on is heard there. */
  #declareBrokers(): void {
    const { register } = this.#options.client
    const wanted = new Map<string, boolean>()
    const described = new Set<string>()
    for (const { config } of this.#watched.values()) {
      const address =
        METER_KINDS[config.kind].transport === 'mqtt' && meterProblem(config) === null
          ? brokerAddress(config)
          : null
      if (address === null) continue
      const entry = brokerEntry(address)
      wanted.set(entry, (wanted.get(entry) ?? false) || config.enabled)
      if (described.has(entry)) continue
      described.add(entry)
      register.declare({
        id: entry,
        host: address.text,
        purpose: `What smart plugs tell the MQTT broker at ${address.text}`,
        learns: `It learns which plugs are listened to${outsideWords(address.host)}`,
        everyMs: null,
      })
    }
    for (const { id } of register.entries())
      if (id.startsWith('broker/') && !wanted.has(id)) register.remove(id)
    for (const [entry, on] of wanted) register.choose(entry, on)
  }

  #dropBrokers(): void {
    const used = new Set([...this.#watched.values()].map(({ broker }) => broker))
    for (const [key, broker] of this.#brokers) {
      if (used.has(key)) continue
      this.#brokers.delete(key)
      void broker.stop()
    }
  }
}

/** Id of a plug's entry in the register. */
export function meterEntry(meterId: string): string {
  return `meter/${meterId}`
}

/** Meters with the same broker and login share a connection. */
function brokerKey(config: MeterConfig): string {
  const address = brokerAddress(config)
  return JSON.stringify([address?.tls, address?.text, config.user, config.password])
}

function describeMeter(
  config: MeterConfig,
  id: string,
  host: string,
  everyMs: number,
): { id: string; host: string; purpose: string; learns: string; everyMs: number } {
  const name = new URL(meterUrl(config) ?? '').hostname.replaceAll(/[[\]]/g, '')
  return {
    id,
    host,
    purpose: `The power of what hangs on your plug "${config.name}"`,
    learns: `It learns that this machine reads the plug${outsideWords(name)}`,
    everyMs,
  }
}

function outsideWords(host: string): string {
  return isOwnNetwork(host)
    ? '; it stays in your network'
    : '. It is outside your network: whoever is on the way may read along'
}

function statusOf({ code }: HeadframeError): { readonly status: MeterStatus } {
  switch (code) {
    case 'meters/wrong-password':
    case 'outside/refused':
      return { status: 'wrong-key' }
    case 'meters/not-a-meter':
    case 'meters/no-such-channel':
    case 'meters/bad-reading':
    case 'meters/backwards':
    case 'outside/changed':
    case 'outside/not-found':
      return { status: 'changed' }
    case 'outside/not-chosen':
      return { status: 'off' }
    default:
      return { status: 'unreachable' }
  }
}

function silent({ kind }: MeterConfig): HeadframeError {
  const { staleAfterMs } = METER_KINDS[kind]
  const hint = kind === 'mqtt-tasmota' ? ' Set its TelePeriod to 10 for a reading every 10 s.' : ''
  return meterError(
    'meters/silent',
    `Nothing came from the meter for ${String(staleAfterMs / 1000)} s; what flows meanwhile is not counted. Check that it has power and is in the network.${hint}`,
    { staleAfterMs },
  )
}

function sameConfig(one: MeterConfig, other: MeterConfig): boolean {
  return JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort())
}
