/**
 * Proto Rig's answers (MDK API 1.8) to a reading. Members are read where either the recorded simulator or the interface's
 * description has them; units are the answer's own. Pure. Governing document: rig API digest, section 5.10.
 */
import {
  at,
  averageOf,
  countOf,
  difficultyOf,
  ghsToHs,
  hashrateIn,
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
  board,
  type BoardReading,
  type ChipReading,
  type FanReading,
  NO_HASHRATES,
  NO_SHARES,
  NO_TEMPERATURES,
  poolEntry,
  type PoolReading,
  reading,
  type RigError,
  type RigReading,
  type RigSettings,
  type RigWorkState,
} from '../../model/reading.ts'

/** Answers by path below `/api/v1/`; what was not answered is undefined. */
export interface ProtoReplies {
  readonly system?: unknown
  readonly network?: unknown
  readonly mining?: unknown
  readonly telemetry?: unknown
  readonly pools?: unknown
  readonly cooling?: unknown
  readonly target?: unknown
  readonly hashboards?: unknown
  readonly errors?: unknown
}

const STATES: Readonly<Record<string, RigWorkState>> = {
  Uninitialized: 'starting',
  PoweringOn: 'starting',
  Mining: 'mining',
  DegradedMining: 'mining',
  PoweringOff: 'paused',
  Stopped: 'paused',
  Curtailed: 'paused',
  NoPools: 'stopped',
  Error: 'error',
}

/** Its own names, with ours. */
const MODES = [
  { id: 'MaximumHashrate', label: 'Most hashrate' },
  { id: 'Efficiency', label: 'Efficiency' },
]

/** @returns null if nothing in it is a Proto Rig's */
export function readProto(replies: ProtoReplies, atMs: number): RigReading | null {
  const system = objectOf(at(replies.system, 'system-info'))
  const mining = objectOf(at(replies.mining, 'mining-status'))
  if (Object.keys(system).length === 0 && Object.keys(mining).length === 0) return null
  const network = objectOf(at(replies.network, 'network-info'))
  const telemetry = objectOf(replies.telemetry)
  const status = textOf(mining['status'])
  const chips = chipsOf(telemetry)
  const boards = boardsOf(telemetry, replies.hashboards, chips)
  const pools = poolsOf(replies.pools, atMs)
  const psus = listOf(telemetry['psus'])
  const powerW = countOf(mining['power_usage_watts']) ?? countOf(at(telemetry, 'miner', 'power', 'value'))
  return reading({
    atMs,
    family: 'proto',
    firmware: textOf(at(system, 'os', 'name')) ?? 'ProtoOS',
    state: STATES[status ?? ''] ?? (status === null ? 'starting' : 'error'),
    make: textOf(system['manufacturer']) ?? 'Proto',
    model: textOf(system['model']) ?? textOf(system['product_name']),
    firmwareVersion: textOf(at(system, 'os', 'version')),
    apiVersion: textOf(at(system, 'web_server', 'version')),
    controlBoard: textOf(system['board']),
    mac: macOf(network['mac']),
    serial: textOf(system['cb_sn']),
    hostname: textOf(network['hostname']) ?? textOf(at(system, 'os', 'hostname')),
    hashrates: {
      ...NO_HASHRATES,
      nowHs: ghsToHs(mining['hashrate_ghs']) ?? metricHs(at(telemetry, 'miner', 'hashrate')),
      averageHs: ghsToHs(mining['average_hashrate_ghs']),
    },
    expectedHs: ghsToHs(mining['ideal_hashrate_ghs']),
    boards,
    chips,
    fans: fansOf(replies.cooling),
    temperatures: {
      ...NO_TEMPERATURES,
      chipMaxC: maxOf(chips.map(({ temperatureC }) => temperatureC)),
      boardMaxC: maxOf([
        ...boards.flatMap(({ boardC, outletC }) => [boardC, outletC]),
        temperatureOf(mining['average_hb_temp_c']),
      ]),
      ambientC: maxOf(psus.map((psu) => temperatureOf(at(psu, 'temperature', 'ambient')))),
    },
    powerW,
    powerSource: powerW === null ? null : 'measured',
    inputVoltageV: averageOf(psus.map((psu) => positive(at(psu, 'voltage', 'input')))),
    inputCurrentA: sumOf(psus.map((psu) => countOf(at(psu, 'current', 'input')))),
    settings: settingsOf(replies, mining),
    systemUptimeS: countOf(mining['reboot_uptime_s']) ?? countOf(system['uptime_seconds']),
    minerUptimeS: countOf(mining['mining_uptime_s']),
    shares: {
      ...NO_SHARES,
      accepted: sumOf(pools.map(({ accepted }) => accepted)),
      rejected: sumOf(pools.map(({ rejected }) => rejected)),
      lastShareAtMs: maxOf(pools.map(({ lastShareAtMs }) => lastShareAtMs)),
    },
    bestShare: maxOf(
      listOf(at(replies.pools, 'pools')).map((pool) => difficultyOf(at(pool, 'best_difficulty_share'))),
    ),
    pools,
    errors: [...statusErrors(status), ...errorsOf(replies.errors)],
    hardwareErrors: countOf(mining['hw_errors']),
  })
}

