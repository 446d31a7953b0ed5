/**
 * Plugs that speak by themselves over MQTT: which topics each kind is heard on and what a message means. Pure; see
 * `meter-values.ts` for where the shapes come from. A counter and the power may come as two messages; they are joined by
 * whoever listens.
 */
import { HeadframeError } from '../../base/index.ts'
import { parseAnswer } from '../outside/answer.ts'
import { type MeterConfig } from './meter-config.ts'
import {
  type MeterPart,
  partAt,
  readEnergy,
  readGen2Component,
  readPower,
  readTasmotaSensors,
} from './meter-values.ts'

/** What a message is to a meter. */
export type MeterMessage =
  | { readonly kind: 'part'; readonly part: MeterPart }
  /** The plug's last will or its greeting. */
  | { readonly kind: 'presence'; readonly online: boolean }
  | { readonly kind: 'failed'; readonly error: HeadframeError }
  /** Of another component, or nothing that measures. */
  | { readonly kind: 'other' }

const OTHER: MeterMessage = { kind: 'other' }
const WH_PER_WATT_MINUTE = 1 / 60

/** Topics to subscribe to; `+` stands for one level. */
export function meterTopics(config: MeterConfig): readonly string[] {
  const { base, sensor } = placesOf(config)
  switch (config.kind) {
    case 'mqtt-tasmota':
      return [sensor, sensor.replace(/\/SENSOR$/, '/LWT')]
    case 'mqtt-shelly-gen1': {
      const channel = String(config.channel)
      return [
        ...['relay', 'emeter'].map((part) => `${base}/${part}/${channel}/power`),
        `${base}/relay/${channel}/energy`,
        `${base}/emeter/${channel}/total`,
        `${base}/online`,
      ]
    }
    case 'mqtt-shelly-gen2':
      return [`${base}/status/+`, `${base}/online`]
    default:
      return [base]
  }
}

/** @param text of the message. Never throws: a wrong form is a `failed`. */
export function readMeterMessage(
  config: MeterConfig,
  topic: string,
  text: string,
  of: { entry: string; host: string },
): MeterMessage {
  try {
    return readMessage(config, topic, text, of)
  } catch (error) {
    if (error instanceof HeadframeError) return { kind: 'failed', error }
    throw error
  }
}

function readMessage(
  config: MeterConfig,
  topic: string,
  text: string,
  of: { entry: string; host: string },
): MeterMessage {
  const { base, sensor } = placesOf(config)
  const { channel } = config
  switch (config.kind) {
    case 'mqtt-tasmota': {
      if (topic !== sensor) return presence(text, 'Online', 'Offline')
      const { powerW, energyTotalWh } = readTasmotaSensors(parseAnswer(of, text), channel)
      return part({ powerW, ...(energyTotalWh === null ? {} : { energyTotalWh }) })
    }
    case 'mqtt-shelly-gen1': {
      if (topic === `${base}/online`) return presence(text, 'true', 'false')
      const value = parseAnswer(of, text)
      if (topic.endsWith('/power')) return part({ powerW: readPower(value) })
      if (topic.endsWith('/energy')) return part({ energyTotalWh: readEnergy(value, WH_PER_WATT_MINUTE) })
      return topic.endsWith('/total') ? part({ energyTotalWh: readEnergy(value, 1) }) : OTHER
    }
    case 'mqtt-shelly-gen2': {
      if (topic === `${base}/online`) return presence(text, 'true', 'false')
      const component = topic.slice(`${base}/status/`.length)
      if (!/^\w+:\d+$/.test(component)) return OTHER
      const read = readGen2Component(component, parseAnswer(of, text), channel)
      return read === null ? OTHER : part(read)
    }
    default: {
      const answer = parseAnswer(of, text)
      const power = readPower(partAt(answer, config.powerPath))
      if (config.energyPath.trim() === '') return part({ powerW: power })
      const factor = config.energyUnit === 'kWh' ? 1_000 : 1
      return part({ powerW: power, energyTotalWh: readEnergy(partAt(answer, config.energyPath), factor) })
    }
  }
}

/** Whether a kind sends its counter in a message of its own, so that a moment is waited for it. */
export function comesInParts({ kind }: MeterConfig): boolean {
  return kind === 'mqtt-shelly-gen1' || kind === 'mqtt-shelly-gen2'
}

function part(read: MeterPart): MeterMessage {
  return { kind: 'part', part: read }
}

function presence(text: string, online: string, offline: string): MeterMessage {
  const word = text.trim()
  return word === online || word === offline ? { kind: 'presence', online: word === online } : OTHER
}

/** People enter the plug's own name or the topic as their broker shows it. */
function placesOf({ kind, topic }: MeterConfig): { readonly base: string; readonly sensor: string } {
  const text = topic.trim().replace(/\/+$/, '')
  if (kind === 'mqtt-shelly-gen1') return { base: text.includes('/') ? text : `shellies/${text}`, sensor: '' }
  if (kind !== 'mqtt-tasmota') return { base: text, sensor: '' }
  return { base: text, sensor: /\/SENSOR$/.test(text) ? text : `tele/${text.replace(/^tele\//, '')}/SENSOR` }
}
