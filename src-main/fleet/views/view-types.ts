/**
 * What the fleet shows: rigs, groups and runs with every name as screens and scripts know it, JSON-safe, so that the
 * host hands them over as they are. Moments are epoch milliseconds, absent is null. Values only.
 */
/** In the rig's words; unreachable: three polls without an answer; unknown: never read yet. */
export type RigState =
  | 'mining'
  | 'starting'
  | 'tuning'
  | 'paused'
  | 'stopped'
  | 'overheated'
  | 'error'
  | 'miner-down'
  | 'unreachable'
  | 'unknown'

/** live: read in its turn. stale: the last polls failed. gone: too old to show as values. */
export type Freshness = 'never' | 'live' | 'stale' | 'gone'

export const RIG_ACTIONS = [
  'send-to-headframe',
  'send-to-pool',
  'set-pools',
  'restore-pools',
  'restart',
  'reboot',
  'pause',
  'resume',
  'locate',
  'set-power-mode',
  'set-power-limit',
  'set-frequency',
  'set-voltage',
  'set-fan',
] as const
export type RigActionName = (typeof RIG_ACTIONS)[number]

export interface CapabilityView {
  offered: boolean
  /** Why not, a sentence; empty when offered. */
  because: string
  /** True where a login that it takes would open it. */
  needsLogin?: boolean
}

export interface PlaceView {
  room: string
  shelf: string
}

export interface ProblemView {
  /** subject/what-happened */
  code: string
  message: string
  at: number
}

export interface RigView {
  id: string
  name: string
  namedByPerson: boolean
  address: string
  mac: string | null
  serial: string | null
  hostname: string | null
  family: string
  familyName: string
  make: string | null
  model: string | null
  firmware: string | null
  firmwareVersion: string | null
  state: RigState
  freshness: Freshness
  readAt: number | null
  addedAt: number
  hashrateHs: number | null
  expectedHs: number | null
  effectiveHs: number | null
  chipMaxC: number | null
  boardMaxC: number | null
  fanRpm: number | null
  fanPercent: number | null
  powerW: number | null
  powerSource: 'measured' | 'estimated' | 'nameplate' | null
  efficiencyJTh: number | null
  uptimeS: number | null
  accepted: number | null
  rejected: number | null
  lastShareAt: number | null
  bestShare: number | null
  pool: { url: string; user: string; alive: boolean | null } | null
  minesHere: boolean | null
  managedBy: string | null
  locating: boolean | null
  errors: { count: number; worst: 'info' | 'warning' | 'error' | null; first: string | null }
  group: { id: string; name: string } | null
  place: PlaceView
  notes: string
  downstreamId: string | null
  login: 'not-needed' | 'missing' | 'entered' | 'wrong'
  problem: ProblemView | null
  busy: { action: string; since: number } | null
  capabilities: Record<RigActionName, CapabilityView>
  canRestorePools: boolean
}

export interface HashratesView {
  nowHs: number | null
  minuteHs: number | null
  fiveMinutesHs: number | null
  fifteenMinutesHs: number | null
  hourHs: number | null
  dayHs: number | null
  averageHs: number | null
}

export interface BoardView {
  slot: number
  label: string
  serial: string | null
  hashrateHs: number | null
  expectedHs: number | null
  chipsWorking: number | null
  chipsExpected: number | null
  boardC: number | null
  chipMinC: number | null
  chipAverageC: number | null
  chipMaxC: number | null
  inletC: number | null
  outletC: number | null
  frequencyMHz: number | null
  voltageV: number | null
  hardwareErrors: number | null
  active: boolean | null
  missing: boolean
}

export interface ChipView {
  boardSlot: number
  index: number
  hashrateHs: number | null
  temperatureC: number | null
  frequencyMHz: number | null
  voltageV: number | null
  errors: number | null
  working: boolean | null
}

export interface FanView {
  label: string
  rpm: number | null
  dutyPercent: number | null
  ok: boolean | null
}

export interface PoolEntryView {
  index: number
  url: string
  user: string
  group: string | null
  alive: boolean | null
  active: boolean
  devFee: boolean
  accepted: number | null
  rejected: number | null
  stale: number | null
  difficulty: number | null
  pingMs: number | null
  lastShareAtMs: number | null
}

export interface RigErrorView {
  code: string
  text: string
  remedy: string | null
  severity: 'info' | 'warning' | 'error'
  component: string | null
  sinceMs: number | null
  firstSeenAt: number
  lastSeenAt: number
}

