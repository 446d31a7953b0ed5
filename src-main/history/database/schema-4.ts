/**
 * Version 4: what rigs and meters measured becomes samples and packed series, shares get days and packed
 * minutes, and a ledger is kept of what the network, the market and the pools said.
 *
 * What version 3 recorded goes on as samples, in SQL, so that nothing is lost: a minute becomes one sample of 60 s
 * with the minute's means, and what an hour holds beyond its minutes (which were kept for 14 days) becomes one
 * sample at the hour's start. Everything folds from there like samples do.
 */
import { METRICS } from '../telemetry/metrics.ts'
import { ALL_RIGS, COUNT_COLUMNS, READING_COLUMNS, type SchemaStep, shareColumns } from './schema.ts'

/** Stored units of the metric column in one unit of the old reading. */
const READINGS_AS_SAMPLES: Record<(typeof READING_COLUMNS)[number], { column: string; scale: string }> = {
  hashrate: { column: 'hashrate_10khs', scale: '/ 10000' },
  chip_temperature: { column: 'chip_max_dc', scale: '* 10' },
  power: { column: 'power_dw', scale: '* 10' },
  fan: { column: 'fan_rpm', scale: '* 1' },
  hash_errors: { column: 'hash_error_ppm', scale: '* 10000' },
}

const METRIC_COLUMNS_OF_READINGS = READING_COLUMNS.map((name) => READINGS_AS_SAMPLES[name].column).join(', ')

/** The mean of a reading as the whole number that its metric column stores; null where nothing was said. */
function meanOf(name: (typeof READING_COLUMNS)[number], integer: string): string {
  const { scale } = READINGS_AS_SAMPLES[name]
  return `CASE WHEN ${name}_count > 0 THEN CAST(ROUND(${name}_sum / ${name}_count ${scale}) AS ${integer}) END`
}

const readingsToSamples: SchemaStep = ({ integer }) => {
  const means = READING_COLUMNS.map((name) => meanOf(name, integer)).join(',\n    ')
  const rest = READING_COLUMNS.flatMap((name) => [`${name}_sum`, `${name}_count`])
  return `
INSERT INTO samples (source, at_ms, covered_ms, reachable_ms, ${METRIC_COLUMNS_OF_READINGS})
  SELECT rig, slot * 60000, 60000, 60000,
    ${means}
  FROM reading_minutes;

-- An hour less the minutes of it that are still there.
INSERT INTO samples (source, at_ms, covered_ms, reachable_ms, ${METRIC_COLUMNS_OF_READINGS})
  SELECT rig, slot * 3600000 + 1, 3600000 - 60000 * minutes, 3600000 - 60000 * minutes,
    ${means}
  FROM (
    SELECT h.rig AS rig, h.slot AS slot, COALESCE(m.minutes, 0) AS minutes,
      ${rest.map((name) => `h.${name} - COALESCE(m.${name}, 0) AS ${name}`).join(', ')}
    FROM reading_hours AS h LEFT JOIN (
      SELECT rig, slot / 60 AS hour, COUNT(*) AS minutes,
        ${rest.map((name) => `SUM(${name}) AS ${name}`).join(', ')}
      FROM reading_minutes GROUP BY rig, slot / 60
    ) AS m ON m.rig = h.rig AND m.hour = h.slot
  ) AS remainder
  WHERE minutes < 60 AND (${READING_COLUMNS.map((name) => `${name}_count > 0`).join(' OR ')});
`
}

const sumsOfShares = [
  ...[...COUNT_COLUMNS, 'work_difficulty'].map((name) => `SUM(${name})`),
  'MAX(best_difficulty)',
].join(', ')

const shareDaysFromHours = `
INSERT INTO share_days (rig, slot, pool, ${COUNT_COLUMNS.join(', ')}, work_difficulty, best_difficulty)
  SELECT rig, slot / 24, pool, ${sumsOfShares} FROM share_hours GROUP BY rig, slot / 24, pool;
`

