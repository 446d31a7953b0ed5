import { describe, expect, it } from 'vitest'
import { rigEvents } from '../../../src-main/app/rig-events.ts'
import { fakeRig } from '../../support/fake-fleet.ts'

const kinds = (before: Parameters<typeof fakeRig>[0], after: Parameters<typeof fakeRig>[0]): string[] =>
  rigEvents(fakeRig(before), fakeRig(after), 7).map(({ kind }) => kind)

describe('what happened to a rig between two looks', () => {
  it('is nothing while it goes on as before', () => {
    expect(kinds({ uptimeS: 100 }, { uptimeS: 110 })).toEqual([])
    expect(kinds({ state: 'unknown' }, { state: 'mining' })).toEqual([])
  })

  it('is a restart when its uptime fell, also across a time without answer', () => {
    expect(kinds({ uptimeS: 3600 }, { uptimeS: 12 })).toEqual(['rig-restarted'])
    expect(kinds({ uptimeS: 3600, state: 'unreachable' }, { uptimeS: 12 })).toEqual([
      'rig-back',
      'rig-restarted',
    ])
  })

  it('is no restart when an uptime is rounded differently or not said', () => {
    expect(kinds({ uptimeS: 3600 }, { uptimeS: 3598 })).toEqual([])
    expect(kinds({ uptimeS: 3600 }, { uptimeS: null })).toEqual([])
  })

  it('tells not answering and answering again', () => {
    expect(kinds({}, { state: 'unreachable' })).toEqual(['rig-unreachable'])
    expect(kinds({ state: 'unreachable' }, {})).toEqual(['rig-back'])
    expect(kinds({ state: 'unknown' }, { state: 'unreachable' })).toEqual([])
  })

  it('tells stopping for heat from stopping, and hashing again', () => {
    expect(kinds({}, { state: 'overheated' })).toEqual(['rig-overheated'])
    expect(kinds({}, { state: 'paused' })).toEqual(['rig-stopped'])
    expect(kinds({ state: 'paused' }, {})).toEqual(['rig-hashing'])
    expect(kinds({ state: 'paused' }, { state: 'stopped' })).toEqual([])
  })

  it('names the rig by its id for the chart and by its name for a person', () => {
    expect(rigEvents(fakeRig(), fakeRig({ state: 'unreachable' }), 7)).toEqual([
      {
        atMs: 7,
        kind: 'rig-unreachable',
        subjectKind: 'rig',
        subject: '02:00:00:00:00:01',
        text: 'Attic does not answer any more.',
      },
    ])
  })
})
