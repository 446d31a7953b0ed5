import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LiveListView, LiveValueView } from '../../../src-main/api/live-view.ts'
import { type LiveList } from '../../../src-preload/contract/index.ts'

interface Item {
  id: string
  n: number
}

/** What a follower that applies every event ends up with. */
class Mirror {
  readonly items = new Map<string, Item>()
  snapshots = 0
  revision = -1

  apply(event: LiveList<Item>): void {
    if (event.kind === 'snapshot') {
      this.snapshots++
      this.items.clear()
      for (const item of event.items) this.items.set(item.id, item)
    } else {
      expect(event.revision).toBe(this.revision + 1)
      for (const id of event.removedIds) this.items.delete(id)
      for (const item of event.upserts) this.items.set(item.id, item)
    }
    this.revision = event.revision
  }
}

describe('a live value', () => {
  it('begins with the newest value, skips what a follower was too slow for, and ends on abort', async () => {
    const view = new LiveValueView(0)
    const abort = new AbortController()
    const stream = view.follow(abort.signal)
    expect((await stream.next()).value).toEqual({ revision: 0, value: 0 })
    for (let value = 1; value <= 100; value++) view.set(value)
    expect((await stream.next()).value).toEqual({ revision: 100, value: 100 })
    const waiting = stream.next()
    abort.abort()
    expect((await waiting).done).toBe(true)
  })

  it('gives nothing to a follower that left before it began', async () => {
    expect((await new LiveValueView(0).follow(AbortSignal.abort()).next()).done).toBe(true)
  })
})

describe('a live list', () => {
  it('gives changes in order, each with the next revision', async () => {
    const view = new LiveListView<Item>()
    const abort = new AbortController()
    const stream = view.follow(abort.signal)
    await stream.next()
    for (let n = 0; n < 8; n++) view.apply([{ id: 'a', n }])
    for (let n = 0; n < 8; n++) {
      expect((await stream.next()).value).toEqual({
        kind: 'changes',
        revision: n + 1,
        upserts: [{ id: 'a', n }],
        removedIds: [],
      })
    }
    abort.abort()
    expect((await stream.next()).done).toBe(true)
  })

  it('gives a follower that fell behind the newest snapshot instead of the backlog', async () => {
    const view = new LiveListView<Item>()
    const stream = view.follow()
    await stream.next()
    for (let n = 0; n < 1000; n++) view.apply([{ id: 'a', n }])
    expect((await stream.next()).value).toEqual({
      kind: 'snapshot',
      revision: 1000,
      items: [{ id: 'a', n: 999 }],
    })
    view.apply([], ['a'])
    expect((await stream.next()).value).toEqual({
      kind: 'changes',
      revision: 1001,
      upserts: [],
      removedIds: ['a'],
    })
    await stream.return()
  })

  it('says nothing when nothing differs', () => {
    const view = new LiveListView<Item>()
    let changes = 0
    view.onChange(() => changes++)
    view.replace([{ id: 'a', n: 1 }])
    view.replace([{ id: 'a', n: 1 }])
    view.apply([], [])
    expect(changes).toBe(1)
    view.replace([])
    expect([changes, view.items]).toEqual([2, []])
  })

  it('keeps every follower in step, however the changes and the reading fall together', async () => {
    const operation = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), id: fc.constantFrom('a', 'b', 'c'), n: fc.nat(9) }),
      fc.record({ kind: fc.constant('remove' as const), id: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ kind: fc.constant('read' as const) }),
      fc.record({ kind: fc.constant('burst' as const), count: fc.integer({ min: 1, max: 30 }) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 60 }), async (operations) => {
        const view = new LiveListView<Item>()
        const abort = new AbortController()
        const stream = view.follow(abort.signal)
        const mirror = new Mirror()
        let revision = 0
        const read = async (): Promise<void> => {
          const { value } = await stream.next()
          if (value) mirror.apply(value)
        }
        await read()
        for (const step of operations) {
          if (step.kind === 'put') view.apply([{ id: step.id, n: step.n }])
          if (step.kind === 'remove') view.apply([], [step.id])
          if (step.kind === 'burst') for (let n = 0; n < step.count; n++) view.apply([{ id: 'z', n }])
          if (step.kind !== 'read') revision += step.kind === 'burst' ? step.count : 1
          else if (mirror.revision < revision) await read()
        }
        while (mirror.revision < revision) await read()
        expect([...mirror.items.values()]).toEqual(expect.arrayContaining(view.items) as Item[])
        expect(mirror.items.size).toBe(view.items.length)
        abort.abort()
        await stream.return()
      }),
      { numRuns: 200 },
    )
  })
})
