/**
 * What Auradine's FluxOS says: cgminer's replies over RPC, the machine itself over its web service. Rates in MH/s, values
 * of the supply as text with units. Pure.
 * Governing document: rig API digest, section 5.9; captures `auradine/*` (samples of the vendor's documentation).
 */
import {
  at,
  averageOf,
  countOf,
  listOf,
  macOf,
  maxOf,
  measureOf,
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
  type FanReading,
  NO_SETTINGS,
  NO_TEMPERATURES,
  reading,
  type RigError,
  type RigReading,
  type RigSettings,
  type RigWorkState,
} from '../../model/reading.ts'
import { latestShare, readCgminerPools, readCgminerSummary } from './plain-cgminer.ts'

/** Parsed replies; undefined where there was none. */
export interface AuradineReplies {
  readonly version?: unknown
  readonly summary?: unknown
  readonly devs?: unknown
  readonly pools?: unknown
  readonly ipreport?: unknown
  readonly fan?: unknown
  readonly led?: unknown
  readonly mode?: unknown
  readonly psu?: unknown
  readonly temperature?: unknown
  readonly voltage?: unknown
  readonly frequency?: unknown
  readonly asccount?: unknown
}

/** Codes of its lights: what is neither is a complaint, in the rig's own words. */
const LED_NORMAL = 2
export const LED_LOCATE = 3
/** Until then a miner without hashes is starting. */
const WARM_UP_S = 600

export function auradineReading(replies: AuradineReplies, atMs: number): RigReading {
  const summary = readCgminerSummary(replies.summary)
  const pools = readCgminerPools(replies.pools, atMs, summary.elapsedS)
  const report = objectOf(at(replies.ipreport, 'IPReport', 0))
  const mode = objectOf(at(replies.mode, 'Mode', 0))
  const supplies = listOf(at(replies.psu, 'PSU')).map(objectOf)
  const boards = boardsOf(replies)
  const chips = chipsOf(replies)
  const ledCode = countOf(at(replies.led, 'LED', 0, 'Code'))
  const drawn = numberOf(at(replies.summary, 'SUMMARY', 0, 'Wattage'))
  const powerW = drawn ?? sumOf(supplies.map(({ PowerIn }) => measureOf(PowerIn)))
  return reading({
    atMs,
    family: 'auradine',
    firmware: 'FluxOS',
    make: 'Auradine',
    model: textOf(report['model']),
    firmwareVersion: textOf(report['version']) ?? versionOf(replies),
    apiVersion: textOf(at(replies.version, 'VERSION', 0, 'API')),
    controlBoard: textOf(report['InternalType']),
    mac: macOf(report['mac']),
    serial: textOf(report['SerialNo']) ?? textOf(report['ChassisSerialNo']),
    hostname: textOf(report['hostname']),
    state: stateOf(textOf(mode['Sleep']), summary.hashrates.nowHs, summary.elapsedS),
    hashrates: summary.hashrates,
    expectedHs: thsToHs(at(replies.summary, 'SUMMARY', 0, 'ThsThrottle')) ?? thsToHs(mode['Ths']),
    boards,
    chips,
    fans: listOf(at(replies.fan, 'Fan')).map((item, order) => fanOf(item, order)),
    psuFans: supplies.flatMap((supply) =>
      ['FanSpeed1', 'FanSpeed2'].flatMap((name): FanReading[] => {
        const rpm = measureOf(supply[name])
        return rpm === null ? [] : [{ label: name, rpm, dutyPercent: null, ok: null }]
      }),
    ),
    temperatures: {
      ...NO_TEMPERATURES,
      chipMaxC: maxOf(boards.map(({ chipMaxC }) => chipMaxC)),
      boardMaxC: maxOf(boards.map(({ boardC }) => boardC)),
    },
    powerW,
    powerSource: powerW === null ? null : 'measured',
    inputVoltageV: maxOf(supplies.map(({ Vin }) => measureOf(Vin))),
    inputCurrentA: sumOf(supplies.map(({ Iin }) => measureOf(Iin))),
    settings: settingsOf(mode),
    minerUptimeS: summary.elapsedS,
    shares: { ...summary.shares, lastShareAtMs: latestShare(pools) },
    bestShare: summary.bestShare,
    blocksFound: summary.blocksFound,
    pools,
    locating: ledCode === null ? null : ledCode === LED_LOCATE,
    errors: errorsOf(replies, ledCode),
    hardwareErrors: summary.hardwareErrors,
  })
}

/** `FluxOS-2023-12.27-9bf0…` of any reply's own description. */
function versionOf(replies: AuradineReplies): string | null {
  for (const reply of Object.values(replies)) {
    const described = /^FluxOS-([\w.-]+?)(?:-[0-9a-f]{20,})?$/.exec(
      textOf(at(reply, 'STATUS', 0, 'Description')) ?? '',
    )
    if (described?.[1] !== undefined) return described[1]
  }
  return null
}

function stateOf(sleep: string | null, nowHs: number | null, elapsedS: number | null): RigWorkState {
  if (sleep !== null && /^(on|true)$/i.test(sleep)) return 'paused'
  if (nowHs === null || nowHs > 0) return 'mining'
  return elapsedS !== null && elapsedS < WARM_UP_S ? 'starting' : 'stopped'
}

