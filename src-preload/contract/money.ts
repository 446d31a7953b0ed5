/**
 * What earnings and costs are counted with: tariffs, pool schemes, sources of facts and prices, accounts at pools, payout
 * addresses, meters. Money is whole sats and whole minor units (cents); tariffs are millionths of the currency unit per
 * kWh. Nothing leaves this machine for any of it before a person chose it.
 */
import { z } from 'zod'
import { count, difficulty, momentMs, problem } from './values.ts'

export const currencyCode = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .describe('ISO 4217')
export const sats = z.number().int()
export const minor = z
  .number()
  .int()
  .describe('Whole minor units of the currency: cents; yen where there are none')

/* ---- Tariffs ---- */

const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/)
  .describe('HH:MM, local')
const monthDay = z
  .string()
  .regex(/^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/)
  .describe('MM-DD')

export const tariffPeriod = z.object({
  name: z.string().trim().min(1).max(60),
  microsPerKwh: z.number().int().min(0).max(10_000_000_000_000),
  days: z.array(z.number().int().min(1).max(7)).min(1).max(7).describe('1 Monday … 7 Sunday'),
  from: timeOfDay,
  to: timeOfDay.describe('At or before "from" it runs into the next day'),
})
export const tariffSeason = z.object({
  name: z.string().trim().min(1).max(60),
  from: monthDay,
  to: monthDay.describe('Included; before "from" it wraps over the new year'),
  periods: z.array(tariffPeriod).min(1).max(50),
})
export const tariff = z.object({
  validFrom: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/)
    .describe('Local day from which it holds; the first one holds before that too'),
  name: z.string().trim().max(60).default(''),
  standingMicrosPerDay: z.number().int().min(0).max(10_000_000_000_000).default(0),
  rates: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('flat'), microsPerKwh: z.number().int().min(0).max(10_000_000_000_000) }),
    z.object({ kind: z.literal('periods'), seasons: z.array(tariffSeason).min(1).max(12) }),
  ]),
})
export type Tariff = z.infer<typeof tariff>

/** Whether a tariff has a price for every moment of the year, once. */
export const tariffCheck = z.object({
  ok: z.boolean(),
  problems: z.array(z.string()).describe('A sentence each: which hours have no price, or two'),
  week: z
    .array(z.object({ season: z.string(), day: count, hour: count, microsPerKwh: count.nullable() }))
    .describe('For drawing: the price at each hour of a week, by season'),
})
export type TariffCheck = z.infer<typeof tariffCheck>

/* ---- How pools pay ---- */

export const payoutScheme = z.enum(['FPPS', 'PPS', 'PPS+', 'PPLNS', 'TIDES', 'SOLO'])
export type PayoutScheme = z.infer<typeof payoutScheme>
export const poolTerms = z.object({
  poolId: z.string(),
  scheme: payoutScheme,
  feePpm: z.number().int().min(0).max(1_000_000).describe('Millionths: 2 % is 20000'),
  assumed: z.boolean().default(false).describe('Nobody entered it: taken from what is known of the pool'),
})
export type PoolTerms = z.infer<typeof poolTerms>

/* ---- Power ---- */

export const powerSource = z.enum(['metered', 'measured', 'estimated', 'nameplate', 'entered'])
export const rigPower = z.object({
  rigId: z.string(),
  source: powerSource.nullable().describe('null: the best there is'),
  watts: z.number().min(0).max(100_000).nullable().describe('For entered'),
  joulesPerTh: z
    .number()
    .min(0)
    .max(100_000)
    .nullable()
    .describe('For estimated, where the rig says nothing'),
})
export type RigPower = z.infer<typeof rigPower>

/* ---- Sources and what is asked of them ---- */

export const factsSource = z.enum(['jobs', 'node', 'mempool', 'esplora'])
export const priceSource = z.enum(['none', 'mempool', 'kraken', 'coinbase', 'coingecko', 'bitstamp'])
export const payoutSource = z.enum(['none', 'node', 'esplora', 'electrum'])
export const outgoingProxy = z.object({
  kind: z.enum(['none', 'http', 'socks5']),
  host: z.string().trim().max(255).default(''),
  port: z.number().int().min(0).max(65535).default(0),
  user: z.string().max(200).default(''),
})

