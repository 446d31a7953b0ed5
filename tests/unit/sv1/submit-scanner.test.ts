import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src-main/base/index.ts'
import { formatJobNumber, parseJobNumber, parseRigLine, SubmitScan } from '../../../src-main/sv1/index.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The scanner's share in the shape of the long way, or null if it left the line alone. */
function scanned(line: string, before = '', after = ''): object | null {
  const scan = new SubmitScan()
  const bytes = bytesOf(before + line + after)
  const start = bytesOf(before).length
  if (!scan.scan(bytes, start, bytes.length - bytesOf(after).length)) return null
  return {
    kind: 'submit',
    id: scan.id,
    user: scan.user,
    jobId: scan.jobId,
    extranonce2: scan.extranonce2Bytes.slice(),
    ntime: scan.ntime,
    nonce: scan.nonce,
    versionBits: scan.versionBits < 0 ? null : scan.versionBits,
  }
}

function parsed(line: string): object | null {
  const message = parseRigLine(line)
  return message.ok ? message.value : null
}

const CGMINER =
  '{"params": ["w", "1", "0100000000000000", "680be961", "00004107"], "id": 4, "method": "mining.submit"}'
const ESP =
  '{"jsonrpc": "2.0", "id": 8, "method": "mining.submit", "params": ["bc1q.bitaxe", "1f", "00000000", "680be961", "0a9a049c", "00c04000"]}'
const COMPACT =
  '{"id":4,"method":"mining.submit","params":["a.b","ff","deadBEEF","680be961","00004107","0318a000"]}'

