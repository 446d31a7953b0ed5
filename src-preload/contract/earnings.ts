/**
 * What was earned and what it cost. Three sources are kept apart: expected (from the work done), reported (by pools),
 * received (payouts). Sums of parts are exact: parts always add up to the whole.
 */
import { z } from 'zod'
import { currencyCode, minor, payout, payoutScheme, poolTerms, sats } from './money.ts'
import { count, difficulty, hashrateHs, momentMs } from './values.ts'

export const earningsBucket = z.enum(['hour', 'day', 'week', 'month', 'year'])

const from = z.coerce.number().int().nonnegative()
export const earningsQuery = z.object({
  from: from.optional().describe('Epoch ms; default 30 days ago'),
  to: from.optional().describe('Epoch ms; default now'),
  bucket: earningsBucket.default('day').describe('Of the time zone in the settings'),
  rig: z.string().optional().describe('Only this rig'),
  group: z.string().optional().describe('Only rigs of this group'),
})

/** Figures of a bucket, a pool, a rig or a group. null: not known, which is not nothing. */
export const earningsFigures = z.object({
  expectedSats: sats.nullable().describe('At pools that pay for work'),
  soloExpectedSats: sats
    .nullable()
    .describe('What solo mining is worth on average: no income before a block'),
  reportedSats: sats.nullable().describe('By the accounts at pools'),
  receivedSats: sats.nullable(),
  work: z.number().nonnegative().describe('Sum of share difficulty that counts'),
  energyWh: z.number().int().nonnegative().nullable(),
  costMinor: minor.nullable(),
  revenueMinor: minor.nullable().describe('Of the source chosen for profit, at the price of each day'),
  profitMinor: minor.nullable(),
})
export type EarningsFigures = z.infer<typeof earningsFigures>

export const earningsMark = z.enum([
  'running',
  'no-facts',
  'later-facts',
  'no-price',
  'old-price',
  'no-tariff',
  'no-power',
  'partly-covered',
])
export const earningsRow = earningsFigures.extend({
  at: momentMs,
  until: momentMs.describe('Not included'),
  minorPerBtc: minor.nullable(),
  difficulty: difficulty.nullable().describe('Of the network, weighed by work'),
  coverageRatio: z.number().min(0).max(1).describe('Share of the time that Headframe was there to count'),
  marks: z.array(earningsMark),
})
export type EarningsRow = z.infer<typeof earningsRow>

/** The formula with its numbers, for one pool over the whole stretch. */
export const earningsFormula = z.object({
  poolId: z.string(),
  poolName: z.string(),
  scheme: payoutScheme,
  assumed: z.boolean().describe('Scheme and fee are not what a person entered'),
  feePpm: count,
  work: z.number().nonnegative(),
  creditedWork: z.number().nonnegative().describe('Without what the pool refused or never answered'),
  difficulty: difficulty.nullable(),
  subsidySats: sats.nullable(),
  feesSats: sats.nullable().describe('Mean fees of a block, where the scheme pays them'),
  expectedSats: sats.nullable(),
})
export type EarningsFormula = z.infer<typeof earningsFormula>

const named = { id: z.string().describe('Empty for what belongs to none'), name: z.string() }
export const earningsReport = z.object({
  from: momentMs,
  to: momentMs,
  bucket: earningsBucket,
  timeZone: z.string(),
  currency: currencyCode,
  minorDigits: count,
  profitFrom: z.enum(['expected', 'reported', 'received']),
  rows: z.array(earningsRow),
  totals: earningsFigures.extend({ coverageRatio: z.number().min(0).max(1) }),
  pools: z.array(
    earningsFigures
      .pick({
        expectedSats: true,
        soloExpectedSats: true,
        reportedSats: true,
        receivedSats: true,
        work: true,
      })
      .extend({
        ...named,
        scheme: payoutScheme.nullable().describe('null: not known how it pays'),
      }),
  ),
  rigs: z.array(
    earningsFigures.omit({ reportedSats: true, receivedSats: true }).extend({
      ...named,
      present: z.boolean(),
      powerSource: z.enum(['metered', 'measured', 'estimated', 'nameplate', 'entered']).nullable(),
      coverageRatio: z.number().min(0).max(1),
    }),
  ),
  groups: z.array(earningsFigures.omit({ reportedSats: true, receivedSats: true }).extend(named)),
  formula: z.array(earningsFormula),
  breakEven: z.object({
    minorPerBtc: minor.nullable().describe('Price of a bitcoin at which power is just paid for'),
    microsPerKwh: count.nullable().describe('Tariff at which it is'),
  }),
  notes: z.array(z.string()).describe('Sentences on what is missing or assumed'),
})
export type EarningsReport = z.infer<typeof earningsReport>

