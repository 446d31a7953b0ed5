/**
 * The supervisor of one board: owns its power, watches it, and takes the power away when a rule is broken (`rules.ts`),
 * when the hashing side falls silent, and when it finds a board running that nobody of ours had started. It decides
 * alone and asks nobody. What it knows of the board is `BoardPower` and the board's data.
 */
import {
  type Clock,
  errorText,
  HeadframeError,
  Listeners,
  type Logger,
  type Timer,
  type Unsubscribe,
} from '../../base/index.ts'
import { checkCoreVoltage, checkFan } from '../boards/check-settings.ts'
import { type BoardModel, type FanSetting } from '../model/board.ts'
import { type HashingSign, type PowerAuthority, type PowerCut } from '../model/power.ts'
import { type BoardPower, type PowerStep } from './board-power.ts'
import { BoardWatch, HEAT_PERIOD_MS } from './board-watch.ts'
import { bounded } from './bounded.ts'
import { FULL_PERMILLE } from './fan-law.ts'
import { OffCare, type Warmth } from './off-care.ts'
import { ReadingsBook } from './readings-book.ts'
import { COOLING_MS, type CutReason, isTrip, judgeSigns } from './rules.ts'
import { doing, type SafetyNotice, type SafetyState, type SafetyView } from './safety-views.ts'
import { type FailedStep, runShutdown } from './shutdown.ts'
import { type TripRecord } from './trip-record.ts'

export interface SupervisorParts {
  readonly key: string
  readonly model: BoardModel
  readonly power: BoardPower
  readonly clock: Clock
  readonly log: Logger
  readonly trips: TripRecord
  readonly fan: FanSetting
  /** The model is not known yet: power may be had to count chips, for a short while. */
  readonly isProvisional: boolean
}

const UNSAFE_RETRY_MS = 2_000
/** Long enough to count chips, too short to heat anything. */
const PROVISIONAL_MS = 30_000
const COMMAND_LIMIT_MS = 5_000
const LONGEST_RESET_MS = 5_000

export class BoardSupervisor implements PowerAuthority {
  readonly #parts: SupervisorParts
  readonly #book = new ReadingsBook()
  readonly #watch: BoardWatch
  readonly #offCare: OffCare
  readonly #cuts = new Listeners<PowerCut>()
  readonly #views = new Listeners<SafetyView>()
  readonly #notices = new Listeners<SafetyNotice>()
  #state: SafetyState = 'checking'
  #fan: FanSetting
  /** Grows with each power-up and each shutdown: what an older one waits for does not go on. */
  #life = 0
  #askedMv: number | null = null
  #poweredAtMs = 0
  #signedAtMs = 0
  #started: Promise<void> | null = null
  #stopping: Promise<void> | null = null
  /** How often somebody said stop: a start that was asked for before does not happen. */
  #stops = 0
  #commands: Promise<unknown> = Promise.resolve()
  #stillOn: readonly FailedStep[] = []
  #ticker: Timer | null = null
  #retryOffAtMs = 0
  #isLeaving = false

