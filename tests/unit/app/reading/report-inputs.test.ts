import { describe, expect, it } from 'vitest'
import { firstMoneyContent } from '../../../../src-main/app/money-book.ts'
import {
  readReportInputs,
  type ReportRequest,
  uniquePayouts,
} from '../../../../src-main/app/reading/report-inputs.ts'
import { type Payout, type PayoutRecord } from '../../../../src-main/history/index.ts'
import { describeOnBoth, openForTest } from '../../../support/both-databases.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const MIDNIGHT = Date.UTC(2026, 10, 1)
const TXID = 'ab'.repeat(32)

const payout = (changes: Partial<PayoutRecord>): PayoutRecord => ({
  ...{ kind: 'chain', reference: `${TXID}:0`, accountId: null, address: null, sats: 1000 },
  ...{ atMs: MIDNIGHT, height: 7, note: null },
  ...changes,
})
const rows = (...records: PayoutRecord[]): Payout[] => records.map((record, id) => ({ ...record, id }))
const references = (...records: PayoutRecord[]): string[] =>
  uniquePayouts(rows(...records)).map(({ reference }) => reference)

const request = (fromMs: number, toMs: number, timeZone = 'UTC'): ReportRequest => ({
  ...{ fromMs, toMs, nowMs: toMs, bucket: 'day', onlyRigs: null, terms: [], pools: [], rigs: [], groups: [] },
  ...{ meters: [], accounts: [], addresses: [] },
  settings: { ...firstMoneyContent({ currency: 'EUR' }).settings, timeZone },
})

describe('payouts that several tell of', () => {
  const pool = payout({ kind: 'pool', reference: `acc1/${TXID}`, height: null })

  it('are one, for which the chain’s word stands', () => {
    expect(references(payout({}), pool)).toEqual([`${TXID}:0`])
    expect(references(pool)).toEqual([`acc1/${TXID}`])
    expect(references(payout({}), { ...pool, reference: `acc1/${TXID.toUpperCase()}` })).toEqual([
      `${TXID}:0`,
    ])
    expect(references(payout({}), { ...pool, reference: `acc1/${TXID}:3` })).toEqual([`${TXID}:0`])
  })

  it('stay apart where they are other transactions or none at all', () => {
    const others = [
      { ...pool, reference: `acc1/${'cd'.repeat(32)}` },
      { ...pool, reference: 'acc1/lightning/1/2' },
      { ...pool, reference: `acc1/payment/${TXID}` },
      payout({ kind: 'manual', reference: `manual/${TXID}/aa`, height: null }),
      payout({ kind: 'manual', reference: 'manual//bb', height: null }),
    ]
    expect(references(payout({}), ...others)).toEqual([
      `${TXID}:0`,
      ...others.map(({ reference }) => reference),
    ])
  })

  it('are none yet while the transaction is in no block', () => {
    expect(references(payout({ height: null }), pool)).toEqual([])
  })
})

describeOnBoth('what a report is made from', (database) => {
  it('has a payout in one month only, though the pool told of it the month before its block', async () => {
    const history = await openForTest(await database.fresh(), MIDNIGHT)
    await history.ledger.recordPayout(
      payout({ kind: 'pool', reference: `acc1/${TXID}`, height: null, atMs: MIDNIGHT - HOUR }),
    )
    await history.ledger.recordPayout(payout({ atMs: MIDNIGHT + HOUR }))
    const satsOf = async (fromMs: number, toMs: number): Promise<number[]> =>
      (await readReportInputs(history, request(fromMs, toMs))).payouts.map(({ sats }) => sats)
    expect(await satsOf(MIDNIGHT - 30 * DAY, MIDNIGHT)).toEqual([])
    expect(await satsOf(MIDNIGHT, MIDNIGHT + 30 * DAY)).toEqual([1000])
  })

  it.each([
    ['UTC', 3_600_000],
    ['Europe/Vienna', 3_600_000],
    ['Asia/Kolkata', 300_000],
    ['Asia/Kathmandu', 300_000],
    // Half an hour of summer time: whole hours at both ends of the year, half ones in between.
    ['Australia/Lord_Howe', 300_000],
  ])('is read finely where the days of %s do not begin on whole hours', async (timeZone, slotMs) => {
    const history = await openForTest(await database.fresh(), MIDNIGHT)
    const year = request(Date.UTC(2026, 0, 5), Date.UTC(2026, 11, 5), timeZone)
    expect((await readReportInputs(history, year)).slotMs).toBe(slotMs)
    const twoDays = request(MIDNIGHT, MIDNIGHT + 2 * DAY, timeZone)
    expect((await readReportInputs(history, twoDays)).slotMs).toBe(300_000)
  })

  it('has rigs that are gone, under their ids, and begins with the first day', async () => {
    const history = await openForTest(await database.fresh(), MIDNIGHT)
    const atMs = MIDNIGHT + 5 * DAY + 3 * HOUR
    await history.telemetry.linkRig('gone', 'key-gone')
    await history.telemetry.record([
      { source: { kind: 'rig', key: 'gone' }, atMs, values: { energy_j: 7200, reachable_ms: 60_000 } },
    ])
    const inputs = await readReportInputs(history, request(MIDNIGHT, MIDNIGHT + 20 * DAY))
    expect(inputs.fromMs).toBe(MIDNIGHT + 5 * DAY)
    expect(inputs.rigs).toMatchObject([{ rigId: 'gone', rigKeys: ['key-gone'], present: false }])
    expect(inputs.energy).toMatchObject([
      { rigId: 'gone', atMs: [atMs], energyJ: [7200], coveredMs: [60_000] },
    ])
  })
})
