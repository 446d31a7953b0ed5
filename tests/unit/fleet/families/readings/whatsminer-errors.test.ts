import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isHeatError,
  splitWhatsminerCode,
  WHATSMINER_ERROR_ROWS,
  whatsminerError,
} from '../../../../../src-main/fleet/families/readings/whatsminer-errors.ts'

/** Every number that the tables named in the digest explain, with the values 0 to 3 where a slot or pool stands. */
const EXPLAINED = [
  ...[100, 110, 111, 120, 121, 130, 131, 140],
  ...range(200, 219),
  ...range(233, 241),
  ...range(243, 251),
  ...range(253, 257),
  ...range(263, 296),
  ...[
    ...range(300, 303),
    ...range(320, 323),
    329,
    ...range(350, 353),
    ...range(360, 363),
    370,
    ...range(380, 383),
  ],
  ...[
    400,
    ...range(410, 413),
    ...range(420, 423),
    ...range(430, 433),
    ...range(440, 443),
    ...range(450, 453),
  ],
  ...[500, ...[51, 52, 53, 54, 55, 56, 57, 58, 59].flatMap((sub) => range(sub * 10, sub * 10 + 3))],
  ...[600, 610, 700, 701, ...range(710, 714), ...range(720, 723), 800, 801, 802, 810, 900, 901, 902],
  ...[2000, 2010, 2020, 2021, 2022, 2030, 2040, 2110, 2111, 2112, 2310, 2320, 2330, 2340, 2350],
  ...[501, 502, 503, 504, 505, 507, 509].flatMap((head) => range(head * 10, head * 10 + 3)),
  ...[5080, ...[511, 512, 513, 517].flatMap((head) => range(head * 10, head * 10 + 3))],
  ...[5213, 5301, 5422, 5510, 5625, 520_104, 531_017, 542_111, 550_000, 562_999],
  ...[8000, 8010, 8020, 8035, 8100, 8200, 8210, 8220, 8300, 8400, 8410],
  ...[0, 1, 2, 3, 4].flatMap((value) => [8500 + value, 8530 + value]),
  ...[
    8600,
    8610,
    8620,
    8621,
    8630,
    8631,
    8632,
    ...range(8640, 8644),
    8650,
    8660,
    8670,
    8700,
    9000,
    9010,
    9999,
  ],
  ...[100_000, 100_001, 100_002, 100_003, 100_100, 110_000, 110_001],
]

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

describe('numbers of Whatsminer errors', () => {
  it.each([
    [110, 'fan 0', 'The intake fan does not turn as it should'],
    [121, 'fan 1', 'The exhaust fan is more than 2,000 rpm off'],
    [206, 'psu', 'The mains voltage is too low'],
    [218, 'psu', 'The mains are below 230 V, too low for high power'],
    [301, 'board 1', 'Board 1: no temperature sensor found'],
    [322, 'board 2', 'Board 2: its temperature cannot be read'],
    [329, 'control', 'The temperature sensor of the control board does not answer'],
    [352, 'board 2', 'Board 2 is too hot and protects itself'],
    [531, 'board 1', 'Board 1 is not found'],
    [600, 'environment', 'The air is too hot'],
    [2000, 'pool', 'No pool is set'],
    [2022, 'pool 2', 'Pool 2 cannot be reached'],
    [5051, 'board 1', 'Board 1 stopped: its chips are too hot'],
    [5213, 'board 1 chip 3', 'Board 1, chip 3: wrong results'],
    [562_104, 'board 2 chip 104', 'Board 2, chip 104: no results'],
    [8530, null, 'The hashrate misses performance level 3'],
    [8700, 'psu', 'The power supply does not belong to this model'],
    [100_001, 'control', 'A signature in the firmware is not the maker’s'],
    [110_001, 'control', 'A virus was found and removed'],
  ])('says what %i is, and where', (code, component, text) => {
    expect(whatsminerError(String(code))).toMatchObject({ component, text })
  })

  it('explains every number that is known, with something to do about it', () => {
    for (const code of EXPLAINED) {
      const { text, remedy } = whatsminerError(String(code))
      expect(text, String(code)).not.toContain('no table explains')
      expect(text, String(code)).not.toMatch(/[{}]/)
      expect(remedy, String(code)).toMatch(/\.$/)
    }
    expect(EXPLAINED.length).toBeGreaterThan(240)
    expect(WHATSMINER_ERROR_ROWS).toBeGreaterThan(170)
  })

  it('takes numbers apart by their length and first digit', () => {
    expect(splitWhatsminerCode(329)).toEqual({ type: 3, sub: 2, value: 9 })
    expect(splitWhatsminerCode(5625)).toEqual({ type: 56, sub: 2, value: 5 })
    expect(splitWhatsminerCode(562_104)).toEqual({ type: 56, sub: 2, value: 104 })
    expect(splitWhatsminerCode(110_001)).toEqual({ type: 1100, sub: 0, value: 1 })
    expect(splitWhatsminerCode(99)).toBeNull()
  })

  it('shows the rig’s own words for a number it does not know', () => {
    expect(whatsminerError('7777', 5, 'Odd thing.')).toEqual({
      code: '7777',
      text: 'Odd thing.',
      remedy: null,
      severity: 'error',
      component: null,
      sinceMs: 5,
    })
    expect(whatsminerError('7777').text).toContain('7777')
  })

  it('tells heat from other faults', () => {
    expect([203, 350, 361, 600, 5052].map((code) => isHeatError(String(code)))).toEqual(Array(5).fill(true))
    expect([110, 206, 530, 2000, 364].map((code) => isHeatError(String(code)))).toEqual(Array(5).fill(false))
  })

  it('makes an error of any text at all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.nat().map(String)), (code) => {
        const { code: same, text } = whatsminerError(code)
        expect(same).toBe(code)
        expect(text.length).toBeGreaterThan(0)
      }),
    )
  })
})
