import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../../src-main/base/index.ts'
import { JobFeed } from '../../../../src-main/drivers/hashing/job-feed.ts'
import { settle } from '../../../support/hashing/session-bench.ts'

function begun(intervalMs = 500) {
  const clock = new ManualClock()
  const sentAtMs: number[] = []
  const failures: unknown[] = []
  let answer: () => Promise<boolean> = () => Promise.resolve(true)
  const feed = new JobFeed({
    clock,
    intervalMs: () => intervalMs,
    send: () => {
      sentAtMs.push(clock.monotonicMs())
      return answer()
    },
    onFailure: (error) => failures.push(error),
  })
  const pass = async (ms: number, stepMs = 10): Promise<void> => {
    for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
      clock.advance(stepMs)
      await settle()
    }
  }
  feed.start()
  return { clock, feed, sentAtMs, failures, pass, answerWith: (how: typeof answer) => (answer = how) }
}

describe('the feed of jobs', () => {
  it('sends at each interval, without drift', async () => {
    const b = begun()
    await b.pass(2000)
    expect(b.sentAtMs).toEqual([0, 500, 1000, 1500, 2000])
    expect(b.feed.timing()).toEqual({ sent: 5, lateness: [5, 0, 0, 0, 0, 0], latestMs: 0 })
  })

  it('sends at once what is newer, and counts the interval from then', async () => {
    const b = begun()
    await b.pass(200)
    b.feed.now()
    await b.pass(600)
    expect(b.sentAtMs).toEqual([0, 200, 700])
  })

  it('keeps its beat after a write that took long: what was missed is left out, and the lateness told', async () => {
    const b = begun(100)
    await settle()
    let free: (wasSent: boolean) => void = () => undefined
    b.answerWith(() => new Promise((resolve) => (free = resolve)))
    b.clock.advance(100)
    await b.pass(230)
    b.answerWith(() => Promise.resolve(true))
    free(true)
    await settle()
    await b.pass(270)
    expect(b.sentAtMs).toEqual([0, 100, 330, 400, 500, 600])
    expect(b.feed.timing()).toMatchObject({ lateness: [5, 0, 0, 0, 1, 0], latestMs: 30 })
  })

  it('never has two writes under way, and sends the newer job when the line is free', async () => {
    const b = begun()
    let free: (wasSent: boolean) => void = () => undefined
    await settle()
    b.answerWith(() => new Promise((resolve) => (free = resolve)))
    b.feed.now()
    b.feed.now()
    b.feed.now()
    await b.pass(1000)
    expect(b.sentAtMs).toEqual([0, 0])
    expect(b.feed.writingForMs).toBe(1000)
    b.answerWith(() => Promise.resolve(true))
    free(true)
    await settle()
    expect(b.sentAtMs).toEqual([0, 0, 1000])
    expect(b.feed.timing().latestMs).toBe(1000)
  })

  it('looks again soon when there was nothing new', async () => {
    const b = begun()
    await settle()
    b.answerWith(() => Promise.resolve(false))
    b.feed.now()
    await settle()
    await b.pass(250)
    expect(b.sentAtMs).toEqual([0, 0, 100, 200])
    expect(b.feed.timing().sent).toBe(1)
  })

  it('sends nothing once it is stopped, and tells of a line that fails once', async () => {
    const b = begun()
    await settle()
    b.answerWith(() => Promise.reject(new Error('no line')))
    await b.pass(600)
    expect(b.failures).toHaveLength(1)
    b.feed.stop()
    b.feed.now()
    await b.pass(1000)
    expect(b.sentAtMs).toEqual([0, 500])
    expect(b.clock.pending).toBe(0)
  })
})
