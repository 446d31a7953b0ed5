/**
 * Replies of Braiins OS's REST interface (`/api/v1`, 25.07 and later) as a reading. Rates in GH/s, errors in MH/s,
 * frequencies in Hz, fan speeds as ratios. Pure, never throws. Governing document: rig API digest, section 5.2;
 * enumerations of braiins/bos-plus-api 1.11.
 */
import {
  at,
  booleanOf,
  countOf,
  ghsToHs,
  listOf,
  macOf,
  maxOf,
  mhsToHs,
  numberOf,
  temperatureOf,
  textOf,
} from '../../model/lenient.ts'
import {
  board,
  type BoardReading,
  type FanReading,
  NO_SETTINGS,
  NO_SHARES,
  NO_TEMPERATURES,
  poolEntry,
  type PoolReading,
  reading,
  type RigHashrates,
  type RigReading,
  type RigSettings,
  type RigWorkState,
} from '../../model/reading.ts'
import { readBraiinsErrors } from './braiins-errors.ts'
import { machineName } from './machine-name.ts'

/** Parsed bodies by the path after `/api/v1/`; absent is what failed. */
export interface BraiinsRestReplies {
  readonly version?: unknown
  readonly 'miner/details'?: unknown
  readonly 'miner/stats'?: unknown
  readonly 'miner/hw/hashboards'?: unknown
  readonly 'cooling/state'?: unknown
  readonly 'performance/tuner-state'?: unknown
  readonly 'pools/'?: unknown
  readonly 'miner/errors'?: unknown
  readonly 'actions/locate'?: unknown
  readonly 'configuration/miner'?: unknown
  readonly 'configuration/constraints'?: unknown
  /** For its name and address when the details failed. */
  readonly 'network/'?: unknown
}

const CONTROL_BOARDS: Readonly<Record<number, string>> = {
  1: 'CVITEK',
  2: 'BeagleBone',
  3: 'Amlogic',
  4: 'Zynq',
  5: 'Braiins',
}
const STATUS_NOT_STARTED = 1
const STATUS_PAUSED = 3
const STATUS_SUSPENDED = 4
const STATUS_RESTRICTED = 5
const TUNER_TUNING = 3
const TUNER_PREHEAT = 6
const TUNER_MODES: Readonly<Record<number, string>> = { 1: 'power target', 2: 'hashrate target' }

/** `2025-08-06-0-3881c51d-25.07-plus` is 25.07; anything else is itself. */
export function braiinsVersion(full: string | null): string | null {
  if (full === null) return null
  return full.split('-').find((part) => /^\d{2}\.\d{1,2}(?:\.\d+)*$/.test(part)) ?? full
}

