/** Requests that wait for a bridge, the most urgent first and in order within one urgency. No I/O, no time. */
import { HeadframeError, type Unsubscribe } from '../../base/index.ts'
import { type RequestOptions, type Urgency } from './buses.ts'
import { type BridgeReply } from './packets.ts'
import { type BridgeRequest } from './requests.ts'

const ORDER: readonly Urgency[] = ['shutdown', 'command', 'poll']

/** One request from being asked to being settled. Settles once; later outcomes are ignored. */
export class PendingRequest {
  readonly request: BridgeRequest
  readonly urgency: Urgency
  readonly reply: Promise<BridgeReply>
  #resolve: (reply: BridgeReply) => void = () => undefined
  #reject: (error: unknown) => void = () => undefined
  #forgetSignal: Unsubscribe = () => undefined
  #settled = false

  constructor(request: BridgeRequest, options: RequestOptions) {
    this.request = request
    this.urgency = options.urgency ?? 'command'
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const { signal } = options
    if (signal === undefined) return
    const cancel = (): void => this.fail(cancelledError(request))
    if (signal.aborted) {
      cancel()
      return
    }
    signal.addEventListener('abort', cancel, { once: true })
    this.#forgetSignal = () => signal.removeEventListener('abort', cancel)
  }

  /** Whether whoever asked has an answer, or does not want one any more. */
  get settled(): boolean {
    return this.#settled
  }

  succeed(reply: BridgeReply): void {
    if (this.#settle()) this.#resolve(reply)
  }

  fail(error: unknown): void {
    if (this.#settle()) this.#reject(error)
  }

  #settle(): boolean {
    if (this.#settled) return false
    this.#settled = true
    this.#forgetSignal()
    return true
  }
}

export class RequestQueue {
  readonly #waiting: Record<Urgency, PendingRequest[]> = { shutdown: [], command: [], poll: [] }

  add(pending: PendingRequest): void {
    this.#waiting[pending.urgency].push(pending)
  }

  /** The next that somebody still waits for. */
  take(): PendingRequest | null {
    for (const urgency of ORDER) {
      const line = this.#waiting[urgency]
      for (let next = line.shift(); next; next = line.shift()) if (!next.settled) return next
    }
    return null
  }

  /** @param keepShutdown leaves what takes power away in the queue */
  failAll(error: HeadframeError, keepShutdown: boolean): void {
    for (const urgency of ORDER) {
      if (keepShutdown && urgency === 'shutdown') continue
      for (const pending of this.#waiting[urgency].splice(0)) pending.fail(error)
    }
  }
}

function cancelledError(request: BridgeRequest): HeadframeError {
  return new HeadframeError(
    'control/cancelled',
    `The request (${request.what}) was given up before its answer came.`,
  )
}
