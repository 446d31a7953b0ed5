/**
 * What all links have in common: who listens, what arrived before anybody did, and how it ended. Not a transport:
 * each link owns one of these and feeds it. A listener that throws is a bug; it stops neither the other listeners
 * nor the link, and is thrown again where the process reports bugs.
 */
import { HeadframeError, type Unsubscribe } from '../../base/index.ts'
import { type LinkEnd } from '../model/byte-link.ts'

/** Bytes kept while nobody listens; beyond it the oldest are forgotten, as a system's own buffer does. */
export const INBOX_BYTES: number = 64 * 1024

/** Rates that a port can be asked for; what its hardware makes of it is another matter. */
const MAX_BAUD_RATE = 12_000_000

/** @throws HeadframeError `port/bad-rate` */
export function requireBaudRate(name: string, baudRate: number): void {
  if (Number.isInteger(baudRate) && baudRate > 0 && baudRate <= MAX_BAUD_RATE) return
  throw new HeadframeError('port/bad-rate', `${name} cannot run at ${baudRate} baud. Choose a usual rate.`, {
    context: { port: name, baudRate },
  })
}

export class LinkCore {
  readonly #name: string
  readonly #byteListeners = new Set<(bytes: Uint8Array) => void>()
  readonly #endListeners = new Set<(end: LinkEnd) => void>()
  #inbox: Uint8Array[] = []
  #inboxBytes = 0
  #end: LinkEnd | null = null

  constructor(name: string) {
    this.#name = name
  }

  get end(): LinkEnd | null {
    return this.#end
  }

  /** @throws HeadframeError `port/closed` if it has ended */
  requireOpen(): void {
    if (this.#end === null) return
    throw new HeadframeError('port/closed', `${this.#name} is not open any more. ${this.#end.message}`, {
      context: { port: this.#name, end: this.#end.kind },
    })
  }

  /** Hands bytes over, or keeps them for the first who listens. They must not be changed afterwards. */
  receive(bytes: Uint8Array): void {
    if (this.#end !== null || bytes.length === 0) return
    if (this.#byteListeners.size === 0 || this.#inbox.length > 0) this.#keep(bytes)
    else this.#emit(bytes)
  }

  discard(): void {
    this.#inbox = []
    this.#inboxBytes = 0
  }

  onBytes(listener: (bytes: Uint8Array) => void): Unsubscribe {
    // A listener of its own for each subscription: the same function may be subscribed twice.
    const own = (bytes: Uint8Array): void => listener(bytes)
    this.#byteListeners.add(own)
    if (this.#inbox.length > 0) queueMicrotask(() => this.#handOver())
    return () => void this.#byteListeners.delete(own)
  }

  onEnd(listener: (end: LinkEnd) => void): Unsubscribe {
    if (this.#end !== null) {
      call(listener, this.#end)
      return () => undefined
    }
    const own = (end: LinkEnd): void => listener(end)
    this.#endListeners.add(own)
    return () => void this.#endListeners.delete(own)
  }

  /** The first end counts. @returns whether this was it */
  finish(end: LinkEnd): boolean {
    if (this.#end !== null) return false
    this.#handOver()
    // What was handed over may have ended it: then that was the first end.
    if (this.end !== null) return false
    this.#end = end
    this.discard()
    const listeners = [...this.#endListeners]
    this.#endListeners.clear()
    this.#byteListeners.clear()
    for (const listener of listeners) call(listener, end)
    return true
  }

  #keep(bytes: Uint8Array): void {
    this.#inbox.push(bytes)
    this.#inboxBytes += bytes.length
    while (this.#inboxBytes > INBOX_BYTES) this.#inboxBytes -= this.#inbox.shift()?.length ?? this.#inboxBytes
  }

  #handOver(): void {
    while (this.#byteListeners.size > 0 && this.#end === null) {
      const bytes = this.#inbox.shift()
      if (bytes === undefined) return
      this.#inboxBytes -= bytes.length
      this.#emit(bytes)
    }
  }

  #emit(bytes: Uint8Array): void {
    for (const listener of [...this.#byteListeners]) call(listener, bytes)
  }
}

function call<T>(listener: (value: T) => void, value: T): void {
  try {
    listener(value)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
