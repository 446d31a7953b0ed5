/** What the history thread runs: the only writer of the database. */
import {
  type AccountDay,
  type AccountState,
  type BegunSession,
  type DayPrice,
  type FarmEvent,
  finishRestore,
  fitBudget,
  type History,
  type HistoryBatch,
  type HistoryLocation,
  type HistoryNotice,
  type KnownRig,
  type NetworkFact,
  openHistory,
  type PayoutRecord,
  type PreparedRestore,
  type RecordOutcome,
  type RestoreReport,
  type RetentionChoices,
  type Sample,
  type ShareTotals,
  type SpaceInUse,
} from '../history/index.ts'
import { HeadframeError } from '../base/index.ts'
import { serveThread, type ThreadPort } from './thread-link.ts'

export interface OpenedSession {
  readonly session: BegunSession
  readonly totals: ShareTotals
  /** Totals of the pools asked for. */
  readonly poolTotals: Record<string, ShareTotals>
  readonly blockCount: number
  readonly rigs: readonly KnownRig[]
  readonly notices: readonly HistoryNotice[]
}

/** What the world outside, pools and people say of money; any part may be empty. */
export interface LedgerRecords {
  readonly facts?: readonly NetworkFact[]
  readonly prices?: readonly DayPrice[]
  readonly payouts?: readonly PayoutRecord[]
  readonly accountStates?: readonly AccountState[]
  readonly accountDays?: readonly AccountDay[]
}

/** What looking after the history did. */
export interface Upkeep {
  /** Shorter than chosen while over the budget. */
  readonly rawDays: number
  /** What a person should know of it; null for nothing. */
  readonly words: string | null
}

export interface HistoryProcedures extends Record<string, (argument: never) => unknown> {
  open(options: {
    database: HistoryLocation
    nowMs: number
    poolIds: readonly string[]
  }): Promise<OpenedSession>
  record(batch: HistoryBatch): Promise<boolean>
  recordSamples(samples: readonly Sample[]): Promise<RecordOutcome>
  recordEvents(events: readonly FarmEvent[]): Promise<void>
  recordLedger(records: LedgerRecords): Promise<void>
  /** Whether there was one. */
  removePayout(id: number): Promise<boolean>
  linkRigs(links: readonly { rigId: string; rigKey: string }[]): Promise<void>
  /** Folds, packs and forgets what is due. @param space as it was measured last; null before that */
  upkeep(options: { nowMs: number; retention: RetentionChoices; space: SpaceInUse | null }): Promise<Upkeep>
  /** Nobody else may have the history open. */
  restore(options: {
    prepared: PreparedRestore
    nowMs: number
  }): Promise<RestoreReport & { notices: readonly HistoryNotice[] }>
  close(nowMs: number): Promise<void>
}

const DAY_MS = 86_400_000

export function runHistoryService(port: ThreadPort): void {
  let history: History | null = null
  let place: HistoryLocation | null = null
  const required = (): History => {
    if (!history) throw new HeadframeError('history/not-open', 'The history is closed for the moment.')
    return history
  }
  const begin = async (database: HistoryLocation, nowMs: number) => {
    const opened = await openHistory({ database, nowMs })
    history = opened.history
    place = database
    return { notices: opened.notices, session: await history.shares.beginSession(nowMs) }
  }
  const end = async (nowMs: number): Promise<void> => {
    const closing = history
    history = null
    await closing?.shares.endSession(nowMs, 'stopped')
    await closing?.close()
  }
  const procedures: HistoryProcedures = {
    async open({ database, nowMs, poolIds }) {
      const { notices, session } = await begin(database, nowMs)
      const { shares } = required()
      const poolTotals: Record<string, ShareTotals> = {}
      for (const poolId of poolIds) poolTotals[poolId] = await shares.totals({ poolId })
      return {
        session,
        totals: await shares.totals(),
        poolTotals,
        blockCount: await shares.blockCount(),
        rigs: await shares.rigs(),
        notices,
      }
    },
    record: async (batch) => required().shares.recordBatch(batch),
    recordSamples: async (samples) => required().telemetry.record(samples),
    recordEvents: async (events) => required().ledger.recordEvents(events),
    async recordLedger({ facts = [], prices = [], payouts = [], accountStates = [], accountDays = [] }) {
      const { ledger } = required()
      for (const fact of facts) await ledger.recordFact(fact)
      if (prices.length > 0) await ledger.recordPrices(prices)
      for (const payout of payouts) await ledger.recordPayout(payout)
      for (const state of accountStates) await ledger.recordAccountState(state)
      if (accountDays.length > 0) await ledger.recordAccountDays(accountDays)
    },
    removePayout: async (id) => required().ledger.removePayout(id),
    async linkRigs(links) {
      const { telemetry } = required()
      for (const { rigId, rigKey } of links) await telemetry.linkRig(rigId, rigKey)
    },
    async upkeep({ nowMs, retention, space }) {
      const { telemetry, shares } = required()
      const { rawDays, words } =
        space === null ? { rawDays: retention.rawDays, words: null } : fitBudget(retention, space)
      const rawFromMs = nowMs - rawDays * DAY_MS
      await telemetry.fold(nowMs, rawFromMs)
      await telemetry.forgetRaw(rawFromMs)
      await shares.pack(nowMs, retention.shareMinuteDays * DAY_MS)
      return { rawDays, words }
    },
    async restore({ prepared, nowMs }) {
      const database = place
      if (database === null) throw new HeadframeError('history/not-open', 'The history is not open.')
      let notices: readonly HistoryNotice[] = []
      const report = await finishRestore(database, prepared, {
        nowMs,
        close: () => end(nowMs),
        open: async () => {
          notices = (await begin(database, nowMs)).notices
        },
      })
      return { ...report, notices }
    },
    close: end,
  }
  serveThread(port, procedures)
}
