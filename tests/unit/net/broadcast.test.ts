import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Broadcast } from '../../../src-main/net/index.ts'

/** A loop whose turns are run by hand. */
class Turns {
  #waiting: (() => void)[] = []
  readonly next = (run: () => void): void => void this.#waiting.push(run)

  run(): boolean {
    const now = this.#waiting
    this.#waiting = []
    for (const run of now) run()
    return now.length > 0
  }

  runAll(): void {
    while (this.run());
  }
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

describe('broadcast', () => {
  it('delivers one slice a turn, the first at once', () => {
    const turns = new Turns()
    const broadcast = new Broadcast<number>({ nextTurn: turns.next })
    const heard: number[] = []
    broadcast.start(numbers(150), (target) => heard.push(target))
    expect(heard).toHaveLength(64)
    turns.run()
    expect(heard).toHaveLength(128)
    expect(broadcast.active).toBe(true)
    turns.run()
    expect(heard).toEqual(numbers(150))
    expect(broadcast.active).toBe(false)
    expect(turns.run()).toBe(false)
  })

  it('says when the last has heard', () => {
    const turns = new Turns()
    const broadcast = new Broadcast<number>({ nextTurn: turns.next, sliceSize: 2 })
    let done = 0
    broadcast.start(
      numbers(3),
      () => {},
      () => done++,
    )
    expect(done).toBe(0)
    turns.runAll()
    expect(done).toBe(1)
    broadcast.start(
      [],
      () => {},
      () => done++,
    )
    expect(done).toBe(2)
  })

  it('goes by the targets as they were at the start', () => {
    const turns = new Turns()
    const broadcast = new Broadcast<number>({ nextTurn: turns.next, sliceSize: 2 })
    const targets = numbers(4)
    const heard: number[] = []
    broadcast.start(targets, (target) => heard.push(target))
    targets.length = 0
    turns.runAll()
    expect(heard).toEqual(numbers(4))
  })

  it('flushes after each slice', () => {
    const turns = new Turns()
    const log: string[] = []
    const broadcast = new Broadcast<number>({
      nextTurn: turns.next,
      sliceSize: 2,
      afterSlice: () => log.push('flush'),
    })
    broadcast.start(numbers(3), (target) => log.push(String(target)))
    turns.runAll()
    expect(log).toEqual(['0', '1', 'flush', '2', 'flush'])
  })

  it('gives way to a newer round and names whom the older had not reached', () => {
    const turns = new Turns()
    const broadcast = new Broadcast<number>({ nextTurn: turns.next, sliceSize: 2 })
    const heard: string[] = []
    let olderDone = false
    broadcast.start(
      numbers(5),
      (target) => heard.push(`old ${String(target)}`),
      () => (olderDone = true),
    )
    const missed = broadcast.start(numbers(5), (target) => heard.push(`new ${String(target)}`))
    turns.runAll()
    expect(missed).toEqual([2, 3, 4])
    expect(heard).toEqual(['old 0', 'old 1', 'new 0', 'new 1', 'new 2', 'new 3', 'new 4'])
    expect(olderDone).toBe(false)
  })

  it('is not driven faster by turns that an older round had asked for', () => {
    const turns = new Turns()
    const broadcast = new Broadcast<number>({ nextTurn: turns.next, sliceSize: 2 })
    broadcast.start(numbers(10), () => {})
    const heard: number[] = []
    broadcast.start(numbers(10), (target) => heard.push(target))
    turns.run()
    expect(heard).toHaveLength(4)
  })

  it('stops when cancelled', () => {
    const turns = new Turns()
    const broadcast = new Broadcast<number>({ nextTurn: turns.next, sliceSize: 2 })
    const heard: number[] = []
    broadcast.start(numbers(5), (target) => heard.push(target))
    expect(broadcast.cancel()).toEqual([2, 3, 4])
    turns.runAll()
    expect(heard).toEqual([0, 1])
    expect(broadcast.cancel()).toEqual([])
  })

  it('may be started anew from within a delivery', () => {
    const turns = new Turns()
    const broadcast = new Broadcast<number>({ nextTurn: turns.next, sliceSize: 2 })
    const heard: string[] = []
    broadcast.start(numbers(4), (target) => {
      heard.push(`old ${String(target)}`)
      broadcast.start(numbers(4), (inner) => heard.push(`new ${String(inner)}`))
    })
    turns.runAll()
    expect(heard).toEqual(['old 0', 'new 0', 'new 1', 'new 2', 'new 3'])
  })

  it('reaches everyone exactly once, whatever the sizes', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.integer({ min: 1, max: 100 }), (count, sliceSize) => {
        const turns = new Turns()
        const heard: number[] = []
        new Broadcast<number>({ nextTurn: turns.next, sliceSize }).start(numbers(count), (target) =>
          heard.push(target),
        )
        turns.runAll()
        expect(heard).toEqual(numbers(count))
      }),
    )
  })
})
