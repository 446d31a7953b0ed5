/**
 * Clocks of BM13xx chips: f = 25 MHz x feedback / (reference x post1 x post2). The search is ESP-Miner's: smallest
 * error, then lowest oscillator, then smallest product of post dividers (asic-serial 5.8). It refuses what it cannot
 * make. GekkoScience's own solutions are in `pll-gekko.ts`.
 */

export const CRYSTAL_MHZ = 25

/** A clock that is further off than this from what was asked counts as one that cannot be made. */
export const MAX_CLOCK_ERROR_MHZ = 2

export interface PllLimits {
  readonly feedbackMin: number
  readonly feedbackMax: number
  /** Whether both post dividers may be the same. */
  readonly equalPostDividers: boolean
  /** Whether the register holds post dividers less one, and flags an oscillator of 2400 MHz and more. */
  readonly postDividersLessOne: boolean
  /** Highest clock of the oscillator; null where none is documented. */
  readonly oscillatorMaxMhz: number | null
}

export interface PllSetting {
  readonly feedback: number
  readonly reference: number
  readonly post1: number
  readonly post2: number
}

/** The clock that a setting makes, MHz. */
export function pllMhz(setting: PllSetting): number {
  return (CRYSTAL_MHZ * setting.feedback) / (setting.reference * setting.post1 * setting.post2)
}

/** The clock of its oscillator, before the post dividers, MHz. */
export function oscillatorMhz(setting: PllSetting): number {
  return (CRYSTAL_MHZ * setting.feedback) / setting.reference
}

/** The best setting for a clock, or null if none comes within `MAX_CLOCK_ERROR_MHZ`. */
export function solvePll(targetMhz: number, limits: PllLimits): PllSetting | null {
  if (!(targetMhz > 0)) return null
  let best: PllSetting | null = null
  for (const reference of [2, 1]) {
    for (let post1 = 7; post1 >= 1; post1--) {
      const highest = limits.equalPostDividers ? post1 : post1 - 1
      for (let post2 = highest; post2 >= 1; post2--) {
        const feedback = Math.round((targetMhz * reference * post1 * post2) / CRYSTAL_MHZ)
        if (feedback < limits.feedbackMin || feedback > limits.feedbackMax) continue
        const setting = { feedback, reference, post1, post2 }
        if (limits.oscillatorMaxMhz !== null && oscillatorMhz(setting) > limits.oscillatorMaxMhz) continue
        if (best === null || isBetter(setting, best, targetMhz)) best = setting
      }
    }
  }
  if (best === null || Math.abs(pllMhz(best) - targetMhz) > MAX_CLOCK_ERROR_MHZ) return null
  return best
}

/** Below this two clocks are the same: what floating point leaves. */
const SAME_MHZ = 1e-6

function isBetter(setting: PllSetting, best: PllSetting, targetMhz: number): boolean {
  const error = Math.abs(pllMhz(setting) - targetMhz) - Math.abs(pllMhz(best) - targetMhz)
  if (Math.abs(error) > SAME_MHZ) return error < 0
  const oscillator = oscillatorMhz(setting) - oscillatorMhz(best)
  if (Math.abs(oscillator) > SAME_MHZ) return oscillator < 0
  return setting.post1 * setting.post2 < best.post1 * best.post2
}

const FLAG_NORMAL = 0x40
const FLAG_FAST_OSCILLATOR = 0x50
const FAST_OSCILLATOR_MHZ = 2400

/** Value of the register PLL0. */
export function pllRegister(setting: PllSetting, limits: PllLimits): number {
  const less = limits.postDividersLessOne ? 1 : 0
  const isFast = limits.postDividersLessOne && oscillatorMhz(setting) >= FAST_OSCILLATOR_MHZ
  return packPll(
    isFast ? FLAG_FAST_OSCILLATOR : FLAG_NORMAL,
    setting.feedback,
    setting.reference,
    ((setting.post1 - less) << 4) | (setting.post2 - less),
  )
}

/** Four bytes of the register PLL0, most significant first. */
export function packPll(flag: number, feedback: number, reference: number, post: number): number {
  return ((flag << 24) | (feedback << 16) | (reference << 8) | post) >>> 0
}

/** What a value of the register PLL0 makes; null if it divides by nothing. */
export function readPllRegister(
  value: number,
  limits: Pick<PllLimits, 'postDividersLessOne'>,
): PllSetting | null {
  const more = limits.postDividersLessOne ? 1 : 0
  const setting = {
    feedback: (value >>> 16) & 0xff,
    reference: (value >>> 8) & 0xff,
    post1: ((value >>> 4) & 0xf) + more,
    post2: (value & 0xf) + more,
  }
  return setting.reference === 0 || setting.post1 === 0 || setting.post2 === 0 ? null : setting
}