describe('submit scanner', () => {
  it.each([
    ['cgminer', CGMINER],
    ['ESP-Miner', ESP],
    ['a compact sender', COMPACT],
    ['an id that is a text', COMPACT.replace(':4', ':"x 4"')],
    ['an id that is null', COMPACT.replace(':4', ':null')],
    [
      'tabs and blanks',
      '{\t"id" : 0 ,"method": "mining.submit" , "params" :[ "w" , "" ,"", "0" ,"0"\t] } '.trim(),
    ],
  ])('reads the shares of %s as the long way does', (_, line) => {
    expect(scanned(line)).not.toBe(null)
    expect(scanned(line)).toEqual(parsed(line))
  })

  it('reads a line in the middle of a buffer', () => {
    expect(scanned(COMPACT, '{"id":3}\n  ', '\r\n{"id":5}\n')).toEqual(parsed(COMPACT))
  })

  it.each([
    ['another method', COMPACT.replace('submit', 'notify')],
    ['an escape in a text', COMPACT.replace('a.b', 'a\\u002eb')],
    ['a text beyond ASCII', COMPACT.replace('a.b', 'ä')],
    ['a number for a nonce', COMPACT.replace('"00004107"', '16647')],
    ['an empty sixth param', COMPACT.replace('0318a000', '')],
    ['a seventh param', COMPACT.replace(']', ',"x"]')],
    ['four params', '{"id":4,"method":"mining.submit","params":["a","1","00","0"]}'],
    ['an unknown key', COMPACT.replace('{', '{"x":1,')],
    ['a key twice', COMPACT.replace('{', '{"id":9,')],
    ['no id', COMPACT.replace('"id":4,', '')],
    ['an id with a fraction', COMPACT.replace(':4', ':4.0')],
    ['an id with a leading zero', COMPACT.replace(':4', ':04')],
    ['an id beyond 15 digits', COMPACT.replace(':4', ':18446744073709551615')],
    ['params as an object', '{"id":4,"method":"mining.submit","params":{"user":"a"}}'],
    ['blanks in extranonce2', COMPACT.replace('deadBEEF', '      02')],
    ['half a byte of extranonce2', COMPACT.replace('deadBEEF', 'dea')],
    ['33 bytes of extranonce2', COMPACT.replace('deadBEEF', '00'.repeat(33))],
    ['nine digits', COMPACT.replace('00004107', '000004107')],
    ['bytes after the object', COMPACT + 'x'],
    ['a batch', `[${COMPACT}]`],
    ['nothing', ''],
  ])('leaves to the long way: %s', (_, line) => {
    expect(scanned(line)).toBe(null)
  })

  it('leaves every line alone that is cut short', () => {
    for (const line of [CGMINER, ESP, COMPACT]) {
      for (let length = 0; length < line.length; length++) {
        expect(scanned(line.slice(0, length), '', line.slice(length))).toBe(null)
      }
    }
  })

  it('never disagrees with the long way, whatever is sent', () => {
    const blank = fc.constantFrom('', '', '', ' ', '\t', '  ')
    const hex = (max: number): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'), maxLength: max })
    const plain = fc.string({ unit: fc.constantFrom(...'abcXYZ019._-'), maxLength: 12 })
    const field = (usual: fc.Arbitrary<string>): fc.Arbitrary<string> =>
      fc.oneof(
        { weight: 12, arbitrary: usual.map((text) => `"${text}"`) },
        { weight: 1, arbitrary: fc.string().map((text) => JSON.stringify(text)) },
        { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.stringify(value)) },
      )
    const id = fc.oneof(
      fc.nat().map(String),
      fc.string().map((text) => JSON.stringify(text)),
      fc.constantFrom('null', '1.0', '1e2', '-3', '0', '007', 'true', '123456789012345678'),
    )
    const params = fc
      .tuple(
        field(plain),
        field(plain),
        field(fc.uint8Array({ maxLength: 10 }).map(toHex)),
        field(hex(9)),
        field(hex(9)),
        field(hex(9)),
        fc.nat(2),
        blank,
        blank,
      )
      .map(([user, job, extranonce2, ntime, nonce, bits, kind, a, b]) => {
        const fields = [user, job, extranonce2, ntime, nonce, ...(kind === 0 ? [] : [bits])]
        return `[${a}${fields.join(`${b},${a}`)}${b}]`
      })
    const line = fc
      .tuple(id, params, blank, blank, fc.shuffledSubarray([0, 1, 2, 3], { minLength: 2 }))
      .map(([idText, paramsText, a, b, order]) => {
        const members = [
          `"id"${a}:${b}${idText}`,
          `"method"${b}:${a}"mining.submit"`,
          `"params"${a}:${a}${paramsText}`,
          '"jsonrpc":"2.0"',
        ]
        return `{${a}${order.map((i) => members[i]).join(`${b},${a}`)}${b}}`
      })
    let taken = 0
    fc.assert(
      fc.property(line, (text) => {
        const fast = scanned(text)
        if (fast === null) return
        taken++
        expect(fast).toEqual(parsed(text))
      }),
      { numRuns: 4000 },
    )
    expect(taken).toBeGreaterThan(200)
  })

  it('never disagrees on lines with a byte changed', () => {
    let taken = 0
    fc.assert(
      fc.property(
        fc.constantFrom(CGMINER, ESP, COMPACT),
        fc.nat(200),
        fc.integer({ min: 0x20, max: 0x7e }),
        (line, at, byte) => {
          const index = at % line.length
          const changed = line.slice(0, index) + String.fromCharCode(byte) + line.slice(index + 1)
          const fast = scanned(changed)
          if (fast === null) return
          taken++
          expect(fast).toEqual(parsed(changed))
        },
      ),
      { numRuns: 4000 },
    )
    expect(taken).toBeGreaterThan(200)
  })

  it('knows our own job ids as numbers, and no others', () => {
    const job = (text: string): number => {
      const scan = new SubmitScan()
      const line = bytesOf(COMPACT.replace('"ff"', JSON.stringify(text)))
      if (!scan.scan(line, 0, line.length)) throw new Error(text)
      return scan.jobNumber
    }
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (number) => {
        expect(job(formatJobNumber(number))).toBe(number)
        expect(parseJobNumber(formatJobNumber(number))).toBe(number)
      }),
    )
    for (const text of ['', '0f', '00', 'FF', 'xyz', '123456789', '1 ']) {
      expect(job(text)).toBe(-1)
      expect(parseJobNumber(text)).toBe(-1)
    }
  })

  it('compares the user name without making a text', () => {
    const scan = new SubmitScan()
    const line = bytesOf(COMPACT)
    scan.scan(line, 0, line.length)
    expect(scan.userIs(bytesOf('a.b'))).toBe(true)
    expect(scan.userIs(bytesOf('a.c'))).toBe(false)
    expect(scan.userIs(bytesOf('a.bc'))).toBe(false)
  })

  it('keeps nothing of the line before', () => {
    const scan = new SubmitScan()
    const first = bytesOf(COMPACT)
    scan.scan(first, 0, first.length)
    const second = bytesOf(CGMINER)
    expect(scan.scan(second, 0, second.length)).toBe(true)
    expect(scan.versionBits).toBe(-1)
    expect(scan.id).toBe('4')
    expect(scan.user).toBe('w')
    expect(scan.extranonce2Length).toBe(8)
  })
})
