/**
 * Rounding, in one way everywhere: half up (a tie goes toward plus infinity). It never decreases when its argument
 * increases, so differences of rounded running sums are never negative where the parts are not: that is what lets
 * buckets add up to their whole (`CumulativeRounder`).
 */
import { requireSafe } from './amounts.ts'

/**
 * numerator / denominator, rounded half up.
 * @param denominator above 0
 */
export function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  return floorDivide(2n * numerator + denominator, 2n * denominator)
}

/** Rounded toward minus infinity. @param denominator above 0 */
export function floorDivide(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator
  return numerator < 0n && quotient * denominator !== numerator ? quotient - 1n : quotient
}

/** Rounded toward plus infinity. @param denominator above 0 */
export function ceilDivide(numerator: bigint, denominator: bigint): bigint {
  return -floorDivide(-numerator, denominator)
}

/**
 * Rounds a run of exact amounts so that the whole numbers add up to the rounded sum, wherever one stops: each gets
 * the rounded sum up to it less the rounded sum before it. A single figure is off by less than one.
 */
export class CumulativeRounder {
  readonly #denominator: bigint
  #exact = 0n
  #given = 0n

  /** @param denominator of every amount: 1,000,000 for millionths */
  constructor(denominator: bigint) {
    this.#denominator = denominator
  }

  /** @throws HeadframeError `earnings/too-large` */
  next(numerator: bigint): number {
    this.#exact += numerator
    const rounded = divideHalfUp(this.#exact, this.#denominator)
    const part = rounded - this.#given
    this.#given = rounded
    return requireSafe(part)
  }
}
