import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../src-main/base/index.ts'
import {
  formatAuthorizeRequest,
  formatExtranonceSubscribe,
  formatGetTransactions,
  formatMultiVersion,
  formatPing,
  formatSubmitRequest,
  formatSubscribeRequest,
  formatSuggestDifficulty,
  formatSuggestTarget,
  parseRigLine,
  type RigMessage,
} from '../../../src-main/sv1/index.ts'

function message(line: string): RigMessage {
  const parsed = parseRigLine(line)
  if (!parsed.ok) throw new Error(`${parsed.error.code}: ${parsed.error.message}`)
  return parsed.value
}

function faultOf(line: string): { code: string; message: string; id: string; fatal: boolean } {
  const parsed = parseRigLine(line)
  if (parsed.ok) throw new Error(`no fault but ${parsed.value.kind}`)
  return parsed.error
}

describe('requests of a rig', () => {
  it('are read: mining.subscribe with nothing, with a name, with a session, with a host', () => {
    const subscribe = (params: string): RigMessage =>
      message(`{"id":1,"method":"mining.subscribe","params":${params}}`)
    const empty = { kind: 'subscribe', id: '1', userAgent: '', resumeSession: null, host: null, port: null }
    expect(subscribe('[]')).toEqual(empty)
    expect(subscribe('["cgminer/4.11.1"]')).toEqual({ ...empty, userAgent: 'cgminer/4.11.1' })
    expect(subscribe('["a/1","deadbeef"]')).toEqual({ ...empty, userAgent: 'a/1', resumeSession: 'deadbeef' })
    expect(subscribe('["a/1",null]')).toEqual({ ...empty, userAgent: 'a/1' })
    expect(subscribe('["a/1",null,"pool.test",null]')).toEqual({
      ...empty,
      userAgent: 'a/1',
      host: 'pool.test',
    })
    expect(subscribe('["a/1",null,"pool.test",3333]')).toMatchObject({ host: 'pool.test', port: 3333 })
  })

  it('are read: mining.authorize', () => {
    expect(message('{"id":2,"method":"mining.authorize","params":["a.b","x"]}')).toEqual({
      kind: 'authorize',
      id: '2',
      user: 'a.b',
      password: 'x',
    })
  })

  it('are read: mining.submit without version bits (vector of 7.3)', () => {
    const line =
      '{"params": ["w", "1", "0100000000000000", "680be961", "00004107"], "id": 4, "method": "mining.submit"}'
    expect(message(line)).toEqual({
      kind: 'submit',
      id: '4',
      user: 'w',
      jobId: '1',
      extranonce2: fromHex('0100000000000000'),
      ntime: 1_745_611_105,
      nonce: 16_647,
      versionBits: null,
    })
  })

  it('are read: mining.submit with version bits', () => {
    const line =
      '{"id":4,"method":"mining.submit","params":["w","1","00000001","680be961","00004107","0318a000"]}'
    expect(message(line)).toMatchObject({ versionBits: 0x0318a000 })
  })

  it('are read: the rest', () => {
    const target = '00000000ffff' + '0'.repeat(52)
    expect(message('{"id":5,"method":"mining.suggest_difficulty","params":[512]}')).toEqual({
      kind: 'suggest-difficulty',
      id: '5',
      difficulty: 512,
    })
    expect(message(`{"id":5,"method":"mining.suggest_target","params":["${target}"]}`)).toEqual({
      kind: 'suggest-target',
      id: '5',
      targetHex: target,
    })
    expect(message('{"id":5,"method":"mining.extranonce.subscribe","params":[]}')).toEqual({
      kind: 'extranonce-subscribe',
      id: '5',
    })
    expect(message('{"id":5,"method":"mining.multi_version","params":[4]}')).toEqual({
      kind: 'multi-version',
      id: '5',
      versionCount: 4,
    })
    expect(message('{"id":5,"method":"mining.get_transactions","params":["7f"]}')).toEqual({
      kind: 'get-transactions',
      id: '5',
      jobId: '7f',
    })
    expect(message('{"id":5,"method":"mining.ping","params":[]}')).toEqual({ kind: 'ping', id: '5' })
    expect(message('{"id":5,"method":"mining.pong","params":[]}')).toEqual({ kind: 'pong', id: '5' })
  })

  it('name an unknown method, so that it can be answered', () => {
    expect(message('{"id":9,"method":"mining.capabilities","params":[{}]}')).toEqual({
      kind: 'unknown-method',
      id: '9',
      method: 'mining.capabilities',
    })
  })

  it('may be replies to what we asked', () => {
    expect(message('{"id":77,"result":"bitaxe/2.9","error":null}')).toEqual({
      kind: 'response',
      id: '77',
      result: 'bitaxe/2.9',
      error: null,
    })
  })
})

