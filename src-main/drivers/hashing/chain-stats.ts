/**
 * What a chain of chips found and how well it does, chip by chip. Only hardware errors and repeated headers speak
 * against a chip; stale and foreign nonces are the fault of nobody (asic-serial 7.5). Decides nothing: whether a board
 * is reset is `board-watch.ts`'s affair.
 */
import { type Clock } from '../../base/index.ts'
import { type NonceVerdict } from './nonce-judge.ts'
import { type RateEstimate, RateWindow } from './rate-window.ts'
import { type ChainHealth, judgeHealth } from './chain-health.ts'

/** Since the session began; restarts of the board included. */
export interface NonceCounts {
  /** Real work: shares and what fell short of one, stale and disallowed ones included. */
  readonly nonces: number
  /** Of these, offered to the proxy. */
  readonly shares: number
  readonly stale: number
  /** With version bits that the pool does not allow. */
  readonly outsideMask: number
  /** Better than the chip's difficulty 1 and worse than its ticket: the chip has another ticket than it was told. */
  readonly belowTicket: number
  readonly duplicates: number
  readonly hardwareErrors: number
  readonly foreign: number
  readonly busyWork: number
}

export interface ChipRate {
  /** Position in the chain, from 0; null: nonces of which nobody knows the chip. */
  readonly chip: number | null
  readonly nonces: number
  readonly hardwareErrors: number
  readonly duplicates: number
  readonly rate: RateEstimate
  /** H/s that its clock promises; null for nonces of unknown chips. */
  readonly expectedHs: number | null
  /** Measured over expected; null while it is settling. */
  readonly ratio: number | null
}

export interface ChainReport {
  readonly counts: NonceCounts
  readonly rate: RateEstimate
  readonly expectedHs: number
  /** Seconds between nonces that rate and ticket promise; null before there is a rate. */
  readonly expectedIntervalS: number | null
  /** Since the last nonce that was real work, or since nonces could come; null while none can. */
  readonly sinceNonceMs: number | null
  /** Difficulty of the best hash; 0 before the first. */
  readonly bestDifficulty: number
  readonly chips: readonly ChipRate[]
  readonly health: ChainHealth
}

/** Fewer samples for one of many chips: its rate is a colour on a map. */
const CHIP_CAPACITY = 512

