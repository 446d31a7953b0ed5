/** What a board ought to hash. The arithmetic is `hashing/scale.ts`; this joins it with a board's data. */
import { expectedHashrateHs } from '../hashing/scale.ts'
import { type BoardModel } from '../model/board.ts'
import { type ChipProfile } from '../model/chip.ts'

/**
 * H/s of a healthy board.
 * @param profile of the board's chip
 * @param frequencyMhz as set; the clock that really results from it is taken
 * @param chipCount as found; the board's own before anybody counted
 * @returns null if the chip cannot make that clock
 */
export function expectedRateHs(
  model: Pick<BoardModel, 'chipCount' | 'fixedZeroBits' | 'rateRatio'>,
  profile: ChipProfile,
  frequencyMhz: number,
  chipCount: number = model.chipCount,
): number | null {
  const actualMhz = profile.actualFrequencyMhz(frequencyMhz)
  if (actualMhz === null) return null
  return expectedHashrateHs(profile, chipCount, actualMhz, model.fixedZeroBits, model.rateRatio)
}
