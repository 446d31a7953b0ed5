/**
 * What a simulated board draws and how warm it gets, in a clock's time: one heat capacity, and a heatsink that is as
 * good as its fan. Figures are of a Bitaxe Gamma's size; no data sheet stands behind them, only that a fan at full
 * speed keeps a chip near 55 C and that none lets it climb beyond every limit within a minute.
 */
import { type Clock } from '../../base/index.ts'

export interface PhysicsInputs {
  /** 0: no power at the chip. */
  readonly coreMv: number
  readonly clockMhz: number
  readonly hashing: boolean
  /** Share of its full speed at which the fan turns. */
  readonly fanRatio: number
  /** Heat from elsewhere, watts. */
  readonly addedW: number
}

export interface PhysicsOptions {
  readonly clock: Clock
  readonly inputs: () => PhysicsInputs
  /** Watts of the chip while it hashes at a clock and a voltage. */
  readonly nominal: { readonly powerW: number; readonly clockMhz: number; readonly coreMv: number }
  readonly ambientC?: number
}

const HEAT_CAPACITY_J_PER_K = 8
/** Of a chip that is clocked and has nothing to do, of what it draws when hashing. */
const IDLE_RATIO = 0.25
const LEAK_W_PER_V = 0.5
const CONVERTER_EFFICIENCY = 0.9
const BRIDGE_W = 0.7
const FAN_W = 0.8
const SUPPLY_MV = 5100
const SUPPLY_OHM = 0.02
/** What no silicon survives. */
const COOKED_C = 125

export class BoardPhysics {
  readonly #options: PhysicsOptions
  readonly #ambientC: number
  #chipC: number
  #hottestC: number
  #inputs: PhysicsInputs
  #doneUntilMs: number

  constructor(options: PhysicsOptions) {
    this.#options = options
    this.#ambientC = options.ambientC ?? 25
    this.#chipC = this.#ambientC
    this.#hottestC = this.#ambientC
    this.#inputs = options.inputs()
    this.#doneUntilMs = options.clock.monotonicMs()
  }

  /** Lets heat flow up to now under what held since the last call. Called after every change, and by every reading. */
  settle(): void {
    const nowMs = this.#options.clock.monotonicMs()
    const seconds = (nowMs - this.#doneUntilMs) / 1000
    this.#doneUntilMs = nowMs
    const resistance = kelvinPerWatt(this.#inputs.fanRatio)
    const restC = this.#ambientC + (this.#coreW(this.#inputs) + this.#inputs.addedW) * resistance
    this.#chipC = restC + (this.#chipC - restC) * Math.exp(-seconds / (resistance * HEAT_CAPACITY_J_PER_K))
    this.#hottestC = Math.max(this.#hottestC, this.#chipC)
    this.#inputs = this.#options.inputs()
  }

  get chipC(): number {
    this.settle()
    return this.#chipC
  }

  /** Since it was made. */
  get hottestC(): number {
    this.settle()
    return this.#hottestC
  }

  /** Whether the chip was ever hotter than silicon survives: what a safety supervisor must never let happen. */
  get cooked(): boolean {
    return this.hottestC > COOKED_C
  }

  get regulatorC(): number {
    const chipC = this.chipC
    return this.#ambientC + 0.6 * (chipC - this.#ambientC) + 0.8 * this.#coreW(this.#inputs)
  }

  /** Of the chip alone, watts. */
  get coreW(): number {
    this.settle()
    return this.#coreW(this.#inputs)
  }

  /** Of the whole board, watts. */
  get inputW(): number {
    return this.coreW / CONVERTER_EFFICIENCY + BRIDGE_W + FAN_W * this.#inputs.fanRatio
  }

  get coreA(): number {
    const { coreMv } = this.#inputs
    return coreMv === 0 ? 0 : this.coreW / (coreMv / 1000)
  }

  get inputMv(): number {
    return SUPPLY_MV - SUPPLY_OHM * (this.inputW / (SUPPLY_MV / 1000)) * 1000
  }

  get inputA(): number {
    return this.inputW / (this.inputMv / 1000)
  }

  #coreW({ coreMv, clockMhz, hashing }: PhysicsInputs): number {
    const { nominal } = this.#options
    const dynamic = nominal.powerW * (clockMhz / nominal.clockMhz) * (coreMv / nominal.coreMv) ** 2
    return dynamic * (hashing ? 1 : IDLE_RATIO) + LEAK_W_PER_V * (coreMv / 1000)
  }
}

function kelvinPerWatt(fanRatio: number): number {
  return 1.3 + 6 / (1 + 9 * fanRatio)
}
