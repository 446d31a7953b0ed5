/**
 * A board's port that is opened in another thread: opening, bytes, rates, closing and unplugging as messages. The
 * simulation of the line itself stays with `BoardPort`, on the board's side; here is only the carrying.
 */
import { type Clock, type ErrorCode, HeadframeError, type Unsubscribe } from '../../base/index.ts'
import { type ByteLink, type LineSettings, type LinkEnd } from '../model/byte-link.ts'
import { type BoardPort, busy, type ChannelPort, notFound } from './channel-ports.ts'
import { LinkCore, requireBaudRate } from './link-core.ts'

/** What both ends of a `MessageChannel` of worker threads offer. */
export interface MessagePortLike {
  postMessage(message: PortMessage): void
  on(event: 'message', listener: (message: PortMessage) => void): unknown
  on(event: 'close', listener: () => void): unknown
  off(event: 'message', listener: (message: PortMessage) => void): unknown
  off(event: 'close', listener: () => void): unknown
}

/** `session` counts openings, so that what belongs to a closed one is not taken for the next. */
export type PortMessage =
  | { readonly op: 'open'; readonly session: number; readonly line: LineSettings }
  | { readonly op: 'opened'; readonly session: number }
  | { readonly op: 'refused'; readonly session: number; readonly code: ErrorCode; readonly text: string }
  | { readonly op: 'bytes'; readonly session: number; readonly bytes: Uint8Array }
  | { readonly op: 'rate'; readonly session: number; readonly baudRate: number }
  | { readonly op: 'drain'; readonly session: number; readonly ticket: number }
  | { readonly op: 'drained'; readonly session: number; readonly ticket: number }
  | { readonly op: 'close'; readonly session: number }
  | { readonly op: 'ended'; readonly session: number; readonly end: LinkEnd }

/** How long the board's thread may take to open its port. */
const OPEN_TIMEOUT_MS = 5_000

/** The opener's side: a port for `ChannelPorts`. The message port stays open, for the next opening, until `dispose`. */
export class MessageChannelPort implements ChannelPort {
  readonly name: string
  readonly #port: MessagePortLike
  readonly #clock: Clock
  readonly #onMessage = (message: PortMessage): void => this.#link?.take(message)
  readonly #onClose = (): void => this.dispose('The thread of this board has ended.')
  #link: MessageLink | null = null
  #session = 0
  #disposed = false

