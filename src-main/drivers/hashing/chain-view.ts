/** What a board that hashes looks like from outside: plain data that crosses a thread. Asked for once a second. */
import { type PowerCut } from '../model/power.ts'
import { type ChainReport, type ChainStats } from './chain-stats.ts'
import { type ChainEvent, type EventLog } from './event-log.ts'
import { type JobTiming } from './job-feed.ts'
import { type FailureReason, type RecoveryPlan } from './recovery-plan.ts'
import { type ChainNow } from './run-parts.ts'
import { realTicketDifficulty } from './scale.ts'
import { type ChainSessionParts, type ClockSetting } from './session-parts.ts'
import { describeState, type SessionState, type SessionStateName } from './session-state.ts'

export interface ChainView extends ChainReport {
  readonly state: SessionStateName
  /** A sentence: what the board is doing now. */
  readonly doing: string
  readonly chipCount: number
  readonly frequency: {
    /** The clock that chips really have, MHz; null while they have none. */
    readonly actualMhz: number | null
    /** Where it is to be: as chosen, less what low rates have cost. */
    readonly targetMhz: number
    readonly chosenMhz: number
    /** Locked by low rates; null: none. */
    readonly ceilingMhz: number | null
  }
  readonly coreVoltage: {
    /** As it was set last; null while off, and where it cannot be set. */
    readonly setMv: number | null
    readonly chosenMv: number | null
  }
  readonly ticket: {
    /** In units of the chip's own difficulty 1; null while there is none. */
    readonly chipDifficulty: number | null
    /** As pools count. */
    readonly difficulty: number | null
  }
  /** Of the present run; null while there is none. */
  readonly jobs: JobTiming | null
  readonly line: { readonly skippedBytes: number; readonly badFrames: number }
  readonly recovery: {
    /** Failures since it last ran well. */
    readonly attempts: number
    /** Epoch milliseconds; null while nothing is waited for. */
    readonly retryAtMs: number | null
    readonly reasons: readonly FailureReason[]
  }
  /** Why power was taken away; null unless it is. */
  readonly cut: PowerCut | null
  /** Oldest first. */
  readonly events: readonly ChainEvent[]
}

export interface ViewSources {
  readonly parts: ChainSessionParts
  readonly state: SessionState
  readonly wanted: ClockSetting
  readonly setting: ClockSetting
  readonly plan: RecoveryPlan
  readonly stats: ChainStats
  readonly events: EventLog
  readonly now: ChainNow | null
  readonly timing: JobTiming | null
  readonly lineErrors: { readonly skippedBytes: number; readonly badFrames: number }
}

export function viewOf(sources: ViewSources): ChainView {
  const { parts, state, wanted, setting, plan, now } = sources
  const { board, profile } = parts
  const chipCount = now?.chipCount ?? board.chipCount
  const clockMhz = now?.frequencyMhz ?? null
  const actualMhz = clockMhz === null ? null : (profile.actualFrequencyMhz(clockMhz) ?? clockMhz)
  const chipDifficulty = clockMhz === null || !now ? null : now.ticketDifficulty
  return {
    ...sources.stats.report(),
    state: state.name,
    doing: describeState(state, chipCount, actualMhz),
    chipCount,
    frequency: {
      actualMhz,
      targetMhz: setting.frequencyMhz,
      chosenMhz: wanted.frequencyMhz,
      ceilingMhz: plan.ceilingMhz,
    },
    coreVoltage: { setMv: now?.coreVoltageMv ?? null, chosenMv: wanted.coreVoltageMv },
    ticket: {
      chipDifficulty,
      difficulty: chipDifficulty === null ? null : realTicketDifficulty(chipDifficulty, board.fixedZeroBits),
    },
    jobs: sources.timing,
    line: sources.lineErrors,
    recovery: {
      attempts: plan.attempts,
      retryAtMs: 'retryAtMs' in state ? state.retryAtMs : null,
      reasons: [...plan.reasons],
    },
    cut: state.name === 'cut' ? state.cut : null,
    events: sources.events.recent(),
  }
}
