/** What rigs are told: actions, one rig or many, with their proof. */
import { z } from 'zod'
import { rigAction } from './rigs.ts'
import { momentMs, problem } from './values.ts'

const text = z.string().nullable()

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
