import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AccountState, type NetworkFact, type PayoutRecord } from '../../../../src-main/history/index.ts'
import { historyOn } from '../../../../src-main/history/history.ts'
import { historyDatabases } from '../../../support/history-databases.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY = 20_779

const fact: NetworkFact = {
  atMs: NOW,
  source: 'node',
  height: 924_000,
  difficulty: 152_271_405_314_427.3,
  subsidySats: 312_500_000,
  feesSats: 2_134_567,
}

const payout: PayoutRecord = {
  kind: 'chain',
  reference: `${'ab'.repeat(32)}:1`,
  accountId: null,
  address: 'bcrt1qpayout',
  sats: 123_456,
  atMs: NOW,
  height: 924_000,
  note: null,
}

const state: AccountState = {
  accountId: 'a1',
  atMs: NOW,
  unpaidSats: 1000,
  paidSats: 5000,
  earnedSats: 6000,
  hashrateHs: 1.2e12,
}

describe.each(historyDatabases)('the ledger on $name', (database) => {
  const opened = async () => historyOn(await database.open())

  describe('facts of the network', () => {
    it('are recorded when anything changed, and each hour when nothing did', async () => {
      const { ledger } = await opened()
      expect(await ledger.recordFact(fact)).toBe(true)
      expect(await ledger.recordFact({ ...fact, atMs: NOW + MINUTE_MS })).toBe(false)
      const changed = { ...fact, atMs: NOW + 2 * MINUTE_MS, height: 924_001 }
      expect(await ledger.recordFact(changed)).toBe(true)
      expect(await ledger.recordFact({ ...changed, atMs: changed.atMs + HOUR_MS - 1 })).toBe(false)
      expect(await ledger.recordFact({ ...changed, atMs: changed.atMs + HOUR_MS })).toBe(true)
      for (const change of [
        { source: 'jobs' },
        { difficulty: 1.5 },
        { subsidySats: 1 },
        { feesSats: null },
      ]) {
        expect(await ledger.recordFact({ ...changed, atMs: changed.atMs + HOUR_MS + 1, ...change })).toBe(
          true,
        )
      }
    })

    it('give back every figure as it was', async () => {
      const { ledger } = await opened()
      await ledger.recordFact(fact)
      await ledger.recordFact({ ...fact, atMs: NOW + 1, height: null, feesSats: null })
      expect(await ledger.factsBetween(NOW, NOW + 2)).toEqual([
        fact,
        { ...fact, atMs: NOW + 1, height: null, feesSats: null },
      ])
      expect(await ledger.factsBetween(NOW + 1, NOW + 1)).toEqual([])
    })

    it('hold from their moment on, and the first also before it', async () => {
      const { ledger } = await opened()
      expect(await ledger.factAt(NOW)).toBeUndefined()
      const later = { ...fact, atMs: NOW + 10, height: 924_001 }
      // A clock that was set back: the older one is recorded last.
      await ledger.recordFact(later)
      await ledger.recordFact(fact)
      expect(await ledger.factAt(NOW - 1)).toEqual(fact)
      expect(await ledger.factAt(NOW)).toEqual(fact)
      expect(await ledger.factAt(NOW + 9)).toEqual(fact)
      expect(await ledger.factAt(NOW + 99 * HOUR_MS)).toEqual(later)
    })

    it.each([NaN, 0, -1, Infinity])('refuse a difficulty of %s', async (difficulty) => {
      const { ledger } = await opened()
      expect(() => ledger.recordFact({ ...fact, difficulty })).toThrowError(RangeError)
    })
  })

  describe('prices', () => {
    it('keep the close of each day, which nothing observed before it overwrites', async () => {
      const { ledger } = await opened()
      expect(await ledger.recordPrice('EUR', DAY, 8_000_000, 'a', NOW)).toBe(true)
      expect(await ledger.recordPrice('EUR', DAY, 8_100_000, 'b', NOW + 1)).toBe(true)
      expect(await ledger.recordPrice('EUR', DAY, 7_000_000, 'late', NOW)).toBe(false)
      expect(await ledger.priceOn('EUR', DAY)).toEqual({
        currency: 'EUR',
        day: DAY,
        closeMinor: 8_100_000,
        source: 'b',
        atMs: NOW + 1,
      })
    })

    it('are of one currency and one day', async () => {
      const { ledger } = await opened()
      await ledger.recordPrice('EUR', DAY, 1, 'a', NOW)
      await ledger.recordPrice('JPY', DAY, 2, 'a', NOW)
      await ledger.recordPrice('EUR', DAY + 2, 3, 'a', NOW)
      expect(await ledger.priceOn('EUR', DAY + 1)).toBeUndefined()
      expect((await ledger.priceOn('JPY', DAY))?.closeMinor).toBe(2)
      const days = await ledger.pricesBetween('EUR', DAY, DAY + 3)
      expect(days.map(({ day, closeMinor }) => [day, closeMinor])).toEqual([
        [DAY, 1],
        [DAY + 2, 3],
      ])
      expect(await ledger.pricesBetween('EUR', DAY, DAY)).toEqual([])
    })

    it('tell how old the latest is, and 0 after the clock went back', async () => {
      const { ledger } = await opened()
      expect(await ledger.latestPrice('EUR', NOW)).toBeUndefined()
      await ledger.recordPrice('EUR', DAY, 1, 'a', NOW)
      await ledger.recordPrice('EUR', DAY - 1, 2, 'a', NOW + 5)
      expect(await ledger.latestPrice('EUR', NOW + 3 * HOUR_MS)).toMatchObject({
        day: DAY,
        ageMs: 3 * HOUR_MS,
      })
      expect((await ledger.latestPrice('EUR', NOW - HOUR_MS))?.ageMs).toBe(0)
    })

    it('come by the thousand, with several of a day among them', async () => {
      const { ledger } = await opened()
      const many = Array.from({ length: 1500 }, (_, n) => ({
        currency: 'EUR',
        day: DAY - Math.floor(n / 2),
        closeMinor: n,
        source: 'a',
        atMs: NOW - n,
      }))
      expect(await ledger.recordPrices(many)).toBe(750)
      expect((await ledger.priceOn('EUR', DAY - 10))?.closeMinor).toBe(20)
    })
  })

  describe('payouts', () => {
    it('are one, however often they are found', async () => {
      const { ledger } = await opened()
      expect(await ledger.recordPayout(payout)).toBe('new')
      expect(await ledger.recordPayout(payout)).toBe('known')
      expect(await ledger.payouts()).toEqual([{ ...payout, id: expect.any(Number) as number }])
    })

    it('move with their block when the chain is reorganised, and do not count while in none', async () => {
      const { ledger } = await opened()
      await ledger.recordPayout(payout)
      expect(await ledger.recordPayout({ ...payout, height: null })).toBe('changed')
      expect(await ledger.payoutSums()).toEqual({
        count: 0,
        sats: 0,
        unconfirmedCount: 1,
        unconfirmedSats: 123_456,
      })
      expect(await ledger.recordPayout({ ...payout, height: 924_001, atMs: NOW + 1 })).toBe('changed')
      expect(await ledger.payouts()).toMatchObject([{ height: 924_001, atMs: NOW + 1 }])
      expect(await ledger.payoutSums()).toMatchObject({ count: 1, sats: 123_456, unconfirmedCount: 0 })
    })

    it('believe the chain before the pool, and keep what only the pool knows', async () => {
      const { ledger } = await opened()
      const said: PayoutRecord = {
        ...payout,
        kind: 'pool',
        accountId: 'a1',
        address: null,
        sats: 123_000,
        height: null,
      }
      await ledger.recordPayout(said)
      expect(await ledger.recordPayout(payout)).toBe('changed')
      expect(await ledger.recordPayout({ ...said, sats: 5 })).toBe('known')
      expect(await ledger.payouts()).toMatchObject([{ ...payout, accountId: 'a1' }])
    })

    it('that were entered can be removed, others cannot', async () => {
      const { ledger } = await opened()
      await ledger.recordPayout({ ...payout, kind: 'manual', reference: 'manual 1', height: null })
      await ledger.recordPayout(payout)
      const [found, entered] = await ledger.payouts()
      expect(await ledger.removePayout(entered!.kind === 'manual' ? entered!.id : found!.id)).toBe(true)
      expect(await ledger.removePayout(999)).toBe(false)
      const [left] = await ledger.payouts()
      expect(left).toMatchObject(payout)
      await expect(ledger.removePayout(left!.id)).rejects.toMatchObject({ code: 'history/payout-not-manual' })
      expect(await ledger.payouts()).toHaveLength(1)
    })

    it('are listed newest first and summed by stretch, kind, account and address', async () => {
      const { ledger } = await opened()
      for (let n = 0; n < 4; n++) {
        const accountId = n % 2 === 0 ? 'even' : null
        await ledger.recordPayout({ ...payout, reference: `${n}`, atMs: NOW + n, sats: 10 ** n, accountId })
      }
      await ledger.recordPayout({
        ...payout,
        kind: 'pool',
        reference: 'p',
        sats: 7,
        address: null,
        height: null,
      })
      const sats = async (...[filter]: Parameters<typeof ledger.payoutSums>) =>
        (await ledger.payoutSums(filter)).sats
      expect((await ledger.payouts({ kind: 'chain' })).map(({ reference }) => reference)).toEqual([
        '3',
        '2',
        '1',
        '0',
      ])
      expect(
        (await ledger.payouts({ fromMs: NOW + 1, toMs: NOW + 3 }, 1)).map(({ reference }) => reference),
      ).toEqual(['2'])
      expect(await sats()).toBe(1118)
      expect(await sats({ fromMs: NOW + 1, toMs: NOW + 3 })).toBe(110)
      expect(await sats({ accountId: 'even' })).toBe(101)
      expect(await sats({ address: 'bcrt1qpayout' })).toBe(1111)
      expect(await sats({ kind: 'pool' })).toBe(7)
      expect(await sats({ kind: 'manual' })).toBe(0)
    })

    it('take words that only one database would refuse', async () => {
      const { ledger } = await opened()
      await ledger.recordPayout({ ...payout, note: 'half \ud83d and \0', reference: 'r\0' })
      expect(await ledger.recordPayout({ ...payout, note: 'half \ud83d and \0', reference: 'r\0' })).toBe(
        'known',
      )
      expect((await ledger.payouts())[0]?.note).toBe('half \ufffd and \ufffd')
    })
  })

  describe('accounts at pools', () => {
    it('have their state recorded when an amount changed, and each hour', async () => {
      const { ledger } = await opened()
      expect(await ledger.recordAccountState(state)).toBe(true)
      expect(await ledger.recordAccountState({ ...state, atMs: NOW + 1, hashrateHs: 9 })).toBe(false)
      const more = { ...state, atMs: NOW + 2, unpaidSats: 1001 }
      expect(await ledger.recordAccountState(more)).toBe(true)
      const hour = { ...more, atMs: NOW + 2 + HOUR_MS, hashrateHs: null }
      expect(await ledger.recordAccountState(hour)).toBe(true)
      // Another account has its own.
      expect(await ledger.recordAccountState({ ...state, accountId: 'a2' })).toBe(true)
      expect(await ledger.latestAccountState('a1')).toEqual(hour)
      expect(await ledger.accountStatesBetween('a1', NOW, NOW + 3)).toEqual([state, more])
      expect(await ledger.latestAccountState('a3')).toBeUndefined()
    })

    it('have days whose last word stands, more or less than before', async () => {
      const { ledger } = await opened()
      const day = { accountId: 'a1', day: DAY, earnedSats: 100 }
      await ledger.recordAccountDays([
        day,
        { ...day, day: DAY + 1 },
        { ...day, accountId: 'a2', earnedSats: 5 },
      ])
      await ledger.recordAccountDays([{ ...day, earnedSats: 150 }])
      await ledger.recordAccountDays([
        { ...day, earnedSats: 1 },
        { ...day, earnedSats: 90 },
      ])
      expect(await ledger.accountDaysBetween(DAY, DAY + 1)).toEqual([
        { ...day, earnedSats: 90 },
        { accountId: 'a2', day: DAY, earnedSats: 5 },
      ])
      expect(await ledger.accountDaysBetween(DAY, DAY + 2, 'a1')).toHaveLength(2)
    })
  })

  describe('events', () => {
    const event = {
      atMs: NOW,
      kind: 'rig-restarted',
      subjectKind: 'rig',
      subject: 'r1',
      text: 'It restarted.',
    }

    it('are found by stretch, kind and subject, newest first', async () => {
      const { ledger } = await opened()
      await ledger.recordEvents([
        event,
        { ...event, atMs: NOW + 1, subject: 'r2' },
        { ...event, atMs: NOW + 2, kind: 'started', subjectKind: 'farm', subject: '' },
        { ...event, atMs: NOW + 3, kind: 'pool-switch', subjectKind: 'pool', subject: 'p1' },
      ])
      const all = { fromMs: NOW, toMs: NOW + 10, limit: 10 }
      const moments = async (query: object) =>
        (await ledger.events({ ...all, ...query })).map(({ atMs }) => atMs - NOW)
      expect(await moments({})).toEqual([3, 2, 1, 0])
      expect(await moments({ limit: 2 })).toEqual([3, 2])
      expect(await moments({ fromMs: NOW + 1, toMs: NOW + 3 })).toEqual([2, 1])
      expect(await moments({ kinds: ['rig-restarted', 'started'] })).toEqual([2, 1, 0])
      expect(await moments({ kinds: [] })).toEqual([])
      expect(
        await moments({ about: [{ subjectKind: 'rig', subject: 'r1' }, { subjectKind: 'farm' }] }),
      ).toEqual([2, 0])
    })

    it('are bounded: the ones recorded first go', async () => {
      const { ledger } = await opened()
      const many = Array.from({ length: 1200 }, (_, n) => ({ ...event, atMs: NOW + n }))
      await ledger.recordEvents(many, 1000)
      const left = await ledger.events({ fromMs: 0, toMs: NOW + 9999, limit: 5000 })
      expect(left).toHaveLength(1000)
      expect(left.at(-1)?.atMs).toBe(NOW + 200)
    })
  })

  describe('money', () => {
    it('that is not whole is refused, and nothing of it is recorded', async () => {
      const { ledger } = await opened()
      const bad = fc.oneof(
        fc.double().filter((value) => !Number.isInteger(value)),
        fc.integer({ max: -1 }),
        fc.constantFrom(NaN, Infinity, 2 ** 53, 21e14 + 1),
      )
      const refused = async (record: () => Promise<unknown>) => {
        const error: unknown = await Promise.resolve()
          .then(record)
          .catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({ code: 'history/not-whole-money' })
      }
      await fc.assert(
        fc.asyncProperty(bad, async (amount) => {
          await refused(() => ledger.recordFact({ ...fact, subsidySats: amount }))
          await refused(() => ledger.recordFact({ ...fact, feesSats: amount }))
          await refused(() => ledger.recordPayout({ ...payout, sats: amount }))
          await refused(() => ledger.recordAccountState({ ...state, unpaidSats: amount }))
          await refused(() => ledger.recordAccountDays([{ accountId: 'a1', day: DAY, earnedSats: amount }]))
          // Some currencies have more units than there are sats.
          if (amount !== 21e14 + 1) await refused(() => ledger.recordPrice('EUR', DAY, amount, 'a', NOW))
        }),
        { numRuns: 50 },
      )
      expect(await ledger.factAt(NOW)).toBeUndefined()
      expect(await ledger.payouts()).toEqual([])
      expect(await ledger.latestPrice('EUR', NOW)).toBeUndefined()
    })

    it('comes back to the sat, and adds up exactly', async () => {
      const { ledger } = await opened()
      await ledger.recordPayout({ ...payout, reference: 'all', sats: 21e14 - 1 })
      await ledger.recordPayout({ ...payout, reference: 'one', sats: 1 })
      expect((await ledger.payoutSums()).sats).toBe(21e14)
    })
  })
})
