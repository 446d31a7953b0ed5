/**
 * A Gamma on the bench: a bridge with an EMC2101 and a TPS546 behind it, answering byte by byte, that remembers
 * everything it was told and can be made to misbehave. It knows nothing of the code under test.
 */
import { type ManualClock } from '../../src-main/base/index.ts'
import { type MemoryLink, memoryLinkPair } from '../../src-main/drivers/transport/memory-link.ts'
import { BridgePeer, type PeerAnswer, type SeenRequest } from './bridge-peer.ts'

const EMC2101 = 0x4c
const TPS546 = 0x24

export interface BenchRecord {
  readonly atMs: number
  readonly what: string
}

export class BenchBoard {
  readonly host: MemoryLink
  readonly board: MemoryLink
  /** Everything that was told to it: `reset 0`, `24:01 80`. */
  readonly record: BenchRecord[] = []
  resetLevel: 0 | 1 = 0
  chipC = 45
  regulatorC = 50
  rpm = 4000
  currentA = 12
  /** Volts at the output for each volt that was set. */
  voltageRatio = 1
  diodeOpen = false
  /** Addresses that do not acknowledge. */
  readonly deaf = new Set<number>()
  /** Pins whose level does not follow. */
  readonly stuckPins = new Set<number>()
  isSilent = false
  /** Called before each answer; true: none is given. */
  swallow: (request: SeenRequest) => boolean = () => false
  readonly #clock: ManualClock
  readonly #registers = new Map<number, Map<number, number[]>>()

  constructor(clock: ManualClock, format: 'v0' | 'v1' = 'v1', name = 'bench') {
    this.#clock = clock
    const { host, board } = memoryLinkPair({ name })
    this.host = host
    this.board = board
    this.#registers.set(
      EMC2101,
      new Map([
        [0xfe, [0x5d]],
        [0xfd, [0x16]],
        [0x4c, [0]],
      ]),
    )
    this.#registers.set(
      TPS546,
      new Map([
        [0x01, [0x00]],
        [0x20, [0x97]],
        [0x21, [0x66, 0x02]],
        [0xad, [0x06, 0x54, 0x49, 0x54, 0x6d, 0x24, 0x41]],
      ]),
    )
    new BridgePeer(board, format, (request) =>
      this.isSilent || this.swallow(request) ? null : this.#answer(request),
    )
  }

  /** A host that opens the port anew after it had closed it, on the same board. */
  reconnect(format: 'v0' | 'v1' = 'v1'): MemoryLink {
    const { host, board } = memoryLinkPair({ name: 'bench again' })
    new BridgePeer(board, format, (request) =>
      this.isSilent || this.swallow(request) ? null : this.#answer(request),
    )
    return host
  }

  get operation(): number {
    return this.#register(TPS546, 0x01)[0] ?? 0
  }

  set operation(value: number) {
    this.#registers.get(TPS546)?.set(0x01, [value])
  }

  /** Permille, to the 63rd part. */
  get fanPermille(): number {
    return Math.round(((this.#register(EMC2101, 0x4c)[0] ?? 0) * 1000) / 63)
  }

  /** Millivolts of every VOUT_COMMAND, in order. */
  get voltagesMv(): number[] {
    return this.record.flatMap(({ what }) => {
      const match = /^24:21 (..) (..)$/.exec(what)
      return match ? [((parseInt(match[2]!, 16) << 8) | parseInt(match[1]!, 16)) * (1000 / 512)] : []
    })
  }

  /** From the record alone: the last thing told to the reset pin and to the regulator. */
  get lastToldOff(): { reset: boolean; regulator: boolean } {
    const last = (prefix: string): string | undefined =>
      this.record.findLast(({ what }) => what.startsWith(prefix))?.what
    return { reset: last('reset ') === 'reset 0', regulator: last('24:01 ') === '24:01 00' }
  }

  addPart(address: number, registers: Record<number, number[]>): void {
    this.#registers.set(
      address,
      new Map(Object.entries(registers).map(([register, bytes]) => [Number(register), bytes])),
    )
  }

  #answer({ page, command, data }: SeenRequest): PeerAnswer {
    if (page === 0x06) return this.#gpio(command, data)
    if (page !== 0x05) return { error: 0x11 }
    const [address = 0] = data
    if (command === 0x10) return { data: [...data] }
    if (this.deaf.has(address) || !this.#registers.has(address)) return { error: 0xff, text: 'NACK' }
    if (command === 0x20) return this.#write(address, [...data.subarray(1)])
    if (command === 0x30) return { data: new Array<number>(data[1] ?? 0).fill(0) }
    const count = data.at(-1) ?? 0
    const bytes = this.#register(address, data[1] ?? 0)
    return { data: Array.from({ length: count }, (_, i) => bytes[i] ?? 0xff) }
  }

  #gpio(pin: number, data: Uint8Array): PeerAnswer {
    const [level] = data
    if (level !== undefined) {
      this.#note(`reset ${level}`)
      if (pin === 0 && !this.stuckPins.has(pin)) this.resetLevel = level === 0 ? 0 : 1
      // The bridge confirms what it was told; only reading shows what is.
      return { data: [level] }
    }
    return { data: [this.resetLevel] }
  }

  #write(address: number, [register = 0, ...bytes]: number[]): PeerAnswer {
    const hex = (byte: number): string => byte.toString(16).padStart(2, '0')
    this.#note(`${hex(address)}:${hex(register)}${bytes.map((byte) => ` ${hex(byte)}`).join('')}`)
    if (bytes.length > 0) this.#registers.get(address)?.set(register, bytes)
    return { data: [bytes.length + 1] }
  }

  #register(address: number, register: number): readonly number[] {
    if (address === EMC2101) {
      const raw = this.diodeOpen ? 0x3f8 : Math.round(this.chipC * 8)
      if (register === 0x01) return [(raw >> 3) & 0xff]
      if (register === 0x10) return [(raw & 7) << 5]
      const count = this.rpm === 0 ? 0xffff : Math.round(5_400_000 / this.rpm)
      if (register === 0x46) return [count & 0xff]
      if (register === 0x47) return [count >> 8]
    }
    if (address === TPS546) {
      const isOn = (this.#registers.get(TPS546)?.get(0x01)?.[0] ?? 0) === 0x80
      const [low = 0, high = 0] = this.#registers.get(TPS546)?.get(0x21) ?? []
      const word = isOn ? Math.round(((high << 8) | low) * this.voltageRatio) : 0
      if (register === 0x79) return isOn ? [0, 0] : [0x40, 0x08]
      if (register === 0x88) return linear11(5)
      if (register === 0x8b) return [word & 0xff, word >> 8]
      if (register === 0x8c) return linear11(isOn ? this.currentA : 0)
      if (register === 0x8d) return linear11(this.regulatorC)
    }
    return this.#registers.get(address)?.get(register) ?? []
  }

  #note(what: string): void {
    this.record.push({ atMs: this.#clock.monotonicMs(), what })
  }
}

/** With exponent -2. */
function linear11(value: number): [number, number] {
  const word = (0b11110 << 11) | (Math.round(value * 4) & 0x7ff)
  return [word & 0xff, word >> 8]
}

/** Moves the clock in small steps, so that answers arrive in between. */
export async function pass(clock: ManualClock, ms: number, stepMs = 10): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    clock.advance(Math.min(stepMs, ms - passed))
    await new Promise((resolve) => setImmediate(resolve))
  }
}
