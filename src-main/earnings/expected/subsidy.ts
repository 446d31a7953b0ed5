/** New coins of a block on Bitcoin's main network, by height (Bitcoin Core, `GetBlockSubsidy`). */
import { type Sats } from '../money/amounts.ts'

const FIRST_SUBSIDY_SATS = 5_000_000_000
const HALVING_BLOCKS = 210_000

/** 50 BTC, halved every 210,000 blocks and rounded down; 0 after 33 halvings. @param height not negative */
export function subsidyAtHeight(height: number): Sats {
  return Math.floor(FIRST_SUBSIDY_SATS / 2 ** Math.floor(height / HALVING_BLOCKS))
}
