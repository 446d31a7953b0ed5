/** Node's message port dressed as Electron's `MessagePortMain`: same queueing and closing, other event shape. */
import { EventEmitter } from 'node:events'
import { type MessagePort } from 'node:worker_threads'

export class MainPort extends EventEmitter {
  readonly #port: MessagePort

  constructor(port: MessagePort) {
    super()
    this.#port = port
    port.on('close', () => this.emit('close'))
  }

  postMessage(message: unknown): void {
    this.#port.postMessage(message)
  }

  /** Messages wait until here, as in Electron. */
  start(): void {
    this.#port.on('message', (data: unknown) => this.emit('message', { data, ports: [] }))
  }

  close(): void {
    this.#port.close()
  }
}
