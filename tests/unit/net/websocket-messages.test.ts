import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMessageCodec, MAX_MESSAGE_BYTES } from '../../../src-main/net/websocket-messages.ts'

const text = (messages: readonly Uint8Array[]): string[] =>
  messages.map((message) => Buffer.from(message).toString())

describe('messages of stratum1-json.v1', () => {
  const decode = (message: string): string => {
    const decoded = createMessageCodec('stratum1-json.v1').decode(Buffer.from(message), false)
    if (!decoded.ok) throw new Error(decoded.error.text)
    return Buffer.from(decoded.value).toString()
  }
  const fault = (message: string, isBinary = false): unknown => {
    const decoded = createMessageCodec('stratum1-json.v1').decode(Buffer.from(message), isBinary)
    return decoded.ok ? null : decoded.error.cause
  }

  it('become lines, with or without an end of line of their own', () => {
    for (const message of ['{"id":1}', '{"id":1}\n', '{"id":1}\r\n', '  {"id":1} \n\n']) {
      expect(decode(message)).toBe('{"id":1}\n')
    }
  })

  it('become one line also when their JSON is spread over several', () => {
    const line = decode('{\n  "id": 1,\r\n  "method": "mining.subscribe",\n  "params": []\n}\n')
    expect(line.indexOf('\n')).toBe(line.length - 1)
    expect(JSON.parse(line)).toEqual({ id: 1, method: 'mining.subscribe', params: [] })
  })

  it('are not batches', () => {
    expect(fault('[{"id":1},{"id":2}]')).toBe('protocol')
    expect(fault(' \n[]')).toBe('protocol')
  })

  it('are JSON objects', () => {
    for (const message of ['', ' ', '\n', 'hello', '"id"', '7']) expect(fault(message)).toBe('protocol')
  })

  it('are text', () => {
    expect(fault('{"id":1}', true)).toBe('data-type')
  })

  it('are what a session writes, line by line, whatever pieces it writes them in', () => {
    const line = fc.string({ minLength: 1, unit: fc.constantFrom('a', '{', '}', '"', ':', ' ', '7') })
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 6 }),
        fc.array(fc.tuple(fc.nat(40), fc.boolean()), { maxLength: 8 }),
        (lines, cuts) => {
          const codec = createMessageCodec('stratum1-json.v1')
          let left = lines.map((each) => `${each}\n`).join('')
          const sent: string[] = []
          for (const [length, asBytes] of [...cuts, [Infinity, false] as const]) {
            const piece = left.slice(0, length)
            left = left.slice(length)
            sent.push(...text(asBytes ? codec.encode('', [Buffer.from(piece)]) : codec.encode(piece, null)))
          }
          expect(sent).toEqual(lines)
        },
      ),
    )
  })

  it('keep the order of bytes and texts of one turn', () => {
    const codec = createMessageCodec('stratum1-json.v1')
    expect(text(codec.encode('{"c":3}\n', ['{"a":1}\n{"b"', Buffer.from(':2}\n')]))).toEqual([
      '{"a":1}',
      '{"b":2}',
      '{"c":3}',
    ])
  })
})

describe('messages of sv2-noise.v1', () => {
  it('are the bytes themselves', () => {
    const decoded = createMessageCodec('sv2-noise.v1').decode(Buffer.of(0, 10, 255), true)
    expect(decoded).toEqual({ ok: true, value: Buffer.of(0, 10, 255) })
  })

  it('are binary', () => {
    const decoded = createMessageCodec('sv2-noise.v1').decode(Buffer.from('{}'), false)
    expect(decoded).toMatchObject({ ok: false, error: { cause: 'data-type' } })
  })

  it('join what was written in one turn and are never longer than the limit', () => {
    const codec = createMessageCodec('sv2-noise.v1')
    expect(codec.encode('', [Buffer.of(1), Buffer.of(2, 3)])).toEqual([Buffer.of(1, 2, 3)])
    const long = Buffer.alloc(2 * MAX_MESSAGE_BYTES + 5, 7)
    const messages = codec.encode('', [long])
    expect(messages.map(({ length }) => length)).toEqual([MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES, 5])
    expect(Buffer.concat(messages).equals(long)).toBe(true)
  })
})
