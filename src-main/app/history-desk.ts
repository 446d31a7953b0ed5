/** What is asked of the history: charts, the explorer, events, analysis. Answers come from the reader thread. */
import { type z } from 'zod'
import {
  type Analysis,
  type analysisQuery,
  type Block,
  eventKind,
  type eventQuery,
  type ExploreResult,
  type exploreQuery,
  type HistoryEvent,
  type historyQuery,
  type HistorySeries,
  type HistorySource,
} from '../../src-preload/contract/index.ts'
import { type HistoryCalls } from '../api/index.ts'
import { type Clock, HeadframeError } from '../base/index.ts'
import { type RecordedEvent } from '../history/index.ts'
import { type Names, type ReaderProcedures } from './reading/reader-service.ts'
import { type ThreadClient } from './thread-link.ts'

/** A machine that has a history, as it is called now. */
export interface NamedRig {
  /** Of the fleet; null for one that only the proxy knows. */
  readonly rigId: string | null
  readonly rigKey: string | null
  readonly name: string
}

export interface HistoryDeskParts {
  readonly clock: Clock
  readonly reader: ThreadClient<ReaderProcedures>
  rigs(): readonly NamedRig[]
  meters(): readonly { readonly id: string; readonly name: string }[]
  pools(): readonly { readonly id: string; readonly name: string }[]
}

const BLOCKS_LISTED = 100
const DEFAULT_SPAN_MS = 3600_000
const DAY_MS = 86_400_000

export class HistoryDesk implements HistoryCalls {
  readonly #parts: HistoryDeskParts

  constructor(parts: HistoryDeskParts) {
    this.#parts = parts
  }

  async blocks(): Promise<Block[]> {
    const found = await this.#parts.reader.call('blocks', BLOCKS_LISTED)
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
    const { metric, rig, points } = query
    const to = query.to ?? this.#parts.clock.nowMs()
    const from = query.from ?? to - DEFAULT_SPAN_MS
    const { bucketMs, at, series } = await this.explore({
      lines: [{ metric, rigs: rig === undefined ? null : [rig], together: true, offsetMs: 0 }],
      from,
      to,
      points,
    })
    const mean = series[0]?.mean ?? []
    return { metric, bucketMs, points: at.map((start, index) => ({ at: start, value: mean[index] ?? null })) }
  }

  explore(query: z.infer<typeof exploreQuery>): Promise<ExploreResult> {
    requireRange(query)
    return this.#parts.reader.call('explore', { query, names: this.#names() })
  }

  async sources(): Promise<HistorySource[]> {
    const known = await this.#parts.reader.call('sources', null)
    const rigs = this.#parts.rigs()
    const meters = new Map(this.#parts.meters().map(({ id, name }) => [id, name]))
    const sources = known.map(({ kind, key, rigKey, firstMs, lastMs }): HistorySource => {
      const rig = kind === 'rig' ? rigs.find(({ rigId }) => rigId === key) : undefined
      const name = kind === 'rig' ? rig?.name : meters.get(key)
      return {
        id: key,
        kind,
        name: name ?? key,
        rigKey: rig?.rigKey ?? rigKey,
        present: name !== undefined,
        firstAt: firstMs,
        lastAt: lastMs,
      }
    })
    const linked = new Set(sources.map(({ rigKey }) => rigKey))
    const proxied = rigs.filter(
      ({ rigId, rigKey }) => rigId === null && rigKey !== null && !linked.has(rigKey),
    )
    // Known by their shares alone, which go back as far as anything does.
    const firstAt = proxied.length === 0 ? null : await this.#parts.reader.call('firstMoment', null)
    return [
      ...sources,
      ...proxied.map(({ rigKey, name }): HistorySource => {
        const seen = { present: true, firstAt, lastAt: null }
        return { id: rigKey!, kind: 'proxy-rig', name, rigKey, ...seen }
      }),
    ]
  }

  async events({ rig, limit, ...asked }: z.infer<typeof eventQuery>): Promise<HistoryEvent[]> {
    const { from, to } = this.#recently(asked)
    const about =
      rig === undefined
        ? undefined
        : [{ subjectKind: 'rig', subject: rig }, { subjectKind: 'pool' }, { subjectKind: 'farm' }]
    const events = await this.#parts.reader.call('events', {
      fromMs: from,
      toMs: to,
      limit,
      ...(about === undefined ? {} : { about }),
    })
    const names = this.#names()
    const pools = new Map(this.#parts.pools().map(({ id, name }) => [id, name]))
    return events
      .flatMap((event) => eventView(event, (id) => names[id] ?? pools.get(id) ?? id))
      .sort((a, b) => a.at - b.at)
  }

  async analysis({ rig, ...asked }: z.infer<typeof analysisQuery>): Promise<Analysis> {
    const { from, to } = this.#recently(asked)
    return this.#parts.reader.call('analysis', {
      fromMs: from,
      toMs: to,
      names: this.#names(),
      ...(rig === undefined ? {} : { rigId: rig }),
    })
  }

  /** @throws HeadframeError `history/empty-range` */
  #recently(asked: { from?: number | undefined; to?: number | undefined }): { from: number; to: number } {
    const to = asked.to ?? this.#parts.clock.nowMs()
    const range = { from: asked.from ?? Math.max(0, to - DAY_MS), to }
    requireRange(range)
    return range
  }

  /** By id of the fleet and by the proxy's key alike. */
  #names(): Names {
    const rigs = this.#parts.rigs()
    const named = rigs.flatMap(({ rigId, rigKey, name }) => [
      ...(rigId === null ? [] : [[rigId, name] as const]),
      ...(rigKey === null ? [] : [[rigKey, name] as const]),
    ])
    return Object.fromEntries([...named, ...this.#parts.meters().map(({ id, name }) => [id, name] as const)])
  }
}

function requireRange({ from, to }: { readonly from: number; readonly to: number }): void {
  if (from < to) return
  throw new HeadframeError('history/empty-range', '"from" must be earlier than "to".', {
    context: { field: 'from' },
  })
}

/** One that a newer program recorded under a kind that is not known here is left out. */
function eventView(event: RecordedEvent, nameOf: (id: string) => string): HistoryEvent[] {
  const kind = eventKind.safeParse(event.kind)
  if (!kind.success) return []
  const { id, atMs, subjectKind, subject, text } = event
  return [
    {
      id: String(id),
      at: atMs,
      kind: kind.data,
      rigId: subjectKind === 'rig' ? subject : null,
      subject: subject === '' ? '' : nameOf(subject),
      text,
    },
  ]
}
