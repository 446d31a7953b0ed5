/**
 * Where vardiff starts for a rig that says what it is. A good guess saves the first minute: a Bitaxe wants
 * about 2000, an S19 a hundred times that, an ESP32 board a ten-millionth. Hashrates are the makers' nominal
 * ones, rounded; unknown rigs start low enough that a small one is seen to work at once.
 */
import { difficultyOfHashrate } from '../../mining/index.ts'

const GIGA = 1e9
const TERA = 1e12

/** First match wins. */
const NOMINAL: readonly (readonly [RegExp, number])[] = [
  [/nerdminer|esp32|nmminer|sparkminer/i, 80e3],
  [/cpuminer|minerd|cgminer-cpu|bfgminer/i, 1e6],
  [/nerdqaxe|octaxe|nerdoctaxe/i, 4.8 * TERA],
  [/bitaxe|nerdaxe|esp-miner|axeos/i, 1 * TERA],
  [/gekko|compac|newpac/i, 100 * GIGA],
  [/avalon.*nano|nano3/i, 4 * TERA],
  [/bmminer|bosminer|antminer|btminer|whatsminer|luxminer|vnish|xminer|braiins|avalon/i, 80 * TERA],
]

const UNKNOWN_HASHRATE_HS = 200 * GIGA

/**
 * What such a rig usually delivers, H/s; null for one we do not know.
 * @param userAgent as announced at subscribe; null or empty if none
 */
export function nominalHashrateOf(userAgent: string | null): number | null {
  if (userAgent === null) return null
  return NOMINAL.find(([pattern]) => pattern.test(userAgent))?.[1] ?? null
}

/** @param userAgent as announced at subscribe; null or empty if none */
export function startDifficultyOf(userAgent: string | null, sharesPerMinute: number): number {
  return difficultyOfHashrate(nominalHashrateOf(userAgent) ?? UNKNOWN_HASHRATE_HS, sharesPerMinute)
}
