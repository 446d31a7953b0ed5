/** What the safety side tells others about a board: plain data that crosses threads. */
import { type BoardReadings, type PowerCut } from '../model/power.ts'

/**
 * checking: is it on? off. starting. on. stopping. cooling: off, and rests after a trip. latched: off until a person
 * has seen why. unsafe: it could not be switched off, and is tried again. gone.
 */
export type SafetyState =
  'checking' | 'off' | 'starting' | 'on' | 'stopping' | 'cooling' | 'latched' | 'unsafe' | 'gone'

export interface SafetyView {
  /** Of the device. */
  readonly key: string
  readonly boardId: string
  readonly state: SafetyState
  /** In words. */
  readonly doing: string
  readonly readings: BoardReadings | null
  /** The last one that nobody acknowledged. */
  readonly cut: PowerCut | null
  readonly trips: number
  /** As set and verified; null while off, and where it cannot be set. */
  readonly coreVoltageMv: number | null
  readonly canCutPower: boolean
  readonly canReset: boolean
  readonly measuresHeat: boolean
  /** What could not be switched off, as sentences; empty when all is well. */
  readonly stillOn: readonly string[]
}

/** Something that a person should be told once. */
export interface SafetyNotice {
  readonly key: string
  readonly atMs: number
  readonly tone: 'info' | 'warning' | 'error'
  readonly message: string
}

export function doing(state: SafetyState, cut: PowerCut | null): string {
  switch (state) {
    case 'checking':
      return 'Looks whether the board is on.'
    case 'off':
      return 'Off.'
    case 'starting':
      return 'Powers the board, step by step.'
    case 'on':
      return 'Has power and is watched.'
    case 'stopping':
      return 'Switches the board off.'
    case 'cooling':
      return `Rests with the fan on. ${cut?.message ?? ''}`.trim()
    case 'latched':
      return cut?.message ?? 'Stays off until you acknowledge why it was stopped.'
    case 'unsafe':
      return 'Could not be switched off: unplug it now.'
    case 'gone':
      return 'Not there.'
  }
}