  constructor(name: string, port: MessagePortLike, clock: Clock) {
    this.name = name
    this.#port = port
    this.#clock = clock
    port.on('message', this.#onMessage)
    port.on('close', this.#onClose)
  }

  async open(line: LineSettings): Promise<ByteLink> {
    requireBaudRate(this.name, line.baudRate)
    if (this.#disposed) throw notFound(this.name)
    if (this.#link !== null && this.#link.end === null) throw busy(this.name)
    const session = ++this.#session
    const link = new MessageLink(this.name, session, this.#port)
    this.#link = link
    const timer = this.#clock.after(OPEN_TIMEOUT_MS, () => {
      link.refuse(
        new HeadframeError(
          'port/open-failed',
          `${this.name} did not open within ${OPEN_TIMEOUT_MS / 1000} seconds. Plug the device in again.`,
        ),
      )
    })
    this.#port.postMessage({
      op: 'open',
      session,
      line: { baudRate: line.baudRate, stopBits: line.stopBits },
    })
    try {
      await link.opened
    } catch (error) {
      this.#port.postMessage({ op: 'close', session })
      throw error
    } finally {
      timer.cancel()
    }
    return link
  }

  /** Lets go of the message port; an open link ends as unplugged. */
  dispose(message = 'The device was unplugged.'): void {
    if (this.#disposed) return
    this.#disposed = true
    this.#port.off('message', this.#onMessage)
    this.#port.off('close', this.#onClose)
    this.#link?.refuse(notFound(this.name))
    this.#link?.take({ op: 'ended', session: this.#session, end: { kind: 'unplugged', message } })
  }
}

class MessageLink implements ByteLink {
  readonly name: string
  readonly opened: Promise<void>
  readonly #core: LinkCore
  readonly #session: number
  readonly #port: MessagePortLike
  readonly #drains = new Map<number, () => void>()
  #ticket = 0
  #answer: { resolve: () => void; reject: (error: HeadframeError) => void } | null = null

  constructor(name: string, session: number, port: MessagePortLike) {
    this.name = name
    this.#core = new LinkCore(name)
    this.#session = session
    this.#port = port
    this.opened = new Promise((resolve, reject) => {
      this.#answer = { resolve, reject }
    })
  }

  get end(): LinkEnd | null {
    return this.#core.end
  }

  /** A message from the board's side. */
  take(message: PortMessage): void {
    if (message.session !== this.#session) return
    if (message.op === 'bytes') this.#core.receive(message.bytes)
    else if (message.op === 'ended') this.#finish(message.end)
    else if (message.op === 'refused') this.refuse(new HeadframeError(message.code, message.text))
    else if (message.op === 'opened') {
      this.#answer?.resolve()
      this.#answer = null
    } else if (message.op === 'drained') {
      this.#drains.get(message.ticket)?.()
      this.#drains.delete(message.ticket)
    }
  }

  /** It does not open. Without effect once it is open. */
  refuse(error: HeadframeError): void {
    if (this.#answer === null) return
    this.#answer.reject(error)
    this.#answer = null
    this.#finish({ kind: 'failed', message: error.message })
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#core.requireOpen()
    // A copy of its own: a view of a larger buffer would be sent with all of it.
    this.#port.postMessage({ op: 'bytes', session: this.#session, bytes: Uint8Array.from(bytes) })
  }

  async drain(): Promise<void> {
    this.#core.requireOpen()
    const ticket = ++this.#ticket
    const drained = new Promise<void>((resolve) => this.#drains.set(ticket, resolve))
    this.#port.postMessage({ op: 'drain', session: this.#session, ticket })
    await drained
    this.#core.requireOpen()
  }

  async setBaudRate(baudRate: number): Promise<void> {
    this.#core.requireOpen()
    requireBaudRate(this.name, baudRate)
    this.#port.postMessage({ op: 'rate', session: this.#session, baudRate })
  }

  async discardInput(): Promise<void> {
    this.#core.discard()
  }

  onBytes(listener: (bytes: Uint8Array) => void): Unsubscribe {
    return this.#core.onBytes(listener)
  }

  onEnd(listener: (end: LinkEnd) => void): Unsubscribe {
    return this.#core.onEnd(listener)
  }

  async close(): Promise<void> {
    if (this.#core.end !== null) return
    this.#port.postMessage({ op: 'close', session: this.#session })
    this.#finish({ kind: 'closed', message: 'It was closed.' })
  }

  #finish(end: LinkEnd): void {
    if (!this.#core.finish(end)) return
    for (const resolve of this.#drains.values()) resolve()
    this.#drains.clear()
  }
}

/**
 * The board's side: lets `boardPort` be opened through a message port. Several message ports may lead to one board
 * port; who comes second is told that it is busy.
 * @returns how to stop; an open line is closed
 */
export function serveMessagePort(port: MessagePortLike, boardPort: BoardPort): Unsubscribe {
  let current: { session: number; link: ByteLink } | null = null
  let newest = 0

  const open = async (session: number, line: LineSettings): Promise<void> => {
    newest = session
    let link: ByteLink
    try {
      link = await boardPort.open(line)
    } catch (error) {
      if (!(error instanceof HeadframeError)) throw error
      port.postMessage({ op: 'refused', session, code: error.code, text: error.message })
      return
    }
    if (newest !== session) return await link.close()
    current = { session, link }
    port.postMessage({ op: 'opened', session })
    link.onBytes((bytes) => port.postMessage({ op: 'bytes', session, bytes: Uint8Array.from(bytes) }))
    link.onEnd((end) => {
      if (current?.session === session) current = null
      port.postMessage({ op: 'ended', session, end })
    })
  }

  const take = (message: PortMessage): void => {
    if (message.op === 'open') return void open(message.session, message.line)
    if (message.op === 'close' && newest === message.session) newest = -1
    if (current === null || current.session !== message.session) return
    const { session, link } = current
    // A line that ended meanwhile has said so itself; what was meant for it is dropped.
    const dropped = (): void => undefined
    if (message.op === 'bytes') link.write(message.bytes).catch(dropped)
    else if (message.op === 'rate') link.setBaudRate(message.baudRate).catch(dropped)
    else if (message.op === 'close') void link.close()
    else if (message.op === 'drain') {
      const { ticket } = message
      link.drain().then(() => port.postMessage({ op: 'drained', session, ticket }), dropped)
    }
  }

  const stop = (): void => {
    port.off('message', take)
    port.off('close', stop)
    newest = -1
    void current?.link.close()
    current = null
  }
  port.on('message', take)
  port.on('close', stop)
  return stop
}
