import { describe, expect, it } from 'vitest'
import { EventFeed } from '../../../src-main/app/event-feed.ts'
import { ManualClock, silentLogger } from '../../../src-main/base/index.ts'
import { type FarmEvent } from '../../../src-main/history/index.ts'
import { fakeRig } from '../../support/fake-fleet.ts'

function feedInto(record: (events: readonly FarmEvent[]) => Promise<void>) {
  const clock = new ManualClock()
  return { clock, feed: new EventFeed({ clock, log: silentLogger, record }) }
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

describe('events on their way into the history', () => {
  it('are written together within a second, in order', async () => {
    const written: string[][] = []
    const { clock, feed } = feedInto((events) => {
      written.push(events.map(({ text }) => text))
      return Promise.resolve()
    })
    feed.add('started', 'one')
    feed.add('pool-switch', 'two', 'pool', 'p1')
    expect(written).toEqual([])
    clock.advance(1000)
    await settle()
    expect(written).toEqual([['one', 'two']])
    expect(clock.pending).toBe(0)
  })

  it('wait while the history refuses, the newest 2000 of them, and are written once it does not', async () => {
    let refuses = true
    const written: FarmEvent[] = []
    const { clock, feed } = feedInto((events) => {
      if (refuses) return Promise.reject(new Error('the disk is full'))
      written.push(...events)
      return Promise.resolve()
    })
    for (let i = 0; i < 1500; i++) feed.add('alert', `${i}`)
    clock.advance(1000)
    await settle()
    for (let i = 1500; i < 2500; i++) feed.add('alert', `${i}`)
    clock.advance(30_000)
    await settle()
    expect(written).toEqual([])
    refuses = false
    clock.advance(30_000)
    await settle()
    expect(written.map(({ text }) => text)).toEqual(Array.from({ length: 2000 }, (_, i) => `${i + 500}`))
  })

  it('keep what happens while a write is under way', async () => {
    let release = (): void => {}
    const written: string[] = []
    const { clock, feed } = feedInto(async (events) => {
      await new Promise<void>((resolve) => (release = resolve))
      written.push(...events.map(({ text }) => text))
    })
    feed.add('started', 'one')
    clock.advance(1000)
    await settle()
    feed.add('stopped', 'two')
    const stopped = feed.stop()
    release()
    await settle()
    release()
    await stopped
    expect(written).toEqual(['one', 'two'])
  })

  it('leave no timer behind at the end, even while the history refuses', async () => {
    const { clock, feed } = feedInto(() => Promise.reject(new Error('the thread was ended')))
    feed.add('started', 'one')
    clock.advance(1000)
    await settle()
    expect(clock.pending).toBe(1)
    await feed.stop()
    expect(clock.pending).toBe(0)
  })

  it('are made of what changed about a rig, and nothing of one that was forgotten meanwhile', async () => {
    const written: string[] = []
    const { feed } = feedInto((events) => {
      written.push(...events.map(({ kind }) => kind))
      return Promise.resolve()
    })
    feed.sawRig(fakeRig())
    feed.sawRig(fakeRig({ state: 'unreachable' }))
    feed.forgetRig(fakeRig().id)
    feed.sawRig(fakeRig())
    await feed.settled()
    expect(written).toEqual(['rig-unreachable'])
  })
})
