/** What AxeOS shows of itself and its machine, by generation. Rig API digest, section 3.3. */
import { type RigBody } from './rig-body.ts'

/** Each stands for the versions from it up to the next: text figures and flat pools; chips and windows; pool slots. */
export type AxeosGeneration = '2.4' | '2.12' | '2.15'

export const AXEOS_VERSIONS: Readonly<Record<AxeosGeneration, string>> = {
  '2.4': 'v2.4.5',
  '2.12': 'v2.12.2',
  '2.15': 'v2.15.0',
}

interface Board {
  readonly version: string
  readonly chip: string
}

const BOARDS: Readonly<Record<string, Board>> = {
  Max: { version: '102', chip: 'BM1397' },
  Ultra: { version: '204', chip: 'BM1366' },
  Hex: { version: '302', chip: 'BM1366' },
  Supra: { version: '401', chip: 'BM1368' },
  Gamma: { version: '601', chip: 'BM1370' },
  GammaTurbo: { version: '801', chip: 'BM1370' },
}
const UNKNOWN_BOARD: Board = { version: '601', chip: 'BM1370' }

const FREQUENCY_STEPS = [-100, -75, -50, -25, 0, 25, 50, 75, 100]
const VOLTAGE_STEPS = [-100, -50, 0, 50, 100]
const HASH_DOMAINS = 4

export const boardOf = ({ blueprint }: RigBody): Board => BOARDS[blueprint.model] ?? UNKNOWN_BOARD
const chipCountOf = ({ blueprint }: RigBody): number => blueprint.boardCount * blueprint.chipsPerBoard

/** Of `/api/system/asic`. */
export function asicPage(body: RigBody): Record<string, unknown> {
  const { model, frequencyMHz, coreVoltageMv } = body.blueprint
  return {
    ASICModel: boardOf(body).chip,
    deviceModel: model,
    swarmColor: 'green',
    asicCount: chipCountOf(body),
    defaultFrequency: frequencyMHz,
    frequencyOptions: FREQUENCY_STEPS.map((step) => frequencyMHz + step),
    defaultVoltage: coreVoltageMv,
    voltageOptions: VOLTAGE_STEPS.map((step) => coreVoltageMv + step),
  }
}

/** What a person set, as the firmware keeps it. */
export interface AxeosSettings {
  readonly hostname: string
  readonly autoFan: boolean
  readonly manualFan: number
  readonly targetC: number
}

/** Everything of `/api/system/info` but the pools. */
export function infoPage(
  body: RigBody,
  generation: AxeosGeneration,
  settings: AxeosSettings,
): Record<string, unknown> {
  const rateGhs = body.measures.hashrateHs() / 1e9
  const counts = body.measures.counts()
  const { chip, version } = boardOf(body)
  const chips = chipCountOf(body)
  const overheated = body.notes.get('overheat_mode') === true
  const page: Record<string, unknown> = {
    ASICModel: chip,
    power: body.powerW,
    voltage: 5075,
    current: Math.round((body.powerW / 5.075) * 1000),
    temp: body.chipC,
    vrTemp: Math.round(body.chipC + 3),
    hashRate: rateGhs,
    bestDiff: counts.bestDifficulty,
    bestSessionDiff: counts.bestDifficulty,
    sharesAccepted: counts.accepted,
    sharesRejected: counts.rejected,
    coreVoltage: body.coreVoltageMv,
    coreVoltageActual: body.coreVoltageMv - 8,
    frequency: body.frequencyMHz,
    fanspeed: body.fanDutyPercent,
    fanrpm: body.fanRpm,
    autofanspeed: settings.autoFan ? 1 : 0,
    overheat_mode: overheated ? 1 : 0,
    uptimeSeconds: body.systemUptimeS,
    // From the rate it can really have: a practice rig has no thousands of cores.
    smallCoreCount: Math.round(body.expectedHs / (body.frequencyMHz * 1e6 * chips)),
    boardVersion: version,
    version: AXEOS_VERSIONS[generation],
    hostname: settings.hostname,
    macAddr: body.blueprint.mac.toUpperCase(),
    ssid: 'practice',
    wifiStatus: 'Connected!',
    freeHeap: 8_200_000,
    runningPartition: 'ota_0',
  }
  if (generation === '2.4') {
    return {
      ...page,
      asicCount: chips,
      bestDiff: suffixed(counts.bestDifficulty),
      bestSessionDiff: suffixed(counts.bestDifficulty),
      stratumDiff: 0,
    }
  }
  Object.assign(page, {
    temp2: -1,
    maxPower: Math.ceil(body.blueprint.nameplateW * 1.5),
    nominalVoltage: 5,
    hashRate_1m: rateGhs,
    hashRate_10m: rateGhs,
    hashRate_1h: rateGhs,
    expectedHashrate: body.expectedHs / 1e9,
    errorPercentage: body.hashErrorPercent,
    poolDifficulty: counts.difficulty,
    blockFound: 0,
    sharesRejectedReasons: counts.stale === 0 ? [] : [{ message: 'Stale', count: counts.stale }],
    responseTime: 12.5,
    manualFanSpeed: settings.manualFan,
    minFanSpeed: 25,
    fan2rpm: 0,
    temptarget: settings.targetC,
    overclockEnabled: 0,
    axeOSVersion: AXEOS_VERSIONS[generation],
    wifiRSSI: -52,
    resetReason: 'Software reset via esp_restart',
    statsFrequency: 0,
    hashrateMonitor: { asics: Array.from({ length: chips }, () => chipFigures(rateGhs / chips)) },
    ...notedTexts(body, 'power_fault'),
  })
  if (generation === '2.12') return page
  return {
    ...page,
    actualFrequency: body.frequencyMHz,
    miningPaused: body.miner === 'paused' && !overheated,
    sharesPending: 0,
    workReceived: counts.accepted,
    cpuUsage: 21.5,
    statsLimit: 720,
    ...notedTexts(body, 'hardware_fault'),
  }
}

function chipFigures(totalGhs: number): unknown {
  return {
    total: totalGhs,
    domains: Array.from({ length: HASH_DOMAINS }, () => totalGhs / HASH_DOMAINS),
    errorCount: 3,
  }
}

/** Members that are only there when there is something to say. */
function notedTexts(body: RigBody, member: string): Record<string, unknown> {
  const text = body.notes.get(member)
  return typeof text === 'string' ? { [member]: text } : {}
}

/** `4.29G`: how figures were shown before 2.11. */
function suffixed(value: number): string {
  const suffixes = ['', 'k', 'M', 'G', 'T', 'P']
  const power = value < 1000 ? 0 : Math.min(suffixes.length - 1, Math.floor(Math.log10(value) / 3))
  const digits = value / 1000 ** power
  return `${power === 0 ? String(Math.floor(digits)) : digits.toPrecision(3)}${suffixes[power] ?? ''}`
}
