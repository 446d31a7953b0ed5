/** How a pool pays, as plain values. What that means for an expectation is in `schemes.ts`. */

/**
 * FPPS: subsidy and mean fees for every share. PPS: the subsidy alone. PPS+: subsidy as PPS, fees as PPLNS. PPLNS:
 * a part of each block the pool finds. TIDES: OCEAN's PPLNS. SOLO: the whole block, or nothing.
 */
export type PayoutScheme = 'FPPS' | 'PPS' | 'PPS+' | 'PPLNS' | 'TIDES' | 'SOLO'

export interface PoolTerms {
  poolId: string
  scheme: PayoutScheme
  /** What the pool keeps, in millionths: 2 % is 20000. 0 to 1,000,000. */
  feePpm: number
  /** Nobody entered it: taken from what is known of the pool. */
  assumed: boolean
}