describe('ids', () => {
  it.each([
    ['a number', '7'],
    ['zero', '0'],
    ['a negative number', '-1'],
    ['a number above 2^53', '18446744073709551615'],
    ['a number with a fraction', '1.0'],
    ['a number with an exponent', '1e3'],
    ['a number beyond all numbers', '1e999'],
    ['a text', '"a7"'],
    ['a number as text', '"7"'],
    ['an empty text', '""'],
    ['null', 'null'],
  ])('are echoed to the letter: %s', (_, id) => {
    expect(message(`{"id":${id},"method":"mining.ping","params":[]}`).id).toBe(id)
    expect(message(`{ "method" : "mining.ping", "params":[{"id":3}], "id" : ${id} }`).id).toBe(id)
  })

  it('are null where none was sent', () => {
    expect(message('{"method":"mining.ping","params":[]}').id).toBe('null')
  })

  it('of other types are refused, without ending the connection', () => {
    for (const id of ['{}', '[1]', 'true', JSON.stringify('x'.repeat(129))]) {
      expect(faultOf(`{"id":${id},"method":"mining.ping"}`)).toMatchObject({ code: 'bad-id', fatal: false })
    }
  })
})

describe('bad lines', () => {
  it.each([
    ['garbage', 'GET / HTTP/1.1', 'not-json', true],
    ['a torn message', '{"id":1,"method":', 'not-json', true],
    ['a batch', '[{"id":1,"method":"mining.ping"}]', 'batch', true],
    ['a number', '42', 'not-a-message', true],
    ['null', 'null', 'not-a-message', true],
    ['a message of nothing', '{"id":1}', 'not-a-message', false],
    ['a method that is no text', '{"id":1,"method":7}', 'not-a-message', false],
  ])('are named: %s', (_, line, code, fatal) => {
    expect(faultOf(line)).toMatchObject({ code, fatal })
  })

  it.each([
    ['too few params', '["w","1","00"]', '5 or 6 params'],
    ['a user name that is an object', '[{},"1","00","0","0"]', 'user name'],
    ['a user name of 1000 characters', `["${'u'.repeat(1000)}","1","00","0","0"]`, 'user name'],
    ['a job id that is a list', '["w",[],"00","0","0"]', 'job id'],
    ['an extranonce2 of half a byte', '["w","1","000","0","0"]', 'extranonce2'],
    ['an extranonce2 that is no hex', '["w","1","zz","0","0"]', 'extranonce2'],
    ['an extranonce2 of 40 bytes', `["w","1","${'00'.repeat(40)}","0","0"]`, 'extranonce2'],
    ['an ntime of 9 digits', '["w","1","00","123456789","0"]', 'ntime'],
    ['a nonce with a sign', '["w","1","00","0","-1"]', 'nonce'],
    ['a nonce above 32 bits', '["w","1","00","0",4294967296]', 'nonce'],
    ['version bits that are an object', '["w","1","00","0","0",{}]', 'version bits'],
  ])('of mining.submit say which param is wrong and keep the id: %s', (_, params, what) => {
    const fault = faultOf(`{"id":"s1","method":"mining.submit","params":${params}}`)
    expect(fault).toMatchObject({ code: 'bad-params', id: '"s1"', method: 'mining.submit', fatal: false })
    expect(fault.message).toContain(what)
  })

  it('of other methods say what is wrong', () => {
    expect(faultOf('{"id":1,"method":"mining.authorize","params":[{}]}').message).toContain('user name')
    expect(faultOf('{"id":1,"method":"mining.suggest_difficulty","params":["fast"]}').message).toContain(
      'number',
    )
    expect(faultOf('{"id":1,"method":"mining.suggest_difficulty","params":[-1]}').message).toContain(
      'below 0',
    )
    expect(faultOf('{"id":1,"method":"mining.suggest_target","params":["xyz"]}').message).toContain('64 hex')
    expect(faultOf('{"id":1,"method":"mining.configure","params":[]}').message).toContain('extensions')
  })

  it('are never an exception', () => {
    const json = fc.json({ maxDepth: 4 })
    const nearly = fc
      .record(
        {
          id: fc.jsonValue(),
          method: fc.oneof(
            fc.constantFrom(
              'mining.submit',
              'mining.subscribe',
              'mining.authorize',
              'mining.configure',
              'mining.suggest_target',
              'mining.suggest_difficulty',
              'mining.multi_version',
              'mining.get_transactions',
            ),
            fc.jsonValue(),
          ),
          params: fc.oneof(fc.array(fc.jsonValue(), { maxLength: 7 }), fc.jsonValue()),
          result: fc.jsonValue(),
          error: fc.jsonValue(),
        },
        { requiredKeys: [] },
      )
      .map((value) => JSON.stringify(value))
    fc.assert(
      fc.property(fc.oneof(fc.string(), json, nearly), (line) => {
        parseRigLine(line)
      }),
      { numRuns: 2000 },
    )
  })

  it('nested a hundred thousand deep are no exception either', () => {
    expect(() => parseRigLine('['.repeat(60_000))).not.toThrow()
    expect(() =>
      parseRigLine(`{"id":1,"method":"mining.submit","params":${'['.repeat(20_000)}${']'.repeat(20_000)}}`),
    ).not.toThrow()
  })

  it('with a forged prototype change nothing', () => {
    const parsed = parseRigLine('{"__proto__":{"method":"mining.ping","id":1},"params":[]}')
    expect(parsed).toMatchObject({ ok: false, error: { code: 'not-a-message' } })
  })
})

