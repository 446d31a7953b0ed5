/**
 * A Bitaxe behind a USB bridge: Gamma (BM1370, TPS546), Ultra and Supra of early revisions (BM1366 and BM1368, DS4432U
 * and INA260). It has a power supply of its own, so it goes on hashing when its ports are closed, and when USB is
 * unplugged: with the fan as it was set last.
 */
import { type Clock } from '../../base/index.ts'
import { BoardPort } from '../transport/channel-ports.ts'
import { type BoardIdentityOptions, identityOf } from './board-identity.ts'
import { BoardPhysics, type PhysicsInputs } from './board-physics.ts'
import { type VirtualChipKind } from './chip-kinds.ts'
import { type Fault, type FaultKind, Faults } from './faults.ts'
import { type I2cPart, VirtualDs4432u, VirtualEmc2101, VirtualIna260 } from './i2c-parts.ts'
import { type NonceFinder } from './nonce-finder.ts'
import { type PowerEvent, type VirtualBoard, type VirtualBoardView } from './virtual-board.ts'
import { VirtualBridge } from './virtual-bridge.ts'
import { VirtualChain } from './virtual-chain.ts'
import { VirtualTps546 } from './virtual-tps546.ts'

export interface VirtualBoardOptions {
  readonly clock: Clock
  readonly finder: NonceFinder
  readonly serialNumber: string
  /** 10 if absent: 2^-22 of the real rate. 32 in silicon. */
  readonly fixedZeroBits?: number
  /** Of chips and zero bits; 1 if absent. Less makes tests cheap. */
  readonly rateRatio?: number
  readonly usb?: BoardIdentityOptions['usb'] | undefined
}

export interface VirtualBitaxeOptions extends VirtualBoardOptions {
  readonly kind: 'bitaxe-gamma' | 'bitaxe-ultra' | 'bitaxe-supra'
  /** How the bridge answers; v0 if absent. */
  readonly format?: 'v0' | 'v1'
}

interface Build {
  readonly chip: VirtualChipKind
  readonly product: string
  readonly hasTps546: boolean
  readonly nominal: { readonly powerW: number; readonly clockMhz: number; readonly coreMv: number }
}

const BUILDS: Readonly<Record<VirtualBitaxeOptions['kind'], Build>> = {
  'bitaxe-gamma': {
    chip: 'BM1370',
    product: 'Practice Bitaxe Gamma',
    hasTps546: true,
    nominal: { powerW: 15, clockMhz: 525, coreMv: 1150 },
  },
  'bitaxe-ultra': {
    chip: 'BM1366',
    product: 'Practice Bitaxe Ultra',
    hasTps546: false,
    nominal: { powerW: 10, clockMhz: 485, coreMv: 1200 },
  },
  'bitaxe-supra': {
    chip: 'BM1368',
    product: 'Practice Bitaxe Supra',
    hasTps546: false,
    nominal: { powerW: 12, clockMhz: 490, coreMv: 1166 },
  },
}

export const PRACTICE_ZERO_BITS = 10
const MAX_HISTORY = 1000

export class VirtualBitaxe implements VirtualBoard {
  readonly id: string
  readonly device: VirtualBoard['device']
  readonly ports: readonly BoardPort[]
  readonly faults = new Faults()
  readonly #options: VirtualBitaxeOptions
  readonly #build: Build
  readonly #history: PowerEvent[] = []
  readonly #physics: BoardPhysics
  #chain: VirtualChain
  #bridge: VirtualBridge
  #fan: VirtualEmc2101
  #tps546: VirtualTps546 | null = null
  #ds4432u: VirtualDs4432u | null = null
  #pluggedIn = true
  #coreMv = 0
  #poweredAtMs: number | null = null

