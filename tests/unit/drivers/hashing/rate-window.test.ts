import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RateWindow } from '../../../../src-main/drivers/hashing/rate-window.ts'
import { hasSharedFixtures, sharedFixture } from '../../../support/shared-fixtures.ts'

interface Vector {
  id: string
  input: { samples: [number, number][]; windowSeconds: number; capacity?: number; queryAt: number }
  expected: { rate: number; retained?: number }
}

/** From the estimator vectors: seconds and hashes. */
const SELECTED: Vector[] = [
  {
    id: 'single sample, elapsed 10 s',
    input: { samples: [[0, 1000]], windowSeconds: 100, queryAt: 10 },
    expected: { rate: 100 },
  },
  {
    id: 'zero span',
    input: { samples: [[0, 1000]], windowSeconds: 100, queryAt: 0 },
    expected: { rate: 0 },
  },
  {
    id: 'all expired',
    input: { samples: [[0, 5000]], windowSeconds: 100, queryAt: 200 },
    expected: { rate: 0 },
  },
]

function check({ input, expected }: Vector): void {
  const window = new RateWindow({
    windowMs: input.windowSeconds * 1000,
    ...(input.capacity === undefined ? {} : { capacity: input.capacity }),
  })
  for (const [second, hashes] of input.samples) window.add(hashes, second * 1000)
  const estimate = window.estimate(input.queryAt * 1000)
  expect(Math.floor(estimate.hashrateHs)).toBe(expected.rate)
  if (expected.retained !== undefined) expect(estimate.nonces).toBe(expected.retained)
}

describe('the rate over a window', () => {
  it.each(SELECTED)('agrees with the vector "$id"', check)

  it('counts time without nonces from when nonces could have come', () => {
    const window = new RateWindow()
    window.restart(0)
    window.add(4000, 3000)
    expect(window.estimate(4000).hashrateHs).toBe(1000)
  })

  it('says how sure it is, and that fewer than five nonces say little', () => {
    const window = new RateWindow()
    window.restart(0)
    expect(window.estimate(1000)).toMatchObject({ sigmaRatio: null, isSettling: true, nonces: 0 })
    for (let i = 0; i < 4; i++) window.add(10, 1000)
    expect(window.estimate(2000)).toMatchObject({ sigmaRatio: 0.5, isSettling: true })
    for (let i = 0; i < 96; i++) window.add(10, 1500)
    expect(window.estimate(2000)).toMatchObject({ sigmaRatio: 0.1, isSettling: false, nonces: 100 })
  })

  it('divides by the whole window once it is full', () => {
    const window = new RateWindow({ windowMs: 10_000 })
    window.restart(0)
    for (let second = 1; second <= 60; second++) window.add(100, second * 1000)
    const estimate = window.estimate(60_500)
    expect(estimate.coveredMs).toBe(10_000)
    expect(estimate.hashrateHs).toBe(100)
  })

  it('begins anew after a restart', () => {
    const window = new RateWindow()
    window.add(1e9, 0)
    window.restart(1000)
    expect(window.estimate(2000)).toMatchObject({ hashrateHs: 0, nonces: 0, coveredMs: 1000 })
  })

  it('never holds more than its capacity, and what it holds is the newest', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 200 }),
        (capacity, pauses) => {
          const window = new RateWindow({ windowMs: 1e9, capacity })
          let atMs = 0
          const times: number[] = []
          for (const pause of pauses) {
            atMs += pause
            times.push(atMs)
            window.add(1, atMs)
          }
          const kept = times.slice(-capacity)
          const estimate = window.estimate(atMs + 1)
          expect(estimate.nonces).toBe(kept.length)
          if (kept.length > 0) expect(estimate.coveredMs).toBe(atMs + 1 - kept[0]!)
        },
      ),
    )
  })
})

describe.runIf(hasSharedFixtures)('the rate over a window, by all vectors', () => {
  const vectors = hasSharedFixtures
    ? (JSON.parse(sharedFixture('asic/hashrate.json')) as { vectors: Vector[] }).vectors
    : []
  it.each(vectors)('$id', check)
})
