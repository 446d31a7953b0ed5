import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../../src-main/base/index.ts'
import { SessionTimeout } from '../../../../src-main/proxy/upstream/session-timeout.ts'

describe('what a session waits for', () => {
  it('is named with how long it was waited for', () => {
    const clock = new ManualClock()
    const seen: [string, number][] = []
    const timeout = new SessionTimeout(clock, (what, ms) => seen.push([what, ms]))
    timeout.await('a handshake', 1000)
    clock.advance(999)
    expect(seen).toEqual([])
    clock.advance(1)
    expect(seen).toEqual([['a handshake', 1000]])
    clock.advance(10_000)
    expect(seen).toHaveLength(1)
  })

  it('is one thing at a time, or nothing', () => {
    const clock = new ManualClock()
    const seen: string[] = []
    const timeout = new SessionTimeout(clock, (what) => seen.push(what))
    timeout.await('a handshake', 1000)
    timeout.await('a job', 5000)
    clock.advance(2000)
    expect(seen).toEqual([])
    timeout.clear()
    clock.advance(10_000)
    expect(seen).toEqual([])
    expect(clock.pending).toBe(0)
  })
})
