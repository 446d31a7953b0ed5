/**
 * One action on many rigs: in batches with a pause between them, to an end after too many failures, rig by rig by id, so
 * that nothing else moves to a row's place. A dry run says what would be done and touches nothing. What a run did can be
 * taken back by another run. Governing document: rig API digest, section 8, rules 8, 10 and 12.
 */
import { type Clock, type Entropy, HeadframeError, type Logger, errorText, toHex } from '../../base/index.ts'
import { type RigCommand } from '../families/family.ts'
import {
  type ActionValues,
  type RigActionName,
  type RunItemView,
  type RunRequest,
  type RunView,
} from '../views/view-types.ts'
import { pause } from './pause.ts'
import { type Performed } from './perform-action.ts'
import { type ActionPlan, checkAction } from './plan-action.ts'

/** Ended ones; the oldest go first. */
const KEPT_RUNS = 100
/** Of a run with more rigs than this, what happens to them is told several times a second and not rig by rig. */
const TOLD_AT_ONCE = 50
const TELL_EVERY_MS = 250

export interface RunParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  /** Ends pauses; no rig is begun after it. */
  readonly signal: AbortSignal
  /** Name of a rig. @throws HeadframeError `rig/unknown` */
  nameOf(rigId: string): string
  isBusy(rigId: string): boolean
  /** @throws HeadframeError `rig/unknown` */
  plan(rigId: string, action: RigActionName, values: ActionValues): Promise<ActionPlan>
  /** @throws HeadframeError `rig/unknown` */
  perform(
    rigId: string,
    command: RigCommand,
    onPhase: (phase: 'writing' | 'verifying', message: string) => void,
  ): Promise<Performed>
  onChange(runId: string): void
}

interface Item {
  view: RunItemView
  /** What is to be done, where it is known beforehand. */
  readonly command: RigCommand | null
  undo: RigCommand | null
}

interface Run {
  view: Omit<RunView, 'items' | 'canUndo'>
  readonly items: Item[]
  readonly request: RunRequest
  readonly stop: AbortController
  /** Settles when the run ended. */
  ended: Promise<void>
  /** A change is about to be told. */
  willTell: boolean
}

export class Runs {
  readonly #parts: RunParts
  readonly #runs = new Map<string, Run>()

  constructor(parts: RunParts) {
    this.#parts = parts
  }

