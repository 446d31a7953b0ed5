import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createConnection, type Connection } from '@/api/connection.ts'
import { follow, type Following, type FollowStatus } from '@/api/follow.ts'
import { createFollowedList } from '@/api/live-list.ts'
import { PretendCore } from '../../support/pretend-core.ts'
import { pretendRig } from '../../support/pretend-farm.ts'
import { pass, useFakeClock } from '../mount-app.ts'
import type { Downstream } from '@contract'

const rig = (id: string, hashrateHs = 1): Downstream => pretendRig({ id, hashrateHs })

describe('a followed list', () => {
  it('keeps the order of first appearance through changes', () => {
    const list = createFollowedList<Downstream>()
    expect(list.items.value).toBeNull()
    list.apply({ kind: 'snapshot', revision: 7, items: [rig('a'), rig('b')] })
    list.apply({ kind: 'changes', revision: 8, upserts: [rig('c'), rig('a', 5)], removedIds: [] })
    expect(list.items.value?.map((each) => [each.id, each.hashrateHs])).toEqual([
      ['a', 5],
      ['b', 1],
      ['c', 1],
    ])
    list.apply({ kind: 'changes', revision: 9, upserts: [], removedIds: ['b', 'nobody'] })
    expect(list.items.value?.map((each) => each.id)).toEqual(['a', 'c'])
    expect(list.find('b')).toBeUndefined()
  })

  it('refuses a change that does not follow the last one, and changes nothing', () => {
    const list = createFollowedList<Downstream>()
    expect(list.apply({ kind: 'changes', revision: 1, upserts: [rig('x')], removedIds: [] })).toBe(false)
    list.apply({ kind: 'snapshot', revision: 7, items: [rig('a')] })
    for (const revision of [6, 7, 9]) {
      expect(list.apply({ kind: 'changes', revision, upserts: [rig('x')], removedIds: ['a'] })).toBe(false)
      expect(list.items.value?.map((each) => each.id)).toEqual(['a'])
    }
    expect(list.apply({ kind: 'snapshot', revision: 2, items: [rig('b')] })).toBe(true)
    expect(list.items.value?.map((each) => each.id)).toEqual(['b'])
  })

  it('never changes a list that was handed out', () => {
    const list = createFollowedList<Downstream>()
    list.apply({ kind: 'snapshot', revision: 1, items: [rig('a')] })
    const before = list.items.value
    list.apply({ kind: 'changes', revision: 2, upserts: [rig('b')], removedIds: [] })
    expect(before?.map((each) => each.id)).toEqual(['a'])
  })
})

describe('following', () => {
  let core: PretendCore
  let connection: Connection
  let following: Following
  const list = createFollowedList<Downstream>()
  const statuses: FollowStatus['phase'][] = []

  beforeEach(async () => {
    useFakeClock()
    list.clear()
    statuses.length = 0
    core = new PretendCore({ rigs: [rig('a')] })
    connection = createConnection({ transport: core, random: () => 0.5 })
    following = follow(connection, {
      open: (client, signal) => client.downstreams.live(undefined, { signal }),
      apply: list.apply,
      onStatus: (status) => statuses.push(status.phase),
    })
    connection.start()
    await pass()
  })
  afterEach(() => {
    following.stop()
    connection.stop()
    vi.useRealTimers()
  })

  it('begins when the connection is there, with a snapshot', () => {
    expect(list.items.value?.map((each) => each.id)).toEqual(['a'])
    expect(statuses).toEqual(['live'])
  })

  it('begins anew after a reconnection', async () => {
    core.cut()
    core.rigs.change([rig('b')], ['a'])
    await pass(600)
    expect(list.items.value?.map((each) => each.id)).toEqual(['b'])
    expect(statuses).toEqual(['live', 'waiting', 'live'])
  })

  it('asks for a new snapshot after a gap, and not in a tight loop', async () => {
    core.rigs.change([rig('b')], [], true)
    for (let round = 0; round < 100; round++) core.rigs.change([rig('c', round)])
    await pass()
    expect(core.callsOf('downstreams.live')).toHaveLength(1)
    await pass(300)
    expect(core.callsOf('downstreams.live')).toHaveLength(2)
    expect(list.items.value?.map((each) => each.id)).toEqual(['a', 'b', 'c'])
  })

  it('says what the core said when the stream fails, and asks again', async () => {
    core.failRigs('The proxy has stopped. Restart Headframe.')
    await pass()
    expect(statuses.at(-1)).toBe('failed')
    expect(list.items.value).not.toBeNull()
    await pass(3100)
    expect(statuses.at(-1)).toBe('live')
  })

  it('leaves no reader behind when stopped', async () => {
    following.stop()
    await pass()
    expect(core.rigs.readers.readers).toBe(0)
    core.cut()
    await pass(600)
    expect(core.callsOf('downstreams.live')).toHaveLength(1)
  })
})
