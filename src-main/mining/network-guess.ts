/**
 * Which network a job belongs to, as far as a job tells: jobs do not name it, but its difficulty and height give
 * it away in practice. And what follows from it: the subsidy of a block.
 */
import { networkDifficulty } from './compact.ts'
import { type BitcoinNetwork } from './script-address.ts'

/** Every regtest block has this, the easiest target that nodes allow. */
export const REGTEST_NBITS = 0x207fffff

/** Reached by the main network in 2018 and by no other since. */
const MAINNET_DIFFICULTY = 2e12
/** Block of the main network at that time. */
const MAINNET_HEIGHT = 500_000
/** The first change of difficulty: below it a test network has the one it began with. */
const FIRST_RETARGET = 2016
/** A chain of one's own does not get so far; signet did. */
const LONG_CHAIN = 100_000

/**
 * The network of a job; null where that would be a guess without ground.
 * @param nBits compact network target
 * @param height of the block being worked on; null if unknown
 */
export function guessNetwork(nBits: number, height: number | null): BitcoinNetwork | null {
  if (nBits === REGTEST_NBITS) return 'regtest'
  const difficulty = networkDifficulty(nBits)
  if (difficulty === null) return null
  if (difficulty >= MAINNET_DIFFICULTY) return height === null || height > MAINNET_HEIGHT ? 'mainnet' : null
  // Easier than any network with proof of work begins with: signet, or a chain out of thin air.
  if (difficulty < 1) return height !== null && height >= LONG_CHAIN ? 'testnet' : 'regtest'
  return height !== null && height < FIRST_RETARGET ? null : 'testnet'
}

const FIRST_SUBSIDY_SATS = 5_000_000_000
const HALVING_INTERVAL = 210_000
const REGTEST_HALVING_INTERVAL = 150
const LAST_HALVING = 33

/** New coins of a block, satoshi. */
export function subsidySats(height: number, network: BitcoinNetwork): number {
  const halvings = Math.floor(height / (network === 'regtest' ? REGTEST_HALVING_INTERVAL : HALVING_INTERVAL))
  return halvings >= LAST_HALVING ? 0 : Math.floor(FIRST_SUBSIDY_SATS / 2 ** halvings)
}
