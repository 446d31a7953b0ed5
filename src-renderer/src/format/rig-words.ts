/** Rigs in words: states, freshness, logins, where power numbers come from. One table per subject. */
import type { Downstream, Rig, RigState } from '@contract'
import type { Tone, Wording } from './words.ts'

/** What a row can be in: as the rig says, or, where it has no interface of its own, as its connection shows. */
export type RigStanding = RigState | 'quiet'

/** A form beside the colour, for those who cannot tell colours apart, and from across the room. */
export type StateShape =
  | 'check'
  | 'half'
  | 'dial'
  | 'pause'
  | 'square'
  | 'heat'
  | 'cross'
  | 'crash'
  | 'unplugged'
  | 'question'
  | 'clock'

const STATES: Record<RigStanding, Wording & { shape: StateShape }> = {
  mining: { label: 'Mining', tone: 'good', shape: 'check', meaning: 'It hashes now.' },
  starting: { label: 'Starting', tone: 'info', shape: 'half', meaning: 'It will hash in a moment.' },
  tuning: {
    label: 'Tuning',
    tone: 'info',
    shape: 'dial',
    meaning: 'It looks for its best frequencies, which can take an hour. It hashes meanwhile.',
  },
  paused: { label: 'Paused', tone: 'neutral', shape: 'pause', meaning: 'A person or a tool paused it.' },
  stopped: { label: 'Stopped', tone: 'warn', shape: 'square', meaning: 'It stopped by itself.' },
  overheated: {
    label: 'Too hot',
    tone: 'bad',
    shape: 'heat',
    meaning: 'It stopped to protect its chips from the heat.',
  },
  error: { label: 'Fault', tone: 'bad', shape: 'cross', meaning: 'It says that it cannot hash.' },
  'miner-down': {
    label: 'Miner down',
    tone: 'bad',
    shape: 'crash',
    meaning: 'The box answers, but the program that mines does not run.',
  },
  unreachable: {
    label: 'Unreachable',
    tone: 'bad',
    shape: 'unplugged',
    meaning: 'It did not answer three times in a row. Check its power and its network.',
  },
  unknown: {
    label: 'Not read yet',
    tone: 'neutral',
    shape: 'question',
    meaning: 'Headframe has not been able to read it so far.',
  },
  quiet: {
    label: 'Quiet',
    tone: 'warn',
    shape: 'clock',
    meaning: 'It has work, but its shares are overdue.',
  },
}

export function standingWording(standing: RigStanding): Wording & { shape: StateShape } {
  return STATES[standing]
}

const CONNECTION_STANDINGS: Record<Downstream['state'], RigStanding> = {
  hashing: 'mining',
  quiet: 'quiet',
  subscribing: 'starting',
}

/** The standing of something that is only known by its connection. */
export function connectionStanding(state: Downstream['state']): RigStanding {
  return CONNECTION_STANDINGS[state]
}

const LOGINS: Record<Rig['login'], { label: string; tone: Tone; meaning: string }> = {
  'not-needed': { label: 'No login needed', tone: 'neutral', meaning: 'This firmware asks for no password.' },
  missing: {
    label: 'Login missing',
    tone: 'warn',
    meaning: 'It asks for a password that Headframe does not have.',
  },
  entered: { label: 'Login stored', tone: 'good', meaning: 'Its password is stored, and never shown.' },
  wrong: {
    label: 'Wrong password',
    tone: 'bad',
    meaning:
      'It refused the stored password. It is not tried again until you change it: some rigs lock themselves.',
  },
}

export function loginWording(login: Rig['login']): { label: string; tone: Tone; meaning: string } {
  return LOGINS[login]
}

/** Where a number of watts comes from, for its tooltip. */
export function powerSourceMeaning(source: Rig['powerSource']): string {
  switch (source) {
    case 'measured':
      return 'Measured by the rig.'
    case 'estimated':
      return 'Estimated by the firmware, not measured.'
    case 'nameplate':
      return 'From the nameplate: the rig does not measure it.'
    case null:
      return 'The rig does not say.'
  }
}

/** `Antminer S19j Pro`; what is known of make and model. */
export function modelText(rig: Pick<Rig, 'make' | 'model'>): string | null {
  const { make, model } = rig
  if (make === null || model === null) return model ?? make
  return model.toLowerCase().startsWith(make.toLowerCase()) ? model : `${make} ${model}`
}

/** `Braiins OS 25.07`. */
export function firmwareText(rig: Pick<Rig, 'firmware' | 'firmwareVersion'>): string | null {
  if (rig.firmware === null) return rig.firmwareVersion
  return rig.firmwareVersion === null ? rig.firmware : `${rig.firmware} ${rig.firmwareVersion}`
}

/** `Shed, shelf 2`. */
export function placeText(place: Rig['place']): string | null {
  const shelf = place.shelf === '' ? '' : /^\d+$/.test(place.shelf) ? `shelf ${place.shelf}` : place.shelf
  const parts = [place.room, shelf].filter((part) => part !== '')
  return parts.length === 0 ? null : parts.join(', ')
}
