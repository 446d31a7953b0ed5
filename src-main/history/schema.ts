/**
 * The tables. Counts are INTEGER columns in STRICT tables: the driver binds every number as a double, and
 * only a declared INTEGER keeps it small on disk. Buckets are keyed by rig first, so that one rig's chart
 * reads one range; rig 0 is the whole farm, kept beside the rigs so that its chart does not add them up.
 *
 * The identities of `records.ts` are CHECK constraints: a batch that breaks one cannot be committed.
 */

/** Marks the file as ours: "HFhs" in the header's application id. */
export const APPLICATION_ID = 0x48466873

/** The stand-in for "all rigs" in bucket tables; real ids start at 1. */
export const ALL_RIGS = 0

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000

/** Columns that are whole counts, named as in `ShareCounts`. */
export const COUNT_COLUMNS = [
  'submitted',
  'valid',
  'stale',
  'duplicate',
  'invalid',
  'weak',
  'acknowledged',
  'rejected',
  'lost',
] as const

const shareColumns = `
  ${COUNT_COLUMNS.map((name) => `${name} INTEGER NOT NULL CHECK (${name} >= 0)`).join(',\n  ')},
  work_difficulty REAL NOT NULL,
  best_difficulty REAL NOT NULL,
  CHECK (submitted = valid + stale + duplicate + invalid)`

/** Version 1. Released versions never change: a change is a new entry in `migrations.ts`. */
export const SCHEMA_1 = `
CREATE TABLE sessions (
  id INTEGER PRIMARY KEY,
  started_at_ms INTEGER NOT NULL,
  last_batch_at_ms INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  ended_at_ms INTEGER,
  end_reason TEXT
) STRICT;

CREATE TABLE rigs (
  id INTEGER PRIMARY KEY,
  rig_key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  last_address TEXT,
  user_agent TEXT,
  first_seen_at_ms INTEGER NOT NULL,
  last_seen_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE pools (
  id INTEGER PRIMARY KEY,
  pool_id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  url TEXT NOT NULL
) STRICT;

-- One row for each rig and pool, over all time. Pending shares are what the last check leaves over.
CREATE TABLE share_totals (
  rig INTEGER NOT NULL REFERENCES rigs (id),
  pool INTEGER NOT NULL REFERENCES pools (id),
  best_at_ms INTEGER,${shareColumns},
  CHECK (acknowledged + rejected + lost <= valid),
  PRIMARY KEY (rig, pool)
) STRICT, WITHOUT ROWID;

-- slot: minutes since the epoch. An answer may fall into a later minute than its share.
CREATE TABLE share_minutes (
  rig INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  pool INTEGER NOT NULL REFERENCES pools (id),${shareColumns},
  PRIMARY KEY (rig, slot, pool)
) STRICT, WITHOUT ROWID;

-- slot: hours since the epoch.
CREATE TABLE share_hours (
  rig INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  pool INTEGER NOT NULL REFERENCES pools (id),${shareColumns},
  PRIMARY KEY (rig, slot, pool)
) STRICT, WITHOUT ROWID;

-- How long we were there to count, by the monotonic clock: no row is a gap, and rates divide by it.
CREATE TABLE covered_minutes (slot INTEGER PRIMARY KEY, covered_ms INTEGER NOT NULL) STRICT;
CREATE TABLE covered_hours (slot INTEGER PRIMARY KEY, covered_ms INTEGER NOT NULL) STRICT;

CREATE TABLE reject_reasons (id INTEGER PRIMARY KEY, reason TEXT NOT NULL UNIQUE) STRICT;

-- By the hour only: a reason is asked for by the day, and a misconfigured rig is refused every few seconds.
CREATE TABLE rejections (
  rig INTEGER NOT NULL REFERENCES rigs (id),
  pool INTEGER NOT NULL REFERENCES pools (id),
  hour INTEGER NOT NULL,
  reason INTEGER NOT NULL REFERENCES reject_reasons (id),
  count INTEGER NOT NULL CHECK (count >= 0),
  PRIMARY KEY (rig, pool, hour, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE blocks (
  hash TEXT PRIMARY KEY,
  height INTEGER,
  found_at_ms INTEGER NOT NULL,
  pool INTEGER NOT NULL REFERENCES pools (id),
  rig INTEGER NOT NULL REFERENCES rigs (id),
  difficulty REAL NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('found', 'acknowledged', 'rejected'))
) STRICT;

CREATE TABLE pool_events (
  id INTEGER PRIMARY KEY,
  pool INTEGER NOT NULL REFERENCES pools (id),
  at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('activated', 'connected', 'lost', 'failed')),
  detail TEXT
) STRICT;
`

/** Version 2 tells a pool that stands in, and one that serves again, from one that a person switched to. */
export const SCHEMA_2 = `
CREATE TABLE pool_events_2 (
  id INTEGER PRIMARY KEY,
  pool INTEGER NOT NULL REFERENCES pools (id),
  at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL
    CHECK (kind IN ('activated', 'connected', 'lost', 'failed', 'failed-over', 'returned')),
  detail TEXT
) STRICT;
INSERT INTO pool_events_2 SELECT id, pool, at_ms, kind, detail FROM pool_events;
DROP TABLE pool_events;
ALTER TABLE pool_events_2 RENAME TO pool_events;
`

/** What rigs said of themselves, one name for each column pair. */
export const READING_COLUMNS = ['hashrate', 'chip_temperature', 'power', 'fan', 'hash_errors'] as const

const readingColumns = READING_COLUMNS.map(
  (name) => `${name}_sum REAL NOT NULL, ${name}_count INTEGER NOT NULL`,
).join(',\n  ')

/**
 * Version 3 keeps what rigs said of themselves. Sums with counts and not averages, because a rig leaves out what it
 * cannot measure; minutes for a while, hours for good.
 */
export const SCHEMA_3 = `
CREATE TABLE fleet_rigs (id INTEGER PRIMARY KEY, rig_id TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE reading_minutes (
  rig INTEGER NOT NULL REFERENCES fleet_rigs (id),
  slot INTEGER NOT NULL,
  ${readingColumns},
  PRIMARY KEY (rig, slot)
) STRICT, WITHOUT ROWID;
CREATE INDEX reading_minutes_by_age ON reading_minutes (slot);

CREATE TABLE reading_hours (
  rig INTEGER NOT NULL REFERENCES fleet_rigs (id),
  slot INTEGER NOT NULL,
  ${readingColumns},
  PRIMARY KEY (rig, slot)
) STRICT, WITHOUT ROWID;
`
