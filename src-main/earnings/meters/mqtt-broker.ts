/**
 * One connection to a broker, shared by all meters that are heard there: subscribes, hands on what comes, and comes back by
 * itself. It only listens. A broker is an entry of the register (`broker/<host:port>`). It is not reached through a person's
 * proxy: one outside the own network is refused while a proxy is set, since nothing may go around that.
 */
import mqtt, { ErrorWithSubackPacket, type IClientOptions, type MqttClient } from 'mqtt'
import {
  afterConnectionEnded,
  afterFailure,
  type BackoffPolicy,
  type BackoffState,
  NO_BACKOFF,
} from '../../net/index.ts'
import {
  type Clock,
  type Entropy,
  errorText,
  HeadframeError,
  systemErrorCode,
  type Timer,
  toHex,
} from '../../base/index.ts'
import { type OutsideClient } from '../outside/http.ts'
import { type BrokerAddress } from './meter-config.ts'
import { meterError, wrongMeterPassword } from './meter-errors.ts'

export interface BrokerLogin {
  /** Empty for none. */
  readonly user: string
  /** A secret. */
  readonly password: string
}

export interface BrokerListener {
  /** @param retained kept by the broker from before, of unknown age */
  onMessage(topic: string, text: string, retained: boolean): void
  /** The connection stands and this listener's topics are subscribed. */
  onReady(): void
  /** It is down; tried again by itself. */
  onDown(error: HeadframeError): void
}

export interface BrokerTools {
  readonly client: OutsideClient
  readonly clock: Clock
  readonly entropy: Entropy
}

const CONNECT_TIMEOUT_MS = 10_000
const KEEPALIVE_S = 30
/** No plug's message is near it. */
const LONGEST_MESSAGE_BYTES = 64 * 1024
const BACKOFF: BackoffPolicy = {
  firstMs: 1_000,
  maxMs: 60_000,
  factor: 2,
  jitterRatio: 0.3,
  steadyAfterMs: 30_000,
}
/** Return codes of SUBACK from here on are refusals (MQTT 3.1.1, 3.9.3; 5.0 has more of them). */
const SUBACK_FAILURE = 0x80
const REFUSED_PAUSE_MS = 5 * 60_000

export function brokerEntry({ text }: BrokerAddress): string {
  return `broker/${text}`
}

export class MqttBroker {
  readonly #tools: BrokerTools
  readonly #address: BrokerAddress
  readonly #login: BrokerLogin
  readonly #listeners = new Map<BrokerListener, readonly string[]>()
  #client: MqttClient | null = null
  #connected = false
  #connectedAtMs = 0
  #backoff: BackoffState = NO_BACKOFF
  #timer: Timer | null = null
  #stopped = false
  #lastError: HeadframeError | null = null

  constructor(tools: BrokerTools, address: BrokerAddress, login: BrokerLogin) {
    this.#tools = tools
    this.#address = address
    this.#login = login
  }

  start(): void {
    void this.#connect()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    const client = this.#client
    this.#client = null
    await client?.endAsync(true)
  }

  get isUnused(): boolean {
    return this.#listeners.size === 0
  }

