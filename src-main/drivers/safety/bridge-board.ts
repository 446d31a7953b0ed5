/**
 * Power of a board behind a USB bridge: reset, regulator, fan and thermometer over its control port (asic-serial 6.4).
 *
 * Chips leave reset last and enter it first. What was begun before `revoke` may still wait for the bus; the signal of
 * its life keeps it from ever being sent, and the regulator ends its own commands when it is switched off.
 */
import { type Clock, HeadframeError, sleep, type Unsubscribe } from '../../base/index.ts'
import { type BoardBridge, type PinLevel, type RequestOptions } from '../control/buses.ts'
import { type BoardModel } from '../model/board.ts'
import {
  type BoardAbilities,
  type BoardLook,
  type BoardPower,
  type HeatLook,
  type Leftovers,
  type PowerStep,
} from './board-power.ts'
import { type BridgeParts } from './bridge-parts.ts'
import { isNear, START_TOLERANCE } from './rules.ts'

const I2C_HZ = 100_000
const FULL = 1000
/** From a regulator that is configured to its voltage, and from there to a measurement that counts (6.4). */
const CONFIGURED_WAIT_MS = 100
const VOLTAGE_WAIT_MS = 200
const RELEASE_WAIT_MS = 200
/** A few requests of at most one second each. */
const STEP_LIMIT_MS = 5_000
/** What takes power away is tried again rather than waited for. */
const CUT_LIMIT_MS = 2_500
const LOW: PinLevel = 0
const HIGH: PinLevel = 1
const SHUTDOWN: RequestOptions = { urgency: 'shutdown' }

export class BridgeBoard implements BoardPower {
  readonly abilities: BoardAbilities
  readonly #model: BoardModel
  readonly #bridge: BoardBridge
  readonly #parts: BridgeParts
  readonly #clock: Clock
  readonly #resetPin: number
  /** The present life of the board's power; its signal ends what was begun in it. */
  #life = new AbortController()
  /** Whether the fan controller was told how the fan is wired since the channel was opened. */
  #fanIsReady = false

  /** Chips were seen running by whoever opened the bridge; told by the first `findLeftovers`. */
  #wasFoundRunning: boolean

  /**
   * Takes the bridge over; `close` closes it.
   * @param wasFoundRunning whether chips were out of reset when the bridge was opened
   * @throws TypeError if the model is no bridge board
   */
  constructor(
    model: BoardModel,
    bridge: BoardBridge,
    parts: BridgeParts,
    clock: Clock,
    wasFoundRunning = false,
  ) {
    this.#wasFoundRunning = wasFoundRunning
    if (model.bridge === null) throw new TypeError(`${model.id} has no bridge`)
    this.#model = model
    this.#bridge = bridge
    this.#parts = parts
    this.#clock = clock
    this.#resetPin = model.bridge.resetPin
    this.abilities = {
      measuresHeat: true,
      measuresHeatWhenOff: model.bridge.chipSensor.kind === 'emc2101-internal',
      measuresBoard: true,
      canCutPower: parts.regulator.canTurnOff,
      canReset: true,
      hasFan: model.fan !== null,
      losesPowerWithUsb: false,
      lookLimitMs: model.limits.sensorSilenceMs / 2,
    }
  }

