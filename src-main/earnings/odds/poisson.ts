/**
 * Chances of a Poisson count, stable from means of 10^-12 to 10^6: through the regularised incomplete gamma functions
 * (Numerical Recipes, 6.2: series below, Lentz's continued fraction above).
 */

const EPSILON = 1e-15
const TINY = 1e-300
/** Enough for counts of millions: the terms needed grow with the root of the count. */
const MOST_TERMS = 100_000

/** Chance of `count` or more. @param mean not negative @param count whole, not negative */
export function chanceOfAtLeast(count: number, mean: number): number {
  if (count <= 0) return 1
  if (mean <= 0) return 0
  return count === 1 ? -Math.expm1(-mean) : clamp(lowerGamma(count, mean))
}

/** Chance of `count` or fewer. @param mean not negative @param count whole */
export function chanceOfAtMost(count: number, mean: number): number {
  if (count < 0) return 0
  if (mean <= 0) return 1
  return count === 0 ? Math.exp(-mean) : clamp(upperGamma(count + 1, mean))
}

/** P(a, x) and Q(a, x) = 1 - P(a, x): each from the side on which it loses no digits. */
function lowerGamma(a: number, x: number): number {
  return x < a + 1 ? series(a, x) : 1 - fraction(a, x)
}

function upperGamma(a: number, x: number): number {
  return x < a + 1 ? 1 - series(a, x) : fraction(a, x)
}

function series(a: number, x: number): number {
  let term = 1 / a
  let sum = term
  for (let n = 1; n < MOST_TERMS && term > sum * EPSILON; n++) {
    term *= x / (a + n)
    sum += term
  }
  return sum * Math.exp(-x + a * Math.log(x) - logGamma(a))
}

function fraction(a: number, x: number): number {
  let b = x + 1 - a
  let c = 1 / TINY
  let d = 1 / b
  let h = d
  for (let i = 1; i < MOST_TERMS; i++) {
    const an = -i * (i - a)
    b += 2
    d = 1 / nonZero(an * d + b)
    c = nonZero(b + an / c)
    h *= d * c
    if (Math.abs(d * c - 1) < EPSILON) break
  }
  return h * Math.exp(-x + a * Math.log(x) - logGamma(a))
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value
}

/** Lanczos, g = 7, nine terms: about 15 digits for a > 0.5. */
function logGamma(a: number): number {
  const t = a + 6.5
  let sum = 0.999_999_999_999_809_93
  LANCZOS.forEach((c, i) => (sum += c / (a + i)))
  return (a - 0.5) * Math.log(t) - t + Math.log(Math.sqrt(2 * Math.PI) * sum)
}
const LANCZOS = [
  676.520_368_121_885_1, -1259.139_216_722_402_8, 771.323_428_777_653_13, -176.615_029_162_140_59,
  12.507_343_278_686_905, -0.138_571_095_265_720_12, 9.984_369_578_019_571_6e-6, 1.505_632_735_149_311_6e-7,
]

function clamp(chance: number): number {
  return Math.min(1, Math.max(0, chance))
}
