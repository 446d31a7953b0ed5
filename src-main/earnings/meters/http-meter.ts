/**
 * Plugs that are asked over HTTP in the own network: what each kind is asked, how it wants to be logged in, and what kind a
 * plug at an address is. A plug is an entry of the register like everything that is asked (`meter/<id>`): it goes to the
 * address a person entered and nowhere else; an address outside the own network is taken only because they entered it.
 */
import { type Clock, type Entropy, HeadframeError } from '../../base/index.ts'
import { type Answer, parseAnswer } from '../outside/answer.ts'
import { failureOfStatus } from '../outside/failures.ts'
import { type OutsideClient, type OutsideReply } from '../outside/http.ts'
import { DigestLogin } from './digest-login.ts'
import { type MeterConfig, type MeterKind, type MeterReading, METER_KINDS, meterUrl } from './meter-config.ts'
import { meterError, notAMeter, wrongMeterPassword } from './meter-errors.ts'
import { type MeterValues, readGen1Status, readGen2Status, readTasmotaSensors } from './meter-values.ts'

export type HttpMeterKind = 'shelly-gen1' | 'shelly-gen2' | 'tasmota'

interface HttpMeterWays {
  /** Path and query of the reading. */
  path(config: MeterConfig): string
  readonly login: 'basic' | 'digest' | 'query'
  read(answer: Answer, channel: number): MeterValues
}

/** Tasmota takes user and password in the query alone (tasmota.github.io, "Commands with web requests"). */
function tasmotaPath(command: string, { user, password }: Pick<MeterConfig, 'user' | 'password'>): string {
  const login =
    password === ''
      ? ''
      : `user=${encodeURIComponent(user === '' ? 'admin' : user)}&password=${encodeURIComponent(password)}&`
  return `/cm?${login}cmnd=${encodeURIComponent(command)}`
}

const WAYS: Readonly<Record<HttpMeterKind, HttpMeterWays>> = {
  'shelly-gen1': { path: () => '/status', login: 'basic', read: readGen1Status },
  // One request for all components, so that the kind of the component need not be known.
  'shelly-gen2': { path: () => '/rpc/Shelly.GetStatus', login: 'digest', read: readGen2Status },
  tasmota: {
    path: (config) => tasmotaPath('Status 8', config),
    login: 'query',
    read: (answer, channel) => {
      const sensors = answer.find('StatusSNS')
      if (sensors === undefined) throw notAMeter('Tasmota plug')
      return readTasmotaSensors(sensors, channel)
    },
  },
}

const TIMEOUT_MS = 5_000
const LIMIT_BYTES = 128 * 1024

export interface HttpMeterTools {
  readonly client: OutsideClient
  readonly clock: Clock
  readonly entropy: Entropy
}

/** One plug: what is remembered between its readings is its login alone. */
export class HttpMeter {
  readonly #tools: HttpMeterTools
  readonly #config: MeterConfig
  readonly #ways: HttpMeterWays
  readonly #entry: string
  readonly #base: string
  readonly #login: DigestLogin

  /** @param entry of the register, declared and chosen */
  constructor(tools: HttpMeterTools, config: MeterConfig & { readonly kind: HttpMeterKind }, entry: string) {
    this.#tools = tools
    this.#config = config
    this.#ways = WAYS[config.kind]
    this.#entry = entry
    this.#base = meterUrl(config) ?? ''
    this.#login = new DigestLogin(tools.entropy)
  }

