import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src-main/base/index.ts'
import {
  formatError,
  formatPong,
  formatResult,
  formatSubscribeResult,
  formatTrue,
  parsePoolLine,
  readSubscribeResult,
  SV1_ERROR,
} from '../../../src-main/sv1/index.ts'

describe('replies we send', () => {
  it('have id, result and error, the error as an array', () => {
    expect(formatTrue('4')).toBe('{"id":4,"result":true,"error":null}\n')
    expect(formatTrue('"a"')).toBe('{"id":"a","result":true,"error":null}\n')
    expect(formatError('null', SV1_ERROR.jobNotFound, 'Job not found')).toBe(
      '{"id":null,"result":null,"error":[21,"Job not found",null]}\n',
    )
    expect(formatPong(3)).toBe('{"id":3,"result":"pong","error":null}\n')
    expect(formatResult(3, [])).toBe('{"id":3,"result":[],"error":null}\n')
  })

  it('answer mining.subscribe as 7.1 says', () => {
    const result = { sessionId: 's1', extranonce1: fromHex('08000002'), extranonce2Size: 4 }
    expect(formatSubscribeResult(1, result)).toBe(
      '{"id":1,"result":[[["mining.set_difficulty","s1"],["mining.notify","s1"]],"08000002",4],"error":null}\n',
    )
  })

  it('read back as errors with the same code and words', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 25 }),
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        (code, words) => {
          const parsed = parsePoolLine(formatError(7, code, words).trimEnd())
          expect(parsed).toMatchObject({
            ok: true,
            value: { kind: 'response', id: 7, error: { code, message: words } },
          })
        },
      ),
    )
  })
})

describe('the reply to mining.subscribe', () => {
  const session = { sessionId: 's', extranonce1: fromHex('08000002'), extranonce2Size: 4 }

  it('names its session in pairs, in one pair, or not at all', () => {
    expect(
      readSubscribeResult([
        [
          ['mining.set_difficulty', 'd'],
          ['mining.notify', 's'],
        ],
        '08000002',
        4,
      ]),
    ).toEqual({
      ok: true,
      value: session,
    })
    expect(readSubscribeResult([['mining.notify', 's'], '08000002', 4])).toEqual({ ok: true, value: session })
    expect(readSubscribeResult([[['mining.notify', 's']], '08000002', '4'])).toEqual({
      ok: true,
      value: session,
    })
    for (const none of [[], null, [[]], [['mining.notify']], 'x']) {
      expect(readSubscribeResult([none, '08000002', 4])).toEqual({
        ok: true,
        value: { ...session, sessionId: null },
      })
    }
  })

  it('reads back as what was written', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 32 }),
        fc.nat(16),
        fc.string({ minLength: 1, maxLength: 30 }),
        (extranonce1, extranonce2Size, sessionId) => {
          const line = formatSubscribeResult(1, { sessionId, extranonce1, extranonce2Size })
          const { result } = JSON.parse(line) as { result: unknown }
          expect(readSubscribeResult(result)).toEqual({
            ok: true,
            value: { sessionId, extranonce1, extranonce2Size },
          })
        },
      ),
    )
  })

  it.each([
    ['no list', { extranonce1: '08' }, 'not a list'],
    ['null', null, 'not a list'],
    ['an odd number of digits', [[], '080', 4], 'extranonce1'],
    ['no extranonce1', [[]], 'extranonce1'],
    ['an endless extranonce1', [[], '00'.repeat(65), 4], 'extranonce1'],
    ['no size', [[], '08'], 'extranonce2'],
    ['a size of a half', [[], '08', 0.5], 'extranonce2'],
    ['a size of a thousand', [[], '08', 1000], 'extranonce2'],
  ])('is refused: %s', (_, result, what) => {
    const read = readSubscribeResult(result)
    if (read.ok) throw new Error('accepted')
    expect(read.error).toContain(what)
  })

  it('is never an exception', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (result) => {
        readSubscribeResult(result)
      }),
    )
  })
})
