/**
 * Facts from the mining jobs themselves, without any request: pools tell height, difficulty and reward with every job.
 * The last job of each height stands for its block; fees are the mean over the heights that were seen, at most 144. Pure.
 */
import { subsidyAtHeight } from '../../expected/subsidy.ts'
import { FEE_BLOCKS, meanSats, type NetworkFacts } from './network-facts.ts'

/** What the proxy tells of a job. */
export interface JobFactsInput {
  readonly atMs: number
  /** Of the block being worked on; null if the job does not say. */
  readonly height: number | null
  /** Of the network, not of the pool's shares; null if the job's bits make none. */
  readonly difficulty: number | null
  /** Subsidy and fees; null if unknown. */
  readonly rewardSats: number | null
  /** Null if unknown. */
  readonly feesSats: number | null
}

/** What one job says; null if it does not say enough. */
export function jobFacts(job: JobFactsInput): NetworkFacts | null {
  const { atMs, height, difficulty, rewardSats, feesSats } = job
  if (difficulty === null || !(difficulty > 0)) return null
  const subsidySats =
    rewardSats !== null && feesSats !== null && feesSats <= rewardSats
      ? rewardSats - feesSats
      : height === null
        ? null
        : subsidyAtHeight(height)
  if (subsidySats === null) return null
  return {
    atMs,
    source: 'jobs',
    height: height === null ? null : height - 1,
    difficulty,
    subsidySats,
    feesSats,
  }
}

/** Keeps what jobs said. */
export class JobFactsBook {
  /** Fees of the last job of each height. */
  readonly #fees = new Map<number, number>()
  #latest: NetworkFacts | null = null

  /** Null before the first job that says enough. */
  get latest(): NetworkFacts | null {
    return this.#latest
  }

  note(job: JobFactsInput): void {
    const facts = jobFacts(job)
    if (facts === null) return
    const { height } = job
    if (height !== null && job.feesSats !== null) {
      this.#fees.delete(height)
      this.#fees.set(height, job.feesSats)
      for (const known of this.#fees.keys()) {
        if (this.#fees.size <= FEE_BLOCKS + 1) break
        this.#fees.delete(known)
      }
    }
    // The running height's template is still filling: it counts only while there is no other.
    const finished = [...this.#fees].filter(([known]) => height === null || known < height)
    const fees = finished.length > 0 ? finished.map(([, sats]) => sats) : [...this.#fees.values()]
    this.#latest = { ...facts, feesSats: meanSats(fees) ?? facts.feesSats }
  }

  /** The proxy moved to another network, or jobs are no longer to be believed. */
  clear(): void {
    this.#fees.clear()
    this.#latest = null
  }
}
