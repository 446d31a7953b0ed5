import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../src-main/base/index.ts'
import { decodeJob } from '../../../../src-main/drivers/simulated/job-frames.ts'
import { hashTail, leadingZeroBits, midstateOf } from '../../../../src-main/drivers/simulated/sha256.ts'
import { hasSharedFixtures, sharedFixture } from '../../../support/shared-fixtures.ts'

/** Captured; with version bits 00b44000 and nonce 4c035275 a pool accepted it. */
const GAMMA =
  '55aa2156680100000000043a0217d76854685519a7cb044f88726355919e61a98bcf71a0c28795ea54db8c36414b06ddf5f00000000000000000965201001d3996bca3f4670dfcd4f201c162b96dfd55646b00000020721c'
const MIDSTATES =
  '55aa219618049b044c0a3aae0517a084736450e37161000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000007e027035b1acbaf23ea01a527344faf76ab476d328216118b7760f7b1b22d229000000000000000000000000000000000000000000000000000000000000000076f9'

const displayed = (hash: Uint32Array): string =>
  toHex(Uint8Array.from([...hash].flatMap((word) => [word >>> 24, word >> 16, word >> 8, word])).reverse())

describe('jobs as virtual chips read them', () => {
  it('hashes a captured job to the share that a pool accepted', () => {
    const job = decodeJob(fromHex(GAMMA), true)!
    expect(job.id).toBe(0x68)
    const { midstate, tail } = job.header(0, 0x00b44000)
    const hash = hashTail(midstate, tail, 0x7552034c)
    expect(displayed(hash)).toBe('0000000000023704cface997bcf7388694ea43dae96c51d80658687a7d8827fe')
    expect(leadingZeroBits(hash)).toBe(46)
  })

  it('hashes the third of four midstates to the difficulty that its source names', () => {
    const job = decodeJob(fromHex(MIDSTATES), false)!
    expect(job).toMatchObject({ id: 0x18, midstates: 4 })
    const { midstate, tail } = job.header(2, 0)
    expect(displayed(hashTail(midstate, tail, 0x0a4c049b))).toMatch(/^000000000002d330e1b6/)
  })

  it('refuses every single flipped bit', () => {
    for (const [frame, rolls] of [
      [GAMMA, true],
      [MIDSTATES, false],
    ] as const) {
      for (let bit = 16; bit < frame.length * 4; bit += 3) {
        const bytes = fromHex(frame)
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        expect(decodeJob(bytes, rolls)).toBeNull()
      }
    }
  })
})

describe.skipIf(!hasSharedFixtures)('jobs of the shared vectors', () => {
  interface JobInput {
    readonly jobWireId: string
    readonly nbits: string
    readonly ntime: string
    readonly version: string
    readonly merkleRootHeaderOrder?: string
    readonly prevHashHeaderOrder?: string
    readonly prev?: string
    readonly merkleRoot?: string
    readonly headerTail?: string
  }
  const vectors = hasSharedFixtures
    ? (
        JSON.parse(sharedFixture('asic/bm13xx-jobs.json')) as {
          vectors: {
            id: string
            input: JobInput & { job?: JobInput }
            expected: { frame?: string; jobFrame?: string }
          }[]
        }
      ).vectors
    : []
  const backwards = (hex: string): string => toHex(fromHex(hex).reverse())

  it.each(
    vectors
      .filter(
        ({ input }) => (input.job ?? input).merkleRootHeaderOrder && (input.job ?? input).prevHashHeaderOrder,
      )
      .filter(({ expected }) => expected.frame ?? expected.jobFrame),
  )('$id decodes to its header', ({ input, expected }) => {
    const wanted = input.job ?? input
    const header = fromHex(
      `${backwards(wanted.version)}${wanted.prevHashHeaderOrder}${wanted.merkleRootHeaderOrder}${backwards(wanted.ntime)}${backwards(wanted.nbits)}`,
    )
    const job = decodeJob(fromHex((expected.frame ?? expected.jobFrame)!), true)!
    expect(job.id).toBe(Number.parseInt(wanted.jobWireId, 16))
    const { midstate, tail } = job.header(0, 0)
    expect(toHex(tail)).toBe(toHex(header.subarray(64)))
    expect(midstate).toEqual(midstateOf(header.subarray(0, 64)))
  })

  it('decodes a single midstate to the block it was made of', () => {
    const { input, expected } = vectors.find(({ id }) => id.endsWith('synthetic-bm1397-single-midstate'))!
    const start = fromHex(`${backwards(input.version)}${input.prev}${input.merkleRoot!.slice(0, 56)}`)
    const job = decodeJob(fromHex(expected.frame!), false)!
    expect(job).toMatchObject({ id: 0x24, midstates: 1 })
    expect(job.header(0, 0).midstate).toEqual(midstateOf(start))
    expect(toHex(job.header(0, 0).tail)).toBe(input.headerTail)
    expect(displayed(hashTail(midstateOf(start), job.header(0, 0).tail, 0xff05fb02))).toMatch(
      /^0000000000000000000269d5/,
    )
  })
})
