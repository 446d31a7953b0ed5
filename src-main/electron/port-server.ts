/**
 * The contract over message ports, as the window's page calls it. Which page may have a port is decided by
 * `page-link.ts`. A port knows no back pressure: a page that hangs is cut off (`window.ts`) and begins
 * with fresh snapshots when it returns.
 */
import { RPCHandler } from '@orpc/server/message-port'
import { type ApiContext, type ApiRouter, createInterceptors, isCallMessage } from '../api/index.ts'
import { errorText, type Logger } from '../base/index.ts'

/** The part of Electron's `MessagePortMain` that is used. */
export interface CallPort {
  on(event: 'message', listener: (message: { data: unknown }) => void): unknown
  on(event: 'close', listener: () => void): unknown
  postMessage(message: unknown): void
  start(): void
  close(): void
}

export class PortServer {
  readonly #handler: RPCHandler<ApiContext>
  readonly #log: Logger
  readonly #ends = new Set<() => void>()

  constructor(router: ApiRouter, log: Logger) {
    this.#handler = new RPCHandler(router, createInterceptors(log))
    this.#log = log
  }

  /** How many ports are being served. */
  get size(): number {
    return this.#ends.size
  }

  /**
   * Answers calls from `port` until either side closes it. A message that is no call closes it, too.
   * @returns closes the port and ends its streams; harmless when repeated
   */
  serve(port: CallPort): () => void {
    const closing: (() => void)[] = []
    const end = (): void => {
      if (!this.#ends.delete(end)) return
      for (const listener of closing) listener()
      port.close()
    }
    this.#ends.add(end)
    port.on('close', end)
    this.#handler.upgrade(
      {
        on: (event: string, listener: (message?: { data: unknown }) => void) => {
          if (event === 'close') closing.push(() => listener())
          if (event !== 'message') return
          port.on('message', ({ data }) => {
            if (isCallMessage(data)) return listener({ data })
            this.#log.warn('the page sent something that is not a call')
            end()
          })
        },
        postMessage: (message: unknown) => {
          try {
            port.postMessage(message)
          } catch (error) {
            this.#log.debug('an answer could not be sent', { error: errorText(error) })
          }
        },
      },
      { context: {} },
    )
    port.start()
    return end
  }

  /** Closes every port: the pages behind them will ask for new ones. */
  closeAll(): void {
    for (const end of [...this.#ends]) end()
  }
}
