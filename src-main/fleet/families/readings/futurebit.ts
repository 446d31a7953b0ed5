/**
 * What a FutureBit Apollo says over GraphQL: one entry of statistics for each hashing unit, averages over named intervals
 * in GH/s, the box around them, its pools and settings. Pure. No recording is at hand: names and types are those of the
 * maker's public schema. Governing document: rig API digest, section 5.11.
 */
import {
  at,
  averageOf,
  booleanOf,
  countOf,
  durationOf,
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
  board,
  NO_SETTINGS,
  NO_SHARES,
  NO_TEMPERATURES,
  type PoolReading,
  poolEntry,
  reading,
  type RigHashrates,
  type RigReading,
  type RigSettings,
  type RigShares,
  type RigWorkState,
} from '../../model/reading.ts'

/** The `result` of each action; undefined where there was none. */
export interface FuturebitReplies {
  /** `Miner.stats`. */
  readonly stats?: unknown
  /** `Miner.online`. */
  readonly online?: unknown
  /** `Mcu.stats`. */
  readonly mcu?: unknown
  /** `Pool.list`. */
  readonly pools?: unknown
  /** `Settings.read`. */
  readonly settings?: unknown
}

const MODELS: Readonly<Record<string, string>> = { v1: 'Apollo BTC', v2: 'Apollo II' }
const MODES = [
  { id: 'eco', label: 'Eco' },
  { id: 'balanced', label: 'Balanced' },
  { id: 'turbo', label: 'Turbo' },
] as const
/** Interfaces that are no hardware of the box. */
const VIRTUAL = /^(?:lo|docker|veth|br-|virbr|tun|wg)/

export function futurebitReading(replies: FuturebitReplies, atMs: number): RigReading {
  const units = listOf(at(replies.stats, 'stats'))
  const hashrates = ratesOf(units)
  const boards = units.map((unit, slot) => {
    const slotOf = objectOf(at(unit, 'slots', 'int_0'))
    return board({
      slot,
      label: textOf(at(unit, 'uuid')) ?? textOf(at(unit, 'comport')) ?? String(slot),
      serial: textOf(at(unit, 'slaves', 0, 'uid')),
      hashrateHs: rate(unit, 'int_30'),
      chipsWorking: countOf(slotOf['chips']),
      boardC: temperatureOf(slotOf['temperature']),
      outletC: temperatureOf(slotOf['temperature1']),
      hardwareErrors: countOf(slotOf['errors']),
      active: countOf(slotOf['pwrOn']) === null ? null : countOf(slotOf['pwrOn']) !== 0,
    })
  })
  const powerW = sumOf(units.map((unit) => countOf(at(unit, 'master', 'boardsW'))))
  const version = textOf(at(units[0], 'version'))
  return reading({
    atMs,
    family: 'futurebit',
    firmware: 'Apollo OS',
    make: 'FutureBit',
    model: units.length === 0 && version === null ? null : (MODELS[version?.toLowerCase() ?? ''] ?? 'Apollo'),
    firmwareVersion: textOf(at(units[0], 'versions', 'miner')),
    apiVersion: textOf(at(units[0], 'statVersion')),
    mac: boxMac(replies.mcu) ?? macOf(at(units[0], 'master', 'hwAddr')),
    serial: textOf(at(units[0], 'slaves', 0, 'uid')),
    hostname: textOf(at(replies.mcu, 'stats', 'hostname')),
    state: stateOf(textOf(at(replies.online, 'online', 'status')), hashrates.nowHs),
    hashrates,
    boards,
    fans: units.flatMap((unit, slot) =>
      listOf(at(unit, 'fans', 'int_0', 'rpm')).map((rpm, index) => ({
        label: units.length === 1 ? String(index) : `${String(slot)}.${String(index)}`,
        rpm: countOf(rpm),
        dutyPercent: null,
        ok: null,
      })),
    ),
    temperatures: {
      ...NO_TEMPERATURES,
      boardMaxC: maxOf(boards.map(({ boardC }) => boardC)),
      chipMaxC: maxOf(units.map((unit) => temperatureOf(at(unit, 'temperature', 'max')))),
    },
    powerW,
    powerSource: powerW === null ? null : 'measured',
    settings: settingsOf(objectOf(at(replies.settings, 'settings'))),
    systemUptimeS: durationOf(at(replies.mcu, 'stats', 'uptime')),
    minerUptimeS: maxOf(units.map((unit) => countOf(at(unit, 'master', 'upTime')))),
    shares: sharesOf(units),
    pools: poolsOf(replies.pools, units),
    hashErrorPercent: averageOf(
      units.map((unit) => numberOf(at(unit, 'master', 'intervals', 'int_300', 'errorRate'))),
    ),
  })
}

