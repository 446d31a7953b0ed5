/**
 * What Bitmain's miner program and the firmwares built on it say beside their `stats`: version, summary, pools, and the
 * configuration page. Each in the shape of the RPC and in that of the CGI. Pure.
 * Governing document: rig API digest, sections 2 and 5.1; captures `antminer/*`.
 */
import {
  at,
  booleanOf,
  countOf,
  difficultyOf,
  ghsToHs,
  hashrateIn,
  lastShareOf,
  listOf,
  numberOf,
  objectOf,
  textOf,
} from '../../model/lenient.ts'
import {
  NO_HASHRATES,
  type PoolReading,
  poolEntry,
  type RigHashrates,
  type RigSettings,
} from '../../model/reading.ts'

export interface BitmainVersion {
  /** `Antminer S19 Pro`. */
  readonly type: string | null
  /** Of its miner program, as `49.0.1.3`. */
  readonly miner: string | null
  readonly api: string | null
  /** A date as the rig writes it. */
  readonly compileTime: string | null
}

/** @param reply of RPC `version`, or of a CGI with `INFO` */
export function readBitmainVersion(reply: unknown): BitmainVersion {
  const version = objectOf(at(reply, 'VERSION', 0))
  const info = objectOf(at(reply, 'INFO'))
  return {
    type: textOf(version.Type) ?? textOf(version.Model) ?? textOf(info.type),
    miner: textOf(version.Miner) ?? textOf(info.miner_version),
    api: textOf(version.API) ?? textOf(at(reply, 'STATUS', 'api_version')),
    compileTime: textOf(version.CompileTime) ?? textOf(info.CompileTime),
  }
}

export interface BitmainSummary {
  readonly hashrates: RigHashrates
  readonly expectedHs: number | null
  readonly elapsedS: number | null
  readonly accepted: number | null
  readonly rejected: number | null
  readonly stale: number | null
  readonly hardwareErrors: number | null
  readonly hashErrorPercent: number | null
  readonly bestShare: number | null
  readonly blocksFound: number | null
  /** Complaints, as in `summary.cgi`. */
  readonly status: unknown
}

/** @param reply of RPC `summary` or of `summary.cgi`; null if it holds no summary */
export function readBitmainSummary(reply: unknown): BitmainSummary | null {
  const entry = at(reply, 'SUMMARY', 0)
  if (entry === undefined) return null
  const summary = objectOf(entry)
  const unit = summary.rate_unit
  return {
    hashrates: {
      ...NO_HASHRATES,
      nowHs: ghsToHs(summary['GHS 5s']) ?? hashrateIn(summary.rate_5s, unit),
      minuteHs: ghsToHs(summary['GHS 1m']),
      fiveMinutesHs: ghsToHs(summary['GHS 5m']),
      fifteenMinutesHs: ghsToHs(summary['GHS 15m']),
      averageHs: ghsToHs(summary['GHS av']) ?? hashrateIn(summary.rate_avg, unit),
    },
    expectedHs: hashrateIn(summary.rate_ideal, unit),
    elapsedS: countOf(summary.Elapsed) ?? countOf(summary.elapsed),
    accepted: countOf(summary.Accepted),
    rejected: countOf(summary.Rejected),
    stale: countOf(summary.Stale),
    hardwareErrors: countOf(summary['Hardware Errors']) ?? countOf(summary.hw_all),
    hashErrorPercent: countOf(summary['Device Hardware%']) ?? countOf(summary['Device Hardware%%']),
    bestShare: difficultyOf(summary['Best Share']) ?? difficultyOf(summary.bestshare),
    blocksFound: countOf(summary['Found Blocks']),
    status: summary.status,
  }
}

/**
 * Pool entries with a URL; empty places are passed over.
 * @param reply of RPC `pools` or of `pools.cgi`
 * @param atMs when it arrived
 * @param uptimeS how long the miner runs
 */
