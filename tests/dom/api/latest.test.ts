import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLatest } from '@/api/latest.ts'
import { DisconnectedError } from '@/api/problem.ts'

describe('questions of which only the last counts', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  function setUp() {
    const open: {
      query: string
      signal: AbortSignal
      answer(text: string): void
      fail(error: Error): void
    }[] = []
    const answers: string[] = []
    const problems: string[] = []
    const busy: boolean[] = []
    const latest = createLatest<string, string>({
      load: (query, signal) =>
        new Promise((resolve, reject) => open.push({ query, signal, answer: resolve, fail: reject })),
      onAnswer: (answer) => answers.push(answer),
      onProblem: ({ message }) => problems.push(message),
      onBusy: (is) => busy.push(is),
    })
    return { latest, open, answers, problems, busy }
  }

  it('drops an answer that comes after a later question', async () => {
    const { latest, open, answers } = setUp()
    latest.ask('first')
    latest.ask('second')
    expect(open[0]!.signal.aborted).toBe(true)
    open[1]!.answer('two')
    await vi.advanceTimersByTimeAsync(0)
    open[0]!.answer('one')
    await vi.advanceTimersByTimeAsync(0)
    expect(answers).toEqual(['two'])
  })

  it('asks once for a window that moved many times', async () => {
    const { latest, open } = setUp()
    for (const query of ['a', 'b', 'c']) {
      latest.ask(query, 100)
      await vi.advanceTimersByTimeAsync(60)
    }
    expect(open).toEqual([])
    await vi.advanceTimersByTimeAsync(100)
    expect(open.map(({ query }) => query)).toEqual(['c'])
  })

  it('is busy until the last one is answered, and says what went wrong with it', async () => {
    const { latest, open, busy, problems } = setUp()
    latest.ask('a')
    latest.ask('b')
    open[0]!.fail(new Error('old trouble'))
    await vi.advanceTimersByTimeAsync(0)
    expect(busy.at(-1)).toBe(true)
    expect(problems).toEqual([])
    open[1]!.fail(new Error('The history has stopped.'))
    await vi.advanceTimersByTimeAsync(0)
    expect(busy.at(-1)).toBe(false)
    expect(problems).toEqual(['The history has stopped.'])
  })

  it('leaves a lost link to those who show it', async () => {
    const { latest, open, problems, busy } = setUp()
    latest.ask('a')
    open[0]!.fail(new DisconnectedError())
    await vi.advanceTimersByTimeAsync(0)
    expect(problems).toEqual([])
    expect(busy.at(-1)).toBe(false)
  })
})