describe('requests we send', () => {
  const text = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .filter((value) => !/^null$/i.test(value))
  const id = fc.nat(1_000_000)
  const uint32 = fc.integer({ min: 0, max: 0xffffffff })
  const extranonce2 = fc.uint8Array({ maxLength: 16 }).map(toHex)

  it('are one line of ASCII that reads back as what was meant', () => {
    const check = (line: string, expected: object): void => {
      expect(line.endsWith('\n')).toBe(true)
      expect(/^[\x20-\x7e]*$/.test(line.slice(0, -1))).toBe(true)
      expect(message(line.slice(0, -1))).toEqual(expected)
    }
    fc.assert(
      fc.property(id, text, text, (n, a, b) => {
        const own = String(n)
        check(formatAuthorizeRequest(n, a, b), { kind: 'authorize', id: own, user: a, password: b })
        const subscribe = { kind: 'subscribe', id: own, userAgent: a, host: null, port: null }
        check(formatSubscribeRequest(n, a, b), { ...subscribe, resumeSession: b })
        check(formatSubscribeRequest(n, a, null), { ...subscribe, resumeSession: null })
        check(formatGetTransactions(n, a), { kind: 'get-transactions', id: own, jobId: a })
        check(formatExtranonceSubscribe(n), { kind: 'extranonce-subscribe', id: own })
        check(formatPing(n), { kind: 'ping', id: own })
        check(formatMultiVersion(n, 4), { kind: 'multi-version', id: own, versionCount: 4 })
      }),
    )
    fc.assert(
      fc.property(
        id,
        text,
        text,
        extranonce2,
        uint32,
        uint32,
        fc.option(uint32),
        (n, user, jobId, hex, t, nonce, bits) => {
          check(formatSubmitRequest(n, user, jobId, hex, t, nonce, bits), {
            kind: 'submit',
            id: String(n),
            user,
            jobId,
            extranonce2: fromHex(hex),
            ntime: t,
            nonce,
            versionBits: bits,
          })
        },
      ),
    )
    fc.assert(
      fc.property(id, fc.double({ min: 0, max: 1e15, noNaN: true }), (n, difficulty) => {
        const expected = difficulty === 0 ? 0 : difficulty
        check(formatSuggestDifficulty(n, difficulty), {
          kind: 'suggest-difficulty',
          id: String(n),
          difficulty: expected,
        })
      }),
    )
    const target = 'ab'.repeat(32)
    check(formatSuggestTarget(3, target), { kind: 'suggest-target', id: '3', targetHex: target })
  })

  it('carry version bits only when version rolling was negotiated', () => {
    expect(formatSubmitRequest(9, 'w', '1', '00000001', 0x680be961, 0x4107, null)).toBe(
      '{"id":9,"method":"mining.submit","params":["w","1","00000001","680be961","00004107"]}\n',
    )
    expect(formatSubmitRequest(9, 'w', '1', '00000001', 0x680be961, 0x4107, 0x2000)).toBe(
      '{"id":9,"method":"mining.submit","params":["w","1","00000001","680be961","00004107","00002000"]}\n',
    )
  })

  it('refuse to suggest a difficulty that is none', () => {
    expect(() => formatSuggestDifficulty(1, NaN)).toThrow(RangeError)
    expect(() => formatSuggestDifficulty(1, -1)).toThrow(RangeError)
  })
})