  /** @throws HeadframeError `meters/…`, `outside/…` */
  async read(signal?: AbortSignal): Promise<MeterReading> {
    const { kind, channel } = this.#config
    const path = this.#ways.path(this.#config)
    const answer = await this.#ask(path, signal)
    const values = this.#ways.read(answer, channel)
    if (!Number.isFinite(values.powerW)) throw notAMeter(METER_KINDS[kind].name)
    return { atMs: this.#tools.clock.nowMs(), ...values }
  }

  async #ask(path: string, signal: AbortSignal | undefined): Promise<Answer> {
    const { user, password, kind } = this.#config
    const where = 'The plug'
    const login = this.#ways.login
    const question = { user: user === '' ? 'admin' : user, password, method: 'GET', uri: path }
    const known = login === 'digest' && password !== '' ? this.#login.answer(question) : null
    const basic =
      login === 'basic' && password !== ''
        ? `Basic ${Buffer.from(`${question.user}:${password}`, 'utf8').toString('base64')}`
        : null
    let reply = await this.#send(path, known ?? basic, signal)
    if (reply.status === 401 && login === 'digest' && password !== '') {
      if (!this.#login.challenge(reply.headers['www-authenticate'] ?? '')) throw wrongMeterPassword(where)
      reply = await this.#send(path, this.#login.answer(question), signal)
    }
    if (reply.status === 401 || reply.status === 403) {
      this.#login.forget()
      throw password === ''
        ? meterError(
            'meters/wrong-password',
            'The plug wants a user name and password. Enter them as they are set there.',
          )
        : wrongMeterPassword(where)
    }
    if (reply.status === 404) throw notAMeter(METER_KINDS[kind].name)
    if (reply.status < 200 || reply.status > 299) {
      throw failureOfStatus(this.#of(), reply.status, reply.text.slice(0, 512), null)
    }
    const answer = parseAnswer(this.#of(), reply.text)
    if (login === 'query' && /"WARNING"\s*:\s*"Need user=/i.test(reply.text)) throw wrongMeterPassword(where)
    return answer
  }

  #send(path: string, authorization: string | null, signal: AbortSignal | undefined): Promise<OutsideReply> {
    return this.#tools.client.reply({
      entry: this.#entry,
      url: `${this.#base}${path}`,
      headers: authorization === null ? {} : { authorization },
      timeoutMs: TIMEOUT_MS,
      limitBytes: LIMIT_BYTES,
      ...(signal === undefined ? {} : { signal }),
    })
  }

  #of(): { entry: string; host: string } {
    return { entry: this.#entry, host: new URL(this.#base).host }
  }
}

/** What a plug says of itself. */
export interface FoundMeter {
  readonly kind: HttpMeterKind
  /** As the maker calls it; empty if it does not say. */
  readonly model: string
}

/**
 * Asks an address what meter it is: Shelly's `/shelly`, which needs no login, then Tasmota's status.
 * @returns null for something else that answers
 * @throws HeadframeError `outside/…` if nothing answers
 */
export async function identifyMeter(
  client: OutsideClient,
  entry: string,
  config: Pick<MeterConfig, 'address' | 'user' | 'password'>,
  signal?: AbortSignal,
): Promise<FoundMeter | null> {
  const base = meterUrl(config)
  if (base === null) throw meterError('meters/bad-address', 'Enter the address of the plug, as 192.168.1.30.')
  const of = { entry, host: new URL(base).host }
  const ask = async (path: string): Promise<Answer | null> => {
    const reply = await client.reply({
      entry,
      url: `${base}${path}`,
      timeoutMs: TIMEOUT_MS,
      limitBytes: LIMIT_BYTES,
      ...(signal === undefined ? {} : { signal }),
    })
    if (reply.status !== 200) return null
    try {
      return parseAnswer(of, reply.text)
    } catch (error) {
      if (error instanceof HeadframeError) return null
      throw error
    }
  }
  const shelly = await attempt(
    () => ask('/shelly'),
    (answer): FoundMeter | null => {
      const generation = answer.find('gen')
      if (generation !== undefined) {
        return {
          kind: 'shelly-gen2',
          model: answer.find('app')?.text() ?? answer.find('model')?.text() ?? '',
        }
      }
      const type = answer.find('type')
      return type === undefined ? null : { kind: 'shelly-gen1', model: type.text() }
    },
  )
  if (shelly !== null) return shelly
  return attempt(
    () => ask(tasmotaPath('Status 8', config)),
    (answer): FoundMeter | null => {
      const tasmota = answer.find('StatusSNS') ?? answer.find('WARNING')
      return tasmota === undefined ? null : { kind: 'tasmota', model: '' }
    },
  )
}

/** What cannot be read as the form expected is no plug of this family. */
async function attempt(
  ask: () => Promise<Answer | null>,
  read: (answer: Answer) => FoundMeter | null,
): Promise<FoundMeter | null> {
  const answer = await ask()
  if (answer === null) return null
  try {
    return read(answer)
  } catch (error) {
    if (error instanceof HeadframeError && error.code === 'outside/changed') return null
    throw error
  }
}

export function isHttpMeter(config: MeterConfig): config is MeterConfig & { readonly kind: HttpMeterKind } {
  const kinds: readonly MeterKind[] = Object.keys(WAYS) as HttpMeterKind[]
  return kinds.includes(config.kind)
}
