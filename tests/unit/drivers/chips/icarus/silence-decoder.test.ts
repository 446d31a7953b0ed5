import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex } from '../../../../../src-main/base/index.ts'
import {
  parseRockminerReply,
  SilenceDecoder,
} from '../../../../../src-main/drivers/chips/icarus/silence-decoder.ts'
import { type NonceReply } from '../../../../../src-main/drivers/model/chip.ts'

const lengths = fc.constantFrom(4 as const, 5 as const, 8 as const)

/** A length, and some replies of it. */
const bursts = lengths.chain((length) =>
  fc.record({
    length: fc.constant(length),
    frames: fc.array(fc.uint8Array({ minLength: length, maxLength: length }), { minLength: 1, maxLength: 6 }),
  }),
)

function nonces(decoder: SilenceDecoder, ...chunks: readonly Uint8Array[]): NonceReply[] {
  return chunks.flatMap((chunk) => decoder.push(chunk)).filter((reply) => reply.kind === 'nonce')
}

describe('replies framed by silence', () => {
  it('reads a nonce as a share has it, and keeps the id behind it', () => {
    const [reply] = new SilenceDecoder(5).push(fromHex('02fb05ff07'))
    expect(reply).toMatchObject({ kind: 'nonce', nonce: 0xff05fb02, idByte: 7, rolledBits: 0 })
  })

  it('gives the same replies however the bytes of a burst are split', () => {
    fc.assert(
      fc.property(bursts, fc.array(fc.nat(60), { maxLength: 8 }), ({ length, frames }, cuts) => {
        const stream = concatBytes(...frames)
        const points = [
          0,
          ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b),
          stream.length,
        ]
        const chunks = points.slice(1).map((end, i) => stream.subarray(points[i], end))
        const decoder = new SilenceDecoder(length)
        expect(nonces(decoder, ...chunks).map(({ raw }) => raw)).toEqual(frames)
        decoder.quiet()
        expect(decoder.skippedBytes).toBe(0)
      }),
    )
  })

  it('throws away every truncated reply at the next silence, and reads the one after it', () => {
    fc.assert(
      fc.property(bursts, fc.nat(7), ({ length, frames }, cut) => {
        const [frame = new Uint8Array(length)] = frames
        const kept = cut % length
        const decoder = new SilenceDecoder(length)
        expect(decoder.push(frame.subarray(0, kept))).toEqual([])
        decoder.quiet()
        expect(decoder.skippedBytes).toBe(kept)
        expect(nonces(decoder, frame).map(({ raw }) => raw)).toEqual([frame])
      }),
    )
  })

  it('takes none of several replies when a byte of them was lost or added, for nobody knows where', () => {
    fc.assert(
      fc.property(bursts, fc.nat(), fc.boolean(), ({ length, frames }, at, isLost) => {
        const stream = concatBytes(...frames)
        const place = at % stream.length
        const damaged = isLost
          ? concatBytes(stream.subarray(0, place), stream.subarray(place + 1))
          : concatBytes(stream.subarray(0, place), Uint8Array.of(0xa5), stream.subarray(place))
        const decoder = new SilenceDecoder(length)
        expect(decoder.push(damaged)).toEqual([])
        decoder.quiet()
        expect(decoder.skippedBytes).toBe(damaged.length)
        expect(decoder.badFrames).toBe(1)
      }),
    )
  })

  it('cannot tell a flipped bit: such a nonce is as good as any here, and left to who hashes it', () => {
    fc.assert(
      fc.property(bursts, fc.nat(), ({ length, frames }, at) => {
        const [frame = new Uint8Array(length)] = frames
        const flipped = frame.slice()
        const bit = at % (8 * length)
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(nonces(new SilenceDecoder(length), flipped).map(({ raw }) => raw)).toEqual([flipped])
      }),
    )
  })

  it('bears any bytes in any pieces without keeping more than a page of them', () => {
    fc.assert(
      fc.property(
        lengths,
        fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 12 }),
        (length, chunks) => {
          const decoder = new SilenceDecoder(length)
          const taken = nonces(decoder, ...chunks).length
          decoder.quiet()
          const all = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
          expect(taken * length + decoder.skippedBytes).toBe(all)
        },
      ),
    )
  })

  it('reads nothing more of a burst that is too long to be replies, until silence', () => {
    const decoder = new SilenceDecoder(4)
    expect(decoder.push(new Uint8Array(1025))).toEqual([])
    expect(decoder.push(new Uint8Array(4))).toEqual([])
    decoder.quiet()
    expect(decoder.push(new Uint8Array(4))).toHaveLength(1)
    expect(decoder.skippedBytes).toBe(1029)
  })
})

describe('a Rockminer reply', () => {
  it('tells command, status, chip, product and task beside the nonce', () => {
    expect(parseRockminerReply(fromHex('000187a223420128'))).toEqual({
      command: 3,
      status: 2,
      chip: 2,
      product: 't1',
      task: 1,
      temperature: 0x28,
    })
    expect(parseRockminerReply(fromHex('000187a20000'))).toBeNull()
  })
})