/** @param atMs when the replies arrived, epoch milliseconds */
export function readBraiinsRest(replies: BraiinsRestReplies, atMs: number): RigReading {
  const details = replies['miner/details']
  const stats = replies['miner/stats']
  const minerStats = at(stats, 'miner_stats')
  const boards = listOf(at(replies['miner/hw/hashboards'], 'hashboards')).map(readBoard)
  const hashrates = readRates(at(minerStats, 'real_hashrate'))
  const minerUptimeS = countOf(at(details, 'bosminer_uptime_s'))
  const waters = listOf(at(replies['miner/hw/hashboards'], 'hashboards'))
  return reading({
    atMs,
    family: 'braiins',
    firmware: 'Braiins OS',
    ...machineName(
      textOf(at(details, 'miner_identity', 'miner_model')) ?? textOf(at(details, 'miner_identity', 'name')),
    ),
    firmwareVersion: braiinsVersion(textOf(at(details, 'bos_version', 'current'))),
    apiVersion: readApiVersion(replies.version),
    controlBoard: CONTROL_BOARDS[numberOf(at(details, 'control_board_soc_family')) ?? 0] ?? null,
    mac: macOf(at(details, 'mac_address')) ?? macOf(at(replies['network/'], 'mac_address')),
    serial: textOf(at(details, 'serial_number')),
    hostname: textOf(at(details, 'hostname')) ?? textOf(at(replies['network/'], 'hostname')),
    state: readState(replies, hashrates.nowHs),
    hashrates,
    expectedHs: ghsToHs(at(minerStats, 'nominal_hashrate', 'gigahash_per_second')),
    stickerHs: ghsToHs(at(details, 'sticker_hashrate', 'gigahash_per_second')),
    boards,
    fans: listOf(at(replies['cooling/state'], 'fans')).map(readFan),
    temperatures: {
      ...NO_TEMPERATURES,
      chipMaxC: maxOf(boards.map(({ chipMaxC }) => chipMaxC)) ?? readHottest(replies['cooling/state']),
      boardMaxC: maxOf(boards.map(({ boardC }) => boardC)),
      waterInC: maxOf(waters.map((each) => temperatureOf(at(each, 'lowest_water_inlet_temp', 'degree_c')))),
      waterOutC: maxOf(
        waters.map((each) => temperatureOf(at(each, 'highest_water_outlet_temp', 'degree_c'))),
      ),
    },
    powerW: countOf(at(stats, 'power_stats', 'approximated_consumption', 'watt')),
    powerSource:
      countOf(at(stats, 'power_stats', 'approximated_consumption', 'watt')) === null ? null : 'estimated',
    settings: readSettings(replies),
    systemUptimeS: countOf(at(details, 'system_uptime_s')) ?? countOf(at(details, 'system_uptime')),
    minerUptimeS: minerUptimeS === 0 ? null : minerUptimeS,
    shares: {
      ...NO_SHARES,
      accepted: countOf(at(stats, 'pool_stats', 'accepted_shares')),
      rejected: countOf(at(stats, 'pool_stats', 'rejected_shares')),
      stale: countOf(at(stats, 'pool_stats', 'stale_shares')),
      lastShareAtMs: readMoment(at(stats, 'pool_stats', 'last_share_time'), atMs),
    },
    bestShare: countOf(at(minerStats, 'best_share_str')) ?? countOf(at(minerStats, 'best_share')),
    blocksFound: countOf(at(minerStats, 'found_blocks')),
    pools: readPools(replies['pools/'], atMs),
    locating: booleanOf(replies['actions/locate']),
    errors: readBraiinsErrors(
      replies['miner/errors'],
      atMs,
      minerUptimeS === null ? null : atMs - minerUptimeS * 1000,
    ),
    hashErrorPercent: readErrorPercent(minerStats),
  })
}

function readApiVersion(version: unknown): string | null {
  const parts = ['major', 'minor', 'patch'].map((part) => countOf(at(version, part)))
  return parts.some((part) => part === null) ? null : parts.join('.')
}

function readState(replies: BraiinsRestReplies, nowHs: number | null): RigWorkState {
  const status = numberOf(at(replies['miner/details'], 'status'))
  switch (status) {
    case STATUS_NOT_STARTED:
    case STATUS_SUSPENDED:
      return 'stopped'
    case STATUS_PAUSED:
      return 'paused'
    case STATUS_RESTRICTED:
      return 'error'
  }
  if (nowHs !== null && nowHs > 0) return 'mining'
  const tuner = numberOf(at(replies['performance/tuner-state'], 'overall_tuner_state'))
  return tuner === TUNER_TUNING || tuner === TUNER_PREHEAT ? 'tuning' : 'starting'
}

function readRates(rates: unknown): RigHashrates {
  const of = (window: string): number | null => ghsToHs(at(rates, window, 'gigahash_per_second'))
  return {
    nowHs: of('last_5s'),
    minuteHs: of('last_1m'),
    fiveMinutesHs: of('last_5m'),
    fifteenMinutesHs: of('last_15m'),
    hourHs: of('last_1h'),
    dayHs: of('last_24h'),
    averageHs: of('since_restart'),
  }
}

