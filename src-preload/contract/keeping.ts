/** The history as a file: how large it is, how long what is kept, and copies of it. */
import { z } from 'zod'
import { count, momentMs } from './values.ts'

const bytes = z.number().int().nonnegative()

export const retention = z.object({
  rawDays: z.number().int().min(1).max(90).describe('Every sample; roll-ups are kept for ever'),
  shareMinuteDays: z.number().int().min(1).max(90).describe('Shares by the minute; later by five minutes'),
  budgetMegabytes: z
    .number()
    .int()
    .min(50)
    .max(1_000_000)
    .nullable()
    .describe('Above it every sample is kept for a shorter time; null for no limit'),
  backupEvery: z.enum(['off', 'day', 'week']),
  keepDaily: z.number().int().min(1).max(30),
  keepWeekly: z.number().int().min(0).max(52),
})
export type Retention = z.infer<typeof retention>

export const historyBackup = z.object({
  name: z.string(),
  at: momentMs,
  bytes,
  kind: z.enum(['automatic', 'by-hand', 'before-migration', 'before-restore', 'damaged']),
  verified: z.boolean().nullable().describe('null: not looked at yet'),
})
export type HistoryBackup = z.infer<typeof historyBackup>

export const keepingState = z.object({
  database: z.object({
    kind: z.enum(['sqlite', 'postgres']),
    where: z.string().describe('The file, or host, database and site; never a password'),
    version: count,
  }),
  writing: z.boolean().describe('False while the disk or the server refuses'),
  problem: z.string().nullable(),
  sizeBytes: bytes,
  parts: z.array(
    z.object({
      part: z.enum(['raw', 'five-minutes', 'hours', 'days', 'shares', 'money', 'other']),
      bytes,
      from: momentMs.nullable().describe('Oldest it holds'),
    }),
  ),
  yearForecastBytes: bytes.nullable().describe('What a year adds at the present rate, once it is known'),
  freeBytes: bytes.nullable().describe('Room on its disk'),
  retention,
  effectiveRawDays: z.number().describe('Shorter than asked for while over the budget'),
  backups: z.array(historyBackup).describe('Newest first; empty where a server keeps its own'),
  backupsBy: z.enum(['headframe', 'server']),
  task: z
    .object({
      what: z.enum(['backup', 'verify', 'restore', 'move']),
      of: z.string(),
      progressRatio: z.number().min(0).max(1).nullable(),
      startedAt: momentMs,
    })
    .nullable(),
})
export type KeepingState = z.infer<typeof keepingState>

export const verifyReport = z.object({
  of: z.string(),
  sound: z.boolean(),
  problems: z.array(z.string()).describe('A sentence each'),
  checkedBytes: bytes,
  tookMs: z.number().nonnegative(),
})
export type VerifyReport = z.infer<typeof verifyReport>

export const restoreReport = z.object({
  from: z.string(),
  keptAside: z.string().describe('Where the history from before is; nothing was deleted'),
  lost: z.string().describe('A sentence: which stretch of time is not in it'),
})
export type RestoreReport = z.infer<typeof restoreReport>

export const exportKind = z.enum([
  'samples',
  'rig-hours',
  'rig-days',
  'share-hours',
  'share-days',
  'payouts',
  'prices',
  'facts',
  'events',
])
export const exportQuery = z.object({
  kind: exportKind,
  format: z.enum(['csv', 'jsonl']).default('csv'),
  from: z.coerce.number().int().nonnegative(),
  to: z.coerce.number().int().nonnegative(),
  cursor: z.string().max(500).optional().describe('Of the piece before; none for the first'),
})
export type ExportQuery = z.input<typeof exportQuery>
export const exportPiece = z.object({
  text: z.string(),
  rows: count,
  cursor: z.string().nullable().describe('null after the last piece'),
})
export type ExportPiece = z.infer<typeof exportPiece>

export const databaseDraft = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('sqlite') }),
  z.object({
    kind: z.literal('postgres'),
    host: z.string().trim().min(1).max(255),
    port: z.number().int().min(1).max(65535).default(5432),
    database: z.string().trim().min(1).max(63),
    user: z.string().trim().min(1).max(63),
    password: z.string().max(500).optional().describe('The stored one if absent'),
    tls: z.boolean().default(false),
    site: z
      .string()
      .trim()
      .regex(/^[a-z][a-z0-9_]{0,39}$/)
      .describe('Name of this farm on the server: small letters, digits, underscore, a letter first'),
  }),
])
export type DatabaseDraft = z.input<typeof databaseDraft>
export const databaseTest = z.object({
  ok: z.boolean(),
  steps: z.array(z.object({ step: z.string(), ok: z.boolean(), detail: z.string() })),
})
export type DatabaseTest = z.infer<typeof databaseTest>
