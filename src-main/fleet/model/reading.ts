/**
 * What a rig says of itself, in one form for every firmware. Rates in H/s, absent is null and never 0, -1 or -273.
 * Values only; how they are read is the families' affair. Governing document: rig API digest, section 7.
 */

/** A firmware family: what decides how a rig is read and controlled. */
export const FAMILY_IDS = [
  'axeos',
  'nerdq',
  'antminer',
  'braiins',
  'vnish',
  'luxos',
  'epic',
  'marathon',
  'hiveon',
  'mskminer',
  'whatsminer',
  'avalon',
  'auradine',
  'proto',
  'sealminer',
  'innosilicon',
  'futurebit',
] as const
export type FamilyId = (typeof FAMILY_IDS)[number]

/**
 * mining: hashes now. starting, tuning: will hash soon. paused: a person or tool stopped it. stopped: it stopped itself.
 * overheated: stopped for heat. error: says it cannot hash. miner-down: the box answers, its miner process does not.
 */
export type RigWorkState =
  'mining' | 'starting' | 'tuning' | 'paused' | 'stopped' | 'overheated' | 'error' | 'miner-down'

/** Hashrates in H/s by the window that the rig averaged over; null where it gave none. */
export interface RigHashrates {
  readonly nowHs: number | null
  readonly minuteHs: number | null
  readonly fiveMinutesHs: number | null
  readonly fifteenMinutesHs: number | null
  readonly hourHs: number | null
  readonly dayHs: number | null
  /** Since its miner started. */
  readonly averageHs: number | null
}

export interface BoardReading {
  /** 0-based, in the order the rig lists them. */
  readonly slot: number
  /** What the rig calls it. */
  readonly label: string
  readonly serial: string | null
  readonly hashrateHs: number | null
  readonly expectedHs: number | null
  readonly chipsWorking: number | null
  readonly chipsExpected: number | null
  readonly boardC: number | null
  readonly chipMinC: number | null
  readonly chipAverageC: number | null
  readonly chipMaxC: number | null
  readonly inletC: number | null
  readonly outletC: number | null
  readonly frequencyMHz: number | null
  readonly voltageV: number | null
  readonly hardwareErrors: number | null
  /** null when the rig does not say. */
  readonly active: boolean | null
  /** The slot exists, the board in it does not answer. */
  readonly missing: boolean
}

/** One chip; only where the firmware tells. */
export interface ChipReading {
  readonly boardSlot: number
  readonly index: number
  readonly hashrateHs: number | null
  readonly temperatureC: number | null
  readonly frequencyMHz: number | null
  readonly voltageV: number | null
  readonly errors: number | null
  readonly working: boolean | null
}

export interface FanReading {
  readonly label: string
  readonly rpm: number | null
  readonly dutyPercent: number | null
  /** null when the rig does not say. */
  readonly ok: boolean | null
}

export interface RigTemperatures {
  readonly ambientC: number | null
  readonly chipMaxC: number | null
  readonly boardMaxC: number | null
  readonly regulatorC: number | null
  readonly waterInC: number | null
  readonly waterOutC: number | null
}

export interface PoolReading {
  /** What the rig's own commands call it: slot or index. */
  readonly index: number
  /** With scheme where the rig gives one; else `stratum+tcp://` is put before it. */
  readonly url: string
  readonly user: string
  /** Group name, where the firmware has groups. */
  readonly group: string | null
  readonly alive: boolean | null
  /** Shares go there now. */
  readonly active: boolean
  /** Belongs to the firmware's maker, not to the person. */
  readonly devFee: boolean
  readonly accepted: number | null
  readonly rejected: number | null
  readonly stale: number | null
  readonly difficulty: number | null
  readonly pingMs: number | null
  readonly lastShareAtMs: number | null
}

export type ErrorSeverity = 'info' | 'warning' | 'error'

export interface RigError {
  /** As the rig spells it; a stable word of ours where it has none. */
  readonly code: string
  /** Plain words: what is wrong. */
  readonly text: string
  /** Plain words: what to do about it; null when nothing better than its text is known. */
  readonly remedy: string | null
  readonly severity: ErrorSeverity
  /** board 0, fan 2, psu, pool, control, …; null when unknown. */
  readonly component: string | null
  /** When the rig says it began. */
  readonly sinceMs: number | null
}

export type PowerSource = 'measured' | 'estimated' | 'nameplate'

export interface RigShares {
  /** Since its miner started. */
  readonly accepted: number | null
  readonly rejected: number | null
  readonly stale: number | null
  readonly lastShareAtMs: number | null
  readonly rejectReasons: readonly { readonly reason: string; readonly count: number }[]
}

/** What it is set to, as opposed to what it measures. Lists are what the firmware allows, empty when it does not say. */
export interface RigSettings {
  /** Its own name for the mode, preset or profile. */
  readonly powerMode: string | null
  readonly powerModes: readonly { readonly id: string; readonly label: string }[]
  readonly powerLimitW: number | null
  readonly powerLimitRangeW: { readonly min: number; readonly max: number } | null
  readonly frequencyMHz: number | null
  readonly frequencyOptionsMHz: readonly number[]
  readonly coreVoltageMv: number | null
  readonly coreVoltageOptionsMv: readonly number[]
  readonly fanAuto: boolean | null
  readonly fanPercent: number | null
  readonly targetC: number | null
}

