/** Makes the engine's reports: counters and views, bounded however many rigs there are. */
import { type Clock } from '../base/index.ts'
import { describeJob, difficultyOfTarget, networkDifficulty } from '../mining/index.ts'
import { type Accounting, type ShareBook } from './shares/accounting.ts'
import { type Downstream } from './downstream/downstream.ts'
import {
  type BlockStatus,
  type DownstreamStatus,
  type EndpointStatus,
  type EngineReport,
  type PoolStatus,
} from './engine-views.ts'
import { type FarmSurvey, type FarmTotals, totalsOf } from './downstream/farm-survey.ts'
import { rigStatus } from './downstream/rig-status.ts'
import { Broadcast } from '../net/index.ts'
import { type FoundBlock } from './shares/share-desk.ts'
import { type Line } from './switching/line.ts'
import { type Seat } from './switching/seat.ts'
import { type PoolEvent, type Switchboard } from './switching/switchboard.ts'
import { type PoolConfig, type PoolEndpoint } from './upstream/upstream.ts'

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
  readonly #notes = new Broadcast<Seat>({ sliceSize: NOTES_SLICE })
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
    const totals = survey.take()
    const { hashrateHs, hashingCount } = totals
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
      preferredPoolId: switchboard.preferredId,
      standIn: switchboard.standIn,
      switchedAtMs: switchboard.switchedAtMs,
      pools: switchboard.poolIds.map((poolId) => this.#poolStatus(poolId, totals)),
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
    const { switchboard, accounting } = this.#parts
    const minute = Math.floor(monotonicMs / MINUTE_MS)
    if (minute === this.#notedMinute || switchboard.activeId === null) return
    this.#notedMinute = minute
    this.#notes.start(switchboard.seats.values(), ({ downstream, line, poolId }) => {
      const at = line?.poolId ?? poolId
      if (downstream.ready && at !== null) accounting.note(downstream.rig.accountAt(at))
    })
  }

  #describeRigs(atMs: number, monotonicMs: number): DownstreamStatus[] {
    const { sessions } = this.#parts
    const count = Math.min(sessions.size, RIGS_PER_REPORT)
    return Array.from({ length: count }, () => {
      const rig = this.#nextRig()
      const poolId = this.#parts.switchboard.seats.get(rig)?.line?.poolId ?? null
      return rigStatus(rig, poolId, atMs, monotonicMs)
    })
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

  #poolStatus(poolId: string, totals: FarmTotals): PoolStatus {
    const { switchboard } = this.#parts
    const lines = switchboard.lines.ofPool(poolId)
    const upstreams = lines.map(({ upstream }) => upstream)
    const speaker = upstreams.find(({ currentJob }) => currentJob !== null) ?? upstreams[0]
    const book = this.#parts.poolBook(poolId)
    const { rigCount, hashrateHs } = totalsOf(totals, poolId)
    const job = speaker?.currentJob
    const { bytesIn, bytesOut } = switchboard.lines.traffic(poolId)
    return {
      poolId,
      state: switchboard.lines.state(poolId),
      health: switchboard.health(poolId),
      endpoint: speaker ? endpointStatus(speaker.endpoint, lines[0]!.config) : null,
      rigCount,
      lineCount: lines.filter(isOpen).length,
      hashrateHs,
      workDifficulty: book.workDifficulty,
      latencyMs: speaker?.latencyMs ?? null,
      extranonce: speaker?.extranonce
        ? { prefix: speaker.extranonce.prefix.length, rollable: speaker.extranonce.rollableSize }
        : null,
      poolDifficulty: job ? difficultyOfTarget(job.target) : null,
      counts: { ...book.counts },
      rejectReasons: { ...book.rejectReasons },
      invalidReasons: { ...book.invalidReasons },
      lostReasons: { ...book.lostReasons },
      bytesIn,
      bytesOut,
    }
  }
}

/** A line that is kept for late answers only does not count. */
function isOpen({ leaving, upstream }: Line): boolean {
  return leaving === null && (upstream.state.phase === 'ready' || upstream.state.phase === 'silent')
}

function endpointStatus(endpoint: PoolEndpoint, config: PoolConfig): EndpointStatus {
  const { protocol, transport, host, port } = endpoint
  const { fallback } = config
  const isFallback =
    fallback !== null &&
    protocol === fallback.protocol &&
    transport === fallback.transport &&
    host === fallback.host &&
    port === fallback.port
  return { protocol, transport, host, port, fallback: isFallback }
}
