import { describe, expect, it } from 'vitest'
import { rounded, roundedText } from '../../../../src-main/practice/firmware/figures.ts'

describe('figures of practice rigs', () => {
  it('are rounded as the real ones are', () => {
    expect(rounded(104_123.45678, 3)).toBe(104_123.457)
    expect(roundedText(104_123.45678, 2)).toBe('104123.46')
    expect(roundedText(0, 2)).toBe('0.00')
    expect(roundedText(1.5, 0)).toBe('2')
  })

  it('keep four digits however small they are, without an exponent', () => {
    expect(roundedText(4.0123456e-6, 2)).toBe('0.000004012')
    expect(rounded(4.0123456e-6, 3)).toBe(4.012e-6)
    expect(roundedText(1.3e-9, 2)).toBe('0.000000001300')
    expect(rounded(0.5, 0)).toBe(0.5)
  })
})
