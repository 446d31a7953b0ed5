/**
 * What a payout scheme means for the expectation of a share. All schemes but SOLO pay for work, so the expectation of a
 * share is its part of a block's reward; they differ in who bears the luck and whether fees are part of it.
 */
import { type PayoutScheme } from './terms.ts'

/**
 * Whether transaction fees are part of what is expected. With FPPS they are a mean over recent blocks; with PPS+ they
 * are shared out as PPLNS does, which varies but expects the same. Plain PPS keeps them.
 */
export function paysFees(scheme: PayoutScheme): boolean {
  return scheme !== 'PPS'
}

/**
 * Whether the expectation counts as income. Solo mining pays nothing until a block is found, and most miners alone
 * never find one: its expectation is shown apart and is part of no sum.
 */
export function isIncome(scheme: PayoutScheme): boolean {
  return scheme !== 'SOLO'
}

/** A sentence for statements and the API. */
export const SCHEME_WORDS: Readonly<Record<PayoutScheme, string>> = {
  FPPS: 'Pays each share its part of the subsidy and of the mean fees, whatever the pool finds.',
  PPS: 'Pays each share its part of the subsidy, whatever the pool finds, and keeps the fees.',
  'PPS+':
    'Pays each share its part of the subsidy, and its part of the fees of the blocks that the pool finds.',
  PPLNS:
    'Pays the last shares their part of each block that the pool finds: more in lucky weeks, less in others.',
  TIDES: 'Pays the last shares (eight blocks of work) their part of each block that the pool finds.',
  SOLO: 'Pays the whole block to the one who finds it, and nothing before.',
}
