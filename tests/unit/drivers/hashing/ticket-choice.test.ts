import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseTicket } from '../../../../src-main/drivers/hashing/ticket-choice.ts'
import { meetsTarget, asBlockHash, targetOfDifficulty } from '../../../../src-main/mining/index.ts'

const AVAILABLE = Array.from({ length: 17 }, (_, n) => 2 ** n)
const wish = (hashrateHs: number, difficulty = 1e9, current: number | null = null) => ({
  available: AVAILABLE,
  fixedZeroBits: 32,
  hashrateHs,
  shareTarget: targetOfDifficulty(difficulty),
  current,
})

describe('the choice of a ticket', () => {
  it.each([
    [1.07e12, 256],
    [0.63e12, 128],
    [0.13e12, 32],
    [336e6, 1],
    [4e9, 1],
  ])('at %d H/s is %d', (hashrateHs, ticket) => {
    expect(chooseTicket(wish(hashrateHs))).toBe(ticket)
  })

  it('is never above what shares are held to', () => {
    expect(chooseTicket(wish(1.07e12, 100))).toBe(64)
    expect(chooseTicket(wish(1.07e12, 64))).toBe(64)
    expect(chooseTicket(wish(1.07e12, 1))).toBe(1)
  })

  it('is the least there is where shares are easier than anything a chip reports', () => {
    expect(chooseTicket(wish(1e12, 0.001))).toBe(1)
  })

  it('stays while nonces come between every two seconds and twice a second', () => {
    const at = (perSecond: number) => chooseTicket(wish(perSecond * 256 * 2 ** 32, 1e9, 256))
    expect([0.51, 1, 1.99].map(at)).toEqual([256, 256, 256])
    expect(at(0.4)).toBe(128)
    expect(at(2.5)).toBe(512)
  })

  it('follows the difficulty of shares down at once, and up again', () => {
    expect(chooseTicket(wish(1.07e12, 128, 256))).toBe(128)
    expect(chooseTicket(wish(1.07e12, 32, 128))).toBe(32)
    expect(chooseTicket(wish(1.07e12, 512, 32))).toBe(256)
  })

  it('is 1 where none can be set', () => {
    expect(chooseTicket({ ...wish(1e12), available: [] })).toBe(1)
  })

  it('is scaled for chips that ask for fewer zero bits', () => {
    const simulated = { ...wish(1.07e12 * 2 ** -22, 1e9), fixedZeroBits: 10 }
    expect(chooseTicket(simulated)).toBe(256)
    expect(chooseTicket({ ...simulated, shareTarget: targetOfDifficulty(2 ** -20) })).toBe(4)
  })

  it('never hides a share: whatever meets the target meets the ticket', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        fc.double({ min: 1e8, max: 1e14, noNaN: true }),
        (difficulty, hashrateHs) => {
          const shareTarget = targetOfDifficulty(difficulty)
          const ticket = chooseTicket(wish(hashrateHs, difficulty))
          // The easiest hash that meets the target of shares is the target itself.
          const bits = 32 + Math.log2(ticket)
          const ticketTarget = new Uint8Array(32).fill(0xff)
          for (let bit = 0; bit < bits; bit++) ticketTarget[31 - (bit >> 3)]! &= ~(0x80 >> (bit & 7))
          expect(meetsTarget(asBlockHash(shareTarget), targetOf(ticketTarget))).toBe(true)
        },
      ),
    )
  })
})

function targetOf(bytes: Uint8Array): Parameters<typeof meetsTarget>[1] {
  return bytes as Parameters<typeof meetsTarget>[1]
}
