/**
 * Values that cross between the core and its screens, scripts and tests. JSON-safe on every port: no
 * bigint, Date, typed array or NaN. Moments are epoch milliseconds, rates H/s, sums of money sats.
 */
import { z } from 'zod'

export const momentMs = z.number().int().nonnegative().describe('Epoch milliseconds')
export const count = z.number().int().nonnegative()
export const hashrateHs = z.number().nonnegative().describe('Hashes per second')
export const difficulty = z.number().nonnegative()

/** Counts of shares. submitted = valid + stale + duplicate + invalid; valid = acknowledged + rejected + pending + lost. */
export const shareCounts = z.object({
  submitted: count,
  valid: count.describe('Our verdict: rebuilt, hashed and good'),
  stale: count,
  duplicate: count,
  invalid: count.describe('Below its difficulty, or malformed'),
  acknowledged: count.describe('The pool said yes'),
  rejected: count.describe('The pool said no'),
  pending: count.describe('Sent, not answered yet'),
  lost: count.describe('Sent, and the connection ended before an answer'),
  weak: count.describe(
    'Met the rig difficulty but not the pool difficulty: measures the rig, is not sent, and stands outside both sums',
  ),
})
export type ShareCounts = z.infer<typeof shareCounts>

export const poolProtocol = z.enum(['stratum-v2', 'stratum-v1'])
export type PoolProtocol = z.infer<typeof poolProtocol>

/** What carries the bytes of a connection. Stratum V2 is encrypted over each of them. */
export const transport = z.enum(['tcp', 'tls', 'ws', 'wss'])
export type Transport = z.infer<typeof transport>

/** What a rig speaks: `device` for one on this machine's own ports, which our drivers speak for. */
export const rigProtocol = z.enum([...poolProtocol.options, 'device'])
export type RigProtocol = z.infer<typeof rigProtocol>

/** `usb` for a device, which has no connection. */
export const rigTransport = z.enum([...transport.options, 'usb'])
export type RigTransport = z.infer<typeof rigTransport>

/**
 * idle: not in use. connecting: dialling or shaking hands. ready: connected and giving work.
 * silent: connected, but no job or answer for longer than its rhythm. waiting: failed, will retry.
 * blocked: will not retry until a person acts (wrong key, refused identity).
 */
export const poolState = z.enum(['idle', 'connecting', 'ready', 'silent', 'waiting', 'blocked'])
export type PoolState = z.infer<typeof poolState>

export const problem = z.object({
  code: z.string().describe('subject/what-happened'),
  message: z.string().describe('What is wrong and what to do, for a person'),
  at: momentMs,
})
export type Problem = z.infer<typeof problem>

/** unknown: not in use. good. doubtful: worth a look. bad: rigs go elsewhere if they can. */
export const poolHealth = z.object({
  verdict: z.enum(['unknown', 'good', 'doubtful', 'bad']),
  because: z.string().describe('A sentence; empty when good'),
})
export type PoolHealth = z.infer<typeof poolHealth>

export const pool = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string().describe('Without secrets'),
  fallbackUrl: z
    .string()
    .nullable()
    .describe('Stratum V1 endpoint of the same pool, for when the first fails'),
  userIdentity: z.string().describe('What the pool knows us by, for instance account.worker'),
  hasPassword: z.boolean(),
  enabled: z.boolean(),
  priority: count.describe('0 is first'),
  active: z.boolean(),
  protocol: poolProtocol,
  transport,
  encrypted: z.boolean(),
  lines: z.enum(['shared', 'per-rig']).describe('One upstream channel for all rigs, or one each'),
  namesRigs: z.boolean().describe('On a shared line, whether rigs are told apart by name where the pool can'),
  mayMoveTo: z.enum(['same-host', 'any-host']).describe('Where the pool may send us on to'),
  listens: z.boolean().describe('Kept connected to compare its jobs, also while no rig works for it'),
  solo: z.boolean().describe('Its coinbase ought to pay the address in userIdentity'),
  versionRolling: z.enum(['bip320', 'bip323']),
  preferred: z.boolean().describe('The one the person chose; active is the one in use'),
  health: poolHealth,
  endpoint: z
    .object({
      protocol: poolProtocol,
      transport,
      host: z.string(),
      port: count,
      fallback: z.boolean().describe('Whether it is the second endpoint'),
    })
    .nullable()
    .describe('Where it is reached now; null while not in use'),
  rigCount: count.describe('Rigs that work for it now'),
  lineCount: count.describe('Lines to it that are open'),
  hashrateHs: hashrateHs.describe('Measured, of its rigs'),
  workDifficulty: difficulty.describe('Work delivered since the start, sum of share difficulties'),
  state: poolState,
  problem: problem.nullable(),
  retryAt: momentMs.nullable(),
  connectedAt: momentMs.nullable(),
  latencyMs: z.number().nonnegative().nullable().describe('Time to answer our last share or request'),
  extranonceBytes: z
    .object({ prefix: count, rollable: count })
    .nullable()
    .describe('What the pool granted last, null if never connected'),
  poolDifficulty: difficulty.nullable().describe('Share target of the upstream channel'),
  shares: shareCounts,
  rejectReasons: z.record(z.string(), count).describe('Its refusals in its own words'),
  invalidReasons: z.record(z.string(), count).describe('Our refusals by reason, stale ones by cause'),
  lostReasons: z.record(z.string(), count).describe('Why shares were lost'),
  bytesIn: count,
  bytesOut: count,
})
export type Pool = z.infer<typeof pool>

