/** What happened to a rig between two looks at it, as events of the history. Pure. */
import { type EventKind, type Rig } from '../../src-preload/contract/index.ts'
import { type FarmEvent } from '../history/index.ts'

/** Rigs do not always start counting at 0 again at once; less than this is rounding. */
const UPTIME_SLACK_S = 5

/** Of a rig as it was and as it is; none when nothing happened that a chart should mark. */
export function rigEvents(before: Rig, after: Rig, atMs: number): FarmEvent[] {
  const event = (kind: EventKind, text: string): FarmEvent => ({
    atMs,
    kind,
    subjectKind: 'rig',
    subject: after.id,
    text,
  })
  const events: FarmEvent[] = []
  const { name } = after
  const wasThere = isThere(before)
  const isThereNow = isThere(after)
  if (wasThere && after.state === 'unreachable') {
    events.push(event('rig-unreachable', `${name} does not answer any more.`))
  }
  if (before.state === 'unreachable' && isThereNow) events.push(event('rig-back', `${name} answers again.`))
  if (hasRestarted(before, after)) events.push(event('rig-restarted', `${name} started anew.`))
  if (wasThere && isThereNow && before.state !== after.state) {
    if (after.state === 'overheated') {
      events.push(event('rig-overheated', `${name} stopped because it is too hot.`))
    } else if (before.state === 'mining') {
      events.push(event('rig-stopped', `${name} stopped hashing (${after.state}).`))
    } else if (after.state === 'mining') events.push(event('rig-hashing', `${name} hashes.`))
  }
  return events
}

function isThere({ state }: Rig): boolean {
  return state !== 'unreachable' && state !== 'unknown'
}

/** Its uptime fell: by more than it can fall when it is read late. */
function hasRestarted(before: Rig, after: Rig): boolean {
  if (before.uptimeS === null || after.uptimeS === null) return false
  return after.uptimeS + UPTIME_SLACK_S < before.uptimeS
}