export function readBitmainPools(reply: unknown, atMs: number, uptimeS: number | null): PoolReading[] {
  const pools = listOf(at(reply, 'POOLS')).map(objectOf)
  const read = pools.flatMap((pool, position): PoolReading[] => {
    const url = textOf(pool.URL) ?? textOf(pool.url)
    if (url === null) return []
    const status = textOf(pool.Status) ?? textOf(pool.status)
    const said = pool['Last Share Time'] ?? pool.lstime
    return [
      poolEntry({
        index: numberOf(pool.POOL) ?? numberOf(pool.index) ?? position,
        url: withScheme(url),
        user: textOf(pool.User) ?? textOf(pool.user) ?? '',
        alive: status === null ? null : /^alive$/i.test(status),
        active: booleanOf(pool['Stratum Active']) ?? false,
        devFee: /devfee/i.test(url) || /devfee/i.test(textOf(pool.User) ?? ''),
        accepted: countOf(pool.Accepted) ?? countOf(pool.accepted),
        rejected: countOf(pool.Rejected) ?? countOf(pool.rejected),
        stale: countOf(pool.Stale) ?? countOf(pool.stale),
        difficulty: difficultyOf(pool.Diff) ?? difficultyOf(pool.diff) ?? positiveDifficulty(pool),
        lastShareAtMs: isEmptyCount(said) ? null : lastShareOf(said, atMs, uptimeS),
      }),
    ]
  })
  if (read.some(({ active }) => active) || pools.some((pool) => pool['Stratum Active'] !== undefined)) {
    return read
  }
  // The CGI does not say which one is worked for: it is the first that lives (rig API digest, section 5.6 on the same program).
  const first = read.find(({ alive }) => alive === true)
  return read.map((pool) => (pool === first ? { ...pool, active: true } : pool))
}

/** `"0"` and `""` stand where no share was found yet. */
function isEmptyCount(value: unknown): boolean {
  return value === undefined || /^\s*0?\s*$/.test(textOf(value) ?? '')
}

function positiveDifficulty(pool: Readonly<Record<string, unknown>>): number | null {
  const difficulty = difficultyOf(pool['Last Share Difficulty'] ?? pool.lsdiff)
  return difficulty === 0 ? null : difficulty
}

/** With `stratum+tcp://` where the rig gave no scheme. */
export function withScheme(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `stratum+tcp://${url}`
}

/** Modes of `bitmain-work-mode`; 1 and 5 are asleep (rig API digest, section 5.1). */
export const BITMAIN_POWER_MODES: RigSettings['powerModes'] = [
  { id: '0', label: 'Normal' },
  { id: '3', label: 'Low power' },
  { id: '2', label: 'High power' },
]

export interface BitmainConfiguration {
  /** `0` normal, `1` asleep, …; null when it does not say. */
  readonly mode: string | null
  readonly isAsleep: boolean
  readonly frequencyMHz: number | null
  readonly fanAuto: boolean | null
  readonly fanPercent: number | null
}

/** @param reply of `get_miner_conf.cgi` */
export function readBitmainConfiguration(reply: unknown): BitmainConfiguration {
  const conf = objectOf(reply)
  const mode = textOf(conf['bitmain-work-mode']) ?? textOf(conf['miner-mode'])
  // Old firmware writes the switch only when it is on.
  const manual = booleanOf(conf['bitmain-fan-ctrl']) ?? (conf['bitmain-freq'] === undefined ? null : false)
  return {
    mode,
    isAsleep: isSleepMode(mode),
    frequencyMHz: countOf(conf['bitmain-freq']),
    fanAuto: manual === null ? null : !manual,
    fanPercent: manual === true ? countOf(conf['bitmain-fan-pwm']) : null,
  }
}

export function isSleepMode(mode: string | null): boolean {
  return mode === '1' || mode === '5'
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/**
 * Year and month of a firmware as `2023.07`-like number 202307, from `Fri Nov 17 17:37:21 CST 2023` or
 * `FR-1.12(251009-S21)`; null if it holds no date.
 */
export function firmwareMonth(version: string | null): number | null {
  if (version === null) return null
  const words = /\b([a-z]{3})\s+\d{1,2}\s+[\d:]+\s+(?:\S+\s+)?(\d{4})\b/i.exec(version)
  const month = words === null ? -1 : MONTHS.indexOf((words[1] ?? '').toLowerCase())
  if (words !== null && month >= 0) return Number(words[2]) * 100 + month + 1
  const digits = /\((\d\d)(0[1-9]|1[0-2])\d\d\b/.exec(version)
  return digits === null ? null : 200_000 + Number(digits[1]) * 100 + Number(digits[2])
}
