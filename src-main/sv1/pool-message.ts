/**
 * What a Stratum V1 pool says to us, as values. Parsed by `parsePoolLine`; the same messages are sent by us
 * toward rigs with the `format…` functions of `notifications.ts` and `notify.ts`.
 */
import { type Sv1Error } from './error-codes.ts'
import { type Notify } from './notify.ts'
import { type RequestId } from './rig-message.ts'

export interface PoolResponse {
  readonly kind: 'response'
  /** Id of our request (we only use numbers); null if the pool sent something else. */
  readonly id: number | null
  readonly result: unknown
  /** Null when the reply carries no error; see `readVerdict` for replies to shares. */
  readonly error: Sv1Error | null
}

export type PoolMessage =
  | PoolResponse
  | { readonly kind: 'notify'; readonly notify: Notify }
  /** Applies from the next notify on. Finite and above 0. */
  | { readonly kind: 'set-difficulty'; readonly difficulty: number }
  /** Applies from the next notify on. */
  | { readonly kind: 'set-extranonce'; readonly extranonce1: Uint8Array; readonly extranonce2Size: number }
  | { readonly kind: 'set-version-mask'; readonly mask: number }
  | { readonly kind: 'set-goal'; readonly goal: string }
  /** Null host or port: the ones in use. */
  | {
      readonly kind: 'reconnect'
      readonly host: string | null
      readonly port: number | null
      readonly waitSeconds: number
    }
  | { readonly kind: 'show-message'; readonly text: string }
  | { readonly kind: 'get-version'; readonly id: RequestId }
  | { readonly kind: 'ping'; readonly id: RequestId }
  | { readonly kind: 'unknown-method'; readonly id: RequestId; readonly method: string }