class ChipTally {
  nonces = 0
  hardwareErrors = 0
  duplicates = 0
  readonly rate = new RateWindow({ capacity: CHIP_CAPACITY })
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

export class ChainStats {
  readonly #clock: Clock
  #chips: ChipTally[] = []
  readonly #unknown = new ChipTally()
  readonly #rate = new RateWindow()
  /** How often each went wrong within the rate's window. */
  readonly #recentErrors = new RateWindow()
  readonly #recentDuplicates = new RateWindow()
  readonly #counts: Writable<NonceCounts> = {
    nonces: 0,
    shares: 0,
    stale: 0,
    outsideMask: 0,
    belowTicket: 0,
    duplicates: 0,
    hardwareErrors: 0,
    foreign: 0,
    busyWork: 0,
  }
  #expectedHs = 0
  #ticketBits = 0
  #waitingSinceMs: number | null = null
  #bestDifficulty = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Nonces can come from now on, at another rate than before: what is estimated begins anew, what is counted goes on.
   * @param expectedHs of all chips together
   */
  restart(chipCount: number, expectedHs: number, ticketBits: number): void {
    const nowMs = this.#clock.monotonicMs()
    this.#expectedHs = expectedHs
    this.#ticketBits = ticketBits
    this.#waitingSinceMs = nowMs
    if (this.#chips.length !== chipCount)
      this.#chips = Array.from({ length: chipCount }, () => new ChipTally())
    for (const tally of [...this.#chips, this.#unknown]) tally.rate.restart(nowMs)
    this.#rate.restart(nowMs)
    this.#recentErrors.restart(nowMs)
    this.#recentDuplicates.restart(nowMs)
  }

  /** Another ticket, at the same rate: estimates go on. */
  setTicketBits(ticketBits: number): void {
    this.#ticketBits = ticketBits
  }

  /** No nonces can come from now on. */
  pause(): void {
    this.#waitingSinceMs = null
  }

  /** @param chip position in the chain as far as the reply says so */
  count(verdict: NonceVerdict, chip: number | null): void {
    const nowMs = this.#clock.monotonicMs()
    const counts = this.#counts
    const tally = this.#tallyOf(chip)
    switch (verdict.kind) {
      case 'busy-work':
        counts.busyWork++
        return
      case 'foreign':
        counts.foreign++
        return
      case 'hardware-error':
        counts.hardwareErrors++
        tally.hardwareErrors++
        this.#recentErrors.add(1, nowMs)
        return
      case 'duplicate':
        counts.duplicates++
        tally.duplicates++
        this.#recentDuplicates.add(1, nowMs)
        return
      case 'share':
        counts.shares++
        break
      case 'stale':
        counts.stale++
        break
      case 'outside-mask':
        counts.outsideMask++
        break
      case 'near-miss':
        break
    }
    const { found } = verdict
    counts.nonces++
    tally.nonces++
    if (this.#waitingSinceMs !== null) this.#waitingSinceMs = nowMs
    if (found.hashDifficulty > this.#bestDifficulty) this.#bestDifficulty = found.hashDifficulty
    if (!found.meetsTicket) {
      // Without credit the estimate stays right whatever ticket the chip really has.
      counts.belowTicket++
      return
    }
    const hashes = 2 ** found.entry.ticketBits
    this.#rate.add(hashes, nowMs)
    tally.rate.add(hashes, nowMs)
  }

  get counts(): NonceCounts {
    return this.#counts
  }

  /** Of the chain, for whoever looks once a second and needs no report. */
  rate(): RateEstimate {
    return this.#rate.estimate(this.#clock.monotonicMs())
  }

  get expectedHs(): number {
    return this.#expectedHs
  }

  /** Milliseconds between nonces that rate and ticket promise; null before there is a rate. */
  get expectedIntervalMs(): number | null {
    return this.#expectedHs > 0 ? (1000 * 2 ** this.#ticketBits) / this.#expectedHs : null
  }

  /** Since the last nonce, or since nonces could come; null while none can. */
  get sinceNonceMs(): number | null {
    return this.#waitingSinceMs === null ? null : this.#clock.monotonicMs() - this.#waitingSinceMs
  }

  /** A copy, for another thread. */
  report(): ChainReport {
    const nowMs = this.#clock.monotonicMs()
    const chipExpectedHs = this.#expectedHs / Math.max(1, this.#chips.length)
    const chips = this.#chips.map((tally, chip) => chipRate(tally, chip, chipExpectedHs, nowMs))
    const unknown = this.#unknown
    if (unknown.nonces + unknown.hardwareErrors + unknown.duplicates > 0) {
      chips.push(chipRate(unknown, null, null, nowMs))
    }
    const rate = this.#rate.estimate(nowMs)
    const intervalMs = this.expectedIntervalMs
    const { sinceNonceMs } = this
    return {
      counts: { ...this.#counts },
      rate,
      expectedHs: this.#expectedHs,
      expectedIntervalS: intervalMs === null ? null : intervalMs / 1000,
      sinceNonceMs,
      bestDifficulty: this.#bestDifficulty,
      chips,
      health: judgeHealth({
        rate,
        expectedHs: this.#expectedHs,
        expectedIntervalMs: intervalMs,
        sinceNonceMs,
        recentErrors: this.#recentErrors.estimate(nowMs).nonces,
        recentDuplicates: this.#recentDuplicates.estimate(nowMs).nonces,
        chips,
      }),
    }
  }

  #tallyOf(chip: number | null): ChipTally {
    // Where there is but one chip, it was this one.
    const index = this.#chips.length === 1 ? 0 : chip
    return (index === null ? undefined : this.#chips[index]) ?? this.#unknown
  }
}

function chipRate(tally: ChipTally, chip: number | null, expectedHs: number | null, nowMs: number): ChipRate {
  const rate = tally.rate.estimate(nowMs)
  const hasRatio = expectedHs !== null && expectedHs > 0 && !rate.isSettling
  return {
    chip,
    nonces: tally.nonces,
    hardwareErrors: tally.hardwareErrors,
    duplicates: tally.duplicates,
    rate,
    expectedHs,
    ratio: hasRatio ? rate.hashrateHs / expectedHs : null,
  }
}
