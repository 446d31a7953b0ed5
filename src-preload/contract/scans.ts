/** How rigs are found: searches of the network, and lists that people paste. */
import { z } from 'zod'
import { count, momentMs, problem } from './values.ts'

const text = z.string().nullable()

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
