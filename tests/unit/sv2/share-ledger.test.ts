import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ShareLedger } from '../../../src-main/sv2/share-ledger.ts'

function ledgerWith(shares: number, first = 0, maxPending?: number): ShareLedger<string> {
  const ledger = new ShareLedger<string>(first, maxPending)
  for (let i = 0; i < shares; i++) ledger.submit(`share ${i}`)
  return ledger
}

const success = (
  lastSequenceNumber: number,
  newSubmitsAcceptedCount: number,
): { lastSequenceNumber: number; newSubmitsAcceptedCount: number } => ({
  lastSequenceNumber,
  newSubmitsAcceptedCount,
})

describe('acknowledgements', () => {
  it('of a batch of ten leave the eleventh share pending', () => {
    const ledger = ledgerWith(11)
    expect(ledger.acknowledge(success(9, 10))).toEqual(Array.from({ length: 10 }, (_, i) => `share ${i}`))
    expect(ledger.counts).toEqual({
      submitted: 11,
      acknowledged: 10,
      rejected: 0,
      pending: 1,
      givenUp: 0,
      unmatched: 0,
    })
  })

  it('do not cover a share that was rejected before them', () => {
    const ledger = ledgerWith(4)
    expect(ledger.reject({ sequenceNumber: 1, errorCode: 'stale-share' })).toEqual({
      token: 'share 1',
      errorCode: 'stale-share',
    })
    expect(ledger.acknowledge(success(3, 3))).toEqual(['share 0', 'share 2', 'share 3'])
    expect(ledger.counts).toMatchObject({ acknowledged: 3, rejected: 1, pending: 0, unmatched: 0 })
  })

  it('always cover the share they name, not everything before it', () => {
    const ledger = ledgerWith(5)
    expect(ledger.acknowledge(success(3, 2))).toEqual(['share 0', 'share 3'])
    expect(ledger.acknowledge(success(2, 1))).toEqual(['share 2'])
    expect(ledger.counts).toMatchObject({ acknowledged: 3, pending: 2, unmatched: 0 })
  })

  it('never cover shares sent after the one they name', () => {
    const ledger = ledgerWith(5)
    expect(ledger.acknowledge(success(1, 10))).toEqual(['share 0', 'share 1'])
    expect(ledger.counts).toMatchObject({ acknowledged: 2, pending: 3, unmatched: 8 })
  })

  it('count once when the server repeats itself', () => {
    const ledger = ledgerWith(3)
    ledger.acknowledge(success(1, 2))
    expect(ledger.acknowledge(success(1, 2))).toEqual([])
    expect(ledger.counts).toMatchObject({ acknowledged: 2, pending: 1, unmatched: 2 })
  })

  it('cover the oldest shares when the server names one that was never sent', () => {
    const ledger = ledgerWith(3)
    expect(ledger.acknowledge(success(3, 2))).toEqual(['share 0', 'share 1'])
  })

  it('of nothing change nothing', () => {
    const ledger = ledgerWith(2)
    expect(ledger.acknowledge(success(1, 0))).toEqual([])
    expect(ledger.counts).toMatchObject({ acknowledged: 0, pending: 2, unmatched: 0 })
  })

  it('go on when sequence numbers wrap', () => {
    const ledger = ledgerWith(4, 0xfffffffe)
    expect(ledger.acknowledge(success(0, 3))).toEqual(['share 0', 'share 1', 'share 2'])
    expect(ledger.acknowledge(success(1, 1))).toEqual(['share 3'])
    expect(ledger.counts).toMatchObject({ acknowledged: 4, pending: 0, unmatched: 0 })
  })
})

describe('rejections', () => {
  it('of a share that is not pending are counted apart', () => {
    const ledger = ledgerWith(1)
    ledger.acknowledge(success(0, 1))
    expect(ledger.reject({ sequenceNumber: 0, errorCode: 'duplicate-share' })).toBeUndefined()
    expect(ledger.counts).toMatchObject({ acknowledged: 1, rejected: 0, unmatched: 1 })
  })
})

describe('a connection that ends', () => {
  it('gives up every share without an answer, in order', () => {
    const ledger = ledgerWith(3)
    ledger.reject({ sequenceNumber: 1, errorCode: 'stale-share' })
    expect(ledger.drain()).toEqual(['share 0', 'share 2'])
    expect(ledger.drain()).toEqual([])
    expect(ledger.counts).toMatchObject({ pending: 0, givenUp: 2, rejected: 1 })
  })
})

describe('a server that never answers', () => {
  it('makes the ledger give up its oldest share for each new one', () => {
    const ledger = ledgerWith(3, 0, 3)
    expect(ledger.submit('share 3')).toEqual({ sequenceNumber: 3, givenUp: 'share 0' })
    expect(ledger.counts).toMatchObject({ submitted: 4, pending: 3, givenUp: 1 })
  })

  it('makes it give up a share that so many others were sent after, though they were answered', () => {
    const ledger = ledgerWith(3, 0, 3)
    ledger.reject({ sequenceNumber: 1, errorCode: 'stale-share' })
    expect(ledger.submit('share 3').givenUp).toBe('share 0')
    expect(ledger.submit('share 4').givenUp).toBeUndefined()
    expect(ledger.drain()).toEqual(['share 2', 'share 3', 'share 4'])
    expect(ledger.counts).toMatchObject({ submitted: 5, rejected: 1, pending: 0, givenUp: 4 })
  })
})

