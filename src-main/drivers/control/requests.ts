/**
 * What a bridge can be asked, as bytes: the request side of the USB control protocol, pure. Replies are `packets.ts`.
 * asic-serial 6.2 and fixtures/asic/bitaxe-raw.json.
 *
 * length(2, little-endian, whole packet) · id · bus 00 · page · command · data
 */
import { concatBytes } from '../../base/index.ts'
import { type AdcInput, type PinLevel } from './buses.ts'

/** A request but its id. */
export interface BridgeRequest {
  readonly page: number
  readonly command: number
  readonly data: Uint8Array
  /** Data bytes of a successful reply; null where firmware is free in it. */
  readonly replyLength: number | null
  /** For messages and logs, for instance `read 2 bytes from 4c`. */
  readonly what: string
}

const PAGE_I2C = 0x05
const PAGE_GPIO = 0x06
const PAGE_ADC = 0x07
const PAGE_LED = 0x08
/** Of bitcrane boards. */
const PAGE_FAN = 0x09

/** @param id 0 to 255 @returns 6 bytes and the data */
export function encodeRequest(id: number, request: BridgeRequest): Uint8Array {
  const length = 6 + request.data.length
  const head = Uint8Array.of(length & 0xff, length >> 8, id, 0, request.page, request.command)
  return concatBytes(head, request.data)
}

export function i2cFrequencyRequest(frequencyHz: number): BridgeRequest {
  const data = new Uint8Array(4)
  new DataView(data.buffer).setUint32(0, frequencyHz, true)
  return { page: PAGE_I2C, command: 0x10, data, replyLength: 4, what: `I2C at ${frequencyHz} Hz` }
}

/** The reply is the count of bytes written. */
export function i2cWriteRequest(address: number, bytes: Uint8Array): BridgeRequest {
  const data = concatBytes(Uint8Array.of(address), bytes)
  return { page: PAGE_I2C, command: 0x20, data, replyLength: 1, what: `I2C write to ${hexByte(address)}` }
}

export function i2cReadRequest(address: number, count: number): BridgeRequest {
  const data = Uint8Array.of(address, count)
  return {
    page: PAGE_I2C,
    command: 0x30,
    data,
    replyLength: count,
    what: `I2C read from ${hexByte(address)}`,
  }
}

export function i2cWriteReadRequest(address: number, bytes: Uint8Array, count: number): BridgeRequest {
  const data = concatBytes(Uint8Array.of(address), bytes, Uint8Array.of(count))
  return {
    page: PAGE_I2C,
    command: 0x40,
    data,
    replyLength: count,
    what: `I2C read from ${hexByte(address)}`,
  }
}

export function gpioReadRequest(pin: number): BridgeRequest {
  return {
    page: PAGE_GPIO,
    command: pin,
    data: new Uint8Array(0),
    replyLength: 1,
    what: `level of pin ${pin}`,
  }
}

/** The reply is the level the pin has then. */
export function gpioWriteRequest(pin: number, level: PinLevel): BridgeRequest {
  const data = Uint8Array.of(level)
  return { page: PAGE_GPIO, command: pin, data, replyLength: 1, what: `pin ${pin} to ${level}` }
}

/** The reply is 2 bytes, little-endian, unscaled. */
export function adcRequest(input: AdcInput): BridgeRequest {
  const command = input === 'core' ? 0x50 : 0x51
  return { page: PAGE_ADC, command, data: new Uint8Array(0), replyLength: 2, what: `ADC, ${input} voltage` }
}

/** The reply is the colour. */
export function ledRequest(red: number, green: number, blue: number): BridgeRequest {
  const data = Uint8Array.of(red, green, blue)
  return { page: PAGE_LED, command: 0x10, data, replyLength: 3, what: 'colour of the LED' }
}

/** @param fan 1 to 4 @param percent 0 to 100 */
export function fanDutyRequest(fan: number, percent: number): BridgeRequest {
  const data = Uint8Array.of(percent)
  return { page: PAGE_FAN, command: 0x10 + fan, data, replyLength: null, what: `duty of fan ${fan}` }
}

/** @param fan 1 to 4 */
export function fanSpeedRequest(fan: number): BridgeRequest {
  return {
    page: PAGE_FAN,
    command: 0x20 + fan,
    data: new Uint8Array(0),
    replyLength: null,
    what: `speed of fan ${fan}`,
  }
}

/** Restarts the bridge. There is no reply: the device leaves the bus and comes back. */
export function rebootRequest(): BridgeRequest {
  const data = Uint8Array.of(0xde, 0xad, 0xbe, 0xef)
  return { page: 0x09, command: 0x01, data, replyLength: null, what: 'restart of the bridge' }
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
