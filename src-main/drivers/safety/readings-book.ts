/** What was last read of a board, put together from looks that come at different rates. */
import { type BoardReadings } from '../model/power.ts'
import { type BoardLook, NOTHING_LOOKED } from './board-power.ts'

export class ReadingsBook {
  #atMs: number | null = null
  #chipsC: readonly (number | null)[] = []
  #look: BoardLook = NOTHING_LOOKED
  #fanPermille: number | null = null

  heat(chipsC: readonly (number | null)[], nowMs: number): void {
    this.#chipsC = chipsC
    this.#atMs = nowMs
  }

  look(look: BoardLook, nowMs: number): void {
    this.#look = look
    this.#atMs = nowMs
  }

  fan(permille: number): void {
    this.#fanPermille = permille
  }

  /** The duty that was last taken by the fan controller; null before the first. */
  get fanPermille(): number | null {
    return this.#fanPermille
  }

  get chipsC(): readonly (number | null)[] {
    return this.#chipsC
  }

  get regulatorC(): number | null {
    return this.#look.regulatorC
  }

  /** Of all sensors that told something; null if one did not, so that nobody takes the rest for the whole. */
  get hottestC(): number | null {
    let hottest: number | null = null
    for (const celsius of this.#chipsC) {
      if (celsius === null) return null
      if (hottest === null || celsius > hottest) hottest = celsius
    }
    return hottest
  }

  /** Null before anything was read. */
  get readings(): BoardReadings | null {
    if (this.#atMs === null) return null
    const { regulatorC, inputVoltageMv, coreVoltageMv, currentMa, powerW, fanRpms } = this.#look
    const slowest = fanRpms.reduce<number | null>(
      (least, rpm) => (rpm === null ? least : least === null || rpm < least ? rpm : least),
      null,
    )
    return {
      atMs: this.#atMs,
      chipC: this.hottestC,
      chipsC: this.#chipsC.filter((celsius) => celsius !== null),
      regulatorC,
      inputVoltageMv,
      coreVoltageMv,
      currentMa,
      powerW,
      fanRpm: slowest,
      fanPermille: this.#fanPermille,
    }
  }
}
