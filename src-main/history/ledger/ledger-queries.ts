/** Reading the ledger, over the writer's connection or a read-only one. */
import { type Expression, type ExpressionBuilder, type Selectable, sql, type SqlBool } from 'kysely'
import { type HistoryDb, type HistoryQueryable } from '../database/history-db.ts'
import { type HistoryTables } from '../database/tables.ts'
import {
  type AccountDay,
  type AccountState,
  type DayPrice,
  type FarmEventQuery,
  type LatestPrice,
  type NetworkFact,
  type Payout,
  type PayoutFilter,
  type PayoutSums,
  type RecordedEvent,
} from './ledger-records.ts'

const UNCONFIRMED = sql`kind = 'chain' AND height IS NULL`

export class LedgerQueries {
  protected readonly db: HistoryDb

  constructor(db: HistoryDb) {
    this.db = db
  }

  /** Oldest first; `toMs` is not included. */
  factsBetween(fromMs: number, toMs: number): Promise<NetworkFact[]> {
    return this.db.read(async (queries) => {
      const rows = await soundFacts(queries)
        .where('at_ms', '>=', fromMs)
        .where('at_ms', '<', toMs)
        .orderBy('at_ms')
        .orderBy('source')
        .execute()
      return rows.map(factOf)
    })
  }

  /**
   * The fact nearest at or before a moment; else the first one after it, and its `atMs` tells; undefined before there
   * is any.
   */
  factAt(ms: number): Promise<NetworkFact | undefined> {
    return this.db.read(async (queries) => {
      const before = await soundFacts(queries)
        .where('at_ms', '<=', ms)
        .orderBy('at_ms', 'desc')
        .orderBy('source')
        .limit(1)
        .executeTakeFirst()
      const row =
        before ??
        (await soundFacts(queries)
          .where('at_ms', '>', ms)
          .orderBy('at_ms')
          .orderBy('source')
          .limit(1)
          .executeTakeFirst())
      return row && factOf(row)
    })
  }

  /** Of exactly this day. */
  priceOn(currency: string, day: number): Promise<DayPrice | undefined> {
    return this.db.read(async (queries) => {
      const row = await prices(queries, currency).where('day', '=', day).executeTakeFirst()
      return row && priceOf(row)
    })
  }

  /** Oldest first; days without a price are left out; `toDay` is not included. */
  pricesBetween(currency: string, fromDay: number, toDay: number): Promise<DayPrice[]> {
    return this.db.read(async (queries) => {
      const rows = await prices(queries, currency)
        .where('day', '>=', fromDay)
        .where('day', '<', toDay)
        .orderBy('day')
        .execute()
      return rows.map(priceOf)
    })
  }

  /** Of the newest day there is, however long ago. */
  latestPrice(currency: string, nowMs: number): Promise<LatestPrice | undefined> {
    return this.db.read(async (queries) => {
      const row = await prices(queries, currency).orderBy('day', 'desc').limit(1).executeTakeFirst()
      return row && { ...priceOf(row), ageMs: Math.max(0, nowMs - row.at_ms) }
    })
  }

  /** Newest first. */
  payouts(filter: PayoutFilter = {}, limit?: number): Promise<Payout[]> {
    return this.db.read(async (queries) => {
      let query = queries
        .selectFrom('payouts')
        .selectAll()
        .where(payoutConditions(filter))
        .orderBy('at_ms', 'desc')
        .orderBy('id', 'desc')
      if (limit !== undefined) query = query.limit(limit)
      return (await query.execute()).map(({ account_id, at_ms, ...row }) => ({
        ...row,
        accountId: account_id,
        atMs: at_ms,
      }))
    })
  }

  payoutSums(filter: PayoutFilter = {}): Promise<PayoutSums> {
    return this.db.read(async (queries) => {
      const row = await queries
        .selectFrom('payouts')
        .select([
          sql<number>`COALESCE(SUM(CASE WHEN ${UNCONFIRMED} THEN 0 ELSE 1 END), 0)`.as('count'),
          sql<number>`COALESCE(SUM(CASE WHEN ${UNCONFIRMED} THEN 0 ELSE sats END), 0)`.as('sats'),
          sql<number>`COALESCE(SUM(CASE WHEN ${UNCONFIRMED} THEN 1 ELSE 0 END), 0)`.as('unconfirmedCount'),
          sql<number>`COALESCE(SUM(CASE WHEN ${UNCONFIRMED} THEN sats ELSE 0 END), 0)`.as('unconfirmedSats'),
        ])
        .where(payoutConditions(filter))
        .executeTakeFirstOrThrow()
      return { ...row }
    })
  }

