/**
 * Rigs as the fleet sees them: found on the LAN, read by their own interfaces, told what to do. What the proxy sees of a
 * connection is a `downstream`; a rig may have one.
 */
import { z } from 'zod'
import { count, difficulty, hashrateHs, momentMs, problem } from './values.ts'

/** A number the rig measured; null where it said nothing (never 0 for absent). */
const measured = z.number().nullable()
const text = z.string().nullable()

/**
 * mining … miner-down: in the rig's words. unreachable: three polls without an answer. unknown: never read yet.
 */
export const rigState = z.enum([
  'mining',
  'starting',
  'tuning',
  'paused',
  'stopped',
  'overheated',
  'error',
  'miner-down',
  'unreachable',
  'unknown',
])
export type RigState = z.infer<typeof rigState>

/** live: read in its turn. stale: the last polls failed, values are the last known. gone: too old to show as values. */
export const freshness = z.enum(['never', 'live', 'stale', 'gone'])

export const rigAction = z.enum([
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
])
export type RigAction = z.infer<typeof rigAction>

export const rigCapability = z.object({
  offered: z.boolean(),
  because: z.string().describe('Why not, a sentence; empty when offered'),
  needsLogin: z.boolean().optional().describe('True where a login that it takes would open it'),
})
export type RigCapability = z.infer<typeof rigCapability>

export const rigPlace = z.object({ room: z.string().max(60), shelf: z.string().max(60) })

export const rig = z.object({
  id: z.string().describe('From its MAC address, else its serial number, else where it was found'),
  name: z.string().describe('What the person calls it, else its host name, else its address'),
  namedByPerson: z.boolean(),
  address: z.string().describe('host, or host:port'),
  mac: text,
  serial: text,
  hostname: text,
  family: z.string(),
  familyName: z.string(),
  make: text,
  model: text,
  firmware: text,
  firmwareVersion: text,
  state: rigState,
  freshness,
  readAt: momentMs.nullable().describe('When its values arrived'),
  addedAt: momentMs,
  hashrateHs: hashrateHs.nullable().describe('What it says itself, over its shortest steady window'),
  expectedHs: hashrateHs.nullable(),
  effectiveHs: hashrateHs.nullable().describe('From its shares at this proxy; null while it mines elsewhere'),
  chipMaxC: measured,
  boardMaxC: measured,
  fanRpm: measured.describe('Of the fastest fan'),
  fanPercent: measured,
  powerW: measured,
  powerSource: z.enum(['measured', 'estimated', 'nameplate']).nullable(),
  efficiencyJTh: measured,
  uptimeS: measured,
  accepted: count.nullable(),
  rejected: count.nullable(),
  lastShareAt: momentMs.nullable(),
  bestShare: difficulty.nullable(),
  pool: z
    .object({ url: z.string(), user: z.string(), alive: z.boolean().nullable() })
    .nullable()
    .describe('What it mines for now'),
  minesHere: z.boolean().nullable().describe('Whether that is this proxy; null when unknown'),
  managedBy: text.describe('A farm manager that owns its pools and may change them back'),
  locating: z.boolean().nullable(),
  errors: z.object({
    count,
    worst: z.enum(['info', 'warning', 'error']).nullable(),
    first: text.describe('The worst one in plain words'),
  }),
  group: z.object({ id: z.string(), name: z.string() }).nullable(),
  place: rigPlace,
  notes: z.string(),
  downstreamId: text.describe('Its connection to this proxy'),
  login: z.enum(['not-needed', 'missing', 'entered', 'wrong']),
  problem: problem.nullable().describe('Why it could not be read last'),
  busy: z.object({ action: z.string(), since: momentMs }).nullable(),
  capabilities: z.record(rigAction, rigCapability),
  canRestorePools: z.boolean(),
})
export type Rig = z.infer<typeof rig>

const hashrates = z.object({
  nowHs: measured,
  minuteHs: measured,
  fiveMinutesHs: measured,
  fifteenMinutesHs: measured,
  hourHs: measured,
  dayHs: measured,
  averageHs: measured,
})

