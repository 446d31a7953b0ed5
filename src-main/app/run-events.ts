/** What people did to rigs, as events of the history: once it has ended, and only what was really done. Pure. */
import { type EventKind, type Run, type Tuning } from '../../src-preload/contract/index.ts'
import { type FarmEvent } from '../history/index.ts'

/** Above this, a mark for each rig would hide the chart. */
const RIGS_NAMED = 12

/** Of a run that has ended; none for a rehearsal and for one in which nothing was done. */
export function runEvents(run: Run): FarmEvent[] {
  const { dryRun, endedAt, action, items } = run
  const done = items.filter(({ state }) => state === 'done' || state === 'unproven')
  if (dryRun || endedAt === null || done.length === 0) return []
  const what = action.replaceAll('-', ' ')
  if (done.length > RIGS_NAMED) {
    const text = `${done.length} rigs were told: ${what}.`
    return [{ atMs: endedAt, kind: 'rig-action' satisfies EventKind, subjectKind: 'farm', subject: '', text }]
  }
  return done.map(({ rigId, rigName, endedAt: at }) => ({
    atMs: at ?? endedAt,
    kind: 'rig-action' satisfies EventKind,
    subjectKind: 'rig',
    subject: rigId,
    text: `${rigName} was told: ${what}.`,
  }))
}

/** Of tuning that has ended. */
export function tuningEvents({ id: rigId, state, message, endedAt }: Tuning): FarmEvent[] {
  if (state === 'running' || endedAt === null) return []
  const text = message === '' ? `Tuning ended (${state}).` : `Tuning ended: ${message}`
  return [{ atMs: endedAt, kind: 'tuning' satisfies EventKind, subjectKind: 'rig', subject: rigId, text }]
}
