/**
 * Switches that a person asks for: the pool in use stays until the new one has given a job, and stays if it gives
 * none. How rigs are moved is the placement's affair.
 */
import { type Clock, HeadframeError } from '../../base/index.ts'
import { type Job } from '../../mining/index.ts'
import { bytesText, type ExtranonceDesk } from '../downstream/extranonce-desk.ts'
import { isHopeless } from '../upstream/upstream.ts'
import { Activation, type ActivationResult, SWITCH_TIMEOUT_MS } from './activation.ts'
import { type Line } from './line.ts'
import { type Placement } from './placement.ts'
import { type PoolKeeper } from './pool-keeper.ts'
import { type PoolLines } from './pool-lines.ts'
import { type Router } from './router.ts'
import { type Seat } from './seat.ts'

export interface SwitchDeskParts {
  readonly clock: Clock
  readonly extranonces: ExtranonceDesk
  readonly lines: PoolLines
  readonly keeper: PoolKeeper
  readonly placement: Placement
  readonly router: Router
  /** Everything follows from the pool in use. */
  reroute(): void
  /** When the pool in use was switched to; null if it never gave a job. */
  switchedAtMs(): number | null
  onSwitched(poolId: string, atMs: number, detail: string): void
}

export class SwitchDesk {
  readonly #parts: SwitchDeskParts
  readonly #lines: PoolLines
  readonly #keeper: PoolKeeper
  readonly #placement: Placement
  readonly #router: Router
  #pending: Activation | null = null

  constructor(parts: SwitchDeskParts) {
    this.#parts = parts
    this.#lines = parts.lines
    this.#keeper = parts.keeper
    this.#placement = parts.placement
    this.#router = parts.router
  }

  /** The pool that is being switched to; null for none. */
  get poolId(): string | null {
    return this.#pending?.poolId ?? null
  }

