/** Makes the engine's reports: counters and views, bounded however many rigs there are. */
import { type Clock } from '../base/index.ts'
import { describeJob, difficultyOfTarget, networkDifficulty } from '../mining/index.ts'
import { type Accounting, type ShareBook } from './shares/accounting.ts'
import { type Downstream } from './downstream/downstream.ts'
import {
  type BlockStatus,
  type DownstreamStatus,
  type EngineReport,
  type PoolStatus,
} from './engine-views.ts'
import { type FarmSurvey } from './downstream/farm-survey.ts'
import { rigStatus } from './downstream/rig-status.ts'
import { Broadcast } from '../net/index.ts'
import { type FoundBlock } from './shares/share-desk.ts'
import { type PoolEvent, type Switchboard } from './switching/switchboard.ts'

export interface ReporterParts {
  readonly clock: Clock
  readonly accounting: Accounting
  readonly switchboard: Switchboard
  readonly sessions: ReadonlySet<Downstream>
  readonly survey: FarmSurvey
  poolBook(poolId: string): ShareBook
}

/** Rigs described in one report: more wait for the next, so that a report never holds up shares. */
const RIGS_PER_REPORT = 256
/** The same for what happened to their shares. */
const DELTAS_PER_REPORT = 640
/** Rigs that are noted in one turn of the loop. */
const NOTES_SLICE = 256
const MINUTE_MS = 60_000

export class EngineReporter {
  readonly #parts: ReporterParts
  #blocks: BlockStatus[] = []
  #poolEvents: PoolEvent[] = []
  #removedIds: string[] = []
  #lastReportMs: number
  #notedMinute = -1
  readonly #notes = new Broadcast<Downstream>({ sliceSize: NOTES_SLICE })
  /** Where the next report goes on describing. */
  #next: Iterator<Downstream>

  constructor(parts: ReporterParts) {
    this.#parts = parts
    this.#lastReportMs = parts.clock.monotonicMs()
    this.#next = parts.sessions.values()
  }

  onBlock({ issued, ...block }: FoundBlock): void {
    const { height } = describeJob(issued.job)
    this.#blocks.push({ ...block, height, foundAtMs: this.#parts.clock.nowMs() })
  }

  onPoolEvent(event: PoolEvent): void {
    this.#poolEvents.push(event)
  }

  onRigGone(id: string): void {
    this.#removedIds.push(id)
  }

  /** @param last leaves nothing for a later one */
  report(last: boolean): EngineReport {
    const { clock, accounting, switchboard, sessions, survey } = this.#parts
    const atMs = clock.nowMs()
    const monotonicMs = clock.monotonicMs()
    const { hashrateHs, hashingCount } = survey.take()
    this.#notePresence(monotonicMs)
    const { current } = switchboard
    const report: EngineReport = {
      atMs,
      coveredMs: monotonicMs - this.#lastReportMs,
      counts: { ...accounting.total.counts },
      bestDifficulty: accounting.total.bestDifficulty,
      hashrateHs,
      onlineCount: sessions.size,
      hashingCount,
      networkDifficulty: current ? networkDifficulty(current.job.tip.nBits) : null,
      activePoolId: switchboard.activeId,
      preferredPoolId: switchboard.activeId,
      standIn: null,
      switchedAtMs: switchboard.switchedAtMs,
      pools: switchboard.poolIds.map((poolId) => this.#poolStatus(poolId)),
      downstreams: { upserts: this.#describeRigs(atMs, monotonicMs), removedIds: this.#removedIds },
      deltas: accounting.drain(last ? Infinity : DELTAS_PER_REPORT),
      blocks: this.#blocks,
      poolEvents: this.#poolEvents,
    }
    this.#lastReportMs = monotonicMs
    this.#blocks = []
    this.#poolEvents = []
    this.#removedIds = []
    return report
  }

  /** Once a minute every rig at work leaves a trace, so that the history tells a zero from a gap. */
  #notePresence(monotonicMs: number): void {
    const minute = Math.floor(monotonicMs / MINUTE_MS)
    const poolId = this.#parts.switchboard.activeId
    if (minute === this.#notedMinute || poolId === null) return
    this.#notedMinute = minute
    this.#notes.start(this.#parts.sessions, ({ ready, rig }) => {
      if (ready) this.#parts.accounting.note(rig.accountAt(poolId))
    })
  }

  #describeRigs(atMs: number, monotonicMs: number): DownstreamStatus[] {
    const { sessions } = this.#parts
    const count = Math.min(sessions.size, RIGS_PER_REPORT)
    return Array.from({ length: count }, () => rigStatus(this.#nextRig(), atMs, monotonicMs))
  }

  /** All in turn, whoever comes and goes meanwhile. There must be one. */
  #nextRig(): Downstream {
    let next = this.#next.next()
    if (next.done) {
      this.#next = this.#parts.sessions.values()
      next = this.#next.next()
    }
    return next.value as Downstream
  }

  #poolStatus(poolId: string): PoolStatus {
    const slot = this.#parts.switchboard.slot(poolId)
    const book = this.#parts.poolBook(poolId)
    const upstream = slot?.upstream
    const job = upstream?.currentJob
    const { bytesIn, bytesOut } = this.#parts.switchboard.traffic(poolId)
    return {
      poolId,
      health: { verdict: 'unknown', because: '' },
      endpoint: null,
      rigCount: 0,
      lineCount: upstream ? 1 : 0,
      hashrateHs: 0,
      workDifficulty: 0,
      state: upstream?.state ?? this.#parts.switchboard.lastProblemState(poolId),
      latencyMs: upstream?.latencyMs ?? null,
      extranonce: upstream?.extranonce
        ? { prefix: upstream.extranonce.prefix.length, rollable: upstream.extranonce.rollableSize }
        : null,
      poolDifficulty: job ? difficultyOfTarget(job.target) : null,
      counts: { ...book.counts },
      rejectReasons: { ...book.rejectReasons },
      bytesIn,
      bytesOut,
    }
  }
}