  /** Newest first. */
  list(): RunView[] {
    return [...this.#runs.values()].map(viewOf).reverse()
  }

  /** @throws HeadframeError `run/unknown` */
  get(id: string): RunView {
    return viewOf(this.#require(id))
  }

  /** Resolves at once; the run goes on. @throws HeadframeError `rig/unknown`, `action/invalid`, `rig/bad-template` */
  start(request: RunRequest): RunView {
    checkAction(request.action, request)
    const ids = [...new Set(request.rigIds)]
    const items = ids.map((rigId) => newItem(rigId, this.#parts.nameOf(rigId), null))
    return viewOf(this.#begin(request, items, null))
  }

  /** Waits for its end. @throws as `start` */
  async act(request: RunRequest): Promise<RunItemView> {
    const { id } = this.start(request)
    const run = this.#require(id)
    await run.ended
    const [item] = run.items
    if (!item) throw new HeadframeError('action/invalid', 'Choose at least one rig.')
    return { ...item.view }
  }

  /** @throws HeadframeError `run/unknown` */
  stop(id: string): RunView {
    const run = this.#require(id)
    if (run.view.state === 'running') this.#halt(run, 'Stopped. What had begun was brought to its end.')
    return viewOf(run)
  }

  /** @throws HeadframeError `run/unknown`, `run/not-undoable` */
  undo(id: string): RunView {
    const run = this.#require(id)
    const undoable = run.items.filter(({ undo }) => undo !== null)
    if (run.view.state === 'running' || run.view.undoneBy !== null || undoable.length === 0) {
      const because =
        run.view.state === 'running'
          ? 'It is still under way: stop it first.'
          : run.view.undoneBy !== null
            ? 'It was taken back already.'
            : 'It changed nothing that could be put back.'
      throw new HeadframeError('run/not-undoable', because, { context: { id } })
    }
    const items = undoable.map(({ view, undo }) => newItem(view.rigId, view.rigName, undo))
    const action = items[0]?.command?.kind ?? run.view.action
    const request: RunRequest = {
      action,
      rigIds: items.map(({ view }) => view.rigId),
      dryRun: false,
      batchSize: run.request.batchSize,
      pauseMs: run.request.pauseMs,
      stopAfterFailures: run.request.stopAfterFailures,
    }
    const undoing = this.#begin(request, items, id)
    run.view = { ...run.view, undoneBy: undoing.view.id }
    this.#parts.onChange(id)
    return viewOf(undoing)
  }

  /** Resolves when no run is under way any more. */
  async settled(): Promise<void> {
    await Promise.all([...this.#runs.values()].map(({ ended }) => ended))
  }

  #begin(request: RunRequest, items: Item[], undoes: string | null): Run {
    const { clock, entropy } = this.#parts
    const run: Run = {
      view: {
        id: toHex(entropy(6)),
        action: request.action,
        dryRun: request.dryRun,
        state: 'running',
        message: '',
        startedAt: Math.round(clock.nowMs()),
        endedAt: null,
        undoes,
        undoneBy: null,
      },
      items,
      request,
      stop: new AbortController(),
      ended: Promise.resolve(),
      willTell: false,
    }
    this.#runs.set(run.view.id, run)
    this.#dropOld()
    run.ended = this.#go(run).catch((error: unknown) => {
      this.#parts.log.error('a run failed', { run: run.view.id, error: errorText(error) })
      this.#end(run, 'done', 'It ended early: something went wrong inside Headframe, see the log.')
    })
    return run
  }

  async #go(run: Run): Promise<void> {
    const { batchSize, pauseMs, stopAfterFailures, dryRun } = run.request
    const signal = AbortSignal.any([this.#parts.signal, run.stop.signal])
    for (let first = 0; first < run.items.length && !signal.aborted; first += batchSize) {
      const batch = run.items.slice(first, first + batchSize)
      if (first > 0 && !dryRun && !(await pause(this.#parts.clock, pauseMs, signal))) break
      await Promise.all(batch.map((item) => this.#one(run, item, signal)))
      const failures = run.items.filter(({ view }) => view.state === 'failed').length
      if (failures >= stopAfterFailures && first + batchSize < run.items.length) {
        const many = failures === 1 ? 'a rig failed' : `${String(failures)} rigs failed`
        this.#halt(run, `Stopped because ${many}.`)
      }
    }
    for (const item of run.items) {
      if (item.view.state !== 'planned' || dryRun) continue
      this.#set(run, item, { state: 'skipped', message: 'Not begun: the run was stopped before.' })
    }
    const isWhole = run.view.message === '' && !this.#parts.signal.aborted
    this.#end(run, isWhole ? 'done' : 'stopped', run.view.message || summaryOf(run.items, dryRun))
  }

  async #one(run: Run, item: Item, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    const { rigId } = item.view
    if (signal.aborted) return
    try {
      if (this.#parts.isBusy(rigId)) {
        throw new HeadframeError(
          'rig/busy',
          'Something else is being done with it. Try again when that is over.',
        )
      }
      const plan: ActionPlan =
        item.command === null
          ? await this.#parts.plan(rigId, run.request.action, run.request)
          : { kind: 'do', command: item.command, intent: 'put back what it had' }
      if (plan.kind === 'refuse') throw plan.error
      if (run.request.dryRun) {
        this.#set(run, item, { message: `Would ${plan.intent}.` })
        return
      }
      this.#set(run, item, { state: 'writing', startedAt: now(clock), message: capital(`${plan.intent}.`) })
      const performed = await this.#parts.perform(rigId, plan.command, (phase, message) =>
        this.#set(run, item, { state: phase, message }),
      )
      item.undo = performed.undo
      this.#set(run, item, {
        state: performed.state,
        message: performed.message,
        proof: performed.proof,
        problem: performed.error && problemOf(performed.error, clock),
        endedAt: now(clock),
        canUndo: performed.undo !== null,
      })
    } catch (error) {
      if (!(error instanceof HeadframeError)) {
        // A fault of ours with one rig is no reason to leave the others half done.
        this.#parts.log.error('a rig of a run failed', {
          run: run.view.id,
          rig: rigId,
          error: errorText(error),
        })
        this.#set(run, item, {
          state: 'failed',
          message: 'Something went wrong inside Headframe; see the log.',
          endedAt: now(clock),
        })
        return
      }
      this.#set(run, item, {
        state: item.view.state === 'planned' ? 'skipped' : 'failed',
        message: error.message,
        problem: problemOf(error, clock),
        endedAt: now(clock),
      })
    }
  }

