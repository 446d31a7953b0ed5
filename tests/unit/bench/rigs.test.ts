import { describe, expect, it } from 'vitest'
import { dueNs } from '../../bench/end-to-end/rigs.ts'

const NONCES_PER_RIG = 2 ** 18
const loop = {
  sent: 5,
  accepted: 5,
  refused: 0,
  unanswered: 0,
  unasked: 0,
  wallMs: 500,
  cpuMs: 1,
  p50Ms: 1,
  p90Ms: 1,
  p99Ms: 1,
  p999Ms: 1,
  maxMs: 1,
  sentLateMs: 0,
  startNs: 1_000,
  firstNonce: 7,
}

describe('the schedule of an open loop', () => {
  it('tells by its nonce when a share was due: rigs take turns', () => {
    const due = (rig: number, turn: number): number | null =>
      dueNs(loop, rig * NONCES_PER_RIG + 7 + turn, 2, 10)
    expect([due(0, 0), due(1, 0), due(0, 1), due(1, 1), due(0, 2)]).toEqual([
      1_000, 100_001_000, 200_001_000, 300_001_000, 400_001_000,
    ])
  })

  it('knows shares that are not of this loop', () => {
    expect(dueNs(loop, 6, 2, 10)).toBeNull()
    expect(dueNs(loop, NONCES_PER_RIG + 7 + 2, 2, 10)).toBeNull()
  })
})