  constructor(options: VirtualBitaxeOptions) {
    this.#options = options
    this.#build = BUILDS[options.kind]
    this.id = options.serialNumber
    this.device = identityOf({ ...options, product: this.#build.product, portNames: ['control', 'data'] })
    const [control, data] = this.device.ports.map((port) => (port.kind === 'channel' ? port.name : port.path))
    this.ports = [
      new BoardPort(control!, (end) => this.#bridge.attach(end)),
      new BoardPort(data!, (end) => this.#chain.attach(end)),
    ]
    this.#physics = new BoardPhysics({
      clock: options.clock,
      nominal: this.#build.nominal,
      inputs: () => this.#inputs(),
    })
    this.#chain = this.#makeChain()
    this.#fan = this.#makeFan()
    this.#bridge = this.#makeBridge()
    this.#noteCore()
  }

  /** What the bridge was asked: bounded. */
  get transactions(): VirtualBridge['transactions'] {
    return this.#bridge.transactions
  }

  get chain(): VirtualChain {
    return this.#chain
  }

  get powerHistory(): readonly PowerEvent[] {
    return this.#history
  }

  get view(): VirtualBoardView {
    const chain = this.#chain.view
    return {
      id: this.id,
      kind: this.#options.kind,
      device: this.device,
      pluggedIn: this.#pluggedIn,
      hashing: chain.hashing,
      hashrateHs: chain.hashing ? chain.hashrateHs : 0,
      clockMhz: chain.clockMhz,
      nonces: chain.nonces,
      hashes: chain.hashes,
      power: {
        regulatorOn: this.#coreMv > 0,
        resetHigh: this.#bridge.resetLevel === 1,
        coreMv: this.#coreMv,
        powerW: this.#physics.inputW,
        chipC: this.#physics.chipC,
        hottestC: this.#physics.hottestC,
        cooked: this.#physics.cooked,
        fanDutyRatio: this.#fan.dutyRatio,
        fanRatio: this.#fan.fanRatio,
      },
      faults: this.faults.all,
    }
  }

  inject(fault: Fault): void {
    this.faults.inject(fault)
    this.#physics.settle()
  }

  clear(kind?: FaultKind): void {
    this.faults.clear(kind)
    this.#physics.settle()
  }

  unplug(message?: string): void {
    this.#pluggedIn = false
    for (const port of this.ports) port.unplug(message)
  }

  replug(): void {
    this.#pluggedIn = true
    for (const port of this.ports) port.replug()
  }

  powerCycle(): void {
    this.unplug('The device lost its power.')
    this.#chain.stop()
    if (this.#coreMv > 0) this.#note('core-off', 0)
    this.#coreMv = 0
    this.#poweredAtMs = null
    this.#chain = this.#makeChain()
    this.#fan = this.#makeFan()
    this.#bridge = this.#makeBridge()
    this.#noteCore()
    this.#note('reset-low', 0)
    this.replug()
  }

  stop(): void {
    this.#chain.stop()
    this.unplug('The simulation has ended.')
  }

  #inputs(): PhysicsInputs {
    // Asked for once before the parts are there.
    const chain = (this.#chain as VirtualChain | undefined)?.view
    return {
      coreMv: this.#coreMv,
      clockMhz: chain?.released ? chain.clockMhz : 0,
      hashing: chain?.hashing ?? false,
      fanRatio: (this.#fan as VirtualEmc2101 | undefined)?.fanRatio ?? 0,
      addedW: this.#coreMv > 0 ? (this.faults.get('overheat')?.addedW ?? 0) : 0,
    }
  }

  #makeChain(): VirtualChain {
    const { clock, finder, fixedZeroBits = PRACTICE_ZERO_BITS, rateRatio = 1 } = this.#options
    return new VirtualChain({
      chip: this.#build.chip,
      chipCount: 1,
      clock,
      finder,
      fixedZeroBits,
      rateRatio,
      faults: this.faults,
      powered: false,
      released: false,
      chipC: () => this.#physics.chipC,
      onActivity: () => this.#physics.settle(),
    })
  }

  #makeFan(): VirtualEmc2101 {
    return new VirtualEmc2101({
      physics: this.#physics,
      faults: this.faults,
      poweredForMs: () =>
        this.#poweredAtMs === null ? null : this.#options.clock.monotonicMs() - this.#poweredAtMs,
      onFan: (ratio) => {
        this.#physics.settle()
        this.#note('fan', Math.round(1000 * ratio))
      },
    })
  }

  #makeBridge(): VirtualBridge {
    const { clock, format = 'v0' } = this.#options
    return new VirtualBridge({
      clock,
      format,
      faults: this.faults,
      parts: [this.#fan, ...this.#makePower()],
      coreMv: () => this.#coreMv,
      onReset: (level) => {
        this.#note(level === 1 ? 'reset-high' : 'reset-low', 0)
        this.#chain.setReset(level === 1)
        this.#physics.settle()
      },
    })
  }

  #makePower(): readonly I2cPart[] {
    const changed = (): void => this.#noteCore()
    if (!this.#build.hasTps546) {
      this.#ds4432u = new VirtualDs4432u(changed)
      return [this.#ds4432u, new VirtualIna260(this.#physics)]
    }
    this.#tps546 = new VirtualTps546({ physics: () => this.#physics, faults: this.faults, onOutput: changed })
    return [this.#tps546]
  }

  #noteCore(): void {
    const coreMv = this.#tps546?.outputMv ?? this.#ds4432u?.coreMv ?? 0
    const before = this.#coreMv
    if (coreMv === before) return
    this.#coreMv = coreMv
    if (before === 0) {
      this.#poweredAtMs = this.#options.clock.monotonicMs()
      this.#note('core-on', coreMv)
    } else if (coreMv === 0) {
      this.#poweredAtMs = null
      this.#note('core-off', 0)
    } else this.#note('core-mv', coreMv)
    this.#chain.setPower(coreMv > 0)
    this.#physics.settle()
  }

  #note(what: PowerEvent['what'], value: number): void {
    this.#history.push({ atMs: this.#options.clock.monotonicMs(), what, value })
    if (this.#history.length > MAX_HISTORY) this.#history.shift()
  }
}
