/**
 * Answers of Braiins OS's GraphQL (before 25.07) as a reading. Rates in MH/s. Temperature names differ by release, so they
 * are matched by how they begin. Pure, never throws. Governing document: rig API digest, section 5.2; recordings of 22.08
 * and 25.03.
 */
import {
  at,
  booleanOf,
  countOf,
  listOf,
  type LooseObject,
  macOf,
  maxOf,
  mhsToHs,
  objectOf,
  sumOf,
  temperatureOf,
  textOf,
} from '../../model/lenient.ts'
import {
  board,
  type BoardReading,
  type FanReading,
  NO_HASHRATES,
  NO_SETTINGS,
  NO_SHARES,
  NO_TEMPERATURES,
  poolEntry,
  type PoolReading,
  reading,
  type RigReading,
  type RigSettings,
  type RigWorkState,
} from '../../model/reading.ts'
import { readBraiinsAppeals } from './braiins-errors.ts'
import { braiinsVersion } from './braiins-rest.ts'
import { machineName } from './machine-name.ts'

/** The `data` member of each answer (or the whole answer); absent is what failed. */
export interface BraiinsGraphqlReplies {
  /** `bosminer.info.modelName` */
  readonly model?: unknown
  /** `bos`, and rates, fans and power of `bosminer.info` */
  readonly system?: unknown
  readonly boards?: unknown
  readonly pools?: unknown
  readonly tuning?: unknown
  /** `bosminer.metadata.autotuning.powerTarget` */
  readonly limits?: unknown
  readonly events?: unknown
  /** RPC `version` */
  readonly rpcVersion?: unknown
  /** LuCI's `admin/network/iface_status/lan` */
  readonly network?: unknown
}

/** @param atMs when the replies arrived, epoch milliseconds */
export function readBraiinsGraphql(replies: BraiinsGraphqlReplies, atMs: number): RigReading {
  const system = dataOf(replies.system)
  const info = at(system, 'bosminer', 'info')
  const solver = at(info, 'workSolver')
  const boards = readBoards(replies.boards)
  const nowHs =
    mhsToHs(at(solver, 'realHashrate', 'mhs5S')) ?? sumOf(boards.map(({ hashrateHs }) => hashrateHs))
  const powerW = countOf(at(info, 'summary', 'power', 'approxConsumptionW'))
  const pools = readPools(replies.pools)
  return reading({
    atMs,
    family: 'braiins',
    firmware: 'Braiins OS',
    ...machineName(textOf(at(dataOf(replies.model), 'bosminer', 'info', 'modelName'))),
    firmwareVersion: braiinsVersion(textOf(at(system, 'bos', 'info', 'version', 'full'))),
    apiVersion: textOf(at(replies.rpcVersion, 'VERSION', 0, 'API')),
    mac: macOf(at(replies.network, 0, 'macaddr')),
    hostname: textOf(at(system, 'bos', 'hostname')),
    state: readState(replies, nowHs),
    hashrates: { ...NO_HASHRATES, nowHs },
    expectedHs: mhsToHs(at(solver, 'nominalMhs')),
    boards,
    fans: listOf(at(info, 'fans')).map(readFan),
    temperatures: {
      ...NO_TEMPERATURES,
      chipMaxC: maxOf(boards.map(({ chipMaxC }) => chipMaxC)),
      boardMaxC: maxOf(boards.map(({ boardC }) => boardC)),
    },
    powerW,
    powerSource: powerW === null ? null : 'estimated',
    settings: readSettings(replies),
    systemUptimeS: countOf(at(system, 'bos', 'uptime', 'durationS')),
    shares: {
      ...NO_SHARES,
      accepted: sumOf(pools.map(({ accepted }) => accepted)),
      rejected: sumOf(pools.map(({ rejected }) => rejected)),
    },
    pools,
    locating: booleanOf(at(system, 'bos', 'faultLight')),
    errors: readBraiinsAppeals(at(dataOf(replies.events), 'events', 'appeals'), atMs),
  })
}

/** Answers come whole or as their `data`. */
function dataOf(reply: unknown): LooseObject {
  const whole = objectOf(reply)
  return Object.hasOwn(whole, 'data') ? objectOf(whole.data) : whole
}

