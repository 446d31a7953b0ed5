import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseReply } from '../../../../src-main/fleet/index.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function parsed(text: string): { value: unknown; repairs: readonly string[] } {
  const result = parseReply(bytes(text))
  if (!result.ok) throw new Error(`unreadable: ${JSON.stringify(result.error)}`)
  return result.value
}

describe('JSON as rigs send it', () => {
  it.each([
    ['a NUL at the end', '{"a":1}\0', { a: 1 }, ['nul']],
    ['several NULs and rubbish after them', '{"a":1}\0\0x', { a: 1 }, ['nul']],
    ['a prompt after the end', '{"a":1}\n# ', { a: 1 }, ['trailing-text']],
    ['a line break inside a string', '{"a":"x\ny"}', { a: 'xy' }, ['line-break']],
    ['no comma between objects', '[{"a":1}{"b":2}]', [{ a: 1 }, { b: 2 }], ['missing-comma']],
    ['a comma before the closing brace', '{"a":1,}', { a: 1 }, ['stray-comma']],
    ['a comma after the opening bracket', '[,{"a":1}]', [{ a: 1 }], ['stray-comma']],
    [
      'text and name without a comma between',
      '{"sn":"ABC""temp0":61.5,"b":2}',
      { sn: 'ABC', temp0: 61.5, b: 2 },
      ['missing-comma'],
    ],
    [
      'an empty text that swallowed a quotation mark',
      '{"sn":""temp0":5}',
      { sn: '', temp0: 5 },
      ['missing-comma'],
    ],
    ['nan', '{"a":nan,"b":-nan,"c":inf,"d":1}', { a: null, b: null, c: null, d: 1 }, ['not-a-number']],
    ['a lost opening brace', ',"id":1}', { id: 1 }, ['opening-brace']],
    [
      'an object in brackets',
      '{"error_code":["136":"2023-01-01 00:00:00","137":"x"],"b":1}',
      { error_code: { '136': '2023-01-01 00:00:00', '137': 'x' }, b: 1 },
      ['list-as-object'],
    ],
    ['JSONP', 'minerinfoCallback({"a":[1]});', { a: [1] }, ['jsonp']],
    ['two objects one after the other', '{"a":1,"s":1}{"b":2,"s":2}', { a: 1, b: 2, s: 1 }, ['concatenated']],
    ['a backslash too many', '{"a":"c:\\miner"}', { a: 'c:\\miner' }, ['bad-escape']],
    ['a bracket of the wrong kind', '{"a":[1,2}}', { a: [1, 2] }, ['wrong-bracket']],
    [
      'a tail cut within a text',
      '{"a":1,"list":[{"c":"x"},{"c":"y',
      { a: 1, list: [{ c: 'x' }, {}] },
      ['truncated'],
    ],
    ['a tail cut within a number', '{"a":1,"b":12', { a: 1 }, ['truncated']],
    ['a tail cut after a name', '{"a":1,"b"', { a: 1 }, ['truncated']],
    ['a tail cut after a comma', '{"a":1,', { a: 1 }, ['truncated']],
  ])('forgives %s', (_, text, value, repairs) => {
    expect(parsed(text)).toEqual({ value, repairs })
  })

  it('forgives several defects at once and names each', () => {
    const { value, repairs } = parsed('{"STATS":[{"av":nan}{"temp":61,}],"id":1}\0')
    expect(value).toEqual({ STATS: [{ av: null }, { temp: 61 }], id: 1 })
    expect(repairs).toEqual(['nul', 'not-a-number', 'missing-comma', 'stray-comma'])
  })

  it('leaves a pool host alone that has nan or inf in its name', () => {
    const text = '{"URL":"stratum+tcp://poolbinance.example:3333","User":"inf:nan,nan","av":nan}'
    expect(parsed(text).value).toEqual({
      URL: 'stratum+tcp://poolbinance.example:3333',
      User: 'inf:nan,nan',
      av: null,
    })
  })

  it('leaves braces, commas and quotation marks inside text alone', () => {
    const inside = '},{ ][,} "" name({}) \\'
    expect(parsed(`{"a":${JSON.stringify(inside)},"b":nan}`).value).toEqual({ a: inside, b: null })
  })

  it('joins very many objects without keeping everybody waiting', () => {
    // Copying all that was joined for each of them took half a minute for a tenth of this.
    const text = Array.from({ length: 50_000 }, (_, n) => `{"a${String(n)}":${String(n)}}`).join('')
    const { value } = parsed(text)
    expect(value).toMatchObject({ a0: 0, a49999: 49_999 })
  })

  it('says what unreadable replies are', () => {
    const kindOf = (text: string): string => {
      const result = parseReply(text)
      return result.ok ? 'json' : result.error.kind
    }
    expect(kindOf('')).toBe('empty')
    expect(kindOf('\0')).toBe('empty')
    expect(kindOf('Socket connect failed: Connection refused\n')).toBe('miner-down')
    expect(kindOf('<!DOCTYPE html><html></html>')).toBe('html')
    expect(kindOf('error 6060 cmd')).toBe('text')
    expect(kindOf('STATUS=S,When=1|')).toBe('text')
  })

  it('returns proper JSON unchanged and without repairs', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseReply(text)).toEqual({
          ok: true,
          value: { value: JSON.parse(text) as unknown, repairs: [] },
        })
      }),
    )
  })

  it('never throws, whatever came', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseReply(text)))
    fc.assert(fc.property(fc.uint8Array(), (raw) => void parseReply(raw)))
    const fragment = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '\\',
      'nan',
      '1',
      '-',
      ' ',
      '\n',
      '\0',
      'f(',
      ')',
    )
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 40 }), (fragments) => void parseReply(fragments.join(''))),
      { numRuns: 2000 },
    )
  })

  it('keeps what came before a cut, wherever the cut is', () => {
    const whole = { a: 1, list: [{ id: 'x', n: 2 }, { id: 'y' }], t: true, s: 'poolbinance', last: 'end' }
    const text = JSON.stringify(whole)
    for (let length = 8; length < text.length; length++) {
      const { value, repairs } = parsed(text.slice(0, length))
      expect(value).toMatchObject({ a: 1 })
      expect(repairs).toContain('truncated')
      for (const [key, found] of Object.entries(value as Record<string, unknown>)) {
        if (key !== 'list') expect(found).toBe((whole as Record<string, unknown>)[key])
      }
    }
  })

  it('ends at nesting no firmware has', () => {
    expect(parseReply('{"a":nan,"b":' + '['.repeat(100_000)).ok).toBe(true)
  })
})