function metricHs(metric: unknown): number | null {
  return hashrateIn(at(metric, 'value'), at(metric, 'unit'), 1e12)
}

function positive(value: unknown): number | null {
  const number = countOf(value)
  return number === 0 ? null : number
}

/** Lists of values by chip, for each board; only at the level `asic`. */
function chipsOf(telemetry: LooseObject): ChipReading[] {
  return listOf(telemetry['hashboards']).flatMap((each, boardSlot) => {
    const rates = listOf(at(each, 'asics', 'hashrate', 'values'))
    const unit = at(each, 'asics', 'hashrate', 'unit')
    const degrees = listOf(at(each, 'asics', 'temperature', 'values'))
    return Array.from({ length: Math.max(rates.length, degrees.length) }, (_, index): ChipReading => {
      const hashrateHs = hashrateIn(rates[index], unit, 1e12)
      return {
        boardSlot,
        index,
        hashrateHs,
        temperatureC: temperatureOf(degrees[index]),
        frequencyMHz: null,
        voltageV: null,
        errors: null,
        working: hashrateHs === null ? null : hashrateHs > 0,
      }
    })
  })
}

function boardsOf(
  telemetry: LooseObject,
  hashboards: unknown,
  chips: readonly ChipReading[],
): BoardReading[] {
  const known = listOf(at(hashboards, 'hashboards-info'))
  return listOf(telemetry['hashboards']).map((each, slot) => {
    const serial = textOf(at(each, 'serial_number'))
    const info = known.find((other) => serial !== null && textOf(at(other, 'hb_sn')) === serial)
    const own = chips.filter(({ boardSlot }) => boardSlot === slot)
    const hashrateHs = metricHs(at(each, 'hashrate'))
    return board({
      slot,
      label: `Board ${textOf(at(each, 'index')) ?? String(slot)}`,
      serial,
      hashrateHs,
      chipsWorking: own.some(({ working }) => working !== null)
        ? own.filter(({ working }) => working === true).length
        : null,
      chipsExpected: positive(at(info, 'mining_asic_count')),
      boardC: temperatureOf(at(each, 'temperature', 'average')),
      chipMinC: null,
      chipAverageC: averageOf(own.map(({ temperatureC }) => temperatureC)),
      chipMaxC: maxOf(own.map(({ temperatureC }) => temperatureC)),
      inletC: temperatureOf(at(each, 'temperature', 'inlet')),
      outletC: temperatureOf(at(each, 'temperature', 'outlet')),
      voltageV: positive(at(each, 'voltage', 'value')),
      active: hashrateHs === null ? null : hashrateHs > 0,
    })
  })
}

function fansOf(cooling: unknown): FanReading[] {
  return listOf(at(cooling, 'cooling-status', 'fans')).map((fan, i) => {
    const rpm = countOf(at(fan, 'rpm'))
    const dutyPercent = countOf(at(fan, 'percentage'))
    const stalled = rpm === 0 && dutyPercent !== null && dutyPercent > 0
    return {
      label: `Fan ${textOf(at(fan, 'slot')) ?? String(i + 1)}`,
      rpm,
      dutyPercent,
      ok: stalled ? false : rpm === null || rpm === 0 ? null : true,
    }
  })
}

