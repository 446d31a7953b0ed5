/**
 * Watches a board that has power: polls its sensors, drives its fan, and says when a rule is broken. It takes no power
 * away itself. A look that does not come back counts as a bad one: silence of a sensor is no excuse.
 */
import { type Clock } from '../../base/index.ts'
import { type BoardModel, type FanSetting } from '../model/board.ts'
import { type BoardPower, NOTHING_LOOKED } from './board-power.ts'
import { fanDuty, type FanMemory, FRESH_FAN, FULL_PERMILLE } from './fan-law.ts'
import { type ReadingsBook } from './readings-book.ts'
import {
  type CutReason,
  type ElectricWatch,
  type FanWatch,
  FRESH_ELECTRICS,
  heatAfterReset,
  type HeatWatch,
  judgeElectrics,
  judgeFan,
  judgeHeat,
  watchFanFrom,
  watchHeatFrom,
} from './rules.ts'

/** Chip temperatures are looked at so often, everything else each second. */
export const HEAT_PERIOD_MS = 250
const LOOK_PERIOD_MS = 1_000
/** A voltage that was just changed is not held against the board for so long. */
const VOLTAGE_SETTLE_MS = 1_500

export interface BoardWatchParts {
  readonly power: BoardPower
  readonly model: BoardModel
  readonly clock: Clock
  readonly book: ReadingsBook
  fan(): FanSetting
  onCut(reason: CutReason): void
  /** New readings are in the book. */
  onReadings(): void
}

export class BoardWatch {
  readonly #parts: BoardWatchParts
  /** Grows when the watch begins or ends: what an older one began is ignored when it comes back. */
  #round = 0
  #isWatching = false
  #heat: HeatWatch
  #electrics: ElectricWatch = FRESH_ELECTRICS
  #fanWatch: FanWatch
  #fanMemory: FanMemory = FRESH_FAN
  #askedMv: number | null = null
  #voltageSettlesAtMs = 0
  #heatBeganAtMs: number | null = null
  #lookBeganAtMs: number | null = null
  #lookDueAtMs = 0
  #fanDueAtMs = 0
  #fanLastMs = 0
  #fanIsBusy = false

  constructor(parts: BoardWatchParts) {
    this.#parts = parts
    const now = parts.clock.monotonicMs()
    this.#heat = watchHeatFrom(now)
    this.#fanWatch = watchFanFrom(now)
  }

  /** Chips leave reset now. */
  begin(askedMv: number | null): void {
    const now = this.#parts.clock.monotonicMs()
    this.#round++
    this.#isWatching = true
    this.#heat = watchHeatFrom(now)
    this.#electrics = FRESH_ELECTRICS
    this.#fanWatch = watchFanFrom(now)
    this.#fanMemory = FRESH_FAN
    this.#heatBeganAtMs = null
    this.#lookBeganAtMs = null
    this.#lookDueAtMs = now
    this.#fanDueAtMs = now + LOOK_PERIOD_MS
    this.#fanLastMs = now
    this.#fanIsBusy = false
    this.voltageChanges(askedMv)
  }

  end(): void {
    this.#round++
    this.#isWatching = false
  }

  /** Chips go into reset now and leave it in `lowMs`. */
  chipsAreReset(lowMs: number): void {
    this.#heat = heatAfterReset(this.#heat, this.#parts.clock.monotonicMs() + lowMs)
  }

  voltageChanges(askedMv: number | null): void {
    this.#askedMv = askedMv
    this.#voltageSettlesAtMs = this.#parts.clock.monotonicMs() + VOLTAGE_SETTLE_MS
  }

  /** Every `HEAT_PERIOD_MS`. */
  tick(): void {
    if (!this.#isWatching) return
    const now = this.#parts.clock.monotonicMs()
    this.#tickHeat(now)
    this.#tickLook(now)
    this.#tickFan(now)
  }

  #tickHeat(now: number): void {
    const { power } = this.#parts
    if (!power.abilities.measuresHeat) return
    if (this.#heatBeganAtMs !== null) {
      if (now - this.#heatBeganAtMs >= power.abilities.lookLimitMs) this.#judgeHeat([null], now)
      return
    }
    this.#heatBeganAtMs = now
    const round = this.#round
    const came = (chipsC: readonly (number | null)[]): void => {
      if (round !== this.#round) return
      this.#heatBeganAtMs = null
      this.#judgeHeat(chipsC, this.#parts.clock.monotonicMs())
    }
    attempt(() => power.readHeat()).then(
      ({ chipsC }) => came(chipsC),
      () => came([null]),
    )
  }

  #judgeHeat(chipsC: readonly (number | null)[], now: number): void {
    const { book, clock, model, onCut } = this.#parts
    book.heat(chipsC, clock.nowMs())
    const { watch, cut } = judgeHeat(this.#heat, chipsC, now, model.limits)
    this.#heat = watch
    if (cut) onCut(cut)
  }

  #tickLook(now: number): void {
    const { power } = this.#parts
    if (!power.abilities.measuresBoard || now < this.#lookDueAtMs) return
    this.#lookDueAtMs = now + LOOK_PERIOD_MS
    if (this.#lookBeganAtMs !== null) {
      // The one before has not come back: as good as nothing read.
      this.#judgeLook(NOTHING_LOOKED, now)
      return
    }
    this.#lookBeganAtMs = now
    const round = this.#round
    const came = (look: typeof NOTHING_LOOKED): void => {
      if (round !== this.#round) return
      this.#lookBeganAtMs = null
      this.#judgeLook(look, this.#parts.clock.monotonicMs())
    }
    attempt(() => power.look()).then(came, () => came(NOTHING_LOOKED))
  }

  #judgeLook(look: typeof NOTHING_LOOKED, now: number): void {
    const { book, clock, model, onCut, onReadings } = this.#parts
    book.look(look, clock.nowMs())
    onReadings()
    const asked = now < this.#voltageSettlesAtMs ? null : this.#askedMv
    const electric = judgeElectrics(this.#electrics, look, asked, model.limits)
    this.#electrics = electric.watch
    const duty = book.fanPermille ?? FULL_PERMILLE
    const fan = judgeFan(this.#fanWatch, look.fanRpms, duty, now, model.limits)
    this.#fanWatch = fan.watch
    const cut = electric.cut ?? fan.cut
    if (cut) onCut(cut)
  }

  #tickFan(now: number): void {
    const { power, model, book } = this.#parts
    if (!power.abilities.hasFan || model.fan === null || now < this.#fanDueAtMs || this.#fanIsBusy) return
    const elapsedMs = now - this.#fanLastMs
    this.#fanDueAtMs = now + LOOK_PERIOD_MS
    this.#fanLastMs = now
    const { permille, memory } = fanDuty(this.#parts.fan(), this.#fanMemory, {
      chipC: book.hottestC,
      warnC: model.limits.chipWarnC,
      minPermille: model.fan.minPermille,
      elapsedMs,
    })
    this.#fanMemory = memory
    if (permille === book.fanPermille) return
    this.#fanIsBusy = true
    const round = this.#round
    const over = (): void => {
      if (round === this.#round) this.#fanIsBusy = false
    }
    // A duty that was not taken is tried again a second later; a fan that does not obey shows in its speed and the heat.
    attempt(() => power.setFan(permille)).then(() => {
      if (round === this.#round) book.fan(permille)
      over()
    }, over)
  }
}

/** Whatever throws before it waits fails like what rejects. */
function attempt<T>(begin: () => Promise<T>): Promise<T> {
  return new Promise((resolve) => resolve(begin()))
}