function readBoard(entry: unknown, slot: number): BoardReading {
  const hertz = countOf(at(entry, 'current_frequency', 'hertz'))
  const enabled = booleanOf(at(entry, 'enabled'))
  const chips = countOf(at(entry, 'chips_count'))
  return board({
    slot,
    label: textOf(at(entry, 'id')) ?? String(slot + 1),
    serial: textOf(at(entry, 'serial_number')),
    hashrateHs: ghsToHs(at(entry, 'stats', 'real_hashrate', 'last_5s', 'gigahash_per_second')),
    expectedHs: ghsToHs(at(entry, 'stats', 'nominal_hashrate', 'gigahash_per_second')),
    chipsWorking: chips,
    boardC: temperatureOf(at(entry, 'board_temp', 'degree_c')),
    chipMaxC: temperatureOf(at(entry, 'highest_chip_temp', 'temperature', 'degree_c')),
    inletC: temperatureOf(at(entry, 'lowest_inlet_temp', 'degree_c')),
    outletC: temperatureOf(at(entry, 'highest_outlet_temp', 'degree_c')),
    frequencyMHz: hertz === null || hertz === 0 ? null : hertz / 1e6,
    voltageV: countOf(at(entry, 'current_voltage', 'volt')),
    active: enabled,
    missing: enabled === true && chips === 0,
  })
}

function readFan(entry: unknown, index: number): FanReading {
  const ratio = countOf(at(entry, 'target_speed_ratio'))
  return {
    label: textOf(at(entry, 'position')) ?? String(index),
    rpm: countOf(at(entry, 'rpm')),
    dutyPercent: ratio === null ? null : Math.round(ratio * 1000) / 10,
    ok: null,
  }
}

/** Of all sensors; location 1 is a chip. */
function readHottest(cooling: unknown): number | null {
  const hottest = at(cooling, 'highest_temperature')
  return numberOf(at(hottest, 'location')) === 1
    ? temperatureOf(at(hottest, 'temperature', 'degree_c'))
    : null
}

function readSettings(replies: BraiinsRestReplies): RigSettings {
  const tuner = at(replies['configuration/miner'], 'tuner')
  const target = at(
    replies['performance/tuner-state'],
    'mode_state',
    'powertargetmodestate',
    'current_target',
  )
  const range = at(replies['configuration/constraints'], 'tuner_constraints', 'power_target')
  const min = countOf(at(range, 'min', 'watt'))
  const max = countOf(at(range, 'max', 'watt'))
  const mode = TUNER_MODES[numberOf(at(tuner, 'tuner_mode')) ?? 0] ?? null
  return {
    ...NO_SETTINGS,
    powerMode: booleanOf(at(tuner, 'enabled')) === false ? 'off' : mode,
    powerLimitW: countOf(at(tuner, 'power_target', 'watt')) ?? countOf(at(target, 'watt')),
    powerLimitRangeW: min === null || max === null ? null : { min, max },
  }
}

function readPools(groups: unknown, atMs: number): PoolReading[] {
  const pools: PoolReading[] = []
  for (const group of listOf(groups)) {
    for (const pool of listOf(at(group, 'pools'))) {
      const stats = at(pool, 'stats')
      pools.push(
        poolEntry({
          index: pools.length,
          url: textOf(at(pool, 'url')) ?? '',
          user: textOf(at(pool, 'user')) ?? '',
          group: textOf(at(group, 'name')),
          alive: booleanOf(at(pool, 'alive')),
          active: booleanOf(at(pool, 'active')) ?? false,
          accepted: countOf(at(stats, 'accepted_shares')),
          rejected: countOf(at(stats, 'rejected_shares')),
          stale: countOf(at(stats, 'stale_shares')),
          difficulty: countOf(at(stats, 'last_difficulty')),
          lastShareAtMs: readMoment(at(stats, 'last_share_time'), atMs),
        }),
      )
    }
  }
  return pools
}

/** `{seconds, nanos}` since the epoch. */
function readMoment(moment: unknown, atMs: number): number | null {
  const seconds = countOf(at(moment, 'seconds'))
  if (seconds === null || seconds === 0) return null
  return Math.min(Math.floor(seconds * 1000 + (countOf(at(moment, 'nanos')) ?? 0) / 1e6), atMs)
}

function readErrorPercent(minerStats: unknown): number | null {
  const wrongHs = mhsToHs(at(minerStats, 'error_hashrate', 'megahash_per_second'))
  const goodHs = ghsToHs(at(minerStats, 'real_hashrate', 'last_15m', 'gigahash_per_second'))
  if (wrongHs === null || goodHs === null || wrongHs + goodHs === 0) return null
  return (wrongHs / (wrongHs + goodHs)) * 100
}
