import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, HeadframeError, toHex } from '../../../src-main/base/index.ts'
import {
  decodeFrame,
  decodeFrameHeader,
  encodeFrame,
  type FrameHeader,
  MAX_FRAME_PAYLOAD_LENGTH,
  writeFrameHeader,
} from '../../../src-main/sv2/frame.ts'

const headerVectors: readonly (readonly [hex: string, header: FrameHeader])[] = [
  ['010203040506', { extensionId: 0x0201, channelMessage: false, messageType: 3, payloadLength: 0x060504 }],
  ['000071000000', { extensionId: 0, channelMessage: false, messageType: 0x71, payloadLength: 0 }],
  ['00801a180000', { extensionId: 0, channelMessage: true, messageType: 0x1a, payloadLength: 24 }],
]

describe('frame header', () => {
  for (const [hex, header] of headerVectors) {
    it(`reads and writes ${hex}`, () => {
      expect(decodeFrameHeader(fromHex(hex))).toEqual({ ok: true, value: header })
      const bytes = new Uint8Array(6)
      writeFrameHeader(bytes, header)
      expect(toHex(bytes)).toBe(hex)
    })
  }

  it('keeps every header through a round trip', () => {
    const anyHeader = fc.record({
      extensionId: fc.nat(0x7fff),
      channelMessage: fc.boolean(),
      messageType: fc.nat(0xff),
      payloadLength: fc.nat(MAX_FRAME_PAYLOAD_LENGTH),
    })
    fc.assert(
      fc.property(anyHeader, (header) => {
        const bytes = new Uint8Array(6)
        writeFrameHeader(bytes, header)
        expect(decodeFrameHeader(bytes)).toEqual({ ok: true, value: header })
      }),
    )
  })

  it('refuses a length above what the role accepts, before there is a payload', () => {
    const header = fromHex('00801f010001')
    expect(decodeFrameHeader(header, 65_537)).toMatchObject({ ok: true })
    expect(decodeFrameHeader(header, 65_536)).toMatchObject({
      ok: false,
      error: { code: 'sv2/frame-too-long', context: { length: 65_537, maxLength: 65_536 } },
    })
  })

  it('refuses every cut header', () => {
    for (let length = 0; length < 6; length++) {
      expect(decodeFrameHeader(new Uint8Array(length))).toMatchObject({
        ok: false,
        error: { code: 'sv2/frame-length-mismatch' },
      })
    }
  })
})

describe('whole frame', () => {
  it('keeps every frame through a round trip', () => {
    const anyFrame = fc.record({
      extensionId: fc.nat(0x7fff),
      channelMessage: fc.boolean(),
      messageType: fc.nat(0xff),
      payload: fc.uint8Array({ maxLength: 300 }),
    })
    fc.assert(
      fc.property(anyFrame, (frame) => {
        expect(decodeFrame(encodeFrame(frame))).toEqual({ ok: true, value: frame })
      }),
    )
  })

  it('refuses bytes that are fewer or more than the header announces', () => {
    for (const hex of ['00801a180000', '000003040000070000', '000003040000070000 0000', '000071000000 00']) {
      expect(decodeFrame(fromHex(hex))).toMatchObject({
        ok: false,
        error: { code: 'sv2/frame-length-mismatch' },
      })
    }
  })

  it('takes the largest payload and no larger one', () => {
    const frame = { extensionId: 0, channelMessage: false, messageType: 0x74 }
    const largest = encodeFrame({ ...frame, payload: new Uint8Array(MAX_FRAME_PAYLOAD_LENGTH) })
    expect(toHex(largest.subarray(0, 6))).toBe('000074ffffff')
    expect(() => encodeFrame({ ...frame, payload: new Uint8Array(MAX_FRAME_PAYLOAD_LENGTH + 1) })).toThrow(
      HeadframeError,
    )
  })

  it('refuses to send an extension id that would set the channel bit', () => {
    const frame = { channelMessage: false, messageType: 0, payload: new Uint8Array(0) }
    expect(() => encodeFrame({ ...frame, extensionId: 0x8000 })).toThrow(HeadframeError)
    expect(() => encodeFrame({ ...frame, extensionId: 0, messageType: 256 })).toThrow(HeadframeError)
  })
})
