/**
 * What an Antminer says of itself, put together from its replies; also for the firmwares built on Bitmain's (Hiveon,
 * MSKminer), which differ in a few facts that `BitmainWays` names. Pure.
 * Governing document: rig API digest, section 5.1.
 */
import { at, booleanOf, macOf, maxOf, measureOf, objectOf, sumOf, textOf } from '../../model/lenient.ts'
import {
  type BoardReading,
  board,
  type FamilyId,
  NO_SETTINGS,
  NO_TEMPERATURES,
  type PowerSource,
  reading,
  type RigError,
  type RigReading,
  type RigWorkState,
} from '../../model/reading.ts'
import { statusErrors, warningErrors } from './antminer-errors.ts'
import { type AntminerModel, antminerModelName, findAntminerModel } from './antminer-models.ts'
import {
  BITMAIN_POWER_MODES,
  isSleepMode,
  readBitmainConfiguration,
  readBitmainPools,
  readBitmainSummary,
  readBitmainVersion,
} from './bitmain-replies.ts'
import { type BitmainStats, readBitmainStats } from './bitmain-stats.ts'

/** In what the firmwares built on Bitmain's differ. */
export interface BitmainWays {
  readonly family: FamilyId
  readonly firmware: string
  /** What the watts in its `stats` are worth. */
  readonly powerSource: PowerSource
  /** The model as the maker writes it, from the type that this firmware gives. */
  readonly modelName: (type: string | null) => string | null
}

/** Parsed replies; undefined for what was not asked or not answered. */
export interface BitmainReplies {
  readonly version?: unknown
  readonly summary?: unknown
  readonly pools?: unknown
  /** Of RPC `stats`, with or without `new_api`, or of `stats.cgi`. */
  readonly stats?: unknown
  /** `get_system_info.cgi` */
  readonly systemInfo?: unknown
  /** `miner_type.cgi` */
  readonly minerType?: unknown
  /** `get_miner_conf.cgi` */
  readonly configuration?: unknown
  /** `summary.cgi` */
  readonly webSummary?: unknown
  /** `get_blink_status.cgi`, or `blink.cgi` with `onPageLoaded` */
  readonly blink?: unknown
  /** Text of `:6060/warning`. */
  readonly warning?: string
  /** Text of `:6060/miner_power`. */
  readonly minerPower?: string
  /** Its web pages answer and say that the miner program does not run. */
  readonly minerDown?: boolean
}

const STOCK: BitmainWays = {
  family: 'antminer',
  firmware: 'Stock',
  powerSource: 'measured',
  modelName: antminerModelName,
}

/** Chips are hot and a miner ramps up for minutes: without a hashrate for longer than this, it does not start any more. */
const STARTING_S = 600

export function antminerReading(replies: BitmainReplies, atMs: number): RigReading {
  return bitmainReading(STOCK, replies, atMs)
}

