/** Kinds of smart plugs, how each is reached, and what its fields are called. Words only. */
import type { Meter } from '@contract'

export type MeterKind = Meter['kind']

export interface MeterKindWords {
  value: MeterKind
  label: string
  hint: string
  /** Asked over HTTP, or told by a broker. */
  over: 'http' | 'mqtt'
  placeholder: string
  /** What its topic is called there; empty where none is needed. */
  topicHint: string
}

export const METER_KINDS: readonly MeterKindWords[] = [
  {
    value: 'shelly-gen2',
    label: 'Shelly (Plus, Pro, Gen3)',
    hint: 'Asked on your network.',
    over: 'http',
    placeholder: 'http://192.0.2.60',
    topicHint: '',
  },
  {
    value: 'shelly-gen1',
    label: 'Shelly (first ones: Plug S, 1PM, EM)',
    hint: 'Asked on your network.',
    over: 'http',
    placeholder: 'http://192.0.2.60',
    topicHint: '',
  },
  {
    value: 'tasmota',
    label: 'Tasmota',
    hint: 'Asked on your network.',
    over: 'http',
    placeholder: 'http://192.0.2.61',
    topicHint: '',
  },
  {
    value: 'mqtt-shelly-gen2',
    label: 'Shelly (Plus, Pro, Gen3), by MQTT',
    hint: 'Listens at your own broker.',
    over: 'mqtt',
    placeholder: 'mqtt://192.0.2.8:1883',
    topicHint: 'The prefix set in its MQTT settings, such as shellyplus1pm-a8032a.',
  },
  {
    value: 'mqtt-shelly-gen1',
    label: 'Shelly (first ones), by MQTT',
    hint: 'Listens at your own broker.',
    over: 'mqtt',
    placeholder: 'mqtt://192.0.2.8:1883',
    topicHint: 'Such as shellies/shellyplug-s-4022.',
  },
  {
    value: 'mqtt-tasmota',
    label: 'Tasmota, by MQTT',
    hint: 'Listens at your own broker.',
    over: 'mqtt',
    placeholder: 'mqtt://192.0.2.8:1883',
    topicHint: 'Such as tele/bench/SENSOR.',
  },
  {
    value: 'mqtt-json',
    label: 'Anything else, by MQTT',
    hint: 'Any message in JSON: you say where the watts are.',
    over: 'mqtt',
    placeholder: 'mqtt://192.0.2.8:1883',
    topicHint: 'The topic that the message comes on.',
  },
]
export function meterKindWords(kind: MeterKind): MeterKindWords {
  return METER_KINDS.find(({ value }) => value === kind) ?? METER_KINDS[0]!
}