  powerUpSteps(coreVoltageMv: number | null): readonly PowerStep[] {
    this.revoke()
    const life = new AbortController()
    this.#life = life
    const { regulator, thermometer } = this.#parts
    const alive = (): void => requireAlive(life.signal)
    return [
      step('hold the chips in reset', () => this.#setReset(LOW, { signal: life.signal })),
      step('set the rate of the I2C bus', () =>
        this.#bridge.i2c.setFrequency(I2C_HZ, { signal: life.signal }),
      ),
      step('turn the fan to full speed', () => this.setFan(FULL)),
      step('make the thermometer ready', () => thermometer.init()),
      step('find the regulator', () => regulator.identify()),
      step('configure the regulator', async () => {
        alive()
        await regulator.configure()
        await regulator.clearFaults()
        await sleep(this.#clock, CONFIGURED_WAIT_MS)
      }),
      step('set the core voltage', async () => {
        alive()
        if (coreVoltageMv === null) throw noVoltage(this.#model)
        await regulator.setCoreVoltage(coreVoltageMv)
        await sleep(this.#clock, VOLTAGE_WAIT_MS)
        alive()
        await this.#requireVoltage(coreVoltageMv)
      }),
    ]
  }

  release(): PowerStep {
    const { signal } = this.#life
    return step('let the chips out of reset', async () => {
      await this.#setReset(HIGH, { signal })
      await sleep(this.#clock, RELEASE_WAIT_MS)
      requireAlive(signal)
    })
  }

  revoke(): void {
    this.#life.abort()
  }

  shutdownSteps(): readonly PowerStep[] {
    const { regulator } = this.#parts
    return [
      { what: 'hold the chips in reset', limitMs: CUT_LIMIT_MS, run: () => this.#setReset(LOW, SHUTDOWN) },
      {
        what: regulator.canTurnOff ? 'switch the regulator off' : 'lower the core voltage',
        limitMs: CUT_LIMIT_MS,
        run: () => regulator.off(),
      },
    ]
  }

  async setCoreVoltage(coreVoltageMv: number): Promise<void> {
    const { signal } = this.#life
    requireAlive(signal)
    await this.#parts.regulator.setCoreVoltage(coreVoltageMv)
    requireAlive(signal)
    await this.#requireVoltage(coreVoltageMv)
  }

  async resetChips(lowMs: number, settleMs: number): Promise<void> {
    const { signal } = this.#life
    requireAlive(signal)
    await this.#setReset(LOW, { signal })
    await sleep(this.#clock, lowMs)
    await this.#setReset(HIGH, { signal })
    await sleep(this.#clock, settleMs)
    requireAlive(signal)
  }

  async setFan(permille: number): Promise<void> {
    if (!this.#fanIsReady) {
      await this.#parts.fan.init()
      this.#fanIsReady = true
    }
    await this.#parts.fan.setDuty(permille)
  }

  async readHeat(): Promise<HeatLook> {
    this.#requireChannel()
    return { chipsC: await this.#parts.thermometer.readChipTemperatures() }
  }

  async look(): Promise<BoardLook> {
    this.#requireChannel()
    const { regulatorC, inputVoltageMv, coreVoltageMv, currentMa, powerW, faults } =
      await this.#parts.regulator.read()
    const fanRpms = await this.#parts.fan.readRpm()
    return { regulatorC, inputVoltageMv, coreVoltageMv, currentMa, powerW, fanRpms, faults }
  }

  /** Out of reset means running: after power-on these bridges hold the chips in reset by themselves. */
  async findLeftovers(): Promise<Leftovers> {
    const level = await this.#bridge.gpio.read(this.#resetPin)
    const wasRunning = level === HIGH || this.#wasFoundRunning
    this.#wasFoundRunning = false
    return wasRunning
      ? { wasRunning: true, found: ['its chips were out of reset'] }
      : { wasRunning: false, found: [] }
  }

  onLoss(listener: (message: string) => void): Unsubscribe {
    return this.#bridge.onLoss((loss) => listener(loss.message))
  }

  async close(): Promise<void> {
    this.revoke()
    await this.#bridge.close()
  }

  async #setReset(level: PinLevel, options: RequestOptions): Promise<void> {
    await this.#bridge.gpio.write(this.#resetPin, level, options)
    const seen = await this.#bridge.gpio.read(this.#resetPin, options)
    if (seen === level) return
    throw new HeadframeError(
      'safety/reset-failed',
      `The reset line of ${this.#model.name} stayed ${seen === LOW ? 'low' : 'high'}. Unplug the board.`,
      { context: { wanted: level, seen } },
    )
  }

  /** The regulator compared already; here what it says after it has settled, where it can say anything. */
  async #requireVoltage(askedMv: number): Promise<void> {
    const { regulator } = this.#parts
    const { coreVoltageMv } = await regulator.read()
    if (coreVoltageMv === null && !regulator.canTurnOff) return
    if (coreVoltageMv !== null && isNear(coreVoltageMv, askedMv, START_TOLERANCE)) return
    const seen =
      coreVoltageMv === null ? 'nothing could be measured' : `it is ${Math.round(coreVoltageMv)} mV`
    throw new HeadframeError(
      'safety/voltage-not-reached',
      `The core voltage was set to ${askedMv} mV, but ${seen}. Check the board's power supply.`,
      { context: { askedMv, measuredMv: coreVoltageMv } },
    )
  }

  /** Parts turn failed requests into missing readings; a channel that is gone must not pass for that. */
  #requireChannel(): void {
    const { loss } = this.#bridge
    if (loss !== null) throw new HeadframeError(loss.code, loss.message)
  }
}

function step(what: string, run: () => Promise<void>): PowerStep {
  return { what, limitMs: STEP_LIMIT_MS, run }
}

/** @throws HeadframeError `safety/cut` */
function requireAlive(signal: AbortSignal): void {
  if (!signal.aborted) return
  throw new HeadframeError('safety/cut', 'The board was switched off while it was being told something.')
}

function noVoltage(model: BoardModel): HeadframeError {
  return new HeadframeError(
    'safety/out-of-range',
    `${model.name} needs a core voltage to be started; none was given.`,
  )
}