export function bitmainReading(ways: BitmainWays, replies: BitmainReplies, atMs: number): RigReading {
  const version = readBitmainVersion(replies.version)
  const webVersion = readBitmainVersion(replies.webSummary)
  const system = objectOf(replies.systemInfo)
  const webSummary = readBitmainSummary(replies.webSummary)
  const summary = readBitmainSummary(replies.summary) ?? webSummary
  const configuration = readBitmainConfiguration(replies.configuration)
  const type =
    version.type ??
    textOf(at(replies.minerType, 'miner_type')) ??
    textOf(system.minertype) ??
    webVersion.type ??
    textOf(at(replies.stats, 'INFO', 'type'))
  const modelName = ways.modelName(type)
  const model = findAntminerModel(modelName)
  const stats = readBitmainStats(replies.stats, modelName !== null && /hyd/i.test(modelName))
  const errors = [...(warningErrors(replies.warning ?? '') ?? []), ...statusErrors(webSummary?.status)]
  const hashrates = mergeHashrates(summary?.hashrates, stats?.hashrates)
  const minerUptimeS = summary?.elapsedS ?? stats?.elapsedS ?? null
  const isAsleep = configuration.isAsleep || isSleepMode(stats?.mode ?? null)
  const state = stateOf({
    minerDown: replies.minerDown === true,
    isAsleep,
    nowHs: hashrates?.nowHs ?? null,
    minerUptimeS,
    errors,
  })
  const boards = fillBoards(stats, model, modelName)
  const pools = readBitmainPools(replies.pools, atMs, minerUptimeS)
  return reading({
    atMs,
    family: ways.family,
    make: 'Antminer',
    model: modelName,
    firmware: ways.firmware,
    firmwareVersion:
      textOf(system.system_filesystem_version) ??
      textOf(at(replies.minerType, 'fw_version')) ??
      webVersion.compileTime ??
      version.compileTime,
    apiVersion: version.api ?? webVersion.api,
    controlBoard: textOf(at(replies.minerType, 'subtype'))?.replace(/_.*$/, '') ?? null,
    mac: macOf(system.macaddr),
    serial: textOf(system.serinum) ?? textOf(system.serial_no),
    hostname: textOf(system.hostname),
    state,
    ...(hashrates === null ? {} : { hashrates }),
    expectedHs: stats?.expectedHs ?? summary?.expectedHs ?? webSummary?.expectedHs ?? null,
    boards,
    chips: stats?.chips ?? [],
    fans: (stats?.fans ?? []).map((fan) => ({
      ...fan,
      ok: isAsleep || state === 'miner-down' ? null : fan.ok,
    })),
    temperatures: {
      ...NO_TEMPERATURES,
      chipMaxC: maxOf(boards.map(({ chipMaxC }) => chipMaxC)),
      boardMaxC: maxOf(boards.map(({ boardC }) => boardC)),
      waterInC: stats?.waterInC ?? null,
      waterOutC: stats?.waterOutC ?? null,
    },
    ...powerOf(
      ways,
      replies.minerPower,
      stats,
      state === 'mining' ? (hashrates?.nowHs ?? null) : null,
      model,
    ),
    settings: {
      ...NO_SETTINGS,
      powerMode: configuration.mode ?? stats?.mode ?? null,
      powerModes: configuration.mode === null && stats?.mode == null ? [] : BITMAIN_POWER_MODES,
      frequencyMHz: configuration.frequencyMHz,
      fanAuto: configuration.fanAuto,
      fanPercent: configuration.fanPercent,
    },
    minerUptimeS,
    shares: {
      accepted: summary?.accepted ?? sumOf(pools.map(({ accepted }) => accepted)),
      rejected: summary?.rejected ?? sumOf(pools.map(({ rejected }) => rejected)),
      stale: summary?.stale ?? sumOf(pools.map(({ stale }) => stale)),
      lastShareAtMs: maxOf(pools.map(({ lastShareAtMs }) => lastShareAtMs)),
      rejectReasons: [],
    },
    bestShare: summary?.bestShare ?? webSummary?.bestShare ?? null,
    blocksFound: summary?.blocksFound ?? null,
    pools,
    locating: booleanOf(at(replies.blink, 'blink')) ?? booleanOf(at(replies.blink, 'isBlinking')),
    errors,
    hashErrorPercent: summary?.hashErrorPercent ?? null,
    hardwareErrors: summary?.hardwareErrors ?? stats?.hardwareErrors ?? null,
  })
}

function mergeHashrates(
  first: RigReading['hashrates'] | undefined,
  second: RigReading['hashrates'] | undefined,
): RigReading['hashrates'] | null {
  if (first === undefined || second === undefined) return first ?? second ?? null
  return { ...first, nowHs: first.nowHs ?? second.nowHs, averageHs: first.averageHs ?? second.averageHs }
}

interface Signs {
  readonly minerDown: boolean
  readonly isAsleep: boolean
  readonly nowHs: number | null
  readonly minerUptimeS: number | null
  readonly errors: readonly RigError[]
}

function stateOf({ minerDown, isAsleep, nowHs, minerUptimeS, errors }: Signs): RigWorkState {
  if (isAsleep) return 'paused'
  if (minerDown) return 'miner-down'
  if (nowHs !== null && nowHs > 0) return 'mining'
  if (errors.some(({ code }) => code === 'P:1')) return 'overheated'
  if (minerUptimeS === null || minerUptimeS < STARTING_S) return 'starting'
  return errors.some(({ severity }) => severity === 'error') ? 'error' : 'stopped'
}

/** Boards as read, with the chips that should be on them and places for the ones that do not answer, by the model's table. */
function fillBoards(
  stats: BitmainStats | null,
  model: AntminerModel | null,
  modelName: string | null,
): BoardReading[] {
  if (stats === null) return []
  const boards = stats.boards.map((read) => {
    const fromTable =
      model !== null && (read.chipsWorking ?? 0) <= model.chipsPerBoard ? model.chipsPerBoard : null
    return { ...read, chipsExpected: read.chipsExpected ?? fromTable }
  })
  // The boards of a T9+ are listed in three pieces each: what the table says is no count of lines there.
  const expected = model === null || modelName === null || /^t9/i.test(modelName) ? 0 : model.boards
  while (boards.length > 0 && boards.length < expected) {
    boards.push(board({ slot: boards.length, label: 'Not found', active: false, missing: true }))
  }
  return boards
}

function powerOf(
  { powerSource }: BitmainWays,
  minerPower: string | undefined,
  stats: BitmainStats | null,
  nowHs: number | null,
  model: AntminerModel | null,
): Pick<RigReading, 'powerW' | 'powerSource'> {
  const said = measureOf(/power\s*:\s*(\d+(?:\.\d+)?)/i.exec(minerPower ?? '')?.[1])
  if (said !== null && said > 0) return { powerW: said, powerSource: 'measured' }
  if (stats?.powerW != null) return { powerW: stats.powerW, powerSource }
  const estimateW = nowHs === null || model === null ? 0 : Math.round((nowHs / 1e12) * model.efficiencyJTh)
  // It always draws something, also where it hardly hashes.
  if (estimateW === 0) return { powerW: null, powerSource: null }
  return { powerW: estimateW, powerSource: 'estimated' }
}
