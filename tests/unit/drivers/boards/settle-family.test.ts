import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bitaxeFamily } from '../../../../src-main/drivers/boards/bitaxe.ts'
import { anonymousStick } from '../../../../src-main/drivers/boards/icarus.ts'
import { scanAddresses, settle } from '../../../../src-main/drivers/boards/settle-family.ts'

const onBus = (...addresses: number[]) => ({
  busAddresses: new Set(addresses),
  chips: null,
  goldenExtraBytes: null,
})

describe('settling which board of a family it is', () => {
  it('offers a voltage that every board with these parts allows before the chip is known', () => {
    const settled = settle(bitaxeFamily, onBus(0x24, 0x4c))
    expect(settled.kind).toBe('open')
    if (settled.kind !== 'open') return
    expect(settled.provisional?.coreVoltageMv).toEqual({ min: 1150, max: 1150, step: 1, default: 1150 })
    expect(settled.provisional?.limits.chipTripC).toBe(75)
    expect(settled.provisional?.limits.maxPowerW).toBe(25)
  })

  it('settles on one board once its chips answered', () => {
    const found = (model: number, count: number, ...addresses: number[]) => {
      const settled = settle(bitaxeFamily, { ...onBus(...addresses), chips: { model, count } })
      if (settled.kind !== 'settled') return settled.kind
      return settled.member.kind === 'model' ? settled.member.model.id : `not ${settled.member.board.id}`
    }
    expect(found(0x1370, 1, 0x24, 0x4c)).toBe('bitaxe-gamma')
    expect(found(0x1368, 1, 0x24, 0x4c)).toBe('bitaxe-supra-402')
    expect(found(0x1366, 1, 0x24, 0x4c)).toBe('bitaxe-ultra-207')
    expect(found(0x1366, 1, 0x40, 0x48, 0x4c)).toBe('bitaxe-ultra')
    expect(found(0x1368, 1, 0x40, 0x48, 0x4c)).toBe('bitaxe-supra')
    expect(found(0x1397, 1, 0x40, 0x48, 0x4c)).toBe('bitaxe-max')
    expect(found(0x1370, 2, 0x24, 0x4c)).toBe('not bitaxe-gamma-duo')
    expect(found(0x1362, 1, 0x24, 0x4c)).toBe('unknown')
  })

  it('gives no voltage to boards whose parts alone say that they are not driven', () => {
    expect(settle(bitaxeFamily, onBus(0x24, 0x2e)).kind).toBe('settled')
    const hex = settle(bitaxeFamily, onBus(0x24, 0x2f, 0x4a, 0x4b))
    expect(hex.kind === 'open' && hex.provisional).toBeNull()
  })

  it('gives no voltage to combinations that fit no board', () => {
    const settled = settle(bitaxeFamily, onBus(0x24, 0x48, 0x4c))
    expect(settled.kind).toBe('unknown')
    expect(settled.kind === 'unknown' && settled.message).toContain('24 48 4c')
    expect(settle(bitaxeFamily, onBus()).kind).toBe('unknown')
  })

  it('never offers a voltage outside any table that still fits, whatever answers on the bus', () => {
    const addresses = fc.uniqueArray(fc.constantFrom(...scanAddresses(bitaxeFamily)))
    fc.assert(
      fc.property(addresses, (answering) => {
        const settled = settle(bitaxeFamily, onBus(...answering))
        if (settled.kind !== 'open' || settled.provisional === null) return
        const mv = settled.provisional.coreVoltageMv!.default
        for (const member of settled.members) {
          if (member.kind !== 'model') continue
          const { min, max } = member.model.coreVoltageMv!
          expect(mv >= min && mv <= max).toBe(true)
        }
      }),
    )
  })

  it('tells anonymous sticks apart by what follows the golden nonce', () => {
    const settled = settle(anonymousStick, { busAddresses: null, chips: null, goldenExtraBytes: 1 })
    expect(settled.kind === 'settled' && settled.member.kind === 'model' && settled.member.model.id).toBe(
      'antminer-u1-u2',
    )
    expect(settle(anonymousStick, { busAddresses: null, chips: null, goldenExtraBytes: 7 }).kind).toBe(
      'unknown',
    )
  })
})