/** Boards are numbered from 1; 0 is the control board. */
function boardsOf(replies: AuradineReplies): BoardReading[] {
  const total = countOf(at(replies.asccount, 'ASCCount', 0, 'AsicCount'))
  const count = countOf(at(replies.asccount, 'ASCCount', 0, 'BoardCount'))
  const chipsExpected = total === null || count === null || count === 0 ? null : Math.floor(total / count)
  const serials = listOf(at(replies.ipreport, 'IPReport', 0, 'HBSerialNo'))
  return listOf(at(replies.devs, 'DEVS')).map((item, order) => {
    const dev = objectOf(item)
    const id = countOf(dev['ID']) ?? order + 1
    const sensors = partOf(replies.temperature, 'Temperature', id)
    const chipTemps = valuesOf(sensors['ChipTemp'], 'Temperature').map(temperatureOf)
    const boardTemps = valuesOf(sensors['BoardTemp'], 'Temperature').map(temperatureOf)
    const status = textOf(dev['Status'])
    return board({
      slot: order,
      label: textOf(dev['Name']) === null ? String(id) : `${textOf(dev['Name']) ?? ''} ${String(id)}`,
      serial: textOf(serials[id - 1]),
      hashrateHs: mhsToHs(dev['MHS 5s']),
      chipsExpected,
      chipsWorking: chipTemps.length === 0 ? null : chipTemps.filter((value) => value !== null).length,
      boardC: maxOf([temperatureOf(dev['Temperature']), ...boardTemps]),
      chipMinC: least(chipTemps),
      chipAverageC: averageOf(chipTemps),
      chipMaxC: maxOf(chipTemps),
      frequencyMHz: averageOf(
        valuesOf(partOf(replies.frequency, 'Frequency', id)['ChipFrequency'], 'Frequency').map(numberOf),
      ),
      voltageV: averageOf(
        valuesOf(partOf(replies.voltage, 'Voltage', id)['ChipVoltage'], 'Voltage').map(numberOf),
      ),
      active: status === null ? null : /^alive$/i.test(status),
    })
  })
}

function chipsOf(replies: AuradineReplies): ChipReading[] {
  return listOf(at(replies.devs, 'DEVS')).flatMap((item, order) => {
    const id = countOf(at(item, 'ID')) ?? order + 1
    const part = (reply: unknown, name: string, list: string, value: string): Map<number, unknown> =>
      new Map(
        listOf(partOf(reply, name, id)[list]).map((chip) => [countOf(at(chip, 'ID')) ?? -1, at(chip, value)]),
      )
    const temperatures = part(replies.temperature, 'Temperature', 'ChipTemp', 'Temperature')
    const voltages = part(replies.voltage, 'Voltage', 'ChipVoltage', 'Voltage')
    const frequencies = part(replies.frequency, 'Frequency', 'ChipFrequency', 'Frequency')
    const ids = new Set([...temperatures.keys(), ...voltages.keys(), ...frequencies.keys()])
    return [...ids]
      .filter((index) => index >= 0)
      .sort((a, b) => a - b)
      .map((index) => ({
        boardSlot: order,
        index,
        hashrateHs: null,
        temperatureC: temperatureOf(temperatures.get(index)),
        frequencyMHz: numberOf(frequencies.get(index)),
        voltageV: numberOf(voltages.get(index)),
        errors: null,
        working: null,
      }))
  })
}

/** The entry of one board in a list of boards. */
function partOf(reply: unknown, name: string, id: number): Readonly<Record<string, unknown>> {
  return objectOf(listOf(at(reply, name)).find((entry) => countOf(at(entry, 'ID')) === id))
}

function valuesOf(list: unknown, name: string): unknown[] {
  return listOf(list).map((entry) => at(entry, name))
}

function fanOf(item: unknown, order: number): FanReading {
  const fan = objectOf(item)
  const [target, max] = [countOf(fan['Target']), countOf(fan['Max'])]
  return {
    label: textOf(fan['ID']) ?? String(order + 1),
    rpm: countOf(fan['Speed']),
    dutyPercent: target === null || max === null || max === 0 ? null : Math.round((100 * target) / max),
    ok: null,
  }
}

function settingsOf(mode: Readonly<Record<string, unknown>>): RigSettings {
  const tune = textOf(mode['Tune'])
  return {
    ...NO_SETTINGS,
    powerMode: textOf(mode['Mode']),
    // In `custom` it is tuned to a power or to a hashrate; the other figure stands there as a leftover.
    powerLimitW: tune === null || /^power$/i.test(tune) ? countOf(mode['Power']) : null,
  }
}

function errorsOf(replies: AuradineReplies, ledCode: number | null): RigError[] {
  const errors: RigError[] = []
  if (ledCode !== null && ledCode !== LED_NORMAL && ledCode !== LED_LOCATE) {
    errors.push({
      code: `led-${String(ledCode)}`,
      text: textOf(at(replies.led, 'LED', 0, 'Msg')) ?? `Its lights show code ${String(ledCode)}.`,
      remedy: null,
      severity: 'warning',
      component: 'control',
      sinceMs: null,
    })
  }
  listOf(at(replies.devs, 'DEVS')).forEach((item, order) => {
    const status = textOf(at(item, 'Status'))
    if (status === null || /^alive$/i.test(status)) return
    errors.push({
      code: 'board-status',
      text: `Board ${String(order)} is ${status.toLowerCase()}.`,
      remedy: 'Restart the miner; if it stays, check the cables and the supply of this board.',
      severity: 'error',
      component: `board ${String(order)}`,
      sinceMs: null,
    })
  })
  return errors
}

function least(values: readonly (number | null)[]): number | null {
  const negated = maxOf(values.map((value) => (value === null ? null : -value)))
  return negated === null ? null : -negated
}