function settingsOf({ cooling, target }: ProtoReplies, mining: LooseObject): RigSettings {
  const status = objectOf(at(cooling, 'cooling-status'))
  const fanMode = textOf(status['fan_mode'])
  const goal = objectOf(target)
  const [min, max] = [positive(goal['power_target_min_watts']), positive(goal['power_target_max_watts'])]
  const mode = textOf(goal['performance_mode'])
  return {
    powerMode: mode,
    powerModes: mode === null ? [] : MODES,
    powerLimitW: positive(goal['power_target_watts']) ?? positive(mining['power_target_watts']),
    powerLimitRangeW: min === null || max === null ? null : { min, max },
    frequencyMHz: null,
    frequencyOptionsMHz: [],
    coreVoltageMv: null,
    coreVoltageOptionsMv: [],
    fanAuto: fanMode === null || fanMode === 'Unknown' ? null : fanMode === 'Auto',
    fanPercent: fanMode === 'Manual' ? countOf(status['speed_percentage']) : null,
    targetC: positive(status['target_temperature_c']),
  }
}

function poolsOf(reply: unknown, atMs: number): PoolReading[] {
  return listOf(at(reply, 'pools'))
    .map((pool, i) => {
      const status = textOf(at(pool, 'status')) ?? textOf(at(pool, 'connection_status'))
      return {
        rank: numberOf(at(pool, 'priority')) ?? i,
        entry: poolEntry({
          index: numberOf(at(pool, 'id')) ?? i,
          url: protoPoolUrl(pool),
          user: textOf(at(pool, 'user')) ?? textOf(at(pool, 'username')) ?? '',
          alive: status === 'Active' ? true : status === 'Dead' ? false : null,
          accepted: countOf(at(pool, 'accepted')),
          rejected: countOf(at(pool, 'rejected')),
          difficulty: difficultyOf(at(pool, 'current_difficulty')) ?? difficultyOf(at(pool, 'difficulty')),
          lastShareAtMs: lastShareOf(at(pool, 'last_share_time'), atMs),
        }),
        works: status === 'Active',
      }
    })
    .sort((a, b) => a.rank - b.rank)
    .map(({ entry, works }, i, all) => ({
      ...entry,
      // Several may be connected; work goes to the first of them.
      active: works && all.findIndex((each) => each.works) === i,
    }))
}

/** With the authority key, which it keeps beside the URL. */
export function protoPoolUrl(pool: unknown): string {
  const url = textOf(at(pool, 'url')) ?? ''
  const key = textOf(at(pool, 'v2_authority_pubkey'))
  return key === null || !/^stratum2\+/i.test(url) || url.endsWith(`/${key}`)
    ? url
    : `${url.replace(/\/$/, '')}/${key}`
}

function statusErrors(status: string | null): RigError[] {
  const one = (code: string, text: string, remedy: string, severity: RigError['severity']): RigError[] => [
    { code, text, remedy, severity, component: null, sinceMs: null },
  ]
  switch (status) {
    case 'NoPools':
      return one(
        'NoPools',
        'It has no pool that answers.',
        'Set its pools, or check whether they can be reached.',
        'error',
      )
    case 'DegradedMining':
      return one(
        'DegradedMining',
        'It mines, but not with all of its boards.',
        'Look which board is missing below, and restart the rig.',
        'warning',
      )
    case 'Error':
      return one(
        'Error',
        'It says that it cannot mine.',
        'Look at its other messages; if there are none, restart it.',
        'error',
      )
    case 'Curtailed':
      return one(
        'Curtailed',
        'It is curtailed: somebody who buys or manages its power stopped it.',
        'It starts by itself when that ends.',
        'info',
      )
    default:
      return []
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  fan: 'Check that the fan turns freely and its plug sits.',
  psu: 'Check mains, cables and plugs of the power supply; if it stays so, replace it.',
  hashboard: 'Restart the rig; if it stays so, reseat the board or have it repaired.',
}

/** A list, in the answer itself or under a name. */
function errorsOf(reply: unknown): RigError[] {
  const list = Array.isArray(reply) ? listOf(reply) : listOf(at(reply, 'errors'))
  return list.flatMap((each) => {
    const code = textOf(at(each, 'error_code'))
    const message = textOf(at(each, 'message'))
    if (code === null && message === null) return []
    const source = textOf(at(each, 'source'))?.toLowerCase() ?? null
    const slot = textOf(at(each, 'slot'))
    const since = countOf(at(each, 'timestamp'))
    return [
      {
        code: code ?? 'error',
        text: message ?? code ?? '',
        remedy: REMEDIES[source ?? ''] ?? null,
        severity: 'error' as const,
        component:
          source === null
            ? null
            : source === 'rig' || slot === null
              ? source
              : `${source === 'hashboard' ? 'board' : source} ${slot}`,
        sinceMs: since === null || since === 0 ? null : since * 1000,
      },
    ]
  })
}
