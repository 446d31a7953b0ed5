import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, toHex } from '../../../../src-main/base/index.ts'
import {
  type AwaitedReply,
  BridgeReplyDecoder,
  type BridgeReply,
  parseDeviceRelease,
  type ReplyFormat,
} from '../../../../src-main/drivers/control/packets.ts'
import {
  adcRequest,
  type BridgeRequest,
  encodeRequest,
  fanDutyRequest,
  fanSpeedRequest,
  gpioReadRequest,
  gpioWriteRequest,
  i2cFrequencyRequest,
  i2cReadRequest,
  i2cWriteReadRequest,
  i2cWriteRequest,
  ledRequest,
  rebootRequest,
} from '../../../../src-main/drivers/control/requests.ts'
import { hasSharedFixtures, sharedFixture } from '../../../support/shared-fixtures.ts'

function decode(
  format: ReplyFormat,
  awaited: AwaitedReply,
  ...chunks: readonly Uint8Array[]
): BridgeReply | null {
  const decoder = new BridgeReplyDecoder(format)
  decoder.expectReply(awaited)
  for (const chunk of chunks) {
    const reply = decoder.push(chunk)
    if (reply !== null) return reply
  }
  return decoder.expire()
}

function v0(id: number, data: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(data.length, 0, id), data)
}

function v1(id: number, data: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(data.length + 4, 0, id, 0), data)
}

function errorPacket(id: number, code: number, text: string): Uint8Array {
  return concatBytes(Uint8Array.of(4 + text.length, 0, id, code), new TextEncoder().encode(text))
}

const whole = { v0, v1 }

describe('requests', () => {
  it('are length, id, bus, page, command and data', () => {
    expect(toHex(encodeRequest(1, i2cWriteRequest(0x4f, Uint8Array.of(0xde))))).toBe('0800010005204fde')
    expect(toHex(encodeRequest(1, i2cReadRequest(0x4c, 1)))).toBe('0800010005304c01')
    expect(toHex(encodeRequest(1, i2cWriteReadRequest(0x32, Uint8Array.of(0xfe), 2)))).toBe(
      '09000100054032fe02',
    )
    expect(toHex(encodeRequest(2, i2cFrequencyRequest(100_000)))).toBe('0a0002000510a0860100')
    expect(toHex(encodeRequest(0, gpioWriteRequest(0, 1)))).toBe('07000000060001')
    expect(toHex(encodeRequest(9, adcRequest('core')))).toBe('060009000750')
    expect(toHex(encodeRequest(9, adcRequest('input')))).toBe('060009000751')
  })
})

