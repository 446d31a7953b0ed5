/**
 * A port of the system as a `ByteLink`, by the serialport package, which is loaded when the first port is opened.
 * Facts that it rests on (asic-serial 8.1, and version 13 of the package as read and tried):
 * - A stream that has closed keeps new writes for a next opening: nothing may be written after the end.
 * - Its drain does not wait for writes that the stream still holds: writes are queued here, one at a time.
 * - Its flush forgets both directions, and so does a change to a usual rate: what was written is drained first.
 * - Unplugging shows as a close with an error, as a failed write, or not at all until something is written.
 * - `hupcl` stays on: off does not clear the flag that ttys come with, so closing drops DTR on Linux and macOS either
 *   way (no board that we drive listens to it), while on Windows off means that DTR is never raised, and bridge
 *   firmware that waits for DTR then never answers.
 * - `lock` is advisory (flock): it keeps out a second Headframe, not every other program.
 */
import { type SerialPort } from 'serialport'
import { type Clock, errorText, HeadframeError, type Timer, type Unsubscribe } from '../../base/index.ts'
import { type ByteLink, type LineSettings, type LinkEnd } from '../model/byte-link.ts'
import { LinkCore, requireBaudRate } from './link-core.ts'
import { openFailureError, openFailureKind } from './open-failure.ts'
import { findPortHolders } from './port-holders.ts'
import { loadSerialPort } from './serial-package.ts'

/** So long may the system take for bytes that we gave it: 64 KiB need 6 s at 115 200 baud, and we write frames. */
const TAKE_TIMEOUT_MS = 5_000

export interface SerialEnvironment {
  readonly clock: Clock
  readonly platform: NodeJS.Platform
}

/** @throws HeadframeError `port/busy`, `port/no-access`, `port/not-found`, `port/open-failed`, `port/bad-rate` */
export async function openSerialLink(
  path: string,
  line: LineSettings,
  environment: SerialEnvironment,
): Promise<ByteLink> {
  requireBaudRate(path, line.baudRate)
  const Port = await loadSerialPort(path)
  const port = new Port({
    path,
    baudRate: line.baudRate,
    stopBits: line.stopBits,
    dataBits: 8,
    parity: 'none',
    lock: true,
    autoOpen: false,
  })
  try {
    await new Promise<void>((resolve, reject) =>
      port.open((error) => (error === null ? resolve() : reject(error))),
    )
  } catch (cause) {
    const text = errorText(cause)
    const { platform } = environment
    const busy = openFailureKind(text, platform) === 'busy'
    const holders = busy ? await findPortHolders(path, platform) : { holders: [], incomplete: true }
    throw openFailureError({ path, text, platform, holders, pid: process.pid, cause })
  }
  return new SerialLink(path, port, environment.clock)
}

class SerialLink implements ByteLink {
  readonly name: string
  readonly #core: LinkCore
  readonly #port: SerialPort
  readonly #clock: Clock
  /** What was asked last; the next waits for it. Never rejects. */
  #last: Promise<void> = Promise.resolve()
  #closed: Promise<void> | null = null

  constructor(name: string, port: SerialPort, clock: Clock) {
    this.name = name
    this.#core = new LinkCore(name)
    this.#port = port
    this.#clock = clock
    port.on('data', (bytes: Buffer) => this.#core.receive(Uint8Array.from(bytes)))
    port.on('close', (error: Error | null) => {
      this.#core.finish(error === null ? closedEnd() : unpluggedEnd(error))
    })
    // The package closes by itself after most of these; where it does not, the line is of no use either.
    port.on('error', (error: Error) => this.#break(unpluggedEnd(error)))
    port.on('end', () => this.#break(unpluggedEnd(new Error('end of file'))))
  }

  get end(): LinkEnd | null {
    return this.#core.end
  }

  write(bytes: Uint8Array): Promise<void> {
    const own = Buffer.from(bytes)
    return this.#next('write', (done) => void this.#port.write(own, done))
  }

  drain(): Promise<void> {
    return this.#next('drain', (done) => this.#port.drain(done))
  }

  async setBaudRate(baudRate: number): Promise<void> {
    requireBaudRate(this.name, baudRate)
    // In one turn, so that nothing is written between.
    const drained = this.drain()
    const set = this.#next('rate', (done) => this.#port.update({ baudRate }, done))
    await Promise.all([drained, set])
  }

  async discardInput(): Promise<void> {
    const drained = this.drain()
    const flushed = this.#next('flush', (done) => this.#port.flush(done))
    await Promise.all([drained, flushed])
    this.#core.discard()
  }

  onBytes(listener: (bytes: Uint8Array) => void): Unsubscribe {
    return this.#core.onBytes(listener)
  }

  onEnd(listener: (end: LinkEnd) => void): Unsubscribe {
    return this.#core.onEnd(listener)
  }

  close(): Promise<void> {
    this.#core.finish(closedEnd())
    this.#closed ??= this.#closePort()
    return this.#closed
  }

  /** Runs one call of the package after all that were asked for before, for as long as the line is there. */
  #next(what: Operation, run: (done: (error: Error | null | undefined) => void) => void): Promise<void> {
    const result = this.#last.then(() => this.#run(what, run))
    this.#last = result.catch(() => undefined)
    return result
  }

  async #run(what: Operation, run: (done: (error: Error | null | undefined) => void) => void): Promise<void> {
    this.#core.requireOpen()
    let timer: Timer | null = null
    let stopWaiting: Unsubscribe = () => undefined
    try {
      await new Promise<void>((resolve, reject) => {
        timer = this.#clock.after(TAKE_TIMEOUT_MS, () => reject(new Error(TOOK_TOO_LONG)))
        stopWaiting = this.#core.onEnd(() => reject(new Error('the port has ended')))
        run((error) => (error ? reject(error) : resolve()))
      })
    } catch (cause) {
      // Whoever closed it knows; for everybody else the end says why.
      this.#core.requireOpen()
      if (what === 'rate') throw badRate(this.name, cause)
      const late = errorText(cause) === TOOK_TOO_LONG
      this.#break(late ? { kind: 'failed', message: `It ${TOOK_TOO_LONG}.` } : unpluggedEnd(cause))
      throw new HeadframeError(
        'port/write-failed',
        `${this.name} takes no more bytes: ${errorText(cause)}. Unplug the device and plug it in again.`,
        { context: { port: this.name }, cause },
      )
    } finally {
      stopWaiting()
      if (timer !== null) cancel(timer)
    }
  }

  /** Ends for another reason than `close`, and gives the port back to the system. */
  #break(end: LinkEnd): void {
    this.#core.finish(end)
    this.#closed ??= this.#closePort()
  }

  async #closePort(): Promise<void> {
    if (!this.#port.isOpen) return
    // What it reports is of no use: the line has ended for us already.
    await new Promise<void>((resolve) => this.#port.close(() => resolve()))
  }
}

type Operation = 'write' | 'drain' | 'rate' | 'flush'

const TOOK_TOO_LONG = `took no bytes for ${TAKE_TIMEOUT_MS / 1000} seconds`

function cancel(timer: Timer): void {
  timer.cancel()
}

function closedEnd(): LinkEnd {
  return { kind: 'closed', message: 'It was closed.' }
}

function unpluggedEnd(cause: unknown): LinkEnd {
  return { kind: 'unplugged', message: `The device was unplugged (${errorText(cause)}).` }
}

function badRate(name: string, cause: unknown): HeadframeError {
  return new HeadframeError('port/bad-rate', `${name} cannot be set to that rate: ${errorText(cause)}.`, {
    context: { port: name },
    cause,
  })
}
