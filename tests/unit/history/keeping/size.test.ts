import { statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { historyOn } from '../../../../src-main/history/history.ts'
import { historyDatabases } from '../../../support/history-databases.ts'
import { DAY_MS, FARM_START, recordDays } from '../../../support/kept-history.ts'

describe.each(historyDatabases)('the size of a history on $name', ({ open }) => {
  it('is parted by what is in it, and every part says how far back it reaches', async () => {
    const db = await open()
    const history = historyOn(db)
    await history.shares.beginSession(FARM_START)
    await recordDays(history, 3, 3_600_000)
    const nowMs = FARM_START + 3 * DAY_MS
    const size = await history.keeping.size(nowMs, 14)
    expect(size.parts.map(({ part }) => part)).toEqual([
      'raw',
      'five-minutes',
      'hours',
      'days',
      'shares',
      'money',
      'other',
    ])
    for (const { bytes, fromMs } of size.parts) {
      expect(bytes).toBeGreaterThan(0)
      expect(Number.isSafeInteger(bytes)).toBe(true)
      expect(fromMs).toBeLessThanOrEqual(FARM_START)
    }
    expect(size.rawDaysHeld).toBe(3)
    const sum = size.parts.reduce((total, { bytes }) => total + bytes, 0)
    expect(sum).toBeLessThanOrEqual(size.totalBytes)
    if (db.place.kind === 'sqlite') {
      // All but free pages, the log and SQLite's own lists.
      expect(size.totalBytes).toBeGreaterThanOrEqual(statSync(db.place.path).size)
      expect(sum).toBeGreaterThan(0.5 * statSync(db.place.path).size)
    }
  })

  it('of an empty history has no forecast', async () => {
    const history = historyOn(await open())
    const size = await history.keeping.size(FARM_START, 14)
    expect(size.yearForecastBytes).toBeNull()
    expect(size.rawDaysHeld).toBe(0)
    for (const { part, fromMs } of size.parts) expect([part, fromMs]).toEqual([part, null])
  })

  it('is forecast near to what more days really add', async () => {
    const measured = async (days: number) => {
      const db = await open()
      const history = historyOn(db)
      await history.shares.beginSession(FARM_START)
      await recordDays(history, days, 4 * 3_600_000)
      const nowMs = FARM_START + days * DAY_MS
      await history.telemetry.forgetRaw(nowMs - 2 * DAY_MS)
      await history.shares.pack(nowMs)
      const size = await history.keeping.size(nowMs, 2)
      await history.close()
      return { ...size, sum: size.parts.reduce((total, { bytes }) => total + bytes, 0) }
    }
    const early = await measured(16)
    const late = await measured(32)
    const really = ((late.sum - early.sum) / 16) * 365
    expect(early.yearForecastBytes).toBeGreaterThan(0.4 * really)
    expect(early.yearForecastBytes).toBeLessThan(2.5 * really)
  })
})
