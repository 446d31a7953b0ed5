import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../../src-main/base/index.ts'
import { createReplyDecoder } from '../../../../src-main/drivers/chips/reply-decoder.ts'
import { hasSharedFixtures } from '../../../support/shared-fixtures.ts'
import { asicVectors } from './asic-vectors.ts'

interface Expected {
  framesAfterChunk: number[]
  leftover?: number
  mustResync?: boolean
  skippedBytes?: number
  kinds?: string[]
}

describe.runIf(hasSharedFixtures)('reply streams of the shared fixtures', () => {
  it.each([11, 'either'] as const)('resynchronises as told, replies of length %s', (length) => {
    for (const { id, input, expected } of asicVectors<{ chunks: string[] }, Expected>('bm13xx-stream')) {
      const decoder = createReplyDecoder(length)
      const kinds: string[] = []
      const framesAfterChunk = input.chunks.map((chunk) => {
        for (const reply of decoder.push(fromHex(chunk))) kinds.push(reply.kind)
        return kinds.length
      })
      expect(framesAfterChunk, id).toEqual(expected.framesAfterChunk)
      if (expected.kinds !== undefined) expect(kinds, id).toEqual(expected.kinds)
      if (expected.skippedBytes !== undefined) expect(decoder.skippedBytes, id).toBe(expected.skippedBytes)
      if (expected.leftover === 0) expect([decoder.skippedBytes, decoder.badFrames], id).toEqual([0, 0])
      if (expected.mustResync === true) {
        expect(decoder.badFrames, id).toBe(1)
        expect(decoder.push(fromHex('aa55137000000000000010')), id).toHaveLength(1)
      }
    }
  })
})
