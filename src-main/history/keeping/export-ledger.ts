/** Exports of the ledger: payouts, prices, facts and events, as they are kept. */
import { isoDay, isoTime } from './export-format.ts'
import { DAY_COLUMNS, type ExportKind, pageOf, TIME_COLUMNS } from './export-kind.ts'

const DAY_MS = 86_400_000

export const PAYOUTS: ExportKind = {
  columns: [
    ...TIME_COLUMNS,
    { name: 'kind', what: 'chain: found in a block; pool: said by an account; manual: entered by hand.' },
    {
      name: 'reference',
      what: 'What tells it from others: transaction and output, or what the pool calls it.',
    },
    { name: 'account_id', what: 'Account at a pool that it belongs to, if any.' },
    { name: 'address', what: 'Address that it was paid to, if known.' },
    { name: 'sats', what: 'Whole sats.' },
    { name: 'height', what: 'Height of its block; empty for one that is not in a block.' },
    { name: 'confirmed', what: '1, or 0 for one on the chain that is not in a block.' },
    { name: 'note', what: 'What a person or the pool says of it.' },
  ],
  place: ['number', 'number'],
  async read(trx, range, place) {
    const { fromMs, toMs } = range
    const [atMs, id] = place as [number?, number?]
    const rows = await trx
      .selectFrom('payouts')
      .selectAll()
      .where('at_ms', '>=', Math.max(fromMs, atMs ?? 0))
      .where('at_ms', '<', toMs)
      .$if(atMs !== undefined, (query) =>
        query.where((eb) => eb.or([eb('at_ms', '>', atMs!), eb('id', '>', id!)])),
      )
      .orderBy('at_ms')
      .orderBy('id')
      .limit(range.rows)
      .execute()
    return pageOf(
      rows,
      range,
      (row) => [
        isoTime(row.at_ms),
        row.at_ms,
        row.kind,
        row.reference,
        row.account_id,
        row.address,
        row.sats,
        row.height,
        row.kind === 'chain' && row.height === null ? 0 : 1,
        row.note,
      ],
      (row) => [row.at_ms, row.id],
    )
  },
}

export const PRICES: ExportKind = {
  columns: [
    ...DAY_COLUMNS,
    { name: 'currency', what: 'ISO 4217.' },
    {
      name: 'close_minor',
      what: 'Minor units of the currency (cents) for one bitcoin at the end of the day.',
    },
    { name: 'source', what: 'Who was asked.' },
    { name: 'asked', what: 'When it was asked, in UTC, ISO 8601.' },
    { name: 'asked_ms', what: 'The same moment, milliseconds since 1970-01-01 UTC.' },
  ],
  place: ['string', 'number'],
  async read(trx, range, place) {
    const { fromMs, toMs } = range
    const [currency, day] = place as [string?, number?]
    const rows = await trx
      .selectFrom('prices')
      .selectAll()
      .where('day', '>=', Math.ceil(fromMs / DAY_MS))
      .where('day', '<', Math.ceil(toMs / DAY_MS))
      .$if(currency !== undefined, (query) =>
        query.where((eb) =>
          eb.or([
            eb('currency', '>', currency!),
            eb.and([eb('currency', '=', currency!), eb('day', '>', day!)]),
          ]),
        ),
      )
      .orderBy('currency')
      .orderBy('day')
      .limit(range.rows)
      .execute()
    return pageOf(
      rows,
      range,
      (row) => [
        isoDay(row.day),
        row.day * DAY_MS,
        row.currency,
        row.close_minor,
        row.source,
        isoTime(row.at_ms),
        row.at_ms,
      ],
      (row) => [row.currency, row.day],
    )
  },
}

export const FACTS: ExportKind = {
  columns: [
    ...TIME_COLUMNS,
    { name: 'source', what: 'Who said it.' },
    { name: 'height', what: 'Height of the newest block, if said.' },
    { name: 'difficulty', what: 'Difficulty of the network.' },
    { name: 'subsidy_sats', what: 'Subsidy of a block, whole sats.' },
    { name: 'fees_sats', what: 'Mean fees of a block, whole sats, if said.' },
  ],
  place: ['number', 'string'],
  async read(trx, range, place) {
    const { fromMs, toMs } = range
    const [atMs, source] = place as [number?, string?]
    const rows = await trx
      .selectFrom('network_facts')
      .selectAll()
      .where('at_ms', '>=', Math.max(fromMs, atMs ?? 0))
      .where('at_ms', '<', toMs)
      .$if(atMs !== undefined, (query) =>
        query.where((eb) => eb.or([eb('at_ms', '>', atMs!), eb('source', '>', source!)])),
      )
      .orderBy('at_ms')
      .orderBy('source')
      .limit(range.rows)
      .execute()
    return pageOf(
      rows,
      range,
      (row) => [
        isoTime(row.at_ms),
        row.at_ms,
        row.source,
        row.height,
        row.difficulty,
        row.subsidy_sats,
        row.fees_sats,
      ],
      (row) => [row.at_ms, row.source],
    )
  },
}

export const EVENTS: ExportKind = {
  columns: [
    ...TIME_COLUMNS,
    { name: 'kind', what: 'What kind of thing happened.' },
    { name: 'subject_kind', what: 'What it is about: a rig, a pool, the farm.' },
    { name: 'subject', what: 'Id of what it is about; empty for the whole farm.' },
    { name: 'text', what: 'What happened, a sentence.' },
  ],
  place: ['number', 'number'],
  async read(trx, range, place) {
    const { fromMs, toMs } = range
    const [atMs, id] = place as [number?, number?]
    const rows = await trx
      .selectFrom('farm_events')
      .selectAll()
      .where('at_ms', '>=', Math.max(fromMs, atMs ?? 0))
      .where('at_ms', '<', toMs)
      .$if(atMs !== undefined, (query) =>
        query.where((eb) => eb.or([eb('at_ms', '>', atMs!), eb('id', '>', id!)])),
      )
      .orderBy('at_ms')
      .orderBy('id')
      .limit(range.rows)
      .execute()
    return pageOf(
      rows,
      range,
      (row) => [isoTime(row.at_ms), row.at_ms, row.kind, row.subject_kind, row.subject, row.text],
      (row) => [row.at_ms, row.id],
    )
  },
}
