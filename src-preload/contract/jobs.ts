/** Jobs as a person reads them: the one being hashed, and what the pools said when. */
import { z } from 'zod'
import { count, difficulty, momentMs } from './values.ts'

export const coinbaseOutput = z.object({
  valueSats: count,
  address: z.string().nullable(),
  scriptHex: z.string(),
  kind: z.enum(['payout', 'witness-commitment', 'data', 'other']),
})

export const currentJob = z.object({
  poolId: z.string(),
  upstreamJobId: z.string(),
  receivedAt: momentMs,
  network: z.enum(['mainnet', 'testnet', 'regtest', 'unknown']),
  height: count.nullable(),
  tag: z.string().nullable().describe('Printable part of the coinbase script'),
  previousBlockHash: z.string().describe('Display order'),
  version: count,
  versionRollingMask: count,
  nBits: count,
  networkDifficulty: difficulty.nullable(),
  poolDifficulty: difficulty.nullable().describe('What a share must reach'),
  ntime: count.describe('Unix seconds'),
  merkleDepth: count,
  emptyBlock: z.boolean(),
  coinbaseBytes: count.describe('Without witness, extranonce included'),
  rewardSats: count.nullable().describe('null if the coinbase could not be read'),
  feesSats: count.nullable().describe('Reward less subsidy; null where that cannot be known'),
  feesUnknownBecause: z
    .enum(['coinbase-unreadable', 'height-unknown', 'network-unknown', 'below-subsidy'])
    .nullable(),
  transactions: z.object({ least: count, most: count }).describe('By merkle depth, coinbase included'),
  extranonce: z
    .object({ offset: count, prefixSize: count, rollableSize: count })
    .describe('Where it stands in the coinbase, bytes'),
  outputs: z.array(coinbaseOutput),
})
export type CurrentJob = z.infer<typeof currentJob>

export const timelineJob = z.object({
  at: momentMs,
  upstreamJobId: z.string(),
  newTip: z.boolean().describe('Began a new block; else a fresh template for the same one'),
  height: count.nullable(),
  previousBlockHash: z.string(),
  emptyBlock: z.boolean(),
  merkleDepth: count,
  rewardSats: count.nullable(),
  feesSats: count.nullable(),
  poolDifficulty: difficulty.nullable(),
  sizeBytes: count.describe('Of the message that carried it'),
})
export type TimelineJob = z.infer<typeof timelineJob>

/** When each connected pool first worked on a chain tip. */
export const timelineTip = z.object({
  previousBlockHash: z.string(),
  height: count.nullable().describe('Of the block being mined on it'),
  firstAt: momentMs,
  pools: z.array(
    z.object({
      poolId: z.string(),
      at: momentMs,
      lagMs: z.number().nonnegative().describe('0 for the first'),
    }),
  ),
})
export type TimelineTip = z.infer<typeof timelineTip>

export const jobTimeline = z.object({
  pools: z.array(
    z.object({
      poolId: z.string(),
      listening: z.boolean().describe('Connected only to compare'),
      jobs: z.array(timelineJob).describe('Newest first'),
      medianLagMs: z.number().nonnegative().nullable().describe('Behind the first pool, over the tips kept'),
      comparedCount: count.describe('Tips that at least two pools announced'),
      firstCount: count.describe('Of those, the ones it announced first'),
    }),
  ),
  tips: z.array(timelineTip).describe('Newest first'),
})
export type JobTimeline = z.infer<typeof jobTimeline>

/** What the watchdog found, while it lasts. */
export const warning = z.object({
  id: z.string(),
  code: z.string().describe('watchdog/what-is-odd'),
  severity: z.enum(['info', 'warning', 'error']),
  poolId: z.string().nullable(),
  message: z.string().describe('What is wrong and what to do'),
  since: momentMs,
})
export type Warning = z.infer<typeof warning>
