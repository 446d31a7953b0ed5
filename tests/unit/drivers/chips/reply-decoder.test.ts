import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, joinBytes, toHex } from '../../../../src-main/base/index.ts'
import { crc5 } from '../../../../src-main/drivers/chips/crc.ts'
import { createReplyDecoder } from '../../../../src-main/drivers/chips/reply-decoder.ts'
import { type ChipReply, type ReplyDecoder } from '../../../../src-main/drivers/model/chip.ts'

type Length = 9 | 11

/** A reply with a right check sum. */
function sealed(payload: Uint8Array, type: 0 | 4): Uint8Array {
  const frame = concatBytes(Uint8Array.of(0xaa, 0x55), payload, Uint8Array.of(type << 5))
  for (let crc = 0; crc < 32; crc++) {
    frame[frame.length - 1] = (type << 5) | crc
    if (crc5(frame, 2) === 0) break
  }
  return frame
}

const reply = (length: Length): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(fc.uint8Array({ minLength: length - 3, maxLength: length - 3 }), fc.constantFrom<0 | 4>(0, 4))
    .map(([payload, type]) => sealed(payload, type))

/** Bytes that are likelier than others to look like frames. */
const nastyBytes = (maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc
    .array(fc.oneof(fc.constantFrom(0xaa, 0x55, 0x00, 0x80), fc.nat(255)), { maxLength })
    .map((bytes) => Uint8Array.from(bytes))

const length = fc.constantFrom<Length>(9, 11)
const raws = (replies: readonly ChipReply[]): string[] => replies.map(({ raw }) => toHex(raw))

/** What a decoder says to a stream and the silence after it. */
function decode(decoder: ReplyDecoder, ...chunks: readonly Uint8Array[]): string[] {
  const said = chunks.flatMap((chunk) => raws(decoder.push(chunk)))
  decoder.quiet()
  return [...said, ...raws(decoder.push(new Uint8Array(0)))]
}

describe('the reply decoder', () => {
  it('reads the share of a Bitaxe Gamma', () => {
    const [nonce] = createReplyDecoder(11).push(fromHex('aa554c0352750cd205a29c'))
    expect(nonce).toMatchObject({ kind: 'nonce', nonce: 0x7552034c, idByte: 0xd2, rolledBits: 0x00b44000 })
  })

  it('reads a register in nine bytes', () => {
    const [register] = createReplyDecoder(9).push(fromHex('aa550000c100001802'))
    expect(register).toMatchObject({ kind: 'register', address: 0, register: 0x18, value: 0x0000c100 })
  })

  it('gives replies that keep their bytes when the buffer that brought them is used again', () => {
    const chunk = fromHex('aa554c0352750cd205a29c')
    const [nonce] = createReplyDecoder(11).push(chunk)
    chunk.fill(0)
    expect(toHex(nonce!.raw)).toBe('aa554c0352750cd205a29c')
  })

  it('refuses types that no chip sends', () => {
    const frame = fromHex('aa551370000000000000')
    for (let last = 0; last < 256; last++) {
      const type = last >> 5
      const said = createReplyDecoder(11).push(concatBytes(frame, Uint8Array.of(last)))
      if (type !== 0 && type !== 4) expect(said).toEqual([])
    }
  })

  it('decodes any replies, however the line cuts them', () => {
    fc.assert(
      fc.property(
        length.chain((n) =>
          fc.tuple(fc.constant(n), fc.array(reply(n), { minLength: 1, maxLength: 8 }), fc.array(fc.nat(88))),
        ),
        ([n, frames, cuts]) => {
          const stream = joinBytes(frames)
          const chunks: Uint8Array[] = []
          let from = 0
          for (const cut of [...cuts.filter((at) => at < stream.length), stream.length].sort(
            (a, b) => a - b,
          )) {
            chunks.push(stream.slice(from, cut))
            from = cut
          }
          const decoder = createReplyDecoder(n)
          expect(decode(decoder, ...chunks)).toEqual(frames.map(toHex))
          expect([decoder.skippedBytes, decoder.badFrames]).toEqual([0, 0])
        },
      ),
    )
  })

  it('tells nine from eleven bytes where both may come', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(reply(9), reply(11)), { minLength: 1, maxLength: 8 }), (frames) => {
        // A reply of one length that is also a reply of the other cannot be told from it.
        fc.pre(frames.every((frame) => frame.length === 9 || crc5(frame, 2, 9) !== 0))
        expect(decode(createReplyDecoder('either'), joinBytes(frames))).toEqual(frames.map(toHex))
      }),
    )
  })

  it('decodes what follows a reply that was cut short', () => {
    fc.assert(
      fc.property(
        length.chain((n) => fc.tuple(fc.constant(n), reply(n), reply(n), fc.nat(n - 1))),
        ([n, lost, intact, kept]) => {
          const said = decode(createReplyDecoder(n), lost.slice(0, kept), intact)
          expect(said).toEqual([toHex(intact)])
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('decodes what follows a reply with one bit flipped, and never that reply as something else', () => {
    fc.assert(
      fc.property(
        length.chain((n) => fc.tuple(fc.constant(n), reply(n), reply(n), fc.nat(8 * n - 1))),
        ([n, damaged, intact, bit]) => {
          damaged[bit >> 3]! ^= 0x80 >> (bit & 7)
          const said = decode(createReplyDecoder(n), damaged, intact)
          expect(said).not.toContain(toHex(damaged))
          expect(said.at(-1)).toBe(toHex(intact))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('loses at most the first reply after garbage, however much that looks like replies', () => {
    fc.assert(
      fc.property(
        length.chain((n) => fc.tuple(fc.constant(n), nastyBytes(60), reply(n), reply(n), reply(n))),
        ([n, garbage, ...frames]) => {
          const decoder = createReplyDecoder(n)
          const said = decode(decoder, garbage, ...frames)
          expect(said).toContain(toHex(frames[1]))
          expect(said.at(-1)).toBe(toHex(frames[2]))
          const accounted = decoder.skippedBytes + n * said.length
          expect(accounted).toBe(garbage.length + 3 * n)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('never throws and never keeps more than a reply', () => {
    fc.assert(
      fc.property(
        fc.array(nastyBytes(40), { maxLength: 20 }),
        fc.constantFrom<Length | 'either'>(9, 11, 'either'),
        (chunks, replyLength) => {
          const decoder = createReplyDecoder(replyLength)
          const bytes = joinBytes(chunks).length
          let decoded = 0
          for (const chunk of chunks) {
            for (const { raw } of decoder.push(chunk)) {
              expect(crc5(raw, 2)).toBe(0)
              decoded += raw.length
            }
          }
          const kept = bytes - decoded - decoder.skippedBytes
          expect(kept).toBeGreaterThanOrEqual(0)
          expect(kept).toBeLessThanOrEqual(12)
        },
      ),
    )
  })

  it('keeps a reply with a preamble inside until what follows shows that it is one', () => {
    const inside = sealed(fromHex('01aa5502030405 06'), 4)
    const decoder = createReplyDecoder(11)
    expect(decoder.push(inside)).toEqual([])
    expect(raws(decoder.push(fromHex('aa55')))).toEqual([toHex(inside)])
    const waiting = createReplyDecoder(11)
    expect(decode(waiting, inside)).toEqual([toHex(inside)])
  })

  it('changes its length between replies', () => {
    const decoder = createReplyDecoder(9)
    expect(decoder.push(fromHex('aa550000c100001802'))).toHaveLength(1)
    decoder.setReplyLength(11)
    expect(decoder.push(fromHex('aa55137000000000000010'))).toHaveLength(1)
  })
})
