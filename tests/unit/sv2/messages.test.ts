import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, HeadframeError, toHex } from '../../../src-main/base/index.ts'
import { U32 } from '../../../src-main/sv2/field-types.ts'
import { decodeFrame, FRAME_HEADER_LENGTH } from '../../../src-main/sv2/frame.ts'
import { type AnyMessageDefinition, defineMessage } from '../../../src-main/sv2/message.ts'
import { decodeMessage, encodeMessage } from '../../../src-main/sv2/message-set.ts'
import { commonMessages } from '../../../src-main/sv2/messages/common.ts'
import { extensionMessages } from '../../../src-main/sv2/messages/extensions.ts'
import {
  miningMessages,
  openExtendedMiningChannelSuccess,
  submitSharesExtended,
  submitSharesStandard,
  submitSharesSuccess,
} from '../../../src-main/sv2/messages/mining.ts'
import { messagesOf } from './arbitraries.ts'
import { ALL_ONES, TARGET, vectors } from './vectors.ts'

const definitions: readonly AnyMessageDefinition[] = [
  ...commonMessages,
  ...extensionMessages,
  ...miningMessages,
]

/** Shortest payload of a message that may leave out a field added later. */
function isWholeWithout(definition: AnyMessageDefinition, payload: Uint8Array, length: number): boolean {
  const last = Object.values(definition.fields).at(-1)!
  return last.minByteLength === 0 && length === payload.length - 4
}

describe.each(definitions.map((definition) => [definition.name, definition] as const))(
  '%s',
  (_, definition) => {
    it('comes back from its bytes as it was', () => {
      fc.assert(
        fc.property(messagesOf(definition), (message) => {
          const frame = decodeFrame(definition.encode(message))
          if (!frame.ok) throw new Error(frame.error.message)
          expect(frame.value).toMatchObject({
            extensionId: definition.extension,
            channelMessage: definition.channelMessage,
            messageType: definition.type,
          })
          expect(decodeMessage(frame.value)).toEqual({
            ok: true,
            value: { message, trailing: new Uint8Array(0) },
          })
        }),
        { numRuns: 60 },
      )
    })

    it('is refused when cut anywhere, naming the field', () => {
      fc.assert(
        fc.property(messagesOf(definition), (message) => {
          const payload = definition.encode(message).subarray(FRAME_HEADER_LENGTH)
          for (let length = 0; length < payload.length; length++) {
            const decoded = definition.decode(payload.subarray(0, length))
            if (isWholeWithout(definition, payload, length)) expect(decoded.ok).toBe(true)
            else {
              expect(decoded).toMatchObject({
                ok: false,
                error: { code: 'sv2/message-truncated', context: { message: definition.name } },
              })
              if (!decoded.ok)
                expect(Object.keys(definition.fields)).toContain(decoded.error.context['field'])
            }
          }
        }),
        { numRuns: 8 },
      )
    })

    it('hands on what follows its last field', () => {
      fc.assert(
        fc.property(
          messagesOf(definition),
          fc.uint8Array({ minLength: 1, maxLength: 40 }),
          (message, tail) => {
            const payload = definition.encode(message, tail).subarray(FRAME_HEADER_LENGTH)
            expect(definition.decode(payload)).toEqual({ ok: true, value: { message, trailing: tail } })
          },
        ),
        { numRuns: 20 },
      )
    })

    it('reads random bytes without throwing and never beyond its payload', () => {
      fc.assert(
        fc.property(
          fc.uint8Array({ maxLength: 200 }),
          fc.uint8Array({ maxLength: 200 }),
          (payload, around) => {
            const alone = definition.decode(payload)
            const inside = concatBytes(around, payload, around)
            const embedded = definition.decode(inside.subarray(around.length, around.length + payload.length))
            expect(embedded).toEqual(alone)
            inside.fill(0xee)
            expect(embedded).toEqual(alone)
          },
        ),
        { numRuns: 200 },
      )
    })

    it('starts with a channel id if it carries the channel bit', () => {
      if (!definition.channelMessage) return
      expect(Object.entries(definition.fields)[0]).toEqual(['channelId', U32])
    })
  },
)

describe('codecs written out by hand', () => {
  const handWritten: readonly AnyMessageDefinition[] = [
    submitSharesStandard,
    submitSharesExtended,
    submitSharesSuccess,
  ]

  it.each(handWritten.map((definition) => [definition.name, definition] as const))(
    '%s does what its fields say',
    (_, definition) => {
      const { name, type, extension, channelMessage, fields } = definition
      const fromFields = defineMessage({ name, type, extension, channelMessage, fields })
      fc.assert(
        fc.property(messagesOf(definition), fc.uint8Array({ maxLength: 80 }), (message, noise) => {
          expect(toHex(definition.encode(message))).toBe(toHex(fromFields.encode(message)))
          expect(definition.decode(noise)).toEqual(fromFields.decode(noise))
        }),
        { numRuns: 400 },
      )
    },
  )
})

