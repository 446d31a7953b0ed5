/** The states of a board that hashes, and what each is called when a person asks what the board is doing. */
import { type PowerCut } from '../model/power.ts'

export type SessionState =
  /** Unpowered until there is something to hash: an idle board draws next to nothing. */
  | { readonly name: 'waiting-for-work' }
  | { readonly name: 'powering' }
  /** @see COUNT_TRIES */
  | { readonly name: 'counting'; readonly attempt: number }
  | { readonly name: 'configuring' }
  | { readonly name: 'ramping'; readonly toMhz: number }
  | { readonly name: 'hashing' }
  | { readonly name: 'retuning'; readonly toMhz: number }
  /** Power is off; the next try is at `retryAtMs`, epoch milliseconds. */
  | { readonly name: 'recovering'; readonly reason: string; readonly retryAtMs: number }
  /** Power was taken away. Null: until a person says so. */
  | { readonly name: 'cut'; readonly cut: PowerCut; readonly retryAtMs: number | null }
  /** By us, until told otherwise. */
  | { readonly name: 'stopped'; readonly reason: string }
  /** For ever. */
  | { readonly name: 'gone'; readonly reason: string }

export type SessionStateName = SessionState['name']

/** Whether chips may be under power. */
export function isPowered({ name }: SessionState): boolean {
  switch (name) {
    case 'powering':
    case 'counting':
    case 'configuring':
    case 'ramping':
    case 'hashing':
    case 'retuning':
      return true
    default:
      return false
  }
}

/**
 * A sentence.
 * @param chipCount chips that the board has
 * @param frequencyMhz the clock now; null while there is none
 */
export function describeState(state: SessionState, chipCount: number, frequencyMhz: number | null): string {
  const chips = chipCount === 1 ? 'the chip' : `${chipCount} chips`
  const now = frequencyMhz === null ? '' : ` from ${mhz(frequencyMhz)}`
  switch (state.name) {
    case 'waiting-for-work':
      return 'Waiting for a job; the board is off until one comes.'
    case 'powering':
      return 'Switching power on.'
    case 'counting':
      return state.attempt === 1 ? `Looking for ${chips}.` : `Looking for ${chips}, try ${state.attempt}.`
    case 'configuring':
      return `Setting up ${chips}.`
    case 'ramping':
      return `Raising the clock${now} to ${mhz(state.toMhz)}.`
    case 'hashing':
      return frequencyMhz === null ? 'Hashing.' : `Hashing at ${mhz(frequencyMhz)}.`
    case 'retuning':
      return `Hashing while the clock goes${now} to ${mhz(state.toMhz)}.`
    case 'recovering':
      return `Switched off for a moment before it is started anew: ${state.reason}`
    case 'cut':
      return state.retryAtMs === null
        ? `Power was taken away: ${state.cut.message} It stays off until you start it again.`
        : `Power was taken away: ${state.cut.message} It is started again when that has passed.`
    case 'stopped':
      return `Stopped: ${state.reason}`
    case 'gone':
      return `Gone: ${state.reason}`
  }
}

function mhz(frequencyMhz: number): string {
  return `${Number(frequencyMhz.toFixed(2))} MHz`
}
