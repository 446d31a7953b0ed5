/**
 * Clocks as GekkoScience's driver makes them, for BM1397 (Compac F, R909) and for BM1362 and BM1370 (A1, A2): three
 * bands of fixed dividers (asic-serial 4.8 and 4.9). Where they make no exact clock, the driver takes the next one
 * above what was asked; we take the one below, since what was asked may be a board's limit.
 */
import { CRYSTAL_MHZ, packPll, type PllSetting } from './pll.ts'

/** The driver's own guard. */
const FEEDBACK_MIN = 0x10
const FEEDBACK_MAX = 0xf0

/** `as-is`: BM1397, post dividers 1 to 3 and 5. `less-one`: BM1362 and BM1370. */
export type GekkoPostDividers = 'as-is' | 'less-one'

/** Dividers for a clock, at most 5 MHz too low; null if they make none. */
export function solveGekkoPll(targetMhz: number, dividers: GekkoPostDividers): PllSetting | null {
  if (!(targetMhz > 0)) return null
  const reference = targetMhz >= 500 ? 1 : 2
  const band = targetMhz <= 150 ? 3 : targetMhz <= 250 ? 2 : 1
  const [post1, post2] = dividers === 'as-is' ? [band, 5] : [5, band]
  const feedback = Math.floor((targetMhz * reference * post1 * post2) / CRYSTAL_MHZ)
  if (feedback < FEEDBACK_MIN || feedback > FEEDBACK_MAX) return null
  return { feedback, reference, post1, post2 }
}

/** Value of the register PLL0; the driver never flags a fast oscillator. */
export function gekkoPllRegister(setting: PllSetting, dividers: GekkoPostDividers): number {
  const less = dividers === 'less-one' ? 1 : 0
  const post = ((setting.post1 - less) << 4) | (setting.post2 - less)
  return packPll(0x40, setting.feedback, setting.reference, post)
}

/** What the driver writes to the register PLL0 divider before each clock. */
export const GEKKO_PLL0_DIVIDER = 0x0f0f0f00
