/**
 * What the firmware of a practice rig is: it answers as its family does, from the state of the machine it runs on
 * (`rig-body.ts`). One file for each family beside this. Written from the rig API digest, sections 3 to 5, and on
 * purpose without a look at how `fleet` reads: what both have in common is the facts.
 *
 * Not here: sockets and ports (`firmware-host.ts`).
 */
import { type RigBody } from './rig-body.ts'

export interface FirmwareRequest {
  readonly method: string
  /** Without query. */
  readonly path: string
  readonly query: URLSearchParams
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  /** Whether it came over TLS. */
  readonly tls: boolean
  /** The usual port of the service that was asked: 80, 443, 6060, 8080; 80 where all are behind one port. */
  readonly port: number
}

export interface FirmwareReply {
  /** 200 if absent. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as it is; `json` as JSON with its content type. */
  readonly body?: string | Uint8Array
  readonly json?: unknown
}

/** Ends the connection without an answer. */
export const HANG_UP = Symbol('hang up')
/** Keeps the connection open and never answers. */
export const SAY_NOTHING = Symbol('say nothing')

export interface Firmware {
  /** As `fleet` would call it. */
  readonly family: string
  /** Usual ports by service; what is absent is not served. */
  readonly ports: {
    readonly http?: readonly number[]
    readonly https?: readonly number[]
    /** cgminer's kind. */
    readonly rpc?: readonly number[]
    /** Whatsminer v3. */
    readonly frames?: readonly number[]
  }
  http?(request: FirmwareRequest): FirmwareReply | typeof HANG_UP | typeof SAY_NOTHING
  /**
   * @param request as it came, without the newline
   * @returns what goes out before the connection is closed; the NUL at the end is the firmware's own to send or forget
   */
  rpc?(request: string): string | Uint8Array | typeof HANG_UP | typeof SAY_NOTHING
  /** @param request JSON text of one frame */
  frame?(request: string): string | typeof HANG_UP | typeof SAY_NOTHING
  /** WebSocket paths: called when a client connected; returns what to do when it leaves. */
  socket?(path: string, send: (text: string) => void): (() => void) | null
}

/** How one comes into being. */
export type BootFirmware = (body: RigBody) => Firmware
