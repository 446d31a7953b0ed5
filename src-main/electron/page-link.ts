/**
 * Hands message ports to the page: on its request, to our own page in the top frame alone, one at a time.
 * A request that comes before the core runs is answered when it does.
 */
import type { IpcMain, MessageChannelMain, WebFrameMain } from 'electron'
import { CONNECT_CHANNEL, PORT_CHANNEL } from '../../src-preload/channels.ts'
import { type Logger } from '../base/index.ts'
import { type PortServer } from './port-server.ts'

export interface PageLinkOptions {
  readonly ipcMain: Pick<IpcMain, 'on'>
  readonly log: Logger
  createChannel(): MessageChannelMain
  isOwnPage(address: string): boolean
}

export class PageLink {
  readonly #options: PageLinkOptions
  #server: PortServer | null = null
  #waiting: WebFrameMain | null = null
  #closePort: () => void = () => undefined

  constructor(options: PageLinkOptions) {
    this.#options = options
    options.ipcMain.on(CONNECT_CHANNEL, ({ senderFrame }) => this.#onRequest(senderFrame))
  }

  /** From now on requests are answered. */
  start(server: PortServer): void {
    this.#server = server
    const frame = this.#waiting
    this.#waiting = null
    if (frame) this.#hand(frame, server)
  }

  /** Takes the page's port away; it will ask for another and begin with fresh snapshots. */
  cut(): void {
    this.#closePort()
  }

  /** @param frame null if it is gone already */
  #onRequest(frame: WebFrameMain | null): void {
    if (frame === null) return
    if (frame.parent !== null || !this.#options.isOwnPage(frame.url)) {
      this.#options.log.warn('a port was asked for by something that is not the page')
      return
    }
    if (this.#server) this.#hand(frame, this.#server)
    else this.#waiting = frame
  }

  #hand(frame: WebFrameMain, server: PortServer): void {
    this.#closePort()
    // The page may have gone while it waited.
    if (frame.isDestroyed()) return
    const { port1, port2 } = this.#options.createChannel()
    this.#closePort = server.serve(port1)
    frame.postMessage(PORT_CHANNEL, null, [port2])
  }
}