describe('dispatch', () => {
  it('decodes any frame to a value or a typed error, never an exception', () => {
    const anyFrame = fc.record({
      extensionId: fc.oneof(fc.constantFrom(0, 0, 0, 1), fc.nat(0x7fff)),
      channelMessage: fc.boolean(),
      messageType: fc.nat(0x30),
      payload: fc.uint8Array({ maxLength: 150 }),
    })
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const decoded = decodeMessage(frame)
        if (!decoded.ok)
          expect(['sv2/message-truncated', 'sv2/field-malformed']).toContain(decoded.error.code)
      }),
      { numRuns: 3000 },
    )
  })

  it('decodes every vector with one byte changed to a value or a typed error', () => {
    fc.assert(
      fc.property(fc.constantFrom(...vectors), fc.nat(), fc.nat(255), ({ frame }, position, byte) => {
        const changed = frame.slice()
        changed[position % changed.length] = byte
        const decoded = decodeFrame(changed)
        if (decoded.ok) decodeMessage(decoded.value)
        else expect(decoded.error.code).toBe('sv2/frame-length-mismatch')
      }),
      { numRuns: 3000 },
    )
  })

  it('returns what it does not know as a value with its channel id', () => {
    const payload = Uint8Array.of(7, 0, 0, 0x80, 5)
    const frame = { extensionId: 0x4001, channelMessage: true, messageType: 9, payload }
    expect(decodeMessage(frame)).toEqual({
      ok: true,
      value: {
        message: { name: 'unknown', extensionId: 0x4001, messageType: 9, channelId: 0x80000007, payload },
        trailing: new Uint8Array(0),
      },
    })
  })

  it('gives no channel id to an unknown frame without the bit or with too short a payload', () => {
    const frame = { extensionId: 0, messageType: 0x1e, payload: new Uint8Array(4) }
    expect(decodeMessage({ ...frame, channelMessage: false })).toMatchObject({
      value: { message: { name: 'unknown', channelId: null } },
    })
    expect(decodeMessage({ ...frame, channelMessage: true, payload: new Uint8Array(3) })).toMatchObject({
      value: { message: { name: 'unknown', channelId: null } },
    })
  })
})

describe('OpenExtendedMiningChannel.Success', () => {
  const success = {
    requestId: 1,
    channelId: 7,
    target: TARGET,
    extranonceSize: 8,
    extranoncePrefix: new Uint8Array(4),
    groupChannelId: 9,
  }

  it('is accepted from a server that does not know group_channel_id yet', () => {
    const payload = openExtendedMiningChannelSuccess.encode(success).subarray(FRAME_HEADER_LENGTH)
    expect(openExtendedMiningChannelSuccess.decode(payload.subarray(0, -4))).toMatchObject({
      ok: true,
      value: { message: { ...success, groupChannelId: null } },
    })
  })

  it('is never sent without group_channel_id', () => {
    expect(() => openExtendedMiningChannelSuccess.encode({ ...success, groupChannelId: null })).toThrow(
      /groupChannelId/,
    )
  })
})

describe('what we send', () => {
  it('throws with the field that is out of range', () => {
    const open = {
      name: 'OpenExtendedMiningChannel',
      requestId: 1,
      userIdentity: 'x'.repeat(256),
      nominalHashRate: 0,
      maxTarget: ALL_ONES,
      minExtranonceSize: 4,
    } as const
    expect(() => encodeMessage(open)).toThrow(/OpenExtendedMiningChannel\.userIdentity/)
    expect(() => encodeMessage({ ...open, userIdentity: 'x', maxTarget: new Uint8Array(31) })).toThrow(
      HeadframeError,
    )
  })

  it('throws when a share carries more than 32 bytes of extranonce', () => {
    const share = { channelId: 1, sequenceNumber: 1, jobId: 1, nonce: 1, ntime: 1, version: 1 }
    expect(() => submitSharesExtended.encode({ ...share, extranonce: new Uint8Array(33) })).toThrow(
      HeadframeError,
    )
  })

  it('throws when a message does not fit a frame', () => {
    expect(() =>
      encodeMessage({ name: 'SetTarget', channelId: 1, maximumTarget: TARGET }, new Uint8Array(2 ** 24)),
    ).toThrow(HeadframeError)
  })
})
