/**
 * Shares out whole amounts so that the parts add up to the whole, to the unit: by largest remainder (Hamilton). Once
 * for a single amount, or over a run of buckets with what was owed carried on (`CarryingSplit`).
 */
import { requireSafe } from './amounts.ts'
import { floorDivide } from './rounding.ts'

/** Weights that are not whole are taken to this many parts of the heaviest. */
const WEIGHT_STEPS = 2 ** 24

/**
 * Parts of `total` in proportion to `weights`: each is the exact share rounded down or up, their sum is `total`, and a
 * weight of 0 gets 0. Of equal claims to the last unit the earlier wins.
 * @param total a safe integer; a negative one is shared out as its opposite is
 * @param weights finite, not negative; not all 0 unless the total is 0. Those that are not whole are rounded to a
 *   16-millionth of the heaviest first, and are never taken for 0.
 * @throws RangeError for other weights
 */
export function distribute(total: number, weights: readonly number[]): number[] {
  if (total < 0) return distribute(-total, weights).map((part) => (part === 0 ? 0 : -part))
  const whole = wholeWeights(weights)
  const sum = whole.reduce((a, b) => a + b, 0)
  if (sum === 0) {
    if (total === 0) return weights.map(() => 0)
    throw new RangeError('an amount cannot be shared out by weights that are all 0')
  }
  if (total * sum <= Number.MAX_SAFE_INTEGER) return distributeSmall(total, whole, sum)
  const exact = whole.map(BigInt)
  const claims = exact.map((weight) => BigInt(total) * weight)
  return settle(
    BigInt(total),
    claims,
    exact.reduce((a, b) => a + b, 0n),
  )
}

/** As `settle`, where every product is a safe integer: the quotient of two such, rounded down, is exact too. */
function distributeSmall(total: number, weights: readonly number[], sum: number): number[] {
  const parts = weights.map((weight) => Math.floor((total * weight) / sum))
  let left = total - parts.reduce((a, b) => a + b, 0)
  if (left === 0) return parts
  const rests = weights.map((weight, i) => total * weight - parts[i]! * sum)
  for (const index of byRest(rests)) {
    if (left-- === 0) break
    parts[index]!++
  }
  return parts
}

/**
 * Shares out a run of totals among the same receivers, each by its exact claims. What a receiver is owed or has had
 * too much of is carried on, so that over time its parts follow the sum of its claims and not the roundings.
 */
export class CarryingSplit {
  readonly #denominator: bigint
  /** By receiver: claims so far less what was given, in units of 1 / denominator. */
  readonly #owed: bigint[]

  /**
   * @param receivers how many
   * @param denominator of every claim
   */
  constructor(receivers: number, denominator: bigint) {
    this.#denominator = denominator
    this.#owed = new Array<bigint>(receivers).fill(0n)
  }

  /**
   * @param total not negative: the claims' sum, rounded cumulatively
   * @param claims by receiver, not negative, over the denominator
   * @returns by receiver, adding up to `total`; none is negative and a receiver without a claim now gets 0
   * @throws RangeError if there is something to give and nobody claims, or the total is negative
   */
  next(total: number, claims: readonly bigint[]): number[] {
    if (total < 0) throw new RangeError(`${total} is nothing to share out`)
    const active: number[] = []
    const wanted: bigint[] = []
    claims.forEach((claim, receiver) => {
      if (claim === 0n) return
      this.#owed[receiver]! += claim
      active.push(receiver)
      wanted.push(this.#owed[receiver]!)
    })
    const parts = new Array<number>(claims.length).fill(0)
    if (active.length === 0) {
      if (total === 0) return parts
      throw new RangeError('an amount cannot be shared out when nobody claims')
    }
    const given = settle(BigInt(total), wanted, this.#denominator)
    active.forEach((receiver, i) => {
      parts[receiver] = given[i]!
      this.#owed[receiver]! -= BigInt(given[i]!) * this.#denominator
    })
    return parts
  }
}

/**
 * Whole parts of `total` nearest to the claims over `unit`, none negative, largest remainders first. Where the claims add
 * up to the total a claim of 0 gets nothing: as many remainders are left over as there are units to give, or more.
 */
function settle(total: bigint, claims: readonly bigint[], unit: bigint): number[] {
  const parts = claims.map((claim) => (claim > 0n ? floorDivide(claim, unit) : 0n))
  let left = total - parts.reduce((a, b) => a + b, 0n)
  // A remainder is below the unit: as doubles they are in the right order, but for those that are equal to 16 digits.
  const order = byRest(claims.map((claim, i) => Number(claim - parts[i]! * unit)))
  for (let i = 0; left > 0n; i = (i + 1) % order.length, left--) parts[order[i]!]! += 1n
  for (let i = order.length - 1; left < 0n; i = i === 0 ? order.length - 1 : i - 1) {
    const index = order[i]!
    if (parts[index]! === 0n) continue
    parts[index]! -= 1n
    left++
  }
  return parts.map(requireSafe)
}

/** Indexes by falling remainder, earlier ones first. */
function byRest(rests: readonly number[]): number[] {
  return rests.map((_, index) => index).sort((a, b) => rests[b]! - rests[a]! || a - b)
}

function wholeWeights(weights: readonly number[]): readonly number[] {
  let heaviest = 0
  let whole = true
  for (const weight of weights) {
    if (!(weight >= 0) || !Number.isFinite(weight)) throw new RangeError(`${weight} is not a weight`)
    heaviest = Math.max(heaviest, weight)
    whole &&= Number.isSafeInteger(weight)
  }
  if (whole) return weights
  // One step at the least, so that a weight however small is not taken for none.
  return weights.map((weight) =>
    weight === 0 ? 0 : Math.max(1, Math.round((weight / heaviest) * WEIGHT_STEPS)),
  )
}