export const moneySettings = z.object({
  currency: currencyCode,
  timeZone: z.string().max(60).describe('IANA name; days, weeks and months begin there'),
  weekStart: z.enum(['monday', 'sunday']),
  profitFrom: z.enum(['expected', 'reported', 'received']),
  tariffs: z.array(tariff).max(50).describe('Empty: what power costs is not known'),
  poolTerms: z.array(poolTerms),
  rigPower: z.array(rigPower),
  factsSource,
  factsUrl: z.string().max(500).describe('Base address for mempool and esplora; empty for the public one'),
  priceSource,
  payoutSource,
  payoutUrl: z.string().max(500).describe('Base address of an explorer, or host:port of an Electrum server'),
  node: z.object({
    url: z.string().max(500).describe('http://host:port, empty without a node'),
    user: z.string().max(200),
    cookieFile: z.string().max(500),
    hasPassword: z.boolean(),
  }),
  proxy: outgoingProxy.extend({ hasPassword: z.boolean() }),
})
export type MoneySettings = z.infer<typeof moneySettings>

/** Every part may be left out; passwords are taken and never given back. */
export const moneyPatch = moneySettings
  .omit({ node: true, proxy: true })
  .extend({
    node: z.object({
      url: z.string().trim().max(500),
      user: z.string().max(200),
      cookieFile: z.string().max(500),
      password: z.string().max(500).optional(),
    }),
    proxy: outgoingProxy.extend({ password: z.string().max(500).optional() }),
  })
  .partial()
export type MoneyPatch = z.input<typeof moneyPatch>

export const outgoingRequest = z.object({
  id: z.string(),
  host: z.string(),
  purpose: z.string().describe('Plain words'),
  reveals: z.string().describe('What the other side learns'),
  every: z.string().describe('Plain words'),
  on: z.boolean(),
  viaProxy: z.boolean(),
  lastAt: momentMs.nullable(),
  lastOutcome: z.string().nullable(),
  failing: z.boolean(),
  count,
})
export type OutgoingRequest = z.infer<typeof outgoingRequest>

const known = {
  at: momentMs,
  source: z.string(),
  stale: z.boolean().describe('Last known, too old to be now'),
}
export const marketFacts = z.object({
  network: z
    .object({ ...known, height: count.nullable(), difficulty, subsidySats: sats, feesSats: sats.nullable() })
    .nullable(),
  price: z
    .object({ ...known, currency: currencyCode, minorPerBtc: minor, minorDigits: count })
    .nullable()
    .describe('null: none known in this currency'),
  problems: z.array(problem),
})
export type MarketFacts = z.infer<typeof marketFacts>

export const sourceCheck = z.object({
  ok: z.boolean(),
  steps: z.array(z.object({ step: z.string(), ok: z.boolean(), detail: z.string() })),
})
export type SourceCheck = z.infer<typeof sourceCheck>

/* ---- Accounts at pools, payout addresses, meters ---- */

export const accountKind = z.object({
  id: z.string(),
  name: z.string(),
  needs: z.array(z.enum(['address', 'key', 'user', 'url'])),
  keyHelp: z.string().describe('Where a person finds the key, and which rights it needs'),
  poolIds: z.array(z.string()).describe('Configured pools that it seems to belong to'),
})
export type AccountKind = z.infer<typeof accountKind>

