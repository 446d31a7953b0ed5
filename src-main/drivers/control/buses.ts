/**
 * What a board's control channel offers to those who look after its power, fan and sensors: small buses, whoever
 * carries them. Interfaces only; `bridge-client.ts` speaks them over a USB bridge, tests and simulated boards answer
 * them directly. Digest of the control protocol: asic-serial 6.2.
 */
import { type Unsubscribe } from '../../base/index.ts'

/**
 * What goes first when several requests wait: taking power away, then commands, then reading sensors. Whoever asks
 * without saying so gives a command.
 */
export type Urgency = 'shutdown' | 'command' | 'poll'

export interface RequestOptions {
  readonly urgency?: Urgency
  /** Gives up waiting; a request that has left already is still let run to its end before the next one. */
  readonly signal?: AbortSignal
}

/**
 * Addresses are 7 bits. Every method throws HeadframeError: `i2c/no-answer` (the part does not acknowledge or the
 * bridge reports an error on the bus), `i2c/bad-request` (address or length that cannot be sent), and
 * `control/…` as `BoardBridge`.
 */
export interface I2cBus {
  /** @param frequencyHz 100000 is safe with every part that we know */
  setFrequency(frequencyHz: number, options?: RequestOptions): Promise<void>
  /** @param bytes 0 to 48 bytes, usually a register and its value */
  write(address: number, bytes: Uint8Array, options?: RequestOptions): Promise<void>
  /** @param count 1 to 48 @returns exactly `count` bytes */
  read(address: number, count: number, options?: RequestOptions): Promise<Uint8Array>
  /** Writes, then reads after a repeated start. @returns exactly `count` bytes */
  writeRead(address: number, bytes: Uint8Array, count: number, options?: RequestOptions): Promise<Uint8Array>
}

export type PinLevel = 0 | 1

/** Pins are the bridge firmware's numbers. @throws HeadframeError `control/…` */
export interface GpioPins {
  read(pin: number, options?: RequestOptions): Promise<PinLevel>
  /** @returns once the bridge has confirmed the level */
  write(pin: number, level: PinLevel, options?: RequestOptions): Promise<void>
}

/** @throws HeadframeError `control/…` */
export interface Adc {
  /** Unscaled, 16 bits. `core`: behind the regulator; `input`: the board's supply. */
  readRaw(input: AdcInput, options?: RequestOptions): Promise<number>
}

export type AdcInput = 'core' | 'input'

/** @throws HeadframeError `control/…` */
export interface Led {
  /** Each 0 to 255. */
  setColour(red: number, green: number, blue: number, options?: RequestOptions): Promise<void>
}

/** Why a control channel is of no use any more. */
export interface ControlLoss {
  readonly code: 'control/lost' | 'control/closed'
  /** A sentence for a person. */
  readonly message: string
}

/**
 * Everything behind one control port. Methods throw HeadframeError: `control/timeout` (no reply in time),
 * `control/refused` (the bridge answered with an error), `control/bad-reply`, `control/lost` (silent three times in a
 * row), `control/closed`, `control/cancelled` (by the signal).
 */
export interface BoardBridge {
  readonly i2c: I2cBus
  readonly gpio: GpioPins
  readonly adc: Adc
  readonly led: Led
  /** Null while the channel works; stays once set. Only what takes power away is still tried then. */
  readonly loss: ControlLoss | null
  /** Called once; at once if it is lost already. */
  onLoss(listener: (loss: ControlLoss) => void): Unsubscribe
  /** Ends the link. Closing resets nothing: chips and fan stay as they are. Harmless when repeated. */
  close(): Promise<void>
}
