import { describe, expect, it } from 'vitest'
import { describeBestShare, formatDifficulty } from '@/format/difficulty.ts'
import { formatHashrate, formatHashrateAxis, hashrateQuantity } from '@/format/hashrate.ts'
import { formatSats } from '@/format/money.ts'
import { formatBytes, formatCount, formatPercent, formatPlural } from '@/format/number.ts'

describe('hashrate', () => {
  it.each([
    [0, '0 H/s'],
    [0.25, '0.25 H/s'],
    [1, '1.00 H/s'],
    [999, '999 H/s'],
    [1000, '1.00 kH/s'],
    [3_141_592, '3.14 MH/s'],
    [48.2e9, '48.2 GH/s'],
    [4.82e12, '4.82 TH/s'],
    [281e12, '281 TH/s'],
    [1.5e15, '1.50 PH/s'],
    [6.02e20, '602 EH/s'],
    [1e24, '1000 ZH/s'],
  ])('of %d H/s reads %s', (hashrateHs, text) => expect(formatHashrate(hashrateHs)).toBe(text))

  it('takes the next unit rather than a thousand of one', () => {
    expect(formatHashrate(999_499)).toBe('999 kH/s')
    expect(formatHashrate(999_500)).toBe('1.00 MH/s')
    expect(formatHashrate(9.996e12)).toBe('10.0 TH/s')
  })

  it('comes apart into digits and unit', () => {
    expect(hashrateQuantity(4.82e12)).toEqual({ value: '4.82', unit: 'TH/s' })
  })

  it('drops needless decimals on an axis', () => {
    expect([0, 50e12, 1.5e12].map(formatHashrateAxis)).toEqual(['0', '50 TH/s', '1.5 TH/s'])
  })
})

describe('difficulty', () => {
  it.each([
    [0, '0'],
    [0.000_122_07, '0.000122'],
    [8, '8'],
    [512.4, '512'],
    [999.7, '1.00 k'],
    [16_384, '16.4 k'],
    [4.29e9, '4.29 G'],
    [1.5e14, '150 T'],
  ])('of %d reads %s', (difficulty, text) => expect(formatDifficulty(difficulty)).toBe(text))

  it('tells in words how far the best share is from a block', () => {
    expect(describeBestShare(0.45, 1)).toBe('45 % of a block')
    expect(describeBestShare(1e6, 4e7)).toBe('1 in 40 of a block')
    expect(describeBestShare(1.54e9, 1.5e14)).toBe('1 in 97,403 of a block')
    expect(describeBestShare(1, 1.5e14)).toBe('1 in 150 trillion of a block')
    expect(describeBestShare(9, 10)).toBe('almost a block')
    expect(describeBestShare(10, 10)).toBe('enough for a block')
    expect(describeBestShare(0, 10)).toBeNull()
    expect(describeBestShare(10, null)).toBeNull()
  })
})

describe('counts, parts and sums', () => {
  it('groups digits', () => {
    expect(formatCount(1_234_567)).toBe('1,234,567')
    expect([1, 0, 10_000].map((count) => formatPlural(count, 'rig', 'rigs'))).toEqual([
      '1 rig',
      '0 rigs',
      '10,000 rigs',
    ])
  })

  it('never rounds something to nothing, or almost all to all', () => {
    expect(formatPercent(0)).toBe('0 %')
    expect(formatPercent(0.00001)).toBe('< 0.01 %')
    expect(formatPercent(0.0023)).toBe('0.23 %')
    expect(formatPercent(0.0234)).toBe('2.3 %')
    expect(formatPercent(0.5)).toBe('50 %')
    expect(formatPercent(0.999_999)).toBe('99.99 %')
    expect(formatPercent(1)).toBe('100 %')
  })

  it('writes bytes with decimal prefixes', () => {
    expect([0, 999, 1530, 48_200_000].map(formatBytes)).toEqual(['0 B', '999 B', '1.53 kB', '48.2 MB'])
  })

  it('writes sats as sats while small and as BTC from a hundredth on, losing none', () => {
    expect([0, 1, 12_345, 999_999].map(formatSats)).toEqual([
      '0 sats',
      '1 sat',
      '12,345 sats',
      '999,999 sats',
    ])
    expect([1_000_000, 312_500_000, 315_482_177].map(formatSats)).toEqual([
      '0.01 BTC',
      '3.125 BTC',
      '3.15482177 BTC',
    ])
  })
})
