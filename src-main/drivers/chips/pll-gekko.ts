/**
 * Clocks as GekkoScience's driver makes them, for BM1397 (Compac F, R909) and for BM1362 and BM1370 (A1, A2): three
 * bands of fixed dividers, the feedback divider rounded up (asic-serial 4.8 and 4.9).
 */
import { MAX_CLOCK_ERROR_MHZ, packPll, pllMhz, type PllSetting } from './pll.ts'

/** The driver's own guard. */
const FEEDBACK_MIN = 0x10
const FEEDBACK_MAX = 0xf0

/** `as-is`: BM1397, post dividers 1 to 3 and 5. `less-one`: BM1362 and BM1370. */
export type GekkoPostDividers = 'as-is' | 'less-one'

/** Dividers for a clock; null if they make none within `MAX_CLOCK_ERROR_MHZ`. */
export function solveGekkoPll(targetMhz: number, dividers: GekkoPostDividers): PllSetting | null {
  if (!(targetMhz > 0)) return null
  const reference = targetMhz >= 500 ? 1 : 2
  const band = targetMhz <= 150 ? 3 : targetMhz <= 250 ? 2 : 1
  const [post1, post2] = dividers === 'as-is' ? [band, 5] : [5, band]
  const feedback = Math.ceil((targetMhz * reference * post1 * post2) / 25)
  if (feedback < FEEDBACK_MIN || feedback > FEEDBACK_MAX) return null
  const setting = { feedback, reference, post1, post2 }
  return Math.abs(pllMhz(setting) - targetMhz) > MAX_CLOCK_ERROR_MHZ ? null : setting
}

/** Value of the register PLL0; the driver never flags a fast oscillator. */
export function gekkoPllRegister(setting: PllSetting, dividers: GekkoPostDividers): number {
  const less = dividers === 'less-one' ? 1 : 0
  const post = ((setting.post1 - less) << 4) | (setting.post2 - less)
  return packPll(0x40, setting.feedback, setting.reference, post)
}

/** What the driver writes to the register PLL0 divider before each clock. */
export const GEKKO_PLL0_DIVIDER = 0x0f0f0f00
