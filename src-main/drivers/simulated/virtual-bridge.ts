/**
 * The control port of a bitaxe-raw board: requests of the USB control protocol, answered as its firmware does, quirks
 * included, with parts on an I2C bus behind it (asic-serial 6.2). It keeps a record of what it was asked, for tests.
 */
import { type Clock, concatBytes } from '../../base/index.ts'
import { type ByteLink } from '../model/byte-link.ts'
import { type Faults } from './faults.ts'
import { type I2cPart } from './i2c-parts.ts'

export interface BridgeTransaction {
  /** Monotonic milliseconds of the board's clock. */
  readonly atMs: number
  readonly kind:
    'i2c-frequency' | 'i2c-write' | 'i2c-read' | 'i2c-write-read' | 'gpio-read' | 'gpio-write' | 'adc' | 'led'
  /** Of the part, or the pin. */
  readonly address: number
  readonly bytes: Uint8Array
  /** Null: refused. */
  readonly reply: Uint8Array | null
}

export interface VirtualBridgeOptions {
  readonly clock: Clock
  readonly faults: Faults
  /** v0: bitaxe-raw. v1: its successors. */
  readonly format: 'v0' | 'v1'
  readonly parts: readonly I2cPart[]
  /** Level of the reset pin, 0 while the chips are held in reset. */
  readonly onReset: (level: 0 | 1) => void
  readonly coreMv: () => number
}

const RESET_PIN = 0
/** The firmware forgets a request of which nothing more comes. */
const PARTIAL_MS = 4
/** The record keeps so many. */
const MAX_TRANSACTIONS = 4000
const MALFORMED = 0xff
const CODE = { timeout: 0x10, invalid: 0x11, text: 0xff } as const

type Outcome =
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'error'; readonly code: number; readonly text?: string }

export class VirtualBridge {
  readonly #options: VirtualBridgeOptions
  readonly #parts: ReadonlyMap<number, I2cPart>
  readonly #transactions: BridgeTransaction[] = []
  #buffer: Uint8Array = new Uint8Array(0)
  #chunks = 0
  #resetLevel: 0 | 1 = 0
  #link: ByteLink | null = null

  constructor(options: VirtualBridgeOptions) {
    this.#options = options
    this.#parts = new Map(options.parts.map((part) => [part.address, part]))
  }

  get transactions(): readonly BridgeTransaction[] {
    return this.#transactions
  }

  get resetLevel(): 0 | 1 {
    return this.#resetLevel
  }

  /** @param link the board's end of the control port. Closing it changes nothing on the board. */
  attach(link: ByteLink): void {
    this.#link = link
    this.#buffer = new Uint8Array(0)
    link.onBytes((bytes) => {
      if (this.#link === link) this.#take(bytes)
    })
  }

  #take(bytes: Uint8Array): void {
    if (this.#options.faults.get('control-mute') !== null) return
    const chunk = ++this.#chunks
    this.#buffer = concatBytes(this.#buffer, bytes)
    const size = this.#buffer.length < 2 ? Infinity : this.#buffer[0]! | (this.#buffer[1]! << 8)
    if (this.#buffer.length < Math.min(size, 256)) {
      this.#options.clock.after(PARTIAL_MS, () => {
        if (chunk === this.#chunks) this.#buffer = new Uint8Array(0)
      })
      return
    }
    const request = this.#buffer
    this.#buffer = new Uint8Array(0)
    // Two requests at once are no request to it.
    if (request.length !== size || size < 6 || request[3] !== 0) {
      this.#answer(MALFORMED, { kind: 'error', code: CODE.invalid })
    } else this.#answer(request[2]!, this.#serve(request[4]!, request[5]!, request.slice(6)))
  }

  #answer(id: number, outcome: Outcome): void {
    this.#link?.write(this.#encode(id, outcome)).catch(() => undefined)
  }

  #encode(id: number, outcome: Outcome): Uint8Array {
    const v1 = this.#options.format === 'v1'
    if (outcome.kind === 'error') {
      const text = new TextEncoder().encode(outcome.text ?? '')
      return concatBytes(Uint8Array.of(4 + text.length, 0, id, outcome.code), text)
    }
    const { data } = outcome
    const head = v1 ? [4 + data.length, 0, id, 0] : [data.length, 0, id]
    return concatBytes(Uint8Array.from(head), data)
  }

  #serve(page: number, command: number, data: Uint8Array): Outcome {
    if (page === 0x05) return this.#i2c(command, data)
    if (page === 0x06) return this.#gpio(command, data)
    if (page === 0x07 && command === 0x50) {
      const raw = Math.round(this.#options.coreMv())
      return this.#record('adc', command, data, Uint8Array.of(raw & 0xff, raw >> 8))
    }
    if (page === 0x08 && command === 0x10 && data.length === 3)
      return this.#record('led', command, data, data)
    return { kind: 'error', code: CODE.invalid }
  }

  #gpio(pin: number, data: Uint8Array): Outcome {
    if (pin !== RESET_PIN || data.length > 1) return { kind: 'error', code: CODE.invalid }
    const level = data[0]
    if (level === undefined) return this.#record('gpio-read', pin, data, Uint8Array.of(this.#resetLevel))
    this.#resetLevel = level === 0 ? 0 : 1
    const outcome = this.#record('gpio-write', pin, data, Uint8Array.of(this.#resetLevel))
    this.#options.onReset(this.#resetLevel)
    return outcome
  }

  #i2c(command: number, data: Uint8Array): Outcome {
    if (command === 0x10) return this.#record('i2c-frequency', 0, data, data)
    const kind = ({ 0x20: 'i2c-write', 0x30: 'i2c-read', 0x40: 'i2c-write-read' } as const)[command]
    const [address] = data
    if (kind === undefined || address === undefined) return { kind: 'error', code: CODE.invalid }
    const rest = data.slice(1)
    const part = this.#parts.get(address)
    const nack = this.#options.faults.get('i2c-nack')
    if (part === undefined)
      return this.#record(kind, address, rest, null, { kind: 'error', code: CODE.timeout })
    if (nack !== null && (nack.address === null || nack.address === address)) {
      return this.#record(kind, address, rest, null, { kind: 'error', code: CODE.text, text: 'I2C NACK' })
    }
    if (kind === 'i2c-write') {
      part.write(rest)
      return this.#record(kind, address, rest, Uint8Array.of(rest.length))
    }
    if (kind === 'i2c-write-read') part.write(rest.subarray(0, -1))
    return this.#record(kind, address, rest, part.read(rest.at(-1) ?? 0))
  }

  #record(
    kind: BridgeTransaction['kind'],
    address: number,
    bytes: Uint8Array,
    reply: Uint8Array | null,
    error: Outcome = { kind: 'error', code: CODE.invalid },
  ): Outcome {
    this.#transactions.push({ atMs: this.#options.clock.monotonicMs(), kind, address, bytes, reply })
    if (this.#transactions.length > MAX_TRANSACTIONS) this.#transactions.shift()
    return reply === null ? error : { kind: 'data', data: reply }
  }
}
