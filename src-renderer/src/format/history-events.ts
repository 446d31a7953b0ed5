/** What happened to the farm, in words. */
import type { EventKind } from '@contract'
import type { Tone } from './words.ts'

export type EventSubject = 'pools' | 'rigs' | 'headframe' | 'money'

const KINDS: Record<EventKind, [label: string, tone: Tone, subject: EventSubject]> = {
  'pool-switch': ['Pool switch', 'info', 'pools'],
  'pool-stand-in': ['Another pool stands in', 'warn', 'pools'],
  'pool-lost': ['Pool lost', 'bad', 'pools'],
  'rig-restarted': ['Restart', 'info', 'rigs'],
  'rig-unreachable': ['Unreachable', 'bad', 'rigs'],
  'rig-back': ['Back', 'good', 'rigs'],
  'rig-stopped': ['Stopped', 'warn', 'rigs'],
  'rig-hashing': ['Hashing', 'good', 'rigs'],
  'rig-overheated': ['Too hot', 'bad', 'rigs'],
  'rig-action': ['Told to', 'info', 'rigs'],
  tuning: ['Tuning', 'info', 'rigs'],
  'block-found': ['Block found', 'good', 'money'],
  payout: ['Payout', 'good', 'money'],
  started: ['Headframe started', 'neutral', 'headframe'],
  stopped: ['Headframe stopped', 'neutral', 'headframe'],
  killed: ['Headframe was ended', 'warn', 'headframe'],
  slept: ['Computer slept', 'warn', 'headframe'],
  'clock-changed': ['Clock changed', 'warn', 'headframe'],
  alert: ['Alert', 'bad', 'headframe'],
}

export const EVENT_SUBJECTS: readonly { value: EventSubject; label: string }[] = [
  { value: 'pools', label: 'Pools' },
  { value: 'rigs', label: 'Rigs' },
  { value: 'headframe', label: 'Headframe' },
  { value: 'money', label: 'Blocks and payouts' },
]

export function eventWording(kind: EventKind): { label: string; tone: Tone; subject: EventSubject } {
  const [label, tone, subject] = KINDS[kind]
  return { label, tone, subject }
}
