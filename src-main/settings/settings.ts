/**
 * The shape of settings.json and its checks. Text that a person may have edited by hand: every complaint
 * names the field. Not here: reading and writing files (`settings-store.ts`), secrets (`secrets.ts`).
 */
import { isIP } from 'node:net'
import { z } from 'zod'

/** Version of the file this program writes. A new field is a new version, with a step in `migrate.ts`. */
export const SETTINGS_VERSION = 2

const port = z.number().int().min(0).max(65535)

/** host is an address or a name; port 0 picks a free one. */
const listener = z.strictObject({ host: z.string().min(1).max(255), port })

const cidr = z.string().refine(isCidr, 'is not an address range such as 192.168.1.0/24 or fd00::/8')

export const poolSettings = z.strictObject({
  id: z.string().min(1).max(64),
  name: z.string().min(1).max(60),
  /** Without user name and password; the authority key is part of it. */
  url: z.string().min(1).max(500),
  /** What the pool knows us by, for instance account.worker; at most 255 bytes on the wire. */
  userIdentity: z
    .string()
    .min(1)
    .refine((text) => Buffer.byteLength(text) <= 255, 'has more than 255 bytes'),
  enabled: z.boolean(),
  /** The same pool's Stratum V1 endpoint, for when the first cannot be reached. */
  fallbackUrl: z.string().min(1).max(500).nullable().default(null),
  /** One upstream channel for all rigs, or one each so that the pool shows every rig. */
  lines: z.enum(['shared', 'per-rig']).default('shared'),
  /** On a shared line, whether rigs are told apart by name where the pool can. */
  namesRigs: z.boolean().default(false),
  /** Where the pool may send us on to. */
  mayMoveTo: z.enum(['same-host', 'any-host']).default('same-host'),
  /** Kept connected to compare its jobs with the others', also while no rig works for it. */
  listens: z.boolean().default(false),
  /** Its coinbase ought to pay the address in the user identity. */
  solo: z.boolean().default(false),
  /** Which header version bits rigs may roll: 16 (BIP 320) or 24 (BIP 323). */
  versionRolling: z.enum(['bip320', 'bip323']),
  /** Bytes of extranonce that the pool granted last; null until it was connected once. */
  knownRollableSize: z.number().int().min(0).max(32).nullable(),
  /** Name of the password in the secret store; null if there is none. */
  secretRef: z.string().min(1).max(100).nullable(),
})
export type PoolSettings = z.infer<typeof poolSettings>

const rigKey = z.string().min(1).max(300)

/** Which rigs work for which pool; see `RoutingConfig` of the proxy. */
export const routingSettings = z.strictObject({
  /** Single rigs; they come before groups. */
  rigs: z
    .array(z.strictObject({ rigKey, poolId: z.string() }))
    .max(1000)
    .default([]),
  groups: z
    .array(
      z.strictObject({
        id: z.string().min(1).max(64),
        name: z.string().min(1).max(60),
        rigKeys: z.array(rigKey).max(1000),
        poolId: z.string().nullable(),
      }),
    )
    .max(100)
    .default([]),
  /** Parts of the hashrate, 100 % together; empty for no split. */
  split: z
    .array(z.strictObject({ poolId: z.string(), percent: z.number().min(1).max(100) }))
    .max(10)
    .default([]),
  failover: z
    .strictObject({
      enabled: z.boolean().default(true),
      returnAfterMinutes: z.number().min(1).max(1440).default(5),
    })
    .prefault({}),
})
export type RoutingSettings = z.infer<typeof routingSettings>

/** The record of mining traffic, off unless a person wants it. */
export const auditSettings = z.strictObject({
  enabled: z.boolean().default(false),
  kinds: z
    .array(z.enum(['share', 'job', 'session', 'other']))
    .min(1)
    .default(['share', 'job', 'session', 'other']),
  maskIdentities: z.boolean().default(false),
  keepDays: z.number().int().min(1).max(3650).default(90),
  keepMegabytes: z.number().int().min(1).max(1_000_000).default(1000),
})
export type AuditLogSettings = z.infer<typeof auditSettings>

export const settingsSchema = z
  .strictObject({
    version: z.literal(SETTINGS_VERSION),
    /** In order of priority, first is primary. */
    pools: z.array(poolSettings).max(200),
    /** The pool the person chose; another may stand in for it. */
    activePoolId: z.string().nullable().default(null),
    routing: routingSettings.prefault({}),
    audit: auditSettings.prefault({}),
    /** Where rigs connect; null is off. */
    listeners: z
      .strictObject({
        stratum: listener.nullable().default({ host: '0.0.0.0', port: 3333 }),
        stratumV2: listener.nullable().default({ host: '0.0.0.0', port: 3336 }),
        stratumWs: listener.nullable().default(null),
      })
      .prefault({}),
    vardiff: z
      .strictObject({
        /** Share rate aimed at, per rig. */
        sharesPerMinute: z.number().min(0.1).max(600).default(6),
      })
      .prefault({}),
    /** Address ranges, beside the private ones, from which rigs may connect. */
    allowedRanges: z.array(cidr).max(100).default([]),
    dashboard: listener.default({ host: '127.0.0.1', port: 4950 }),
    ui: z
      .strictObject({
        theme: z.enum(['system', 'dark', 'light']).default('system'),
        /** ISO 4217. */
        currency: z
          .string()
          .regex(/^[A-Z]{3}$/, 'is not a currency code of three capital letters, such as EUR')
          .default('USD'),
      })
      .prefault({}),
    /** Name, in the secret store, of the authority key pair that our own SV2 side signs with. */
    authorityKeyRef: z.string().min(1).max(100).nullable().default(null),
    /** Name, in the secret store, of the certificate and private key that rigs see when they use TLS. */
    certificateRef: z.string().min(1).max(100).nullable().default(null),
  })
  .superRefine((settings, context) => {
    const seen = new Set<string>()
    for (const [index, pool] of settings.pools.entries()) {
      if (seen.has(pool.id)) {
        context.addIssue({ code: 'custom', path: ['pools', index, 'id'], message: 'is used by two pools' })
      }
      seen.add(pool.id)
    }
    if (settings.activePoolId !== null && !seen.has(settings.activePoolId)) {
      context.addIssue({
        code: 'custom',
        path: ['activePoolId'],
        message: 'is not the id of one of the pools',
      })
    }
  })
export type Settings = z.infer<typeof settingsSchema>
export type ListenerSettings = z.infer<typeof listener>

/** What a first start begins with. */
export function defaultSettings(): Settings {
  return settingsSchema.parse({ version: SETTINGS_VERSION, pools: [] })
}

function isCidr(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  if (bits === undefined) return true
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}
