/**
 * Why shares earned nothing, in plain words. Reasons come as the protocols spell them, pools' in their own
 * words; what is not listed is shown as it came, made readable. One table for our refusals and pools', since
 * both use the same words for the same thing.
 */
import { reasonLabel } from './words.ts'

export interface ReasonWording {
  label: string
  /** What it means and whether to worry. Empty for reasons that only the pool can explain. */
  meaning: string
}

/** Stale shares by cause: each asks for another remedy. */
const STALE_CAUSES: Record<string, ReasonWording> = {
  'new-block': {
    label: 'A new block had come',
    meaning:
      'The rig found it just after the network had moved on. A few are normal; many point to a slow network.',
  },
  'job-replaced': {
    label: 'The pool replaced the work',
    meaning: 'The pool took its work back before the share was found. Many of them: ask the pool.',
  },
  'pool-lost': {
    label: 'The pool was connected anew',
    meaning: 'The work ended with the connection to the pool. Many of them: the connection is unsteady.',
  },
  'pool-switched': {
    label: 'Found long after a switch',
    meaning: 'The rig still worked for the pool that was left, and the time for late shares was over.',
  },
  'pool-changed': {
    label: 'The pool was changed',
    meaning: 'Its address or account was changed or removed while the rig was working on it.',
  },
  stopping: { label: 'Headframe was stopping', meaning: 'It came while Headframe was being closed.' },
  'stale-share': {
    label: 'Too late',
    meaning: 'For work that was already replaced. A few after each new block are normal.',
  },
}

const REASONS: Record<string, ReasonWording> = {
  ...STALE_CAUSES,
  'duplicate-share': {
    label: 'Sent twice',
    meaning: 'The same share came a second time. Many of them point to a firmware fault.',
  },
  'difficulty-too-low': {
    label: 'Not hard enough',
    meaning:
      'The result did not reach the difficulty asked for. Often too much overclocking, or unstable power.',
  },
  'invalid-job-id': {
    label: 'For unknown work',
    meaning: 'The rig named work that it was never given here. A restart of the rig often helps.',
  },
  'job-not-found': {
    label: 'For work the pool had dropped',
    meaning: 'The pool no longer knew the work. A few after each new block are normal.',
  },
  'invalid-ntime': {
    label: 'Wrong time',
    meaning: 'The time in it is too far off. Check the clock of the rig.',
  },
  'version-rolling-not-allowed': {
    label: 'Changed the version',
    meaning: 'The rig changed bits of the block version though the pool does not allow it.',
  },
  'invalid-non-rollable-version-bit': {
    label: 'Changed fixed version bits',
    meaning: 'The rig changed bits of the block version that are not its own. Look for newer firmware.',
  },
  'malformed-share': { label: 'Could not be read', meaning: 'The message was damaged or incomplete.' },
  'invalid-share': { label: 'Could not be read', meaning: 'The message held values that no share can have.' },
  'unauthorized-worker': {
    label: 'Account not known',
    meaning: 'The pool does not know the account. Check the account in the pool’s settings here.',
  },
}

export function reasonWording(reason: string): ReasonWording {
  return REASONS[reason] ?? { label: reasonLabel(reason), meaning: '' }
}

export interface CountedReason extends ReasonWording {
  reason: string
  count: number
}

function counted(
  reasons: Readonly<Record<string, number>>,
  keep: (reason: string) => boolean,
): CountedReason[] {
  return Object.entries(reasons)
    .filter(([reason, count]) => count > 0 && keep(reason))
    .sort((a, b) => b[1] - a[1])
    .map(([reason, count]) => ({ reason, count, ...reasonWording(reason) }))
}

/** Our refusals apart: what came too late, and what was wrong. Most frequent first. */
export function sortRefusals(reasons: Readonly<Record<string, number>>): {
  stale: CountedReason[]
  invalid: CountedReason[]
} {
  return {
    stale: counted(reasons, (reason) => reason in STALE_CAUSES),
    invalid: counted(reasons, (reason) => !(reason in STALE_CAUSES)),
  }
}

/** Reasons of one kind, such as pools' refusals: most frequent first. */
export function sortReasons(reasons: Readonly<Record<string, number>>): CountedReason[] {
  return counted(reasons, () => true)
}
