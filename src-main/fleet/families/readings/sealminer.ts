/**
 * What a SealMiner (bdminer) says: one long table of everything as RPC `stats`, beside cgminer's sums and pools, and a page
 * of its web for light and modes. Rates in MH/s. Pure.
 * Governing document: rig API digest, section 5.11; captures `sealminer/*`, which lack `stats`: its names are those that a
 * public driver reads.
 */
import {
  at,
  booleanOf,
  countOf,
  difficultyOf,
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
  NO_SETTINGS,
  NO_TEMPERATURES,
  reading,
  type RigError,
  type RigHashrates,
  type RigReading,
  type RigSettings,
  type RigWorkState,
} from '../../model/reading.ts'
import { latestShare, readCgminerPools, readCgminerSummary } from './plain-cgminer.ts'

/** Parsed replies; undefined where there was none. */
export interface SealminerReplies {
  readonly version?: unknown
  readonly summary?: unknown
  readonly stats?: unknown
  readonly pools?: unknown
  /** `get_system_info.php`. */
  readonly systemInfo?: unknown
  /** `miner-psu-status.php`. */
  readonly psuStatus?: unknown
}

/** More of them are taken for a mistake. */
const MAX_PARTS = 16
const SENSORS_PER_BOARD = 4
/** Names of modes as members of the system page, whose values are what `miningMode` is set to. */
const MODE_LABELS: readonly (readonly [string, string])[] = [
  ['low_power', 'Low power'],
  ['normal', 'Normal'],
  ['high_performance', 'High performance'],
  ['custom', 'Custom'],
]

export function sealminerReading(replies: SealminerReplies, atMs: number): RigReading {
  const stats = objectOf(at(replies.stats, 'STATS', 0))
  const info = objectOf(replies.systemInfo)
  const summary = readCgminerSummary(replies.summary)
  const minerUptimeS = countOf(stats['Elapsed']) ?? summary.elapsedS
  const pools = readCgminerPools(replies.pools, atMs, minerUptimeS)
  const boards = boardsOf(stats)
  const hashrates = ratesOf(stats, summary.hashrates)
  const powerW = countOf(stats['PSU Input Power']) ?? countOf(objectOf(replies.psuStatus)['Power'])
  return reading({
    atMs,
    family: 'sealminer',
    firmware: 'Stock',
    make: 'SealMiner',
    model: textOf(stats['Model']) ?? textOf(info['miner_type']),
    firmwareVersion: textOf(stats['Firmware']) ?? textOf(info['firmware_version']),
    apiVersion: textOf(at(replies.version, 'VERSION', 0, 'API')),
    controlBoard: textOf(stats['Ctrl Board']) ?? textOf(info['ctrl_version']),
    mac: macOf(stats['MAC']) ?? macOf(info['macaddr']),
    serial: textOf(stats['Ctrl Board SN']) ?? textOf(info['crtl_sn']),
    state: stateOf(stats, hashrates.nowHs),
    hashrates,
    expectedHs: mhsToHs(stats['MHS(Ideal)']),
    stickerHs: mhsToHs(stats['MHS(Rated)']),
    boards,
    fans: numbered(stats, 'Fan Count').map((index) => ({
      label: String(index),
      rpm: countOf(stats[`${String(index)} Speed`]),
      dutyPercent: null,
      ok: null,
    })),
    psuFans:
      countOf(stats['PSU Fan Speed']) === null
        ? []
        : [{ label: 'psu', rpm: countOf(stats['PSU Fan Speed']), dutyPercent: null, ok: null }],
    temperatures: {
      ...NO_TEMPERATURES,
      boardMaxC: maxOf([temperatureOf(stats['Temp']), ...boards.map(({ boardC }) => boardC)]),
      ambientC: temperatureOf(stats['PSU Temp AMB']) ?? temperatureOf(objectOf(replies.psuStatus)['Temp']),
    },
    powerW,
    powerSource: powerW === null ? null : 'measured',
    inputVoltageV: countOf(stats['PSU Input Voltage']),
    settings: settingsOf(stats, info),
    systemUptimeS: countOf(stats['System Uptime']),
    minerUptimeS,
    shares: { ...summary.shares, lastShareAtMs: latestShare(pools) },
    bestShare:
      summary.bestShare ??
      maxOf(listOf(at(replies.pools, 'POOLS')).map((pool) => difficultyOf(at(pool, 'Best Share')))),
    blocksFound: summary.blocksFound,
    pools,
    locating: booleanOf(info['led']),
    errors: errorsOf(stats, boards),
    hashErrorPercent: numberOf(at(replies.summary, 'SUMMARY', 0, 'Device Hardware%')),
    hardwareErrors: summary.hardwareErrors,
  })
}

