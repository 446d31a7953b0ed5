/**
 * Replies of Whatsminer's first and second API (port 4028) as a reading. Rates in MH/s, factory rates in GH/s. Pure, never
 * throws. Governing document: rig API digest, section 5.7; captures `whatsminer/v2-20230803`.
 */
import {
  at,
  booleanOf,
  countOf,
  difficultyOf,
  ghsToHs,
  lastShareOf,
  listOf,
  type LooseObject,
  macOf,
  maxOf,
  mhsToHs,
  numberOf,
  objectOf,
  temperatureOf,
  textOf,
} from '../../model/lenient.ts'
import {
  board,
  type BoardReading,
  type FanReading,
  NO_SETTINGS,
  NO_TEMPERATURES,
  poolEntry,
  type PoolReading,
  reading,
  type RigReading,
} from '../../model/reading.ts'
import {
  WHATSMINER_POWER_MODES,
  whatsminerFirmware,
  whatsminerModel,
  whatsminerState,
} from './whatsminer-common.ts'
import { whatsminerErrors, whatsminerSummaryErrors } from './whatsminer-error-list.ts'

/** Parsed replies by command; absent is what failed. */
export interface WhatsminerReplies {
  readonly get_version?: unknown
  readonly summary?: unknown
  /** Of `edevs`, or of `devs` where that is not known. */
  readonly devs?: unknown
  readonly pools?: unknown
  readonly status?: unknown
  readonly get_psu?: unknown
  readonly get_miner_info?: unknown
  readonly get_error_code?: unknown
  readonly devdetails?: unknown
}

/**
 * @param atMs when the replies arrived, epoch milliseconds
 * @param minerDown whether its miner process did not answer behind the open port
 */
export function readWhatsminer(replies: WhatsminerReplies, atMs: number, minerDown = false): RigReading {
  const summary = objectOf(at(replies.summary, 'SUMMARY', 0))
  const version = objectOf(at(replies.get_version, 'Msg'))
  const status = objectOf(at(replies.status, 'Msg'))
  const info = objectOf(at(replies.get_miner_info, 'Msg'))
  const devs = listOf(at(replies.devs, 'DEVS')).map(objectOf)
  const elapsedS = countOf(summary['Elapsed'])
  const off = booleanOf(status['mineroff'] ?? status['btmineroff'])
  const pools = readPools(replies.pools, atMs, elapsedS)
  const boards = devs.map(readBoard)
  const nowHs = mhsToHs(summary['HS RT'] ?? summary['MHS 5s'])
  const errors = [
    ...whatsminerErrors(at(replies.get_error_code, 'Msg', 'error_code'), atMs),
    ...whatsminerSummaryErrors(summary, atMs),
  ].filter(({ code }, index, all) => all.findIndex((other) => other.code === code) === index)
  const powerW = countOf(summary['Power'] ?? summary['Power_RT'])
  const ramping = devs.some((dev) => booleanOf(dev['Upfreq Complete']) === false)
  const light = textOf(info['ledstat'])
  return reading({
    atMs,
    family: 'whatsminer',
    make: 'Whatsminer',
    model: whatsminerModel(at(replies.devdetails, 'DEVDETAILS', 0, 'Model') ?? info['minertype']),
    firmware: 'Stock',
    firmwareVersion: whatsminerFirmware(
      version['fw_ver'] ?? summary['Firmware Version'] ?? status['FirmwareVersion'],
    ),
    apiVersion: apiVersion(version['api_ver']),
    controlBoard: textOf(version['platform'] ?? summary['CB Platform']),
    mac: macOf(summary['MAC'] ?? info['mac']),
    serial: textOf(info['minersn']),
    hostname: textOf(info['hostname']),
    state:
      minerDown && off !== true
        ? 'miner-down'
        : whatsminerState({ off, hashrateHs: nowHs, elapsedS, ramping, errors }),
    hashrates: {
      nowHs,
      minuteHs: mhsToHs(summary['MHS 1m']),
      fiveMinutesHs: mhsToHs(summary['MHS 5m']),
      fifteenMinutesHs: mhsToHs(summary['MHS 15m']),
      hourHs: null,
      dayHs: null,
      averageHs: mhsToHs(summary['MHS av']),
    },
    expectedHs: mhsToHs(summary['Target MHS']),
    stickerHs: positive(ghsToHs(summary['Factory GHS'])),
    boards,
    fans: readFans(summary),
    psuFans: readPsuFan(replies.get_psu, summary),
    temperatures: {
      ...NO_TEMPERATURES,
      ambientC: temperatureOf(summary['Env Temp']),
      chipMaxC: temperatureOf(summary['Chip Temp Max']) ?? maxOf(boards.map(({ chipMaxC }) => chipMaxC)),
      boardMaxC: maxOf([temperatureOf(summary['Temperature']), ...boards.map(({ boardC }) => boardC)]),
    },
    powerW,
    powerSource: powerW === null ? null : 'measured',
    settings: {
      ...NO_SETTINGS,
      powerMode: textOf(summary['Power Mode'] ?? status['power_mode'])?.toLowerCase() ?? null,
      powerModes: WHATSMINER_POWER_MODES,
      powerLimitW: positive(countOf(summary['Power Limit'] ?? status['power_limit_set'])),
      frequencyMHz: positive(countOf(summary['freq_avg'] ?? summary['Target Freq'])),
    },
    systemUptimeS: countOf(summary['Uptime']),
    minerUptimeS: elapsedS,
    shares: {
      accepted: countOf(summary['Accepted']),
      rejected: countOf(summary['Rejected']),
      stale: countOf(summary['Stale']),
      lastShareAtMs: maxOf([
        ...pools.map(({ lastShareAtMs }) => lastShareAtMs),
        ...devs.map((dev) => lastShareOf(dev['Last Share Time'], atMs, elapsedS)),
      ]),
      rejectReasons: [],
    },
    bestShare: difficultyOf(summary['Best Share']),
    blocksFound: countOf(summary['Found Blocks']),
    pools,
    locating: light === null ? null : light.toLowerCase() !== 'auto',
    errors,
    hashErrorPercent: countOf(summary['Device Hardware%']),
    hardwareErrors: countOf(summary['Hardware Errors']),
  })
}

