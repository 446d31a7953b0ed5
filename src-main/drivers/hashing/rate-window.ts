/**
 * The rate of a chain or chip, estimated from the nonces it found: hashes they stand for over the time in which they
 * could have come (asic-serial 4.5 and 7.6). Bounded in time and in number. Times are monotonic milliseconds.
 */

const FIVE_MINUTES_MS = 300_000
/** A sigma of 2 % over a full window; 32 KB. */
const DEFAULT_CAPACITY = 2048
const FIRST_CAPACITY = 32
/** Fewer say too little to show a number without saying so. */
const SETTLED_NONCES = 5

export interface RateEstimate {
  /** H/s; 0 before any time has passed. */
  readonly hashrateHs: number
  /** One sigma as a ratio, 0.1 for a hundred nonces; null without any. */
  readonly sigmaRatio: number | null
  /** Fewer than five nonces: no more than a hint. */
  readonly isSettling: boolean
  /** Within the window. */
  readonly nonces: number
  readonly coveredMs: number
}

export interface RateWindowOptions {
  readonly windowMs?: number
  /** Most nonces that are remembered; then the window shrinks to them. */
  readonly capacity?: number
}

export class RateWindow {
  readonly #windowMs: number
  readonly #maxCapacity: number
  /** Time and hashes of each nonce, in turn; a ring from `#first` on. */
  #samples: Float64Array
  #first = 0
  #count = 0
  /** Since when nonces could have come; null until the first, where nobody said. */
  #startMs: number | null = null

  constructor(options: RateWindowOptions = {}) {
    this.#windowMs = options.windowMs ?? FIVE_MINUTES_MS
    this.#maxCapacity = options.capacity ?? DEFAULT_CAPACITY
    this.#samples = new Float64Array(2 * Math.min(FIRST_CAPACITY, this.#maxCapacity))
  }

  /** Forgets everything: from now on nonces can come. */
  restart(nowMs: number): void {
    this.#startMs = nowMs
    this.#first = 0
    this.#count = 0
  }

  /** @param hashes that the nonce stands for */
  add(hashes: number, atMs: number): void {
    this.#startMs ??= atMs
    if (this.#count === this.#capacity && !this.#grow()) {
      // Without its oldest nonce the window begins with the next.
      this.#first = (this.#first + 1) % this.#capacity
      this.#count--
      this.#startMs = this.#count > 0 ? this.#samples[2 * this.#first]! : atMs
    }
    const at = 2 * ((this.#first + this.#count) % this.#capacity)
    this.#samples[at] = atMs
    this.#samples[at + 1] = hashes
    this.#count++
  }

  estimate(nowMs: number): RateEstimate {
    const fromMs = nowMs - this.#windowMs
    while (this.#count > 0 && this.#samples[2 * this.#first]! < fromMs) {
      this.#first = (this.#first + 1) % this.#capacity
      this.#count--
    }
    let hashes = 0
    let squares = 0
    for (let i = 0; i < this.#count; i++) {
      const work = this.#samples[2 * ((this.#first + i) % this.#capacity) + 1]!
      hashes += work
      squares += work * work
    }
    const coveredMs = Math.max(0, nowMs - Math.max(this.#startMs ?? nowMs, fromMs))
    return {
      hashrateHs: coveredMs > 0 ? hashes / (coveredMs / 1000) : 0,
      sigmaRatio: hashes > 0 ? Math.sqrt(squares) / hashes : null,
      isSettling: this.#count < SETTLED_NONCES,
      nonces: this.#count,
      coveredMs,
    }
  }

  get #capacity(): number {
    return this.#samples.length / 2
  }

  #grow(): boolean {
    if (this.#capacity >= this.#maxCapacity) return false
    const grown = new Float64Array(2 * Math.min(2 * this.#capacity, this.#maxCapacity))
    for (let i = 0; i < this.#count; i++) {
      const from = 2 * ((this.#first + i) % this.#capacity)
      grown[2 * i] = this.#samples[from]!
      grown[2 * i + 1] = this.#samples[from + 1]!
    }
    this.#samples = grown
    this.#first = 0
    return true
  }
}
