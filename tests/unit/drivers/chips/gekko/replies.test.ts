import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, toHex } from '../../../../../src-main/base/index.ts'
import { crc5 } from '../../../../../src-main/drivers/chips/crc.ts'
import { bm1384 } from '../../../../../src-main/drivers/chips/gekko/bm1384.ts'
import { bm1384MhzOfReply } from '../../../../../src-main/drivers/chips/gekko/bm1384-commands.ts'
import { bm1387 } from '../../../../../src-main/drivers/chips/gekko/bm1387.ts'
import { bm1387MhzOfReply } from '../../../../../src-main/drivers/chips/gekko/bm1387-commands.ts'
import { type ChipProfile, type ChipReply } from '../../../../../src-main/drivers/model/chip.ts'

/** Bytes with a last one that holds `type` in its upper three bits and makes the sum of them all right. */
function sealed(body: Uint8Array, type: number): Uint8Array {
  for (let sum = 0; sum < 32; sum++) {
    const frame = concatBytes(body, Uint8Array.of((type << 5) | sum))
    if (crc5(frame) === 0) return frame
  }
  throw new Error('one of 32 sums is right')
}

const nonceOf1384 = fc
  .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.integer({ min: 0x90, max: 0x9f }))
  .map(([nonce, last]) => concatBytes(nonce, Uint8Array.of(last)))
const nonceOf1387 = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((body) => sealed(body, 4))

interface Family {
  readonly profile: ChipProfile
  readonly size: number
  readonly nonce: fc.Arbitrary<Uint8Array>
  readonly identity: Uint8Array
}

const FAMILIES: readonly Family[] = [
  { profile: bm1384, size: 5, nonce: nonceOf1384, identity: sealed(fromHex('13840000'), 0) },
  { profile: bm1387, size: 7, nonce: nonceOf1387, identity: fromHex('13879000000007') },
]

function raws(replies: readonly ChipReply[]): string[] {
  return replies.map(({ raw }) => toHex(raw))
}

/** Whether the protocol itself says that these bytes are a reply. */
function isPlausible(profile: ChipProfile, raw: Uint8Array): boolean {
  const last = raw[raw.length - 1] ?? 0
  if (profile.id === 'BM1384' && last >> 5 === 4) return true
  return crc5(raw) === 0 && (last >> 5 === 4 || last >> 5 === 0)
}

describe.each(FAMILIES)('replies of $profile.id', ({ profile, size, nonce, identity }) => {
  const stream = fc.array(nonce, { minLength: 1, maxLength: 8 })

  it('knows a chip by its identity', () => {
    const [reply] = profile.createDecoder().push(identity)
    expect(reply).toMatchObject({ kind: 'register', register: 0 })
    expect(reply?.kind === 'register' && reply.value >>> 16).toBe(profile.model)
  })

  it('reads the same however the bytes are split', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 12 }), (frames, cuts) => {
        const bytes = concatBytes(...frames)
        const points = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
        const decoder = profile.createDecoder()
        const replies = points.slice(1).flatMap((end, i) => decoder.push(bytes.subarray(points[i], end)))
        expect(raws(replies)).toEqual(frames.map(toHex))
        expect([decoder.skippedBytes, decoder.badFrames]).toEqual([0, 0])
      }),
    )
  })

  it('reads nothing of a truncated reply, and after a silence everything of the next', () => {
    fc.assert(
      fc.property(nonce, nonce, fc.nat(size - 1), (cut, whole, kept) => {
        const decoder = profile.createDecoder()
        expect(decoder.push(cut.subarray(0, kept))).toEqual([])
        decoder.quiet()
        expect(decoder.skippedBytes).toBe(kept)
        expect(raws(decoder.push(whole))).toEqual([toHex(whole)])
      }),
    )
  })

  it('gives out only what the protocol vouches for, whatever comes, and accounts for every byte', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), (chunks) => {
        const decoder = profile.createDecoder()
        const replies = chunks.flatMap((chunk) => decoder.push(chunk))
        decoder.quiet()
        for (const { raw } of replies) expect(isPlausible(profile, raw)).toBe(true)
        const all = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
        expect(replies.length * size + decoder.skippedBytes).toBe(all)
      }),
    )
  })

  it('finds its place again after a lost or added byte: at the next silence nothing is left of it', () => {
    fc.assert(
      fc.property(stream, stream, fc.nat(), fc.boolean(), (damaged, next, at, isLost) => {
        const bytes = concatBytes(...damaged)
        const place = at % bytes.length
        const decoder = profile.createDecoder()
        decoder.push(bytes.subarray(0, place))
        decoder.push(
          isLost ? bytes.subarray(place + 1) : concatBytes(Uint8Array.of(0), bytes.subarray(place)),
        )
        decoder.quiet()
        expect(raws(decoder.push(concatBytes(...next)))).toEqual(next.map(toHex))
      }),
    )
  })

  it('has the two nonces of opened cores for busy work, and no other', () => {
    const tail = size === 5 ? '90' : '0010'
    const read = (hex: string): boolean => {
      const frame = size === 5 ? fromHex(hex + tail) : sealed(fromHex(hex + tail), 4)
      const [reply] = profile.createDecoder().push(frame)
      return reply?.kind === 'nonce' && profile.isBusyWork(reply)
    }
    expect(['7203ea83', 'e16bf809', '7203ea84', '02fb05ff'].map(read)).toEqual([true, true, false, false])
  })
})

