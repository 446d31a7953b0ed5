/**
 * Power of Compac and Terminus A1 and A2: a latch behind a USB request, and a controller on the second port that
 * switches the regulator, drives the fan and measures (asic-serial 4.3, 4.11).
 *
 * On Linux the telemetry port vanishes for the moment in which the latch is set, so it is closed before and opened
 * again after. Without telemetry these chips get no power: nobody would see their heat.
 */
import { type Clock, HeadframeError, Listeners, sleep, type Unsubscribe } from '../../base/index.ts'
import { chipLatch } from '../chips/gekko/vendor-requests.ts'
import { type GekkoTelemetry } from '../control/gekko-telemetry.ts'
import { type BoardModel } from '../model/board.ts'
import { type UsbControl } from '../model/usb.ts'
import {
  type BoardAbilities,
  type BoardLook,
  type BoardPower,
  type HeatLook,
  type Leftovers,
  type PowerStep,
} from './board-power.ts'
import { sendVendorSteps } from './vendor-steps.ts'

const STEP_LIMIT_MS = 8_000
const CUT_LIMIT_MS = 3_500
/** Between tries to open the telemetry port, which may be a moment away. */
const OPEN_PAUSE_MS = 250
const OPEN_ATTEMPTS = 12
/** An output above this is on. Its nominal value is not established, only that it is above nothing. */
const ON_ABOVE_MV = 100
const REGULATOR_WAIT_MS = 200

export interface GekkoABoardParts {
  readonly model: BoardModel
  readonly usb: UsbControl
  readonly clock: Clock
  /** Opens the second port anew. @throws HeadframeError `port/…` */
  openTelemetry(): Promise<GekkoTelemetry>
}

export class GekkoABoard implements BoardPower {
  readonly abilities: BoardAbilities
  readonly #parts: GekkoABoardParts
  readonly #coreOffsetMv: number
  readonly #losses = new Listeners<string>()
  #telemetry: GekkoTelemetry | null = null
  #life = 0
  #isClosed = false
  /** Of who asked first: a port can be opened once. */
  #opening: Promise<GekkoTelemetry> | null = null

  /** Takes the USB control over. @throws TypeError if the model is no such board */
  constructor(parts: GekkoABoardParts) {
    const { model } = parts
    if (model.gekko === null) throw new TypeError(`${model.id} has no telemetry`)
    this.#parts = parts
    this.#coreOffsetMv = model.gekko.coreOffsetMv
    this.abilities = {
      measuresHeat: true,
      measuresHeatWhenOff: true,
      measuresBoard: true,
      canCutPower: true,
      canReset: false,
      hasFan: model.fan !== null,
      losesPowerWithUsb: true,
      lookLimitMs: model.limits.sensorSilenceMs / 2,
    }
  }

