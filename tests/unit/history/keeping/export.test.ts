import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { historyOn } from '../../../../src-main/history/history.ts'
import {
  EXPORT_KINDS,
  exportColumns,
  type ExportKindName,
  type History,
  type Sample,
} from '../../../../src-main/history/index.ts'
import { type HistoryDb } from '../../../../src-main/history/database/history-db.ts'
import { exportPiece, type HistoryExportQuery } from '../../../../src-main/history/keeping/export.ts'
import { historyDatabases } from '../../../support/history-databases.ts'
import { historyBatch, shareDelta } from '../../../support/history-batches.ts'
import {
  DAY_MS,
  FARM_DAY,
  FARM_START,
  HOUR_MS,
  recordBatch,
  recordDays,
} from '../../../support/kept-history.ts'
import { readCsv } from '../../../support/read-csv.ts'

const RANGE = { fromMs: FARM_START - DAY_MS, toMs: FARM_START + 40 * DAY_MS }
const PIECES = { chars: 1, pages: 3, pageRows: 50 }
const WHOLE = { chars: 500_000, pages: 200, pageRows: 2000 }

type Row = Record<string, string>

async function exported(
  db: HistoryDb,
  kind: ExportKindName,
  limits = WHOLE,
  query: Partial<HistoryExportQuery> = {},
  between: (piece: number) => Promise<void> = async () => {},
): Promise<{ text: string; pieces: number }> {
  let text = ''
  let rows = 0
  let cursor: string | null = null
  for (let pieces = 1; ; pieces++) {
    const piece = await exportPiece(
      db,
      { kind, format: 'csv', ...RANGE, ...query, ...(cursor === null ? {} : { cursor }) },
      limits,
    )
    text += piece.text
    rows += piece.rows
    expect(piece.damaged).toBe(0)
    if (piece.cursor === null) {
      expect(text.split('\n').length - 1).toBeGreaterThanOrEqual(rows)
      return { text, pieces }
    }
    expect(piece.cursor.length).toBeLessThan(500)
    cursor = piece.cursor
    await between(pieces)
  }
}

function rowsOf(text: string): Row[] {
  const [names, ...rows] = readCsv(text)
  return rows.map((row) => {
    expect(row).toHaveLength(names!.length)
    return Object.fromEntries(names!.map((name, index) => [name, row[index]!]))
  })
}

async function csv(db: HistoryDb, kind: ExportKindName, limits = WHOLE): Promise<Row[]> {
  return rowsOf((await exported(db, kind, limits)).text)
}

function sumOf(rows: readonly Row[], column: string): number {
  return rows.reduce((sum, row) => sum + Number(row[column]), 0)
}

