/** A serial line, or whatever carries bytes like one: a real port, one end of a pty, a channel between threads. */
import { type Unsubscribe } from '../../base/index.ts'

/** Where a line is to be had. `channel`: a line between threads or within one, by the name it was registered with. */
export type PortAddress =
  { readonly kind: 'tty'; readonly path: string } | { readonly kind: 'channel'; readonly name: string }

/** 8 data bits, no parity, no flow control. */
export interface LineSettings {
  readonly baudRate: number
  /** 2 stands in for mark parity, which ttys cannot do everywhere. */
  readonly stopBits: 1 | 2
}

export interface LinkEnd {
  /** closed: by us. unplugged: the device is gone. failed: the system reported something else. */
  readonly kind: 'closed' | 'unplugged' | 'failed'
  /** A sentence for a person. */
  readonly message: string
}

export interface ByteLink {
  /** What a person knows it by, for instance `/dev/ttyACM0`. */
  readonly name: string
  /** Why it ended; null while it is open. */
  readonly end: LinkEnd | null
  /**
   * Resolves when the system has taken all bytes. Writes keep their order.
   * @throws HeadframeError `port/closed`, `port/write-failed`
   */
  write(bytes: Uint8Array): Promise<void>
  /** Resolves when all bytes have left. @throws as `write` */
  drain(): Promise<void>
  /** Drain first. @throws HeadframeError `port/bad-rate`, `port/closed` */
  setBaudRate(baudRate: number): Promise<void>
  /** Forgets what was received and not yet handed over. */
  discardInput(): Promise<void>
  onBytes(listener: (bytes: Uint8Array) => void): Unsubscribe
  /** Called once; at once if it has ended already. */
  onEnd(listener: (end: LinkEnd) => void): Unsubscribe
  /** Harmless when repeated; never throws. */
  close(): Promise<void>
}

/** @throws HeadframeError `port/busy` (names the holder where the system tells), `port/no-access`, `port/not-found`, `port/open-failed` */
export type OpenPort = (address: PortAddress, line: LineSettings) => Promise<ByteLink>