export const rigBoard = z.object({
  slot: count,
  label: z.string(),
  serial: text,
  hashrateHs: measured,
  expectedHs: measured,
  chipsWorking: measured,
  chipsExpected: measured,
  boardC: measured,
  chipMinC: measured,
  chipAverageC: measured,
  chipMaxC: measured,
  inletC: measured,
  outletC: measured,
  frequencyMHz: measured,
  voltageV: measured,
  hardwareErrors: measured,
  active: z.boolean().nullable(),
  missing: z.boolean(),
})
export type RigBoard = z.infer<typeof rigBoard>

export const rigChip = z.object({
  boardSlot: count,
  index: count,
  hashrateHs: measured,
  temperatureC: measured,
  frequencyMHz: measured,
  voltageV: measured,
  errors: measured,
  working: z.boolean().nullable(),
})
export type RigChip = z.infer<typeof rigChip>

export const rigFan = z.object({
  label: z.string(),
  rpm: measured,
  dutyPercent: measured,
  ok: z.boolean().nullable(),
})

export const rigPool = z.object({
  index: z.number().int(),
  url: z.string(),
  user: z.string(),
  group: text,
  alive: z.boolean().nullable(),
  active: z.boolean(),
  devFee: z.boolean().describe("The firmware maker's, not the person's"),
  accepted: measured,
  rejected: measured,
  stale: measured,
  difficulty: measured,
  pingMs: measured,
  lastShareAtMs: measured,
})
export type RigPool = z.infer<typeof rigPool>

export const rigError = z.object({
  code: z.string(),
  text: z.string(),
  remedy: text.describe('What to do about it'),
  severity: z.enum(['info', 'warning', 'error']),
  component: text,
  sinceMs: measured,
  firstSeenAt: momentMs,
  lastSeenAt: momentMs,
})
export type RigError = z.infer<typeof rigError>

export const rigSettings = z.object({
  powerMode: text,
  powerModes: z.array(z.object({ id: z.string(), label: z.string() })),
  powerLimitW: measured,
  powerLimitRangeW: z.object({ min: z.number(), max: z.number() }).nullable(),
  frequencyMHz: measured,
  frequencyOptionsMHz: z.array(z.number()),
  coreVoltageMv: measured,
  coreVoltageOptionsMv: z.array(z.number()),
  fanAuto: z.boolean().nullable(),
  fanPercent: measured,
  targetC: measured,
})
export type RigSettings = z.infer<typeof rigSettings>

/** Everything its last reading said, for the rig's page. */
export const rigDetail = z.object({
  rig,
  apiVersion: text,
  controlBoard: text,
  hashrates,
  stickerHs: measured,
  boards: z.array(rigBoard),
  chips: z.array(rigChip),
  fans: z.array(rigFan),
  psuFans: z.array(rigFan),
  temperatures: z.object({
    ambientC: measured,
    chipMaxC: measured,
    boardMaxC: measured,
    regulatorC: measured,
    waterInC: measured,
    waterOutC: measured,
  }),
  inputVoltageV: measured,
  inputCurrentA: measured,
  settings: rigSettings,
  systemUptimeS: measured,
  minerUptimeS: measured,
  stale: measured.describe('Shares it counts as stale'),
  rejectReasons: z.array(z.object({ reason: z.string(), count })),
  bestSession: measured,
  blocksFound: measured,
  pools: z.array(rigPool),
  errors: z.array(rigError),
  wifiRssiDbm: measured,
  hashErrorPercent: measured,
  hardwareErrors: measured,
  unread: z
    .array(z.string())
    .describe('Requests that failed at the last poll; their values are older or absent'),
  credentials: z.object({
    from: z.enum(['rig', 'group', 'family', 'none']),
    username: text,
    neededFor: z.enum(['nothing', 'writing', 'reading']),
    factoryUsername: text.describe('What the maker set, for the person to try'),
    refused: z.boolean().describe('Tried once and refused; not tried again until changed'),
  }),
})
export type RigDetail = z.infer<typeof rigDetail>

export const rigPatch = z.object({
  name: z
    .string()
    .trim()
    .max(60, 'Use at most 60 characters for the name')
    .optional()
    .describe("'' for its own"),
  notes: z.string().max(2000, 'Notes have at most 2,000 characters').optional(),
  place: rigPlace.partial().optional(),
  groupId: z.string().nullable().optional(),
})
export type RigPatch = z.infer<typeof rigPatch>