export const SCHEMA_4: SchemaStep = (words) => `
CREATE TABLE series_sources (
  id ${words.countedId},
  kind TEXT NOT NULL CHECK (kind IN ('rig', 'meter')),
  key TEXT NOT NULL,
  -- The proxy's key of the same machine, once known.
  rig_key TEXT,
  UNIQUE (kind, key)
)${words.table};

-- Only what is not folded yet.
CREATE TABLE samples (
  source ${words.integer} NOT NULL REFERENCES series_sources (id),
  at_ms ${words.integer} NOT NULL,
  ${METRICS.map(({ column }) => `${column} ${words.integer}`).join(',\n  ')},
  PRIMARY KEY (source, at_ms)
)${words.keyedTable};

-- Packed columns. span 0: an hour of samples (metric 0 is their times). 1: a UTC day of five-minute slots.
-- 2: 32 UTC days of hourly slots.
-- Not keyed: SQLite moves all but a kilobyte of a row of a keyed table to pages of its own, which took 2.3 bytes of
-- file for one of blocks where this takes 1.25.
CREATE TABLE series_blocks (
  source ${words.integer} NOT NULL REFERENCES series_sources (id),
  metric ${words.integer} NOT NULL,
  span ${words.integer} NOT NULL,
  start ${words.integer} NOT NULL,
  bytes ${words.blob} NOT NULL,
  PRIMARY KEY (source, metric, span, start)
)${words.table};

-- Plain, so that other programs can read them.
CREATE TABLE series_days (
  source ${words.integer} NOT NULL REFERENCES series_sources (id),
  metric ${words.integer} NOT NULL,
  day ${words.integer} NOT NULL,
  sum ${words.integer} NOT NULL,
  count ${words.integer} NOT NULL,
  min ${words.integer} NOT NULL,
  max ${words.integer} NOT NULL,
  PRIMARY KEY (source, metric, day)
)${words.keyedTable};

INSERT INTO series_sources (id, kind, key) SELECT id, 'rig', rig_id FROM fleet_rigs;
${words.countOn('series_sources')}
${readingsToSamples(words)}
DROP TABLE reading_minutes;
DROP TABLE reading_hours;
DROP TABLE fleet_rigs;

-- slot: UTC days since the epoch.
CREATE TABLE share_days (
  rig ${words.integer} NOT NULL,
  slot ${words.integer} NOT NULL,
  pool ${words.integer} NOT NULL REFERENCES pools (id),${shareColumns(words)},
  PRIMARY KEY (rig, slot, pool)
)${words.keyedTable};
${shareDaysFromHours}
-- Five-minute counts of a UTC day, made from minutes, which then go. Rig ${ALL_RIGS} is the whole farm here too.
CREATE TABLE share_blocks (
  rig ${words.integer} NOT NULL,
  day ${words.integer} NOT NULL,
  pool ${words.integer} NOT NULL REFERENCES pools (id),
  bytes ${words.blob} NOT NULL,
  PRIMARY KEY (rig, day, pool)
)${words.table};

-- A row when a figure changed, and one an hour.
CREATE TABLE network_facts (
  at_ms ${words.integer} NOT NULL,
  source TEXT NOT NULL,
  height ${words.integer},
  difficulty ${words.real},
  subsidy_sats ${words.integer},
  -- Mean per block.
  fees_sats ${words.integer},
  PRIMARY KEY (at_ms, source)
)${words.keyedTable};

-- Minor units of the currency for one bitcoin; the close of a UTC day, or the latest of the running one.
CREATE TABLE prices (
  currency TEXT NOT NULL,
  day ${words.integer} NOT NULL,
  close_minor ${words.integer} NOT NULL CHECK (close_minor >= 0),
  source TEXT NOT NULL,
  at_ms ${words.integer} NOT NULL,
  PRIMARY KEY (currency, day)
)${words.keyedTable};

CREATE TABLE payouts (
  id ${words.countedId},
  kind TEXT NOT NULL CHECK (kind IN ('chain', 'pool', 'manual')),
  -- What makes it one and the same: a transaction and output, a pool's own number.
  reference TEXT NOT NULL UNIQUE,
  account_id TEXT,
  address TEXT,
  sats ${words.integer} NOT NULL,
  at_ms ${words.integer} NOT NULL,
  height ${words.integer},
  note TEXT
)${words.table};
CREATE INDEX payouts_by_time ON payouts (at_ms);

CREATE TABLE account_states (
  account_id TEXT NOT NULL,
  at_ms ${words.integer} NOT NULL,
  unpaid_sats ${words.integer},
  paid_sats ${words.integer},
  earned_sats ${words.integer},
  hashrate_hs ${words.real},
  PRIMARY KEY (account_id, at_ms)
)${words.keyedTable};

CREATE TABLE account_days (
  account_id TEXT NOT NULL,
  day ${words.integer} NOT NULL,
  earned_sats ${words.integer} NOT NULL,
  PRIMARY KEY (account_id, day)
)${words.keyedTable};

CREATE TABLE farm_events (
  id ${words.countedId},
  at_ms ${words.integer} NOT NULL,
  kind TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT NOT NULL
)${words.table};
CREATE INDEX farm_events_by_time ON farm_events (at_ms);
`