function rate(unit: unknown, interval: string): number | null {
  return ghsToHs(at(unit, 'master', 'intervals', interval, 'bySol'))
}

function ratesOf(units: readonly unknown[]): RigHashrates {
  const total = (interval: string): number | null => sumOf(units.map((unit) => rate(unit, interval)))
  return {
    nowHs: total('int_30'),
    minuteHs: null,
    fiveMinutesHs: total('int_300'),
    fifteenMinutesHs: total('int_900'),
    hourHs: total('int_3600'),
    dayHs: null,
    averageHs: total('int_0'),
  }
}

/** A stopped miner leaves its last figures standing, so its own word comes first. */
function stateOf(status: string | null, nowHs: number | null): RigWorkState {
  if (status === 'offline') return 'paused'
  if (status === 'pending') return 'starting'
  if (status === 'error') return 'error'
  return nowHs === 0 ? 'starting' : 'mining'
}

function boxMac(mcu: unknown): string | null {
  for (const item of listOf(at(mcu, 'stats', 'network'))) {
    const mac = macOf(at(item, 'mac'))
    if (mac !== null && !VIRTUAL.test(textOf(at(item, 'name')) ?? '')) return mac
  }
  return null
}

function settingsOf(settings: Readonly<Record<string, unknown>>): RigSettings {
  const powerMode = textOf(settings['minerMode'])
  if (powerMode === null) return NO_SETTINGS
  return {
    ...NO_SETTINGS,
    powerMode,
    powerModes: powerMode === 'custom' ? [...MODES, { id: 'custom', label: 'Custom' }] : MODES,
    // Elsewhere it is a leftover of an earlier custom mode.
    frequencyMHz: powerMode === 'custom' ? countOf(settings['frequency']) : null,
  }
}

function sharesOf(units: readonly unknown[]): RigShares {
  const total = (name: string): number | null =>
    sumOf(units.map((unit) => countOf(at(unit, 'pool', 'intervals', 'int_0', name))))
  return {
    ...NO_SHARES,
    accepted: total('sharesAccepted'),
    rejected: total('sharesRejected'),
    stale: total('staleJobShares'),
  }
}

/** Those that are configured and enabled; which of them is in use the units say, and all of it if the list is withheld. */
function poolsOf(listed: unknown, units: readonly unknown[]): PoolReading[] {
  const used = units.flatMap((unit) => {
    const [host, port] = [textOf(at(unit, 'pool', 'host')), countOf(at(unit, 'pool', 'port'))]
    if (host === null || port === null) return []
    return {
      place: `${host.toLowerCase()}:${String(port)}`,
      user: textOf(at(unit, 'pool', 'userName')) ?? '',
      difficulty: countOf(at(unit, 'pool', 'diff')),
      accepted: countOf(at(unit, 'pool', 'intervals', 'int_0', 'sharesAccepted')),
      rejected: countOf(at(unit, 'pool', 'intervals', 'int_0', 'sharesRejected')),
      alive: booleanOf(at(unit, 'pool', 'intervals', 'int_0', 'inService')),
    }
  })
  const entries = listOf(at(listed, 'pools')).filter((pool) => booleanOf(at(pool, 'enabled')) !== false)
  if (entries.length === 0) {
    return used.map(({ place, user, difficulty, accepted, rejected, alive }, index) =>
      poolEntry({
        index,
        url: `stratum+tcp://${place}`,
        user,
        active: true,
        alive,
        difficulty,
        accepted,
        rejected,
      }),
    )
  }
  return entries.flatMap((pool, order) => {
    const url = textOf(at(pool, 'url'))
    if (url === null) return []
    const place = url
      .replace(/^[a-z+]+:\/\//i, '')
      .replace(/\/.*$/, '')
      .toLowerCase()
    const now = used.find((one) => one.place === place)
    return poolEntry({
      index: countOf(at(pool, 'index')) ?? order,
      url: url.includes('://') ? url : `stratum+tcp://${url}`,
      user: textOf(at(pool, 'username')) ?? '',
      active: now !== undefined,
      alive: now?.alive ?? null,
      difficulty: now?.difficulty ?? null,
      accepted: now?.accepted ?? null,
      rejected: now?.rejected ?? null,
    })
  })
}
