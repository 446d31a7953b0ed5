/**
 * Power of a stick whose chips can only be held in reset, through its FTDI bridge's pins (asic-serial 4.3): NewPac,
 * R606, Compac F, R909. It has no sensor that we read. In reset its chips hash nothing and take next to nothing.
 */
import { type Clock, HeadframeError, type Unsubscribe } from '../../base/index.ts'
import { ftdiHoldReset, ftdiResetPulse } from '../chips/gekko/vendor-requests.ts'
import { type BoardModel } from '../model/board.ts'
import { type UsbControl } from '../model/usb.ts'
import {
  type BoardAbilities,
  type BoardLook,
  type BoardPower,
  type HeatLook,
  type Leftovers,
  NOTHING_LOOKED,
  type PowerStep,
} from './board-power.ts'
import { NO_ABILITIES } from './plain-board.ts'
import { sendVendorSteps } from './vendor-steps.ts'

const STEP_LIMIT_MS = 5_000
const CUT_LIMIT_MS = 2_500
const SETTLE_MS = 200

export class FtdiBoard implements BoardPower {
  readonly abilities: BoardAbilities = { ...NO_ABILITIES, canReset: true }
  readonly #usb: UsbControl
  readonly #clock: Clock
  readonly #lowMs: number
  /** Grows when power is taken away: a pulse that was begun before lets nothing out of reset any more. */
  #life = 0

  /** Takes the USB control over; `close` closes it. */
  constructor(model: BoardModel, usb: UsbControl, clock: Clock) {
    this.#usb = usb
    this.#clock = clock
    this.#lowMs = model.chip === 'BM1387' ? 30 : 1_000
  }

  powerUpSteps(): readonly PowerStep[] {
    this.#life++
    return [
      {
        what: 'hold the chips in reset',
        limitMs: STEP_LIMIT_MS,
        run: () => sendVendorSteps(this.#usb, this.#clock, ftdiHoldReset),
      },
    ]
  }

  release(): PowerStep {
    return {
      what: 'let the chips out of reset',
      limitMs: STEP_LIMIT_MS,
      run: () => this.resetChips(this.#lowMs, SETTLE_MS),
    }
  }

  revoke(): void {
    this.#life++
  }

  shutdownSteps(): readonly PowerStep[] {
    return [
      {
        what: 'hold the chips in reset',
        limitMs: CUT_LIMIT_MS,
        run: () => sendVendorSteps(this.#usb, this.#clock, ftdiHoldReset),
      },
    ]
  }

  async setCoreVoltage(): Promise<void> {
    // The supervisor refuses before: the board's data have no voltage.
  }

  async resetChips(lowMs: number, settleMs: number): Promise<void> {
    const life = this.#life
    const wanted = (): boolean => life === this.#life
    await sendVendorSteps(this.#usb, this.#clock, ftdiResetPulse(lowMs, settleMs), wanted)
    if (wanted()) return
    throw new HeadframeError('safety/cut', 'The board was switched off while its chips were reset.')
  }

  async setFan(): Promise<void> {
    // There is no fan that can be reached.
  }

  async readHeat(): Promise<HeatLook> {
    return { chipsC: [] }
  }

  async look(): Promise<BoardLook> {
    return NOTHING_LOOKED
  }

  /** The pins cannot be read back; they are set in any case. */
  async findLeftovers(): Promise<Leftovers> {
    return { wasRunning: false, found: [] }
  }

  onLoss(_listener: (message: string) => void): Unsubscribe {
    return () => undefined
  }

  async close(): Promise<void> {
    this.revoke()
    await this.#usb.close()
  }
}
