/**
 * The tables up to version 3, in the words of either database. Counts are INTEGER columns in STRICT tables:
 * the driver binds every number as a double, and only a declared INTEGER keeps it small on disk. Buckets are
 * keyed by rig first, so that one rig's chart reads one range; rig 0 is the whole farm, kept beside the rigs
 * so that its chart does not add them up.
 *
 * The identities of `records.ts` are CHECK constraints: a batch that breaks one cannot be committed.
 */

import { type DialectWords } from './words.ts'

/** The stand-in for "all rigs" in bucket tables; real ids start at 1. */
export const ALL_RIGS = 0

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

/** What makes one version of the tables from the one before. */
export type SchemaStep = (words: DialectWords) => string

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

export const shareColumns: SchemaStep = ({ integer, real }) => `
  ${COUNT_COLUMNS.map((name) => `${name} ${integer} NOT NULL CHECK (${name} >= 0)`).join(',\n  ')},
  work_difficulty ${real} NOT NULL,
  best_difficulty ${real} NOT NULL,
  CHECK (submitted = valid + stale + duplicate + invalid)`

/** Version 1. Released versions never change: a change is a new entry in `migrations.ts`. */
export const SCHEMA_1: SchemaStep = (words) => `
CREATE TABLE sessions (
  id ${words.countedId},
  started_at_ms ${words.integer} NOT NULL,
  last_batch_at_ms ${words.integer} NOT NULL,
  last_sequence ${words.integer} NOT NULL,
  ended_at_ms ${words.integer},
  end_reason TEXT
)${words.table};

CREATE TABLE rigs (
  id ${words.countedId},
  rig_key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  last_address TEXT,
  user_agent TEXT,
  first_seen_at_ms ${words.integer} NOT NULL,
  last_seen_at_ms ${words.integer} NOT NULL
)${words.table};

CREATE TABLE pools (
  id ${words.countedId},
  pool_id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  url TEXT NOT NULL
)${words.table};

-- One row for each rig and pool, over all time. Pending shares are what the last check leaves over.
CREATE TABLE share_totals (
  rig ${words.integer} NOT NULL REFERENCES rigs (id),
  pool ${words.integer} NOT NULL REFERENCES pools (id),
  best_at_ms ${words.integer},${shareColumns(words)},
  CHECK (acknowledged + rejected + lost <= valid),
  PRIMARY KEY (rig, pool)
)${words.keyedTable};

-- slot: minutes since the epoch. An answer may fall into a later minute than its share.
CREATE TABLE share_minutes (
  rig ${words.integer} NOT NULL,
  slot ${words.integer} NOT NULL,
  pool ${words.integer} NOT NULL REFERENCES pools (id),${shareColumns(words)},
  PRIMARY KEY (rig, slot, pool)
)${words.keyedTable};

-- slot: hours since the epoch.
CREATE TABLE share_hours (
  rig ${words.integer} NOT NULL,
  slot ${words.integer} NOT NULL,
  pool ${words.integer} NOT NULL REFERENCES pools (id),${shareColumns(words)},
  PRIMARY KEY (rig, slot, pool)
)${words.keyedTable};

-- How long we were there to count, by the monotonic clock: no row is a gap, and rates divide by it.
CREATE TABLE covered_minutes (slot ${words.integer} PRIMARY KEY, covered_ms ${words.integer} NOT NULL)${words.table};
CREATE TABLE covered_hours (slot ${words.integer} PRIMARY KEY, covered_ms ${words.integer} NOT NULL)${words.table};

CREATE TABLE reject_reasons (id ${words.countedId}, reason TEXT NOT NULL UNIQUE)${words.table};

-- By the hour only: a reason is asked for by the day, and a misconfigured rig is refused every few seconds.
CREATE TABLE rejections (
  rig ${words.integer} NOT NULL REFERENCES rigs (id),
  pool ${words.integer} NOT NULL REFERENCES pools (id),
  hour ${words.integer} NOT NULL,
  reason ${words.integer} NOT NULL REFERENCES reject_reasons (id),
  count ${words.integer} NOT NULL CHECK (count >= 0),
  PRIMARY KEY (rig, pool, hour, reason)
)${words.keyedTable};

CREATE TABLE blocks (
  hash TEXT PRIMARY KEY,
  height ${words.integer},
  found_at_ms ${words.integer} NOT NULL,
  pool ${words.integer} NOT NULL REFERENCES pools (id),
  rig ${words.integer} NOT NULL REFERENCES rigs (id),
  difficulty ${words.real} NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('found', 'acknowledged', 'rejected'))
)${words.table};

CREATE TABLE pool_events (
  id ${words.countedId},
  pool ${words.integer} NOT NULL REFERENCES pools (id),
  at_ms ${words.integer} NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('activated', 'connected', 'lost', 'failed')),
  detail TEXT
)${words.table};
`

/** Version 2 tells a pool that stands in, and one that serves again, from one that a person switched to. */
export const SCHEMA_2: SchemaStep = (words) => `
CREATE TABLE pool_events_2 (
  id ${words.countedId},
  pool ${words.integer} NOT NULL REFERENCES pools (id),
  at_ms ${words.integer} NOT NULL,
  kind TEXT NOT NULL
    CHECK (kind IN ('activated', 'connected', 'lost', 'failed', 'failed-over', 'returned')),
  detail TEXT
)${words.table};
INSERT INTO pool_events_2 SELECT id, pool, at_ms, kind, detail FROM pool_events;
DROP TABLE pool_events;
ALTER TABLE pool_events_2 RENAME TO pool_events;
${words.countOn('pool_events')}
`

/** What rigs said of themselves, one name for each column pair. */
export const READING_COLUMNS = ['hashrate', 'chip_temperature', 'power', 'fan', 'hash_errors'] as const

const readingColumns: SchemaStep = ({ integer, real }) =>
  READING_COLUMNS.map((name) => `${name}_sum ${real} NOT NULL, ${name}_count ${integer} NOT NULL`).join(
    ',\n  ',
  )

/**
 * Version 3 keeps what rigs said of themselves. Sums with counts and not averages, because a rig leaves out what it
 * cannot measure; minutes for a while, hours for good.
 */
export const SCHEMA_3: SchemaStep = (words) => `
CREATE TABLE fleet_rigs (id ${words.countedId}, rig_id TEXT NOT NULL UNIQUE)${words.table};

CREATE TABLE reading_minutes (
  rig ${words.integer} NOT NULL REFERENCES fleet_rigs (id),
  slot ${words.integer} NOT NULL,
  ${readingColumns(words)},
  PRIMARY KEY (rig, slot)
)${words.keyedTable};
CREATE INDEX reading_minutes_by_age ON reading_minutes (slot);

CREATE TABLE reading_hours (
  rig ${words.integer} NOT NULL REFERENCES fleet_rigs (id),
  slot ${words.integer} NOT NULL,
  ${readingColumns(words)},
  PRIMARY KEY (rig, slot)
)${words.keyedTable};
`
