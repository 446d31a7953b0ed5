/**
 * Shares out whole amounts so that the parts add up to the whole, to the unit: by largest remainder (Hamilton). Once
 * for a single amount, or over a run of buckets with what was owed carried on (`CarryingSplit`).
 */
import { requireSafe } from './amounts.ts'
import { floorDivide } from './rounding.ts'

/** Weights that are not whole are taken to this many parts of the heaviest. */
const WEIGHT_STEPS = 2 ** 40

/**
 * Parts of `total` in proportion to `weights`: each is the exact share rounded down or up, their sum is `total`, and a
 * weight of 0 gets 0. Of equal claims to the last unit the earlier wins.
 * @param total a safe integer; a negative one is shared out as its opposite is
 * @param weights finite, not negative; not all 0 unless the total is 0
 * @throws RangeError for other weights
 */
export function distribute(total: number, weights: readonly number[]): number[] {
  if (total < 0) return distribute(-total, weights).map((part) => (part === 0 ? 0 : -part))
  const whole = wholeWeights(weights)
  const sum = whole.reduce((a, b) => a + b, 0n)
  if (sum === 0n) {
    if (total === 0) return weights.map(() => 0)
    throw new RangeError('an amount cannot be shared out by weights that are all 0')
  }
  const claims = whole.map((weight) => BigInt(total) * weight)
  return settle(BigInt(total), claims, sum)
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

/** Whole parts of `total` nearest to the claims over `unit`, none negative, largest remainders first. */
function settle(total: bigint, claims: readonly bigint[], unit: bigint): number[] {
  const parts = claims.map((claim) => (claim > 0n ? floorDivide(claim, unit) : 0n))
  let left = total - parts.reduce((a, b) => a + b, 0n)
  const receivers = claims
    .map((claim, index) => ({ index, rest: claim - parts[index]! * unit }))
    .filter(({ index }) => claims[index] !== 0n)
    .sort((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1))
  for (let i = 0; left > 0n; i = (i + 1) % receivers.length, left--) parts[receivers[i]!.index]! += 1n
  for (let i = receivers.length - 1; left < 0n; i = i === 0 ? receivers.length - 1 : i - 1) {
    const { index } = receivers[i]!
    if (parts[index]! === 0n) continue
    parts[index]! -= 1n
    left++
  }
  return parts.map(requireSafe)
}

function wholeWeights(weights: readonly number[]): bigint[] {
  let heaviest = 0
  let whole = true
  for (const weight of weights) {
    if (!(weight >= 0) || !Number.isFinite(weight)) throw new RangeError(`${weight} is not a weight`)
    heaviest = Math.max(heaviest, weight)
    whole &&= Number.isSafeInteger(weight)
  }
  if (whole) return weights.map(BigInt)
  // One step at the least, so that a weight however small is not taken for none.
  return weights.map((weight) =>
    weight === 0 ? 0n : BigInt(Math.max(1, Math.round((weight / heaviest) * WEIGHT_STEPS))),
  )
}