  /**
   * Makes a pool the preferred one, which all rigs without a rule work for. The pool in use stays until the new
   * one has given a job.
   * @returns when the first rigs were sent that job
   * @throws HeadframeError `pool/unknown`, `pool/disabled`, `pool/switch-superseded`, `pool/no-job`, or why
   *   the pool could not be reached; the pool in use is then unchanged
   */
  begin(poolId: string): Promise<ActivationResult> {
    const { clock } = this.#parts
    const config = this.#router.configs.get(poolId)
    if (!config) return Promise.reject(unknownPool())
    if (!config.enabled) {
      return Promise.reject(
        new HeadframeError('pool/disabled', `${config.name} is disabled: enable it before switching to it.`),
      )
    }
    this.end(new HeadframeError('pool/switch-superseded', 'Another switch was asked for meanwhile.'))
    const activation = new Activation(poolId, clock, () => this.#onTimeout())
    if (poolId === this.#keeper.inUseId && this.#lines.ofPool(poolId).some(({ job }) => job !== null)) {
      this.#keeper.choose(poolId)
      const total = this.#router.defaultSeats().length
      const downstreams = { total, seamless: total, setExtranonce: 0, reconnected: 0 }
      activation.succeed(this.#parts.switchedAtMs() ?? clock.nowMs(), downstreams)
      return activation.promise
    }
    this.#pending = activation
    this.#router.soughtId = poolId
    const lines = this.#router.openFor(config)
    const line = lines.find(({ job }) => job !== null)
    // A person who asks does not wait for the next attempt.
    if (!line?.job) for (const { upstream } of lines) upstream.start()
    else {
      try {
        this.complete(line, line.job)
      } catch (error) {
        if (!(error instanceof HeadframeError)) throw error
        line.noteBadJob(line.job)
        this.#fail(error)
      }
    }
    return activation.promise
  }

  /**
   * The pool gave a job: rigs that are to go there do.
   * @throws HeadframeError if the job cannot be hashed; nothing is changed then
   */
  complete(line: Line, job: Job): void {
    const activation = this.#pending
    if (!activation) return
    const { poolId } = activation
    const { clock, extranonces } = this.#parts
    const name = this.#router.configs.get(poolId)?.name ?? poolId
    if (!extranonces.carriesRigs(job.extranonce)) {
      const granted = bytesText(job.extranonce.rollableSize)
      const message = `${name} grants only ${granted} of extranonce, too few for several rigs, so the rigs stay where they are. Use another pool.`
      return this.#fail(new HeadframeError('extranonce/no-room', message))
    }
    // First, because it may fail: nothing is changed then.
    const isPlain = this.#router.isPlain && line.config.lines === 'shared'
    const movers = isPlain ? 'everyone' : this.#movers(line)
    const isNew = line.current?.job !== job || line.current.staleBecause !== null
    const counts =
      movers === 'everyone' || isNew || line.rigCount === 0
        ? this.#placement.spread(line, job, true, movers)
        : this.#placement.bring(movers, line, job)
    this.#pending = null
    this.#router.soughtId = null
    this.#keeper.choose(poolId)
    const switchedAtMs = clock.nowMs()
    // Where all rigs were to come, they have; there are very many.
    if (isPlain) this.#router.settle()
    else this.#parts.reroute()
    const waiting =
      line.config.lines === 'shared' ? [] : this.#router.defaultSeats().filter((seat) => seat.line !== line)
    const later = this.#placement.predict(waiting, job)
    const downstreams = {
      total: counts.total + later.total,
      seamless: counts.seamless + later.seamless,
      setExtranonce: counts.setExtranonce + later.setExtranonce,
      reconnected: counts.reconnected + later.reconnected,
    }
    const detail = `${name}: ${downstreams.total} rigs, ${downstreams.reconnected} reconnected`
    this.#parts.onSwitched(poolId, switchedAtMs, detail)
    activation.succeed(switchedAtMs, downstreams)
  }

  /** Rigs that come to a line when its pool is activated. */
  #movers(line: Line): Seat[] {
    const { owner } = line
    if (owner) return !owner.gone && owner.line !== line && this.#router.isDefault(owner) ? [owner] : []
    if (line.config.lines === 'per-rig') return []
    return this.#router.defaultSeats().filter((seat) => seat.line !== line)
  }

  /** The state of a pool changed: it may be that nothing will come of the switch. */
  failIfHopeless(poolId: string): void {
    if (this.#pending?.poolId !== poolId) return
    const state = this.#lines.state(poolId)
    if (!isHopeless(state)) return
    const { code, message } = state.problem
    this.#fail(new HeadframeError(code, message, { context: { poolId } }))
  }

  /** Gives a switch up, and shows why with the pool until the next attempt. */
  #fail(error: HeadframeError): void {
    const poolId = this.#pending?.poolId
    if (poolId === undefined) return
    this.end(error)
    const { code, message } = error
    const problem = { code, message, atMs: this.#parts.clock.nowMs() }
    this.#lines.noteProblem(poolId, { phase: 'blocked', problem })
  }

  #onTimeout(): void {
    const poolId = this.#pending?.poolId
    const name = (poolId === undefined ? undefined : this.#router.configs.get(poolId)?.name) ?? 'The pool'
    this.#fail(
      new HeadframeError(
        'pool/no-job',
        `${name} gave no job within ${SWITCH_TIMEOUT_MS / 1000} s, so the rigs stay where they are. Try again later or test the connection.`,
      ),
    )
  }

  /** Ends a switch that is under way. The pool in use is unchanged. */
  end(error: HeadframeError): void {
    const activation = this.#pending
    if (!activation) return
    this.#pending = null
    this.#router.soughtId = null
    const wanted = this.#router.wantedPools()
    for (const line of this.#lines.ofPool(activation.poolId)) {
      if (line.rigCount === 0 && !this.#router.isWanted(line, wanted))
        this.#lines.close(line, 'pool-switched')
    }
    activation.fail(error)
  }
}

export function unknownPool(): HeadframeError {
  return new HeadframeError('pool/unknown', 'There is no such pool: reload the list of pools.')
}