/** The averages of `stats` are steadier than those of `summary`, whose five seconds swing by half. */
function ratesOf(stats: LooseObject, summed: RigHashrates): RigHashrates {
  return {
    ...summed,
    nowHs: mhsToHs(stats['MHS(30s)']) ?? mhsToHs(stats['MHS(Sample)']) ?? summed.nowHs,
    minuteHs: mhsToHs(stats['MHS(1m)']) ?? summed.minuteHs,
    fiveMinutesHs: mhsToHs(stats['MHS(5m)']) ?? summed.fiveMinutesHs,
    fifteenMinutesHs: mhsToHs(stats['MHS(15m)']) ?? summed.fifteenMinutesHs,
    hourHs: mhsToHs(stats['MHS(1h)']),
    averageHs: mhsToHs(stats['MHS(Avg)']) ?? summed.averageHs,
  }
}

function stateOf(stats: LooseObject, nowHs: number | null): RigWorkState {
  const state = textOf(stats['PM State'])
  if (state !== null && /susp|sleep|idle|stop/i.test(state)) return 'paused'
  const hashes = nowHs === null || nowHs > 0
  const tuning = textOf(stats['Tune Status'])
  if (hashes && booleanOf(stats['Raise Freq Done']) === false) return 'tuning'
  if (hashes && tuning !== null && /tuning/i.test(tuning) && !/done/i.test(tuning)) return 'tuning'
  if (hashes) return 'mining'
  return state !== null && /fault|error|fail/i.test(state) ? 'error' : 'starting'
}

function numbered(stats: LooseObject, countName: string): number[] {
  return Array.from({ length: Math.min(countOf(stats[countName]) ?? 0, MAX_PARTS) }, (_, index) => index)
}

function boardsOf(stats: LooseObject): BoardReading[] {
  return numbered(stats, 'Board Count').map((slot) => {
    const of = (name: string): unknown => stats[`${String(slot)} ${name}`]
    const online = booleanOf(of('Online'))
    const chips = countOf(of('Chip Count'))
    const temperatures = Array.from({ length: SENSORS_PER_BOARD }, (_, sensor) =>
      temperatureOf(of(`Temp ${String(sensor)}`)),
    )
    return board({
      slot,
      label: String(slot),
      serial: textOf(of('SN')),
      hashrateHs: mhsToHs(of('MHS(Sample)')),
      expectedHs: mhsToHs(of('MHS(Ideal)')),
      chipsExpected: chips,
      chipsWorking: chips === null ? null : Math.max(0, chips - (countOf(of('Bad Chip Count')) ?? 0)),
      boardC: maxOf(temperatures),
      frequencyMHz: countOf(of('Freq')),
      active: online,
      missing: online === false,
    })
  })
}

function settingsOf(stats: LooseObject, info: LooseObject): RigSettings {
  const powerModes = MODE_LABELS.flatMap(([name, label]) => {
    const id = countOf(info[name])
    return id === null ? [] : [{ id: String(id), label }]
  })
  return {
    ...NO_SETTINGS,
    powerMode: textOf(info['miningMode']) ?? textOf(stats['Mining Mode']),
    powerModes,
    powerLimitW: countOf(stats['Power Limit']),
    frequencyMHz: countOf(stats['Freq']),
    coreVoltageMv: countOf(stats['Chip Voltage']),
    targetC: temperatureOf(stats['Target Ctrl Temp']),
  }
}

function errorsOf(stats: LooseObject, boards: readonly BoardReading[]): RigError[] {
  const errors: RigError[] = []
  const add = (error: Pick<RigError, 'code' | 'text' | 'remedy' | 'severity' | 'component'>): void => {
    errors.push({ ...error, sinceMs: null })
  }
  const code = textOf(stats['Error Code'])
  if (code !== null) {
    add({
      code,
      text: `The miner reports error ${code}.`,
      remedy: null,
      severity: 'error',
      component: null,
    })
  }
  const psu = textOf(stats['PSU Error'])
  if (psu !== null && !/^(0x)?0*$/i.test(psu)) {
    add({
      code: `psu-${psu}`,
      text: `The power supply reports error ${psu}.`,
      remedy: 'Check its input voltage and its fan.',
      severity: 'error',
      component: 'psu',
    })
  }
  for (const { slot, missing, chipsExpected, chipsWorking } of boards) {
    const component = `board ${String(slot)}`
    if (missing) {
      add({
        code: 'board-offline',
        text: `Board ${String(slot)} does not answer.`,
        remedy: 'Restart the miner; if it stays, check the cables of this board.',
        severity: 'error',
        component,
      })
    } else if (chipsExpected !== null && chipsWorking !== null && chipsWorking < chipsExpected) {
      add({
        code: 'bad-chips',
        text: `${String(chipsExpected - chipsWorking)} of ${String(chipsExpected)} chips of board ${String(slot)} are bad.`,
        remedy: null,
        severity: 'warning',
        component,
      })
    }
  }
  if (booleanOf(stats['Stratum Disconnect']) === true) {
    add({
      code: 'stratum-disconnect',
      text: 'It has no connection to its pool.',
      remedy: 'Check its pool entries and the network.',
      severity: 'error',
      component: 'pool',
    })
  }
  return errors
}
