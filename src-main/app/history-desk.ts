/** What is asked of the history, and the readings of rigs on their way into it. */
import { type Block, type HistorySeries, type historyQuery } from '../../src-preload/contract/index.ts'
import { type z } from 'zod'
import { type Clock, errorText, HeadframeError, type Logger } from '../base/index.ts'
import { type ReadingMetric, type RigReadingRecord } from '../history/index.ts'
import { type HistoryProcedures } from './history-service.ts'
import { type ThreadClient } from './thread-link.ts'

export interface HistoryDeskParts {
  readonly clock: Clock
  readonly log: Logger
  readonly history: ThreadClient<HistoryProcedures>
}

const BLOCKS_LISTED = 100
const DEFAULT_SPAN_MS = 3600_000
/** Readings are written together, because a transaction for each would be most of the work. */
const WRITE_EVERY_MS = 5_000
/** What waits while the history refuses; then the oldest go, since the next are as good. */
const MAX_WAITING = 20_000

const READINGS = {
  'rig-hashrate': 'hashrate',
  'rig-chip-temperature': 'chip_temperature',
  'rig-power': 'power',
  'rig-fan': 'fan',
  'rig-hash-errors': 'hash_errors',
} as const satisfies Partial<Record<HistorySeries['metric'], ReadingMetric>>

export class HistoryDesk {
  readonly #parts: HistoryDeskParts
  #waiting: RigReadingRecord[] = []
  #isWriteDue = false
  #writing: Promise<void> = Promise.resolve()

  constructor(parts: HistoryDeskParts) {
    this.#parts = parts
  }

  async blocks(): Promise<Block[]> {
    const found = await this.#parts.history.call('blocks', BLOCKS_LISTED)
    return found.map(({ hash, height, foundAtMs, poolId, rigName, difficulty }) => ({
      hash,
      height,
      foundAt: foundAtMs,
      poolId,
      rigName,
      difficulty,
    }))
  }

  /** @throws HeadframeError `history/empty-range` */
  async series(query: z.infer<typeof historyQuery>): Promise<HistorySeries> {
    const { metric, rig, points: wanted } = query
    const toMs = query.to ?? this.#parts.clock.nowMs()
    const fromMs = query.from ?? toMs - DEFAULT_SPAN_MS
    if (fromMs >= toMs) {
      throw new HeadframeError('history/empty-range', '"from" must be earlier than "to".', {
        context: { field: 'from' },
      })
    }
    const range = { fromMs, toMs, points: wanted }
    const { bucketMs, points } = isReading(metric)
      ? await this.#parts.history.call('readingSeries', {
          metric: READINGS[metric],
          ...range,
          ...(rig === undefined ? {} : { rigId: rig }),
        })
      : await this.#parts.history.call('series', {
          metric,
          ...range,
          ...(rig === undefined ? {} : { rigKey: rig }),
        })
    return { metric, bucketMs, points }
  }

  /** Takes what a rig said; it is written within seconds. */
  record(reading: RigReadingRecord): void {
    this.#waiting.push(reading)
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift()
    if (this.#isWriteDue) return
    this.#isWriteDue = true
    this.#parts.clock.after(WRITE_EVERY_MS, () => void this.settled())
  }

  /** Writes what waits; resolves when it is done or refused. */
  settled(): Promise<void> {
    this.#isWriteDue = false
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  async #write(): Promise<void> {
    const batch = this.#waiting
    if (batch.length === 0) return
    this.#waiting = []
    try {
      await this.#parts.history.call('recordReadings', batch)
    } catch (error) {
      // The next reading tries again with these before it.
      this.#waiting = [...batch, ...this.#waiting].slice(-MAX_WAITING)
      this.#parts.log.warn('the history refused readings', { error: errorText(error), waiting: batch.length })
    }
  }
}

function isReading(metric: HistorySeries['metric']): metric is keyof typeof READINGS {
  return metric in READINGS
}