export interface RigSettingsView {
  powerMode: string | null
  powerModes: { id: string; label: string }[]
  powerLimitW: number | null
  powerLimitRangeW: { min: number; max: number } | null
  frequencyMHz: number | null
  frequencyOptionsMHz: number[]
  coreVoltageMv: number | null
  coreVoltageOptionsMv: number[]
  fanAuto: boolean | null
  fanPercent: number | null
  targetC: number | null
}

export interface CredentialsView {
  from: 'rig' | 'group' | 'family' | 'none'
  username: string | null
  neededFor: 'nothing' | 'writing' | 'reading'
  factoryUsername: string | null
  refused: boolean
}

export interface RigDetailView {
  rig: RigView
  apiVersion: string | null
  controlBoard: string | null
  hashrates: HashratesView
  stickerHs: number | null
  boards: BoardView[]
  chips: ChipView[]
  fans: FanView[]
  psuFans: FanView[]
  temperatures: {
    ambientC: number | null
    chipMaxC: number | null
    boardMaxC: number | null
    regulatorC: number | null
    waterInC: number | null
    waterOutC: number | null
  }
  inputVoltageV: number | null
  inputCurrentA: number | null
  settings: RigSettingsView
  systemUptimeS: number | null
  minerUptimeS: number | null
  stale: number | null
  rejectReasons: { reason: string; count: number }[]
  bestSession: number | null
  blocksFound: number | null
  pools: PoolEntryView[]
  errors: RigErrorView[]
  wifiRssiDbm: number | null
  hashErrorPercent: number | null
  hardwareErrors: number | null
  unread: string[]
  credentials: CredentialsView
}

export interface GroupView {
  id: string
  name: string
  rigCount: number
  hasCredentials: boolean
}

export interface RawRepliesView {
  rigId: string
  replies: { request: string; at: number; text: string; bytes: number; repaired: string[] }[]
}

/** See `RigPatch` of the contract; '' as name gives the rig its own name back. */
export interface RigChange {
  readonly name?: string | undefined
  readonly notes?: string | undefined
  readonly place?: { readonly room?: string | undefined; readonly shelf?: string | undefined } | undefined
  readonly groupId?: string | null | undefined
}

/** Whom a login is for. */
export interface LoginTarget {
  readonly scope: 'rig' | 'group' | 'family'
  readonly id: string
}

export interface ActionValues {
  readonly on?: boolean | undefined
  readonly mode?: string | undefined
  readonly watts?: number | undefined
  readonly megahertz?: number | undefined
  readonly millivolts?: number | undefined
  readonly percent?: number | null | undefined
  readonly poolId?: string | undefined
  readonly pools?:
    | readonly { readonly url: string; readonly user: string; readonly password?: string | undefined }[]
    | undefined
  readonly workerTemplate?: string | undefined
}

export interface RunRequest extends ActionValues {
  readonly action: RigActionName
  readonly rigIds: readonly string[]
  readonly dryRun: boolean
  readonly batchSize: number
  readonly pauseMs: number
  readonly stopAfterFailures: number
}

/**
 * planned: not begun. writing: the rig is being told. verifying: it said yes, and is being read back. done: seen to be
 * so. unproven: it says so itself, but the proof did not come in time. failed. skipped: not tried.
 */
export type RunItemState = 'planned' | 'writing' | 'verifying' | 'done' | 'unproven' | 'failed' | 'skipped'

export interface RunItemView {
  rigId: string
  rigName: string
  state: RunItemState
  message: string
  proof: string | null
  problem: ProblemView | null
  startedAt: number | null
  endedAt: number | null
  canUndo: boolean
}

export interface RunView {
  id: string
  action: RigActionName
  dryRun: boolean
  state: 'running' | 'done' | 'stopped'
  message: string
  startedAt: number
  endedAt: number | null
  items: RunItemView[]
  undoes: string | null
  undoneBy: string | null
  canUndo: boolean
}

export interface ImportLineView {
  line: number
  address: string
  outcome: 'new' | 'known' | 'refused'
  message: string
}

/** What became of a find. */
export interface AdoptionView {
  rigId: string
  isNew: boolean
  /** Known before at another address. */
  moved: boolean
  /** For a person; empty when nothing is odd. */
  note: string
  family: string
}
