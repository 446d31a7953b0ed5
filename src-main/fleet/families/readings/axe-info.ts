/**
 * What AxeOS and the forks of it answer alike: names and units of `/api/system/info` and `/api/system/asic`. Every reader
 * takes the whole object and gives null for what is not in it. Governing document: rig API digest, sections 3.3 and 4.
 */
import {
  at,
  booleanOf,
  countOf,
  durationOf,
  ghsToHs,
  isObject,
  listOf,
  type LooseObject,
  numberOf,
  sumOf,
  temperatureOf,
  textOf,
} from '../../model/lenient.ts'
import { type ChipReading, type RigHashrates, type RigSettings, type RigShares } from '../../model/reading.ts'

/** Only members of AxeOS make an answer one of it: other devices answer the same path (ESP-Miner pull request 1990). */
export function isAxeInfo(value: unknown): value is LooseObject {
  return isObject(value) && textOf(value['ASICModel']) !== null
}

export function axeHashrates(info: LooseObject): RigHashrates {
  return {
    nowHs: ghsToHs(info['hashRate']),
    minuteHs: ghsToHs(info['hashRate_1m']),
    fiveMinutesHs: null,
    fifteenMinutesHs: null,
    hourHs: ghsToHs(info['hashRate_1h']),
    dayHs: ghsToHs(info['hashRate_1d']),
    averageHs: null,
  }
}

/** Of the whole machine; `/api/system/asic` where `info` does not say. */
export function axeChipCount(info: LooseObject, asic: LooseObject): number | null {
  return positive(info['asicCount']) ?? positive(asic['asicCount'])
}

/** Hashes per second that `frequencyMHz` gives: one for each core and clock. */
export function coresTimes(
  frequencyMHz: number | null,
  info: LooseObject,
  chipCount: number | null,
): number | null {
  const cores = positive(info['smallCoreCount'])
  if (frequencyMHz === null || cores === null || chipCount === null) return null
  return Math.round(frequencyMHz * 1e6 * cores * chipCount)
}

/** At its present settings: what it says itself, else computed. */
export function axeExpectedHs(info: LooseObject, chipCount: number | null): number | null {
  const said = ghsToHs(info['expectedHashrate'])
  if (said !== null && said > 0) return said
  return coresTimes(positive(info['frequency']), info, chipCount)
}

/** Chips by `hashrateMonitor` (AxeOS 2.11); none where it is not there. */
export function axeChips(info: LooseObject): ChipReading[] {
  const temperatures = [temperatureOf(info['temp']), temperatureOf(info['temp2'])]
  const asics = listOf(at(info, 'hashrateMonitor', 'asics'))
  return asics.map((asic, index) => {
    const hashrateHs = ghsToHs(at(asic, 'total'))
    return {
      boardSlot: 0,
      index,
      hashrateHs,
      // The sensors belong to single chips only where there are at most two of those.
      temperatureC: asics.length <= 2 ? (temperatures[index] ?? null) : null,
      frequencyMHz: null,
      voltageV: null,
      errors: countOf(at(asic, 'errorCount')),
      working: hashrateHs === null ? null : hashrateHs > 0,
    }
  })
}

export function axeShares(info: LooseObject): RigShares {
  const rejectReasons = listOf(info['sharesRejectedReasons']).flatMap((each) => {
    const reason = textOf(at(each, 'message'))
    const count = countOf(at(each, 'count'))
    return reason === null || count === null ? [] : [{ reason, count }]
  })
  const stale = rejectReasons.filter(({ reason }) => /stale/i.test(reason)).map(({ count }) => count)
  return {
    accepted: countOf(info['sharesAccepted']),
    rejected: countOf(info['sharesRejected']),
    stale: sumOf(stale),
    lastShareAtMs: null,
    rejectReasons,
  }
}

/** `manualFanSpeed` is what is set from AxeOS 2.11 on; before, `fanspeed` was both that and the duty. */
export function axeSettings(info: LooseObject, asic: LooseObject): RigSettings {
  const automatic = automaticFan(info)
  const set = percent(info['manualFanSpeed']) ?? (automatic === false ? percent(info['fanspeed']) : null)
  return {
    powerMode: null,
    powerModes: [],
    powerLimitW: null,
    powerLimitRangeW: null,
    frequencyMHz: positive(info['frequency']),
    frequencyOptionsMHz: options(asic['frequencyOptions']),
    coreVoltageMv: positive(info['coreVoltage']),
    coreVoltageOptionsMv: options(asic['voltageOptions']),
    fanAuto: automatic,
    fanPercent: automatic === true ? null : set,
    targetC: positive(info['temptarget']) ?? positive(info['pidTargetTemp']),
  }
}

/** 0 is manual; 1 and, on NerdQ, 2 are kinds of automatic. */
function automaticFan(info: LooseObject): boolean | null {
  const mode = numberOf(info['autofanspeed'])
  return mode === null ? booleanOf(info['autofanspeed']) : mode !== 0
}

/** From millivolts and milliamperes. */
export function thousandth(value: unknown): number | null {
  const number = countOf(value)
  return number === null ? null : number / 1000
}

/** Above 0. */
export function positive(value: unknown): number | null {
  const number = countOf(value)
  return number === null || number === 0 ? null : number
}

export function percent(value: unknown): number | null {
  const number = countOf(value)
  return number === null || number > 100 ? null : number
}

/** Dead and unknown is 0 or -1 on some versions. */
export function signalDbm(value: unknown): number | null {
  const dbm = numberOf(value)
  return dbm === null || dbm >= -1 || dbm < -127 ? null : dbm
}

export const axeUptimeS = (info: LooseObject): number | null => durationOf(info['uptimeSeconds'])

/** Numbers, or objects with a `value` as some forks have them; in order, each once. */
function options(value: unknown): number[] {
  const numbers = listOf(value).flatMap((each) => {
    const number = positive(isObject(each) ? each['value'] : each)
    return number === null ? [] : [number]
  })
  return [...new Set(numbers)].sort((a, b) => a - b)
}

/** How a pool is spoken to. */
export interface AxePoolText {
  readonly host: string
  readonly port: number
  readonly sv2: boolean
  readonly tls: boolean
  /** Base58; empty for none. */
  readonly authorityKey: string
}

/** The URL of a pool that the firmware keeps in parts. */
export function poolUrlOf({ host, port, sv2, tls, authorityKey }: AxePoolText): string {
  const place = `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${String(port)}`
  if (sv2) return `stratum2+tcp://${place}${authorityKey === '' ? '' : `/${authorityKey}`}`
  return `${tls ? 'stratum+ssl' : 'stratum+tcp'}://${place}`
}

/**
 * Reads a pool from the members that begin with `prefix` (`stratum`, `fallbackStratum`) of `from`; null without a host.
 * What people typed before the host, such as a scheme, is left away.
 */
export function axePoolText(from: LooseObject, prefix: string, key: string): AxePoolText | null {
  const host = textOf(from[`${prefix}URL`])?.replace(/^[a-z0-9+]+:\/\//i, '') ?? ''
  if (host === '') return null
  const protocol = textOf(from[`${prefix}Protocol`])
  return {
    host,
    port: positive(from[`${prefix}Port`]) ?? 3333,
    sv2: protocol === 'SV2' || protocol === '1',
    tls: booleanOf(from[`${prefix}TLS`]) ?? (numberOf(from[`${prefix}TLS`]) ?? 0) > 0,
    authorityKey: textOf(from[key]) ?? '',
  }
}
