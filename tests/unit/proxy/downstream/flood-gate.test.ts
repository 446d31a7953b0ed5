import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FloodGate } from '../../../../src-main/proxy/downstream/flood-gate.ts'

const HASHES_PER_DIFFICULTY = 2 ** 32
/** The target that every hash meets. */
const NOTHING = 2.3e-10

/** The difficulty at which `hashrateHs` finds so many shares a second. */
const difficultyAt = (hashrateHs: number, sharesPerSecond: number): number =>
  hashrateHs / sharesPerSecond / HASHES_PER_DIFFICULTY

/** Shares a second that `hashrateHs` may send for a pool that asks for nothing. */
const letThrough = (gate: FloodGate, hashrateHs: number): number =>
  hashrateHs / (gate.floor(NOTHING) * HASHES_PER_DIFFICULTY)

describe('the flood gate', () => {
  it('lets everything pass as long as nothing is known of the rigs', () => {
    const gate = new FloodGate()
    expect(gate.floor(NOTHING)).toBe(0)
    expect(gate.cap(NOTHING)).toBe(NOTHING)
    gate.update(1e12)
    gate.update(0)
    expect(gate.floor(NOTHING)).toBe(0)
  })

  it('holds any farm to a few shares a second at a pool whose target every hash meets', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e3, max: 1e18, noNaN: true }), (hashrateHs) => {
        const gate = new FloodGate()
        gate.update(hashrateHs)
        expect(letThrough(gate, hashrateHs)).toBeGreaterThanOrEqual(4 * 0.999)
        expect(letThrough(gate, hashrateHs)).toBeLessThanOrEqual(8.001)
        expect(gate.cap(NOTHING)).toBe(gate.floor(NOTHING))
      }),
    )
  })

  it('keeps no share from a pool that is merely generous: they are paid', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e6, max: 1e18, noNaN: true }),
        fc.double({ min: 0.001, max: 45, noNaN: true }),
        (hashrateHs, sharesPerSecond) => {
          const gate = new FloodGate()
          gate.update(hashrateHs)
          const poolDifficulty = difficultyAt(hashrateHs, sharesPerSecond)
          expect(gate.floor(poolDifficulty)).toBe(0)
          expect(gate.cap(poolDifficulty)).toBe(poolDifficulty)
        },
      ),
    )
  })

  it('does not follow the noise of a measurement', () => {
    const gate = new FloodGate()
    gate.update(1e12)
    const floor = gate.floor(NOTHING)
    for (const factor of [1.05, 1.3, 1.1, 1.25, 1.02]) {
      gate.update(1e12 * factor)
      expect(gate.floor(NOTHING)).toBe(floor)
    }
  })

  it('follows when the farm grows or shrinks for good', () => {
    const gate = new FloodGate()
    gate.update(1e12)
    gate.update(10e12)
    expect(letThrough(gate, 10e12)).toBeLessThanOrEqual(11.3)
    gate.update(1e9)
    expect(letThrough(gate, 1e9)).toBeGreaterThanOrEqual(4 * 0.999)
  })

  it('can be left open', () => {
    const gate = new FloodGate(Number.POSITIVE_INFINITY)
    gate.update(1e15)
    expect(gate.floor(NOTHING)).toBe(0)
  })
})
