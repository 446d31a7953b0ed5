/** Whether a board can be tuned now, and the settings that the search may step through. Pure. */
import type { Device } from '@contract'
import { deviceStateWording } from '../../format/devices.ts'

/** @returns why not, a sentence; null when it can be */
export function whyNoDeviceTuning({ limits, settings, state }: Device): string | null {
  if (limits === null || settings === null) return 'It is not known yet what it can be set to.'
  if (limits.coreVoltageMv === null)
    return 'Only its clock can be set, not its voltage, so there is little to look for. Choose its frequency above.'
  if (!limits.measuresHeat)
    return 'Its heat cannot be read, and Headframe does not search where it cannot watch. Choose its frequency above.'
  if (state !== 'hashing')
    return `It does not mine now (${deviceStateWording(state).label.toLowerCase()}). Tuning needs a board at work.`
  return null
}

/** More steps than this are no list to think about, and no search gets through them. */
const MOST_OPTIONS = 400

export function optionsOf({ min, max, step }: { min: number; max: number; step: number }): number[] {
  const count = Math.min(MOST_OPTIONS, Math.floor((max - min) / step + 1e-9) + 1)
  return Array.from({ length: count }, (_, index) => Number((min + index * step).toFixed(3)))
}
