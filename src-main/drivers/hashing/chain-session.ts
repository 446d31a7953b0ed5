/**
 * One board at work for as long as it is plugged in: waits for a job, powers the board, lets its chips hash, and
 * starts anew with power off in between whenever they fail. Everything it tells is in `view`. It drives neither fans
 * nor regulators and asks their owner for power (`PowerAuthority`); what that takes away, it gives up at once.
 */
import { errorText, HeadframeError, Listeners, type Timer, type Unsubscribe } from '../../base/index.ts'
import { type DeviceJob } from '../../mining/index.ts'
import { type PowerCut } from '../model/power.ts'
import { type BoardFault } from './board-watch.ts'
import { requireClock } from './bring-up.ts'
import { ChainStats } from './chain-stats.ts'
import { type ChainView, viewOf } from './chain-view.ts'
import { EventLog } from './event-log.ts'
import { JobRing } from './job-ring.ts'
import { PoweredRun } from './powered-run.ts'
import { RecoveryPlan } from './recovery-plan.ts'
import { type RunEnd, type RunParts } from './run-parts.ts'
import { type ChainSessionParts, type ClockSetting, requireSetting } from './session-parts.ts'
import { type SessionState } from './session-state.ts'
import { WorkMaker } from './work-maker.ts'

/** After a cut that no person need acknowledge; whether it has cooled is for who owns power to say. */
const CUT_PAUSE_MS = 30_000
/** So long without a fault, and the next is a first one. */
const RAN_WELL_MS = 300_000
/** Faults that trying again does not help. */
const HOPELESS = new Set(['chip/wrong-model', 'chip/bad-clock', 'board/out-of-range'])

export class ChainSession {
  readonly #parts: ChainSessionParts
  readonly #runParts: RunParts
  readonly #plan: RecoveryPlan
  readonly #stats: ChainStats
  readonly #events: EventLog
  readonly #ring: JobRing
  readonly #maker: WorkMaker
  readonly #states = new Listeners<SessionState>()
  #wanted: ClockSetting
  #state: SessionState = { name: 'waiting-for-work' }
  #run: PoweredRun | null = null
  #life: Promise<void> | null = null
  /** Why it must not run; null while it may. */
  #stopReason: string | null = null
  #goneReason: string | null = null
  #isDisposed = false
  /** A person asked for the next try now. */
  #isHurried = false
  #isWoken = false
  #onWake: () => void = () => undefined
  #lostBytes = { skippedBytes: 0, badFrames: 0 }