  constructor(parts: SupervisorParts) {
    this.#parts = parts
    this.#fan = parts.fan
    this.#watch = new BoardWatch({
      power: parts.power,
      model: parts.model,
      clock: parts.clock,
      book: this.#book,
      fan: () => this.#fan,
      onCut: (reason) => this.#cut(reason),
      onReadings: () => this.#changed(),
    })
    this.#offCare = new OffCare({
      model: parts.model,
      power: parts.power,
      clock: parts.clock,
      log: parts.log,
      book: this.#book,
      trips: parts.trips,
      onReadings: () => this.#changed(),
      onRested: () => this.#setState(this.#restingState()),
      onRunning: (found) => {
        this.#notify(
          'warning',
          `The board came on by itself (${found.join(', ')}) and is switched off again.`,
        )
        void this.#shutDown('hot')
      },
      onFaults: (faults) =>
        this.#notify('warning', `Since the board was stopped its regulator reports: ${faults.join(', ')}.`),
    })
  }

  /**
   * Before anything else: is the board on? It is switched off in any case, and what was found is told. Resolves when
   * that is done; a board that could not be switched off is tried again and again.
   */
  start(): Promise<void> {
    this.#started ??= this.#attach()
    return this.#started
  }

  async #attach(): Promise<void> {
    const { clock, power } = this.#parts
    power.onLoss((message) => this.#controlLost(message))
    let leftovers: readonly string[] | null = null
    try {
      const found = await bounded(clock, COMMAND_LIMIT_MS, 'the board to say whether it is on', () =>
        power.findLeftovers(),
      )
      leftovers = found.wasRunning ? found.found : []
    } catch (error) {
      this.#notify('warning', `It could not be seen whether the board was on: ${errorText(error)}`)
    }
    if (this.#state === 'gone') return
    // Every tick from here on sees a state that it can act on.
    this.#ticker ??= clock.every(HEAT_PERIOD_MS, () => this.#tick())
    await this.#shutDown(leftovers !== null && leftovers.length === 0 ? 'resting' : 'hot')
    if (leftovers !== null && leftovers.length > 0) {
      const end = this.#isUnsafe() ? 'It could not be switched off.' : 'It has been switched off.'
      this.#notify(
        'warning',
        `The board was found running although nobody looked after it (${leftovers.join(', ')}): Headframe, or another program, ended without stopping it. ${end}`,
      )
    }
  }

  get view(): SafetyView {
    const { key, model, power, trips } = this.#parts
    const { canCutPower, canReset, measuresHeat } = power.abilities
    return {
      key,
      boardId: model.id,
      state: this.#state,
      doing: doing(this.#state, trips.lastCut),
      readings: this.#book.readings,
      cut: trips.lastCut,
      trips: trips.count,
      coreVoltageMv: this.#askedMv,
      canCutPower,
      canReset,
      measuresHeat,
      stillOn: this.#stillOn.map(({ what, why }) => `could not ${what}: ${why}`),
    }
  }

  onView(listener: (view: SafetyView) => void): Unsubscribe {
    return this.#views.on(listener)
  }

  onNotice(listener: (notice: SafetyNotice) => void): Unsubscribe {
    return this.#notices.on(listener)
  }

  onCut(listener: (cut: PowerCut) => void): Unsubscribe {
    return this.#cuts.on(listener)
  }

  async powerUp(coreVoltageMv: number | null): Promise<void> {
    const { model } = this.#parts
    const wanted = coreVoltageMv ?? model.coreVoltageMv?.default ?? null
    const checked = checkCoreVoltage(model, wanted)
    if (!checked.ok) throw outOfRange(checked.error)
    const stops = this.#stops
    await this.start()
    if (this.#state === 'starting') throw refused('safety/busy', 'The board is being started already.')
    // Powered again: everything off first, so that chips begin where they begin after being plugged in.
    if (this.#state === 'on') await this.#shutDown('hot')
    await this.#stopping
    // Whoever said stop while this waited meant this.
    if (stops !== this.#stops) throw refused('safety/cut', 'The board was stopped before it was started.')
    this.#requireStartable()
    await this.#start(wanted)
  }

  resetChips(lowMs: number, settleMs: number): Promise<void> {
    const bad = [lowMs, settleMs].some((ms) => !Number.isFinite(ms) || ms < 0 || ms > LONGEST_RESET_MS)
    if (bad) {
      const text = `A reset takes 0 to ${LONGEST_RESET_MS} ms and as much to settle.`
      return Promise.reject(refused('safety/out-of-range', text))
    }
    return this.#command(async () => {
      this.#watch.chipsAreReset(lowMs)
      const limitMs = lowMs + settleMs + COMMAND_LIMIT_MS
      await bounded(this.#parts.clock, limitMs, 'the chips to be reset', () =>
        this.#parts.power.resetChips(lowMs, settleMs),
      )
    })
  }

  setCoreVoltage(coreVoltageMv: number): Promise<void> {
    const checked = checkCoreVoltage(this.#parts.model, coreVoltageMv)
    if (!checked.ok) return Promise.reject(outOfRange(checked.error))
    return this.#command(async () => {
      this.#watch.voltageChanges(null)
      const life = this.#life
      try {
        await bounded(this.#parts.clock, COMMAND_LIMIT_MS, 'the board to take its core voltage', () =>
          this.#parts.power.setCoreVoltage(coreVoltageMv),
        )
      } catch (error) {
        // What the voltage is now is not known: chips are not left with it.
        if (life === this.#life) this.#cut({ cause: 'regulator-fault', message: errorText(error) })
        throw error
      }
      if (life !== this.#life) return
      this.#askedMv = coreVoltageMv
      this.#watch.voltageChanges(coreVoltageMv)
      this.#changed()
    })
  }

  async setFan(fan: FanSetting): Promise<void> {
    const checked = checkFan(this.#parts.model, fan)
    if (!checked.ok) throw outOfRange(checked.error)
    this.#fan = fan
  }

  sign(_sign: HashingSign): void {
    this.#signedAtMs = this.#parts.clock.monotonicMs()
  }

  async release(): Promise<void> {
    this.#stops++
    if (this.#isPowered()) await this.#shutDown('hot')
    else await this.#stopping
  }

  /** Power away because a person says so; resolves when everything is off, or was tried. */
  async stop(): Promise<void> {
    this.#stops++
    if (this.#isPowered()) {
      this.#cut({ cause: 'stopped', message: 'The board was stopped by hand.' })
    }
    await this.#stopping
  }

  /** A person has seen why it was stopped. */
  acknowledge(): void {
    this.#parts.trips.acknowledge()
    if (this.#state === 'latched') this.#setState(this.#restingState())
    else this.#changed()
  }

  /**
   * Ends the supervision: switches off as far as that can be done, leaves the fan where it harms nothing, closes the
   * control channel. Resolves within a bounded time and never throws.
   * @param cause why, for the hashing side
   * @param keepChannel leaves the control channel open for whoever looks after the board next
   */
  async leave(cause: 'unplugged' | 'stopped', keepChannel = false): Promise<void> {
    if (this.#state === 'gone') return
    const { clock, power, trips } = this.#parts
    const hadPower = this.#isPowered() || this.#stopping !== null
    this.#isLeaving = true
    this.#stops++
    // Even when it seems to be unplugged: a board with a supply of its own may still hear.
    const message = cause === 'unplugged' ? 'The board was unplugged.' : 'Headframe stops looking after it.'
    this.#cut({ cause, message })
    await this.#stopping
    if (this.#state === 'checking' || this.#isUnsafe()) await this.#shutDown('hot')
    if (hadPower && this.#isUnsafe() && !power.abilities.losesPowerWithUsb) {
      this.#notify(
        'error',
        'The board left while it was running and could not be told to stop. If it has a power supply of its own it goes on: plug it in again, or take the supply away.',
      )
    }
    if (cause === 'stopped') {
      // Nobody looks after it any more: not slower than it needs, and not louder than it must be.
      const isWarm = trips.trippedAtMs !== null
      await this.#offCare.setFanAfter(this.#isUnsafe() ? 'tripped' : isWarm ? 'hot' : 'resting')
    }
    this.#offCare.end()
    this.#ticker?.cancel()
    this.#ticker = null
    this.#setState('gone')
    if (keepChannel) return
    await bounded(clock, COMMAND_LIMIT_MS, 'the control port to close', () => power.close()).catch(
      (error: unknown) => this.#parts.log.warn('control port not closed', { error: errorText(error) }),
    )
  }

  async #start(coreVoltageMv: number | null): Promise<void> {
    const { clock, power } = this.#parts
    const life = ++this.#life
    this.#askedMv = coreVoltageMv
    this.#offCare.end()
    this.#poweredAtMs = clock.monotonicMs()
    this.#setState('starting')
    try {
      for (const step of power.powerUpSteps(coreVoltageMv)) await this.#step(step, life)
      if (power.abilities.hasFan) this.#book.fan(FULL_PERMILLE)
      // The watch begins with the first moment in which a chip may warm.
      this.#watch.begin(coreVoltageMv)
      await this.#step(power.release(), life)
      this.#signedAtMs = clock.monotonicMs()
      this.#setState('on')
    } catch (error) {
      if (life !== this.#life) {
        await this.#stopping
        throw refused('safety/cut', this.#parts.trips.lastCut?.message ?? 'The board was switched off.')
      }
      if (isVoltageFault(error)) this.#cut({ cause: 'regulator-fault', message: errorText(error) })
      else void this.#shutDown('hot')
      await this.#stopping
      throw error instanceof HeadframeError
        ? error
        : refused('safety/power-up-failed', `The board could not be started: ${errorText(error)}`)
    }
  }

  async #step(step: PowerStep, life: number): Promise<void> {
    this.#parts.log.debug('power step', { key: this.#parts.key, what: step.what })
    await bounded(this.#parts.clock, step.limitMs, `the board to ${step.what}`, () => step.run())
    if (life !== this.#life) throw refused('safety/cut', 'The board was switched off while it started.')
  }

  /** One command at a time, none to a board that is not on. */
  #command(run: () => Promise<void>): Promise<void> {
    const turn = this.#commands.then(async () => {
      if (this.#state !== 'on') throw refused('safety/not-on', 'The board has no power.')
      await run()
    })
    this.#commands = turn.catch(() => undefined)
    return turn
  }

  #isPowered(): boolean {
    return this.#state === 'on' || this.#state === 'starting'
  }

  /** Told to the hashing side at once; then the power is taken away. */
  #cut(reason: CutReason): void {
    if (!this.#isPowered()) return
    const stopped = this.#shutDown(isTrip(reason.cause) ? 'tripped' : 'hot', () => this.#tellCut(reason))
    stopped.catch((error: unknown) =>
      this.#parts.log.error('shutdown ended unexpectedly', { key: this.#parts.key, error: errorText(error) }),
    )
  }

  #tellCut(reason: CutReason): void {
    const { clock, trips, log, key } = this.#parts
    const cut = trips.add(reason, clock.nowMs(), clock.monotonicMs())
    log.warn('power cut', { key, cause: cut.cause, message: cut.message, latched: cut.latched })
    // A listener that fails must not keep the power on.
    try {
      this.#cuts.emit(cut)
    } catch (error) {
      log.error('a listener of a power cut failed', { key, error: errorText(error) })
    }
  }

  /**
   * Everything off. What was begun before ends here: first it is kept from sending anything more, then the steps go
   * out ahead of all that waits.
   * @param warmth what the fan has to deal with
   */
  #shutDown(warmth: Warmth, beforeWaiting?: () => void): Promise<void> {
    this.#life++
    this.#watch.end()
    this.#offCare.end()
    this.#parts.power.revoke()
    if (this.#state !== 'gone' && this.#state !== 'unsafe') this.#state = 'stopping'
    // Begun in this turn: nothing that a listener does can come before it.
    this.#stopping ??= this.#runShutdown(warmth).finally(() => {
      this.#stopping = null
    })
    beforeWaiting?.()
    this.#changed()
    return this.#stopping
  }

  async #runShutdown(warmth: Warmth): Promise<void> {
    const { clock, power, log, key } = this.#parts
    const failed = await runShutdown(clock, power.shutdownSteps())
    const wasUnsafe = this.#isUnsafe()
    this.#stillOn = failed
    if (failed.length === 0) this.#askedMv = null
    // Only now: a fan that does not answer must not hold up what takes the power away.
    await this.#offCare.setFanAfter(failed.length > 0 ? 'tripped' : warmth)
    if (this.#state === 'gone') return
    if (failed.length === 0) {
      this.#offCare.begin(warmth)
      this.#setState(this.#restingState())
      return
    }
    this.#retryOffAtMs = clock.monotonicMs() + UNSAFE_RETRY_MS
    this.#setState('unsafe')
    log.error('board could not be switched off', { key, failed: failed.map(({ what }) => what).join(', ') })
    if (wasUnsafe || this.#isLeaving) return
    const what = failed.map((step) => step.what).join(' or ')
    this.#notify(
      'error',
      `The board did not ${what}. Unplug it, and its power supply, now. Headframe keeps trying.`,
    )
  }

  #restingState(): SafetyState {
    const { trips } = this.#parts
    if (trips.isLatched) return 'latched'
    return trips.trippedAtMs === null ? 'off' : 'cooling'
  }

  #isUnsafe(): boolean {
    return this.#stillOn.length > 0
  }

  #controlLost(message: string): void {
    this.#cut({ cause: 'control-lost', message: `${message} Its fan stays as it is.` })
  }

  #tick(): void {
    try {
      this.#look()
    } catch (error) {
      // A fault of ours must not leave a board with nobody looking.
      this.#parts.log.error('supervision failed', { key: this.#parts.key, error: errorText(error) })
      this.#cut({ cause: 'control-lost', message: `Looking after the board failed: ${errorText(error)}` })
    }
  }

  #look(): void {
    const now = this.#parts.clock.monotonicMs()
    if (this.#state === 'on') {
      const silent = judgeSigns(now - this.#signedAtMs)
      if (silent) this.#cut(silent)
    }
    if (this.#isPowered()) {
      if (this.#parts.isProvisional && now - this.#poweredAtMs > PROVISIONAL_MS) {
        this.#cut({
          cause: 'stopped',
          message: `Which board it is was not found out within ${PROVISIONAL_MS / 1000} s.`,
        })
        return
      }
      this.#watch.tick()
      return
    }
    if (this.#stopping !== null) return
    if (this.#state !== 'unsafe') this.#offCare.tick()
    else if (now >= this.#retryOffAtMs) void this.#shutDown('hot')
  }

  #requireStartable(): void {
    const { trips, clock } = this.#parts
    switch (this.#state) {
      case 'off':
        return
      case 'latched':
        throw refused(
          'safety/latched',
          trips.lastCut?.message ?? 'Acknowledge why the board was stopped first.',
        )
      case 'cooling': {
        const restMs = COOLING_MS - (clock.monotonicMs() - (trips.trippedAtMs ?? 0))
        const wait = restMs > 0 ? `for ${Math.ceil(restMs / 1000)} s more` : 'until it is cool enough'
        const why = trips.lastCut === null ? '.' : `: ${trips.lastCut.message}`
        throw refused('safety/cooling', `The board rests ${wait}${why}`)
      }
      case 'unsafe':
        throw refused(
          'safety/not-off',
          'The board could not be switched off. Unplug it and plug it in again.',
        )
      case 'gone':
        throw refused('safety/gone', 'The board is not there any more.')
      case 'checking':
      case 'starting':
      case 'on':
      case 'stopping':
        throw refused('safety/busy', 'The board is being looked at or started. Try again in a moment.')
    }
  }

  #setState(state: SafetyState): void {
    this.#state = state
    this.#changed()
  }

  /** Who listens must not be able to disturb what goes on here. */
  #changed(): void {
    try {
      this.#views.emit(this.view)
    } catch (error) {
      this.#parts.log.error('a listener of views failed', { error: errorText(error) })
    }
  }

  #notify(tone: SafetyNotice['tone'], message: string): void {
    const { clock, key, log } = this.#parts
    log.info('notice', { key, message })
    try {
      this.#notices.emit({ key, atMs: clock.nowMs(), tone, message })
    } catch (error) {
      log.error('a listener of notices failed', { error: errorText(error) })
    }
  }
}

function refused(code: `safety/${string}`, message: string): HeadframeError {
  return new HeadframeError(code, message)
}

/** The board's table says no: in the words of the check, under the code that the agreement names. */
function outOfRange(error: HeadframeError): HeadframeError {
  return new HeadframeError('safety/out-of-range', error.message, { context: error.context, cause: error })
}

function isVoltageFault(error: unknown): boolean {
  return error instanceof HeadframeError && error.code === 'safety/voltage-not-reached'
}