/** Without a work solver its miner is stopped, which is how these releases pause. */
function readState(replies: BraiinsGraphqlReplies, nowHs: number | null): RigWorkState {
  if (nowHs !== null && nowHs > 0) return 'mining'
  const info = at(dataOf(replies.system), 'bosminer', 'info')
  return at(info, 'workSolver') === null || info === null ? 'paused' : 'starting'
}

function readBoards(reply: unknown): BoardReading[] {
  return listOf(at(dataOf(reply), 'bosminer', 'info', 'workSolver', 'childSolvers')).map((solver, slot) => {
    const hardware = at(solver, 'hwDetails')
    const chips = countOf(at(hardware, 'chips'))
    const frequency = countOf(at(hardware, 'frequencyMhz'))
    const hashrateHs = mhsToHs(at(solver, 'realHashrate', 'mhs5S'))
    return board({
      slot,
      label: textOf(at(solver, 'name')) ?? String(slot),
      serial: textOf(at(hardware, 'hbSerialNumber')),
      hashrateHs,
      expectedHs: mhsToHs(at(solver, 'nominalMhs')),
      chipsWorking: chips,
      ...readTemperatures(at(solver, 'temperatures')),
      frequencyMHz: frequency === 0 ? null : frequency,
      voltageV: countOf(at(hardware, 'voltageV')),
      active: hashrateHs === null ? null : hashrateHs > 0,
    })
  })
}

/** `Board` and `Chip` in old releases; `Max Board` or `MAX_BOARD`, and so on, in newer ones. */
function readTemperatures(list: unknown): Pick<BoardReading, 'boardC' | 'chipMaxC' | 'inletC' | 'outletC'> {
  const of = (begins: string): number | null =>
    maxOf(
      listOf(list)
        .filter((entry) =>
          (textOf(at(entry, 'name')) ?? '')
            .toLowerCase()
            .replace(/^max[\s_]*/, '')
            .startsWith(begins),
        )
        .map((entry) => temperatureOf(at(entry, 'degreesC'))),
    )
  return { boardC: of('board'), chipMaxC: of('chip'), inletC: of('inlet'), outletC: of('outlet') }
}

function readFan(entry: unknown, index: number): FanReading {
  return {
    label: textOf(at(entry, 'name')) ?? String(index),
    rpm: countOf(at(entry, 'rpm')),
    dutyPercent: countOf(at(entry, 'speed')),
    ok: null,
  }
}

function readPools(reply: unknown): PoolReading[] {
  const pools: PoolReading[] = []
  for (const group of listOf(at(dataOf(reply), 'bosminer', 'info', 'poolGroups'))) {
    for (const pool of listOf(at(group, 'pools'))) {
      pools.push(
        poolEntry({
          index: pools.length,
          url: textOf(at(pool, 'url')) ?? '',
          user: textOf(at(pool, 'user')) ?? '',
          group: textOf(at(group, 'name')),
          alive: readAlive(textOf(at(pool, 'status'))),
          active: booleanOf(at(pool, 'active')) ?? false,
          accepted: countOf(at(pool, 'shares', 'acceptedSolutions')),
          rejected: countOf(at(pool, 'shares', 'rejectedSolutions')),
        }),
      )
    }
  }
  return pools
}

function readAlive(status: string | null): boolean | null {
  if (status === null) return null
  return /^(?:alive|running|active)$/i.test(status)
}

function readSettings(replies: BraiinsGraphqlReplies): RigSettings {
  const tuning = at(dataOf(replies.tuning), 'bosminer')
  const limitW =
    countOf(at(tuning, 'config', 'autotuning', 'powerTarget')) ??
    countOf(at(tuning, 'info', 'summary', 'power', 'limitW')) ??
    countOf(at(dataOf(replies.system), 'bosminer', 'info', 'summary', 'power', 'limitW'))
  const range = at(dataOf(replies.limits), 'bosminer', 'metadata', 'autotuning', 'powerTarget')
  const min = countOf(at(range, 'min'))
  const max = countOf(at(range, 'max'))
  const mode = textOf(at(tuning, 'config', 'autotuning', 'mode'))
  return {
    ...NO_SETTINGS,
    powerMode: mode === null ? null : mode.toLowerCase().replaceAll('_', ' '),
    powerLimitW: limitW,
    powerLimitRangeW: min === null || max === null ? null : { min, max },
  }
}
