/** Numbers that several boards share, with their reasons. Governing document: asic-serial 6.3 and 6.5. */
import { type Range, type SafetyLimits } from '../model/board.ts'

/** @param step of a grid that begins at `min` and that `preset` and `max` lie on */
export function range(min: number, max: number, step: number, preset: number): Range {
  return { min, max, step, default: preset }
}

/** A board whose chip tells its temperature through a diode. */
export function diodeLimits(maxPowerW: number, regulatorTripC: number | null): SafetyLimits {
  return {
    chipWarnC: 70,
    chipTripC: 75,
    regulatorTripC,
    maxPowerW,
    fanMustTurnPermille: 300,
    fanStallMs: 10_000,
    // Half of it is longer than a request may take: one answer that is lost on the way is one bad reading, not two.
    sensorSilenceMs: 3_000,
    sensorSettleMs: 5_000,
  }
}

/** Nothing on the board can be read: the numbers guard nothing and say what would count as hot. */
export const UNREAD_LIMITS: SafetyLimits = {
  chipWarnC: 70,
  chipTripC: 75,
  regulatorTripC: null,
  maxPowerW: null,
  fanMustTurnPermille: null,
  fanStallMs: 10_000,
  sensorSilenceMs: 1_000,
  sensorSettleMs: 0,
}

/** Zero bits that silicon asks of every hash before it looks at its ticket (asic-serial 5.7). */
export const SILICON_ZERO_BITS = 32
