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