  powerUpSteps(): readonly PowerStep[] {
    const life = ++this.#life
    return [
      this.#step('give the latch to the chips', life, async () => {
        await this.#opening?.catch(() => undefined)
        await this.#closeTelemetry()
        this.#requireLife(life)
        await sendVendorSteps(this.#parts.usb, this.#parts.clock, chipLatch(true), () => life === this.#life)
      }),
      this.#step('open its telemetry', life, async () => void (await this.#opened())),
      this.#step('turn the fan to full speed', life, () => this.setFan(1000)),
      this.#step('tell that it is not too hot', life, async () => {
        const { chipsC } = await this.readHeat()
        const isKnown = chipsC.length > 0 && chipsC.every((c) => c !== null)
        if (isKnown && chipsC.every((c) => c < this.#parts.model.limits.chipWarnC)) return
        throw new HeadframeError(
          'safety/too-hot',
          'The stick is too hot to be started, or does not tell its temperature. Let it cool, then unplug it and plug it in again.',
        )
      }),
      this.#step('switch the regulator on', life, async () => {
        const telemetry = this.#require()
        await telemetry.powerOn(this.#coreOffsetMv)
        await sleep(this.#parts.clock, REGULATOR_WAIT_MS)
        this.#requireLife(life)
        const { coreMv } = await telemetry.read()
        if (coreMv !== null && coreMv > ON_ABOVE_MV) return
        throw new HeadframeError(
          'safety/voltage-not-reached',
          `The stick's regulator was switched on, but ${coreMv === null ? 'nothing could be measured' : `only ${Math.round(coreMv)} mV were measured`}. Use a port or hub with more power.`,
        )
      }),
    ]
  }

  /** There is no reset: with their power chips run. */
  release(): PowerStep {
    return { what: 'begin', limitMs: 1_000, run: async () => undefined }
  }

  revoke(): void {
    this.#life++
  }

  shutdownSteps(): readonly PowerStep[] {
    return [
      {
        what: 'switch the regulator off',
        limitMs: CUT_LIMIT_MS,
        run: async () => {
          // Never opened: the latch alone has to do.
          if (this.#telemetry !== null) await this.#telemetry.regulatorOff()
        },
      },
      {
        what: 'take the latch from the chips',
        limitMs: CUT_LIMIT_MS,
        run: async () => {
          await this.#closeTelemetry()
          await sendVendorSteps(this.#parts.usb, this.#parts.clock, chipLatch(false))
        },
      },
    ]
  }

  async setCoreVoltage(): Promise<void> {
    // The supervisor refuses before: what voltage an offset makes is not established.
  }

  async resetChips(): Promise<void> {
    // There is no such line.
  }

  async setFan(permille: number): Promise<void> {
    const telemetry = await this.#opened()
    await telemetry.setFan(permille)
  }

  async readHeat(): Promise<HeatLook> {
    const { temp1C, temp2C } = await this.#require().read()
    // The second sensor is on some boards only; what the first says counts even where it stands alone.
    return { chipsC: temp2C === null ? [temp1C] : [temp1C, temp2C] }
  }

  async look(): Promise<BoardLook> {
    const { inputMv, inputMa, coreMv, fanRpm } = await this.#require().read()
    return {
      regulatorC: null,
      inputVoltageMv: inputMv,
      coreVoltageMv: coreMv,
      currentMa: inputMa,
      powerW: inputMv === null || inputMa === null ? null : (inputMv * inputMa) / 1e6,
      fanRpms: fanRpm === null ? [] : [fanRpm],
      faults: [],
    }
  }

  async findLeftovers(): Promise<Leftovers> {
    const telemetry = await this.#opened()
    const { coreMv } = await telemetry.read()
    const isOn = coreMv !== null && coreMv > ON_ABOVE_MV
    return { wasRunning: isOn, found: isOn ? ['its regulator was on'] : [] }
  }

  onLoss(listener: (message: string) => void): Unsubscribe {
    return this.#losses.on(listener)
  }

  async close(): Promise<void> {
    this.revoke()
    this.#isClosed = true
    await this.#closeTelemetry()
    await this.#parts.usb.close()
  }

  async #opened(): Promise<GekkoTelemetry> {
    if (this.#telemetry !== null && this.#opening === null) return this.#telemetry
    this.#opening ??= this.#openTelemetry().finally(() => {
      this.#opening = null
    })
    return await this.#opening
  }

  async #openTelemetry(): Promise<GekkoTelemetry> {
    for (let attempt = 1; ; attempt++) {
      try {
        const telemetry = await this.#parts.openTelemetry()
        if (this.#isClosed) {
          await telemetry.close()
          throw new HeadframeError('safety/gone', 'The board is not looked after any more.')
        }
        this.#telemetry = telemetry
        await telemetry.identify()
        telemetry.onLoss((loss) => {
          if (this.#telemetry === telemetry) this.#losses.emit(loss.message)
        })
        return telemetry
      } catch (error) {
        await this.#closeTelemetry()
        if (attempt >= OPEN_ATTEMPTS || this.#isClosed) throw error
        await sleep(this.#parts.clock, OPEN_PAUSE_MS)
      }
    }
  }

  async #closeTelemetry(): Promise<void> {
    const telemetry = this.#telemetry
    // Forgotten first, so that its end is not taken for a loss.
    this.#telemetry = null
    await telemetry?.close()
  }

  #require(): GekkoTelemetry {
    if (this.#telemetry !== null) return this.#telemetry
    throw new HeadframeError('control/closed', 'The stick’s telemetry port is not open.')
  }

  #requireLife(life: number): void {
    if (life === this.#life) return
    throw new HeadframeError('safety/cut', 'The board was switched off while it was being started.')
  }

  #step(what: string, life: number, run: () => Promise<void>): PowerStep {
    return {
      what,
      limitMs: STEP_LIMIT_MS,
      run: async () => {
        this.#requireLife(life)
        await run()
        this.#requireLife(life)
      },
    }
  }
}
