import { describe, expect, it } from 'vitest'
import { ManualClock, sleep, systemClock } from '../../../src-main/base/index.ts'

describe('a clock moved by hand', () => {
  it('runs what falls due in order of time, not of asking', () => {
    const clock = new ManualClock()
    const ran: string[] = []
    clock.after(20, () => ran.push('late'))
    clock.after(10, () => ran.push('early'))
    clock.advance(9)
    expect(ran).toEqual([])
    clock.advance(11)
    expect(ran).toEqual(['early', 'late'])
  })

  it('shows a callback the moment it was due', () => {
    const clock = new ManualClock(1000)
    let seen: number[] = []
    clock.after(30, () => (seen = [clock.nowMs(), clock.monotonicMs()]))
    clock.advance(100)
    expect(seen).toEqual([1030, 30])
    expect(clock.monotonicMs()).toBe(100)
  })

  it('repeats until cancelled, also from within', () => {
    const clock = new ManualClock()
    let count = 0
    const timer = clock.every(10, () => {
      if (++count === 3) timer.cancel()
    })
    clock.advance(100)
    expect(count).toBe(3)
    expect(clock.pending).toBe(0)
  })

  it('runs what a callback asks for within the same step', () => {
    const clock = new ManualClock()
    const ran: number[] = []
    clock.after(10, () => clock.after(10, () => ran.push(clock.monotonicMs())))
    clock.advance(25)
    expect(ran).toEqual([20])
  })

  it('moves wall time alone when a person sets it', () => {
    const clock = new ManualClock(5000)
    clock.advance(10)
    clock.setWallTime(1000)
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1000, 10])
  })

  it('lets sleepers wake', async () => {
    const clock = new ManualClock()
    let awake = false
    const sleeping = sleep(clock, 50).then(() => (awake = true))
    clock.advance(49)
    await Promise.resolve()
    expect(awake).toBe(false)
    clock.advance(1)
    await sleeping
    expect(awake).toBe(true)
  })
})

describe('the system clock', () => {
  it('never goes back in elapsed time', () => {
    const first = systemClock.monotonicMs()
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(first)
  })

  it('runs and cancels', async () => {
    let ran = ''
    const cancelled = systemClock.after(1, () => (ran += 'cancelled'))
    cancelled.cancel()
    await new Promise<void>((done) => {
      const keepAlive = setInterval(() => {}, 1000)
      systemClock.after(2, () => {
        ran += 'kept'
        clearInterval(keepAlive)
        done()
      })
    })
    expect(ran).toBe('kept')
  })
})
