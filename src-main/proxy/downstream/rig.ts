/**
 * A connected rig as the proxy sees it, whatever protocol it speaks: who it is, what it was told, what it
 * delivered. One per connection; `rigKey` joins the connections of the same rig.
 */
import {
  expectedHashes,
  type ExtranonceLayout,
  type HashrateEstimate,
  HashrateEstimator,
  isDifficulty,
  Vardiff,
} from '../../mining/index.ts'
import { ShareAccount, ShareBook } from '../shares/accounting.ts'
import { DifficultySteps } from './pinned-difficulty.ts'

export interface RigOptions {
  readonly id: string
  readonly address: string
  readonly connectedAtMs: number
  /** Start of its measurements on the monotonic clock. */
  readonly monotonicMs: number
  readonly sharesPerMinute: number
  /** Difficulty before anything is known. */
  readonly startDifficulty: number
  /** Share rate while vardiff measures; its default unless given. */
  readonly calibrationSharesPerSecond?: number | undefined
  /** The book of a pool. */
  poolBook(poolId: string): ShareBook
}

const MINUTE_MS = 60_000
/** Below the easiest target a test network has. */
const LOWEST_DIFFICULTY = 1e-10
/** One sigma of a measurement that is better than a guess: four shares. */
const WELL_MEASURED_RATIO = 0.51
/** Long enough for six shares a minute to say something, short enough to see a rig stop. */
export const HASHRATE_WINDOW_MS = 5 * 60_000
/** Minutes shown as a sparkline. */
export const SPARKLINE_MINUTES = 30

export class Rig {
  readonly id: string
  readonly address: string
  readonly connectedAtMs: number
  readonly book = new ShareBook()
  readonly steps = new DifficultySteps()
  vardiff: Vardiff
  readonly hashrate: HashrateEstimator
  /** The identity the rig gave; its address until then. */
  name: string
  rigKey: string
  userAgent: string | null = null
  /** What a rig of its kind usually delivers, H/s; null if we do not know its kind. */
  nominalHashrateHs: number | null = null
  rollsVersions = false
  /** It takes nothing easier, whatever the pool credits (max_target in Stratum V2); 0 if it did not say. */
  leastDifficulty = 0
  /** Bytes of extranonce it must be free to roll; 0 if it did not say. */
  minimumRollableSize = 0
  extranonce1: Uint8Array | null = null
  layout: ExtranonceLayout | null = null
  /** Whether something changed that a view shows. */
  changed = true
  lastShareMonotonicMs: number | null = null
  readonly #options: RigOptions
  /** One for each pool it worked for: one or two, so that a search is faster than a map, and smaller. */
  #accounts: ShareAccount[] = []
  /** Work of each of the last minutes, difficulty-1 shares; index is the minute modulo the length. */
  readonly #minuteWork = new Array<number>(SPARKLINE_MINUTES).fill(0)
  #minute: number
  #minDifficulty = LOWEST_DIFFICULTY

  constructor(options: RigOptions) {
    this.#options = options
    this.id = options.id
    this.address = options.address
    this.name = options.address
    this.rigKey = options.address
    this.connectedAtMs = options.connectedAtMs
    this.#minute = Math.floor(options.monotonicMs / MINUTE_MS)
    this.vardiff = this.#newVardiff(options.startDifficulty, options.monotonicMs, false)
    this.hashrate = new HashrateEstimator(options.monotonicMs, HASHRATE_WINDOW_MS)
  }

  /** Takes the identity the rig gave at authorisation. The first one counts; the key joins it with the address. */
  identify(user: string): void {
    this.name = user
    this.rigKey = `${user}@${this.address}`
    this.#accounts = []
    this.changed = true
  }

