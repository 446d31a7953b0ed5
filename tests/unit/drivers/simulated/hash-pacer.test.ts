import { describe, expect, it } from 'vitest'
import { type Clock } from '../../../../src-main/base/index.ts'
import { HashPacer } from '../../../../src-main/drivers/simulated/hash-pacer.ts'

const TURN_MS = 50

/** On a machine whose turns come when they come: the test calls them. */
function paced(hashrateHs: number) {
  let nowMs = 0
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    after: () => ({ cancel: () => undefined }),
    every: () => ({ cancel: () => undefined }),
  }
  const turns: number[] = []
  const pacer = new HashPacer(clock, TURN_MS, (count) => turns.push(count))
  pacer.setRate(hashrateHs)
  return {
    turns,
    /** @param everyMs passes before each */
    take(count: number, everyMs: number) {
      for (let turn = 0; turn < count; turn++) {
        nowMs += everyMs
        pacer.catchUp()
      }
    },
    sum: () => turns.reduce((all, count) => all + count, 0),
  }
}

describe('the pace of a simulated chip', () => {
  it('is its rate', () => {
    const { take, sum } = paced(255_346)
    take(200, TURN_MS)
    expect(sum()).toBeGreaterThan(255_346 * 9.99)
    expect(sum()).toBeLessThanOrEqual(255_346 * 10)
  })

  it('makes up for a thread that was busy without keeping it busy: a board whose thermometer went unheard was switched off', () => {
    const { turns, take, sum } = paced(100_000)
    take(1, 400)
    take(12, 0)
    expect(Math.max(...turns)).toBe((2 * TURN_MS * 100_000) / 1000)
    expect(sum()).toBe(40_000)
  })

  it('lets go what a machine that slept would have hashed', () => {
    const { take, sum } = paced(100_000)
    take(1, 3_600_000)
    take(100, 0)
    expect(sum()).toBe(50_000)
  })
})
