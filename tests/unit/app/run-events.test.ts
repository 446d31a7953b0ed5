import { describe, expect, it } from 'vitest'
import { runEvents } from '../../../src-main/app/run-events.ts'
import { type Run, type RunItem } from '../../../src-preload/contract/index.ts'

function item(n: number, state: RunItem['state'] = 'done'): RunItem {
  const at = { startedAt: 1, endedAt: 2 + n, canUndo: false }
  return { rigId: `rig-${n}`, rigName: `Rig ${n}`, state, message: '', proof: null, problem: null, ...at }
}

function run(changes: Partial<Run>): Run {
  return {
    id: 'run-1',
    action: 'set-fan',
    dryRun: false,
    state: 'done',
    message: '',
    startedAt: 1,
    endedAt: 9,
    items: [item(0)],
    undoes: null,
    undoneBy: null,
    canUndo: false,
    ...changes,
  }
}

describe('what people did to rigs', () => {
  it('is told of each rig, at the moment it was done', () => {
    expect(runEvents(run({ items: [item(0), item(3)] }))).toMatchObject([
      { atMs: 2, kind: 'rig-action', subject: 'rig-0', text: 'Rig 0 was told: set fan.' },
      { atMs: 5, subject: 'rig-3' },
    ])
  })

  it('leaves out what was not done, was only rehearsed, or goes on', () => {
    expect(runEvents(run({ items: [item(0, 'failed'), item(1, 'skipped')] }))).toEqual([])
    expect(runEvents(run({ dryRun: true }))).toEqual([])
    expect(runEvents(run({ endedAt: null }))).toEqual([])
  })

  it('is one mark for many rigs', () => {
    const items = Array.from({ length: 30 }, (_, n) => item(n))
    expect(runEvents(run({ items }))).toMatchObject([
      { subjectKind: 'farm', subject: '', text: '30 rigs were told: set fan.' },
    ])
  })
})
