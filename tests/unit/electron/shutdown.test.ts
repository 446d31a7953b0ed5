import { describe, expect, it } from 'vitest'
import { ManualClock, silentLogger } from '../../../src-main/base/index.ts'
import { Shutdown, STOP_LIMIT_MS } from '../../../src-main/electron/shutdown.ts'

function shutting(stop: () => Promise<void>): { shutdown: Shutdown; clock: ManualClock; codes: number[] } {
  const clock = new ManualClock()
  const codes: number[] = []
  const shutdown = new Shutdown({ clock, log: silentLogger, stop, exit: (code) => codes.push(code) })
  return { shutdown, clock, codes }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('ending the program', () => {
  it('stops once, whoever asks and however often, and ends with the first code', async () => {
    let stops = 0
    const { shutdown, clock, codes } = shutting(() => Promise.resolve(void stops++))
    expect(shutdown.hasBegun).toBe(false)
    shutdown.begin(0)
    shutdown.begin(1)
    expect(shutdown.hasBegun).toBe(true)
    await settled()
    shutdown.begin(1)
    expect([stops, codes, clock.pending]).toEqual([1, [0], 0])
  })

  it('ends after the limit when something will not stop, with a code that says so', async () => {
    let release = (): void => undefined
    const { shutdown, clock, codes } = shutting(() => new Promise((resolve) => (release = resolve)))
    shutdown.begin(0)
    clock.advance(STOP_LIMIT_MS - 1)
    expect(codes).toEqual([])
    clock.advance(1)
    expect(codes).toEqual([1])
    release()
    await settled()
    expect(codes).toEqual([1])
  })

  it('ends with its code even if stopping fails', async () => {
    const { shutdown, codes } = shutting(() => Promise.reject(new Error('stuck')))
    shutdown.begin(0)
    await settled()
    expect(codes).toEqual([0])
  })
})