  #halt(run: Run, message: string): void {
    run.view = { ...run.view, message }
    run.stop.abort()
    this.#parts.onChange(run.view.id)
  }

  #end(run: Run, state: 'done' | 'stopped', message: string): void {
    run.view = { ...run.view, state, message, endedAt: now(this.#parts.clock) }
    this.#parts.onChange(run.view.id)
  }

  #set(run: Run, item: Item, known: Partial<RunItemView>): void {
    item.view = { ...item.view, ...known }
    if (run.items.length <= TOLD_AT_ONCE) this.#parts.onChange(run.view.id)
    else if (!run.willTell) {
      run.willTell = true
      this.#parts.clock.after(TELL_EVERY_MS, () => {
        run.willTell = false
        this.#parts.onChange(run.view.id)
      })
    }
  }

  #require(id: string): Run {
    const run = this.#runs.get(id)
    if (run) return run
    throw new HeadframeError('run/unknown', 'There is no such run. Runs are kept until Headframe ends.', {
      context: { id },
    })
  }

  #dropOld(): void {
    for (const [id, { view }] of this.#runs) {
      if (this.#runs.size <= KEPT_RUNS) return
      if (view.state !== 'running') this.#runs.delete(id)
    }
  }
}

const now = (clock: Clock): number => Math.round(clock.nowMs())

const problemOf = (error: HeadframeError, clock: Clock): RunItemView['problem'] => ({
  code: error.code,
  message: error.message,
  at: now(clock),
})

function newItem(rigId: string, rigName: string, command: RigCommand | null): Item {
  return {
    view: {
      rigId,
      rigName,
      state: 'planned',
      message: '',
      proof: null,
      problem: null,
      startedAt: null,
      endedAt: null,
      canUndo: false,
    },
    command,
    undo: null,
  }
}

function viewOf({ view, items }: Run): RunView {
  return {
    ...view,
    items: items.map((item) => ({ ...item.view })),
    canUndo: view.state !== 'running' && view.undoneBy === null && items.some(({ undo }) => undo !== null),
  }
}

function summaryOf(items: readonly Item[], dryRun: boolean): string {
  const count = (state: RunItemView['state']): number =>
    items.filter(({ view }) => view.state === state).length
  const words: readonly (readonly [number, string])[] = dryRun
    ? [
        [count('planned'), 'would be told'],
        [count('skipped'), 'would not'],
      ]
    : [
        [count('done'), 'done'],
        [count('unproven'), 'unproven'],
        [count('failed'), 'failed'],
        [count('skipped'), 'not tried'],
      ]
  const said = words.filter(([number]) => number > 0).map(([number, word]) => `${String(number)} ${word}`)
  return `${said.join(', ') || 'Nothing to do'}.`
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
