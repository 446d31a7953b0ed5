/**
 * The ledger: what the network, the market and the pools said, what was paid, and what happened, kept for ever except
 * where a limit is stated. It records what it is told and works nothing out; `src-main/earnings` does.
 */
import { type HistoryTransaction } from '../database/history-db.ts'
import { plainText } from '../database/plain-text.ts'
import { LedgerQueries } from './ledger-queries.ts'
import {
  type AccountDay,
  type AccountState,
  type DayPrice,
  type FarmEvent,
  type NetworkFact,
  type PayoutKind,
  type PayoutRecord,
} from './ledger-records.ts'
import { HeadframeError } from '../../base/index.ts'
import { requireMinor, requireSats, requireSatsOrNull } from './whole-money.ts'

/** Events kept; a farm of 60 rigs that restarts each of them daily fills this in some nine years. The oldest go. */
export const EVENT_LIMIT = 200_000

const HOUR_MS = 3_600_000
/** Rows in one statement: SQLite and PostgreSQL both take more values than these. */
const ROWS_AT_ONCE = 500
/** Characters kept of a name, a note, a sentence. */
const TEXT_LENGTH = 500
/** Of two records of one payout, the higher is believed. */
const TRUST: Record<PayoutKind, number> = { manual: 0, pool: 1, chain: 2 }

export class Ledger extends LedgerQueries {
  /**
   * Records a fact if anything changed or the one before is an hour old.
   * @returns whether it was recorded
   * @throws HeadframeError `history/not-whole-money`; RangeError for a difficulty or height that is none
   */
  recordFact(fact: NetworkFact): Promise<boolean> {
    const { atMs, source, height, difficulty, subsidySats, feesSats } = fact
    requireMoment(atMs)
    requireSats(subsidySats, 'The subsidy of a block')
    requireSatsOrNull(feesSats, 'The fees of a block')
    if (!(difficulty > 0) || !Number.isFinite(difficulty)) throw new RangeError('a difficulty is above 0')
    requireHeight(height)
    const values = { height, difficulty, subsidy_sats: subsidySats, fees_sats: feesSats }
    return this.db.transaction(async (trx) => {
      const last = await trx
        .selectFrom('network_facts')
        .selectAll()
        .where('at_ms', '<=', atMs)
        .orderBy('at_ms', 'desc')
        .orderBy('source')
        .limit(1)
        .executeTakeFirst()
      const isKnown =
        last !== undefined &&
        atMs - last.at_ms < HOUR_MS &&
        last.source === source &&
        last.height === height &&
        last.difficulty === difficulty &&
        last.subsidy_sats === subsidySats &&
        last.fees_sats === feesSats
      if (isKnown) return false
      await trx
        .insertInto('network_facts')
        .values({ at_ms: atMs, source: clip(source), ...values })
        .onConflict((conflict) => conflict.columns(['at_ms', 'source']).doUpdateSet(values))
        .execute()
      return true
    })
  }

  /**
   * Records the close of a day, or the running day's price as last seen. What was observed later wins, whatever the
   * order of recording.
   * @returns whether it was recorded
   * @throws HeadframeError `history/not-whole-money`; RangeError for a day or moment that is none
   */
  async recordPrice(
    currency: string,
    day: number,
    closeMinor: number,
    source: string,
    atMs: number,
  ): Promise<boolean> {
    return (await this.recordPrices([{ currency, day, closeMinor, source, atMs }])) === 1
  }

