import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  at,
  averageOf,
  booleanOf,
  difficultyOf,
  durationOf,
  ghsToHs,
  hashrateIn,
  lastShareOf,
  listOf,
  macOf,
  maxOf,
  measureOf,
  mhsToHs,
  numberOf,
  objectOf,
  sumOf,
  temperatureOf,
  textOf,
  thsToHs,
} from '../../../../src-main/fleet/index.ts'

const AT_MS = 1_720_000_000_000

describe('lenient readers', () => {
  it('read numbers as numbers and as text, and nothing else as one', () => {
    expect(numberOf(12.5)).toBe(12.5)
    expect(numberOf('7903.729')).toBe(7903.729)
    expect(numberOf(' -3 ')).toBe(-3)
    expect(numberOf('1e3')).toBe(1000)
    for (const none of [
      '',
      ' ',
      'nan',
      'NaN',
      '-nan',
      'inf',
      '0x10',
      '12 W',
      '1-2',
      NaN,
      Infinity,
      null,
      true,
      [],
      {},
    ]) {
      expect(numberOf(none), String(none)).toBeNull()
    }
  })

  it('read the number before a unit', () => {
    expect(measureOf('58.94W')).toBe(58.94)
    expect(measureOf('4052.00 RPM')).toBe(4052)
    expect(measureOf('-5.5 °C')).toBe(-5.5)
    expect(measureOf(3250)).toBe(3250)
    for (const none of ['', 'W', '62-60-59', '12:30', '2024-01-01', null]) expect(measureOf(none)).toBeNull()
  })

  it('read the usual words for yes and no', () => {
    for (const yes of [true, 1, '1', 'true', 'Yes', 'ON', 'Y', 'Enabled']) expect(booleanOf(yes)).toBe(true)
    for (const no of [false, 0, '0', 'false', 'No', 'off', 'N', 'disabled']) expect(booleanOf(no)).toBe(false)
    for (const none of [2, 'maybe', '', null, undefined, {}]) expect(booleanOf(none)).toBeNull()
  })

  it('reach into replies only as far as they go', () => {
    const reply: unknown = JSON.parse('{"STATS":[{"a":1},{"Elapsed":"77","list":[]}]}')
    expect(at(reply, 'STATS', 1, 'Elapsed')).toBe('77')
    expect(at(reply, 'STATS', 2, 'Elapsed')).toBeUndefined()
    expect(at(reply, 'STATS', 'length')).toBe(2)
    expect(at(reply, 'toString')).toBeUndefined()
    expect(at(null, 'a')).toBeUndefined()
    expect(listOf({ 0: 'a' })).toEqual([])
    expect(objectOf(['a'])).toEqual({})
    expect(textOf('  x ')).toBe('x')
    expect(textOf('  ')).toBeNull()
    expect(textOf(15)).toBe('15')
  })

  it('read difficulties with and without a suffix', () => {
    expect(difficultyOf('65.5K')).toBe(65_500)
    expect(difficultyOf('262K')).toBe(262_000)
    expect(difficultyOf('4.29G')).toBe(4_290_000_000)
    expect(difficultyOf('1.5 T')).toBe(1.5e12)
    expect(difficultyOf('270M')).toBe(270e6)
    expect(difficultyOf('2,048')).toBe(2048)
    expect(difficultyOf(512)).toBe(512)
    expect(difficultyOf('N/A')).toBeNull()
    expect(difficultyOf(-1)).toBeNull()
  })

  it('take what dead sensors say for nothing', () => {
    for (const dead of [-1, '-1', -273, '-273.0', 0, '0', 0.0, 255, '', 'nan', null, '60-61-62']) {
      expect(temperatureOf(dead), String(dead)).toBeNull()
    }
    expect(temperatureOf('61.5')).toBe(61.5)
    expect(temperatureOf('61.5 C')).toBe(61.5)
    expect(temperatureOf(-12)).toBe(-12)
  })

  it('bring every spelling of a MAC address into one, and keep what is none', () => {
    for (const spelled of ['AA:BB:CC:DD:EE:0F', 'aa-bb-cc-dd-ee-0f', 'AABBCCDDEE0F', 'aabb.ccdd.ee0f']) {
      expect(macOf(spelled)).toBe('aa:bb:cc:dd:ee:0f')
    }
    expect(macOf('AA:BB:CC:XX:EE:0F')).toBe('AA:BB:CC:XX:EE:0F')
    expect(macOf('00:00:00:00:00:00')).toBeNull()
    expect(macOf('')).toBeNull()
    expect(macOf(null)).toBeNull()
  })

  it('bring rates into whole hashes per second', () => {
    expect(ghsToHs('7903.729')).toBe(7_903_729_000_000)
    expect(mhsToHs(110_520_000.4)).toBe(110_520_000_400_000)
    expect(thsToHs(110.52)).toBe(110_520_000_000_000)
    expect(thsToHs(-1)).toBeNull()
    expect(hashrateIn('5', 'TH/s')).toBe(5e12)
    expect(hashrateIn('5', 'Mh')).toBe(5e6)
    expect(hashrateIn('5', 'sol/s')).toBe(5e9)
    expect(hashrateIn('5', undefined, 1e12)).toBe(5e12)
  })

  it.each([
    [42, 42],
    ['42', 42],
    ['1:02:03', 3723],
    ['1:55', 6900],
    ['3 days, 04:05', 273_900],
    ['1 day, 00:00:10', 86_410],
    ['1d 2h 3m 4s', 93_784],
    ['15m', 900],
    ['', null],
    ['soon', null],
    [-5, null],
    [null, null],
  ])('read the duration %j as %j s', (value, seconds) => {
    expect(durationOf(value)).toBe(seconds)
  })

  it('tell by its shape when a last share was found', () => {
    expect(lastShareOf(AT_MS / 1000 - 30, AT_MS)).toBe(AT_MS - 30_000)
    expect(lastShareOf(String(AT_MS / 1000 - 30), AT_MS)).toBe(AT_MS - 30_000)
    expect(lastShareOf(AT_MS - 1500, AT_MS)).toBe(AT_MS - 1500)
    expect(lastShareOf('0:00:07', AT_MS)).toBe(AT_MS - 7000)
    expect(lastShareOf('0', AT_MS)).toBeNull()
    expect(lastShareOf(0, AT_MS)).toBeNull()
    expect(lastShareOf('', AT_MS)).toBeNull()
    expect(lastShareOf(90, AT_MS, 100)).toBe(AT_MS - 10_000)
    expect(lastShareOf(90, AT_MS)).toBeNull()
    expect(lastShareOf(new Date(AT_MS - 1000).toISOString(), AT_MS)).toBe(AT_MS - 1000)
  })

  it('do not believe a share of tomorrow', () => {
    expect(lastShareOf(AT_MS / 1000 + 86_400, AT_MS)).toBeNull()
    expect(lastShareOf(AT_MS / 1000 + 60, AT_MS)).toBe(AT_MS)
  })

  it('leave unknown values out of sums, means and maxima', () => {
    expect([maxOf([null, 3, 5]), averageOf([null, 3, 5]), sumOf([null, 3, 5])]).toEqual([5, 4, 8])
    expect([maxOf([null]), averageOf([]), sumOf([null])]).toEqual([null, null, null])
  })

  it('never throw, whatever they are given', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        for (const read of [
          numberOf,
          measureOf,
          textOf,
          booleanOf,
          difficultyOf,
          temperatureOf,
          macOf,
          durationOf,
        ]) {
          read(value)
        }
        lastShareOf(value, AT_MS, 5)
        at(value, 'a', 0)
        const number = numberOf(value)
        expect(number === null || Number.isFinite(number)).toBe(true)
      }),
    )
  })
})
