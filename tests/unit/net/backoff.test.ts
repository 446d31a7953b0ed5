import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Entropy } from '../../../src-main/base/index.ts'
import {
  afterConnectionEnded,
  afterFailure,
  backoffDelayMs,
  DEFAULT_BACKOFF,
  NO_BACKOFF,
} from '../../../src-main/net/index.ts'

const none: Entropy = (length) => new Uint8Array(length)
const most: Entropy = (length) => new Uint8Array(length).fill(0xff)
const policy = { firstMs: 500, maxMs: 60_000, factor: 2, jitterRatio: 0.5, steadyAfterMs: 30_000 }

describe('backoff', () => {
  it('doubles up to its limit', () => {
    expect([1, 2, 3, 8, 9, 1000].map((failures) => backoffDelayMs(policy, failures, none))).toEqual([
      500, 1000, 2000, 60_000, 60_000, 60_000,
    ])
  })

  it('lets chance take away up to half', () => {
    expect(backoffDelayMs(policy, 2, most)).toBeCloseTo(500, 3)
  })

  it('stays within its limits whatever chance does', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        (failures, bytes) => {
          const delay = backoffDelayMs(DEFAULT_BACKOFF, failures, () => bytes)
          expect(delay).toBeGreaterThan(0)
          expect(delay).toBeLessThanOrEqual(DEFAULT_BACKOFF.maxMs)
        },
      ),
    )
  })

  it('counts failures in a row and says when to try again', () => {
    const first = afterFailure(policy, NO_BACKOFF, 1_000, none)
    expect(first).toEqual({ failures: 1, retryAtMs: 1_500 })
    expect(afterFailure(policy, first, 2_000, none)).toEqual({ failures: 2, retryAtMs: 3_000 })
  })

  it('starts anew after a connection that lasted', () => {
    const worn = { failures: 7, retryAtMs: 0 }
    expect(afterConnectionEnded(policy, worn, 30_000, 100_000, none)).toEqual({
      failures: 1,
      retryAtMs: 100_500,
    })
  })

  it('keeps growing when a pool accepts and hangs up at once', () => {
    const worn = { failures: 3, retryAtMs: 0 }
    expect(afterConnectionEnded(policy, worn, 50, 100_000, none)).toEqual({ failures: 4, retryAtMs: 104_000 })
  })
})
