/**
 * What rigs can be told: the words for each action, how careful to be with it, and for which of several rigs it is not
 * offered and why. Pure; which rigs offer what comes from the core.
 */
import type { Rig, RigAction, Run, RunItem } from '@contract'
import { formatPlural } from './number.ts'
import type { Tone } from './words.ts'

export interface ActionWording {
  /** On a button: `Restart`. */
  label: string
  /** `restart 12 rigs`: with what goes before and after the number. */
  phrase: (rigs: string) => string
  /** While and after it runs: `Restarting 12 rigs`. */
  title: (rigs: string) => string
  /** What it does, a sentence. */
  meaning: string
  /** Whether rigs stop earning, or change what they earn for. */
  disturbs: boolean
}

const WORDS: Record<RigAction, ActionWording> = {
  'send-to-headframe': {
    label: 'Send to Headframe',
    phrase: (rigs) => `Send ${rigs} to Headframe`,
    title: (rigs) => `Sending ${rigs} to Headframe`,
    meaning: 'Sets this Headframe as their pool. What they had before is kept, and can be put back.',
    disturbs: true,
  },
  'send-to-pool': {
    label: 'Send to a pool',
    phrase: (rigs) => `Send ${rigs} to a pool`,
    title: (rigs) => `Sending ${rigs} to a pool`,
    meaning: 'Sets a pool in the rigs themselves: they then mine past Headframe.',
    disturbs: true,
  },
  'set-pools': {
    label: 'Set pools',
    phrase: (rigs) => `Set the pools of ${rigs}`,
    title: (rigs) => `Setting the pools of ${rigs}`,
    meaning: 'Writes a list of pools into the rigs.',
    disturbs: true,
  },
  'restore-pools': {
    label: 'Restore pools',
    phrase: (rigs) => `Restore the pools of ${rigs}`,
    title: (rigs) => `Restoring the pools of ${rigs}`,
    meaning: 'Puts back the pools that they had before Headframe changed them.',
    disturbs: true,
  },
  restart: {
    label: 'Restart miner',
    phrase: (rigs) => `Restart the miner of ${rigs}`,
    title: (rigs) => `Restarting the miner of ${rigs}`,
    meaning: 'Restarts the program that mines. Takes a minute or two.',
    disturbs: true,
  },
  reboot: {
    label: 'Reboot',
    phrase: (rigs) => `Reboot ${rigs}`,
    title: (rigs) => `Rebooting ${rigs}`,
    meaning: 'Restarts the whole rig. Takes a few minutes.',
    disturbs: true,
  },
  pause: {
    label: 'Pause',
    phrase: (rigs) => `Pause ${rigs}`,
    title: (rigs) => `Pausing ${rigs}`,
    meaning: 'Stops hashing until it is resumed. It then uses little power.',
    disturbs: true,
  },
  resume: {
    label: 'Resume',
    phrase: (rigs) => `Resume ${rigs}`,
    title: (rigs) => `Resuming ${rigs}`,
    meaning:
      'Begins to hash again. All at once may be much for a fuse: batches with a pause spread the load.',
    disturbs: true,
  },
  locate: {
    label: 'Locate',
    phrase: (rigs) => `Make ${rigs} flash`,
    title: (rigs) => `Making ${rigs} flash`,
    meaning: 'Flashes the light or greets on the screen, so that you find it on the shelf.',
    disturbs: false,
  },
  'set-power-mode': {
    label: 'Power mode',
    phrase: (rigs) => `Change the power mode of ${rigs}`,
    title: (rigs) => `Changing the power mode of ${rigs}`,
    meaning: 'One of the modes that the firmware offers.',
    disturbs: true,
  },
  'set-power-limit': {
    label: 'Power limit',
    phrase: (rigs) => `Limit the power of ${rigs}`,
    title: (rigs) => `Limiting the power of ${rigs}`,
    meaning: 'The most that each may draw, in watts.',
    disturbs: true,
  },
  'set-frequency': {
    label: 'Frequency',
    phrase: (rigs) => `Set the frequency of ${rigs}`,
    title: (rigs) => `Setting the frequency of ${rigs}`,
    meaning: 'The clock of the chips. Higher hashes more, and makes more heat.',
    disturbs: true,
  },
  'set-voltage': {
    label: 'Core voltage',
    phrase: (rigs) => `Set the core voltage of ${rigs}`,
    title: (rigs) => `Setting the core voltage of ${rigs}`,
    meaning: 'The voltage of the chips. Too much can destroy them.',
    disturbs: true,
  },
  'set-fan': {
    label: 'Fans',
    phrase: (rigs) => `Set the fans of ${rigs}`,
    title: (rigs) => `Setting the fans of ${rigs}`,
    meaning: 'A fixed speed, or left to the rig.',
    disturbs: true,
  },
}

