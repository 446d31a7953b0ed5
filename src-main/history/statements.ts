/** The statements that write the history, prepared once for a connection. */
import type Database from 'better-sqlite3'
import { COUNT_COLUMNS } from './schema.ts'

const SHARE_COLUMNS = [...COUNT_COLUMNS, 'work_difficulty', 'best_difficulty']

export function prepareStatements(db: Database.Database) {
  const sums = [...COUNT_COLUMNS, 'work_difficulty']
  const addToBucket = (table: string): Database.Statement => {
    const columns = ['rig', 'slot', 'pool', ...SHARE_COLUMNS]
    return db.prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((name) => `:${name}`).join(', ')})
        ON CONFLICT DO UPDATE SET ${sums.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')},
          best_difficulty = MAX(best_difficulty, excluded.best_difficulty)`,
    )
  }
  const idOf = <P extends object>(sql: string): Database.Statement<P, number> =>
    db.prepare<P, number>(sql).pluck() as Database.Statement<P, number>
  return {
    // Two statements and no upsert: its row is checked before the conflict is seen, and a delta of answers
    // alone has more of them than valid shares.
    startTotals: db.prepare(
      `INSERT INTO share_totals (rig, pool, ${SHARE_COLUMNS.join(', ')})
        VALUES (:rig, :pool, ${SHARE_COLUMNS.map(() => '0').join(', ')}) ON CONFLICT DO NOTHING`,
    ),
    // On the right of SET every column still has its value from before.
    addTotals: db.prepare(
      `UPDATE share_totals SET ${sums.map((name) => `${name} = ${name} + :${name}`).join(', ')},
          best_at_ms = IIF(:best_difficulty > best_difficulty, :best_at_ms, best_at_ms),
          best_difficulty = MAX(best_difficulty, :best_difficulty)
        WHERE rig = :rig AND pool = :pool`,
    ),
    addMinute: addToBucket('share_minutes'),
    addHour: addToBucket('share_hours'),
    addCoveredMinute: db.prepare(
      `INSERT INTO covered_minutes VALUES (:slot, :coveredMs)
        ON CONFLICT DO UPDATE SET covered_ms = covered_ms + excluded.covered_ms`,
    ),
    addCoveredHour: db.prepare(
      `INSERT INTO covered_hours VALUES (:slot, :coveredMs)
        ON CONFLICT DO UPDATE SET covered_ms = covered_ms + excluded.covered_ms`,
    ),

    beginSession: db.prepare<{ nowMs: number }>(
      `INSERT INTO sessions (started_at_ms, last_batch_at_ms, last_sequence) VALUES (:nowMs, :nowMs, 0)`,
    ),
    advanceSession: db.prepare<{ sessionId: number; sequence: number; atMs: number }>(
      `UPDATE sessions SET last_sequence = :sequence, last_batch_at_ms = :atMs
        WHERE id = :sessionId AND last_sequence < :sequence`,
    ),
    endSession: db.prepare<{ sessionId: number; nowMs: number; reason: string }>(
      'UPDATE sessions SET ended_at_ms = :nowMs, end_reason = :reason WHERE id = :sessionId',
    ),
    endKilledSessions: db.prepare<[]>(
      `UPDATE sessions SET ended_at_ms = last_batch_at_ms, end_reason = 'killed' WHERE ended_at_ms IS NULL`,
    ),
    lastBatchAt: db
      .prepare<[], number>('SELECT last_batch_at_ms FROM sessions ORDER BY id DESC LIMIT 1')
      .pluck() as Database.Statement<[], number>,
    pending: db.prepare<[], { rig: number; pool: number; pending: number }>(
      `SELECT rig, pool, valid - acknowledged - rejected - lost AS pending FROM share_totals
        WHERE valid > acknowledged + rejected + lost`,
    ),

    findRig: idOf<{ rigKey: string }>('SELECT id FROM rigs WHERE rig_key = :rigKey'),
    countRigs: db.prepare<[], number>('SELECT COUNT(*) FROM rigs').pluck() as Database.Statement<[], number>,
    addRig: db.prepare<{ rigKey: string; nowMs: number }>(
      `INSERT INTO rigs (rig_key, name, first_seen_at_ms, last_seen_at_ms) VALUES (:rigKey, :rigKey, :nowMs, :nowMs)`,
    ),
    recordRig: db.prepare(
      `UPDATE rigs SET name = :name, last_address = :address, user_agent = :userAgent,
        last_seen_at_ms = MAX(last_seen_at_ms, :seenAtMs) WHERE id = :id AND rig_key = :rigKey`,
    ),
    findPool: idOf<{ poolId: string }>('SELECT id FROM pools WHERE pool_id = :poolId'),
    addPool: db.prepare<{ poolId: string }>(
      `INSERT INTO pools (pool_id, name, url) VALUES (:poolId, :poolId, '')`,
    ),
    recordPool: db.prepare('UPDATE pools SET name = :name, url = :url WHERE id = :id'),
    findReason: idOf<{ text: string }>('SELECT id FROM reject_reasons WHERE reason = :text'),
    countReasons: db.prepare<[], number>('SELECT COUNT(*) FROM reject_reasons').pluck() as Database.Statement<
      [],
      number
    >,
    addReason: db.prepare<{ text: string }>('INSERT INTO reject_reasons (reason) VALUES (:text)'),
    addRejections: db.prepare(
      `INSERT INTO rejections VALUES (:rig, :pool, :hour, :reason, :count)
        ON CONFLICT DO UPDATE SET count = count + excluded.count`,
    ),

    recordBlock: db.prepare(
      `INSERT INTO blocks (hash, height, found_at_ms, pool, rig, difficulty, status)
        VALUES (:hash, :height, :foundAtMs, :pool, :rig, :difficulty, :status)
        ON CONFLICT DO UPDATE SET status = excluded.status, height = IFNULL(excluded.height, height)`,
    ),
    addPoolEvent: db.prepare(
      'INSERT INTO pool_events (pool, at_ms, kind, detail) VALUES (:pool, :atMs, :kind, :detail)',
    ),
    forgetPoolEvents: db.prepare('DELETE FROM pool_events WHERE id <= :upTo'),
  }
}
