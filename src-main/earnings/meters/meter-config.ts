/** A smart plug or energy meter as a person added it, and what is wrong with what they entered. */
import { formatHostPort } from '../../net/index.ts'

export type MeterKind =
  | 'shelly-gen1'
  | 'shelly-gen2'
  | 'tasmota'
  | 'mqtt-tasmota'
  | 'mqtt-shelly-gen1'
  | 'mqtt-shelly-gen2'
  | 'mqtt-json'

/** Empty text for what its kind does not need. */
export interface MeterConfig {
  readonly id: string
  readonly kind: MeterKind
  /** The person's name for it. */
  readonly name: string
  /** False: kept, but nothing is asked. */
  readonly enabled: boolean
  /** `http://host[:port]` of a plug, or its bare host; `mqtt://host[:port]` or `mqtts://…` of a broker. */
  readonly address: string
  /** Which of its outlets or phases, from 0. */
  readonly channel: number
  /** For MQTT: the plug's own topic; the whole topic for `mqtt-json`. */
  readonly topic: string
  /** For `mqtt-json`: where the watts are, as `a.b[0].c`; empty if the message is the number. */
  readonly powerPath: string
  /** For `mqtt-json`: where a counter is; empty for none. */
  readonly energyPath: string
  readonly energyUnit: 'Wh' | 'kWh'
  readonly user: string
  /** A secret. */
  readonly password: string
}

/** What one reading says. */
export interface MeterReading {
  /** Epoch milliseconds when it reached us. */
  readonly atMs: number
  /** At least 0. */
  readonly powerW: number
  /** Counter of the meter since whenever; null if it has none. */
  readonly energyTotalWh: number | null
}

export interface MeterKindFacts {
  readonly name: string
  readonly transport: 'http' | 'mqtt'
  /** Time without a reading after which it is a gap. MQTT plugs speak when they like; Tasmota every 300 s unless told. */
  readonly staleAfterMs: number
  /** The last digit of its counter, in Wh. */
  readonly stepWh: number
}

/** Shelly counts watt-minutes (generation 1) or thousandths of a Wh (2), Tasmota thousandths of a kWh. */
export const METER_KINDS: Readonly<Record<MeterKind, MeterKindFacts>> = {
  'shelly-gen1': { name: 'Shelly, generation 1', transport: 'http', staleAfterMs: 60_000, stepWh: 0.1 },
  'shelly-gen2': {
    name: 'Shelly, generation 2 and later',
    transport: 'http',
    staleAfterMs: 60_000,
    stepWh: 0.001,
  },
  tasmota: { name: 'Tasmota', transport: 'http', staleAfterMs: 60_000, stepWh: 1 },
  'mqtt-tasmota': { name: 'Tasmota over MQTT', transport: 'mqtt', staleAfterMs: 400_000, stepWh: 1 },
  'mqtt-shelly-gen1': {
    name: 'Shelly, generation 1, over MQTT',
    transport: 'mqtt',
    staleAfterMs: 100_000,
    stepWh: 0.1,
  },
  'mqtt-shelly-gen2': {
    name: 'Shelly, generation 2 and later, over MQTT',
    transport: 'mqtt',
    staleAfterMs: 150_000,
    stepWh: 0.001,
  },
  'mqtt-json': { name: 'Any meter over MQTT', transport: 'mqtt', staleAfterMs: 400_000, stepWh: 1 },
}

/** Base URL of a plug without a slash at its end; null if the address is none. */
export function meterUrl({ address }: Pick<MeterConfig, 'address'>): string | null {
  const text = address.trim().replace(/\/+$/, '')
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`)
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') return null
  const bare =
    url.username === '' && url.password === '' && url.search === '' && url.hash === '' && url.pathname === '/'
  return bare ? `${url.protocol}//${url.host}` : null
}

export interface BrokerAddress {
  readonly tls: boolean
  /** IPv6 without brackets. */
  readonly host: string
  readonly port: number
  /** `host:port`, as the register knows it. */
  readonly text: string
}

/** Where a broker is; null if the address is none. */
export function brokerAddress({ address }: Pick<MeterConfig, 'address'>): BrokerAddress | null {
  const [, scheme, rest] = /^(mqtts?):\/\/([^/?#\s]+)\/?$/i.exec(address.trim()) ?? []
  if (scheme === undefined || rest === undefined || rest.includes('@')) return null
  const tls = scheme.toLowerCase() === 'mqtts'
  // With a scheme that URL knows, so that it takes the host apart as it does everywhere.
  const url = URL.parse(`http://${rest}`)
  if (url === null || url.hostname === '') return null
  const host = url.hostname.replaceAll(/[[\]]/g, '')
  const given = /:(\d+)$/.exec(rest)?.[1]
  const port = given === undefined ? (tls ? 8883 : 1883) : Number(given)
  return { tls, host, port, text: formatHostPort({ host, port }) }
}

const TOPIC = /^[^#+\0\s][^#+\0]*$/
const PATH = /^[^.[\]]+(?:\[\d+\])*(?:\.[^.[\]]+(?:\[\d+\])*)*$/

/** What keeps a meter from being read, in a sentence; null for nothing. */
export function meterProblem(config: MeterConfig): string | null {
  if (METER_KINDS[config.kind].transport === 'http') {
    return meterUrl(config) === null
      ? 'Enter the address of the plug, as 192.168.1.30 or http://192.168.1.30; user and password have their own fields.'
      : null
  }
  if (brokerAddress(config) === null) {
    return 'Enter the address of the MQTT broker, as mqtt://192.168.1.10:1883; user and password have their own fields.'
  }
  if (!TOPIC.test(config.topic.trim())) return 'Enter the topic of the plug, without # and +.'
  if (config.kind !== 'mqtt-json') return null
  for (const path of [config.powerPath, config.energyPath]) {
    if (path.trim() !== '' && !PATH.test(path.trim()))
      return `"${path}" is no path; write names with dots between, as ENERGY.Power.`
  }
  return config.powerPath.trim() === '' && config.energyPath.trim() !== ''
    ? 'Enter where the watts are too: a message that is a bare number has no counter in it.'
    : null
}
