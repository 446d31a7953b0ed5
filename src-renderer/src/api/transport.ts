/**
 * What the connection needs of a way to reach the core: one attempt at a time, with an outcome that says
 * why it failed. Implemented over WebSocket (a browser), over a message port (the desktop window) and in
 * memory (tests).
 */
import type { Link } from './client.ts'

export type OpenOutcome =
  | {
      kind: 'open'
      link: Link
      /** Settles when the link has ended, whoever ended it. */
      closed: Promise<void>
      close(): void
    }
  /** The core is there and does not know us: a person must bring a token. */
  | { kind: 'unauthorised' }
  | { kind: 'unreachable' }

export interface Transport {
  /** One attempt. Never rejects; an aborted attempt is `unreachable`. */
  open(signal: AbortSignal): Promise<OpenOutcome>
}
