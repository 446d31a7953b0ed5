import { describe, expect, it } from 'vitest'
import { fromHex, ManualClock } from '../../../../src-main/base/index.ts'
import { createReplyDecoder } from '../../../../src-main/drivers/chips/reply-decoder.ts'
import { type ChipReply } from '../../../../src-main/drivers/model/chip.ts'
import { ReplyReader } from '../../../../src-main/drivers/sequence/reply-reader.ts'
import { memoryLinkPair } from '../../../../src-main/drivers/transport/memory-link.ts'

function reading(replyLength: 9 | 11 | 'either'): {
  clock: ManualClock
  replies: ChipReply[]
  reader: ReplyReader
  say(hex: string): Promise<void>
} {
  const clock = new ManualClock()
  const { host, board } = memoryLinkPair()
  const reader = new ReplyReader(host, createReplyDecoder(replyLength), clock)
  const replies: ChipReply[] = []
  reader.onReply((reply) => replies.push(reply))
  const say = async (hex: string): Promise<void> => {
    await board.write(fromHex(hex))
    await board.drain()
  }
  return { clock, replies, reader, say }
}

describe('a reply reader', () => {
  it('hands replies to whoever listens, in order', async () => {
    const { replies, say } = reading(11)
    await say('aa5513700000')
    await say('0000000010aa551800a640029922f991')
    expect(replies.map(({ kind }) => kind)).toEqual(['register', 'nonce'])
  })

  it('settles a reply that only silence ends', async () => {
    const { clock, replies, say } = reading('either')
    await say('aa550000c100001802')
    expect(replies).toEqual([])
    clock.advance(25)
    expect(replies).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  it('forgets the half of a reply when it is told to', async () => {
    const { replies, reader, say } = reading('either')
    await say('aa550000c100001802')
    reader.discard()
    await say('aa55137000000000000010')
    expect(replies).toHaveLength(1)
    expect(replies[0]).toMatchObject({ value: 0x13700000 })
  })

  it('is silent after it was disposed of, and leaves no timer', async () => {
    const { clock, replies, reader, say } = reading('either')
    await say('aa550000c100001802')
    reader.dispose()
    reader.dispose()
    clock.advance(100)
    await say('aa55137000000000000010')
    expect(replies).toEqual([])
    expect(clock.pending).toBe(0)
  })
})
