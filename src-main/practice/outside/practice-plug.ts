/**
 * A smart plug of the practice world: a Shelly of generation 2 that shows the power of the practice rigs and counts its
 * energy. As documented in shelly-api-docs ("Gen2+": Shelly.GetDeviceInfo, Shelly.GetStatus, Switch.GetStatus).
 */
import { type Clock } from '../../base/index.ts'

const MS_PER_HOUR = 3_600_000
const VOLTAGE_V = 230

export class PracticePlug {
  readonly #clock: Clock
  readonly #powerW: () => number
  #totalWh = 0
  #atMs: number
  #lastW: number

  /** @param powerW of all that hangs on it, now */
  constructor(clock: Clock, powerW: () => number) {
    this.#clock = clock
    this.#powerW = powerW
    this.#atMs = clock.monotonicMs()
    this.#lastW = powerW()
  }

  /** Counts what flowed since it was counted last. To be called now and then; every answer does too. */
  count(): void {
    const nowMs = this.#clock.monotonicMs()
    const powerW = this.#powerW()
    this.#totalWh += ((this.#lastW + powerW) / 2) * ((nowMs - this.#atMs) / MS_PER_HOUR)
    this.#atMs = nowMs
    this.#lastW = powerW
  }

  /** Of `/shelly`. */
  info(): unknown {
    return {
      name: 'Practice plug',
      id: 'shellyplugsg3-practice',
      mac: '02000000F00D',
      model: 'S3PL-00112EU',
      gen: 3,
      app: 'PlugSG3',
      auth_en: false,
    }
  }

  /** Of the component `switch:0`. */
  status(): unknown {
    this.count()
    const apower = Math.round(this.#lastW * 10) / 10
    return {
      id: 0,
      source: 'init',
      output: true,
      apower,
      voltage: VOLTAGE_V,
      current: Math.round((apower / VOLTAGE_V) * 1_000) / 1_000,
      aenergy: { total: Math.round(this.#totalWh * 1_000) / 1_000 },
      temperature: { tC: 38.5, tF: 101.3 },
    }
  }
}
