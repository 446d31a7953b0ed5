/** How far payout addresses were looked through, in payout-progress.json: a restart goes on from there. */
import { z } from 'zod'
import { type Clock } from '../base/index.ts'
import { type PayoutProgress, type PayoutProgressStore } from '../earnings/index.ts'
import { type JsonFileNotice, openJsonFile } from '../settings/index.ts'

const openPayout = z.object({
  reference: z.string(),
  sats: z.number().int(),
  height: z.number().int().nullable(),
  blockHash: z.string().nullable(),
  atMs: z.number(),
  coinbase: z.boolean(),
})
const progress = z.object({
  scannedHeight: z.number().int().nullable(),
  open: z.array(openPayout),
  known: z.array(z.string()),
})
const VERSION = 1
const file = z.object({ version: z.literal(VERSION), addresses: z.record(z.string(), progress) })

export interface OpenedPayoutProgress {
  readonly store: PayoutProgressStore
  readonly notices: readonly JsonFileNotice[]
}

/** @throws HeadframeError `settings/newer-version`, `settings/not-readable` */
export async function openPayoutProgress(dataDir: string, clock: Clock): Promise<OpenedPayoutProgress> {
  const opened = await openJsonFile(dataDir, clock, {
    fileName: 'payout-progress.json',
    what: 'How far payouts were looked for',
    afterLoss: 'Addresses are looked through again from the start; nothing else is concerned.',
    schema: file,
    version: VERSION,
    empty: { addresses: {} as Record<string, PayoutProgress> },
  })
  const addresses = new Map(Object.entries(opened.loaded.addresses))
  return {
    store: {
      load: (id) => Promise.resolve(addresses.get(id) ?? null),
      save(id, next) {
        addresses.set(id, next)
        return opened.save({ addresses: Object.fromEntries(addresses) })
      },
    },
    notices: opened.notices,
  }
}