export const fleetGroup = z.object({
  id: z.string(),
  name: z.string(),
  rigCount: count,
  hasCredentials: z.boolean(),
})
export type FleetGroup = z.infer<typeof fleetGroup>
export const fleetGroupDraft = z.object({
  name: z.string().trim().min(1, 'Give the group a name').max(60, 'Use at most 60 characters for the name'),
})

export const credentialsDraft = z.object({
  username: z.string().max(200),
  password: z.string().max(200).describe('Write-only'),
})
/** Whom they are for: one rig, all of a group, all of a family. */
export const credentialsTarget = z.object({
  scope: z.enum(['rig', 'group', 'family']),
  id: z.string().describe('Id of the rig or group, or name of the family'),
})
export type CredentialsTarget = z.infer<typeof credentialsTarget>

/** A stored raw answer of a rig, secrets masked. */
export const rigRawReplies = z.object({
  rigId: z.string(),
  replies: z.array(
    z.object({
      request: z.string(),
      at: momentMs,
      text: z.string().describe('Cut at 64 KiB'),
      bytes: count,
      repaired: z.array(z.string()).describe('What had to be repaired to read it'),
    }),
  ),
})
export type RigRawReplies = z.infer<typeof rigRawReplies>

/* ---- Actions ---- */

export const poolTarget = z.object({
  url: z.string().trim().min(1, 'Enter the pool URL').max(500),
  user: z.string().trim().min(1, 'Enter the user name at the pool').max(255),
  password: z.string().max(255).default(''),
})

/** What an action needs, by action; what another one needs is ignored. */
export const actionInput = z.object({
  on: z.boolean().optional().describe('locate: on or off'),
  mode: z.string().max(100).optional().describe('set-power-mode: one of the rig’s modes'),
  watts: z.number().positive().max(100_000).optional().describe('set-power-limit'),
  megahertz: z.number().positive().max(5000).optional().describe('set-frequency'),
  millivolts: z.number().positive().max(50_000).optional().describe('set-voltage'),
  percent: z.number().min(0).max(100).nullable().optional().describe('set-fan: null is automatic'),
  poolId: z.string().optional().describe('send-to-pool: one of the pools'),
  pools: z.array(poolTarget).min(1).max(8).optional().describe('set-pools'),
  workerTemplate: z
    .string()
    .max(200)
    .optional()
    .describe('User name with placeholders {worker} {name} {host} {ip} {mac4} {n}; the fleet’s if absent'),
})
export type ActionInput = z.input<typeof actionInput>

/**
 * planned: not begun. writing: the rig is being told. verifying: it said yes, and is being read back. done: seen to be so.
 * unproven: it says so itself, but the proof did not come in time. failed. skipped: not tried, see `message`.
 */
export const runItemState = z.enum([
  'planned',
  'writing',
  'verifying',
  'done',
  'unproven',
  'failed',
  'skipped',
])
export const runItem = z.object({
  rigId: z.string(),
  rigName: z.string(),
  state: runItemState,
  message: z.string().describe('What happened or would happen, for a person'),
  proof: text.describe('What showed that it is done'),
  problem: problem.nullable(),
  startedAt: momentMs.nullable(),
  endedAt: momentMs.nullable(),
  canUndo: z.boolean(),
})
export type RunItem = z.infer<typeof runItem>

export const run = z.object({
  id: z.string(),
  action: rigAction,
  dryRun: z.boolean(),
  state: z.enum(['running', 'done', 'stopped']),
  message: z.string().describe('Why it was stopped; else a summary'),
  startedAt: momentMs,
  endedAt: momentMs.nullable(),
  items: z.array(runItem),
  undoes: text.describe('The run whose effects it takes back'),
  undoneBy: text,
  canUndo: z.boolean(),
})
export type Run = z.infer<typeof run>

export const runDraft = actionInput.extend({
  action: rigAction,
  rigIds: z.array(z.string()).min(1, 'Choose at least one rig').max(10_000),
  dryRun: z.boolean().default(false),
  batchSize: z.number().int().min(1).max(100).default(5).describe('Rigs at once'),
  pauseMs: z.number().int().min(0).max(3_600_000).default(1000).describe('Between batches'),
  stopAfterFailures: z.number().int().min(1).max(10_000).default(3),
})
export type RunDraft = z.input<typeof runDraft>

/* ---- Discovery ---- */

