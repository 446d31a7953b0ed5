/**
 * Carries reports into the history, one batch at a time and in order. A batch stays here until it is known
 * to be recorded; when the disk refuses, mining goes on and the batches wait.
 */
import { type Clock, errorText, HeadframeError, type Logger, type Timer } from '../base/index.ts'
import { type HistoryBatch, type PoolRecord, type RigRecord } from '../history/index.ts'
import { type EngineReport } from '../proxy/index.ts'

export interface HistoryFeedParts {
  readonly clock: Clock
  readonly log: Logger
  record(batch: HistoryBatch): Promise<boolean>
  /** The history stopped or resumed taking batches. */
  onTrouble(problem: string | null): void
  poolRecord(poolId: string): PoolRecord
}

const RETRY_MS = 10_000
/** Batches that wait while the history refuses: an hour of them. Then neighbours are put together. */
const MAX_WAITING = 3600

export class HistoryFeed {
  readonly #parts: HistoryFeedParts
  readonly #waiting: HistoryBatch[] = []
  readonly #knownPools = new Map<string, string>()
  readonly #knownRigs = new Map<string, string>()
  #sequence = 0
  #sending: Promise<void> | null = null
  #inTrouble = false
  #retry: Timer | null = null
  #isStopped = false

  constructor(parts: HistoryFeedParts) {
    this.#parts = parts
  }

  /** Takes a report; returns at once. */
  add(report: EngineReport): void {
    const { deltas, blocks, poolEvents, downstreams, atMs, coveredMs } = report
    if (this.#waiting.length >= MAX_WAITING) this.#mergeOldest()
    this.#waiting.push({
      sequence: ++this.#sequence,
      atMs,
      coveredMs,
      shares: deltas,
      pools: this.#newPools([...deltas, ...blocks, ...poolEvents].map(({ poolId }) => poolId)),
      rigs: this.#newRigs(downstreams.upserts, atMs),
      blocks: blocks.map(({ hash, height, foundAtMs, poolId, rigKey, difficulty }) => ({
        hash,
        height,
        foundAtMs,
        poolId,
        rigKey,
        difficulty,
        status: 'found',
      })),
      poolEvents,
    })
    this.#sending ??= this.#send()
  }

  /** What happened at another time, for the practice farm's past; returns at once. */
  addPast(atMs: number, coveredMs: number, shares: HistoryBatch['shares']): void {
    const pools = this.#newPools(shares.map(({ poolId }) => poolId))
    const nothing = { rigs: [], blocks: [], poolEvents: [] }
    this.#waiting.push({ sequence: ++this.#sequence, atMs, coveredMs, shares, pools, ...nothing })
    this.#sending ??= this.#send()
  }

  /** Resolves when nothing waits, or the history refuses. */
  async settled(): Promise<void> {
    await this.#sending
  }

  /** Another history is in use now: names of rigs and pools are told again. */
  forgetKnown(): void {
    this.#knownPools.clear()
    this.#knownRigs.clear()
  }

  /** Nothing is sent any more. */
  stop(): Promise<void> {
    this.#isStopped = true
    this.#retry?.cancel()
    return this.settled()
  }

  async #send(): Promise<void> {
    try {
      for (let batch = this.#waiting[0]; batch; batch = this.#waiting[0]) {
        await this.#record(batch)
        this.#waiting.shift()
        this.#setTrouble(null)
      }
    } catch (error) {
      this.#parts.log.error('the history refused a batch', {
        error: errorText(error),
        waiting: this.#waiting.length,
      })
      this.#setTrouble(errorText(error))
      this.#retry?.cancel()
      if (this.#isStopped) return
      this.#retry = this.#parts.clock.after(RETRY_MS, () => {
        this.#sending ??= this.#send()
      })
    } finally {
      this.#sending = null
    }
  }

  /**
   * A batch that does not add up is refused for ever, and must not keep back those behind it. Answers are left out then:
   * after a backup was put in place, pools answer shares that it does not know. One that does not add up even so is
   * given up.
   */
  async #record(batch: HistoryBatch): Promise<void> {
    const { log, record } = this.#parts
    try {
      await record(batch)
    } catch (error) {
      if (!doesNotAddUp(error)) throw error
      log.error('a batch does not add up and is recorded without answers', { error: errorText(error) })
      try {
        await record(withoutAnswers(batch))
      } catch (second) {
        if (!doesNotAddUp(second)) throw second
        log.error('a batch that does not add up was given up', { error: errorText(second) })
      }
    }
  }

  #setTrouble(problem: string | null): void {
    if (problem === null && !this.#inTrouble) return
    this.#inTrouble = problem !== null
    this.#parts.onTrouble(problem)
  }

  /** Two batches as one, under the later number; the first may be on its way and stays alone. */
  #mergeOldest(): void {
    const [first, second] = this.#waiting.splice(1, 2)
    if (!first || !second) return
    this.#waiting.splice(1, 0, {
      sequence: second.sequence,
      atMs: second.atMs,
      coveredMs: first.coveredMs + second.coveredMs,
      shares: [...first.shares, ...second.shares],
      pools: [...first.pools, ...second.pools],
      rigs: [...first.rigs, ...second.rigs],
      blocks: [...first.blocks, ...second.blocks],
      poolEvents: [...first.poolEvents, ...second.poolEvents],
    })
  }

  #newPools(poolIds: readonly string[]): PoolRecord[] {
    const records: PoolRecord[] = []
    for (const poolId of new Set(poolIds)) {
      const record = this.#parts.poolRecord(poolId)
      const text = `${record.name}\n${record.url}`
      if (this.#knownPools.get(poolId) === text) continue
      this.#knownPools.set(poolId, text)
      records.push(record)
    }
    return records
  }

  #newRigs(rigs: EngineReport['downstreams']['upserts'], seenAtMs: number): RigRecord[] {
    const records: RigRecord[] = []
    for (const { rigKey, name, address, userAgent, state } of rigs) {
      // Before it has authorised, a rig has no identity of its own.
      if (state === 'subscribing' && name === address) continue
      const minute = Math.floor(seenAtMs / 60_000)
      const text = `${name}\n${address}\n${userAgent ?? ''}\n${minute}`
      if (this.#knownRigs.get(rigKey) === text) continue
      this.#knownRigs.set(rigKey, text)
      records.push({ rigKey, name, address, userAgent, seenAtMs })
    }
    return records
  }
}

function doesNotAddUp(error: unknown): boolean {
  return error instanceof HeadframeError && error.code === 'history/accounting-mismatch'
}

/** Its shares stay without an answer, and count as lost from the next start on. */
function withoutAnswers(batch: HistoryBatch): HistoryBatch {
  const none = { acknowledged: 0, rejected: 0, lost: 0, rejectReasons: {} }
  return { ...batch, shares: batch.shares.map((delta) => ({ ...delta, ...none })) }
}
