import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src-main/base/index.ts'
import { AcknowledgementBatch } from '../../../src-main/sv2/acknowledgement-batch.ts'
import { submitSharesSuccess } from '../../../src-main/sv2/messages/mining.ts'

describe('acknowledgements', () => {
  it('are due after five shares, and name the last of them', () => {
    const batch = new AcknowledgementBatch(7)
    for (let sequence = 10; sequence < 14; sequence++) batch.add(sequence, 2, 0)
    expect(batch.isDue(0)).toBe(false)
    batch.add(14, 2, 0)
    expect(batch.isDue(0)).toBe(true)
    expect(batch.take()).toEqual({
      name: 'SubmitShares.Success',
      channelId: 7,
      lastSequenceNumber: 14,
      newSubmitsAcceptedCount: 5,
      newSharesSum: 10n,
    })
  })

  it('are due two seconds after the first share that waits', () => {
    const batch = new AcknowledgementBatch(7)
    batch.add(0, 1, 1_000)
    batch.add(1, 1, 2_900)
    expect(batch.isDue(2_999)).toBe(false)
    expect(batch.isDue(3_000)).toBe(true)
    expect(batch.take()).toMatchObject({ newSubmitsAcceptedCount: 2 })
  })

  it('are nothing where nothing waits', () => {
    const batch = new AcknowledgementBatch(7)
    expect(batch.isDue(1e9)).toBe(false)
    expect(batch.take()).toBeNull()
    batch.add(0, 1, 0)
    batch.take()
    expect(batch.isDue(1e9)).toBe(false)
    expect(batch.take()).toBeNull()
  })

  it('keep fractions of work for later, so that easy shares add up', () => {
    const batch = new AcknowledgementBatch(7)
    const sums = [0.4, 0.4, 0.4].map((difficulty, sequence) => {
      batch.add(sequence, difficulty, 0)
      return batch.take()?.newSharesSum
    })
    expect(sums).toEqual([0n, 0n, 1n])
  })

  it('are byte for byte what firmware reads', () => {
    const batch = new AcknowledgementBatch(7)
    for (let sequence = 0; sequence < 10; sequence++) batch.add(sequence, 64, 0)
    expect(toHex(submitSharesSuccess.encode(batch.take()!))).toBe(
      '00801c14000007000000090000000a0000008002000000000000',
    )
    expect(batch.isEmpty).toBe(true)
  })
})