export interface RigReading {
  /** When the replies arrived, epoch milliseconds. */
  readonly atMs: number
  readonly family: FamilyId
  /** Who built the machine, for instance Bitaxe, Antminer, Whatsminer. */
  readonly make: string | null
  readonly model: string | null
  /** Who wrote the firmware, for instance AxeOS, Stock, Braiins OS, VNish. */
  readonly firmware: string
  readonly firmwareVersion: string | null
  readonly apiVersion: string | null
  readonly controlBoard: string | null
  /** Lower-case colon form, or as the rig spells it where that is no MAC address. */
  readonly mac: string | null
  readonly serial: string | null
  readonly hostname: string | null
  readonly state: RigWorkState
  readonly hashrates: RigHashrates
  /** At its present settings. */
  readonly expectedHs: number | null
  /** Of its nameplate. */
  readonly stickerHs: number | null
  readonly boards: readonly BoardReading[]
  readonly chips: readonly ChipReading[]
  readonly fans: readonly FanReading[]
  readonly psuFans: readonly FanReading[]
  readonly temperatures: RigTemperatures
  readonly powerW: number | null
  readonly powerSource: PowerSource | null
  /** What the board is built to take at most. */
  readonly ratedPowerW: number | null
  readonly inputVoltageV: number | null
  readonly inputCurrentA: number | null
  readonly settings: RigSettings
  readonly systemUptimeS: number | null
  readonly minerUptimeS: number | null
  readonly shares: RigShares
  /** Difficulties. */
  readonly bestShare: number | null
  readonly bestSession: number | null
  readonly blocksFound: number | null
  /** In the rig's order. */
  readonly pools: readonly PoolReading[]
  /** Whether its light flashes or its screen greets; null when it does not say. */
  readonly locating: boolean | null
  readonly errors: readonly RigError[]
  readonly wifiRssiDbm: number | null
  readonly hashErrorPercent: number | null
  readonly hardwareErrors: number | null
  /** What the firmware itself lists as things it can be told, in its own words; null when it has no such list. */
  readonly firmwareOptions: readonly string[] | null
}

export const NO_HASHRATES: RigHashrates = {
  nowHs: null,
  minuteHs: null,
  fiveMinutesHs: null,
  fifteenMinutesHs: null,
  hourHs: null,
  dayHs: null,
  averageHs: null,
}

export const NO_TEMPERATURES: RigTemperatures = {
  ambientC: null,
  chipMaxC: null,
  boardMaxC: null,
  regulatorC: null,
  waterInC: null,
  waterOutC: null,
}

export const NO_SHARES: RigShares = {
  accepted: null,
  rejected: null,
  stale: null,
  lastShareAtMs: null,
  rejectReasons: [],
}

export const NO_SETTINGS: RigSettings = {
  powerMode: null,
  powerModes: [],
  powerLimitW: null,
  powerLimitRangeW: null,
  frequencyMHz: null,
  frequencyOptionsMHz: [],
  coreVoltageMv: null,
  coreVoltageOptionsMv: [],
  fanAuto: null,
  fanPercent: null,
  targetC: null,
}

const EMPTY_BOARD: BoardReading = {
  slot: 0,
  label: '',
  serial: null,
  hashrateHs: null,
  expectedHs: null,
  chipsWorking: null,
  chipsExpected: null,
  boardC: null,
  chipMinC: null,
  chipAverageC: null,
  chipMaxC: null,
  inletC: null,
  outletC: null,
  frequencyMHz: null,
  voltageV: null,
  hardwareErrors: null,
  active: null,
  missing: false,
}

/** A board of which only `known` is known. */
export function board(known: Partial<BoardReading> & Pick<BoardReading, 'slot' | 'label'>): BoardReading {
  return { ...EMPTY_BOARD, ...known }
}

const EMPTY_POOL: PoolReading = {
  index: 0,
  url: '',
  user: '',
  group: null,
  alive: null,
  active: false,
  devFee: false,
  accepted: null,
  rejected: null,
  stale: null,
  difficulty: null,
  pingMs: null,
  lastShareAtMs: null,
}

/** A pool entry of which only `known` is known. */
export function poolEntry(
  known: Partial<PoolReading> & Pick<PoolReading, 'index' | 'url' | 'user'>,
): PoolReading {
  return { ...EMPTY_POOL, ...known }
}

/** A reading of which only `known` is known. */
export function reading(
  known: Partial<RigReading> & Pick<RigReading, 'atMs' | 'family' | 'firmware' | 'state'>,
): RigReading {
  return {
    make: null,
    model: null,
    firmwareVersion: null,
    apiVersion: null,
    controlBoard: null,
    mac: null,
    serial: null,
    hostname: null,
    hashrates: NO_HASHRATES,
    expectedHs: null,
    stickerHs: null,
    boards: [],
    chips: [],
    fans: [],
    psuFans: [],
    temperatures: NO_TEMPERATURES,
    powerW: null,
    powerSource: null,
    ratedPowerW: null,
    inputVoltageV: null,
    inputCurrentA: null,
    settings: NO_SETTINGS,
    systemUptimeS: null,
    minerUptimeS: null,
    shares: NO_SHARES,
    bestShare: null,
    bestSession: null,
    blocksFound: null,
    pools: [],
    locating: null,
    errors: [],
    wifiRssiDbm: null,
    hashErrorPercent: null,
    hardwareErrors: null,
    firmwareOptions: null,
    ...known,
  }
}
