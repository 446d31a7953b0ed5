/** What is asked of the history, and the samples of rigs on their way into it. */
import {
  type Block,
  type historyQuery,
  type HistorySeries,
  type RigMetric,
} from '../../src-preload/contract/index.ts'
import { type z } from 'zod'
import { type Clock, errorText, HeadframeError, type Logger } from '../base/index.ts'
import { type MetricColumn, type Sample } from '../history/index.ts'
import { type HistoryProcedures } from './history-service.ts'
import { RIG_METRICS } from './metric-table.ts'
import { type ThreadClient } from './thread-link.ts'

export interface HistoryDeskParts {
  readonly clock: Clock
  readonly log: Logger
  readonly history: ThreadClient<HistoryProcedures>
}

const BLOCKS_LISTED = 100
const DEFAULT_SPAN_MS = 3600_000
/** Samples are written together, because a transaction for each would be most of the work. */
const WRITE_EVERY_MS = 5_000
/** What waits while the history refuses; then the oldest go, since the next are as good. */
const MAX_WAITING = 20_000

export class HistoryDesk {
  readonly #parts: HistoryDeskParts
  #waiting: Sample[] = []
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
    if (isRigMetric(metric)) return { metric, ...(await this.#rigSeries(metric, rig, range)) }
    const { bucketMs, points } = await this.#parts.history.call('series', {
      metric,
      ...range,
      ...(rig === undefined ? {} : { rigKey: rig }),
    })
    return { metric, bucketMs, points }
  }

  async #rigSeries(
    metric: RigMetric,
    rigId: string | undefined,
    range: { fromMs: number; toMs: number; points: number },
  ): Promise<Pick<HistorySeries, 'bucketMs' | 'points'>> {
    const { source } = RIG_METRICS[metric]
    const read = async (column: MetricColumn) => {
      const { bucketMs, at, lines } = await this.#parts.history.call('telemetry', {
        metric: column,
        sources: rigId === undefined ? 'rigs' : [{ kind: 'rig', key: rigId }],
        together: true,
        ...range,
      })
      return { bucketMs, at, values: lines[0]?.values ?? [] }
    }
    const { bucketMs, at, values } = await read(source.column)
    const over = source.kind === 'quotient' ? (await read(source.over)).values : null
    return {
      bucketMs,
      points: at.map((moment, i) => {
        const value = values[i] ?? null
        const divisor = over === null ? 1 : (over[i] ?? 0)
        return {
          at: moment,
          value: value === null || divisor === 0 ? null : (value / divisor) * source.times,
        }
      }),
    }
  }

  /** Takes what a rig said; it is written within seconds. */
  record(sample: Sample): void {
    this.#waiting.push(sample)
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
      await this.#parts.history.call('recordSamples', batch)
    } catch (error) {
      // The next sample tries again with these before it.
      this.#waiting = [...batch, ...this.#waiting].slice(-MAX_WAITING)
      this.#parts.log.warn('the history refused samples', { error: errorText(error), waiting: batch.length })
    }
  }
}

function isRigMetric(metric: HistorySeries['metric']): metric is RigMetric {
  return metric in RIG_METRICS
}