export const poolDraft = z.object({
  name: z.string().trim().min(1, 'Give the pool a name').max(60, 'Use at most 60 characters for the name'),
  url: z
    .string()
    .trim()
    .min(1, 'Enter the pool URL, for instance stratum2+tcp://pool.example.com:3333/9…')
    .max(500, 'A pool URL has at most 500 characters'),
  userIdentity: z
    .string()
    .trim()
    .min(1, 'Enter the account or payout address the pool knows you by')
    .max(255, 'The pool protocol carries at most 255 bytes of identity'),
  password: z.string().max(255).optional().describe('Write-only; most pools ignore it'),
  enabled: z.boolean().default(true),
  fallbackUrl: z
    .string()
    .trim()
    .max(500, 'A pool URL has at most 500 characters')
    .nullable()
    .optional()
    .describe('Stratum V1 endpoint of the same pool'),
  lines: z.enum(['shared', 'per-rig']).optional(),
  namesRigs: z.boolean().optional(),
  mayMoveTo: z.enum(['same-host', 'any-host']).optional(),
  listens: z.boolean().optional(),
  solo: z.boolean().optional(),
  versionRolling: z.enum(['bip320', 'bip323']).optional(),
})
export type PoolDraft = z.input<typeof poolDraft>

export const poolPatch = poolDraft.partial().extend({
  enabled: z.boolean().optional(),
  priority: count.optional().describe('New place in the order; the others move'),
})
export type PoolPatch = z.input<typeof poolPatch>

export const switchedDownstreams = z.object({
  total: count,
  seamless: count.describe('Got the new job on the same socket and extranonce'),
  setExtranonce: count.describe('Were told a new extranonce on the same socket'),
  reconnected: count.describe('Had to be disconnected'),
})

export const activation = z.object({
  switchedAt: momentMs,
  tookMs: z.number().nonnegative().describe('From the request to the first job of the new pool on its way'),
  downstreams: switchedDownstreams,
})
export type Activation = z.infer<typeof activation>

/**
 * In order: the URL is read, the name looked up, TCP opened; then TLS or a WebSocket upgrade where the URL says
 * so; noise: the Stratum V2 handshake and the pool's key; setup: the first question of the protocol; channel:
 * signed in, extranonce granted; job: the first work.
 */
export const poolTestStepName = z.enum([
  'address',
  'dns',
  'tcp',
  'tls',
  'upgrade',
  'noise',
  'setup',
  'channel',
  'job',
])
export type PoolTestStepName = z.infer<typeof poolTestStepName>
export const poolTestStep = z.object({
  step: poolTestStepName,
  ok: z.boolean(),
  tookMs: z.number().nonnegative(),
  detail: z.string(),
})
export const poolTest = z.object({
  ok: z.boolean(),
  done: z.boolean().describe('false while more steps are to come'),
  steps: z.array(poolTestStep),
  problem: problem.nullable(),
})
export type PoolTest = z.infer<typeof poolTest>

/** A public pool as it describes itself; a start for a pool of one's own. */
export const poolPreset = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string().describe('With the authority key that the pool publishes'),
  fallbackUrl: z.string().nullable(),
  payout: z.enum(['pool', 'solo', 'test']).describe('test: no payout, for trying out'),
  identityHint: z.string().describe('What to enter as user identity'),
  lines: z.enum(['shared', 'per-rig']),
  notes: z.array(z.string()).describe('What it supports and what to know, a sentence each'),
})
export type PoolPreset = z.infer<typeof poolPreset>

/** subscribing: connected, no job yet. hashing: shares arrive. quiet: has a job, but shares are overdue. */
export const downstreamState = z.enum(['subscribing', 'hashing', 'quiet'])