describe('replies of a bridge', () => {
  it('in v0 are data with the length of the data, in v1 with a status and the length of all', () => {
    expect(decode('v0', { id: 66, length: 3 }, fromHex('030042ff0000'))).toEqual({
      kind: 'data',
      id: 66,
      data: fromHex('ff0000'),
    })
    expect(decode('v1', { id: 66, length: 1 }, fromHex('0500420001'))).toEqual({
      kind: 'data',
      id: 66,
      data: fromHex('01'),
    })
  })

  it('tells a v0 error at once where the request asked for another number of bytes', () => {
    const decoder = new BridgeReplyDecoder('v0')
    decoder.expectReply({ id: 7, length: 1 })
    expect(decoder.push(fromHex('04000711'))).toEqual({ kind: 'error', id: 7, code: 0x11, text: '' })
    decoder.expectReply({ id: 8, length: 2 })
    expect(decoder.push(errorPacket(8, 0xff, 'I2C Write Error'))).toEqual({
      kind: 'error',
      id: 8,
      code: 0xff,
      text: 'I2C Write Error',
    })
  })

  it('waits out the time of a request for four bytes before it takes a v0 error for one', () => {
    const decoder = new BridgeReplyDecoder('v0')
    decoder.expectReply({ id: 7, length: 4 })
    expect(decoder.push(fromHex('04000710'))).toBeNull()
    expect(decoder.expire()).toEqual({ kind: 'error', id: 7, code: 0x10, text: '' })
    decoder.expectReply({ id: 8, length: 4 })
    expect(decoder.push(fromHex('04000810aabbcc'))).toEqual({
      kind: 'data',
      id: 8,
      data: fromHex('10aabbcc'),
    })
  })

  it('takes what fits neither a success nor an error for silence', () => {
    expect(decode('v0', { id: 7, length: 1 }, fromHex('04000799'))).toBeNull()
    expect(decode('v0', { id: 7, length: 4 }, fromHex('04000799'))).toBeNull()
    expect(decode('v1', { id: 7, length: 1 }, fromHex('04000799'))).toBeNull()
  })

  it('takes the answer to a malformed request for the answer to the one that is waited for', () => {
    expect(decode('v0', { id: 7, length: 1 }, fromHex('0400ff11'))).toMatchObject({
      kind: 'error',
      code: 0x11,
    })
    expect(decode('v1', { id: 7, length: 1 }, fromHex('0400ff11'))).toMatchObject({
      kind: 'error',
      code: 0x11,
    })
  })

  it.each(['v0', 'v1'] as const)(
    'in %s does not take a late answer for the next one, even in one read',
    (format) => {
      const make = whole[format]
      const decoder = new BridgeReplyDecoder(format)
      decoder.expectReply({ id: 1, length: 2 })
      expect(decoder.expire()).toBeNull()
      decoder.expectReply({ id: 2, length: 2 })
      const late = make(1, Uint8Array.of(0xaa, 0xbb))
      expect(decoder.push(concatBytes(late, make(2, Uint8Array.of(0x11, 0x22))))).toEqual({
        kind: 'data',
        id: 2,
        data: Uint8Array.of(0x11, 0x22),
      })
      expect(decoder.staleReplies).toBe(1)
      expect(decoder.skippedBytes).toBe(0)
    },
  )

  it('in v0 steps over a late error, whose length means something else, to the answer behind it', () => {
    const decoder = new BridgeReplyDecoder('v0')
    decoder.expectReply({ id: 1, length: 2 })
    decoder.expire()
    decoder.expectReply({ id: 2, length: 1 })
    const late = errorPacket(1, 0xff, 'I2C WriteRead Error')
    expect(decoder.push(concatBytes(late, v0(2, Uint8Array.of(5))))).toMatchObject({ kind: 'data', id: 2 })
  })

  it('drops a second answer to the same request, and whatever comes when nothing is waited for', () => {
    const decoder = new BridgeReplyDecoder('v1')
    decoder.expectReply({ id: 1, length: 1 })
    const packet = v1(1, Uint8Array.of(1))
    expect(decoder.push(concatBytes(packet, packet))).toMatchObject({ kind: 'data', id: 1 })
    expect(decoder.push(packet)).toBeNull()
    decoder.expectReply({ id: 2, length: 1 })
    expect(decoder.expire()).toBeNull()
    expect(decoder.skippedBytes).toBe(10)
  })

  const formats = fc.constantFrom<ReplyFormat>('v0', 'v1')
  const id = fc.integer({ min: 0, max: 254 })
  const data = fc.uint8Array({ maxLength: 48 })

  it('come through however the bytes are cut, and behind any garbage without their id', () => {
    fc.assert(
      fc.property(
        formats,
        id,
        data,
        fc.uint8Array({ maxLength: 20 }),
        fc.array(fc.nat(30)),
        (format, own, body, noise, cuts) => {
          const garbage = noise.filter((byte) => byte !== own && byte !== 0xff)
          const bytes = concatBytes(garbage, whole[format](own, body))
          // The length in front of our id may read as garbage's id only if it is our id: left out.
          fc.pre(bytes.subarray(0, garbage.length + 2).every((byte) => byte !== own && byte !== 0xff))
          const chunks: Uint8Array[] = []
          let from = 0
          for (const cut of [...cuts, bytes.length]) {
            chunks.push(bytes.slice(from, from + cut))
            from = Math.min(bytes.length, from + cut)
          }
          chunks.push(bytes.slice(from))
          expect(decode(format, { id: own, length: body.length }, ...chunks)).toEqual({
            kind: 'data',
            id: own,
            data: body,
          })
        },
      ),
    )
  })

  it('that are cut short are silence, never a reply', () => {
    fc.assert(
      fc.property(formats, id, data, fc.nat(60), (format, own, body, kept) => {
        const bytes = whole[format](own, body)
        const short = bytes.slice(0, Math.min(kept, bytes.length - 1))
        const reply = decode(format, { id: own, length: body.length }, short)
        // Of v0 success and error only the time tells: a success of n bytes cut to n may be an error's twin.
        if (reply?.kind === 'error' && format === 'v0') expect(short.length).toBe(body.length)
        else expect(reply).toBeNull()
      }),
    )
  })

  it('with a bit flipped never answer with another id or length, and the next one is read', () => {
    fc.assert(
      fc.property(formats, id, data, fc.nat(), (format, own, body, bit) => {
        const bytes = whole[format](own, body)
        const at = bit % (bytes.length * 8)
        bytes[at >> 3] = (bytes[at >> 3] ?? 0) ^ (1 << (at & 7))
        const decoder = new BridgeReplyDecoder(format)
        decoder.expectReply({ id: own, length: body.length })
        const reply = decoder.push(bytes) ?? decoder.expire()
        if (reply?.kind === 'data') {
          expect(reply.id).toBe(own)
          expect(reply.data.length).toBe(body.length)
        }
        const next = (own + 1) % 255
        decoder.expectReply({ id: next, length: 1 })
        expect(decoder.push(whole[format](next, Uint8Array.of(9)))).toMatchObject({ kind: 'data', id: next })
      }),
    )
  })

  it('made of garbage are never thrown about and never kept for ever', () => {
    fc.assert(
      fc.property(
        formats,
        fc.array(fc.uint8Array({ maxLength: 80 })),
        fc.option(fc.nat(48)),
        (format, chunks, length) => {
          const decoder = new BridgeReplyDecoder(format)
          for (let own = 0; own < 3; own++) {
            decoder.expectReply({ id: own, length })
            for (const chunk of chunks) decoder.push(chunk)
            decoder.expire()
          }
          decoder.expectReply({ id: 200, length: 1 })
          expect(decoder.push(whole[format](200, Uint8Array.of(7)))).toEqual({
            kind: 'data',
            id: 200,
            data: Uint8Array.of(7),
          })
        },
      ),
    )
  })
})

