import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeErrorCode, errorCodeBucket, ErrorCodes } from '../../../src-main/sv2/error-codes.ts'

const known = Object.values(ErrorCodes).flatMap((codes) => Object.values<string>(codes))

describe('error codes', () => {
  it.each([...new Set(known)])('have a sentence of their own for %s', (code) => {
    expect(describeErrorCode(code)).not.toContain(code)
    expect(describeErrorCode(code)).toMatch(/^[A-Z].*\.$/)
    expect(errorCodeBucket(code)).toBe(code)
  })

  it('tell an unknown user from a stale share', () => {
    expect(describeErrorCode('unknown-user')).toContain('user name')
    expect(describeErrorCode('stale-share')).toContain('too late')
    expect(describeErrorCode('duplicate-share')).toContain('already')
    expect(describeErrorCode('bad-extranonce-size')).toContain('extranonce length')
    expect(describeErrorCode('min-extranonce-size-too-large')).toContain('search space')
  })

  it('understand variations other pools send', () => {
    expect(describeErrorCode('Unknown_User')).toBe(describeErrorCode('unknown-user'))
    expect(describeErrorCode('invalid-job-param-value-nbits')).toBe(describeErrorCode('invalid-nbits'))
    expect(describeErrorCode('share difficulty too low')).toBe(describeErrorCode('difficulty-too-low'))
  })

  it('quote what nobody knows, without its control characters and not without end', () => {
    expect(describeErrorCode('moon-phase\u001b[31m')).toBe(
      'The pool refused with "moon-phase?[31m". Ask the pool what it means if it happens often.',
    )
    expect(describeErrorCode('q'.repeat(255)).length).toBeLessThan(140)
    expect(describeErrorCode('')).toContain('without a reason')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (code) => {
        expect(describeErrorCode(code)).toMatch(/^[\x20-\x7e]+$/)
      }),
    )
  })

  it('share one bucket when unknown, so that a pool cannot grow our tables', () => {
    expect(errorCodeBucket('moon-phase')).toBe('other')
    expect(errorCodeBucket('toString')).toBe('other')
  })
})
