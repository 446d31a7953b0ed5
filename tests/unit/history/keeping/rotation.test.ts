import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BackupKind } from '../../../../src-main/history/keeping/backup-names.ts'
import { backupsToRemove, nextBackupAt } from '../../../../src-main/history/keeping/rotation.ts'

const DAY_MS = 86_400_000
/** A Sunday. */
const NOW = Date.UTC(2026, 10, 22, 7)

function backup(atMs: number, kind: BackupKind = 'automatic') {
  return { name: `${kind} ${new Date(atMs).toISOString()}`, atMs, kind }
}

/** `count` days up to `NOW`, newest first. */
function daily(count: number) {
  return Array.from({ length: count }, (_, n) => backup(NOW - n * DAY_MS))
}

describe('rotation of backups', () => {
  it('keeps three days and four weeks, the newest of each', () => {
    const backups = daily(60)
    const removed = new Set(backupsToRemove(backups, { keepDaily: 3, keepWeekly: 4 }, NOW))
    const kept = backups
      .filter((one) => !removed.has(one))
      .map(({ atMs }) => new Date(atMs).toISOString().slice(0, 10))
    // Sunday, Saturday, Friday; then the Sundays that end the weeks before.
    expect(kept).toEqual(['2026-11-22', '2026-11-21', '2026-11-20', '2026-11-15', '2026-11-08', '2026-11-01'])
  })

  it('keeps the last of several in one day', () => {
    const [morning, noon] = [backup(NOW - 3_600_000), backup(NOW)]
    expect(backupsToRemove([morning, noon], { keepDaily: 3, keepWeekly: 4 }, NOW)).toEqual([morning])
  })

  it('never removes what a person made or what was put aside', () => {
    const kinds = ['by-hand', 'before-migration', 'before-restore', 'damaged'] as const
    const others = kinds.flatMap((kind) => [
      backup(NOW - 400 * DAY_MS, kind),
      backup(NOW - 500 * DAY_MS, kind),
    ])
    const removed = backupsToRemove([...others, ...daily(10)], { keepDaily: 1, keepWeekly: 0 }, NOW)
    expect(removed.every(({ kind }) => kind === 'automatic')).toBe(true)
    expect(removed).toHaveLength(9)
  })

  it('keeps the backup made now when older ones are dated in the future', () => {
    const made = backup(NOW)
    const future = [1, 2, 3, 40].map((days) => backup(NOW + days * DAY_MS))
    const removed = backupsToRemove([...future, made], { keepDaily: 1, keepWeekly: 0 }, NOW)
    expect(removed).not.toContain(made)
    expect(removed).toHaveLength(4)
  })

  it('leaves at most as many as were chosen, always the newest, and removes nothing twice', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: 52 }),
        (hours, keepDaily, keepWeekly) => {
          const backups = hours.map((n) => backup(NOW - n * 9 * 3_600_000))
          const choices = { keepDaily, keepWeekly }
          const removed = backupsToRemove(backups, choices, NOW)
          const left = backups.filter((one) => !removed.includes(one))
          expect(left.length).toBeLessThanOrEqual(keepDaily + keepWeekly)
          const newest = backups.toSorted((a, b) => b.atMs - a.atMs)[0]
          if (newest) expect(left).toContain(newest)
          expect(backupsToRemove(left, choices, NOW)).toEqual([])
        },
      ),
    )
  })
})

describe('the next backup', () => {
  it('is due at once when there is none', () => {
    expect(nextBackupAt([], 'day', NOW)).toBe(NOW)
  })

  it('is a day or a week after the last automatic one', () => {
    const backups = [backup(NOW - 3_600_000), backup(NOW - 5 * DAY_MS), backup(NOW, 'by-hand')]
    expect(nextBackupAt(backups, 'day', NOW)).toBe(NOW + DAY_MS - 3_600_000)
    expect(nextBackupAt(backups, 'week', NOW)).toBe(NOW + 7 * DAY_MS - 3_600_000)
  })

  it('is never when they are off', () => {
    expect(nextBackupAt([], 'off', NOW)).toBeNull()
  })

  it('is not held up by a backup dated in the future', () => {
    expect(nextBackupAt([backup(NOW + 300 * DAY_MS)], 'day', NOW)).toBe(NOW)
  })
})