describe('many pending shares', () => {
  it('are found by their number however many were answered between them', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 0xffffff00),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 90 }), fc.nat()), { minLength: 1, maxLength: 12 }),
        (first, rounds) => {
          const ledger = new ShareLedger<string>(first)
          const pending: number[] = []
          let sent = 0
          for (const [shares, pick] of rounds) {
            for (let n = 0; n < shares; n++) {
              ledger.submit(`share ${sent}`)
              pending.push(sent++)
            }
            const [chosen] = pending.splice(pick % pending.length, 1)
            const sequenceNumber = (first + chosen!) >>> 0
            expect(ledger.reject({ sequenceNumber, errorCode: 'x' })?.token).toBe(`share ${chosen}`)
            const older = pending.splice(0, Math.min(pick % 50, pending.length))
            if (older.length === 0) continue
            const named = success((first + older.at(-1)!) >>> 0, older.length)
            expect(ledger.acknowledge(named)).toEqual(older.map((n) => `share ${n}`))
            expect(ledger.pending).toBe(pending.length)
          }
          expect(ledger.oldestPending).toBe(pending.length === 0 ? undefined : `share ${pending[0]}`)
          expect(ledger.drain()).toEqual(pending.map((n) => `share ${n}`))
        },
      ),
    )
  })
})

describe('accounting', () => {
  type Action =
    | { readonly kind: 'submit' }
    | { readonly kind: 'success'; readonly last: number; readonly count: number }
    | { readonly kind: 'error'; readonly sequenceNumber: number }

  const numbers = fc.oneof(fc.nat(40), fc.nat(0xffffffff), fc.integer({ min: 0xfffffff0, max: 0xffffffff }))
  const action: fc.Arbitrary<Action> = fc.oneof(
    { weight: 3, arbitrary: fc.constant({ kind: 'submit' as const }) },
    fc.record({ kind: fc.constant('success' as const), last: numbers, count: numbers }),
    fc.record({ kind: fc.constant('error' as const), sequenceNumber: numbers }),
  )

  it('answers each share once and holds its identity, however wrongly the server counts', () => {
    const starts = fc.constantFrom(0, 5, 0xfffffff8)
    fc.assert(
      fc.property(starts, fc.array(action, { maxLength: 120 }), (first, actions) => {
        const ledger = new ShareLedger<number>(first)
        const answered: number[] = []
        let submitted = 0
        for (const step of actions) {
          if (step.kind === 'submit') {
            expect(ledger.submit(submitted)).toEqual({
              sequenceNumber: (first + submitted) >>> 0,
              givenUp: undefined,
            })
            submitted++
          } else if (step.kind === 'success') {
            const tokens = ledger.acknowledge(success(step.last, step.count))
            expect(tokens.length).toBeLessThanOrEqual(step.count)
            expect(tokens).toEqual([...tokens].sort((a, b) => a - b))
            answered.push(...tokens)
          } else {
            const rejected = ledger.reject({ sequenceNumber: step.sequenceNumber, errorCode: 'x' })
            if (rejected !== undefined) answered.push(rejected.token)
          }
          const { counts } = ledger
          expect(counts.submitted).toBe(submitted)
          expect(counts.acknowledged + counts.rejected + counts.pending).toBe(submitted)
          expect(counts.acknowledged + counts.rejected).toBe(answered.length)
          expect(Math.min(...Object.values(counts))).toBeGreaterThanOrEqual(0)
        }
        expect(new Set([...answered, ...ledger.drain()])).toEqual(new Set(Array(submitted).keys()))
        expect(new Set(answered).size).toBe(answered.length)
      }),
      { numRuns: 300 },
    )
  })

  it('agrees with an honest server that batches and rejects in any rhythm', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { maxLength: 80 }),
        fc.integer({ min: 1, max: 12 }),
        (verdicts, batch) => {
          const ledger = new ShareLedger<number>()
          let accepted = 0
          let sinceLast = 0
          verdicts.forEach((good, index) => {
            const { sequenceNumber } = ledger.submit(index)
            if (!good) {
              expect(ledger.reject({ sequenceNumber, errorCode: 'stale-share' })?.token).toBe(index)
            } else if (++sinceLast === batch) {
              accepted += batch
              expect(ledger.acknowledge(success(sequenceNumber, batch))).toHaveLength(batch)
              sinceLast = 0
            }
          })
          expect(ledger.counts).toEqual({
            submitted: verdicts.length,
            acknowledged: accepted,
            rejected: verdicts.filter((good) => !good).length,
            pending: sinceLast,
            givenUp: 0,
            unmatched: 0,
          })
        },
      ),
    )
  })
})