  add(listener: BrokerListener, topics: readonly string[]): void {
    this.#listeners.set(listener, topics)
    if (this.#connected) void this.#subscribe(listener, topics)
    else if (this.#lastError !== null) listener.onDown(this.#lastError)
  }

  remove(listener: BrokerListener): void {
    const topics = this.#listeners.get(listener) ?? []
    this.#listeners.delete(listener)
    const wanted = new Set([...this.#listeners.values()].flat())
    const unwanted = topics.filter((topic) => !wanted.has(topic))
    if (this.#connected && unwanted.length > 0) this.#client?.unsubscribe(unwanted)
  }

  async #connect(): Promise<void> {
    if (this.#stopped) return
    const { client, clock } = this.#tools
    try {
      if (client.ways.goesThroughProxy(this.#address.host)) {
        throw meterError(
          'meters/broker-unreachable',
          `The broker ${this.#address.text} is outside your network and MQTT does not go through your proxy. Use a broker in your own network.`,
        )
      }
      await client.register.run(brokerEntry(this.#address), this.#address.text, () => this.#open())
      // It may have gone again meanwhile.
      if (!this.#connected) return
      for (const [listener, topics] of this.#listeners) void this.#subscribe(listener, topics)
    } catch (thrown) {
      if (this.#stopped) return
      const error = this.#explain(thrown)
      this.#backoff = afterFailure(BACKOFF, this.#backoff, clock.monotonicMs(), this.#tools.entropy)
      this.#fail(error)
    }
  }

  /** Resolves when the broker accepted us. */
  #open(): Promise<void> {
    const { tls, host, port } = this.#address
    const options: IClientOptions = {
      protocol: tls ? 'mqtts' : 'mqtt',
      host,
      port,
      protocolVersion: 4,
      clientId: `headframe-${toHex(this.#tools.entropy(6))}`,
      clean: true,
      keepalive: KEEPALIVE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // Coming back is ours: through the register, with its own rhythm.
      reconnectPeriod: 0,
      resubscribe: false,
      ...(this.#login.user === '' ? {} : { username: this.#login.user }),
      ...(this.#login.password === '' ? {} : { password: this.#login.password }),
    }
    return new Promise((resolve, reject) => {
      const client = mqtt.connect(options)
      this.#client = client
      client.on('connect', () => {
        this.#connected = true
        this.#connectedAtMs = this.#tools.clock.monotonicMs()
        this.#lastError = null
        resolve()
      })
      // The first error rejects; later ones are followed by `close`.
      client.on('error', (error) => {
        reject(error)
        if (!this.#connected) client.end(true)
      })
      client.on('close', () => {
        reject(new Error('the broker closed the connection'))
        if (this.#client === client) this.#onClose(client)
      })
      client.on('message', (topic, payload, packet) => this.#onMessage(topic, payload, packet.retain))
    })
  }

  #onClose(client: MqttClient): void {
    client.end(true)
    if (!this.#connected || this.#stopped) return
    this.#connected = false
    const { clock, entropy } = this.#tools
    const lastedMs = clock.monotonicMs() - this.#connectedAtMs
    this.#backoff = afterConnectionEnded(BACKOFF, this.#backoff, lastedMs, clock.monotonicMs(), entropy)
    this.#fail(
      meterError(
        'meters/broker-unreachable',
        `The broker ${this.#address.text} closed the connection. It is tried again; check that it runs.`,
      ),
    )
  }

  #fail(error: HeadframeError): void {
    const { clock } = this.#tools
    this.#lastError = error
    const usualMs = Math.max(0, this.#backoff.retryAtMs - clock.monotonicMs())
    // A broker that refuses us may lock us out if it is asked each minute.
    const delayMs = error.code === 'meters/wrong-password' ? Math.max(usualMs, REFUSED_PAUSE_MS) : usualMs
    this.#timer?.cancel()
    this.#timer = clock.after(delayMs, () => void this.#connect())
    for (const listener of [...this.#listeners.keys()]) listener.onDown(error)
  }

  async #subscribe(listener: BrokerListener, topics: readonly string[]): Promise<void> {
    const client = this.#client
    if (client === null) return
    const refusal = (refused: readonly string[]): HeadframeError =>
      meterError(
        'meters/wrong-password',
        `The broker ${this.#address.text} does not let this user listen to ${refused.join(', ')}. Give it the right to read there.`,
      )
    try {
      await client.subscribeAsync([...topics], { qos: 0 })
      listener.onReady()
    } catch (error) {
      // Without an answer the connection went meanwhile, and `close` says so.
      if (this.#client !== client || !this.#connected) return
      const refused = refusedOf(error, topics)
      // A plug's presence may be closed to this user; without its readings there is nothing to hear.
      if (refused.length < topics.length) listener.onReady()
      else listener.onDown(refusal(refused))
    }
  }

  #onMessage(topic: string, payload: Uint8Array, retained: boolean): void {
    if (payload.length > LONGEST_MESSAGE_BYTES) return
    const text = new TextDecoder().decode(payload)
    for (const [listener, topics] of this.#listeners) {
      if (topics.some((wanted) => topicFits(wanted, topic))) listener.onMessage(topic, text, retained)
    }
  }

  #explain(thrown: unknown): HeadframeError {
    if (thrown instanceof HeadframeError) return thrown
    const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : null
    // CONNACK of MQTT 3.1.1: 4 is a bad user name or password, 5 not authorised.
    if (code === 4 || code === 5) return wrongMeterPassword(`The broker ${this.#address.text}`)
    const why =
      systemErrorCode(thrown) === 'ECONNREFUSED'
        ? 'nothing listens there'
        : systemErrorCode(thrown) === 'ENOTFOUND'
          ? 'its name has no address'
          : errorText(thrown)
    return meterError(
      'meters/broker-unreachable',
      `The broker ${this.#address.text} cannot be reached: ${why}. It is tried again; check its address and that it runs.`,
      {},
      thrown,
    )
  }
}

/** Whether a topic is one that was subscribed to; `+` stands for one level. */
function topicFits(wanted: string, topic: string): boolean {
  if (wanted === topic) return true
  const pattern = wanted.split('/')
  const levels = topic.split('/')
  return (
    pattern.length === levels.length &&
    pattern.every((level, index) => level === '+' || level === levels[index])
  )
}

/** Which of the topics the broker refused, by its answer; all of them if it gave none. */
function refusedOf(error: unknown, topics: readonly string[]): readonly string[] {
  if (!(error instanceof ErrorWithSubackPacket)) return topics
  const { granted } = error.packet
  return topics.filter((_topic, index) => {
    const code = granted[index]
    return typeof code !== 'number' || code >= SUBACK_FAILURE
  })
}