  /** @throws HeadframeError `board/out-of-range`, `chip/bad-clock` for settings that the board cannot take */
  constructor(parts: ChainSessionParts) {
    const { board, profile, clock, entropy, settings } = parts
    requireSetting(board, settings)
    requireClock(profile, settings.frequencyMhz)
    this.#parts = parts
    this.#wanted = settings
    this.#plan = new RecoveryPlan(board.frequencyMhz)
    this.#stats = new ChainStats(clock)
    this.#events = new EventLog(clock)
    this.#ring = new JobRing(profile.jobSlots)
    this.#maker = new WorkMaker(clock, entropy, profile.rolling)
    this.#runParts = {
      ...parts,
      ring: this.#ring,
      maker: this.#maker,
      stats: this.#stats,
      events: this.#events,
      setState: (state) => this.#setState(state),
      setting: () => this.#setting(),
      onGoodRate: () => this.#plan.rateWasGood(),
    }
  }

  /** Begins. Nothing is sent and no power asked for before there is a job. */
  start(): void {
    if (this.#life) return
    const { work, link } = this.#parts
    const unsubscribe = work.onJob((job) => this.#onJob(job))
    if (work.job) this.#onJob(work.job)
    link.onEnd((end) => this.#onGone(end.message))
    this.#life = this.#live().finally(unsubscribe)
  }

  get state(): SessionState {
    return this.#state
  }

  onState(listener: (state: SessionState) => void): Unsubscribe {
    return this.#states.on(listener)
  }

  /**
   * Runs at this from now on, at once if it hashes: clock and voltage move in the order and the steps that chips need.
   * @throws HeadframeError `board/out-of-range`, `chip/bad-clock`: nothing is changed then
   */
  retune(setting: ClockSetting): void {
    requireSetting(this.#parts.board, setting)
    requireClock(this.#parts.profile, setting.frequencyMhz)
    this.#wanted = setting
    this.#plan.chosen()
    const { ceilingMhz } = this.#plan
    if (ceilingMhz !== null && setting.frequencyMhz > ceilingMhz) {
      this.#events.note(
        'warn',
        `It stays at ${ceilingMhz} MHz, where it came to after low rates; start it again to lift that.`,
      )
    }
    this.#run?.onSetting()
  }

  /** Chips idle, power off, until `resume`. Resolves when it is so, the board is gone, or `resume` came in between. */
  async stop(reason: string): Promise<void> {
    this.#stopReason = reason
    this.#run?.finish({ kind: 'stopped' })
    this.#wake()
    if (!this.#life || this.#isAt('stopped') || this.#isAt('gone')) return
    await new Promise<void>((resolve) => {
      const unsubscribe = this.onState(() => {
        const isAwaited = this.#stopReason !== null
        if (isAwaited && !this.#isAt('stopped') && !this.#isAt('gone')) return
        unsubscribe()
        resolve()
      })
    })
  }

  /** A person wants it to run: after `stop`, after a cut, now instead of later, and without a ceiling. */
  resume(): void {
    this.#stopReason = null
    this.#plan.lift()
    this.#isHurried = true
    this.#wake()
  }

  /** For good: chips idle, power off, the proxy left, the port closed. Harmless when repeated. */
  async dispose(reason: string): Promise<void> {
    this.#isDisposed = true
    this.#stopReason ??= reason
    this.#run?.finish({ kind: 'stopped' })
    this.#wake()
    await this.#life
    this.#onGone(reason)
    await this.#parts.link.close()
  }

  /** What the board is doing now, as plain data. */
  view(): ChainView {
    const run = this.#run
    return viewOf({
      parts: this.#parts,
      state: this.#state,
      wanted: this.#wanted,
      setting: this.#setting(),
      plan: this.#plan,
      stats: this.#stats,
      events: this.#events,
      now: run?.now ?? null,
      timing: run?.jobTiming() ?? null,
      lineErrors: this.#lineErrors(),
    })
  }

  async #live(): Promise<void> {
    while (!this.#isOver) {
      if (this.#stopReason !== null) {
        await this.#beStopped(this.#stopReason)
      } else if (!this.#parts.work.job) {
        this.#setState({ name: 'waiting-for-work' })
        await this.#untilWoken()
      } else {
        await this.#runOnce()
      }
    }
  }

  async #runOnce(): Promise<void> {
    const { clock } = this.#parts
    this.#isHurried = false
    const run = new PoweredRun(this.#runParts)
    this.#run = run
    const goodRuns = clock.every(RAN_WELL_MS, () => this.#plan.ranWell())
    const end = await run.go()
    goodRuns.cancel()
    this.#lostBytes = this.#lineErrors()
    this.#run = null
    await this.#after(end)
  }

  async #after(end: RunEnd): Promise<void> {
    switch (end.kind) {
      case 'gone':
      case 'stopped':
      case 'no-work':
        return
      case 'cut':
        return this.#afterCut(end.cut)
      case 'fault':
        return this.#recover(this.#slowDown(end.fault))
      case 'error':
        if (end.error instanceof HeadframeError && HOPELESS.has(end.error.code)) {
          this.#events.note('error', end.error.message)
          this.#stopReason ??= end.error.message
          return
        }
        return this.#recover(errorText(end.error))
    }
  }

  async #afterCut(cut: PowerCut): Promise<void> {
    this.#events.note('error', `Power was taken away: ${cut.message}`)
    const isForPerson = cut.latched || cut.cause === 'stopped'
    const retryAtMs = isForPerson ? null : this.#parts.clock.nowMs() + CUT_PAUSE_MS
    this.#setState({ name: 'cut', cut, retryAtMs })
    await this.#pause(isForPerson ? null : CUT_PAUSE_MS)
  }

  /** @returns what happened and what was done about it */
  #slowDown(fault: BoardFault): string {
    if (fault.kind !== 'low-rate') return fault.message
    const { frequencyMhz, isLocked } = this.#plan.rateWasLow(this.#setting().frequencyMhz)
    const slower = `From now on it runs at ${frequencyMhz} MHz`
    return isLocked
      ? `${fault.message} ${slower}, and no faster until you start it again: it was too low three times in a row.`
      : `${fault.message} ${slower}.`
  }

  async #recover(reason: string): Promise<void> {
    const { clock, log } = this.#parts
    const waitMs = this.#plan.failed(reason, clock.nowMs())
    this.#events.note('warn', reason)
    log.warn('board failed and is started anew', { reason, waitMs, attempts: this.#plan.attempts })
    this.#setState({ name: 'recovering', reason, retryAtMs: clock.nowMs() + waitMs })
    await this.#pause(waitMs)
  }

  #onJob(job: DeviceJob): void {
    this.#maker.take(job)
    if (job.cleanJobs) this.#ring.markStale()
    if (this.#run) this.#run.onJob(job)
    else this.#wake()
  }

  #onGone(reason: string): void {
    if (this.#goneReason !== null) return
    this.#goneReason = reason
    this.#events.note('warn', reason)
    this.#setState({ name: 'gone', reason })
    this.#parts.work.leave(reason)
    this.#wake()
  }

  #setting(): ClockSetting {
    return { ...this.#wanted, frequencyMhz: this.#plan.allowed(this.#wanted.frequencyMhz) }
  }

  #setState(state: SessionState): void {
    // What is gone stays gone, whatever was still under way.
    if (this.#state.name === 'gone') return
    this.#state = state
    this.#states.emit(state)
  }

  #isAt(name: SessionState['name']): boolean {
    return this.#state.name === name
  }

  get #isOver(): boolean {
    return this.#isDisposed || this.#goneReason !== null
  }

  #lineErrors(): { skippedBytes: number; badFrames: number } {
    const { skippedBytes, badFrames } = this.#run?.lineErrors ?? { skippedBytes: 0, badFrames: 0 }
    return {
      skippedBytes: this.#lostBytes.skippedBytes + skippedBytes,
      badFrames: this.#lostBytes.badFrames + badFrames,
    }
  }

  async #beStopped(reason: string): Promise<void> {
    this.#setState({ name: 'stopped', reason })
    while (this.#stopReason !== null && !this.#isOver) await this.#untilWoken()
  }

  /** Until so much time has passed (null: however long), unless a person is in a hurry or it is stopped or over. */
  async #pause(forMs: number | null): Promise<void> {
    let isPast = false
    const onTime = (): void => {
      isPast = true
      this.#wake()
    }
    const timer: Timer | null = forMs === null ? null : this.#parts.clock.after(forMs, onTime)
    while (!isPast && !this.#isHurried && this.#stopReason === null && !this.#isOver) {
      await this.#untilWoken()
    }
    timer?.cancel()
  }

  #wake(): void {
    this.#isWoken = true
    this.#onWake()
  }

  /** Returns at once if it was woken since it last slept. */
  async #untilWoken(): Promise<void> {
    if (!this.#isWoken) {
      await new Promise<void>((resolve) => {
        this.#onWake = resolve
      })
    }
    this.#isWoken = false
  }
}