  latestAccountState(accountId: string): Promise<AccountState | undefined> {
    return this.db.read(async (queries) => {
      const row = await queries
        .selectFrom('account_states')
        .selectAll()
        .where('account_id', '=', accountId)
        .orderBy('at_ms', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row && stateOf(row)
    })
  }

  /** Oldest first; `toMs` is not included. */
  accountStatesBetween(accountId: string, fromMs: number, toMs: number): Promise<AccountState[]> {
    return this.db.read(async (queries) => {
      const rows = await queries
        .selectFrom('account_states')
        .selectAll()
        .where('account_id', '=', accountId)
        .where('at_ms', '>=', fromMs)
        .where('at_ms', '<', toMs)
        .orderBy('at_ms')
        .execute()
      return rows.map(stateOf)
    })
  }

  /** Oldest first; `toDay` is not included; all accounts unless one is named. */
  accountDaysBetween(fromDay: number, toDay: number, accountId?: string): Promise<AccountDay[]> {
    return this.db.read(async (queries) => {
      let query = queries
        .selectFrom('account_days')
        .selectAll()
        .where('day', '>=', fromDay)
        .where('day', '<', toDay)
        .orderBy('day')
        .orderBy('account_id')
      if (accountId !== undefined) query = query.where('account_id', '=', accountId)
      const rows = await query.execute()
      return rows.map(({ account_id, day, earned_sats }) => ({
        accountId: account_id,
        day,
        earnedSats: earned_sats,
      }))
    })
  }

  /** Newest first. */
  events({ fromMs, toMs, kinds, about, limit }: FarmEventQuery): Promise<RecordedEvent[]> {
    return this.db.read(async (queries) => {
      let query = queries
        .selectFrom('farm_events')
        .selectAll()
        .where('at_ms', '>=', fromMs)
        .where('at_ms', '<', toMs)
        .orderBy('at_ms', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
      if (kinds !== undefined) query = query.where((eb) => eb.or(kinds.map((kind) => eb('kind', '=', kind))))
      if (about !== undefined) {
        query = query.where((eb) =>
          eb.or(
            about.map(({ subjectKind, subject }) =>
              eb.and([
                eb('subject_kind', '=', subjectKind),
                ...(subject === undefined ? [] : [eb('subject', '=', subject)]),
              ]),
            ),
          ),
        )
      }
      const rows = await query.execute()
      return rows.map(({ id, at_ms, kind, subject_kind, subject, text }) => ({
        id,
        atMs: at_ms,
        kind,
        subjectKind: subject_kind,
        subject,
        text,
      }))
    })
  }
}

/** Without rows that name no difficulty or subsidy: nothing can be counted with them. */
function soundFacts(queries: HistoryQueryable) {
  return queries
    .selectFrom('network_facts')
    .select(['at_ms', 'source', 'height', 'fees_sats'])
    .select((eb) => [
      eb.ref('difficulty').$notNull().as('difficulty'),
      eb.ref('subsidy_sats').$notNull().as('subsidy_sats'),
    ])
    .where('difficulty', 'is not', null)
    .where('subsidy_sats', 'is not', null)
}

function factOf(row: {
  at_ms: number
  source: string
  height: number | null
  difficulty: number
  subsidy_sats: number
  fees_sats: number | null
}): NetworkFact {
  const { at_ms, source, height, difficulty, subsidy_sats, fees_sats } = row
  return { atMs: at_ms, source, height, difficulty, subsidySats: subsidy_sats, feesSats: fees_sats }
}

function prices(queries: HistoryQueryable, currency: string) {
  return queries.selectFrom('prices').selectAll().where('currency', '=', currency)
}

function priceOf({
  currency,
  day,
  close_minor,
  source,
  at_ms,
}: Selectable<HistoryTables['prices']>): DayPrice {
  return { currency, day, closeMinor: close_minor, source, atMs: at_ms }
}

function stateOf(row: Selectable<HistoryTables['account_states']>): AccountState {
  const { account_id, at_ms, unpaid_sats, paid_sats, earned_sats, hashrate_hs } = row
  return {
    accountId: account_id,
    atMs: at_ms,
    unpaidSats: unpaid_sats,
    paidSats: paid_sats,
    earnedSats: earned_sats,
    hashrateHs: hashrate_hs,
  }
}

function payoutConditions({ fromMs, toMs, kind, accountId, address }: PayoutFilter) {
  return (eb: ExpressionBuilder<HistoryTables, 'payouts'>): Expression<SqlBool> =>
    eb.and([
      ...(fromMs === undefined ? [] : [eb('at_ms', '>=', fromMs)]),
      ...(toMs === undefined ? [] : [eb('at_ms', '<', toMs)]),
      ...(kind === undefined ? [] : [eb('kind', '=', kind)]),
      ...(accountId === undefined ? [] : [eb('account_id', '=', accountId)]),
      ...(address === undefined ? [] : [eb('address', '=', address)]),
    ])
}
