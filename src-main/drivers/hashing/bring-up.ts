/**
 * From an unpowered board to chips that wait for a job at their full clock: power, count, set up, ramp. Each step may
 * fail and says so by throwing; trying again is the session's affair. Nothing here lasts beyond it.
 */
import { type Clock, HeadframeError, sleep } from '../../base/index.ts'
import { type ChainSettings, type ChipProfile } from '../model/chip.ts'
import { type Sequence } from '../model/sequence.ts'
import { runSequence, type SequenceHost, type SequenceOutcome } from '../sequence/run-sequence.ts'
import { abortable } from './abortable.ts'
import { type SessionBoard } from './session-parts.ts'
import { type SessionState } from './session-state.ts'

/** Cold boards may stay silent at first (asic-serial 5.12). */
export const COUNT_TRIES = 5
const COUNT_PAUSE_MS = 500
/** For the answer that confirms a new rate of the line. */
const RATE_CHECK_MS = 300

export interface BringUp {
  readonly board: SessionBoard
  readonly profile: ChipProfile
  readonly clock: Clock
  /** With the run's signal. */
  readonly host: SequenceHost & { readonly signal: AbortSignal }
  setState(state: SessionState): void
}

/**
 * Counts chips, up to five times. A chip without a reset line may still be at the fast rate of an earlier run: later
 * tries listen there too (asic-serial 4.3).
 * @returns how many chips there are: as many as the board has, or between its two numbers
 * @throws HeadframeError `chip/…`, `port/…`
 */
export async function countChips({ board, profile, clock, host, setState }: BringUp): Promise<number> {
  const most = board.chipCountMax ?? board.chipCount
  const rates = ratesToTry(profile, most)
  for (let attempt = 1; ; attempt++) {
    setState({ name: 'counting', attempt })
    const baudRate = rates[(attempt - 1) % rates.length]!
    try {
      await runSequence([{ op: 'host-baud', baudRate }, ...profile.discover(most)], host)
      return most
    } catch (error) {
      const answered = tooFew(error)
      if (answered !== null && answered >= board.chipCount) return answered
      if (attempt === COUNT_TRIES || !mayPass(error)) throw error
    }
    await abortable(host.signal, sleep(clock, COUNT_PAUSE_MS))
  }
}

/** @throws HeadframeError `chip/lost-on-fast-line`, `port/…` */
export async function configure(
  { profile, host, setState }: BringUp,
  settings: ChainSettings,
): Promise<void> {
  setState({ name: 'configuring' })
  const sequence = profile.initialise(settings)
  await runSequence(sequence, host)
  if (sequence.some(({ op }) => op === 'host-baud')) await requireAnswer(profile, host)
}

/**
 * Moves the clock in the steps of the chip, never in a jump.
 * @param onClock called with each clock that was set, MHz
 * @throws HeadframeError `chip/bad-clock`; `port/…`
 */
export async function ramp(
  profile: ChipProfile,
  chipCount: number,
  fromMhz: number,
  toMhz: number,
  host: SequenceHost,
  onClock: (frequencyMhz: number) => void,
): Promise<void> {
  const clocks = fromMhz === toMhz ? [] : profile.ramp(fromMhz, toMhz)
  if (fromMhz !== toMhz && clocks.at(-1) !== toMhz) throw badClock(profile, toMhz)
  for (const frequencyMhz of clocks) {
    const sequence: Sequence | null = profile.setFrequency(frequencyMhz, chipCount)
    if (sequence === null) throw badClock(profile, frequencyMhz)
    await runSequence(sequence, host)
    onClock(frequencyMhz)
  }
}

/** @throws HeadframeError `chip/bad-clock` */
export function requireClock(profile: ChipProfile, frequencyMhz: number): void {
  if (profile.actualFrequencyMhz(frequencyMhz) === null) throw badClock(profile, frequencyMhz)
}

/** The rate of the line after a reset, twice as often as that of a line that was left at the fast one. */
function ratesToTry(profile: ChipProfile, chipCount: number): number[] {
  const { baudRate } = profile.line
  const settings = { chipCount, frequencyMhz: profile.startMhz, ticketDifficulty: 1, versionMask: 0 }
  const fast = profile.initialise(settings).findLast((step) => step.op === 'host-baud')
  return fast?.op === 'host-baud' ? [baudRate, baudRate, fast.baudRate] : [baudRate]
}

async function requireAnswer(profile: ChipProfile, host: SequenceHost): Promise<void> {
  const question = profile.readHealth()
  if (question.length === 0) return
  const { registers }: SequenceOutcome = await runSequence(
    [...question, { op: 'wait', ms: RATE_CHECK_MS }],
    host,
  )
  if (registers.length > 0) return
  throw new HeadframeError(
    'chip/lost-on-fast-line',
    'The chips fell silent when their line was made faster. They are reset and tried again; if it goes on, use a shorter cable.',
  )
}

function tooFew(error: unknown): number | null {
  if (!(error instanceof HeadframeError) || error.code !== 'chip/too-few') return null
  const { answered } = error.context
  return typeof answered === 'number' ? answered : null
}

/** Whether the same question may be answered otherwise a moment later. */
function mayPass(error: unknown): boolean {
  return (
    error instanceof HeadframeError && error.code.startsWith('chip/') && error.code !== 'chip/wrong-model'
  )
}

function badClock(profile: ChipProfile, frequencyMhz: number): HeadframeError {
  return new HeadframeError(
    'chip/bad-clock',
    `${profile.id} chips cannot make a clock of ${frequencyMhz} MHz. Choose another frequency.`,
    { context: { chip: profile.id, frequencyMhz } },
  )
}
