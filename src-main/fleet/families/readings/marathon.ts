/**
 * What a rig with Marathon's firmware (MaraFW, kaonsu) says of itself. Pure.
 *
 * `brief.hashrate_realtime` is in TH/s to one public reader and in GH/s to another, and no recording is known: of the two
 * the unit is taken that agrees with the boards, which are in GH/s to both, or with the ideal rate.
 * Governing document: rig API digest, section 5.6.
 */
import {
  at,
  averageOf,
  booleanOf,
  countOf,
  ghsToHs,
  listOf,
  macOf,
  maxOf,
  numberOf,
  objectOf,
  sumOf,
  temperatureOf,
  textOf,
} from '../../model/lenient.ts'
import {
  type BoardReading,
  board,
  type ChipReading,
  NO_HASHRATES,
  NO_SETTINGS,
  NO_TEMPERATURES,
  type PoolReading,
  poolEntry,
  reading,
  type RigError,
  type RigReading,
  type RigSettings,
  type RigWorkState,
} from '../../model/reading.ts'
import { antminerModelName } from './antminer-models.ts'
import { withScheme } from './bitmain-replies.ts'

/** Parsed replies below `/kaonsu/v1/`; undefined for what was not answered. */
export interface MarathonReplies {
  readonly brief: unknown
  readonly overview?: unknown
  readonly hashboards?: unknown
  readonly details?: unknown
  readonly fans?: unknown
  readonly pools?: unknown
  readonly networkConfig?: unknown
  readonly minerConfig?: unknown
  readonly locateMiner?: unknown
  readonly eventChart?: unknown
}

/** Selectable work modes; `Sleep` is how it is paused. */
export const MARATHON_POWER_MODES: RigSettings['powerModes'] = [
  { id: 'Auto', label: 'Auto (tunes to a target)' },
  { id: 'Fixed', label: 'Fixed frequency and voltage' },
  { id: 'Stock', label: 'As the maker set it' },
]
export const MARATHON_SLEEP = 'Sleep'

/** Events stay in the list for good; what is older than this is history, not a complaint. */
const RECENT_MS = 60 * 60_000
const MAX_BOARDS = 16
const MAX_CHIPS = 400

export function marathonReading(replies: MarathonReplies, atMs: number): RigReading {
  const brief = objectOf(replies.brief)
  const overview = objectOf(replies.overview)
  const details = listOf(at(replies.details, 'hashboard_infos')).slice(0, MAX_BOARDS)
  const boards = readBoards(listOf(at(replies.hashboards, 'hashboards')).slice(0, MAX_BOARDS), details)
  const expectedHs = ghsToHs(brief.hashrate_ideal)
  const nowHs = realtimeHs(
    countOf(brief.hashrate_realtime),
    sumOf(boards.map(({ hashrateHs }) => hashrateHs)) ?? expectedHs,
  )
  const mode = textOf(at(replies.minerConfig, 'mode', 'work-mode-selector'))
  const pools = readPools(replies.pools)
  const powerW = countOf(brief.power_consumption_estimated)
  return reading({
    atMs,
    family: 'marathon',
    make: 'Antminer',
    model: antminerModelName(textOf(overview.model)),
    firmware: 'Marathon',
    firmwareVersion: textOf(overview.version_firmware),
    controlBoard: textOf(overview.control_board),
    mac: macOf(overview.mac),
    serial: textOf(overview.serial_number),
    hostname: textOf(at(replies.networkConfig, 'hostname')),
    state: stateOf(textOf(brief.status), mode, nowHs),
    hashrates: { ...NO_HASHRATES, nowHs, averageHs: ghsToHs(brief.hashrate_average) },
    expectedHs,
    boards,
    chips: details.flatMap(readChips),
    fans: listOf(at(replies.fans, 'fans')).map((fan, index) => {
      const rpm = countOf(at(fan, 'current_speed'))
      return { label: `Fan ${String(index + 1)}`, rpm, dutyPercent: null, ok: null }
    }),
    temperatures: {
      ...NO_TEMPERATURES,
      chipMaxC: maxOf(boards.map(({ chipMaxC }) => chipMaxC)),
      boardMaxC: maxOf(boards.map(({ boardC }) => boardC)),
    },
    powerW,
    powerSource: powerW === null ? null : 'estimated',
    settings: {
      ...NO_SETTINGS,
      powerMode: mode,
      powerModes: mode === null ? [] : MARATHON_POWER_MODES,
      powerLimitW: powerTarget(replies.minerConfig),
    },
    minerUptimeS: countOf(brief.elapsed),
    shares: {
      accepted: sumOf(pools.map(({ accepted }) => accepted)),
      rejected: sumOf(pools.map(({ rejected }) => rejected)),
      stale: sumOf(pools.map(({ stale }) => stale)),
      lastShareAtMs: null,
      rejectReasons: [],
    },
    pools,
    locating: booleanOf(at(replies.locateMiner, 'blinking')),
    errors: readEvents(at(replies.eventChart, 'event_flags'), atMs),
  })
}

/** @param roughlyHs what it should be about */
function realtimeHs(value: number | null, roughlyHs: number | null): number | null {
  if (value === null) return null
  const asGhs = Math.round(value * 1e9)
  const asThs = Math.round(value * 1e12)
  if (roughlyHs === null || roughlyHs === 0 || value === 0) return asGhs
  const off = (hs: number): number => Math.abs(Math.log(hs / roughlyHs))
  return off(asThs) < off(asGhs) ? asThs : asGhs
}

