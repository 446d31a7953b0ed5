/** What the form of a smart plug holds, and what it sends. Pure. */
import type { Meter, MeterDraft } from '@contract'
import { meterKindWords, type MeterKind } from './meter-words.ts'

export interface MeterFields {
  kind: MeterKind
  name: string
  address: string
  topic: string
  powerPath: string
  energyPath: string
  energyUnit: 'Wh' | 'kWh'
  user: string
  /** Empty keeps what is stored. */
  password: string
  /** null while what was entered is no channel. */
  channel: number | null
  rigIds: readonly string[]
}

/** What a new plug begins with, or what a known one is. */
export function meterFields(meter: Meter | null): MeterFields {
  return {
    kind: meter?.kind ?? 'shelly-gen2',
    name: meter?.name ?? '',
    address: meter?.address ?? '',
    topic: meter?.topic ?? '',
    powerPath: meter?.powerPath ?? '',
    energyPath: meter?.energyPath ?? '',
    energyUnit: meter?.energyUnit ?? 'Wh',
    user: meter?.user ?? '',
    password: '',
    channel: meter?.channel ?? 0,
    rigIds: meter?.rigIds ?? [],
  }
}

/** What is missing altogether, by field; whether the rest is right is for the plug to say. */
export function missingOf(fields: MeterFields): Record<string, string> {
  const words = meterKindWords(fields.kind)
  return {
    ...(fields.name.trim() === '' ? { name: 'Give it a name' } : {}),
    ...(fields.address.trim() === '' ? { address: `Enter its address, such as ${words.placeholder}` } : {}),
    ...(words.topicHint !== '' && fields.topic.trim() === '' ? { topic: 'Enter its topic' } : {}),
    ...(fields.kind === 'mqtt-json' && fields.powerPath.trim() === ''
      ? { powerPath: 'Say where the watts are, such as ENERGY.Power' }
      : {}),
  }
}

export function meterDraftOf({ password, ...fields }: MeterFields): MeterDraft {
  return {
    ...fields,
    name: fields.name.trim(),
    channel: fields.channel ?? 0,
    rigIds: [...fields.rigIds],
    ...(password === '' ? {} : { password }),
  }
}
