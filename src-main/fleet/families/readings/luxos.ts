/**
 * Replies of LuxOS (RPC on 4028) as a reading. Rates of the rig in GH/s, of its boards in MH/s; voltages in V. Boards are
 * known by `ASC`; what `stats` says of board n is under n + 1. Pure, never throws.
 * Governing document: rig API digest, section 5.4; recording of 2025.4.8.
 */
import {
  at,
  booleanOf,
  countOf,
  difficultyOf,
  ghsToHs,
  lastShareOf,
  listOf,
  macOf,
  maxOf,
  mhsToHs,
  numberOf,
  objectOf,
  sumOf,
  temperatureOf,
  textOf,
  thsToHs,
} from '../../model/lenient.ts'
import {
  board,
  type BoardReading,
  type ChipReading,
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
import { readLuxosEvents } from './luxos-events.ts'
import { machineName } from './machine-name.ts'

/** Parsed replies by command; absent is what failed. */
export interface LuxosReplies {
  readonly version?: unknown
  readonly config?: unknown
  readonly summary?: unknown
  readonly devs?: unknown
  readonly stats?: unknown
  readonly pools?: unknown
  readonly groups?: unknown
  readonly fans?: unknown
  readonly temps?: unknown
  readonly tempctrl?: unknown
  readonly power?: unknown
  readonly profiles?: unknown
  readonly events?: unknown
  /** `voltageget N`, one for each board. */
  readonly voltages?: readonly unknown[]
  /** `healthchipget N`, one for each board. */
  readonly chips?: readonly unknown[]
}

/** @param atMs when the replies arrived, epoch milliseconds */
export function readLuxos(replies: LuxosReplies, atMs: number): RigReading {
  const config = at(replies.config, 'CONFIG', 0)
  const summary = at(replies.summary, 'SUMMARY', 0)
  const stats = at(replies.stats, 'STATS', 1)
  const boards = readBoards(replies)
  const hashrates = readRates(replies)
  const errors = readLuxosEvents(replies.events, atMs)
  const minerUptimeS = countOf(at(summary, 'Elapsed')) ?? countOf(at(stats, 'Elapsed'))
  const pools = readPools(replies, atMs, minerUptimeS)
  const powerW = countOf(at(replies.power, 'POWER', 0, 'Watts'))
  return reading({
    atMs,
    family: 'luxos',
    firmware: 'LuxOS',
    ...machineName(
      textOf(at(replies.version, 'VERSION', 0, 'Type')) ??
        textOf(at(config, 'Model')) ??
        textOf(at(replies.stats, 'STATS', 0, 'Type')),
    ),
    firmwareVersion:
      textOf(at(replies.version, 'VERSION', 0, 'Miner')) ?? textOf(at(replies.stats, 'STATS', 0, 'Miner')),
    apiVersion: textOf(at(replies.version, 'VERSION', 0, 'API')),
    controlBoard: textOf(at(config, 'ControlBoardType')),
    mac: macOf(at(config, 'MACAddr')) ?? macOf(at(stats, 'miner_id')),
    serial: textOf(at(config, 'SerialNumber')),
    hostname: textOf(at(config, 'Hostname')),
    state: readState(replies, hashrates.nowHs, errors),
    hashrates,
    expectedHs: ghsToHs(at(stats, 'total_rateideal')) ?? sumOf(boards.map(({ expectedHs }) => expectedHs)),
    stickerHs: thsToHs(at(config, 'NameplateTHS')),
    boards,
    chips: (replies.chips ?? []).flatMap(readChips),
    fans: listOf(at(replies.fans, 'FANS')).map((fan, index) => ({
      label: textOf(at(fan, 'FAN')) ?? textOf(at(fan, 'ID')) ?? String(index),
      rpm: countOf(at(fan, 'RPM')),
      dutyPercent: countOf(at(fan, 'Speed')),
      ok: null,
    })),
    temperatures: {
      ...NO_TEMPERATURES,
      ambientC: maxOf(boards.map(({ inletC }) => inletC)),
      chipMaxC: maxOf(boards.map(({ chipMaxC }) => chipMaxC)),
      boardMaxC: maxOf(boards.map(({ boardC }) => boardC)),
    },
    powerW,
    powerSource:
      powerW === null
        ? null
        : booleanOf(at(replies.power, 'POWER', 0, 'PSU')) === true
          ? 'measured'
          : 'estimated',
    settings: readSettings(replies),
    minerUptimeS,
    shares: {
      ...NO_SHARES,
      accepted: countOf(at(summary, 'Accepted')),
      rejected: countOf(at(summary, 'Rejected')),
      stale: countOf(at(summary, 'Stale')),
      lastShareAtMs: maxOf(pools.map(({ lastShareAtMs }) => lastShareAtMs)),
    },
    bestShare: difficultyOf(at(summary, 'Best Share')),
    blocksFound: countOf(at(summary, 'Found Blocks')),
    pools,
    locating: readLocating(textOf(at(config, 'RedLed'))),
    errors,
    hashErrorPercent: countOf(at(summary, 'Device Hardware%')),
    hardwareErrors: countOf(at(summary, 'Hardware Errors')),
  })
}

/** Ids of the boards there are, ascending, for `voltageget` and the like. Of `devs`. */
export function luxosBoardIds(devs: unknown): number[] {
  return listOf(at(devs, 'DEVS'))
    .flatMap((dev) => countOf(at(dev, 'ASC')) ?? [])
    .sort((a, b) => a - b)
}

function readState(
  { config, devs }: LuxosReplies,
  nowHs: number | null,
  errors: readonly { readonly code: string; readonly severity: string }[],
): RigWorkState {
  const curtailed = (textOf(at(config, 'CONFIG', 0, 'CurtailMode')) ?? '').toLowerCase()
  if (curtailed.startsWith('sleep')) return 'paused'
  if (nowHs !== null && nowHs > 0) return 'mining'
  if (errors.some(({ code }) => /OVERTEMP/.test(code))) return 'overheated'
  if (errors.some(({ severity }) => severity === 'error')) return 'error'
  if (curtailed.startsWith('idle')) return 'stopped'
  const tuning = booleanOf(at(config, 'CONFIG', 0, 'IsTuning')) === true
  const ramping = listOf(at(devs, 'DEVS')).some((dev) => booleanOf(at(dev, 'IsRamping')) === true)
  return tuning && !ramping ? 'tuning' : 'starting'
}

function readRates({ summary, devs }: LuxosReplies): RigHashrates {
  const of = (window: string): number | null => ghsToHs(at(summary, 'SUMMARY', 0, `GHS ${window}`))
  return {
    nowHs: of('5s'),
    minuteHs: of('1m'),
    fiveMinutesHs: of('5m'),
    fifteenMinutesHs: of('15m'),
    hourHs: mhsToHs(sumOf(listOf(at(devs, 'DEVS')).map((dev) => countOf(at(dev, 'MHS 60m'))))),
    dayHs: of('24h'),
    averageHs: of('av'),
  }
}

function readBoards({ devs, stats, temps, voltages = [] }: LuxosReplies): BoardReading[] {
  const details = at(stats, 'STATS', 1)
  const ordered = [...listOf(at(devs, 'DEVS'))].sort(
    (a, b) => (countOf(at(a, 'ASC')) ?? 0) - (countOf(at(b, 'ASC')) ?? 0),
  )
  return ordered.map((dev, slot) => {
    const id = countOf(at(dev, 'ASC')) ?? slot
    const chain = String(id + 1)
    const chips = textOf(at(details, `chain_acs${chain}`))
    const expected = countOf(at(details, `chain_acn${chain}`))
    const frequency = countOf(at(details, `freq${chain}`))
    return board({
      slot,
      label: textOf(at(dev, 'Connector')) ?? String(id),
      serial: textOf(at(dev, 'SerialNumber')),
      hashrateHs: mhsToHs(at(dev, 'MHS 5s')),
      expectedHs: mhsToHs(at(dev, 'Nominal MHS')),
      chipsWorking: chips === null ? null : chips.replaceAll(/[^o]/g, '').length,
      chipsExpected: expected === 0 ? null : expected,
      boardC: temperatureOf(at(dev, 'Temperature')),
      ...readSides(temps, id),
      frequencyMHz: frequency === 0 ? null : frequency,
      voltageV: readVoltage(voltages, id),
      hardwareErrors: countOf(at(dev, 'Hardware Errors')),
      active: booleanOf(at(dev, 'Enabled')),
      missing: (textOf(at(dev, 'Status')) ?? '').toLowerCase() === 'missing',
    })
  })
}

/** Labels say which corner of a board is where air comes in and which where it leaves. */
function readSides(temps: unknown, id: number): Pick<BoardReading, 'inletC' | 'outletC'> {
  const labels = objectOf(at(temps, 'METADATA', 0))
  const measured = listOf(at(temps, 'TEMPS')).find(
    (entry) => (countOf(at(entry, 'TEMP')) ?? countOf(at(entry, 'ID'))) === id,
  )
  const side = (word: RegExp): number | null =>
    maxOf(
      Object.entries(labels)
        .filter(([, described]) => word.test(textOf(at(described, 'Label')) ?? ''))
        .map(([corner]) => temperatureOf(at(measured, corner))),
    )
  return { inletC: side(/intake|inlet/i), outletC: side(/exhaust|outlet/i) }
}

function readVoltage(voltages: readonly unknown[], id: number): number | null {
  const entries = voltages.flatMap((reply) => listOf(at(reply, 'VOLTAGE')))
  const voltage = countOf(
    at(
      entries.find((entry) => countOf(at(entry, 'Board')) === id),
      'Voltage',
    ),
  )
  return voltage === 0 ? null : voltage
}

function readChips(reply: unknown): ChipReading[] {
  return listOf(at(reply, 'CHIPS')).flatMap((chip): ChipReading[] => {
    const boardSlot = countOf(at(chip, 'Board'))
    const index = countOf(at(chip, 'Chip'))
    if (boardSlot === null || index === null) return []
    const healthy = (textOf(at(chip, 'Healthy')) ?? '').toUpperCase()
    return [
      {
        boardSlot,
        index,
        hashrateHs: ghsToHs(at(chip, 'GHS 1m')),
        temperatureC: temperatureOf(at(chip, 'Temperature')),
        frequencyMHz: countOf(at(chip, 'Frequency')),
        voltageV: null,
        errors: null,
        working: healthy === 'Y' ? true : healthy === 'N' ? false : null,
      },
    ]
  })
}

function readPools({ pools, groups }: LuxosReplies, atMs: number, uptimeS: number | null): PoolReading[] {
  const names = new Map(
    listOf(at(groups, 'GROUPS')).map((group) => [numberOf(at(group, 'GROUP')), textOf(at(group, 'Name'))]),
  )
  return listOf(at(pools, 'POOLS')).map((pool, position) => {
    const group = numberOf(at(pool, 'GROUP'))
    const accepted = countOf(at(pool, 'Accepted'))
    const difficulty = difficultyOf(at(pool, 'Stratum Difficulty'))
    const status = textOf(at(pool, 'Status'))
    return poolEntry({
      index: countOf(at(pool, 'POOL')) ?? position,
      url: textOf(at(pool, 'URL')) ?? '',
      user: textOf(at(pool, 'User')) ?? '',
      group: names.get(group) ?? (group === null ? null : `group ${String(group)}`),
      alive: status === null ? null : status.toLowerCase() === 'alive',
      active: booleanOf(at(pool, 'Stratum Active')) ?? false,
      accepted,
      rejected: countOf(at(pool, 'Rejected')),
      stale: countOf(at(pool, 'Stale')),
      difficulty: difficulty === 0 ? null : difficulty,
      // A pool that never had a share says how long its miner runs.
      lastShareAtMs: accepted === 0 ? null : lastShareOf(at(pool, 'Last Share Time'), atMs, uptimeS),
    })
  })
}

function readSettings({ config, profiles, stats, fans, tempctrl, voltages = [] }: LuxosReplies): RigSettings {
  const list = listOf(at(profiles, 'PROFILES'))
  const name = textOf(at(config, 'CONFIG', 0, 'Profile'))
  const profile = list.find((each) => textOf(at(each, 'Profile Name')) === name)
  const frequency = countOf(at(stats, 'STATS', 1, 'frequency'))
  const voltageV = countOf(at(voltages[0], 'VOLTAGE', 0, 'Voltage')) ?? countOf(at(profile, 'Voltage'))
  const mode = textOf(at(tempctrl, 'TEMPCTRL', 0, 'Mode'))?.toLowerCase() ?? null
  return {
    ...NO_SETTINGS,
    powerMode: name,
    powerModes: list.flatMap((each) => {
      const id = textOf(at(each, 'Profile Name'))
      return id === null ? [] : [{ id, label: profileLabel(id, each) }]
    }),
    frequencyMHz: frequency === null || frequency === 0 ? countOf(at(profile, 'Frequency')) : frequency,
    coreVoltageMv: voltageV === null || voltageV === 0 ? null : Math.round(voltageV * 1000),
    fanAuto: mode === null ? null : mode !== 'manual',
    fanPercent: maxOf(listOf(at(fans, 'FANS')).map((fan) => countOf(at(fan, 'Speed')))),
    targetC: temperatureOf(at(tempctrl, 'TEMPCTRL', 0, 'Target')),
  }
}

/** `290MHz, 59.8 TH/s, 1188 W` */
function profileLabel(id: string, profile: unknown): string {
  const ths = countOf(at(profile, 'Hashrate'))
  const watts = countOf(at(profile, 'Watts'))
  return [
    id,
    ...(ths === null ? [] : [`${String(ths)} TH/s`]),
    ...(watts === null ? [] : [`${String(watts)} W`]),
  ].join(', ')
}

function readLocating(redLed: string | null): boolean | null {
  return redLed === null ? null : redLed.toLowerCase() === 'blink'
}
