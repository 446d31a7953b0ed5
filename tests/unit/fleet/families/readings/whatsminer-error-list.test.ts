import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  whatsminerErrors,
  whatsminerSummaryErrors,
} from '../../../../../src-main/fleet/families/readings/whatsminer-error-list.ts'
import { parseReply } from '../../../../../src-main/fleet/transport/repair-json.ts'

const AT_MS = Date.UTC(2024, 5, 15, 12)
const MOMENT = '2024-06-15 10:30:00'
const MOMENT_MS = Date.UTC(2024, 5, 15, 10, 30)

const codes = (value: unknown): string[] => whatsminerErrors(value, AT_MS).map(({ code }) => code)

function codesIn(json: string): string[] {
  const parsed = parseReply(json)
  if (!parsed.ok) throw new Error('cannot be read')
  const reply = parsed.value.value as { Msg: { error_code: unknown } }
  return codes(reply.Msg.error_code)
}

describe('lists of Whatsminer errors', () => {
  it('reads objects from number to moment', () => {
    expect(whatsminerErrors([{ '218': MOMENT }, { '531': MOMENT }], AT_MS)).toMatchObject([
      { code: '218', sinceMs: MOMENT_MS },
      { code: '531', sinceMs: MOMENT_MS },
    ])
  })

  it('reads the rig’s reason beside a number, and shows it where nothing better is known', () => {
    const [known, unknown] = whatsminerErrors(
      [
        { '264': MOMENT, reason: 'Power xfer error.' },
        { '7776': MOMENT, reason: 'Odd thing.' },
      ],
      AT_MS,
    )
    expect(known?.text).toBe('The power supply does not answer')
    expect(unknown?.text).toBe('Odd thing.')
  })

  it.each<[string, unknown]>([
    ['numbers', [218, 531]],
    ['numbers as text', ['218', '531']],
    ['one object', { '218': MOMENT, '531': MOMENT }],
    ['one text', '218,531'],
    ['a list in a list', [[218], ['531']]],
    ['members called code', [{ code: 218 }, { error_code: '531' }]],
  ])('reads %s', (_, value) => {
    expect(codes(value)).toEqual(['218', '531'])
  })

  it('reads an object written in brackets, as API 2.0.4 has it', () => {
    expect(codesIn(`{"STATUS":"S","Msg":{"error_code":["136":"${MOMENT}","531":"${MOMENT}"]}}`)).toEqual([
      '136',
      '531',
    ])
  })

  it('reads a list that was cut where a buffer was full, without what was cut', () => {
    expect(codesIn(`{"STATUS":"S","Msg":{"error_code":[{"218":"${MOMENT}"},{"531":"2024-0`)).toEqual(['218'])
  })

  it('lists each number once, and at most a hundred', () => {
    expect(codes([218, 218, '218'])).toEqual(['218'])
    expect(codes(Array.from({ length: 500 }, (_, index) => 1000 + index))).toHaveLength(100)
  })

  it.each([[[]], [''], [null], [undefined], [[0, 0, 0]], [{ reason: 'x' }], [{}], ['None']])(
    'finds nothing in %j',
    (value) => {
      expect(codes(value)).toEqual([])
    },
  )

  it('takes no digits of a moment for a number of an error', () => {
    expect(codes(`"218":"${MOMENT}"`)).toEqual(['218'])
  })

  it('reads a moment that would lie ahead as the factory’s time, and one further ahead not at all', () => {
    const since = (moment: string): number | null | undefined =>
      whatsminerErrors([{ '218': moment }], AT_MS)[0]?.sinceMs
    expect(since('2024-06-15 19:00:00')).toBe(Date.UTC(2024, 5, 15, 11))
    expect(since('2030-01-01 00:00:00')).toBeNull()
    expect(since('soon')).toBeNull()
  })

  it('reads the numbered members of an old summary in their order', () => {
    const summary = { 'Error Code Count': 3, 'Error Code 0': 110, 'Error Code 2': '600', 'Error Code 1': 206 }
    expect(whatsminerSummaryErrors(summary, AT_MS).map(({ code }) => code)).toEqual(['110', '206', '600'])
  })

  it('makes a list of anything that JSON can say', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(whatsminerErrors(value, AT_MS).length).toBeLessThanOrEqual(100)
      }),
    )
  })
})
