/**
 * A board on a simulated USB port: what the system would list of it, ports that can be opened, and the hardware behind
 * them. The drivers find and drive it like any other; nothing here knows them.
 */
import { type AttachedDevice } from '../model/usb.ts'
import { type BoardPort } from '../transport/channel-ports.ts'
import { type Fault, type FaultKind, type Faults } from './faults.ts'

export type VirtualBoardKind =
  'bitaxe-gamma' | 'bitaxe-ultra' | 'bitaxe-supra' | 'compac-f' | '2pac' | 'block-erupter'

/** Plain values: they cross threads. */
export interface VirtualBoardView {
  readonly id: string
  readonly kind: VirtualBoardKind
  readonly device: AttachedDevice
  readonly pluggedIn: boolean
  readonly hashing: boolean
  /** H/s at present, as scaled. */
  readonly hashrateHs: number
  readonly clockMhz: number
  /** Since it was made: nonces that passed the ticket, and hashes done for them. */
  readonly nonces: number
  readonly hashes: number
  /** Of boards with a control port; null elsewhere. */
  readonly power: VirtualPowerView | null
  readonly faults: readonly Fault[]
}

export interface VirtualPowerView {
  readonly regulatorOn: boolean
  readonly resetHigh: boolean
  readonly coreMv: number
  readonly powerW: number
  readonly chipC: number
  readonly hottestC: number
  /** Hotter, at some time, than silicon survives. */
  readonly cooked: boolean
  /** What the fan was told, and what it does, 0 to 1. */
  readonly fanDutyRatio: number
  readonly fanRatio: number
}

/** What happened to a board's power, when: for tests of order and time. */
export interface PowerEvent {
  /** Monotonic milliseconds of the board's clock. */
  readonly atMs: number
  readonly what: 'reset-high' | 'reset-low' | 'core-on' | 'core-off' | 'core-mv' | 'fan'
  /** Millivolts, or the fan's duty in permille; 0 elsewhere. */
  readonly value: number
}

export interface VirtualBoard {
  readonly id: string
  readonly device: AttachedDevice
  /** Named as `device.ports` names them, in the same order. */
  readonly ports: readonly BoardPort[]
  readonly faults: Faults
  readonly view: VirtualBoardView
  /** Bounded: the oldest are forgotten. Empty for boards without a control port. */
  readonly powerHistory: readonly PowerEvent[]
  inject(fault: Fault): void
  clear(kind?: FaultKind): void
  /** Boards that live on USB power lose it; a Bitaxe has a supply of its own, and goes on. */
  unplug(message?: string): void
  replug(): void
  /** Everything without power, supply and all, and back: chips and bridge as they come out of the box. */
  powerCycle(): void
  /** Ends timers; ports end. */
  stop(): void
}
