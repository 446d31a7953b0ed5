/**
 * The practice rigs: one of each kind of hardware that people own, scaled down to what a processor can hash.
 * What they announce and how they behave on the wire is their families' way; the hashrates keep the order of
 * the real ones, not the proportions.
 */
import { BIP320_MASK } from '../../mining/index.ts'

export interface RigFamily {
  /** The name the rig is known by, the user name at the pool. */
  readonly name: string
  readonly model: string
  readonly userAgent: string
  /** What its firmware is set to. */
  readonly speaks: 'stratum-v1' | 'stratum-v2'
  readonly hashrateHs: number
  /** Version bits it can roll; 0 for none. */
  readonly versionRollingMask: number
  /** Whether its firmware asks for `mining.set_extranonce`. */
  readonly subscribesExtranonce: boolean
  /** Whether it asks for a difficulty of its own. */
  readonly suggestsDifficulty: boolean
}

/** Together 300 kH/s: a twentieth of what one core computes with the vector kernel. */
export const PRACTICE_RIGS: readonly RigFamily[] = [
  {
    name: 'practice.stick',
    model: 'USB stick',
    userAgent: 'cgminer/4.12.1',
    speaks: 'stratum-v1',
    hashrateHs: 20_000,
    versionRollingMask: 0,
    subscribesExtranonce: false,
    suggestsDifficulty: true,
  },
  {
    name: 'practice.gamma',
    model: 'Bitaxe Gamma',
    userAgent: 'bitaxe/BM1370/v2.9.0',
    speaks: 'stratum-v2',
    hashrateHs: 40_000,
    versionRollingMask: BIP320_MASK,
    subscribesExtranonce: false,
    suggestsDifficulty: true,
  },
  {
    name: 'practice.nerdqaxe',
    model: 'NerdQAxe++',
    userAgent: 'NerdQAxe++/BM1370/v1.0.35',
    speaks: 'stratum-v1',
    hashrateHs: 80_000,
    versionRollingMask: BIP320_MASK,
    subscribesExtranonce: true,
    suggestsDifficulty: true,
  },
  {
    name: 'practice.s19',
    model: 'Antminer S19j Pro',
    userAgent: 'bmminer/2.0.0/Antminer S19j Pro/13.5',
    speaks: 'stratum-v1',
    hashrateHs: 160_000,
    versionRollingMask: BIP320_MASK,
    subscribesExtranonce: true,
    // Unlike the real one, which is what its name says and need not ask for a billionth.
    suggestsDifficulty: true,
  },
]