function stateOf(status: string | null, mode: string | null, nowHs: number | null): RigWorkState {
  if (mode?.toLowerCase() === 'sleep' || /sleep|paused/i.test(status ?? '')) return 'paused'
  if (/overheat/i.test(status ?? '')) return 'overheated'
  if (/mining/i.test(status ?? '')) return 'mining'
  if (/tun(e|ing)/i.test(status ?? '')) return 'tuning'
  if (/init|start|warm|boot/i.test(status ?? '')) return 'starting'
  if (/err|fail|fault/i.test(status ?? '')) return 'error'
  return nowHs !== null && nowHs > 0 ? 'mining' : 'stopped'
}

function readBoards(hashboards: readonly unknown[], details: readonly unknown[]): BoardReading[] {
  const source = hashboards.length > 0 ? hashboards : details
  return source.map((entry, slot) => {
    const plain = objectOf(entry)
    const index = numberOf(plain.index) ?? slot
    const detail = objectOf(details.find((info) => numberOf(at(info, 'index')) === index))
    const chips = listOf(plain.temperature_chip ?? detail.temperature_chip).map(temperatureOf)
    const asics = listOf(detail.asic_infos)
    const count = countOf(plain.asic_num) ?? countOf(detail.asic_num)
    const hashrateHs =
      ghsToHs(plain.hashrate_average) ?? ghsToHs(plain.hashrate_avg) ?? ghsToHs(detail.hashrate_avg)
    return board({
      slot,
      label: `Board ${String(index)}`,
      serial: textOf(plain.serial_number) ?? textOf(detail.serial_number),
      hashrateHs,
      expectedHs: ghsToHs(plain.hashrate_ideal) ?? ghsToHs(detail.hashrate_ideal),
      chipsWorking:
        asics.length === 0
          ? count
          : asics.filter((asic) => (countOf(at(asic, 'hashrate_avg')) ?? 0) > 0).length,
      chipsExpected: asics.length === 0 ? null : asics.length,
      boardC: maxOf(listOf(plain.temperature_pcb).map(temperatureOf)),
      chipAverageC: averageOf(chips),
      chipMaxC: maxOf(chips),
      frequencyMHz: countOf(plain.frequency_avg) ?? countOf(detail.frequency_avg),
      voltageV: countOf(plain.voltage) ?? countOf(detail.voltage),
      active: hashrateHs === null ? null : hashrateHs > 0,
      missing: count === 0,
    })
  })
}

function readChips(info: unknown, slot: number): ChipReading[] {
  return listOf(at(info, 'asic_infos'))
    .slice(0, MAX_CHIPS)
    .map((entry, position) => {
      const asic = objectOf(entry)
      const hashrateHs = ghsToHs(asic.hashrate_avg)
      return {
        boardSlot: slot,
        index: numberOf(asic.index) ?? position,
        hashrateHs,
        temperatureC: temperatureOf(asic.temperature),
        frequencyMHz: countOf(asic.frequency),
        voltageV: countOf(asic.voltage),
        errors: countOf(asic.hw_errors),
        working: hashrateHs === null ? null : hashrateHs > 0,
      }
    })
}

/** It does not say which pool it works for: the living one of highest priority (rig API digest, section 5.6). */
function readPools(reply: unknown): PoolReading[] {
  const read = listOf(reply).flatMap((entry, position) => {
    const pool = objectOf(entry)
    const url = textOf(pool.url)
    if (url === null) return []
    const status = textOf(pool.status)
    return [
      {
        priority: numberOf(pool.priority) ?? position,
        pool: poolEntry({
          index: numberOf(pool.index) ?? position,
          url: withScheme(url),
          user: textOf(pool.user) ?? '',
          alive: status === null ? null : /^alive$/i.test(status),
          accepted: countOf(pool.accepted),
          rejected: countOf(pool.rejected),
          stale: countOf(pool.stale),
          difficulty: countOf(pool.diff),
        }),
      },
    ]
  })
  const [active] = read.filter(({ pool }) => pool.alive === true).sort((a, b) => a.priority - b.priority)
  return read.map((entry) => ({ ...entry.pool, active: entry === active }))
}

function powerTarget(config: unknown): number | null {
  const mode = objectOf(at(config, 'mode'))
  const concorde = objectOf(mode.concorde)
  if (textOf(mode['work-mode-selector']) !== 'Auto') return null
  const select = textOf(concorde['mode-select'])
  return select === null || select === 'PowerTarget' ? countOf(concorde['power-target']) : null
}

function readEvents(flags: unknown, atMs: number): RigError[] {
  return listOf(flags).flatMap((entry): RigError[] => {
    const level = textOf(at(entry, 'level'))?.toLowerCase()
    const text = textOf(at(entry, 'message'))
    const seconds = numberOf(at(entry, 'timestamp'))
    if ((level !== 'warning' && level !== 'error') || text === null) return []
    const sinceMs = seconds === null ? null : seconds * 1000
    if (sinceMs === null || sinceMs < atMs - RECENT_MS) return []
    return [{ code: 'event', text, remedy: null, severity: level, component: null, sinceMs }]
  })
}

/**
 * The work mode before it was put to sleep last, from `log?type=miner_config_history` (newest last); null if that is not
 * known.
 */
export function modeBeforeSleep(history: unknown): string | null {
  for (const entry of listOf(history).toReversed()) {
    for (const changes of Object.values(objectOf(entry))) {
      for (const change of listOf(changes)) {
        const path = listOf(at(change, 'path')).map((step) => textOf(step)?.toLowerCase())
        if (path.join('.') !== 'mode.workmodeselector') continue
        const from = textOf(at(change, 'from'))
        if (textOf(at(change, 'to')) === MARATHON_SLEEP && from !== null && from !== MARATHON_SLEEP)
          return from
      }
    }
  }
  return null
}
