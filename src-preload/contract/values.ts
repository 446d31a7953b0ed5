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

export const pool = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string().describe('Without secrets'),
  userIdentity: z.string().describe('What the pool knows us by, for instance account.worker'),
  hasPassword: z.boolean(),
  enabled: z.boolean(),
  priority: count.describe('0 is first'),
  active: z.boolean(),
  protocol: poolProtocol,
  encrypted: z.boolean(),
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
  rejectReasons: z.record(z.string(), count),
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
})
export type PoolDraft = z.input<typeof poolDraft>

export const poolPatch = poolDraft.partial().extend({
  enabled: z.boolean().optional(),
  priority: count.optional().describe('New place in the order; the others move'),
})
export type PoolPatch = z.input<typeof poolPatch>

export const activation = z.object({
  switchedAt: momentMs,
  tookMs: z.number().nonnegative().describe('From the request to the first job of the new pool on its way'),
  downstreams: z.object({
    total: count,
    seamless: count.describe('Got the new job on the same socket and extranonce'),
    setExtranonce: count.describe('Were told a new extranonce on the same socket'),
    reconnected: count.describe('Had to be disconnected'),
  }),
})
export type Activation = z.infer<typeof activation>

export const poolTestStep = z.object({
  step: z.enum(['address', 'connect', 'handshake', 'open', 'job']),
  ok: z.boolean(),
  tookMs: z.number().nonnegative(),
  detail: z.string(),
})
export const poolTest = z.object({
  ok: z.boolean(),
  steps: z.array(poolTestStep),
  problem: problem.nullable(),
})
export type PoolTest = z.infer<typeof poolTest>

/** subscribing: connected, no job yet. hashing: shares arrive. quiet: has a job, but shares are overdue. */
export const downstreamState = z.enum(['subscribing', 'hashing', 'quiet'])

export const downstream = z.object({
  id: z.string(),
  rigKey: z.string().describe('Stays the same when the rig reconnects'),
  name: z.string().describe('The identity the rig gave, or its address'),
  address: z.string(),
  protocol: poolProtocol,
  userAgent: z.string().nullable(),
  state: downstreamState,
  connectedAt: momentMs,
  lastShareAt: momentMs.nullable(),
  hashrateHs: hashrateHs.describe('Measured from shares over about five minutes'),
  hashrateRatioError: z.number().nonnegative().nullable().describe('One sigma of the estimate, 0.1 = 10 %'),
  difficulty,
  bestDifficulty: difficulty,
  shares: shareCounts,
  invalidReasons: z.record(z.string(), count),
  poolId: z.string().nullable(),
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
  bestDifficulty: difficulty,
  blocksFound: count,
  networkDifficulty: difficulty.nullable().describe('From the job being hashed'),
  updatedAt: momentMs.describe('When the mining thread last reported; old means stale'),
})
export type Overview = z.infer<typeof overview>

export const currentJob = z.object({
  poolId: z.string(),
  upstreamJobId: z.string(),
  receivedAt: momentMs,
  height: count.nullable(),
  tag: z.string().nullable().describe('Printable part of the coinbase script'),
  previousBlockHash: z.string().describe('Display order'),
  version: count,
  versionRollingMask: count,
  nBits: count,
  networkDifficulty: difficulty.nullable(),
  ntime: count.describe('Unix seconds'),
  merkleDepth: count,
  emptyBlock: z.boolean(),
  rewardSats: count.nullable().describe('null if the coinbase could not be read'),
  outputs: z.array(z.object({ valueSats: count, address: z.string().nullable(), scriptHex: z.string() })),
})
export type CurrentJob = z.infer<typeof currentJob>

export const block = z.object({
  hash: z.string(),
  height: count.nullable(),
  foundAt: momentMs,
  poolId: z.string(),
  rigName: z.string(),
  difficulty,
})
export type Block = z.infer<typeof block>

export const historyMetric = z.enum([
  'hashrate',
  'valid',
  'acknowledged',
  'rejected',
  'stale',
  'duplicate',
  'invalid',
  'lost',
])
export const historyQuery = z.object({
  metric: historyMetric.default('hashrate'),
  rig: z.string().optional().describe('A rigKey; all rigs if absent'),
  from: z.coerce.number().int().nonnegative().optional().describe('Epoch ms; default an hour ago'),
  to: z.coerce.number().int().nonnegative().optional().describe('Epoch ms; default now'),
  points: z.coerce.number().int().min(2).max(2000).default(120),
})
export const historySeries = z.object({
  metric: historyMetric,
  bucketMs: z.number().int().positive(),
  points: z.array(z.object({ at: momentMs, value: z.number().nullable().describe('null is a gap') })),
})
export type HistorySeries = z.infer<typeof historySeries>

export const notice = z.object({
  id: z.string(),
  severity: z.enum(['info', 'warning', 'error']),
  title: z.string(),
  detail: z.string(),
  at: momentMs,
})
export type Notice = z.infer<typeof notice>

export const appInfo = z.object({
  version: z.string(),
  host: z.enum(['desktop', 'headless']),
  startedAt: momentMs,
  dataDir: z.string(),
  stratum: z
    .object({ address: z.string().describe('host:port to point rigs at'), lanAddresses: z.array(z.string()) })
    .nullable(),
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
])
export type PracticeEvent = z.infer<typeof practiceEvent>

export const practiceState = z.object({
  chainHeight: count,
  networkDifficulty: difficulty,
  pools: z.array(z.object({ name: z.string(), protocol: poolProtocol, listening: z.boolean() })),
  rigs: z.array(z.object({ name: z.string(), model: z.string(), connected: z.boolean(), hashrateHs })),
})
export type PracticeState = z.infer<typeof practiceState>
