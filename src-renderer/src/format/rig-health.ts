/**
 * What is wrong with a rig, if anything: the one thing to know first, and how urgent it is. Reachable and without an
 * error is not yet earning, so shares and rate count too. Pure.
 */
import type { Rig } from '@contract'
import { formatShortDuration } from './duration.ts'
import { formatPercent } from './number.ts'
import { standingWording } from './rig-words.ts'
import type { Tone } from './words.ts'

export interface RigHealth {
  tone: Tone
  /** A short sentence; null when nothing is to be said. */
  text: string | null
  /** What to do or what it means, where there is more to say. */
  detail: string | null
}

/** Without a share for this long, a rig that says it mines earns nothing. */
const NO_SHARE_MS = 10 * 60_000
/** Below this part of what its settings promise, something is the matter. */
const LOW_RATE = 0.7

const FINE: RigHealth = { tone: 'good', text: null, detail: null }

/** `now` is the core's clock, epoch milliseconds. */
export function rigHealth(rig: Rig, now: number): RigHealth {
  const state = standingWording(rig.state)
  if (rig.login === 'wrong')
    return { tone: 'bad', text: 'Wrong password', detail: rig.problem?.message ?? null }
  if (rig.login === 'missing' && (rig.freshness === 'never' || rig.state === 'unknown'))
    return { tone: 'warn', text: 'Needs its login', detail: rig.problem?.message ?? null }
  if (rig.state === 'unreachable') {
    const since = rig.readAt === null ? '' : ` for ${formatShortDuration(now - rig.readAt)}`
    return {
      tone: 'bad',
      text: `No answer${since}`,
      detail: rig.problem?.message ?? state.meaning,
    }
  }
  if (rig.errors.first !== null && rig.errors.worst !== 'info') {
    return {
      tone: rig.errors.worst === 'error' ? 'bad' : 'warn',
      text: rig.errors.first,
      detail: rig.errors.count > 1 ? `And ${rig.errors.count - 1} more on its page.` : null,
    }
  }
  if (state.tone === 'bad' || state.tone === 'warn')
    return { tone: state.tone, text: state.meaning, detail: rig.problem?.message ?? null }
  if (rig.freshness === 'stale' && rig.readAt !== null)
    return {
      tone: 'warn',
      text: `Last read ${formatShortDuration(now - rig.readAt)} ago`,
      detail: rig.problem?.message ?? null,
    }
  if (rig.state === 'mining') {
    if (rig.lastShareAt !== null && now - rig.lastShareAt > NO_SHARE_MS)
      return {
        tone: 'warn',
        text: `No share for ${formatShortDuration(now - rig.lastShareAt)}`,
        detail: 'It says that it mines, but nothing of it arrives at its pool.',
      }
    if (rig.pool?.alive === false)
      return { tone: 'warn', text: 'Its pool does not answer', detail: rig.pool.url }
    if (rig.hashrateHs !== null && rig.expectedHs !== null && rig.expectedHs > 0) {
      const ratio = rig.hashrateHs / rig.expectedHs
      if (ratio < LOW_RATE)
        return {
          tone: 'warn',
          text: `At ${formatPercent(ratio)} of its rate`,
          detail: 'It hashes much slower than its settings promise.',
        }
    }
  }
  if (rig.state === 'unknown')
    // Nothing wrong where it is only too early to know.
    return rig.problem === null
      ? { tone: 'neutral', text: state.meaning, detail: null }
      : { tone: 'warn', text: rig.problem.message, detail: null }
  if (rig.managedBy !== null)
    return {
      tone: 'info',
      text: `Managed by ${rig.managedBy}`,
      detail: 'A farm manager owns its pools and may change them back.',
    }
  return state.tone === 'good' ? FINE : { tone: state.tone, text: null, detail: null }
}