/** `whatsminer v1.4.0` and `2.0.5` alike. */
function apiVersion(value: unknown): string | null {
  const text = textOf(value)
  return text === null ? null : (/\d+(?:\.\d+)+/.exec(text)?.[0] ?? text)
}

function readBoard(dev: LooseObject, index: number): BoardReading {
  const slot = countOf(dev['Slot'] ?? dev['ASC']) ?? index
  const hashrateHs = mhsToHs(dev['MHS 1m'] ?? dev['MHS av'])
  const status = textOf(dev['Status'])
  return board({
    slot,
    label: `Slot ${String(slot)}`,
    serial: textOf(dev['PCB SN']),
    hashrateHs,
    expectedHs: positive(ghsToHs(dev['Factory GHS'])),
    chipsWorking: countOf(dev['Effective Chips']),
    boardC: temperatureOf(dev['Temperature']),
    chipMinC: temperatureOf(dev['Chip Temp Min']),
    chipAverageC: temperatureOf(dev['Chip Temp Avg']),
    chipMaxC: temperatureOf(dev['Chip Temp Max']),
    frequencyMHz: positive(countOf(dev['Chip Frequency'] ?? dev['Frequency'])),
    hardwareErrors: countOf(dev['Hardware Errors']),
    active: status === null ? null : status.toLowerCase() === 'alive' && booleanOf(dev['Enabled']) !== false,
  })
}

function readFans(summary: LooseObject): FanReading[] {
  if (booleanOf(summary['Liquid Cooling']) === true) return []
  return (['In', 'Out'] as const).flatMap((side) => {
    const rpm = countOf(summary[`Fan Speed ${side}`])
    const label = side === 'In' ? 'Intake' : 'Exhaust'
    return rpm === null ? [] : [{ label, rpm, dutyPercent: null, ok: null }]
  })
}

function readPsuFan(reply: unknown, summary: LooseObject): FanReading[] {
  const rpm = countOf(at(reply, 'Msg', 'fan_speed')) ?? countOf(summary['Power Fanspeed'])
  return rpm === null ? [] : [{ label: 'Power supply', rpm, dutyPercent: null, ok: null }]
}

function readPools(reply: unknown, atMs: number, elapsedS: number | null): PoolReading[] {
  return listOf(at(reply, 'POOLS')).flatMap((item, index) => {
    const pool = objectOf(item)
    const url = textOf(pool['URL'])
    if (url === null) return []
    const alive = textOf(pool['Status'])
    return [
      poolEntry({
        index: numberOf(pool['POOL']) ?? index + 1,
        url: url.includes('://') ? url : `stratum+tcp://${url}`,
        user: textOf(pool['User']) ?? '',
        alive: alive === null ? null : alive.toLowerCase() === 'alive',
        active: booleanOf(pool['Stratum Active']) ?? false,
        accepted: countOf(pool['Accepted']),
        rejected: countOf(pool['Rejected']),
        stale: countOf(pool['Stale']),
        difficulty: positive(difficultyOf(pool['Stratum Difficulty'] ?? pool['Work Difficulty'])),
        lastShareAtMs: lastShareOf(pool['Last Share Time'], atMs, elapsedS),
      }),
    ]
  })
}

/** What is 0 where it is not known. */
function positive(value: number | null): number | null {
  return value === 0 ? null : value
}
