/**
 * Replies of ePIC's firmware (UMC, PowerPlay; HTTP on 4028) as a reading. Rates in MH/s, targets of voltage in mV, the
 * latency of a pool in seconds. Boards are known by `Index`, and absent ones are left out. Pure, never throws.
 * Governing document: rig API digest, section 5.5; recording of PowerPlay-BMS 1.5.13.
 */
import {
  at,
  booleanOf,
  countOf,
  lastShareOf,
  listOf,
  macOf,
  maxOf,
  mhsToHs,
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
  type FanReading,
  NO_HASHRATES,
  NO_SETTINGS,
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
import { machineName } from './machine-name.ts'

/** Parsed bodies by path; absent is what failed. */
export interface EpicReplies {
  readonly summary?: unknown
  readonly capabilities?: unknown
  readonly network?: unknown
  readonly temps?: unknown
  readonly 'temps/chip'?: unknown
  readonly voltages?: unknown
  readonly hashrate?: unknown
  readonly clocks?: unknown
  readonly 'hashratesplit/config'?: unknown
}

/** No chip chain runs at less than a volt: what is below is in volts, above in millivolts. */
const VOLTS_BELOW = 100

/** @param atMs when the replies arrived, epoch milliseconds */
export function readEpic(replies: EpicReplies, atMs: number): RigReading {
  const { summary, capabilities } = replies
  const boards = readBoards(replies)
  const working = listOf(at(summary, 'HBs'))
  const nowHs = mhsToHs(sumOf(working.map((entry) => countOf(at(entry, 'Hashrate', 0)))))
  const session = at(summary, 'Session')
  const powerW = countOf(at(summary, 'Power Supply Stats', 'Input Power'))
  const chips = readChips(replies)
  return reading({
    atMs,
    family: 'epic',
    firmware: 'ePIC',
    ...machineName(textOf(at(capabilities, 'Model'))),
    firmwareVersion: readVersion(textOf(at(summary, 'Software'))),
    controlBoard:
      textOf(at(capabilities, 'Control Board Version', 'platform')) ??
      textOf(at(capabilities, 'Control Board Version', 'cpuHardware')),
    mac: readMac(replies.network),
    serial:
      textOf(at(capabilities, 'Miner Serial Number')) ??
      textOf(at(capabilities, 'Control Board Version', 'cpuSerial')),
    hostname: textOf(at(summary, 'Hostname')),
    state: readState(textOf(at(summary, 'Status', 'Operating State')), nowHs),
    hashrates: { ...NO_HASHRATES, nowHs, averageHs: mhsToHs(at(session, 'Average MHs')) },
    expectedHs: mhsToHs(sumOf(working.map(expectedMhs))),
    stickerHs: thsToHs(at(capabilities, 'Default Hashrate')),
    boards,
    chips,
    fans: readFans(summary),
    temperatures: {
      ...NO_TEMPERATURES,
      chipMaxC: maxOf(chips.map(({ temperatureC }) => temperatureC)),
      boardMaxC: maxOf(boards.map(({ boardC }) => boardC)),
    },
    powerW: powerW === 0 ? null : powerW,
    powerSource: powerW === null || powerW === 0 ? null : 'measured',
    inputVoltageV: positive(at(summary, 'Power Supply Stats', 'Input Voltage')),
    inputCurrentA: positive(at(summary, 'Power Supply Stats', 'Input Current')),
    settings: readSettings(replies),
    minerUptimeS: countOf(at(session, 'Uptime')),
    shares: {
      ...NO_SHARES,
      accepted: countOf(at(session, 'Accepted')),
      rejected: countOf(at(session, 'Rejected')),
      lastShareAtMs: lastShareOf(at(session, 'Last Accepted Share Timestamp'), atMs),
    },
    pools: readPools(replies, atMs),
    locating: booleanOf(at(summary, 'Misc', 'Locate Miner State')),
    errors: readErrors(summary),
  })
}

/** `PowerPlay-BMS v1.5.13` is 1.5.13. */
function readVersion(software: string | null): string | null {
  if (software === null) return null
  return /\bv?(\d+(?:\.\d+)+\S*)/.exec(software)?.[1] ?? software
}

/** Under `dhcp` or `static`, whichever there is. */
function readMac(network: unknown): string | null {
  for (const kind of Object.values(objectOf(network))) {
    const mac = macOf(at(kind, 'mac_address'))
    if (mac !== null) return mac
  }
  return null
}

function readState(said: string | null, nowHs: number | null): RigWorkState {
  const state = (said ?? '').toLowerCase()
  if (/overheat|over.?temp|thermal/.test(state)) return 'overheated'
  if (/error|fault|fail/.test(state)) return 'error'
  if (/idl|stop/.test(state)) return 'paused'
  if (state.includes('mining') || (nowHs !== null && nowHs > 0)) return 'mining'
  return /tun|calib/.test(state) ? 'tuning' : 'starting'
}

function readBoards({ summary, capabilities, hashrate, temps }: EpicReplies): BoardReading[] {
  const working = listOf(at(summary, 'HBs'))
  const known = listOf(at(summary, 'HBStatus'))
  const serials = listOf(at(capabilities, 'Board Serial Numbers'))
  const chipsExpected = countOf(at(capabilities, 'Performance Estimator', 'Chip Count'))
  const indices = new Set([...known, ...working].flatMap((entry) => countOf(at(entry, 'Index')) ?? []))
  return [...indices]
    .sort((a, b) => a - b)
    .map((index) => {
      const status = byIndex(known, index)
      const position = working.findIndex((entry) => countOf(at(entry, 'Index')) === index)
      const entry = working[position]
      const hashrateHs = mhsToHs(at(entry, 'Hashrate', 0))
      const chipRates = listOf(at(byIndex(listOf(hashrate), index), 'Data'))
      return board({
        slot: index,
        label: String(index),
        // Listed for every slot, or only for the boards that work.
        serial: textOf(serials.length === working.length ? serials[position] : serials[index]),
        hashrateHs,
        expectedHs: mhsToHs(expectedMhs(entry)),
        chipsWorking:
          chipRates.length === 0 ? null : chipRates.filter((rate) => (chipRate(rate) ?? 0) > 0).length,
        chipsExpected: entry === undefined ? null : chipsExpected,
        boardC: temperatureOf(at(entry, 'Temperature')) ?? hottest(byIndex(listOf(temps), index)),
        frequencyMHz: positive(at(entry, 'Core Clock Avg')),
        voltageV: volts(at(entry, 'Input Voltage')),
        active: booleanOf(at(status, 'Enabled')) ?? (entry === undefined ? null : true),
        missing: booleanOf(at(status, 'Detected')) === false,
      })
    })
}

/** From its rate and the percentage that this is of what it should be. */
function expectedMhs(entry: unknown): number | null {
  const rate = countOf(at(entry, 'Hashrate', 0))
  const percent = positive(at(entry, 'Hashrate', 1))
  return rate === null || percent === null ? null : rate / (percent / 100)
}

function byIndex(list: readonly unknown[], index: number): unknown {
  return list.find((entry) => countOf(at(entry, 'Index')) === index)
}

/** Of the sensors of one board, `{Index, Data: [°C, …]}`. */
function hottest(sensors: unknown): number | null {
  return maxOf(listOf(at(sensors, 'Data')).map(temperatureOf))
}

/** A chip's rate alone, or with its percentages after it. */
function chipRate(value: unknown): number | null {
  return mhsToHs(Array.isArray(value) ? value[0] : value)
}

/** Chips of which nothing is known are left out: boards without chip sensors list zeros. */
function readChips(replies: EpicReplies): ChipReading[] {
  const lists = {
    rate: listOf(replies.hashrate),
    temperature: listOf(replies['temps/chip']),
    clock: listOf(replies.clocks),
    voltage: listOf(replies.voltages),
  }
  const indices = new Set(
    Object.values(lists).flatMap((list) => list.flatMap((entry) => countOf(at(entry, 'Index')) ?? [])),
  )
  return [...indices]
    .sort((a, b) => a - b)
    .flatMap((boardSlot) => {
      const dataOf = (list: readonly unknown[]): readonly unknown[] =>
        listOf(at(byIndex(list, boardSlot), 'Data'))
      const rates = dataOf(lists.rate)
      const temperatures = dataOf(lists.temperature)
      const clocks = dataOf(lists.clock)
      const voltages = dataOf(lists.voltage)
      const count = Math.max(rates.length, temperatures.length, clocks.length, voltages.length)
      return Array.from({ length: count }, (_, index): ChipReading => {
        const hashrateHs = chipRate(rates[index])
        const millivolts = positive(voltages[index])
        return {
          boardSlot,
          index,
          hashrateHs,
          temperatureC: temperatureOf(temperatures[index]),
          frequencyMHz: positive(clocks[index]),
          voltageV: millivolts === null ? null : millivolts / 1000,
          errors: null,
          working: hashrateHs === null ? null : hashrateHs > 0,
        }
      })
    })
    .filter(
      ({ hashrateHs, temperatureC, frequencyMHz, voltageV }) =>
        hashrateHs !== null || temperatureC !== null || frequencyMHz !== null || voltageV !== null,
    )
}

/** `Fans Speed 1` and so on; null for sockets that this model does not have. */
function readFans(summary: unknown): FanReading[] {
  const dutyPercent = countOf(at(summary, 'Fans', 'Fans Speed'))
  return Object.entries(objectOf(at(summary, 'Fans Rpm')))
    .map(([name, rpm]) => ({ number: Number(/\d+$/.exec(name)?.[0] ?? 0), rpm: countOf(rpm) }))
    .filter(({ rpm }) => rpm !== null)
    .sort((a, b) => a.number - b.number)
    .map(({ number, rpm }) => ({ label: String(number), rpm, dutyPercent, ok: null }))
}

function readSettings({ summary, capabilities }: EpicReplies): RigSettings {
  const mode = at(summary, 'Fans', 'Fan Mode')
  const auto = at(mode, 'Auto')
  const manual = countOf(at(mode, 'Manual')) ?? countOf(at(mode, 'Manual', 'Speed'))
  const running = booleanOf(at(summary, 'PerpetualTune', 'Running'))
  const [algorithm = null] = Object.keys(objectOf(at(summary, 'PerpetualTune', 'Algorithm')))
  const tuned = at(summary, 'PerpetualTune', 'Algorithm', algorithm ?? '')
  const modes = listOf(at(capabilities, 'PerpetualTune')).flatMap((each) => {
    const id = textOf(at(each, 'algorithm'))
    return id === null ? [] : [{ id, label: textOf(at(each, 'name')) ?? id }]
  })
  const limit = listOf(at(capabilities, 'PerpetualTune')).find(
    (each) => textOf(at(each, 'algorithm')) === POWER_TUNE,
  )
  const min = positive(at(limit, 'min'))
  const max = positive(at(limit, 'max'))
  const targetMv = volts(at(summary, 'Power Supply Stats', 'Target Voltage'))
  return {
    ...NO_SETTINGS,
    powerMode: running === null ? null : running ? algorithm : TUNING_OFF.id,
    powerModes: modes.length === 0 ? [] : [TUNING_OFF, ...modes],
    powerLimitW:
      running === true && algorithm === POWER_TUNE
        ? positive(at(tuned, 'Target'))
        : positive(at(summary, 'PresetInfo', 'Target Power')),
    powerLimitRangeW: min === null || max === null ? null : { min, max },
    frequencyMHz: maxOf(
      listOf(at(summary, 'HwConfig', 'Boards Target Clock')).map((each) => positive(at(each, 'Data'))),
    ),
    coreVoltageMv: targetMv === null ? null : Math.round(targetMv * 1000),
    fanAuto: mode === undefined ? null : auto !== undefined,
    fanPercent: manual ?? countOf(at(summary, 'Fans', 'Fans Speed')),
    targetC: temperatureOf(at(auto, 'Target Temperature')),
  }
}

/** The algorithm that holds a power, of newer releases. */
export const POWER_TUNE = 'PowerTune'
export const TUNING_OFF = { id: 'off', label: 'Fixed clock and voltage' }

function readPools({ summary, 'hashratesplit/config': split }: EpicReplies, atMs: number): PoolReading[] {
  const stratum = at(summary, 'Stratum')
  const session = at(summary, 'Session')
  const connected = booleanOf(at(stratum, 'IsPoolConnected'))
  const usedId = countOf(at(stratum, 'Config Id'))
  const pingS = countOf(at(stratum, 'Average Latency'))
  const entry = (config: unknown, index: number, group: string | null): PoolReading => {
    const known = {
      index,
      url: textOf(at(config, 'pool')) ?? '',
      user: textOf(at(config, 'login')) ?? '',
      group,
    }
    if (usedId !== index) return poolEntry(known)
    return poolEntry({
      ...known,
      alive: connected,
      active: connected === true,
      accepted: countOf(at(session, 'Accepted')),
      rejected: countOf(at(session, 'Rejected')),
      difficulty: positive(at(session, 'Difficulty')),
      pingMs: pingS === null ? null : Math.round(pingS * 1000),
      lastShareAtMs: lastShareOf(at(session, 'Last Accepted Share Timestamp'), atMs),
    })
  }
  if (booleanOf(at(split, 'enabled')) !== true) {
    return listOf(at(summary, 'StratumConfigs')).map((config, index) => entry(config, index, null))
  }
  return listOf(at(split, 'hashrate_splits'))
    .flatMap((part, number) => {
      const ratio = countOf(at(part, 'ratio'))
      const group = `split ${String(number + 1)}${ratio === null ? '' : `, ${String(ratio)} %`}`
      return listOf(at(part, 'stratum_configs')).map((config) => ({ config, group }))
    })
    .map(({ config, group }, index) => entry(config, index, group))
}

const REMEDIES: readonly {
  readonly says: RegExp
  readonly component: string | null
  readonly remedy: string
}[] = [
  {
    says: /fan/i,
    component: 'fan',
    remedy: 'Check that all fans are plugged in and free, and replace those that stand still.',
  },
  {
    says: /temp|heat/i,
    component: null,
    remedy: 'Give it more and cooler air, or a lower target.',
  },
  {
    says: /psu|power supply|voltage/i,
    component: 'psu',
    remedy: 'Check mains and cables. If it comes again, replace the power supply.',
  },
  {
    says: /board|chip|asic/i,
    component: 'board',
    remedy: 'Switch the rig off and reseat the cables of its boards. If it stays so, the board needs repair.',
  },
  {
    says: /pool|stratum|connect/i,
    component: 'pool',
    remedy: 'Check its pools and its network.',
  },
]

/** It keeps the last error, without a time. */
function readErrors(summary: unknown): RigError[] {
  const said = textOf(at(summary, 'Status', 'Last Error'))
  const license = textOf(at(summary, 'Last License Error'))
  const errors: RigError[] = []
  if (said !== null) {
    const known = REMEDIES.find(({ says }) => says.test(said))
    errors.push({
      code: 'last-error',
      text: said,
      remedy: known?.remedy ?? null,
      severity: 'error',
      component: known?.component ?? null,
      sinceMs: null,
    })
  }
  if (license !== null) {
    errors.push({
      code: 'license',
      text: `Its licence was not accepted: ${license}`,
      remedy: 'Check that the rig reaches the internet, and its licence on its own page.',
      severity: 'warning',
      component: null,
      sinceMs: null,
    })
  }
  return errors
}

function positive(value: unknown): number | null {
  const number = countOf(value)
  return number === 0 ? null : number
}

/** In volts, whichever of the two it was given in. */
function volts(value: unknown): number | null {
  const number = positive(value)
  if (number === null) return null
  return number < VOLTS_BELOW ? number : number / 1000
}
