/**
 * How long chips work on one job before they repeat themselves: hash counting number, epoch, whole search space
 * (asic-serial 5.9).
 */
import { CRYSTAL_MHZ, type PllSetting } from './pll.ts'
import { CHIP_ROLLABLE_BITS } from './registers.ts'

/** The next power of two that is not smaller; 1 for 0 and 1. */
export function nextPowerOfTwo(count: number): number {
  let power = 1
  while (power < count) power *= 2
  return power
}

/**
 * Length of a sweep that visits each core's slice of the nonce range once, in ticks of 25 MHz.
 *
 * @param guardTicks taken off, because the sweep overruns and nonces near its end would be reported twice
 */
export function hashCountingNumber(
  pll: PllSetting,
  cores: number,
  chipCount: number,
  guardTicks: number,
): number {
  const slice = 2 ** 32 / nextPowerOfTwo(cores) / nextPowerOfTwo(chipCount)
  const ticks = Math.floor((slice * pll.reference * pll.post1 * pll.post2) / (2 * pll.feedback))
  return Math.max(1, ticks - guardTicks)
}

/** Versions that a chip can roll under a mask: 2^16 under all of them. */
export function versionCount(versionMask: number): number {
  let rest = versionMask & CHIP_ROLLABLE_BITS
  let count = 1
  for (; rest !== 0; rest &= rest - 1) count *= 2
  return count
}

/** Time until a job that chips roll themselves starts to repeat, milliseconds. */
export function epochMs(smallCoresPerCore: number, ticks: number, versions = 65536): number {
  return (Math.max(1, versions / smallCoresPerCore) * ticks) / (CRYSTAL_MHZ * 1000)
}

export interface SearchSpace {
  readonly frequencyMhz: number
  readonly chipCount: number
  readonly cores: number
  readonly smallCores: number
  /** Versions, or midstates, of one job. */
  readonly versions: number
}

/** Time in which chips have tried every nonce under every version, milliseconds; null without chips or clock. */
export function searchSpaceMs(space: SearchSpace): number | null {
  if (space.chipCount < 1 || !(space.frequencyMhz > 0)) return null
  const cores = nextPowerOfTwo(space.cores)
  const sharing = nextPowerOfTwo(space.smallCores) / cores
  const nonces = 2 ** 32 / cores / nextPowerOfTwo(space.chipCount)
  return ((space.versions / sharing) * nonces) / (space.frequencyMhz * 1000)
}
