/** What was earned and what it cost: says who the rigs are and how pools pay, and lets the reader thread count. */
import { type z } from 'zod'
import {
  type CsvFile,
  type earningsCsvQuery,
  type earningsQuery,
  type EarningsReport,
  type FleetGroup,
  type MoneySettings,
  type PoolTerms,
  type Rig,
  type SoloOdds,
  type Statement,
  type WhatIf,
  type whatIfDraft,
} from '../../src-preload/contract/index.ts'
import { type EarningsCalls } from '../api/index.ts'
import { type Clock, HeadframeError } from '../base/index.ts'
import { formatDay, localEdges, ZoneClock } from '../earnings/index.ts'
import { type NamedRig } from './history-desk.ts'
import { type MoneyBook } from './money-book.ts'
import { type ReaderProcedures } from './reading/reader-service.ts'
import { type ReportRequest, type ReportRig } from './reading/report-inputs.ts'
import { type ThreadClient } from './thread-link.ts'

export interface EarningsDeskParts {
  readonly clock: Clock
  readonly book: MoneyBook
  readonly reader: ThreadClient<ReaderProcedures>
  rigs(): readonly Rig[]
  groups(): readonly FleetGroup[]
  /** Every machine with the proxy's key of it. */
  named(): readonly NamedRig[]
  pools(): readonly { readonly id: string; readonly name: string }[]
  terms(): readonly PoolTerms[]
}

const DAY_MS = 86_400_000
const DEFAULT_DAYS = 30

export class EarningsDesk implements EarningsCalls {
  readonly #parts: EarningsDeskParts

  constructor(parts: EarningsDeskParts) {
    this.#parts = parts
  }

  async report(query: z.infer<typeof earningsQuery>): Promise<EarningsReport> {
    return this.#parts.reader.call('report', this.#request(query))
  }

  async whatIf(draft: z.infer<typeof whatIfDraft>): Promise<WhatIf> {
    const { from, to, ...changes } = draft
    const change = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
    return this.#parts.reader.call('whatIf', { ...this.#request({ from, to, bucket: 'day' }), change })
  }

  odds(): Promise<SoloOdds> {
    return this.#parts.reader.call('odds', { nowMs: this.#parts.clock.nowMs() })
  }

  async statement(month: string): Promise<Statement> {
    const { clock, reader } = this.#parts
    const request = this.#request({ from: undefined, to: undefined, bucket: 'day' })
    const { report, payouts, tariffs, sources } = await reader.call('statement', { ...request, month })
    const names = new Map(this.#parts.pools().map(({ id, name }) => [id, name]))
    const used = new Set(report.formula.map(({ poolId }) => poolId))
    return {
      month,
      madeAt: clock.nowMs(),
      report,
      payouts: [...payouts],
      tariffs: [...tariffs],
      terms: this.#parts
        .terms()
        .filter(({ poolId }) => used.has(poolId))
        .map((terms) => ({ ...terms, poolName: names.get(terms.poolId) ?? terms.poolId })),
      sources: [...sources],
    }
  }

  async csv({ kind, ...query }: z.infer<typeof earningsCsvQuery>): Promise<CsvFile> {
    const request = this.#request({ ...query, bucket: 'day' })
    const text = await this.#parts.reader.call('table', { ...request, kind })
    const [first, last] = [request.fromMs, Math.max(request.fromMs, request.toMs - 1)].map((ms) =>
      formatDay(Math.floor(ms / DAY_MS)),
    )
    return { fileName: `headframe-${kind}-${first}-to-${last}.csv`, text }
  }

  /** @throws HeadframeError `history/empty-range`, `rig/unknown`, `group/unknown` */
  #request(query: z.infer<typeof earningsQuery>): ReportRequest {
    const { clock, book } = this.#parts
    const nowMs = clock.nowMs()
    const toMs = query.to ?? nowMs
    const { settings, meters, accounts, addresses } = book.content
    const fromMs = query.from ?? dayStart(toMs - DEFAULT_DAYS * DAY_MS, settings)
    if (fromMs >= toMs) {
      throw new HeadframeError('history/empty-range', '"from" must be earlier than "to".', {
        context: { field: 'from' },
      })
    }
    return {
      fromMs,
      toMs,
      nowMs,
      bucket: query.bucket,
      onlyRigs: this.#onlyRigs(query),
      settings,
      terms: [...this.#parts.terms()],
      pools: this.#parts.pools().map(({ id, name }) => ({ poolId: id, name })),
      rigs: this.#reportRigs(),
      groups: this.#parts.groups().map(({ id, name }) => ({ groupId: id, name })),
      meters: meters.map(({ id, name, rigIds }) => ({ meterId: id, name, rigIds })),
      accounts: accounts.map(({ id, name, poolId }) => ({ accountId: id, name, poolId })),
      addresses: addresses.map(({ address, poolId }) => ({ address, poolId })),
    }
  }

  #onlyRigs({ rig, group }: { rig?: string | undefined; group?: string | undefined }): string[] | null {
    const { rigs, groups, named } = this.#parts
    if (group !== undefined && !groups().some(({ id }) => id === group)) {
      throw new HeadframeError('group/unknown', 'There is no such group; it was removed.')
    }
    if (rig !== undefined && !named().some(({ rigId, rigKey }) => rigId === rig || rigKey === rig)) {
      throw new HeadframeError('rig/unknown', 'There is no such rig.')
    }
    if (rig === undefined && group === undefined) return null
    const ofGroup = rigs().filter((each) => each.group?.id === group)
    return [...(rig === undefined ? [] : [rig]), ...(group === undefined ? [] : ofGroup.map(({ id }) => id))]
  }

  #reportRigs(): ReportRig[] {
    const rigs = new Map(this.#parts.rigs().map((rig) => [rig.id, rig]))
    return this.#parts.named().map(({ rigId, rigKey, name }) => {
      const rig = rigId === null ? undefined : rigs.get(rigId)
      return {
        rigId: rigId ?? rigKey ?? name,
        name,
        rigKey,
        groupId: rig?.group?.id ?? null,
        sensor: rig?.powerSource ?? null,
      }
    })
  }
}

/** The local midnight before a moment. */
function dayStart(ms: number, { timeZone, weekStart }: MoneySettings): number {
  const clock = new ZoneClock(timeZone, ms - DAY_MS, ms + DAY_MS)
  return localEdges('day', ms, ms + 1, clock, weekStart)[0] ?? ms
}
