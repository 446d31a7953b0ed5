/**
 * What Whatsminers of every generation have in common for a reader: how firmware dates name the generation, how models are
 * spelled, when a rig mines. Pure. Governing document: rig API digest, sections 1.4 and 5.7.
 */
import { textOf } from '../../model/lenient.ts'
import { type RigError, type RigWorkState } from '../../model/reading.ts'
import { isHeatError } from './whatsminer-errors.ts'

export type WhatsminerGeneration = 1 | 2 | 3

/** Firmware of this day and later speaks the generation's API, as YYYYMMDD. */
const SECOND_FROM = 2022_07_29
const THIRD_FROM = 2024_11_01

/** All generations have these three. */
export const WHATSMINER_POWER_MODES: readonly { readonly id: string; readonly label: string }[] = [
  { id: 'low', label: 'Low power' },
  { id: 'normal', label: 'Normal' },
  { id: 'high', label: 'High power' },
]

/** How long after its start a rig may still ramp up without results. */
const START_S = 600

/**
 * The API that firmware of this date speaks.
 * @param firmware begins with the date, as `20230803.11.REL`; quotes around it are forgiven
 * @returns null when it does not begin with a date
 */
export function whatsminerGeneration(firmware: string | null): WhatsminerGeneration | null {
  const match = /^'?(20\d{6})/.exec(firmware ?? '')
  if (match === null) return null
  const date = Number(match[1])
  return date >= THIRD_FROM ? 3 : date >= SECOND_FROM ? 2 : 1
}

/**
 * The model, as it is known: upper case, without underscores, and the last digit, which tells variants of one board apart,
 * as 0 (VE43 is a VE40).
 */
export function whatsminerModel(value: unknown): string | null {
  const model =
    textOf(value)
      ?.toUpperCase()
      .replaceAll('_', '')
      .replace(/^WHATSMINER\s*/, '') ?? ''
  return model === '' ? null : /V[A-Z]\w*\d$/.test(model) ? `${model.slice(0, -1)}0` : model
}

/** Firmware version without the quotes that some replies put around it. */
export function whatsminerFirmware(value: unknown): string | null {
  return textOf(textOf(value)?.replaceAll("'", ''))
}

export interface WhatsminerSigns {
  /** Whether a person or tool switched mining off; null when it does not say. */
  readonly off: boolean | null
  readonly hashrateHs: number | null
  readonly elapsedS: number | null
  /** Whether its frequency still rises. */
  readonly ramping: boolean
  readonly errors: readonly RigError[]
}

/** What it is doing. */
export function whatsminerState({
  off,
  hashrateHs,
  elapsedS,
  ramping,
  errors,
}: WhatsminerSigns): RigWorkState {
  if (off === true) return 'paused'
  if (hashrateHs !== null && hashrateHs > 0) return ramping ? 'tuning' : 'mining'
  if (errors.some(({ code }) => isHeatError(code))) return 'overheated'
  if (elapsedS === null || elapsedS < START_S) return 'starting'
  return errors.some(({ severity }) => severity === 'error') ? 'error' : 'stopped'
}
