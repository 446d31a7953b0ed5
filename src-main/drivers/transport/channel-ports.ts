/**
 * Ports that are no tty: lines of simulated boards, opened by name like any other. `BoardPort` is the socket on the
 * board, `ChannelPorts` what a thread knows by name; `message-port.ts` joins the two where they are in different
 * threads. One opener at a time, as with a tty.
 */
import { HeadframeError } from '../../base/index.ts'
import { type ByteLink, type LineSettings } from '../model/byte-link.ts'
import { requireBaudRate } from './link-core.ts'
import { type MemoryLink, memoryLinkPair, type MemoryLinkOptions } from './memory-link.ts'

/** Something that can be opened like a port. */
export interface ChannelPort {
  /** @throws HeadframeError `port/busy`, `port/not-found`, `port/open-failed`, `port/bad-rate` */
  open(line: LineSettings): Promise<ByteLink>
}

/** The ports that can be opened by name in this thread. */
export class ChannelPorts {
  readonly #ports = new Map<string, ChannelPort>()

  /** Makes a port known; one of the same name is replaced: a board plugged in again. */
  add(name: string, port: ChannelPort): void {
    this.#ports.set(name, port)
  }

  /** @param port if given, the name is only forgotten while it stands for this port */
  remove(name: string, port?: ChannelPort): void {
    if (port === undefined || this.#ports.get(name) === port) this.#ports.delete(name)
  }

  has(name: string): boolean {
    return this.#ports.has(name)
  }

  /** @throws HeadframeError `port/not-found`, and as `ChannelPort.open` */
  async open(name: string, line: LineSettings): Promise<ByteLink> {
    const port = this.#ports.get(name)
    if (port === undefined) throw notFound(name)
    return await port.open(line)
  }
}

export interface BoardPortOptions extends Pick<MemoryLinkOptions, 'chunkBytes' | 'schedule'> {
  /** Rate at which each new end of the board listens; null (also if absent): every rate is understood. */
  readonly boardBaudRate?: number | null
}

/** The board's side of a port. Each time somebody opens it the board is given a fresh end. */
export class BoardPort implements ChannelPort {
  readonly name: string
  readonly #options: BoardPortOptions
  readonly #accept: (end: MemoryLink) => void
  #host: MemoryLink | null = null
  #unplugged: string | null = null

  /**
   * @param accept is given the board's end; it ends with `closed` when the other side closes it. Listen at once:
   * bytes may follow in the next turn.
   */
  constructor(name: string, accept: (end: MemoryLink) => void, options: BoardPortOptions = {}) {
    this.name = name
    this.#accept = accept
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#host !== null && this.#host.end === null
  }

  async open(line: LineSettings): Promise<MemoryLink> {
    requireBaudRate(this.name, line.baudRate)
    if (this.#unplugged !== null) throw notFound(this.name)
    if (this.isOpen) throw busy(this.name)
    const { host, board } = memoryLinkPair({
      ...this.#options,
      name: this.name,
      hostBaudRate: line.baudRate,
      stopBits: line.stopBits,
    })
    this.#host = host
    this.#accept(board)
    return host
  }

  /** The device is gone: what is open ends, and nothing can be opened until `replug`. */
  unplug(message = 'The device was unplugged.'): void {
    this.#unplugged = message
    this.#host?.unplug(message)
    this.#host = null
  }

  replug(): void {
    this.#unplugged = null
  }
}

export function notFound(name: string): HeadframeError {
  return new HeadframeError(
    'port/not-found',
    `There is no port ${name} any more. Plug the device in again.`,
    {
      context: { port: name },
    },
  )
}

export function busy(name: string): HeadframeError {
  return new HeadframeError(
    'port/busy',
    `${name} is in use by Headframe itself already. Close it there first.`,
    {
      context: { port: name, holder: 'Headframe' },
    },
  )
}
