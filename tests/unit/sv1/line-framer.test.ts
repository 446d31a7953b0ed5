import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeLine, LineFramer } from '../../../src-main/sv1/index.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array, start: number, end: number): string =>
  new TextDecoder().decode(bytes.slice(start, end))

function frame(chunks: readonly Uint8Array[], limit?: number): { lines: string[]; fault: string | null } {
  const framer = new LineFramer(limit)
  const lines: string[] = []
  let fault: string | null = null
  for (const chunk of chunks) {
    fault = framer.push(chunk, (bytes, start, end) => lines.push(textOf(bytes, start, end)))?.code ?? null
  }
  return { lines, fault }
}

describe('line framer', () => {
  it('hands out every line of a chunk', () => {
    expect(frame([bytesOf('one\ntwo\nthree\n')]).lines).toEqual(['one', 'two', 'three'])
  })

  it('joins a line that arrives in pieces', () => {
    expect(frame([bytesOf('{"id"'), bytesOf(':1'), bytesOf('}\n{}\n')]).lines).toEqual(['{"id":1}', '{}'])
  })

  it('drops CR, NULs and blanks around a line and skips empty lines', () => {
    expect(frame([bytesOf('\r\n\n  one \r\n\0\0two\0\n \t\r\n\0\n\tthree\n')]).lines).toEqual([
      'one',
      'two',
      'three',
    ])
  })

  it('keeps a rest without a line end to itself', () => {
    const framer = new LineFramer()
    const lines: string[] = []
    framer.push(bytesOf('one\ntw'), (bytes, start, end) => lines.push(textOf(bytes, start, end)))
    expect(lines).toEqual(['one'])
    expect(framer.pendingBytes).toBe(2)
  })

  it('hands whole lines out in place, without copying', () => {
    const chunk = bytesOf('one\ntwo\n')
    const framer = new LineFramer()
    const seen: Uint8Array[] = []
    framer.push(chunk, (bytes) => seen.push(bytes))
    expect(seen.every((bytes) => bytes === chunk)).toBe(true)
    expect(seen).toHaveLength(2)
  })

  it('gives the same lines however the stream is cut', () => {
    const line = fc.array(fc.integer({ min: 0x21, max: 0xff }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\0\n', '\n\n')), { maxLength: 20 }),
        fc.array(fc.nat(1000), { maxLength: 40 }),
        (parts, cuts) => {
          const stream = Uint8Array.from(parts.flatMap(([bytes, ending]) => [...bytes, ...bytesOf(ending)]))
          const borders = [
            0,
            ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b),
            stream.length,
          ]
          const chunks = borders.slice(1).map((end, i) => stream.slice(borders[i], end))
          const framer = new LineFramer()
          const lines: number[][] = []
          for (const chunk of chunks) {
            expect(
              framer.push(chunk, (bytes, start, end) => lines.push([...bytes.subarray(start, end)])),
            ).toBe(null)
          }
          expect(lines).toEqual(parts.map(([bytes]) => bytes))
          expect(framer.pendingBytes).toBe(0)
        },
      ),
    )
  })

  it('accepts a line of exactly the limit and refuses one byte more', () => {
    expect(frame([bytesOf('x'.repeat(100) + '\n')], 100)).toEqual({ lines: ['x'.repeat(100)], fault: null })
    expect(frame([bytesOf('x'.repeat(101) + '\n')], 100)).toEqual({ lines: [], fault: 'line-too-long' })
  })

  it('refuses an endless line as soon as it passes the limit, without a line end', () => {
    const framer = new LineFramer(100)
    expect(framer.push(new Uint8Array(60).fill(120), () => {})).toBe(null)
    expect(framer.push(new Uint8Array(60).fill(120), () => {})).toMatchObject({
      code: 'line-too-long',
      fatal: true,
    })
    expect(framer.pendingBytes).toBe(0)
  })

  it('stays closed after a fault', () => {
    expect(frame([new Uint8Array(101).fill(120), bytesOf('\none\n')], 100)).toEqual({
      lines: [],
      fault: 'line-too-long',
    })
  })

  it('hands out the lines before an oversize one', () => {
    expect(frame([bytesOf('one\n' + 'x'.repeat(101) + '\ntwo\n')], 100)).toEqual({
      lines: ['one'],
      fault: 'line-too-long',
    })
  })

  it('limits lines to 16 KiB unless told otherwise, and to more once told', () => {
    const framer = new LineFramer()
    framer.setMaxLineBytes(65_536)
    let length = 0
    framer.push(bytesOf('x'.repeat(65_536) + '\n'), (_, start, end) => (length = end - start))
    expect(length).toBe(65_536)
    expect(new LineFramer().push(new Uint8Array(16_385), () => {})?.code).toBe('line-too-long')
  })

  it('stops in the middle of a chunk when its owner closes it', () => {
    const framer = new LineFramer()
    const lines: string[] = []
    framer.push(bytesOf('one\ntwo\nthree\n'), (bytes, start, end) => {
      lines.push(textOf(bytes, start, end))
      if (lines.length === 2) framer.close()
    })
    expect(lines).toEqual(['one', 'two'])
  })

  it('copies a line that arrives byte by byte a bounded number of times', () => {
    const length = 60_000
    const framer = new LineFramer(65_536)
    let copied = 0
    const original = Uint8Array.prototype.set
    const byte = Uint8Array.of(120)
    Uint8Array.prototype.set = function (source, offset) {
      copied += source.length
      original.call(this, source, offset)
    }
    try {
      for (let i = 0; i < length; i++) framer.push(byte, () => {})
    } finally {
      Uint8Array.prototype.set = original
    }
    expect(framer.pendingBytes).toBe(length)
    expect(copied).toBeLessThan(4 * length)
  })
})

describe('line text', () => {
  it('is UTF-8', () => {
    expect(decodeLine(bytesOf('{"user":"späße"}'))).toEqual({ ok: true, value: '{"user":"späße"}' })
  })

  it('is cut from the middle of a buffer', () => {
    expect(decodeLine(bytesOf('xxabcyy'), 2, 5)).toEqual({ ok: true, value: 'abc' })
  })

  it('is a fault for bytes that are no UTF-8, such as Latin-1', () => {
    const latin1 = Uint8Array.from([0x22, 0xe4, 0x22])
    expect(decodeLine(latin1)).toMatchObject({ ok: false, error: { code: 'not-utf8', fatal: true } })
  })

  it('is never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodeLine(bytes)
      }),
    )
  })
})
