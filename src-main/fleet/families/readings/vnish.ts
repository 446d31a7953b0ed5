/**
 * What a rig with VNish (AnthillOS) says of itself, versions 1.2 and 1.3. Pure.
 *
 * Units, of which one is a trap: rates are GH/s, `chains[].voltage` and chip voltages are mV, `overclock.globals.volt` and
 * its limits are in steps of 10 mV. The entry of type `DevFee` in the pool list is the firmware maker's: it is flagged, its
 * shares are not the person's, and it is never the active pool. (`Refund` is the same, the other way round.)
 * Governing document: rig API digest, section 5.3; capture `vnish/s21pro-1.2.7`.
 */
import {
  at,
  booleanOf,
  countOf,
  difficultyOf,
  durationOf,
  ghsToHs,
  hashrateIn,
  isObject,
  lastShareOf,
  listOf,
  type LooseObject,
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
  type FanReading,
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

/** Parsed replies below `/api/v1/`; undefined for what was not asked or not answered. */
export interface VnishReplies {
  readonly info: unknown
  readonly status?: unknown
  readonly summary?: unknown
  /** `chains` (1.2) or `boards` (1.3). */
  readonly chips?: unknown
  readonly settings?: unknown
  /** `autotune/presets` */
  readonly presets?: unknown
}

/** `overclock.globals.volt`, its limits, and tuned presets count in this many mV. */
const MV_PER_STEP = 10
const MAX_BOARDS = 16
const MAX_CHIPS = 400

export function vnishReading(replies: VnishReplies, atMs: number): RigReading {
  const { info, status } = replies
  const miner = objectOf(at(replies.summary, 'miner'))
  const network = objectOf(at(info, 'system', 'network_status'))
  const minerStatus = isObject(miner.miner_status) ? miner.miner_status : objectOf(status)
  const word = textOf(minerStatus.miner_state)?.toLowerCase() ?? null
  const uptimeS = durationOf(at(info, 'system', 'uptime'))
  const boards = listOf(miner.chains).slice(0, MAX_BOARDS).map(readBoard)
  const chipLists = listOf(replies.chips).slice(0, MAX_BOARDS).map(objectOf)
  const pools = readPools(miner.pools, atMs, uptimeS)
  const own = pools.filter(({ devFee }) => !devFee)
  const errors = [...stateErrors(minerStatus), ...boardErrors(miner.chains), ...fanErrors(miner.cooling)]
  const power = countOf(miner.power_consumption) ?? countOf(miner.power_usage)
  const isMetered = booleanOf(at(miner.psu, 'psu_power_metering')) === true
  const hashrateUnit = at(info, 'hr_measure')
  const nowHs = ghsToHs(miner.hr_realtime)
  return reading({
    atMs,
    family: 'vnish',
    make: 'Antminer',
    model: antminerModelName(textOf(at(info, 'miner')) ?? textOf(miner.miner_type)),
    firmware: 'VNish',
    firmwareVersion:
      textOf(at(info, 'fw_version')) ?? /Vnish ([\w.]+)/i.exec(textOf(miner.miner_type) ?? '')?.[1] ?? null,
    controlBoard: textOf(at(info, 'platform')),
    mac: macOf(network.mac),
    serial: textOf(at(info, 'serial'))?.replace(/^n\/a$/i, '') || null,
    hostname: textOf(network.hostname),
    state: stateOf(word, nowHs, errors),
    hashrates: {
      ...NO_HASHRATES,
      nowHs: nowHs ?? hashrateIn(miner.hr_realtime, hashrateUnit),
      averageHs: ghsToHs(miner.hr_average),
    },
    expectedHs: ghsToHs(miner.hr_nominal),
    stickerHs: ghsToHs(miner.hr_stock),
    boards: boards.map((read) => withChips(read, chipLists)),
    chips: boards.flatMap((read) => chipsOf(read, chipLists)),
    fans: readFans(miner.cooling),
    temperatures: {
      ...NO_TEMPERATURES,
      chipMaxC: temperatureOf(at(miner.chip_temp, 'max')) ?? maxOf(boards.map(({ chipMaxC }) => chipMaxC)),
      boardMaxC: temperatureOf(at(miner.pcb_temp, 'max')) ?? maxOf(boards.map(({ boardC }) => boardC)),
      waterInC: maxOf(listOf(miner.chains).map((chain) => temperatureOf(at(chain, 'inlet_water_temp')))),
      waterOutC: maxOf(listOf(miner.chains).map((chain) => temperatureOf(at(chain, 'outlet_water_temp')))),
    },
    powerW: power,
    powerSource: power === null ? null : isMetered ? 'measured' : 'estimated',
    settings: readSettings(replies.settings, replies.presets),
    systemUptimeS: uptimeS,
    minerUptimeS: word === 'mining' ? countOf(minerStatus.miner_state_time) : null,
    shares: {
      accepted: sumOf(own.map(({ accepted }) => accepted)),
      rejected: sumOf(own.map(({ rejected }) => rejected)),
      stale: sumOf(own.map(({ stale }) => stale)),
      lastShareAtMs: maxOf(own.map(({ lastShareAtMs }) => lastShareAtMs)),
      rejectReasons: [],
    },
    bestShare: difficultyOf(miner.best_share),
    blocksFound: countOf(miner.found_blocks),
    pools,
    locating: booleanOf(at(status, 'find_miner')),
    errors,
    hashErrorPercent: countOf(miner.hw_errors_percent) ?? countOf(miner.hr_error),
    hardwareErrors: countOf(miner.hw_errors),
  })
}

/** What the firmware's own words mean. It has none for "paused": it stops only when it is told, else it says `failure`. */
const STATES: Readonly<Record<string, RigWorkState>> = {
  mining: 'mining',
  initializing: 'starting',
  starting: 'starting',
  restarting: 'starting',
  'auto-tuning': 'tuning',
  'shutting-down': 'stopped',
  stopped: 'paused',
  failure: 'error',
}

function stateOf(word: string | null, nowHs: number | null, errors: readonly RigError[]): RigWorkState {
  const state = word !== null && Object.hasOwn(STATES, word) ? STATES[word] : undefined
  if (state === 'error') {
    return errors.some(({ text }) => /overheat|too hot|temperature/i.test(text)) ? 'overheated' : 'error'
  }
  return state ?? (nowHs !== null && nowHs > 0 ? 'mining' : 'stopped')
}

function stateErrors(status: LooseObject): RigError[] {
  if (textOf(status.miner_state)?.toLowerCase() !== 'failure') return []
  const code = textOf(status.failure_code)
  return [
    {
      code: code === null ? 'failure' : `failure:${code}`,
      text: textOf(status.description) ?? 'The miner program stopped with a failure',
      remedy: 'Open the miner log on its web page; restart the miner when the cause is gone',
      severity: 'error',
      component: null,
      sinceMs: null,
    },
  ]
}

function boardErrors(chains: unknown): RigError[] {
  return listOf(chains).flatMap((chain, index): RigError[] => {
    const state = textOf(at(chain, 'status', 'state'))?.toLowerCase()
    if (state !== 'failure' && state !== 'disconnected') return []
    const label = textOf(at(chain, 'id')) ?? String(index + 1)
    const described =
      textOf(at(chain, 'status', 'description')) ?? textOf(at(chain, 'status', 'failure_message'))
    return [
      {
        code: `board-${state}`,
        text: described ?? `Board ${label} ${state === 'failure' ? 'failed' : 'does not answer'}`,
        remedy: 'Switch it off at the wall, press its plugs and ribbon cables home, and start it again',
        severity: 'error',
        component: `board ${label}`,
        sinceMs: null,
      },
    ]
  })
}

function fanErrors(cooling: unknown): RigError[] {
  return listOf(at(cooling, 'fans')).flatMap((fan, index): RigError[] => {
    if (textOf(at(fan, 'status'))?.toLowerCase() !== 'lost') return []
    const label = textOf(at(fan, 'id')) ?? String(index)
    return [
      {
        code: 'fan-lost',
        text: `Fan ${label} does not turn`,
        remedy: 'Check its plug and replace it if it stays still',
        severity: 'error',
        component: `fan ${label}`,
        sinceMs: null,
      },
    ]
  })
}

/* ---- Boards, chips, fans ---- */

function readBoard(entry: unknown, slot: number): BoardReading {
  const chain = objectOf(entry)
  const millivolts = countOf(chain.voltage)
  const state = textOf(at(chain.status, 'state'))?.toLowerCase() ?? null
  const statuses = objectOf(chain.chip_statuses)
  const counted = sumOf(['grey', 'orange', 'red'].map((grade) => countOf(statuses[grade])))
  return board({
    slot,
    label: `Board ${textOf(chain.id) ?? String(slot + 1)}`,
    serial: textOf(chain.serial),
    hashrateHs: ghsToHs(chain.hashrate_rt),
    expectedHs: ghsToHs(chain.hashrate_ideal),
    chipsExpected: counted === 0 ? null : counted,
    boardC: temperatureOf(at(chain.pcb_temp, 'max')),
    chipMinC: temperatureOf(at(chain.chip_temp, 'min')),
    chipMaxC: temperatureOf(at(chain.chip_temp, 'max')),
    inletC: temperatureOf(chain.inlet_water_temp),
    outletC: temperatureOf(chain.outlet_water_temp),
    frequencyMHz: countOf(chain.frequency),
    voltageV: millivolts === null || millivolts === 0 ? null : millivolts / 1000,
    hardwareErrors: countOf(chain.hw_errors),
    active: state === null ? null : state === 'mining',
    missing: state === 'disconnected',
  })
}

/** The list of chips of a board: both number boards from 1, the reading's label ends in it. */
function chipList(read: BoardReading, lists: readonly LooseObject[]): readonly unknown[] {
  const id = read.label.replace(/^Board /, '')
  return listOf(lists.find((list) => textOf(list.id) === id)?.chips).slice(0, MAX_CHIPS)
}

function withChips(read: BoardReading, lists: readonly LooseObject[]): BoardReading {
  const chips = chipList(read, lists)
  if (chips.length === 0) return read
  return {
    ...read,
    chipsWorking: chips.filter((chip) => (countOf(at(chip, 'hr')) ?? 0) > 0).length,
    chipsExpected: read.chipsExpected ?? chips.length,
  }
}

function chipsOf(read: BoardReading, lists: readonly LooseObject[]): ChipReading[] {
  return chipList(read, lists).map((entry, position) => {
    const chip = objectOf(entry)
    const hashrateHs = ghsToHs(chip.hr)
    const millivolts = countOf(chip.volt)
    return {
      boardSlot: read.slot,
      index: numberOf(chip.id) ?? position,
      hashrateHs,
      temperatureC: temperatureOf(chip.temp),
      frequencyMHz: countOf(chip.freq),
      voltageV: millivolts === null || millivolts === 0 ? null : millivolts / 1000,
      errors: countOf(chip.errs),
      working: hashrateHs === null ? null : hashrateHs > 0,
    }
  })
}

function readFans(cooling: unknown): FanReading[] {
  const dutyPercent = countOf(at(cooling, 'fan_duty'))
  return listOf(at(cooling, 'fans')).map((entry, position) => {
    const fan = objectOf(entry)
    const status = textOf(fan.status)?.toLowerCase() ?? null
    return {
      label: `Fan ${textOf(fan.id) ?? String(position)}`,
      rpm: countOf(fan.rpm),
      dutyPercent,
      ok: status === null ? null : status === 'ok',
    }
  })
}

/* ---- Pools ---- */

function readPools(list: unknown, atMs: number, uptimeS: number | null): PoolReading[] {
  const pools = listOf(list).flatMap((entry, position): PoolReading[] => {
    const pool = objectOf(entry)
    const url = textOf(pool.url)
    if (url === null) return []
    const type = textOf(pool.pool_type)?.toLowerCase() ?? 'userpool'
    const devFee = type !== 'userpool'
    const status = textOf(pool.status)?.toLowerCase() ?? null
    const lastShare = textOf(pool.ls_time)
    const ping = countOf(pool.ping)
    return [
      poolEntry({
        index: numberOf(pool.id) ?? position,
        url: devFee ? url : withScheme(url),
        user: textOf(pool.user) ?? '',
        alive: ALIVE[status ?? ''] ?? null,
        // "active" hashes now, "working" stands by.
        active: !devFee && status === 'active',
        devFee,
        accepted: countOf(pool.accepted),
        rejected: countOf(pool.rejected),
        stale: countOf(pool.stale),
        difficulty: difficultyOf(pool.diff),
        pingMs: ping === 0 ? null : ping,
        lastShareAtMs: lastShare === null || lastShare === '0' ? null : lastShareOf(lastShare, atMs, uptimeS),
      }),
    ]
  })
  return pools
}

const ALIVE: Readonly<Record<string, boolean>> = {
  active: true,
  working: true,
  rejecting: true,
  offline: false,
  disabled: false,
}

/* ---- Settings ---- */

function readSettings(settings: unknown, presets: unknown): RigSettings {
  const miner = objectOf(at(settings, 'miner'))
  const volt = countOf(at(miner.overclock, 'globals', 'volt'))
  const freq = countOf(at(miner.overclock, 'globals', 'freq'))
  const fanMode = textOf(at(miner.cooling, 'mode', 'name'))?.toLowerCase() ?? null
  const fanParam = countOf(at(miner.cooling, 'mode', 'param'))
  const limit = countOf(at(miner.misc, 'power_limit'))
  return {
    ...NO_SETTINGS,
    powerMode: textOf(at(miner.overclock, 'preset')),
    powerModes: listOf(presets).flatMap((entry) => {
      const id = textOf(at(entry, 'name'))
      return id === null ? [] : [{ id, label: presetLabel(id, entry) }]
    }),
    powerLimitW: booleanOf(at(miner.misc, 'power_limit_enabled')) === true ? limit : null,
    frequencyMHz: freq === 0 ? null : freq,
    coreVoltageMv: volt === null || volt === 0 ? null : volt * MV_PER_STEP,
    fanAuto: fanMode === null ? null : fanMode === 'auto',
    fanPercent: fanMode === 'manual' ? fanParam : null,
    targetC: fanMode === 'auto' ? fanParam : null,
  }
}

function presetLabel(id: string, entry: unknown): string {
  const pretty = textOf(at(entry, 'pretty')) ?? id
  const notes = [
    textOf(at(entry, 'status'))?.toLowerCase() === 'untuned' ? 'not tuned yet' : null,
    booleanOf(at(entry, 'modded_psu_required')) === true ? 'needs a changed power supply' : null,
  ].filter((note) => note !== null)
  return notes.length === 0 ? pretty : `${pretty} (${notes.join(', ')})`
}

/** `1.3.4` as `[1, 3]`; null if it does not begin with a version. */
export function vnishVersion(version: string | null): readonly [number, number] | null {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version ?? '') ?? []
  return major === undefined || minor === undefined ? null : [Number(major), Number(minor)]
}
