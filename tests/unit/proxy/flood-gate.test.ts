import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FloodGate } from '../../../src-main/proxy/flood-gate.ts'

const HASHES_PER_DIFFICULTY = 2 ** 32

/** Shares a second that `hashrateHs` finds at the gate's difficulty. */
const rateAt = (gate: FloodGate, hashrateHs: number): number =>
  hashrateHs / (gate.difficulty * HASHES_PER_DIFFICULTY)

describe('the flood gate', () => {
  it('lets everything pass as long as nothing is known of the rigs', () => {
    const gate = new FloodGate()
    expect(gate.difficulty).toBe(0)
    expect(gate.cap(2.3e-10)).toBe(2.3e-10)
    gate.update(1e12)
    gate.update(0)
    expect(gate.difficulty).toBe(0)
  })

  it('holds any farm to a few shares a second, whatever the pool grants', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e3, max: 1e18, noNaN: true }), (hashrateHs) => {
        const gate = new FloodGate()
        gate.update(hashrateHs)
        expect(rateAt(gate, hashrateHs)).toBeGreaterThanOrEqual(4 * 0.999)
        expect(rateAt(gate, hashrateHs)).toBeLessThanOrEqual(8.001)
        expect(gate.cap(2.3e-10)).toBe(gate.difficulty)
      }),
    )
  })

  it("never raises what a pool asks for on purpose above the pool's own difficulty", () => {
    const gate = new FloodGate()
    gate.update(100e12)
    expect(gate.cap(65_536)).toBe(65_536)
  })

  it('does not follow the noise of a measurement', () => {
    const gate = new FloodGate()
    gate.update(1e12)
    const { difficulty } = gate
    for (const factor of [1.05, 1.3, 1.1, 1.25, 1.02]) {
      gate.update(1e12 * factor)
      expect(gate.difficulty).toBe(difficulty)
    }
  })

  it('follows when the farm grows or shrinks for good', () => {
    const gate = new FloodGate()
    gate.update(1e12)
    gate.update(10e12)
    expect(rateAt(gate, 10e12)).toBeLessThanOrEqual(11.2)
    gate.update(1e9)
    expect(rateAt(gate, 1e9)).toBeGreaterThanOrEqual(4 * 0.999)
  })

  it('can be left open', () => {
    const gate = new FloodGate(Number.POSITIVE_INFINITY)
    gate.update(1e15)
    expect(gate.difficulty).toBe(0)
  })
})
