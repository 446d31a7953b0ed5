import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src-main/base/index.ts'
import { WriteJoiner } from '../../../src-main/net/index.ts'
import { IdleWatch } from '../../../src-main/net/net-loop.ts'

describe('write joiner', () => {
  it('lets everyone write once, in the next turn', () => {
    const turns: (() => void)[] = []
    const joiner = new WriteJoiner((run) => turns.push(run))
    let flushed = 0
    const writer = { flush: (): void => void flushed++ }
    joiner.add(writer)
    joiner.add(writer)
    expect([turns.length, flushed]).toEqual([1, 0])
    turns.shift()?.()
    expect(flushed).toBe(2)
    joiner.add(writer)
    expect(turns.length).toBe(1)
  })

  it('has nothing left to do in the turn after an early flush', () => {
    const turns: (() => void)[] = []
    const joiner = new WriteJoiner((run) => turns.push(run))
    let flushed = 0
    joiner.add({ flush: () => void flushed++ })
    joiner.flush()
    expect(flushed).toBe(1)
    turns.shift()?.()
    expect(flushed).toBe(1)
  })

  it('keeps what is added during a flush for the next turn', () => {
    const turns: (() => void)[] = []
    const joiner = new WriteJoiner((run) => turns.push(run))
    const log: string[] = []
    const second = { flush: (): void => void log.push('second') }
    joiner.add({
      flush: () => {
        log.push('first')
        joiner.add(second)
      },
    })
    turns.shift()?.()
    expect(log).toEqual(['first'])
    turns.shift()?.()
    expect(log).toEqual(['first', 'second'])
  })
})

describe('idle watch', () => {
  const watched = (watch: IdleWatch, idleTimeoutMs: number): { ended: boolean; lastReadAtMs: number } => {
    const state = {
      ended: false,
      lastReadAtMs: watch.nowMs,
      idleTimeoutMs,
      endIdle(): void {
        state.ended = true
        watch.remove(state)
      },
    }
    watch.add(state)
    return state
  }

  it('ends a silent peer between its timeout and two periods later', () => {
    const clock = new ManualClock()
    const silent = watched(new IdleWatch(clock, 5_000), 20_000)
    clock.advance(20_000)
    expect(silent.ended).toBe(false)
    clock.advance(10_000)
    expect(silent.ended).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it('leaves a peer alone that speaks, or that may be silent for ever', () => {
    const clock = new ManualClock()
    const watch = new IdleWatch(clock, 5_000)
    const speaking = watched(watch, 20_000)
    const patient = watched(watch, 0)
    for (let i = 0; i < 20; i++) {
      clock.advance(10_000)
      speaking.lastReadAtMs = watch.nowMs
    }
    expect([speaking.ended, patient.ended]).toEqual([false, false])
  })

  it('has no timer while nobody is watched', () => {
    const clock = new ManualClock()
    new IdleWatch(clock, 5_000)
    expect(clock.pending).toBe(0)
  })
})