  /** The same for many, all or none. @returns how many were recorded */
  async recordPrices(prices: readonly DayPrice[]): Promise<number> {
    // A statement may not touch a row twice.
    const latest = new Map<string, DayPrice>()
    for (const price of prices) {
      requireMinor(price.closeMinor, `The price of a bitcoin in ${price.currency}`)
      requireDay(price.day)
      requireMoment(price.atMs)
      const key = `${price.currency} ${price.day}`
      const other = latest.get(key)
      if (other === undefined || other.atMs <= price.atMs) latest.set(key, price)
    }
    return this.db.transaction(async (trx) => {
      let recorded = 0
      for (const rows of slices([...latest.values()])) {
        const result = await trx
          .insertInto('prices')
          .values(
            rows.map(({ currency, day, closeMinor, source, atMs }) => ({
              currency,
              day,
              close_minor: closeMinor,
              source: clip(source),
              at_ms: atMs,
            })),
          )
          .onConflict((conflict) =>
            conflict
              .columns(['currency', 'day'])
              .doUpdateSet((eb) => ({
                close_minor: eb.ref('excluded.close_minor'),
                source: eb.ref('excluded.source'),
                at_ms: eb.ref('excluded.at_ms'),
              }))
              .whereRef('prices.at_ms', '<=', 'excluded.at_ms'),
          )
          .executeTakeFirstOrThrow()
        recorded += Number(result.numInsertedOrUpdatedRows ?? 0n)
      }
      return recorded
    })
  }

  /**
   * Records a payout once, however often and by whomever it is found. Of a payout that is known by its reference the
   * chain's word is believed before the pool's and the pool's before a person's; the latest of equals wins, so that a
   * reorganisation moves it to another block (`height`), or out of any.
   * @throws HeadframeError `history/not-whole-money`; RangeError for a height or moment that is none
   */
  recordPayout(payout: PayoutRecord): Promise<'new' | 'changed' | 'known'> {
    requireSats(payout.sats, 'A payout')
    requireMoment(payout.atMs)
    requireHeight(payout.height)
    if (payout.reference === '') throw new RangeError('a payout needs a reference')
    const row = {
      kind: payout.kind,
      reference: clip(payout.reference),
      account_id: clipOrNull(payout.accountId),
      address: clipOrNull(payout.address),
      sats: payout.sats,
      at_ms: payout.atMs,
      height: payout.height,
      note: clipOrNull(payout.note),
    }
    return this.db.transaction(async (trx) => {
      const known = await trx
        .selectFrom('payouts')
        .selectAll()
        .where('reference', '=', row.reference)
        .executeTakeFirst()
      if (known === undefined) {
        await trx.insertInto('payouts').values(row).execute()
        return 'new'
      }
      const [believed, other] = TRUST[row.kind] >= TRUST[known.kind] ? [row, known] : [known, row]
      const merged = {
        kind: believed.kind,
        account_id: believed.account_id ?? other.account_id,
        address: believed.address ?? other.address,
        sats: believed.sats,
        at_ms: believed.at_ms,
        height: believed.height,
        note: believed.note ?? other.note,
      }
      const columns = Object.keys(merged) as (keyof typeof merged)[]
      if (columns.every((column) => merged[column] === known[column])) return 'known'
      await trx.updateTable('payouts').set(merged).where('id', '=', known.id).execute()
      return 'changed'
    })
  }

  /**
   * Removes a payout that a person entered.
   * @returns false if there is none of this id
   * @throws HeadframeError `history/payout-not-manual` for one that was found
   */
  removePayout(id: number): Promise<boolean> {
    return this.db.transaction(async (trx) => {
      const payout = await trx.selectFrom('payouts').select('kind').where('id', '=', id).executeTakeFirst()
      if (payout === undefined) return false
      if (payout.kind !== 'manual') {
        throw new HeadframeError(
          'history/payout-not-manual',
          'Only payouts that were entered by hand can be removed. This one was found, and would be found again: stop watching its address or account in place of that.',
          { context: { id, kind: payout.kind } },
        )
      }
      await trx.deleteFrom('payouts').where('id', '=', id).execute()
      return true
    })
  }

