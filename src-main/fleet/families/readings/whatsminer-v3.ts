/**
 * Replies of Whatsminer's third API (port 4433) as a reading. Rates in TH/s, all of them. Pure, never throws.
 * Governing document: rig API digest, section 5.7; captures `whatsminer/v3-m60s-vk40`.
 */
import {
  at,
  booleanOf,
  countOf,
  isObject,
  listOf,
  type LooseObject,
  macOf,
  maxOf,
  numberOf,
  objectOf,
  temperatureOf,
  textOf,
  thsToHs,
} from '../../model/lenient.ts'
import {
  board,
  type BoardReading,
  type FanReading,
  NO_HASHRATES,
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
import { whatsminerErrors } from './whatsminer-error-list.ts'

/** Parsed replies; absent is what failed. */
export interface WhatsminerV3Replies {
  /** `get.device.info`. */
  readonly info?: unknown
  /** `get.miner.status` of each parameter. */
  readonly summary?: unknown
  readonly edevs?: unknown
  readonly pools?: unknown
}

const POWER_MODES = ['low', 'normal', 'high']
/** More boards than any model has. */
const MAX_BOARDS = 16

/** @param atMs when the replies arrived, epoch milliseconds */
export function readWhatsminerV3(replies: WhatsminerV3Replies, atMs: number): RigReading {
  const info = objectOf(at(replies.info, 'msg'))
  const miner = objectOf(info['miner'])
  const network = objectOf(info['network'])
  const system = objectOf(info['system'])
  const power = objectOf(info['power'])
  const summary = objectOf(at(replies.summary, 'msg', 'summary'))
  const elapsedS = countOf(summary['elapsed'])
  const nowHs = thsToHs(summary['hash-realtime'])
  const errors = whatsminerErrors(info['error-code'], atMs)
  const boards = readBoards(replies.edevs, miner, summary)
  const powerW = countOf(summary['power-realtime'] ?? summary['power-5min'])
  const working = booleanOf(miner['working'])
  const light = textOf(system['ledstatus'])
  const finished = booleanOf(summary['up-freq-finish'])
  return reading({
    atMs,
    family: 'whatsminer',
    make: 'Whatsminer',
    model: whatsminerModel(miner['type']),
    firmware: 'Stock',
    firmwareVersion: whatsminerFirmware(system['fwversion']),
    apiVersion: textOf(system['api']),
    controlBoard: textOf(system['control-board-version'] ?? system['platform']),
    mac: macOf(network['mac']),
    serial: textOf(miner['miner-sn']),
    hostname: textOf(network['hostname']),
    state: whatsminerState({
      off: working === null ? null : !working,
      hashrateHs: nowHs,
      elapsedS,
      ramping: finished === false,
      errors,
    }),
    hashrates: {
      ...NO_HASHRATES,
      nowHs,
      minuteHs: thsToHs(summary['hash-1min']),
      fifteenMinutesHs: thsToHs(summary['hash-15min']),
      averageHs: thsToHs(summary['hash-average']),
    },
    // A rig that does not know it yet says -0.001 for each board, which is none.
    stickerHs: positive(thsToHs(summary['factory-hash'])),
    boards,
    fans: readFans(summary),
    psuFans: readPsuFan(power),
    temperatures: {
      ...NO_TEMPERATURES,
      ambientC: temperatureOf(summary['environment-temperature']),
      chipMaxC: temperatureOf(summary['chip-temp-max']) ?? maxOf(boards.map(({ chipMaxC }) => chipMaxC)),
      boardMaxC: maxOf(listOf(summary['board-temperature']).map(temperatureOf)),
    },
    powerW,
    powerSource: powerW === null ? null : 'measured',
    inputVoltageV: positive(countOf(power['vin'])),
    inputCurrentA: positive(countOf(power['iin'])),
    settings: {
      ...NO_SETTINGS,
      powerMode: powerMode(power['mode']),
      powerModes: WHATSMINER_POWER_MODES,
      powerLimitW: positive(countOf(summary['power-limit'])),
      frequencyMHz: positive(countOf(summary['freq-avg'])),
    },
    minerUptimeS: elapsedS,
    pools: readPools(replies.pools),
    locating: light === null ? null : light.toLowerCase() !== 'auto',
    errors,
  })
}

/** Whether its owner lets programs change it: `apiswitch`; null when it does not say. */
export function whatsminerApiSwitch(info: unknown): boolean | null {
  return booleanOf(at(info, 'msg', 'system', 'apiswitch'))
}

function powerMode(value: unknown): string | null {
  const text = textOf(value)?.toLowerCase() ?? null
  return text === null ? null : (POWER_MODES[Number(text)] ?? text)
}

/** One for each slot that the rig has; those it lists nothing for are missing. */
function readBoards(reply: unknown, miner: LooseObject, summary: LooseObject): BoardReading[] {
  const listed = listOf(at(reply, 'msg', 'edevs')).filter(isObject)
  const temperatures = listOf(summary['board-temperature'])
  const boards = listed.slice(0, MAX_BOARDS).map((dev, index) => {
    const slot = countOf(dev['id'] ?? dev['slot']) ?? index
    const hashrateHs = thsToHs(dev['hash-realtime'] ?? dev['hash-average'])
    const status = textOf(dev['status'])
    return board({
      slot,
      label: `Slot ${String(slot)}`,
      serial: textOf(miner[`pcbsn${String(slot)}`]),
      hashrateHs,
      expectedHs: positive(thsToHs(dev['factory-hash'])),
      chipsWorking: countOf(dev['effective-chips']),
      boardC: temperatureOf(temperatures[slot]),
      chipMinC: temperatureOf(dev['chip-temp-min']),
      chipAverageC: temperatureOf(dev['chip-temp-avg']),
      chipMaxC: temperatureOf(dev['chip-temp-max']),
      frequencyMHz: positive(countOf(dev['freq'])),
      active: status === null ? null : status.toLowerCase() === 'alive',
    })
  })
  if (reply === undefined) return boards
  const slots = Math.min(countOf(miner['board-num']) ?? 0, MAX_BOARDS)
  const present = new Set(boards.map(({ slot }) => slot))
  for (let slot = 0; slot < slots; slot++) {
    if (present.has(slot)) continue
    const serial = textOf(miner[`pcbsn${String(slot)}`])
    boards.push(board({ slot, label: `Slot ${String(slot)}`, serial, active: false, missing: true }))
  }
  return boards.sort((a, b) => a.slot - b.slot)
}

function readFans(summary: LooseObject): FanReading[] {
  return (['in', 'out'] as const).flatMap((side) => {
    const rpm = countOf(summary[`fan-speed-${side}`])
    const label = side === 'in' ? 'Intake' : 'Exhaust'
    return rpm === null ? [] : [{ label, rpm, dutyPercent: null, ok: null }]
  })
}

function readPsuFan(power: LooseObject): FanReading[] {
  const rpm = countOf(power['fanspeed'])
  return rpm === null ? [] : [{ label: 'Power supply', rpm, dutyPercent: null, ok: null }]
}

function readPools(reply: unknown): PoolReading[] {
  return listOf(at(reply, 'msg', 'pools')).flatMap((item, index) => {
    const pool = objectOf(item)
    const url = textOf(pool['url'])
    if (url === null) return []
    const status = textOf(pool['status'])
    return [
      poolEntry({
        index: numberOf(pool['pool-priority'] ?? pool['id']) ?? index,
        url: url.includes('://') ? url : `stratum+tcp://${url}`,
        user: textOf(pool['account']) ?? '',
        alive: status === null ? null : status.toLowerCase() === 'alive',
        active: booleanOf(pool['stratum-active']) ?? false,
        accepted: countOf(pool['accepted']),
        rejected: countOf(pool['rejected']),
      }),
    ]
  })
}

/** What is 0 where it is not known. */
function positive(value: number | null): number | null {
  return value === 0 ? null : value
}
