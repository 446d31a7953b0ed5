/**
 * A sum of whole numbers that is exact at any size and costs no bigint while it is small: most of half a million
 * additions are of doubles, and only what might not fit goes over into a bigint.
 */

/** Two numbers up to here add up to a safe integer. */
const HALF_SAFE = 2 ** 52

export class ExactSum {
  #low = 0
  #high = 0n

  /** @param whole a whole number, of any size that a double holds exactly */
  add(whole: number): void {
    if (Math.abs(whole) > HALF_SAFE) {
      this.#high += BigInt(whole)
      return
    }
    this.#low += whole
    if (Math.abs(this.#low) > HALF_SAFE) this.#carry()
  }

  /** Adds a * b, both safe integers, exactly. */
  addProduct(a: number, b: number): void {
    const product = a * b
    // A rounded product this small is an exact one.
    if (Math.abs(product) <= HALF_SAFE) this.add(product)
    else this.#high += BigInt(a) * BigInt(b)
  }

  get value(): bigint {
    return this.#high + BigInt(this.#low)
  }

  #carry(): void {
    this.#high += BigInt(this.#low)
    this.#low = 0
  }
}
