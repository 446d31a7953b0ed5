/** Which rigs work for which pool. Without rules and split, all work for the pool in use. */
import { z } from 'zod'

const rigKey = z.string().min(1).max(300)

/** Rigs that go together. */
export const rigGroup = z.object({
  id: z.string().min(1).max(64),
  name: z.string().trim().min(1, 'Give the group a name').max(60, 'Use at most 60 characters for the name'),
  rigKeys: z.array(rigKey).max(1000),
  poolId: z.string().nullable().describe('The pool its rigs work for; null leaves them to the others'),
})
export type RigGroup = z.infer<typeof rigGroup>

export const routing = z.object({
  rigs: z
    .array(z.object({ rigKey, poolId: z.string() }))
    .max(1000)
    .describe('Single rigs; they come before groups'),
  groups: z.array(rigGroup).max(100).describe('A rig in several counts for the first'),
  split: z
    .array(z.object({ poolId: z.string(), percent: z.number().min(1).max(100) }))
    .max(10)
    .describe('For all other rigs: parts of the hashrate, 100 % together; empty for no split'),
  failover: z.object({
    enabled: z.boolean(),
    returnAfterMinutes: z
      .number()
      .min(1)
      .max(1440)
      .describe('How long the preferred pool must serve well before rigs return to it'),
  }),
})
export type Routing = z.infer<typeof routing>
