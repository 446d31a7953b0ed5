/** What went over the wire: connections, their cost, live frames, and the audit log. */
import { z } from 'zod'
import { count, momentMs, poolProtocol, transport } from './values.ts'

/** A connection to a pool or from a rig. */
export const link = z.object({
  id: z.string(),
  side: z.enum(['upstream', 'downstream']),
  name: z.string().describe('Of the pool or the rig'),
  poolId: z.string().nullable(),
  rigKey: z.string().nullable(),
  protocol: poolProtocol,
  transport,
  address: z.string(),
  since: momentMs,
  bytesIn: count,
  bytesOut: count,
})
export type Link = z.infer<typeof link>

/** Bytes really moved beside what the same work would have cost in the other protocol. */
export const bandwidthRow = z.object({
  protocol: poolProtocol,
  transport,
  links: count,
  bytesIn: count,
  bytesOut: count,
  otherBytesIn: count.describe('The same jobs and answers in the other protocol'),
  otherBytesOut: count.describe('The same shares and questions in the other protocol'),
  otherTlsBytesIn: count.describe('As otherBytesIn, with TLS where the other protocol is Stratum V1'),
  otherTlsBytesOut: count,
  jobs: count,
  shares: count,
})
export type BandwidthRow = z.infer<typeof bandwidthRow>

export const bandwidthRate = z.object({
  coveredMs: count.describe('How much of an hour the figures cover; sums, not extrapolated'),
  bytesIn: count,
  bytesOut: count,
  otherBytesIn: count,
  otherBytesOut: count,
})

export const bandwidth = z.object({
  since: momentMs,
  upstream: z.array(bandwidthRow.extend({ poolId: z.string() })),
  downstream: z.array(bandwidthRow),
  lastHour: z.object({ upstream: bandwidthRate, downstream: bandwidthRate }),
  method: z.array(z.string()).describe('How it is computed, a sentence each'),
})
export type Bandwidth = z.infer<typeof bandwidth>

export const frameField = z.object({ name: z.string(), value: z.string(), hex: z.string().nullable() })

/** A message on one connection, decoded. */
export const trafficFrame = z.object({
  sequence: count,
  at: momentMs,
  direction: z.enum(['in', 'out']).describe('Seen from here'),
  name: z.string().describe('SubmitSharesExtended, mining.notify, ...'),
  summary: z.string(),
  fields: z.array(frameField),
  hex: z.string().describe('The plain message; long ones cut'),
  bytes: count.describe('Plain'),
  wireBytes: count.describe('As sent'),
})
export type TrafficFrame = z.infer<typeof trafficFrame>

/** The newest frames of a watched connection, in order; a gap in sequence means that some were left out. */
export const trafficFrames = z.object({
  link: link.nullable().describe('null once the connection ended'),
  frames: z.array(trafficFrame),
})
export type TrafficFrames = z.infer<typeof trafficFrames>

/** share: shares and their answers. job: jobs, targets, tips. session: set-up and its end. */
export const auditKind = z.enum(['share', 'job', 'session', 'other'])

export const auditSettings = z.object({
  enabled: z.boolean(),
  kinds: z.array(auditKind).min(1, 'Choose at least one kind of message'),
  maskIdentities: z.boolean().describe('Also hide account and rig names'),
  keepDays: z.number().int().min(1).max(3650),
  keepMegabytes: z.number().int().min(1).max(1_000_000).describe('The oldest go first'),
})
export type AuditSettings = z.infer<typeof auditSettings>

export const auditState = z.object({
  settings: auditSettings,
  fileCount: count,
  bytes: count,
  oldestAt: momentMs.nullable(),
  problem: z.string().nullable().describe('Why it is not being written'),
})
export type AuditState = z.infer<typeof auditState>

export const auditQuery = z.object({
  from: z.coerce.number().int().nonnegative().optional(),
  to: z.coerce.number().int().nonnegative().optional(),
  side: z.enum(['upstream', 'downstream']).optional(),
  link: z.string().max(300).optional().describe('Id or name of a connection'),
  direction: z.enum(['in', 'out']).optional(),
  kind: auditKind.optional(),
  text: z.string().max(200).optional().describe('Anywhere in the record, any case'),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})
export type AuditQuery = z.input<typeof auditQuery>

export const auditRecord = z.object({
  at: momentMs,
  linkId: z.string(),
  side: z.enum(['upstream', 'downstream']),
  linkName: z.string(),
  direction: z.enum(['in', 'out']),
  kind: auditKind,
  name: z.string().describe('Of the message; gap where messages could not be recorded'),
  text: z.string().describe('The message; secrets masked'),
})
export type AuditRecord = z.infer<typeof auditRecord>

export const auditPage = z.object({
  records: z.array(auditRecord).describe('Oldest first'),
  nextCursor: z.string().nullable(),
})
export type AuditPage = z.infer<typeof auditPage>

export const auditExport = auditQuery
  .omit({ limit: true })
  .extend({ format: z.enum(['ndjson', 'csv']).default('ndjson') })
export type AuditExport = z.input<typeof auditExport>

/** A piece of an export; ask again with the cursor until there is none. */
export const auditChunk = z.object({ text: z.string(), nextCursor: z.string().nullable() })
export type AuditChunk = z.infer<typeof auditChunk>
