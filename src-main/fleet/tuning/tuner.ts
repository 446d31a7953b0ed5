/**
 * Tuning small boards: applies what the plan says, watches, and ends with the best setting or the one from before. At
 * most one tuning per rig. What it was before is saved before the first write, so that it can be put back after a crash.
 */
import {
  type Clock,
  errorText,
  HeadframeError,
  Listeners,
  type Logger,
  type Unsubscribe,
} from '../../base/index.ts'
import {
  bestTrial,
  type FinishedTrial,
  judge,
  type Judgement,
  nextSetting,
  same,
  type TuningGoal,
  type TuningGrid,
  tuningGrid,
  type TuningLimits,
  type TuningMeasures,
  type TuningSetting,
} from './tuning-plan.ts'
import { EMPTY_MEASURES, mean, shown } from './tuning-measures.ts'
import { settingWords as words, type TuningSubject } from './tuning-subject.ts'
import { type TuningTrialView, type TuningView } from './tuning-views.ts'

export interface TuningRequest extends TuningLimits {
  readonly goal: TuningGoal
  /** How long each setting is watched. */
  readonly stepSeconds: number
}

/** Keeps the last tuning of each rig. */
export interface TuningMemory {
  load(): Promise<readonly TuningView[]>
  save(all: readonly TuningView[]): Promise<void>
}

export interface TunerParts {
  readonly clock: Clock
  readonly log: Logger
  /** @throws HeadframeError `rig/unknown` */
  subject(id: string): TuningSubject
  readonly memory: TuningMemory
}

/** Measures are taken so often while a setting is watched. */
const LOOKS_PER_STEP = 6
/** Looks at the beginning of a step that do not count: the board warms up. */
const LOOKS_TO_SETTLE = 2
/** Looks in a row without an answer until the rig is given up. */
const MISSES_ALLOWED = 3

interface Job {
  view: TuningView
  /** Its `maxPowerW` is the board's own where the person gave none. */
  readonly request: TuningRequest
  readonly grid: TuningGrid
  readonly trials: FinishedTrial[]
  /** Set when a person ends it. */
  keep: 'best' | 'before' | null
  /** Ends a wait early. */
  wake: () => void
  done: Promise<void>
}

export class Tuner {
  readonly #parts: TunerParts
  readonly #views = new Map<string, TuningView>()
  readonly #jobs = new Map<string, Job>()
  readonly #changed = new Listeners<TuningView>()
  #saving: Promise<void> = Promise.resolve()

  constructor(parts: TunerParts) {
    this.#parts = parts
  }