describe('a flipped bit', () => {
  it('in a reply of BM1387 is always refused', () => {
    fc.assert(
      fc.property(nonceOf1387, fc.nat(55), (frame, bit) => {
        const flipped = frame.slice()
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
        const decoder = bm1387.createDecoder()
        expect(decoder.push(flipped)).toEqual([])
        expect(decoder.badFrames).toBe(1)
      }),
    )
  })

  it('in a command reply of BM1384 is never taken for a command reply', () => {
    const frame = sealed(fromHex('13840000'), 0)
    for (let bit = 0; bit < 40; bit++) {
      const flipped = frame.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
      const replies = bm1384.createDecoder().push(flipped)
      expect(replies.filter(({ kind }) => kind === 'register')).toEqual([])
    }
  })

  it('in a nonce of BM1384 cannot be told, for it has no check sum: it is left to who hashes it', () => {
    fc.assert(
      fc.property(nonceOf1384, fc.nat(31), (frame, bit) => {
        const flipped = frame.slice()
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
        expect(raws(bm1384.createDecoder().push(flipped))).toEqual([toHex(flipped)])
      }),
    )
  })
})

describe('what chips say of their clock', () => {
  it('is read of BM1384: a multiplier, a divider and a shift', () => {
    expect(bm1384MhzOfReply(0x800f0003)).toBe(100)
    expect(bm1384MhzOfReply(0x800f0002)).toBe(200)
    expect(bm1384MhzOfReply(0x130f0003)).toBeNull()
    expect(bm1384MhzOfReply(0x800f0f03)).toBeNull()
  })

  it('is read of BM1387 only where its form is the known one', () => {
    expect(bm1387MhzOfReply(sealed(fromHex('802002410000'), 0))).toBe(100)
    for (const odd of ['802000410000', '802002010000', '802002420000', '802002410100', '132002410000']) {
      expect(bm1387MhzOfReply(sealed(fromHex(odd), 0))).toBeNull()
    }
    expect(bm1387MhzOfReply(new Uint8Array(3))).toBeNull()
  })

  it('names the register that these replies do not carry', () => {
    expect(bm1384.createDecoder().push(sealed(fromHex('800f0003'), 0))).toMatchObject([
      { kind: 'register', register: 0x04 },
    ])
    expect(bm1387.createDecoder().push(sealed(fromHex('802002410000'), 0))).toMatchObject([
      { kind: 'register', register: 0x0c },
    ])
  })
})