  /**
   * Records what a pool said of an account if an amount changed or the record before is an hour old; a hashrate that
   * changed alone waits for that.
   * @returns whether it was recorded
   * @throws HeadframeError `history/not-whole-money`
   */
  recordAccountState(state: AccountState): Promise<boolean> {
    const { accountId, atMs, unpaidSats, paidSats, earnedSats, hashrateHs } = state
    requireMoment(atMs)
    requireSatsOrNull(unpaidSats, 'What a pool still owes')
    requireSatsOrNull(paidSats, 'What a pool has paid')
    requireSatsOrNull(earnedSats, 'What an account has earned')
    const values = {
      unpaid_sats: unpaidSats,
      paid_sats: paidSats,
      earned_sats: earnedSats,
      hashrate_hs: hashrateHs !== null && Number.isFinite(hashrateHs) ? hashrateHs : null,
    }
    return this.db.transaction(async (trx) => {
      const last = await trx
        .selectFrom('account_states')
        .selectAll()
        .where('account_id', '=', accountId)
        .where('at_ms', '<=', atMs)
        .orderBy('at_ms', 'desc')
        .limit(1)
        .executeTakeFirst()
      const isKnown =
        last !== undefined &&
        atMs - last.at_ms < HOUR_MS &&
        last.unpaid_sats === unpaidSats &&
        last.paid_sats === paidSats &&
        last.earned_sats === earnedSats
      if (isKnown) return false
      await trx
        .insertInto('account_states')
        .values({ account_id: accountId, at_ms: atMs, ...values })
        .onConflict((conflict) => conflict.columns(['account_id', 'at_ms']).doUpdateSet(values))
        .execute()
      return true
    })
  }

  /**
   * Records what a pool says was earned on days; its last word stands, be it more or less than before.
   * @throws HeadframeError `history/not-whole-money`
   */
  recordAccountDays(days: readonly AccountDay[]): Promise<void> {
    const latest = new Map<string, AccountDay>()
    for (const one of days) {
      requireDay(one.day)
      requireSats(one.earnedSats, 'What was earned on a day')
      latest.set(`${one.day} ${one.accountId}`, one)
    }
    return this.db.transaction(async (trx) => {
      for (const rows of slices([...latest.values()])) {
        await trx
          .insertInto('account_days')
          .values(
            rows.map(({ accountId, day, earnedSats }) => ({
              account_id: accountId,
              day,
              earned_sats: earnedSats,
            })),
          )
          .onConflict((conflict) =>
            conflict
              .columns(['account_id', 'day'])
              .doUpdateSet((eb) => ({ earned_sats: eb.ref('excluded.earned_sats') })),
          )
          .execute()
      }
    })
  }

  /** Records what happened, all or none. Of more than `EVENT_LIMIT` the ones recorded first go. */
  recordEvents(events: readonly FarmEvent[], limit = EVENT_LIMIT): Promise<void> {
    for (const { atMs } of events) requireMoment(atMs)
    if (events.length === 0) return Promise.resolve()
    return this.db.transaction(async (trx) => {
      for (const rows of slices(events)) {
        await trx
          .insertInto('farm_events')
          .values(
            rows.map(({ atMs, kind, subjectKind, subject, text }) => ({
              at_ms: atMs,
              kind: clip(kind),
              subject_kind: clip(subjectKind),
              subject: clip(subject),
              text: clip(text),
            })),
          )
          .execute()
      }
      await forgetEvents(trx, limit)
    })
  }
}

/** Ids rise by one, or by more where a transaction failed: at most `limit` are left. */
async function forgetEvents(trx: HistoryTransaction, limit: number): Promise<void> {
  const { newest } = await trx
    .selectFrom('farm_events')
    .select((eb) => eb.fn.max('id').as('newest'))
    .executeTakeFirstOrThrow()
  await trx
    .deleteFrom('farm_events')
    .where('id', '<=', newest - limit)
    .execute()
}

function slices<T>(rows: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(rows.length / ROWS_AT_ONCE) }, (_, n) =>
    rows.slice(n * ROWS_AT_ONCE, (n + 1) * ROWS_AT_ONCE),
  )
}

function clip(text: string): string {
  return plainText(text, TEXT_LENGTH)
}

function clipOrNull(text: string | null): string | null {
  return text === null ? null : clip(text)
}

function requireMoment(atMs: number): void {
  if (!Number.isSafeInteger(atMs) || atMs < 0) throw new RangeError('a moment is whole epoch milliseconds')
}

function requireDay(day: number): void {
  if (!Number.isSafeInteger(day) || day < 0) throw new RangeError('a day is whole days since the epoch')
}

function requireHeight(height: number | null): void {
  if (height !== null && (!Number.isSafeInteger(height) || height < 0))
    throw new RangeError('a height is a whole number from 0')
}
