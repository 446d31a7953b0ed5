import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src-main/base/index.ts'
import {
  formatGetVersion,
  formatPing,
  formatReconnect,
  formatSetDifficulty,
  formatSetExtranonce,
  formatSetGoal,
  formatSetVersionMask,
  formatShowMessage,
  parsePoolLine,
  type PoolMessage,
} from '../../../src-main/sv1/index.ts'

function message(line: string): PoolMessage {
  const parsed = parsePoolLine(line.trimEnd())
  if (!parsed.ok) throw new Error(parsed.error.message)
  return parsed.value
}

describe('messages of a pool', () => {
  it('are written as rigs expect them', () => {
    expect(formatSetDifficulty(8192)).toBe('{"id":null,"method":"mining.set_difficulty","params":[8192]}\n')
    expect(formatSetDifficulty(0.25)).toBe('{"id":null,"method":"mining.set_difficulty","params":[0.25]}\n')
    expect(formatSetExtranonce(fromHex('08000002'), 4)).toBe(
      '{"id":null,"method":"mining.set_extranonce","params":["08000002",4]}\n',
    )
    expect(formatSetVersionMask(0x3000)).toBe(
      '{"id":null,"method":"mining.set_version_mask","params":["00003000"]}\n',
    )
    expect(formatReconnect('pool.test', 3333, 5)).toBe(
      '{"id":null,"method":"client.reconnect","params":["pool.test",3333,5]}\n',
    )
    expect(formatReconnect(null, 3333, 5)).toBe('{"id":null,"method":"client.reconnect","params":[]}\n')
    expect(formatShowMessage('späße')).toBe(
      '{"id":null,"method":"client.show_message","params":["sp\\u00e4\\u00dfe"]}\n',
    )
    expect(formatGetVersion(9)).toBe('{"id":9,"method":"client.get_version","params":[]}\n')
  })

  it('read back as what was written', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-12, max: 1e20, noNaN: true }),
        fc.uint8Array({ maxLength: 32 }),
        fc.nat(32),
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        (difficulty, extranonce1, extranonce2Size, mask, text) => {
          expect(message(formatSetDifficulty(difficulty))).toEqual({ kind: 'set-difficulty', difficulty })
          expect(message(formatSetExtranonce(extranonce1, extranonce2Size))).toEqual({
            kind: 'set-extranonce',
            extranonce1,
            extranonce2Size,
          })
          expect(message(formatSetVersionMask(mask))).toEqual({ kind: 'set-version-mask', mask })
          expect(message(formatShowMessage(text))).toEqual({ kind: 'show-message', text })
          expect(message(formatSetGoal(text))).toEqual({ kind: 'set-goal', goal: text })
        },
      ),
    )
    expect(message(formatReconnect('pool.test', 3333, 5))).toEqual({
      kind: 'reconnect',
      host: 'pool.test',
      port: 3333,
      waitSeconds: 5,
    })
    expect(message(formatReconnect(null, 3333, 5))).toEqual({
      kind: 'reconnect',
      host: null,
      port: null,
      waitSeconds: 0,
    })
    expect(message(formatGetVersion(9))).toEqual({ kind: 'get-version', id: '9' })
    expect(message(formatPing(9))).toEqual({ kind: 'ping', id: '9' })
  })

  it('may send a rig elsewhere with the port as text, and for an hour at most', () => {
    expect(message('{"method":"client.reconnect","params":["pool.test","3334","1e9"]}')).toEqual({
      kind: 'reconnect',
      host: 'pool.test',
      port: 3334,
      waitSeconds: 3600,
    })
    expect(message('{"method":"client.reconnect","params":["pool.test",99999]}')).toMatchObject({
      port: null,
    })
  })

  it.each([
    ['mining.set_difficulty', '[0]'],
    ['mining.set_difficulty', '[-5]'],
    ['mining.set_difficulty', '["hard"]'],
    ['mining.set_difficulty', '[]'],
    ['mining.set_extranonce', '["xyz",4]'],
    ['mining.set_extranonce', '["0800",-1]'],
    ['mining.set_extranonce', '["0800",1000]'],
    ['mining.set_extranonce', '["0800"]'],
    ['mining.set_version_mask', '["everything"]'],
  ])('%s with params %s is refused', (method, params) => {
    expect(parsePoolLine(`{"method":"${method}","params":${params}}`)).toMatchObject({
      ok: false,
      error: { code: 'bad-params', fatal: false },
    })
  })

  it('are never an exception', () => {
    const methods = fc.constantFrom(
      'mining.notify',
      'mining.set_difficulty',
      'mining.set_extranonce',
      'mining.set_version_mask',
      'mining.set_goal',
      'client.reconnect',
      'client.show_message',
    )
    fc.assert(
      fc.property(methods, fc.array(fc.jsonValue(), { maxLength: 10 }), (method, params) => {
        parsePoolLine(JSON.stringify({ id: null, method, params }))
      }),
      { numRuns: 2000 },
    )
  })

  it('never carry a difficulty that is none', () => {
    for (const difficulty of [0, -1, NaN, Infinity])
      expect(() => formatSetDifficulty(difficulty)).toThrow(RangeError)
  })
})
