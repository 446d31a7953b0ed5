/**
 * One question and one answer over a TCP connection of its own: connect, write, collect until the collector has enough.
 * How much is enough is the collector's (`rpc.ts`, `frames.ts`). Not HTTP.
 */
import { connect } from 'node:net'
import { type Clock, type HeadframeError, type Timer } from '../../base/index.ts'
import { type AskedOf, cutOff, explainSocketError, givenUp, timedOut, tooLarge } from './link-errors.ts'

/**
 * done: there is nothing more to come. enough: it is complete by the look of it, more would still belong to it. more: go
 * on. An error ends it.
 */
export type Progress = 'done' | 'enough' | 'more' | HeadframeError

export interface Collector {
  /** Called with each piece that came; it keeps what it needs. */
  take(piece: Uint8Array): Progress
  /** What was collected. @param ended whether the rig ended the connection first; null if that is too early */
  result(ended: boolean): Uint8Array | null
}

export interface ExchangeOptions extends AskedOf {
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  readonly payload: Uint8Array
  /** For all of it. */
  readonly timeoutMs: number
  readonly limitBytes: number
  readonly collector: Collector
}

/** How long more is waited for after an answer that looks complete. */
const LINGER_MS = 100

/** @throws HeadframeError `rig/…`, see `rig-link.ts` */
export function exchange(options: ExchangeOptions): Promise<Uint8Array> {
  const { host, port, clock, signal, payload, timeoutMs, limitBytes, collector } = options
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(givenUp(options))
      return
    }
    let received = 0
    let enough: Timer | null = null
    const socket = connect({ host, port, noDelay: true })
    const settle = (): void => {
      deadline.cancel()
      enough?.cancel()
      signal?.removeEventListener('abort', onAbort)
      socket.removeAllListeners()
      // What is reported after the outcome has nowhere to go.
      socket.on('error', () => undefined)
      socket.destroy()
    }
    const fail = (error: HeadframeError): void => {
      settle()
      reject(error)
    }
    const finish = (ended: boolean, cause?: unknown): void => {
      const bytes = collector.result(ended)
      if (bytes === null) {
        fail(cause === undefined ? cutOff(options) : explainSocketError(options, cause, received > 0))
        return
      }
      settle()
      resolve(bytes)
    }
    const onAbort = (): void => fail(givenUp(options))
    const deadline = clock.after(timeoutMs, () => {
      fail(timedOut(options, timeoutMs, received))
    })
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => socket.write(payload))
    socket.on('data', (piece: Uint8Array) => {
      enough?.cancel()
      enough = null
      received += piece.length
      if (received > limitBytes) {
        fail(tooLarge(options, limitBytes))
        return
      }
      const progress = collector.take(piece)
      if (progress === 'done') finish(false)
      else if (progress === 'enough') enough = clock.after(LINGER_MS, () => finish(false))
      else if (progress !== 'more') fail(progress)
    })
    socket.once('end', () => finish(true))
    socket.once('close', () => finish(true))
    socket.once('error', (error) => {
      // A reset takes with it what was under way; only a whole answer counts then.
      if (enough !== null) finish(false)
      else fail(explainSocketError(options, error, received > 0))
    })
  })
}