describe.each(historyDatabases)('exports on $name', ({ name, open }) => {
  /** A page for each piece, and the smallest pages that are quick enough on a server. */
  const TINY = { chars: 1, pages: 1, pageRows: name === 'SQLite' ? 3 : 20 }

  async function farm(days = 2): Promise<{ db: HistoryDb; history: History }> {
    const db = await open()
    const history = historyOn(db)
    await history.shares.beginSession(FARM_START)
    await recordDays(history, days, 1_800_000)
    return { db, history }
  }

  it('give everything that is kept, in documented columns, also from the smallest pieces', async () => {
    const { db } = await farm()
    const counts: Record<string, number> = {}
    for (const kind of EXPORT_KINDS) {
      const { text, pieces } = await exported(db, kind)
      expect(pieces).toBe(1)
      const rows = rowsOf(text)
      counts[kind] = rows.length
      const columns = exportColumns(kind)
      expect(text.slice(0, text.indexOf('\r\n'))).toBe(columns.map(({ name }) => name).join(','))
      for (const { what } of columns) expect(what).toMatch(/^.+\.$/)
      const tiny = await exported(db, kind, TINY)
      expect(tiny.pieces).toBeGreaterThan(rows.length > 3 ? 1 : 0)
      expect(tiny.text).toBe(text)
      for (const row of rows) {
        const said = row['time'] ?? `${row['day']}T00:00:00.000Z`
        expect(Date.parse(said)).toBe(Number(row['time_ms']))
      }
    }
    expect(counts).toEqual({
      samples: 2 * 2 * 48,
      'rig-hours': 2 * 2 * 24,
      'rig-days': 2 * 2,
      'share-hours': 2 * 2 * 24,
      'share-days': 2 * 2,
      payouts: 2,
      prices: 2,
      facts: 2,
      events: 2,
    })
  })

  it('say the same in lines of JSON', async () => {
    const { db } = await farm(1)
    for (const kind of EXPORT_KINDS) {
      const rows = await csv(db, kind)
      const { text } = await exported(db, kind, WHOLE, { format: 'jsonl' })
      const objects = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, string | number | null>)
      expect(objects).toHaveLength(rows.length)
      for (const [index, object] of objects.entries()) {
        for (const [name, value] of Object.entries(object)) {
          const cell = rows[index]![name]!
          expect(cell.startsWith("'") ? cell.slice(1) : cell).toBe(value === null ? '' : String(value))
        }
      }
    }
  })

  it('defuse what a spreadsheet would run, in names that rigs choose themselves', async () => {
    const db = await open()
    const history = historyOn(db)
    await history.shares.beginSession(FARM_START)
    const rigKey = '=HYPERLINK("http://example.com","x")'
    const shares = [shareDelta({ rigKey, submitted: 1, valid: 1 })]
    await history.shares.recordBatch(historyBatch({ atMs: FARM_START, shares }))
    await history.telemetry.record([
      { source: { kind: 'rig', key: '@evil' }, atMs: FARM_START, values: { power_dw: 5 } },
    ])
    expect((await csv(db, 'share-days'))[0]).toMatchObject({ rig_key: `'${rigKey}` })
    expect((await csv(db, 'samples'))[0]).toMatchObject({ source_key: "'@evil" })
  })

  it('keep to their stretch: its end is not in it', async () => {
    const { db } = await farm()
    const day = { fromMs: FARM_START + DAY_MS, toMs: FARM_START + 2 * DAY_MS }
    for (const kind of EXPORT_KINDS) {
      const rows = rowsOf((await exported(db, kind, TINY, day)).text)
      expect(rows.length).toBeGreaterThan(0)
      for (const row of rows) {
        expect(Number(row['time_ms'])).toBeGreaterThanOrEqual(day.fromMs)
        expect(Number(row['time_ms'])).toBeLessThan(day.toMs)
      }
      expect(rowsOf((await exported(db, kind, TINY, { fromMs: 5, toMs: 5 })).text)).toEqual([])
    }
    const some = { fromMs: FARM_START + 1, toMs: FARM_START + 2 * HOUR_MS }
    expect(rowsOf((await exported(db, 'samples', WHOLE, some)).text)).toHaveLength(2 * 3)
    expect(rowsOf((await exported(db, 'rig-hours', WHOLE, some)).text)).toHaveLength(2)
    expect(rowsOf((await exported(db, 'share-hours', WHOLE, some)).text)).toHaveLength(2)
  })

  it('go on while the history is written and folded: nothing twice, nothing left out', async () => {
    const db = await open()
    const history = historyOn(db)
    await history.shares.beginSession(FARM_START)
    const sample = (n: number): Sample => ({
      source: { kind: 'rig', key: 'rig-a' },
      atMs: FARM_START + n * 60_000,
      values: { power_dw: n },
    })
    await history.telemetry.record(Array.from({ length: 300 }, (_, n) => sample(n)))
    const { text, pieces } = await exported(db, 'samples', TINY, {}, async (piece) => {
      await recordBatch(history, piece, FARM_START + piece)
      await history.telemetry.record([sample(300 + piece)])
      if (piece % 2 === 0) await history.telemetry.fold(FARM_START + piece * HOUR_MS)
    })
    expect(pieces).toBeGreaterThan(5)
    const moments = rowsOf(text).map((row) => Number(row['time_ms']))
    expect(new Set(moments).size).toBe(moments.length)
    expect(moments).toEqual(moments.toSorted((a, b) => a - b))
    for (let n = 0; n < 300; n++) expect(moments).toContain(sample(n).atMs)
  })

  it('leave figures empty that were not measured, and hours that have none out', async () => {
    const db = await open()
    const history = historyOn(db)
    const source = { kind: 'meter', key: 'plug' } as const
    await history.telemetry.record([
      { source, atMs: FARM_START, values: { power_dw: 100, energy_j: 5 } },
      { source, atMs: FARM_START + 60_000, values: { power_dw: 201 } },
      { source, atMs: FARM_START + 400 * DAY_MS, values: { energy_j: 0 } },
    ])
    await history.telemetry.fold(FARM_START + 500 * DAY_MS)
    const { text } = await exported(db, 'rig-hours', TINY, { toMs: FARM_START + 500 * DAY_MS })
    const rows = rowsOf(text)
    expect(rows).toHaveLength(2)
    expect(rows[0]).toMatchObject({
      source_kind: 'meter',
      rig_key: '',
      power_dw_mean: '150.5',
      power_dw_min: '100',
      power_dw_max: '201',
      energy_j: '5',
      fan_rpm_mean: '',
      covered_ms: '',
    })
    expect(rows[1]).toMatchObject({
      time_ms: `${FARM_START + 400 * DAY_MS}`,
      power_dw_mean: '',
      energy_j: '0',
    })
  })

  it.each([
    '',
    'nonsense',
    'payouts.',
    'payouts.W10',
    'payouts.WyJ4Il0',
    'prices.WzEsMl0',
    `payouts.${'A'.repeat(400)}`,
  ])('refuse a cursor that is none: %j', async (cursor) => {
    const db = await open()
    const query = { kind: 'payouts', format: 'csv', ...RANGE, cursor } as const
    await expect(exportPiece(db, query)).rejects.toMatchObject({ code: 'history/bad-cursor' })
  })

  it('of days add up to what the API sums, for any samples and shares', async () => {
    const samples = fc.array(
      fc.record({
        rig: fc.integer({ min: 0, max: 2 }),
        minute: fc.integer({ min: 0, max: 5 * 1440 }),
        energy: fc.option(fc.integer({ min: 0, max: 1e9 })),
        power: fc.option(fc.integer({ min: -5, max: 1e5 })),
      }),
      { minLength: 1, maxLength: 60 },
    )
    const deltas = fc.array(
      fc.record({
        hour: fc.integer({ min: 0, max: 120 }),
        valid: fc.nat(1000),
        stale: fc.nat(50),
        work: fc.nat(1e9),
      }),
      { maxLength: 20 },
    )
    await fc.assert(
      fc.asyncProperty(
        samples,
        deltas,
        fc.integer({ min: 0, max: 150 }),
        async (drawn, shares, foldHours) => {
          const db = await open()
          const history = historyOn(db)
          await history.shares.beginSession(FARM_START)
          await history.telemetry.record(
            drawn.map(({ rig, minute, energy, power }) => ({
              source: { kind: 'rig', key: `rig-${rig}` },
              atMs: FARM_START + minute * 60_000,
              values: { energy_j: energy, power_dw: power },
            })),
          )
          await history.telemetry.fold(FARM_START + foldHours * HOUR_MS)
          for (const [index, { hour, valid, stale, work }] of shares.entries()) {
            const delta = shareDelta({
              rigKey: `rig-${index % 3}`,
              submitted: valid + stale,
              valid,
              stale,
              workDifficulty: work,
            })
            const atMs = FARM_START + hour * HOUR_MS
            await history.shares.recordBatch(historyBatch({ sequence: index + 1, atMs, shares: [delta] }))
          }

          const { sources } = await history.telemetry.sums({
            metrics: ['energy_j', 'power_dw'],
            steps: { fromMs: FARM_START, toMs: FARM_START + 6 * DAY_MS, stepMs: DAY_MS },
          })
          const days = await csv(db, 'rig-days', PIECES)
          for (const { source, sums } of sources) {
            for (let day = 0; day < 6; day++) {
              const row = days.find(
                (one) =>
                  one['source_key'] === source.key && one['time_ms'] === `${FARM_START + day * DAY_MS}`,
              )
              const energy = sums.energy_j?.[day]
              expect(row?.['energy_j'] ?? '').toBe(energy ? String(energy.sum) : '')
              const power = sums.power_dw?.[day]
              expect(row?.['power_dw_mean'] ?? '').toBe(power ? String(power.sum / power.count) : '')
              expect(row?.['power_dw_max'] ?? '').toBe(power ? String(power.max) : '')
            }
          }
          const total = sumOf(days, 'energy_j')
          expect(sumOf(await csv(db, 'rig-hours', PIECES), 'energy_j')).toBe(total)
          expect(sumOf(await csv(db, 'samples', PIECES), 'energy_j')).toBe(total)

          const totals = await history.shares.totals()
          for (const kind of ['share-days', 'share-hours'] as const) {
            const rows = await csv(db, kind, PIECES)
            for (const count of ['submitted', 'valid', 'stale', 'acknowledged'] as const) {
              expect(sumOf(rows, count)).toBe(totals[count])
            }
            expect(sumOf(rows, 'work_difficulty')).toBe(totals.workDifficulty)
          }
          await history.close()
        },
      ),
      { numRuns: name === 'SQLite' ? 15 : 5 },
    )
  })

  it('of prices give days and who was asked', async () => {
    const { db } = await farm(1)
    expect(await csv(db, 'prices')).toEqual([
      {
        day: '2026-11-01',
        time_ms: String(FARM_DAY * DAY_MS),
        currency: 'EUR',
        close_minor: '8000000',
        source: 'test',
        asked: '2026-11-01T00:00:00.000Z',
        asked_ms: String(FARM_START),
      },
    ])
  })
})
