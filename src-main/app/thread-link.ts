/**
 * Typed calls and events between threads, over anything that passes structured clones. One side serves
 * procedures, the other calls them; the serving side may also post events. The same code runs between two
 * ends of a MessageChannel, so whatever a thread runs can be tested in process.
 */
import { type MessagePort } from 'node:worker_threads'
import { type ErrorCode, errorText, HeadframeError } from '../base/index.ts'

/** What `Worker`, `parentPort` and `MessagePort` have in common. */
export interface ThreadPort {
  /** @param transfer ports within the message that go over with it */
  postMessage(message: unknown, transfer?: readonly MessagePort[]): void
  on(event: 'message', listener: (message: unknown) => void): unknown
}

/** Procedures by name; each takes one argument. */
export type Procedures = Record<string, (argument: never) => unknown>

type ArgumentOf<P> = P extends (argument: infer A) => unknown ? A : never
type ResultOf<P> = P extends (argument: never) => infer R ? Awaited<R> : never

interface Call {
  readonly kind: 'call'
  readonly id: number
  readonly name: string
  readonly argument: unknown
}

interface WireError {
  readonly code: ErrorCode | null
  readonly message: string
  readonly context: HeadframeError['context']
}

type Reply =
  | { readonly kind: 'reply'; readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly kind: 'reply'; readonly id: number; readonly ok: false; readonly error: WireError }

interface Event {
  readonly kind: 'event'
  readonly event: unknown
}

/**
 * Answers calls from the other end.
 * @returns how to post an event
 */
export function serveThread<E>(port: ThreadPort, procedures: Procedures): (event: E) => void {
  const answer = async ({ id, name, argument }: Call): Promise<Reply> => {
    const procedure = procedures[name] as ((argument: unknown) => unknown) | undefined
    try {
      if (!procedure) throw new Error(`no procedure ${name}`)
      return { kind: 'reply', id, ok: true, value: await procedure(argument) }
    } catch (error) {
      return { kind: 'reply', id, ok: false, error: toWire(error) }
    }
  }
  port.on('message', (message) => {
    if (isKind<Call>(message, 'call')) void answer(message).then((reply) => port.postMessage(reply))
  })
  return (event) => port.postMessage({ kind: 'event', event } satisfies Event)
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: unknown): void
}

export class ThreadClient<P extends Procedures, E = never> {
  readonly #port: ThreadPort
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  #ended: Error | null = null

  constructor(port: ThreadPort, onEvent: (event: E) => void = () => {}) {
    this.#port = port
    port.on('message', (message) => {
      if (isKind<Reply>(message, 'reply')) this.#onReply(message)
      else if (isKind<Event>(message, 'event')) onEvent(message.event as E)
    })
  }

  /**
   * @param transfer ports within the argument that go over with it
   * @throws HeadframeError as the procedure did; Error when the thread has ended
   */
  call<K extends keyof P & string>(
    name: K,
    argument: ArgumentOf<P[K]>,
    transfer: readonly MessagePort[] = [],
  ): Promise<ResultOf<P[K]>> {
    if (this.#ended) return Promise.reject(this.#ended)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.#port.postMessage({ kind: 'call', id, name, argument } satisfies Call, transfer)
    })
  }

  /** To be called when the thread is gone: whatever waits fails with this. */
  end(error: Error): void {
    this.#ended = error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }

  #onReply(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if (reply.ok) waiting?.resolve(reply.value)
    else waiting?.reject(fromWire(reply.error))
  }
}

function isKind<T extends { kind: string }>(message: unknown, kind: T['kind']): message is T {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === kind
}

function toWire(error: unknown): WireError {
  return error instanceof HeadframeError
    ? { code: error.code, message: error.message, context: error.context }
    : { code: null, message: errorText(error), context: {} }
}

function fromWire({ code, message, context }: WireError): Error {
  return code === null ? new Error(message) : new HeadframeError(code, message, { context })
}
