import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  readBtc,
  readHashrateUnit,
  readMoment,
  readSats,
  readSuffixed,
  scaleDecimal,
  sumByDay,
  txidOf,
} from '../../../../src-main/earnings/accounts/read-values.ts'
import { type Answer, parseAnswer } from '../../../../src-main/earnings/outside/answer.ts'

const answer = (json: string): Answer =>
  parseAnswer({ entry: 'account/a', host: 'pool.example' }, `{"v":${json}}`).get('v')

/** The digits of an amount of sats, as bitcoin. */
const asBtc = (sats: number): string => {
  const digits = String(sats).padStart(9, '0')
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`
}

const ALL_SATS = 2_100_000_000_000_000

describe('amounts of bitcoin', () => {
  it('become the same sats whether written as text or as a number, all there can be', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: ALL_SATS }), (sats) => {
        expect(readBtc(answer(`"${asBtc(sats)}"`))).toBe(sats)
        expect(readBtc(answer(asBtc(sats)))).toBe(sats)
        expect(readBtc(answer(String(sats / 1e8)))).toBe(sats)
      }),
    )
  })

  it.each([
    ['0.00000001', 1],
    ['1e-8', 1],
    ['4.5e-05', 4_500],
    ['"0"', 0],
    ['20999999.99999999', 2_099_999_999_999_999],
    ['0.000045036645168645', 4_504],
    ['0.000000005', 1],
    ['0.0000000049999999999999', 0],
    ['-0.00000002', -2],
    ['0.1', 10_000_000],
  ])('%s bitcoin are %i sats', (json, sats) => {
    expect(readBtc(answer(json))).toBe(sats)
  })

  it.each([
    '21000001',
    '"NaN"',
    '"1,5"',
    'true',
    '{}',
    '"0x10"',
    '""',
    '1e400',
    '"1e99999999"',
    `"${'9'.repeat(70)}"`,
  ])('%s is no amount', (json) => {
    expect(() => readBtc(answer(json))).toThrow(expect.objectContaining({ code: 'outside/changed' }))
  })

  it('keeps an amount in sats whole', () => {
    expect(readSats(answer('12345'))).toBe(12_345)
    expect(readSats(answer('"12345.0"'))).toBe(12_345)
    expect(() => readSats(answer('1e30'))).toThrow(/is no amount of sats/)
  })

  it('scales without a float in between', () => {
    expect(scaleDecimal('123456789012345678901234567890.123456789', 8)).toBe(
      12345678901234567890123456789012345679n,
    )
    expect(scaleDecimal('0e999', 8)).toBe(0n)
    expect(scaleDecimal('abc', 8)).toBeNull()
  })
})

describe('moments', () => {
  it.each([
    ['1700000000', 1_700_000_000_000],
    ['"1700000000"', 1_700_000_000_000],
    ['1700000000.5', 1_700_000_000_500],
    ['"2026-08-03T15:24:24"', Date.UTC(2026, 7, 3, 15, 24, 24)],
    ['"2026-08-03T15:24:24Z"', Date.UTC(2026, 7, 3, 15, 24, 24)],
    ['"2026-08-03 15:24:24"', Date.UTC(2026, 7, 3, 15, 24, 24)],
    ['"2026-08-03T17:24:24+02:00"', Date.UTC(2026, 7, 3, 15, 24, 24)],
    ['"2026-08-03"', Date.UTC(2026, 7, 3)],
  ])('%s is the moment %i', (json, atMs) => {
    expect(readMoment(answer(json))).toBe(atMs)
  })

  it.each(['0', '-1', '1700000000000', '"yesterday"', '"2026-99-99"', 'null', '1e300'])(
    '%s is none',
    (json) => {
      expect(() => readMoment(answer(json))).toThrow(expect.objectContaining({ code: 'outside/changed' }))
    },
  )
})

describe('hashrates', () => {
  it.each([
    ['"1.13T"', 1.13e12],
    ['"517G"', 517e9],
    ['"0"', 0],
    ['"2.5K"', 2_500],
    ['"1.2E"', 1.2e18],
    ['1234.5', 1234.5],
  ])('%s is %d', (json, value) => {
    expect(readSuffixed(answer(json))).toBeCloseTo(value, 3)
  })

  it.each(['"1.2.3T"', '"T"', '"12X"', '-1', '"-5G"'])('%s is none', (json) => {
    expect(() => readSuffixed(answer(json))).toThrow(expect.objectContaining({ code: 'outside/changed' }))
  })

  it('knows the units pools write', () => {
    expect(readHashrateUnit(answer('"Gh/s"'))).toBe(1e9)
    expect(readHashrateUnit(answer('"TH/s"'))).toBe(1e12)
    expect(() => readHashrateUnit(answer('"Sol/s"'))).toThrow(/is no unit of hashrate/)
  })
})

it('adds up what several rows say of one day, oldest first', () => {
  expect(
    sumByDay([
      { day: 5, sats: 10 },
      { day: 4, sats: 1 },
      { day: 5, sats: -3 },
    ]),
  ).toEqual([
    { day: 4, sats: 1 },
    { day: 5, sats: 7 },
  ])
})

it('takes nothing for a transaction that is none', () => {
  expect(txidOf('AB'.repeat(32))).toBe('ab'.repeat(32))
  expect(txidOf('abc')).toBeNull()
  expect(txidOf(null)).toBeNull()
})
