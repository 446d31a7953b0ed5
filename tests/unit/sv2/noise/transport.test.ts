import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, toHex } from '../../../../src-main/base/index.ts'
import { encodeFrame, type Frame } from '../../../../src-main/sv2/frame.ts'
import { type FrameAead, sealedPayloadLength, sliceCount } from '../../../../src-main/sv2/noise/aead.ts'
import { nobleAead } from '../../../../src-main/sv2/noise/aead-noble.ts'
import { selectFrameAead } from '../../../../src-main/sv2/noise/aead-selection.ts'
import { FrameOpener, FrameSealer } from '../../../../src-main/sv2/noise/transport.ts'
import { chunkingFrame, chunkingVectors, transcript } from '../../../support/noise-transcript.ts'

const key = fromHex(transcript.initiatorKey)
const MAX = 16_777_215
const implementations = [...new Set<FrameAead>([nobleAead, selectFrameAead()])]

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

function openAll(opener: FrameOpener, pieces: readonly Uint8Array[]): Frame[] {
  const frames: Frame[] = []
  for (const piece of pieces) {
    const opened = opener.receive(piece)
    if (opened.error !== null) throw opened.error
    frames.push(...opened.frames)
  }
  return frames
}

/** `bytes` cut at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [
    0,
    ...[...places].map((place) => place % (bytes.length + 1)).sort((a, b) => a - b),
    bytes.length,
  ]
  return sorted.slice(1).map((end, i) => bytes.slice(sorted[i], end))
}

const anyFrame = (maxLength: number): fc.Arbitrary<Frame> =>
  fc.record({
    extensionId: fc.integer({ min: 0, max: 0x7fff }),
    channelMessage: fc.boolean(),
    messageType: fc.integer({ min: 0, max: 255 }),
    payload: fc.uint8Array({ maxLength }),
  })

describe.each(implementations)('frames by $name', (aead) => {
  it.each(chunkingVectors)('of $payloadLength bytes are sealed as in the vector', (vector) => {
    const sealer = new FrameSealer(key, aead)
    const wire = sealer.seal(chunkingFrame(vector.payloadLength))
    expect(wire.length).toBe(vector.wireLength)
    expect(sealer.counter).toBe(vector.nonces)
    expect(hex(wire.slice(-16))).toBe(vector.last16)
    expect(createHash('sha256').update(wire).digest('hex')).toBe(vector.sha256)
  })

  it.each(chunkingVectors)('of $payloadLength bytes are opened, whole and in pieces', (vector) => {
    const frame = chunkingFrame(vector.payloadLength)
    const wire = new FrameSealer(key, aead).seal(frame)
    for (const pieces of [[wire], cut(wire, [1, 21, 22, 23, 65_556, 65_557, 65_558, 65_573])]) {
      const opener = new FrameOpener(key, MAX, aead)
      const frames = openAll(opener, pieces)
      expect(frames).toHaveLength(1)
      expect(hex(encodeFrame(frames[0]!))).toBe(hex(frame))
      expect([opener.counter, opener.insideFrame]).toEqual([vector.nonces, false])
    }
  })

  it('are those of the transcript', () => {
    for (const [direction, first] of [
      [transcript.initiatorKey, transcript.firstFromInitiator],
      [transcript.responderKey, transcript.firstFromResponder],
    ] as const) {
      expect(toHex(new FrameSealer(fromHex(direction), aead).seal(first.plain))).toBe(toHex(first.wire))
      const [frame] = openAll(new FrameOpener(fromHex(direction), 64, aead), [first.wire])
      expect(toHex(encodeFrame(frame!))).toBe(toHex(first.plain))
    }
  })

  it('of every length around the sizes of blocks are opened as they were sealed', () => {
    const sealer = new FrameSealer(key, aead)
    const opener = new FrameOpener(key, MAX, aead)
    const lengths = [...Array(300).keys(), 65_518, 65_519, 65_520, 131_038, 131_039]
    for (const length of lengths) {
      const wire = sealer.seal(chunkingFrame(length))
      expect(wire.length).toBe(22 + sealedPayloadLength(length))
      const [frame] = openAll(opener, [wire])
      expect(hex(encodeFrame(frame!))).toBe(hex(chunkingFrame(length)))
    }
    expect(opener.counter).toBe(sealer.counter)
    expect(opener.counter).toBe(lengths.reduce((sum, length) => sum + 1 + sliceCount(length), 0))
  })

  it('come out as they went in, however they are batched and wherever the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyFrame(200), anyFrame(3000)), { maxLength: 12 }),
        fc.boolean(),
        fc.array(fc.nat(20_000), { maxLength: 20 }),
        (frames, together, places) => {
          const sealer = new FrameSealer(key, aead)
          const plain = frames.map(encodeFrame)
          const wire = together
            ? sealer.sealMany(plain)
            : concatBytes(...plain.map((frame) => sealer.seal(frame)))
          expect(openAll(new FrameOpener(key, 3000, aead), cut(wire, places))).toEqual(frames)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('come out as they went in when every byte arrives alone', () => {
    const frames = [0, 1, 33, 120, 700].map(chunkingFrame)
    const wire = new FrameSealer(key, aead).sealMany(frames)
    const pieces = Array.from(wire, (byte) => Uint8Array.of(byte))
    const opened = openAll(new FrameOpener(key, MAX, aead), pieces)
    expect(opened.map((frame) => hex(encodeFrame(frame)))).toEqual(frames.map(hex))
  })

  it('are refused when any byte on the wire was changed, and nothing after them is opened', () => {
    const sealer = new FrameSealer(key, aead)
    const before = sealer.seal(chunkingFrame(5))
    for (const length of [0, 33, 120]) {
      const frames = new FrameSealer(key, aead)
      frames.seal(chunkingFrame(5))
      const wire = frames.sealMany([chunkingFrame(length), chunkingFrame(1)])
      for (let i = 0; i < 22 + sealedPayloadLength(length); i++) {
        const damaged = wire.slice()
        damaged[i]! ^= 1 << (i % 8)
        const opener = new FrameOpener(key, MAX, aead)
        const { frames: opened, error } = opener.receive(concatBytes(before, damaged))
        expect(error?.code).toBe('noise/frame-not-authentic')
        expect(opened).toHaveLength(1)
        expect(opener.receive(wire)).toEqual({ frames: [], error })
      }
    }
  })

  it('are refused out of order, twice, or under another key', () => {
    const sealer = new FrameSealer(key, aead)
    const first = sealer.seal(chunkingFrame(33))
    const second = sealer.seal(chunkingFrame(33))
    const swapped = new FrameOpener(key, MAX, aead).receive(second)
    expect(swapped.error?.message).toMatch(/did not take part in the handshake/)
    const repeated = new FrameOpener(key, MAX, aead).receive(concatBytes(first, first))
    expect(repeated.frames).toHaveLength(1)
    expect(repeated.error?.message).toMatch(/changed on the way/)
    const otherKey = fromHex(transcript.responderKey)
    expect(new FrameOpener(otherKey, MAX, aead).receive(first).error?.code).toBe('noise/frame-not-authentic')
  })

  it('longer than the role accepts are refused when their header arrives', () => {
    const wire = new FrameSealer(key, aead).sealMany([chunkingFrame(100), chunkingFrame(101)])
    const headerEnd = 22 + 116 + 22
    const opener = new FrameOpener(key, 100, aead)
    const opened = opener.receive(wire.subarray(0, headerEnd))
    expect(opened.frames).toHaveLength(1)
    expect(opened.error?.code).toBe('sv2/frame-too-long')
    expect(opened.error?.context).toMatchObject({ length: 101, maxLength: 100 })
    expect(opener.receive(wire.subarray(headerEnd)).frames).toHaveLength(0)
  })

  it('longer than the role accepts are refused too when they arrive whole', () => {
    const wire = new FrameSealer(key, aead).seal(chunkingFrame(101))
    const opened = new FrameOpener(key, 100, aead).receive(wire)
    expect(opened).toMatchObject({ frames: [], error: { code: 'sv2/frame-too-long' } })
  })

  it('stay as they were sealed and opened while others are sealed and opened', () => {
    const sealer = new FrameSealer(key, aead)
    const opener = new FrameOpener(key, MAX, aead)
    const wires = Array.from({ length: 3000 }, (_, i) => sealer.seal(chunkingFrame(i % 90)))
    const kept = wires.map(hex)
    const frames = wires.map((wire) => openAll(opener, [wire])[0]!)
    expect(wires.map(hex)).toEqual(kept)
    expect(frames.every((frame, i) => hex(encodeFrame(frame)) === hex(chunkingFrame(i % 90)))).toBe(true)
  })

  it('do not alias what they were made from', () => {
    const plain = chunkingFrame(33)
    const wire = new FrameSealer(key, aead).seal(plain)
    expect(hex(plain)).toBe(hex(chunkingFrame(33)))
    const sent = wire.slice()
    const [frame] = openAll(new FrameOpener(key, MAX, aead), [sent])
    sent.fill(0)
    expect(hex(encodeFrame(frame!))).toBe(hex(plain))
  })

  it('whose header announces another length are never sent', () => {
    const sealer = new FrameSealer(key, aead)
    for (const wrong of [
      chunkingFrame(5).slice(0, 10),
      concatBytes(chunkingFrame(5), Uint8Array.of(0)),
      new Uint8Array(3),
    ]) {
      expect(() => sealer.seal(wrong)).toThrow(/not a whole frame/)
      expect(() => sealer.sealMany([wrong])).toThrow(/not a whole frame/)
    }
    expect(sealer.counter).toBe(0)
  })
})

describe('an opener', () => {
  it('says whether the stream stands inside a frame', () => {
    const wire = new FrameSealer(key).seal(chunkingFrame(33))
    const opener = new FrameOpener(key, MAX)
    const states = [0, 10, 22, 30, wire.length].map((end, i, ends) => {
      opener.receive(wire.subarray(ends[i - 1] ?? 0, end))
      return opener.insideFrame
    })
    expect(states).toEqual([false, true, true, true, false])
  })
})
