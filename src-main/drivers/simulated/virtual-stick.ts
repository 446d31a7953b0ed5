/** Boards that are one serial port and live on its power: Compac F, 2Pac, Block Erupter. */
import { BoardPort } from '../transport/channel-ports.ts'
import { identityOf } from './board-identity.ts'
import { type Fault, type FaultKind, Faults } from './faults.ts'
import { PRACTICE_ZERO_BITS, type VirtualBoardOptions } from './virtual-bitaxe.ts'
import { VirtualBm1384 } from './virtual-bm1384.ts'
import { type PowerEvent, type VirtualBoard, type VirtualBoardView } from './virtual-board.ts'
import { VirtualChain } from './virtual-chain.ts'
import { VirtualIcarus } from './virtual-icarus.ts'

export type VirtualStickKind = 'compac-f' | '2pac' | 'block-erupter'

export interface VirtualStickOptions extends VirtualBoardOptions {
  readonly kind: VirtualStickKind
}

/** What all chips of sticks have in common. */
type Chips = VirtualChain | VirtualBm1384 | VirtualIcarus

const PRODUCTS: Readonly<Record<VirtualStickKind, string>> = {
  'compac-f': 'Practice Compac F',
  '2pac': 'Practice 2Pac',
  'block-erupter': 'Practice Block Erupter',
}

/** What one Compac F was measured to deliver of what its clock and cores promise (asic-serial 4.2). */
const COMPAC_F_RATE_RATIO = 52.5 / 67.2
const BLOCK_ERUPTER_HS = 336e6

export class VirtualStick implements VirtualBoard {
  readonly id: string
  readonly device: VirtualBoard['device']
  readonly ports: readonly BoardPort[]
  readonly faults = new Faults()
  readonly powerHistory: readonly PowerEvent[] = []
  readonly chips: Chips
  readonly #kind: VirtualStickKind
  #pluggedIn = true

  constructor(options: VirtualStickOptions) {
    this.id = options.serialNumber
    this.#kind = options.kind
    this.device = identityOf({ ...options, product: PRODUCTS[options.kind], portNames: ['data'] })
    this.chips = makeChips(options, this.faults)
    this.ports = [new BoardPort(`${options.serialNumber}/data`, (end) => this.chips.attach(end))]
  }

  get view(): VirtualBoardView {
    const chips = this.chips.view
    return {
      id: this.id,
      kind: this.#kind,
      device: this.device,
      pluggedIn: this.#pluggedIn,
      hashing: chips.hashing,
      hashrateHs: chips.hashing ? chips.hashrateHs : 0,
      clockMhz: 'clockMhz' in chips ? chips.clockMhz : BLOCK_ERUPTER_HS / 1e6,
      nonces: chips.nonces,
      hashes: chips.hashes,
      power: null,
      faults: this.faults.all,
    }
  }

  inject(fault: Fault): void {
    this.faults.inject(fault)
  }

  clear(kind?: FaultKind): void {
    this.faults.clear(kind)
  }

  unplug(message?: string): void {
    this.#pluggedIn = false
    for (const port of this.ports) port.unplug(message)
    this.chips.setPower(false)
  }

  replug(): void {
    this.#pluggedIn = true
    this.chips.setPower(true)
    for (const port of this.ports) port.replug()
  }

  powerCycle(): void {
    this.unplug('The device lost its power.')
    this.replug()
  }

  stop(): void {
    this.chips.stop()
    this.unplug('The simulation has ended.')
  }
}

function makeChips(options: VirtualStickOptions, faults: Faults): Chips {
  const { clock, finder, fixedZeroBits = PRACTICE_ZERO_BITS, rateRatio = 1 } = options
  const common = { clock, finder, fixedZeroBits, faults }
  switch (options.kind) {
    case 'compac-f':
      return new VirtualChain({
        ...common,
        chip: 'BM1397',
        chipCount: 1,
        rateRatio: rateRatio * COMPAC_F_RATE_RATIO,
      })
    case '2pac':
      return new VirtualBm1384({ ...common, chipCount: 2 })
    case 'block-erupter':
      return new VirtualIcarus({ ...common, family: 'icarus', hashrateHs: BLOCK_ERUPTER_HS * rateRatio })
  }
}
