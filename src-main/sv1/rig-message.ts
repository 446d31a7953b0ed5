/**
 * What a Stratum V1 rig says to us, as values. Parsed by `parseRigLine`; the same requests are sent by us
 * toward a Stratum V1 pool with the `format…Request` functions.
 */
import { type Sv1Error } from './error-codes.ts'

/**
 * JSON text of a request's id exactly as the peer wrote it: `7`, `"a7"`, `null`. Replies carry it back
 * unchanged, whatever it is.
 */
export type RequestId = string

export interface SubscribeRequest {
  readonly kind: 'subscribe'
  readonly id: RequestId
  /** Software and version as announced, for instance `bitaxe/BM1370/v2.9.0`; empty if not given. */
  readonly userAgent: string
  /** Session id or extranonce1 the rig would like to resume; null if none. */
  readonly resumeSession: string | null
  /** Host the rig believes to be connected to; null if not given. */
  readonly host: string | null
  readonly port: number | null
}

export interface AuthorizeRequest {
  readonly kind: 'authorize'
  readonly id: RequestId
  readonly user: string
  /** Empty if not given. A secret: never logged. */
  readonly password: string
}

export interface SubmitRequest {
  readonly kind: 'submit'
  readonly id: RequestId
  readonly user: string
  readonly jobId: string
  /** As sent; whether the length fits is judged against the session. */
  readonly extranonce2: Uint8Array
  /** Unix seconds. */
  readonly ntime: number
  readonly nonce: number
  /** The rolled bits; null when the rig sent none. */
  readonly versionBits: number | null
}

export interface ConfigureRequest {
  readonly kind: 'configure'
  readonly id: RequestId
  /** Null if the extension was not asked for. */
  readonly versionRolling: { readonly mask: number; readonly minBitCount: number } | null
  /** Asked smallest difficulty; null if the extension was not asked for. */
  readonly minimumDifficulty: number | null
  readonly subscribeExtranonce: boolean
  /** Null if the `info` extension was not used. */
  readonly info: RigInfo | null
  /** Names of extensions we do not know, in order; each is to be answered false. At most 32 are kept. */
  readonly unknownExtensions: readonly string[]
}

/** The `info` extension (BIP310): what the rig says about itself. Null where it said nothing. */
export interface RigInfo {
  readonly connectionUrl: string | null
  readonly hardwareVersion: string | null
  readonly softwareVersion: string | null
  readonly hardwareId: string | null
}

export type RigMessage =
  | SubscribeRequest
  | AuthorizeRequest
  | SubmitRequest
  | ConfigureRequest
  | { readonly kind: 'suggest-difficulty'; readonly id: RequestId; readonly difficulty: number }
  /** `targetHex`: 64 lower-case hex digits, most significant first, as written on this wire. */
  | { readonly kind: 'suggest-target'; readonly id: RequestId; readonly targetHex: string }
  | { readonly kind: 'extranonce-subscribe'; readonly id: RequestId }
  | { readonly kind: 'multi-version'; readonly id: RequestId; readonly versionCount: number }
  | { readonly kind: 'get-transactions'; readonly id: RequestId; readonly jobId: string }
  | { readonly kind: 'ping'; readonly id: RequestId }
  | { readonly kind: 'pong'; readonly id: RequestId }
  | { readonly kind: 'unknown-method'; readonly id: RequestId; readonly method: string }
  /** A reply to something we asked the rig, such as `client.get_version` or `mining.ping`. */
  | {
      readonly kind: 'response'
      readonly id: RequestId
      readonly result: unknown
      readonly error: Sv1Error | null
    }
