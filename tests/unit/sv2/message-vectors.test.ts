import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src-main/base/index.ts'
import { decodeFrame, encodeFrame } from '../../../src-main/sv2/frame.ts'
import { decodeMessage, encodeMessage, miningConnection } from '../../../src-main/sv2/message-set.ts'
import { miningMessages } from '../../../src-main/sv2/messages/mining.ts'
import { submitWithWorkerName, vectors } from './vectors.ts'

describe('message vectors', () => {
  for (const { message, frame } of vectors) {
    it(`encodes ${message.name} byte for byte`, () => {
      expect(toHex(encodeMessage(message))).toBe(toHex(frame))
    })

    it(`decodes ${message.name} from the same bytes`, () => {
      const decodedFrame = decodeFrame(frame)
      if (!decodedFrame.ok) throw new Error(decodedFrame.error.message)
      expect(decodeMessage(decodedFrame.value)).toEqual({
        ok: true,
        value: { message, trailing: new Uint8Array(0) },
      })
      expect(toHex(encodeFrame(decodedFrame.value))).toBe(toHex(frame))
    })
  }

  it('cover every message of the mining protocol', () => {
    const covered = new Set<string>(vectors.map((vector) => vector.message.name))
    expect(miningMessages.map((definition) => definition.name).filter((name) => !covered.has(name))).toEqual(
      [],
    )
  })
})

describe('what a lenient receiver accepts', () => {
  it('decodes every message with the channel bit the other way round', () => {
    for (const { message, frame } of vectors) {
      const decoded = decodeFrame(frame)
      if (!decoded.ok) throw new Error(decoded.error.message)
      const flipped = { ...decoded.value, channelMessage: !decoded.value.channelMessage }
      expect(miningConnection.decode(flipped)).toMatchObject({ ok: true, value: { message } })
    }
  })

  it('hands on the bytes after the last field of a share', () => {
    const frame = decodeFrame(submitWithWorkerName)
    if (!frame.ok) throw new Error(frame.error.message)
    const decoded = decodeMessage(frame.value)
    if (!decoded.ok) throw new Error(decoded.error.message)
    expect(toHex(decoded.value.trailing)).toBe('0200010a00576f726b65725f303031')
  })
})