export const scanDraft = z.object({
  targets: z
    .array(z.string().trim().min(1).max(200))
    .max(200)
    .default([])
    .describe('Addresses, names, host:port, host:port-port, ranges, CIDR; own subnets if absent'),
  mdns: z.boolean().default(false).describe('Also ask the network who announces itself'),
  reports: z
    .boolean()
    .default(false)
    .describe('Also listen for the IP-report buttons of Antminer and Whatsminer'),
  listenSeconds: z.number().int().min(1).max(600).default(10).describe('For mdns and reports'),
})
export type ScanDraft = z.input<typeof scanDraft>

export const scanFind = z.object({
  address: z.string(),
  outcome: z.enum(['rig', 'declined', 'other']).describe('declined: a miner that is not for Bitcoin'),
  rigId: text,
  isNew: z.boolean(),
  moved: z.boolean().describe('Known before at another address'),
  make: text,
  model: text,
  firmware: text,
  firmwareVersion: text,
  mac: text,
  note: z.string().describe('For a person: why it was declined, or what is odd; else empty'),
  at: momentMs,
})
export type ScanFind = z.infer<typeof scanFind>

export const scan = z.object({
  id: z.string(),
  state: z.enum(['running', 'done', 'stopped']),
  startedAt: momentMs,
  endedAt: momentMs.nullable(),
  targets: z.array(z.string()),
  total: count.describe('Addresses to try'),
  tried: count,
  answered: count.describe('Somebody is there'),
  listeningUntil: momentMs.nullable().describe('For announcements and report buttons'),
  firstRigMs: z.number().nonnegative().nullable(),
  finds: z.array(scanFind),
  problem: problem.nullable().describe('What could not be done, while the rest went on'),
})
export type Scan = z.infer<typeof scan>

export const scanSuggestion = z.object({
  target: z.string(),
  label: z.string(),
  addresses: count,
  preferred: z.boolean(),
})
export type ScanSuggestion = z.infer<typeof scanSuggestion>

/* ---- Import ---- */

export const rigImport = z.object({
  text: z
    .string()
    .min(1, 'Paste a list, a rig in each line')
    .max(200_000)
    .describe('CSV: address, name, group, room, shelf, notes; a header line may say otherwise'),
  dryRun: z.boolean().default(false),
})
export const rigImportResult = z.object({
  lines: z.array(
    z.object({
      line: count,
      address: z.string(),
      outcome: z.enum(['new', 'known', 'refused']),
      message: z.string(),
    }),
  ),
  scanId: text.describe('The scan that identifies them; null for a dry run'),
})
export type RigImportResult = z.infer<typeof rigImportResult>

/* ---- Tuning ---- */

export const tuningGoal = z.enum(['hashrate', 'efficiency', 'quiet'])
export type TuningGoal = z.infer<typeof tuningGoal>

export const tuningDraft = z.object({
  goal: tuningGoal,
  maxChipC: z.number().min(40).max(75).default(65),
  maxRegulatorC: z.number().min(50).max(100).default(85),
  maxPowerW: z.number().positive().max(5000).nullable().default(null).describe('null: what the board says'),
  maxErrorPercent: z.number().min(0.1).max(10).default(1),
  stepSeconds: z.number().int().min(1).max(1800).default(90).describe('How long each setting is watched'),
})
export type TuningDraft = z.input<typeof tuningDraft>

export const tuningTrial = z.object({
  frequencyMHz: z.number(),
  coreVoltageMv: z.number(),
  startedAt: momentMs,
  endedAt: momentMs.nullable(),
  hashrateHs: measured,
  powerW: measured,
  efficiencyJTh: measured,
  chipC: measured,
  regulatorC: measured,
  errorPercent: measured,
  fanPercent: measured,
  verdict: z.enum(['running', 'good', 'too-hot', 'too-many-errors', 'too-much-power', 'too-slow', 'failed']),
  because: z.string(),
})
export type TuningTrial = z.infer<typeof tuningTrial>

export const tuning = z.object({
  id: z.string().describe('Of the rig'),
  state: z.enum(['running', 'done', 'stopped', 'failed', 'reverted']),
  goal: tuningGoal,
  startedAt: momentMs,
  endedAt: momentMs.nullable(),
  before: z.object({ frequencyMHz: z.number(), coreVoltageMv: z.number() }),
  best: z.number().int().nullable().describe('Index into trials'),
  trials: z.array(tuningTrial),
  message: z.string(),
})
export type Tuning = z.infer<typeof tuning>
