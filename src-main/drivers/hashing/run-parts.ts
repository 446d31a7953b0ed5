/** What the parts of one run share: what outlives it, how chips are set now, and how they are spoken to. */
import { type ChainSettings } from '../model/chip.ts'
import { type PowerCut } from '../model/power.ts'
import { type LinkEnd } from '../model/byte-link.ts'
import { type SequenceHost } from '../sequence/run-sequence.ts'
import { type BoardFault } from './board-watch.ts'
import { type ChainStats } from './chain-stats.ts'
import { type EventLog } from './event-log.ts'
import { type JobRing } from './job-ring.ts'
import { expectedHashrateHs, ticketZeroBits } from './scale.ts'
import { type ChainSessionParts, type ClockSetting } from './session-parts.ts'
import { type SessionState } from './session-state.ts'
import { type WorkMaker } from './work-maker.ts'

/** What a run is given by its session, and leaves to the next. */
export interface RunParts extends ChainSessionParts {
  readonly ring: JobRing
  readonly maker: WorkMaker
  readonly stats: ChainStats
  readonly events: EventLog
  setState(state: SessionState): void
  /** What to run at now: as chosen, less what a low rate has cost. */
  setting(): ClockSetting
  /** The rate of a full window was as good as it should be. */
  onGoodRate(): void
}

/** Why a run ended. */
export type RunEnd =
  | { readonly kind: 'fault'; readonly fault: BoardFault }
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'cut'; readonly cut: PowerCut }
  | { readonly kind: 'gone'; readonly end: LinkEnd }
  /** There is nothing to hash any more. */
  | { readonly kind: 'no-work' }
  | { readonly kind: 'stopped' }

/** The line to the chips, with the signal that ends every exchange when the run does. */
export type RunHost = SequenceHost & { readonly signal: AbortSignal }

/** How the chips are set; what was told to them last, not what is wanted. */
export class ChainNow {
  readonly #parts: Pick<RunParts, 'profile' | 'board'>
  chipCount: number
  /** Null before the first clock was set. */
  frequencyMhz: number | null = null
  coreVoltageMv: number | null
  ticketDifficulty = 1
  versionMask = 0

  constructor(parts: Pick<RunParts, 'profile' | 'board'>, coreVoltageMv: number | null) {
    this.#parts = parts
    this.chipCount = parts.board.chipCount
    this.coreVoltageMv = coreVoltageMv
  }

  /** Where the clock is, or begins. */
  get clockMhz(): number {
    return this.frequencyMhz ?? this.#parts.profile.startMhz
  }

  get ticketBits(): number {
    return ticketZeroBits(this.ticketDifficulty, this.#parts.board.fixedZeroBits)
  }

  get settings(): ChainSettings {
    return {
      chipCount: this.chipCount,
      frequencyMhz: this.clockMhz,
      ticketDifficulty: this.ticketDifficulty,
      versionMask: this.versionMask,
    }
  }

  /** H/s that a clock promises, of all chips. */
  expectedHs(frequencyMhz: number): number {
    const { profile, board } = this.#parts
    const actualMhz = profile.actualFrequencyMhz(frequencyMhz) ?? frequencyMhz
    return expectedHashrateHs(profile, this.chipCount, actualMhz, board.fixedZeroBits, board.rateRatio)
  }
}
