/**
 * Looks after a board that ought to be off: lets it cool and its fan slow down, shows its readings, and makes sure that
 * it is off. It switches nothing but the fan; whoever owns it acts on what it finds.
 */
import { type Clock, errorText, type Logger } from '../../base/index.ts'
import { type BoardModel } from '../model/board.ts'
import { type PowerCut } from '../model/power.ts'
import { type BoardPower, RESTING_FAN_PERMILLE } from './board-power.ts'
import { bounded } from './bounded.ts'
import { FULL_PERMILLE } from './fan-law.ts'
import { type ReadingsBook } from './readings-book.ts'
import { COOLING_MS, isCool } from './rules.ts'
import { type TripRecord } from './trip-record.ts'

/** What a board comes from: nothing, an ordinary run, or a trip. */
export type Warmth = 'resting' | 'hot' | 'tripped'

export interface OffCareParts {
  readonly model: BoardModel
  readonly power: BoardPower
  readonly clock: Clock
  readonly log: Logger
  readonly book: ReadingsBook
  readonly trips: TripRecord
  /** New readings are in the book. */
  onReadings(): void
  /** It has rested after a trip. */
  onRested(): void
  /** It runs though it ought to be off. @param found in words */
  onRunning(found: readonly string[]): void
  /** What the regulator reports after a cut that it may have caused. */
  onFaults(faults: readonly string[]): void
}

const LOOK_PERIOD_MS = 1_000
const VERIFY_PERIOD_MS = 5_000
const LOOK_LIMIT_MS = 5_000
const FAN_LIMIT_MS = 2_500
/** After an ordinary stop the fan goes on for so long. */
const AFTER_RUN_MS = 15_000
export const AFTER_RUN_PERMILLE = 600

export class OffCare {
  readonly #parts: OffCareParts
  /** Grows when it begins or ends: what an older round waits for is ignored. */
  #round = 0
  #isCaring = false
  #isBusy = false
  #lookDueAtMs = 0
  #verifyDueAtMs = 0
  /** When the fan may slow down; null when it has. */
  #fanDownAtMs: number | null = null
  /** The cut that the regulator's faults were told with. */
  #explained: PowerCut | null = null

  constructor(parts: OffCareParts) {
    this.#parts = parts
  }

  /** The board has just been switched off. */
  begin(warmth: Warmth): void {
    const now = this.#parts.clock.monotonicMs()
    this.#round++
    this.#isCaring = true
    this.#lookDueAtMs = now + LOOK_PERIOD_MS
    this.#verifyDueAtMs = now + VERIFY_PERIOD_MS
    this.#fanDownAtMs = warmth === 'resting' ? null : now + (warmth === 'tripped' ? COOLING_MS : AFTER_RUN_MS)
  }

  end(): void {
    this.#round++
    this.#isCaring = false
  }

  tick(): void {
    const now = this.#parts.clock.monotonicMs()
    if (!this.#isCaring || this.#isBusy || now < this.#lookDueAtMs) return
    this.#lookDueAtMs = now + LOOK_PERIOD_MS
    this.#isBusy = true
    this.#look(now)
      .catch((error: unknown) =>
        this.#parts.log.debug('board that is off not looked at', { error: errorText(error) }),
      )
      .finally(() => {
        this.#isBusy = false
      })
  }

  /** The fan for a board that was just switched off. Never throws. */
  async setFanAfter(warmth: Warmth): Promise<void> {
    const permille =
      warmth === 'tripped'
        ? FULL_PERMILLE
        : warmth === 'hot'
          ? AFTER_RUN_PERMILLE
          : Math.max(this.#parts.model.fan?.minPermille ?? 0, RESTING_FAN_PERMILLE)
    await this.#setFan(permille)
  }

  async #look(now: number): Promise<void> {
    const round = this.#round
    await this.#read(round)
    if (round !== this.#round) return
    const { clock, power, trips } = this.#parts
    if (trips.trippedAtMs !== null && now - trips.trippedAtMs >= COOLING_MS && this.#isCool()) {
      trips.rested()
      this.#parts.onRested()
    }
    if (this.#fanDownAtMs !== null && now >= this.#fanDownAtMs && this.#isCool()) {
      this.#fanDownAtMs = null
      await this.setFanAfter('resting')
    }
    if (round !== this.#round || now < this.#verifyDueAtMs) return
    this.#verifyDueAtMs = now + VERIFY_PERIOD_MS
    const { wasRunning, found } = await bounded(clock, LOOK_LIMIT_MS, 'the board to say that it is off', () =>
      power.findLeftovers(),
    )
    if (wasRunning && round === this.#round) this.#parts.onRunning(found)
  }

  async #read(round: number): Promise<void> {
    const { clock, power, book } = this.#parts
    const { measuresBoard, measuresHeatWhenOff } = power.abilities
    if (!measuresBoard && !measuresHeatWhenOff) return
    if (measuresBoard) {
      const look = await bounded(clock, LOOK_LIMIT_MS, 'the board to tell its readings', () => power.look())
      if (round !== this.#round) return
      book.look(look, clock.nowMs())
      this.#explain(look.faults)
    }
    // A diode within a chip says nothing true while the chip is off.
    const heat = measuresHeatWhenOff
      ? await bounded(clock, LOOK_LIMIT_MS, 'the board to tell its heat', () => power.readHeat())
      : { chipsC: [] }
    if (round !== this.#round) return
    book.heat(heat.chipsC, clock.nowMs())
    this.#parts.onReadings()
  }

  /** A regulator that gave up takes the chip's thermometer with it: what it reports afterwards is the real cause. */
  #explain(faults: readonly string[]): void {
    const cut = this.#parts.trips.lastCut
    if (faults.length === 0 || cut === null || cut === this.#explained) return
    if (cut.cause !== 'sensors-silent' && cut.cause !== 'regulator-fault') return
    this.#explained = cut
    this.#parts.onFaults(faults)
  }

  #isCool(): boolean {
    const { book, model } = this.#parts
    return isCool(book.chipsC, book.regulatorC, model.limits)
  }

  async #setFan(permille: number): Promise<void> {
    const { clock, power, book, log } = this.#parts
    if (!power.abilities.hasFan) return
    try {
      await bounded(clock, FAN_LIMIT_MS, 'the fan to take its speed', () => power.setFan(permille))
      book.fan(permille)
    } catch (error) {
      log.warn('fan not set', { permille, error: errorText(error) })
    }
  }
}
