/** Sums of money: sats as safe integers everywhere, BTC only here. */
import { formatCount } from './number.ts'

const SATS_PER_BTC = 100_000_000

/** Sats as BTC from 0.01 BTC on (`3.125 BTC`), else as sats (`12,345 sats`). */
export function formatSats(sats: number): string {
  if (sats < SATS_PER_BTC / 100) return sats === 1 ? '1 sat' : `${formatCount(sats)} sats`
  const btc = (sats / SATS_PER_BTC).toFixed(8).replace(/0+$/, '').replace(/\.$/, '')
  return `${btc} BTC`
}