  /** Loads what was tuned before. What ran when the program ended is shown as failed: its board is as it was left. */
  async start(): Promise<void> {
    for (const view of await this.#parts.memory.load()) {
      const interrupted = view.state === 'running'
      this.#views.set(
        view.id,
        interrupted
          ? {
              ...view,
              state: 'failed',
              endedAt: this.#parts.clock.nowMs(),
              message:
                'Headframe ended while it was being tuned. Put the settings from before back, or tune again.',
            }
          : view,
      )
    }
  }

  /** Ends what runs, with the settings from before; waits for that. */
  async stop(): Promise<void> {
    const jobs = [...this.#jobs.values()]
    for (const job of jobs) this.#end(job, 'before')
    await Promise.all(jobs.map((job) => job.done))
    await this.#saving
  }

  onChange(listener: (view: TuningView) => void): Unsubscribe {
    return this.#changed.on(listener)
  }

  /** The last of each rig. */
  get all(): TuningView[] {
    return [...this.#views.values()]
  }

  /** @throws HeadframeError `rig/unknown`, `tuning/not-supported`, `tuning/running` */
  async begin(rigId: string, request: TuningRequest): Promise<TuningView> {
    const subject = this.#parts.subject(rigId)
    const { name, busy } = subject
    if (this.#jobs.has(rigId)) {
      throw new HeadframeError('tuning/running', `${name} is being tuned already. Stop that first.`)
    }
    if (busy !== null) {
      throw new HeadframeError(
        'tuning/running',
        `${name} is being told something else (${busy}). Wait until that is over.`,
      )
    }
    const { before, frequenciesMHz, voltagesMv, ratedPowerW } = subject.start()
    const grid = tuningGrid(before, frequenciesMHz, voltagesMv)
    if (!grid) {
      throw new HeadframeError(
        'tuning/not-supported',
        `${name} does not say which frequencies and voltages are safe for it.`,
      )
    }
    const view: TuningView = {
      id: rigId,
      state: 'running',
      goal: request.goal,
      startedAt: this.#parts.clock.nowMs(),
      endedAt: null,
      before,
      best: null,
      trials: [],
      message: 'Begins with the present settings.',
    }
    const limited = { ...request, maxPowerW: request.maxPowerW ?? ratedPowerW }
    const job: Job = {
      view,
      request: limited,
      grid,
      trials: [],
      keep: null,
      wake: () => {},
      done: Promise.resolve(),
    }
    this.#jobs.set(rigId, job)
    this.#publish(job, {})
    try {
      await this.#saving
    } catch (error) {
      this.#jobs.delete(rigId)
      this.#views.delete(rigId)
      throw error
    }
    job.done = this.#run(job).finally(() => this.#jobs.delete(rigId))
    return job.view
  }

  /** Ends a tuning that runs. @throws HeadframeError `tuning/none` */
  async finish(rigId: string, keep: 'best' | 'before'): Promise<TuningView> {
    const job = this.#jobs.get(rigId)
    if (!job) throw none()
    this.#end(job, keep)
    await job.done
    return job.view
  }

  /** Back to the settings before tuning. @throws HeadframeError `tuning/none`, `rig/…` */
  async revert(rigId: string): Promise<TuningView> {
    const job = this.#jobs.get(rigId)
    if (job?.view.state === 'running') return this.finish(rigId, 'before')
    await job?.done
    const view = this.#views.get(rigId)
    if (!view) throw none()
    await this.#parts.subject(rigId).apply(view.before)
    const reverted: TuningView = { ...view, state: 'reverted', message: `Back at ${words(view.before)}.` }
    this.#views.set(rigId, reverted)
    this.#changed.emit(reverted)
    this.#save()
    await this.#saving
    return reverted
  }

  #end(job: Job, keep: 'best' | 'before'): void {
    job.keep ??= keep
    job.wake()
  }

  async #run(job: Job): Promise<void> {
    const { id, before, goal } = job.view
    const subject = this.#parts.subject(id)
    subject.setBusy('tuning')
    try {
      for (;;) {
        if (job.keep !== null) break
        const setting = nextSetting(goal, job.grid, before, job.trials)
        if (!setting) break
        await this.#try(job, setting)
      }
      await this.#settle(job)
    } catch (error) {
      await this.#giveUp(job, error)
    } finally {
      subject.setBusy(null)
    }
  }

  /** One setting: apply, watch, judge. @throws HeadframeError if the rig is lost or shut itself down */
  async #try(job: Job, setting: TuningSetting): Promise<void> {
    const { clock } = this.#parts
    const { id } = job.view
    const trial: TuningTrialView = {
      ...setting,
      startedAt: clock.nowMs(),
      endedAt: null,
      hashrateHs: null,
      powerW: null,
      efficiencyJTh: null,
      chipC: null,
      regulatorC: null,
      errorPercent: null,
      fanPercent: null,
      verdict: 'running',
      because: '',
    }
    const trials = [...job.view.trials, trial]
    const show = (patch: Partial<TuningTrialView>): void => {
      Object.assign(trial, patch)
      this.#publish(job, {
        trials: trials.map((each) => ({ ...each })),
        best: bestTrial(job.view.goal, job.trials),
      })
    }
    job.view = { ...job.view, message: `Watches ${words(setting)} for ${job.request.stepSeconds} s.` }
    show({})
    await this.#parts.subject(id).apply(setting)

    const looks: TuningMeasures[] = []
    let misses = 0
    let judged: Judgement | null = null
    for (let look = 0; look < LOOKS_PER_STEP && job.keep === null; look++) {
      await this.#wait(job, (job.request.stepSeconds * 1000) / LOOKS_PER_STEP)
      if (job.keep !== null) break
      const seen = await this.#parts.subject(id).look()
      if (!seen) {
        if (++misses >= MISSES_ALLOWED) {
          throw new HeadframeError('tuning/lost', 'The rig stopped answering while it was being tuned.')
        }
        continue
      }
      misses = 0
      if (seen.shutDown !== null) {
        throw new HeadframeError(
          'tuning/shut-down',
          `The rig shut itself down (${seen.shutDown}) at ${words(setting)}.`,
        )
      }
      const now = seen.measures
      if (look >= LOOKS_TO_SETTLE) looks.push(now)
      // Heat and power are not averaged away: one look above a limit ends it.
      const { verdict, because } = judge(now, job.request)
      if (verdict === 'too-hot' || verdict === 'too-much-power') {
        judged = { verdict, because }
        show(shown(now))
        break
      }
      show(shown(looks.length > 0 ? mean(looks) : now))
    }
    if (job.keep !== null) {
      show({
        endedAt: clock.nowMs(),
        verdict: 'failed',
        because: 'Ended before it had been watched long enough.',
      })
      return
    }
    const measures = looks.length > 0 ? mean(looks) : EMPTY_MEASURES
    const { verdict, because } = judged ?? judge(measures, job.request)
    job.trials.push({ ...setting, verdict, measures })
    show({ endedAt: clock.nowMs(), verdict, because })
    if (judged) await this.#parts.subject(id).apply(this.#retreat(job))
  }

  /** Where it is safe: the best so far, else where it began. */
  #retreat(job: Job): TuningSetting {
    const best = bestTrial(job.view.goal, job.trials)
    return best === null ? job.view.before : job.trials[best]!
  }

  /** Ends with the best, or as before. */
  async #settle(job: Job): Promise<void> {
    const { id, before } = job.view
    const best = bestTrial(job.view.goal, job.trials)
    const chosen = job.keep === 'before' || best === null ? before : job.trials[best]!
    await this.#parts.subject(id).apply(chosen)
    const isBefore = same(chosen, before)
    this.#publish(job, {
      state: job.keep === 'before' ? 'reverted' : job.keep === 'best' ? 'stopped' : 'done',
      endedAt: this.#parts.clock.nowMs(),
      best,
      message: isBefore
        ? `Runs as before, at ${words(before)}.`
        : `Runs at ${words(chosen)}, the best that was found.`,
    })
  }

  async #giveUp(job: Job, error: unknown): Promise<void> {
    const { id, before } = job.view
    let after = `It runs at ${words(before)} again.`
    try {
      await this.#parts.subject(id).apply(before)
    } catch (failure) {
      after = `${words(before)} could not be put back (${errorText(failure)}). Do that when it answers again.`
    }
    this.#parts.log.warn('tuning failed', { rig: id, error: errorText(error) })
    const trials = job.view.trials.map((trial) =>
      trial.verdict === 'running'
        ? {
            ...trial,
            verdict: 'failed' as const,
            because: errorText(error),
            endedAt: this.#parts.clock.nowMs(),
          }
        : trial,
    )
    this.#publish(job, {
      state: 'failed',
      endedAt: this.#parts.clock.nowMs(),
      trials,
      message: `${errorText(error)} ${after}`,
    })
  }

  #wait(job: Job, delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.clock.after(delayMs, resolve)
      job.wake = () => {
        timer.cancel()
        resolve()
      }
    })
  }

  #publish(job: Job, patch: Partial<TuningView>): void {
    job.view = { ...job.view, ...patch }
    this.#views.set(job.view.id, job.view)
    this.#changed.emit(job.view)
    this.#save()
  }

  #save(): void {
    const all = this.all
    this.#saving = this.#saving.catch(() => undefined).then(() => this.#parts.memory.save(all))
    this.#saving.catch((error: unknown) => {
      this.#parts.log.warn('tuning could not be saved', { error: errorText(error) })
    })
  }
}

function none(): HeadframeError {
  return new HeadframeError('tuning/none', 'This rig is not being tuned, and was not before.')
}