export const whatIfDraft = z.object({
  from: from.optional(),
  to: from.optional(),
  minorPerBtc: minor.positive().optional(),
  difficulty: difficulty.positive().optional(),
  microsPerKwh: count.optional().describe('A flat tariff in place of yours'),
  hashratePpm: count.optional().describe('1000000 is as now'),
  powerPpm: count.optional(),
})
const dailyFigures = z.object({
  expectedSats: sats.nullable(),
  energyWh: count.nullable(),
  costMinor: minor.nullable(),
  revenueMinor: minor.nullable(),
  profitMinor: minor.nullable(),
})
export const whatIf = z.object({
  days: z.number().positive().describe('That the figures are a mean of'),
  now: dailyFigures.describe('A day, as it was'),
  then: dailyFigures.describe('A day, as it would be'),
  breakEven: earningsReport.shape.breakEven,
  assumed: z.object({
    minorPerBtc: minor.nullable(),
    difficulty: difficulty.nullable(),
    microsPerKwh: count.nullable(),
    hashrateHs: hashrateHs.nullable(),
    powerW: z.number().nullable(),
  }),
})
export type WhatIf = z.infer<typeof whatIf>

const chance = z.number().min(0).max(1)
export const soloOdds = z.object({
  difficulty: difficulty.nullable(),
  hashrateHs,
  chanceDay: chance.nullable(),
  chanceMonth: chance.nullable(),
  chanceYear: chance.nullable(),
  expectedMs: z.number().nonnegative().nullable().describe('Mean time to a block; null without hashrate'),
  rewardSats: sats.nullable(),
  soFar: z.object({
    since: momentMs.nullable(),
    work: z.number().nonnegative(),
    expectedBlocks: z.number().nonnegative().nullable(),
    blocksFound: count,
    bestDifficulty: z.number().nonnegative(),
    likelyBest: z.number().nonnegative().describe('Median of the best share of so much work'),
    chanceOfBest: chance.nullable().describe('Of a best share at least this good, from so much work'),
    closeness: z.number().nonnegative().nullable().describe('Best share over network difficulty'),
    verdict: z.enum(['nothing-yet', 'unlucky', 'as-expected', 'lucky', 'very-lucky']),
    words: z.string().describe('A sentence or two'),
  }),
  words: z.string(),
})
export type SoloOdds = z.infer<typeof soloOdds>

export const statementQuery = z.object({
  month: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])$/)
    .describe('2026-11'),
})
export const statement = z.object({
  month: z.string(),
  madeAt: momentMs,
  report: earningsReport,
  payouts: z.array(payout),
  tariffs: z.array(z.object({ from: momentMs, words: z.string() })),
  terms: z.array(poolTerms.extend({ poolName: z.string() })),
  sources: z.array(z.string()).describe('Where facts, prices and power came from, a sentence each'),
})
export type Statement = z.infer<typeof statement>

export const earningsCsvQuery = earningsQuery
  .omit({ bucket: true })
  .extend({ kind: z.enum(['days', 'payouts']) })
export const csvFile = z.object({ fileName: z.string(), text: z.string() })
export type CsvFile = z.infer<typeof csvFile>
