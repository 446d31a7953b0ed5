/** The buses of a bridge over one function that asks it: what is sent, how it may fail, what the answer means. */
import { HeadframeError } from '../../base/index.ts'
import {
  type Adc,
  type GpioPins,
  type I2cBus,
  type Led,
  type PinLevel,
  type RequestOptions,
} from './buses.ts'
import { type BridgeReply, describeReplyError, isBusError } from './packets.ts'
import {
  adcRequest,
  type BridgeRequest,
  gpioReadRequest,
  gpioWriteRequest,
  i2cFrequencyRequest,
  i2cReadRequest,
  i2cWriteReadRequest,
  i2cWriteRequest,
  ledRequest,
} from './requests.ts'

/** Sends one request. @returns the reply, which may be an error of the bridge @throws HeadframeError `control/…` */
export type AskBridge = (request: BridgeRequest, options: RequestOptions) => Promise<BridgeReply>

/** Replies must fit one USB packet of 64 bytes, head included. */
const MAX_TRANSFER_BYTES = 48

export function bridgeBuses(ask: AskBridge): {
  readonly i2c: I2cBus
  readonly gpio: GpioPins
  readonly adc: Adc
  readonly led: Led
} {
  const data = async (
    request: BridgeRequest,
    options: RequestOptions,
    address?: number,
  ): Promise<Uint8Array> => {
    const reply = await ask(request, options)
    if (reply.kind === 'error') throw replyError(request, reply.code, reply.text, address)
    return reply.data
  }

  return {
    i2c: {
      async setFrequency(frequencyHz, options = {}) {
        if (!Number.isInteger(frequencyHz) || frequencyHz < 1 || frequencyHz > 1_000_000) {
          throw badRequest(`I2C cannot run at ${frequencyHz} Hz.`)
        }
        await data(i2cFrequencyRequest(frequencyHz), options)
      },
      async write(address, bytes, options = {}) {
        requireTransfer(address, bytes.length, 0)
        const [written] = await data(i2cWriteRequest(address, bytes), options, address)
        if (written !== bytes.length) {
          const text = `The part at ${hexByte(address)} took ${written ?? 0} of ${bytes.length} bytes.`
          throw new HeadframeError('i2c/no-answer', text, { context: { address } })
        }
      },
      async read(address, count, options = {}) {
        requireTransfer(address, 0, count, 1)
        return await data(i2cReadRequest(address, count), options, address)
      },
      async writeRead(address, bytes, count, options = {}) {
        requireTransfer(address, bytes.length, count, 1)
        return await data(i2cWriteReadRequest(address, bytes, count), options, address)
      },
    },
    gpio: {
      async read(pin, options = {}) {
        const [level] = await data(gpioReadRequest(requirePin(pin)), options)
        return level === 0 ? 0 : 1
      },
      async write(pin, level, options = {}) {
        const [got] = await data(gpioWriteRequest(requirePin(pin), level), options)
        if ((got === 0 ? 0 : 1) !== level) throw pinError(pin, level)
      },
    },
    adc: {
      async readRaw(input, options = {}) {
        const [low = 0, high = 0] = await data(adcRequest(input), options)
        return low | (high << 8)
      },
    },
    led: {
      async setColour(red, green, blue, options = {}) {
        await data(ledRequest(red & 0xff, green & 0xff, blue & 0xff), options)
      },
    },
  }
}

/** Addresses 00 to 07 and 78 to 7f are the bus's own. */
function requireTransfer(address: number, writeCount: number, readCount: number, minRead = 0): void {
  if (!Number.isInteger(address) || address < 0x08 || address > 0x77) {
    throw badRequest(`${address} is not an I2C address of a part.`)
  }
  if (writeCount > MAX_TRANSFER_BYTES || readCount > MAX_TRANSFER_BYTES || readCount < minRead) {
    throw badRequest(`A transfer of ${writeCount} bytes out and ${readCount} in cannot be sent.`)
  }
}

function requirePin(pin: number): number {
  if (Number.isInteger(pin) && pin >= 0 && pin <= 0xff) return pin
  throw new HeadframeError('control/bad-request', `${pin} is not a pin of a bridge.`)
}

function badRequest(message: string): HeadframeError {
  return new HeadframeError('i2c/bad-request', message)
}

function pinError(pin: number, level: PinLevel): HeadframeError {
  return new HeadframeError('control/bad-reply', `Pin ${pin} did not go to ${level}.`, {
    context: { pin, level },
  })
}

function replyError(request: BridgeRequest, code: number, text: string, address?: number): HeadframeError {
  const said = describeReplyError(code, text)
  if (address !== undefined && isBusError(code)) {
    const message = `The part at ${hexByte(address)} does not answer (${said}). If it stays so, the board is damaged or another one than expected.`
    return new HeadframeError('i2c/no-answer', message, { context: { address, code } })
  }
  return new HeadframeError('control/refused', `The board refused a request (${request.what}): ${said}.`, {
    context: { what: request.what, code },
  })
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