const watched = {
  state: z.enum(['waiting', 'ok', 'wrong-key', 'unreachable', 'changed', 'off']),
  message: z.string().describe('A sentence; empty when ok'),
  checkedAt: momentMs.nullable().describe('When it last answered'),
}
const accountFields = z.object({
  kind: z.string(),
  name: z.string().trim().min(1).max(60),
  poolId: z.string().nullable(),
  address: z.string().trim().max(200),
  user: z.string().trim().max(200),
  url: z.string().trim().max(500),
  key: z.string().max(500).optional().describe('Never given back'),
})
export const accountDraft = accountFields.extend({
  poolId: accountFields.shape.poolId.default(null),
  address: accountFields.shape.address.default(''),
  user: accountFields.shape.user.default(''),
  url: accountFields.shape.url.default(''),
})
/** What is left out stays as it is. */
export const accountPatch = accountFields.partial()
export type AccountPatch = z.infer<typeof accountPatch>
export type AccountDraft = z.input<typeof accountDraft>
export const poolAccount = accountFields.omit({ key: true }).extend({
  id: z.string(),
  hasKey: z.boolean(),
  ...watched,
  unpaidSats: sats.nullable(),
  paidSats: sats.nullable(),
  earnedSats: sats.nullable(),
  hashrateHs: z.number().nullable(),
  bestDifficulty: z.number().nullable(),
})
export type PoolAccount = z.infer<typeof poolAccount>

export const payoutAddressDraft = z.object({
  address: z.string().trim().min(14).max(100),
  name: z.string().trim().max(60).default(''),
  poolId: z.string().nullable().default(null),
})
export const payoutAddress = payoutAddressDraft.extend({
  id: z.string(),
  ...watched,
  receivedSats: sats,
  payouts: count,
})
export type PayoutAddress = z.infer<typeof payoutAddress>

export const payout = z.object({
  id: z.string(),
  at: momentMs,
  sats,
  kind: z.enum(['chain', 'pool', 'manual']),
  reference: z.string().describe('Transaction and output, or what the pool calls it'),
  address: z.string().nullable(),
  poolId: z.string().nullable(),
  accountName: z.string().nullable(),
  confirmed: z.boolean(),
  note: z.string(),
  minorPerBtc: minor.nullable().describe('Close of its day; null when not known'),
  valueMinor: minor.nullable(),
})
export type Payout = z.infer<typeof payout>
export const payoutDraft = z.object({
  at: momentMs,
  sats: sats.positive(),
  note: z.string().trim().max(200).default(''),
  poolId: z.string().nullable().default(null),
})

export const meterKind = z.enum([
  'shelly-gen1',
  'shelly-gen2',
  'tasmota',
  'mqtt-tasmota',
  'mqtt-shelly-gen1',
  'mqtt-shelly-gen2',
  'mqtt-json',
])
const meterFields = z.object({
  kind: meterKind,
  name: z.string().trim().min(1).max(60),
  address: z.string().trim().max(300).describe('http://host of a plug, or mqtt(s)://broker:port'),
  channel: z.number().int().min(0).max(15),
  topic: z.string().trim().max(300).describe('For MQTT'),
  powerPath: z.string().trim().max(200).describe('For mqtt-json: where the watts are, as a.b.c'),
  energyPath: z.string().trim().max(200).describe('For mqtt-json: a counter, optional'),
  energyUnit: z.enum(['Wh', 'kWh']),
  user: z.string().max(100),
  password: z.string().max(300).optional().describe('Never given back'),
  rigIds: z.array(z.string()).max(100).describe('What hangs on it'),
})
export const meterDraft = meterFields.extend({
  channel: meterFields.shape.channel.default(0),
  topic: meterFields.shape.topic.default(''),
  powerPath: meterFields.shape.powerPath.default(''),
  energyPath: meterFields.shape.energyPath.default(''),
  energyUnit: meterFields.shape.energyUnit.default('Wh'),
  user: meterFields.shape.user.default(''),
})
/** What is left out stays as it is. */
export const meterPatch = meterFields.partial()
export type MeterPatch = z.infer<typeof meterPatch>
export type MeterDraft = z.input<typeof meterDraft>
export const meter = meterFields.omit({ password: true }).extend({
  id: z.string(),
  hasPassword: z.boolean(),
  ...watched,
  powerW: z.number().nullable(),
})
export type Meter = z.infer<typeof meter>