describe('the release in a device descriptor', () => {
  it('gives hardware, minor and patch, and v1 from minor 1 on', () => {
    expect(parseDeviceRelease(0x0500)).toEqual({ hardware: 5, minor: 0, patch: 0, format: 'v0' })
    expect(parseDeviceRelease(0x0510)).toEqual({ hardware: 5, minor: 1, patch: 0, format: 'v1' })
  })
})

interface Vector {
  readonly id: string
  readonly input: {
    readonly id?: number
    readonly page?: number
    readonly cmd?: number
    readonly addr?: string
    readonly write?: string
    readonly readLength?: number
    readonly hz?: number
    readonly level?: 0 | 1
    readonly rgb?: string
    readonly percent?: number
    readonly magic?: string
    readonly format?: ReplyFormat
    readonly bytes?: string
    readonly bcdDevice?: string
  }
  readonly expected: {
    readonly frame?: string
    readonly id?: number
    readonly data?: string
    readonly ok?: boolean
    readonly errorCode?: number
    readonly message?: string
    readonly hardware?: number
    readonly minor?: number
    readonly patch?: number
    readonly format?: ReplyFormat
  }
}

function requestOf({ page, cmd = 0, addr = '', write = '', ...input }: Vector['input']): BridgeRequest {
  const address = parseInt(addr, 16)
  if (page === 5 && cmd === 0x10) return i2cFrequencyRequest(input.hz ?? 0)
  if (page === 5 && cmd === 0x20) return i2cWriteRequest(address, fromHex(write))
  if (page === 5 && cmd === 0x30) return i2cReadRequest(address, input.readLength ?? 0)
  if (page === 5 && cmd === 0x40) return i2cWriteReadRequest(address, fromHex(write), input.readLength ?? 0)
  if (page === 6) return input.level === undefined ? gpioReadRequest(cmd) : gpioWriteRequest(cmd, input.level)
  if (page === 8) {
    const [red = 0, green = 0, blue = 0] = fromHex(input.rgb ?? '')
    return ledRequest(red, green, blue)
  }
  if (page === 9 && input.magic !== undefined) return rebootRequest()
  if (page === 9)
    return cmd < 0x20 ? fanDutyRequest(cmd - 0x10, input.percent ?? -1) : fanSpeedRequest(cmd - 0x20)
  throw new Error(`no request for page ${page}`)
}

describe.runIf(hasSharedFixtures)('shared vectors of bitaxe-raw', () => {
  const vectors = hasSharedFixtures
    ? (JSON.parse(sharedFixture('asic/bitaxe-raw.json')) as { vectors: Vector[] }).vectors
    : []

  it('are all here', () => {
    expect(vectors).toHaveLength(22)
  })

  it.each(vectors.map((vector) => [vector.id, vector] as const))('%s', (_id, { input, expected }) => {
    if (input.bcdDevice !== undefined) {
      expect(parseDeviceRelease(parseInt(input.bcdDevice, 16))).toEqual(expected)
    } else if (input.bytes !== undefined && input.format !== undefined) {
      const reply = decode(input.format, { id: expected.id ?? -1, length: null }, fromHex(input.bytes))
      if (expected.ok)
        expect(reply).toEqual({ kind: 'data', id: expected.id, data: fromHex(expected.data ?? '') })
      else {
        const text = expected.message ?? ''
        expect(reply).toEqual({ kind: 'error', id: expected.id, code: expected.errorCode, text })
      }
    } else {
      expect(toHex(encodeRequest(input.id ?? -1, requestOf(input)))).toBe(expected.frame)
    }
  })
})