  /** The account for shares at a pool. */
  accountAt(poolId: string): ShareAccount {
    this.changed = true
    for (const account of this.#accounts) if (account.poolId === poolId) return account
    const account = new ShareAccount(this.rigKey, poolId, this.book, this.#options.poolBook(poolId))
    this.#accounts.push(account)
    return account
  }

  /**
   * Starts vardiff anew.
   * @param known whether the difficulty was measured on this very rig before
   */
  startVardiff(difficulty: number, monotonicMs: number, known: boolean): void {
    this.vardiff = this.#newVardiff(difficulty, monotonicMs, known)
  }

  /** The rig wants no difficulty below this; where its pool credits less, it is held to that all the same. */
  setMinimumDifficulty(difficulty: number, monotonicMs: number): void {
    if (!isDifficulty(difficulty) || difficulty === this.#minDifficulty) return
    this.#minDifficulty = difficulty
    const { isSteady } = this.vardiff
    this.startVardiff(Math.max(difficulty, this.vardiff.difficulty), monotonicMs, isSteady)
  }

  /**
   * The rig takes nothing easier than this, from its next job on.
   * @param difficulty above 0; it may be lower than what was said before
   */
  setLeastDifficulty(difficulty: number, monotonicMs: number): void {
    if (!isDifficulty(difficulty) || difficulty === this.leastDifficulty) return
    this.leastDifficulty = difficulty
    this.#minDifficulty = Math.max(difficulty, LOWEST_DIFFICULTY)
    const { isSteady } = this.vardiff
    this.startVardiff(Math.max(this.#minDifficulty, this.vardiff.difficulty), monotonicMs, isSteady)
  }

  /**
   * A good share, weak or not.
   * @param difficulty what it was asked for
   * @param achieved what its hash reached
   */
  onShare(difficulty: number, achieved: number, monotonicMs: number): void {
    this.lastShareMonotonicMs = monotonicMs
    this.hashrate.add(difficulty, monotonicMs)
    this.vardiff.onShare(difficulty, monotonicMs, achieved)
    this.#turnMinute(monotonicMs)
    const slot = this.#minute % SPARKLINE_MINUTES
    this.#minuteWork[slot] = this.#minuteWork[slot]! + difficulty
  }

  /** What the rig delivers as far as we can tell, H/s: measured, or else guessed. */
  presumedHashrateHs(monotonicMs: number): number {
    return wellMeasuredHs(this.hashrate.estimate(HASHRATE_WINDOW_MS, monotonicMs)) ?? this.guessedHashrateHs
  }

  /** What is usual for its kind, else what vardiff tries, H/s. */
  get guessedHashrateHs(): number {
    const triedHs = hashrateOfDifficulty(this.vardiff.difficulty, this.#options.sharesPerMinute)
    return this.nominalHashrateHs ?? triedHs
  }

  /** Work per minute of the last 30 whole minutes, oldest first, as far as the connection reaches back. */
  minuteWork(monotonicMs: number): number[] {
    this.#turnMinute(monotonicMs)
    const connectedMinutes = this.#minute - Math.floor(this.#options.monotonicMs / MINUTE_MS)
    const length = Math.min(SPARKLINE_MINUTES - 1, connectedMinutes)
    return Array.from(
      { length },
      (_, i) => this.#minuteWork[(this.#minute - length + i) % SPARKLINE_MINUTES]!,
    )
  }

  #newVardiff(startDifficulty: number, nowMs: number, startKnown: boolean): Vardiff {
    const { sharesPerMinute, calibrationSharesPerSecond } = this.#options
    return new Vardiff({
      sharesPerMinute,
      startDifficulty,
      nowMs,
      startKnown,
      minDifficulty: this.#minDifficulty,
      ...(calibrationSharesPerSecond === undefined ? {} : { calibrationSharesPerSecond }),
    })
  }

  #turnMinute(monotonicMs: number): void {
    const minute = Math.floor(monotonicMs / MINUTE_MS)
    if (minute - this.#minute >= SPARKLINE_MINUTES) this.#minuteWork.fill(0)
    else while (this.#minute < minute) this.#minuteWork[++this.#minute % SPARKLINE_MINUTES] = 0
    this.#minute = minute
  }
}

/** What an estimate says, H/s; null unless it is good enough to be told to a pool. */
export function wellMeasuredHs(estimate: HashrateEstimate | null): number | null {
  if (estimate?.errorRatio == null || estimate.errorRatio > WELL_MEASURED_RATIO) return null
  return estimate.hashrateHs
}

/** The hashrate, H/s, that finds `sharesPerMinute` shares of a difficulty. */
function hashrateOfDifficulty(difficulty: number, sharesPerMinute: number): number {
  return (expectedHashes(difficulty) * sharesPerMinute) / 60
}