export const downstream = z.object({
  id: z.string(),
  rigKey: z.string().describe('Stays the same when the rig reconnects'),
  name: z.string().describe('The identity the rig gave, or its address'),
  address: z.string().describe('Of its connection; of a device `usb:` and its key'),
  protocol: rigProtocol,
  transport: rigTransport,
  channelKind: z.enum(['standard', 'extended']).nullable().describe('null in Stratum V1 and of devices'),
  userAgent: z.string().nullable(),
  state: downstreamState,
  connectedAt: momentMs,
  lastShareAt: momentMs.nullable(),
  hashrateHs: hashrateHs.describe('Measured from shares over about five minutes'),
  hashrateRatioError: z.number().nonnegative().nullable().describe('One sigma of the estimate, 0.1 = 10 %'),
  difficulty,
  bestDifficulty: difficulty,
  shares: shareCounts,
  invalidReasons: z.record(z.string(), count).describe('Our refusals by reason, stale ones by cause'),
  rejectReasons: z.record(z.string(), count).describe("Pools' refusals in their words"),
  lostReasons: z.record(z.string(), count).describe('Why shares were lost'),
  poolId: z.string().nullable().describe('The pool it works for now'),
  versionRolling: z.boolean(),
  extranonce: z.object({ prefixHex: z.string(), rollableBytes: count }),
  sparklineHs: z
    .array(z.number().nonnegative())
    .describe('Last 30 minutes, one value a minute, oldest first'),
})
export type Downstream = z.infer<typeof downstream>

export const overview = z.object({
  practice: z.boolean(),
  hashrateHs,
  rigs: z.object({
    total: count.describe('Seen in the last 24 hours'),
    online: count.describe('Connected now'),
    hashing: count.describe('Sending shares now'),
  }),
  shares: shareCounts,
  activePool: z
    .object({
      id: z.string(),
      name: z.string(),
      url: z.string(),
      protocol: poolProtocol,
      state: poolState,
      switchedAt: momentMs.nullable(),
    })
    .nullable(),
  preferredPool: z
    .object({ id: z.string(), name: z.string() })
    .nullable()
    .describe('The pool the person chose; another may stand in for it'),
  standIn: z
    .object({ since: momentMs, because: z.string() })
    .nullable()
    .describe('Why another pool stands in for the preferred one'),
  lastSwitch: z
    .object({
      poolId: z.string(),
      at: momentMs,
      tookMs: z.number().nonnegative(),
      downstreams: switchedDownstreams,
      firstAcknowledgedAt: momentMs.nullable().describe('First share that the new pool said yes to'),
    })
    .nullable()
    .describe('Since the start'),
  warningCount: count.describe('Open warnings of the watchdog'),
  bestDifficulty: difficulty,
  blocksFound: count,
  networkDifficulty: difficulty.nullable().describe('From the job being hashed'),
  updatedAt: momentMs.describe('When the mining thread last reported; old means stale'),
})
export type Overview = z.infer<typeof overview>

export const block = z.object({
  hash: z.string(),
  height: count.nullable(),
  foundAt: momentMs,
  poolId: z.string(),
  rigName: z.string(),
  difficulty,
})
export type Block = z.infer<typeof block>

export const notice = z.object({
  id: z.string(),
  severity: z.enum(['info', 'warning', 'error']),
  title: z.string(),
  detail: z.string(),
  at: momentMs,
})
export type Notice = z.infer<typeof notice>

/** Where rigs connect: an address to listen on, and the ones they can be pointed at. */
export const rigAddress = z.object({
  address: z.string().describe('host:port'),
  lanAddresses: z.array(z.string()),
})

export const appInfo = z.object({
  version: z.string(),
  host: z.enum(['desktop', 'headless']),
  startedAt: momentMs,
  dataDir: z.string(),
  stratum: rigAddress.nullable().describe('Stratum V1, plain and TLS on one port'),
  stratumV2: rigAddress.extend({ authorityKey: z.string().describe('What rigs know us by') }).nullable(),
  stratumWs: rigAddress.nullable().describe('WebSocket, both protocols, ws and wss on one port'),
  certificate: z
    .object({ fingerprintSha256: z.string(), notAfter: momentMs })
    .nullable()
    .describe('Our own TLS certificate, for rigs that can pin it'),
  capabilities: z.object({
    practice: z.boolean().describe('The practice menu exists'),
    tray: z.boolean(),
  }),
  notices: z.array(notice),
})
export type AppInfo = z.infer<typeof appInfo>

export const practiceEvent = z.enum([
  'find-block',
  'change-tip',
  'change-difficulty',
  'lose-pool',
  'restore-pool',
  'add-year',
])
export type PracticeEvent = z.infer<typeof practiceEvent>

export const practiceState = z.object({
  chainHeight: count,
  networkDifficulty: difficulty,
  pools: z.array(z.object({ name: z.string(), protocol: poolProtocol, listening: z.boolean() })),
  rigs: z.array(z.object({ name: z.string(), model: z.string(), connected: z.boolean(), hashrateHs })),
})
export type PracticeState = z.infer<typeof practiceState>