export function actionWording(action: RigAction): ActionWording {
  return WORDS[action]
}

/** `1 rig`, `12 rigs`. */
export const rigsText = (count: number): string => formatPlural(count, 'rig', 'rigs')

export interface ActionChoice {
  action: RigAction
  /** For whom it can be done now. */
  able: readonly string[]
  /** For whom not, by reason, the most frequent first. */
  unable: readonly { because: string; rigIds: readonly string[] }[]
  total: number
}

/** Why this rig cannot be told this now; null when it can. */
export function whyNot(rig: Rig, action: RigAction): string | null {
  const capability = rig.capabilities[action]
  if (action === 'restore-pools' && capability.offered && !rig.canRestorePools)
    return 'Headframe has not changed its pools, so there is nothing to put back.'
  if (!capability.offered) return capability.because
  if (rig.state === 'unreachable') return 'It does not answer now.'
  return null
}

const NO_INTERFACE = 'It is connected, but has no interface that Headframe could tell something.'

/** Parts what was chosen by whether it can be told this. `nameless` counts connections without an interface. */
export function judgeAction(rigs: readonly Rig[], action: RigAction, nameless = 0): ActionChoice {
  const able: string[] = []
  const reasons = new Map<string, string[]>()
  for (const rig of rigs) {
    const because = whyNot(rig, action)
    if (because === null) able.push(rig.id)
    else reasons.set(because, [...(reasons.get(because) ?? []), rig.id])
  }
  const unable = [...reasons].map(([because, rigIds]) => ({ because, rigIds }))
  if (nameless > 0) unable.push({ because: NO_INTERFACE, rigIds: Array.from({ length: nameless }, () => '') })
  unable.sort((a, b) => b.rigIds.length - a.rigIds.length)
  return { action, able, unable, total: rigs.length + nameless }
}

/** `3 of 12 cannot: Stock firmware cannot restart only the miner.`; null when all can. */
export function unableText(choice: ActionChoice): string | null {
  const count = choice.total - choice.able.length
  const first = choice.unable[0]
  if (count === 0 || first === undefined) return null
  if (choice.total === 1) return first.because
  const who = count === choice.total ? `None of ${choice.total} can` : `${count} of ${choice.total} cannot`
  const reasons =
    choice.unable.length === 1
      ? first.because
      : choice.unable.map(({ because, rigIds }) => `${rigIds.length}: ${because}`).join(' ')
  return `${who}: ${reasons}`
}

interface ItemWording {
  label: string
  tone: Tone
}

const ITEM_STATES: Record<RunItem['state'], ItemWording> = {
  planned: { label: 'Waiting', tone: 'neutral' },
  writing: { label: 'Telling it', tone: 'info' },
  verifying: { label: 'Checking', tone: 'info' },
  done: { label: 'Done', tone: 'good' },
  unproven: { label: 'Not proven', tone: 'warn' },
  failed: { label: 'Failed', tone: 'bad' },
  skipped: { label: 'Left out', tone: 'neutral' },
}

export function runItemWording(state: RunItem['state']): ItemWording {
  return ITEM_STATES[state]
}

export type RunCounts = Record<RunItem['state'], number>

export function countItems(run: Pick<Run, 'items'>): RunCounts {
  const counts: RunCounts = {
    planned: 0,
    writing: 0,
    verifying: 0,
    done: 0,
    unproven: 0,
    failed: 0,
    skipped: 0,
  }
  for (const item of run.items) counts[item.state] += 1
  return counts
}

/** `9 done, 1 failed, 2 left out`: what a run came to. */
export function runSummary(run: Pick<Run, 'items'>): string {
  const counts = countItems(run)
  const parts = [
    [counts.done, 'done'],
    [counts.unproven, 'not proven'],
    [counts.failed, 'failed'],
    [counts.writing + counts.verifying, 'under way'],
    [counts.planned, 'waiting'],
    [counts.skipped, 'left out'],
  ] as const
  return parts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(', ')
}
