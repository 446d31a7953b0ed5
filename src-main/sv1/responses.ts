/**
 * Replies: written toward rigs in the conventional form (id, result, error as an array), read from pools in
 * every form they use.
 */
import { err, ok, type Result, toHex, tryFromHex } from '../base/index.ts'
import { asciiJson } from './envelope.ts'
import { fromText, SV1_ERROR, type Sv1Error } from './error-codes.ts'
import { readNumber, readText } from './quirks.ts'
import { type RequestId } from './rig-message.ts'

/** `{"id":…,"result":true,"error":null}`: the reply to an accepted share. */
export function formatTrue(id: RequestId | number): string {
  return `{"id":${String(id)},"result":true,"error":null}\n`
}

/** A reply with any JSON-safe result. */
export function formatResult(id: RequestId | number, result: unknown): string {
  return `{"id":${String(id)},"result":${asciiJson(result)},"error":null}\n`
}

/** The reply to a refused request: `[code, message, null]`. */
export function formatError(id: RequestId | number, code: number, message: string): string {
  return `{"id":${String(id)},"result":null,"error":[${String(code)},${asciiJson(message)},null]}\n`
}

/** The reply to `mining.ping`, as cgminer sends it. */
export function formatPong(id: RequestId | number): string {
  return `{"id":${String(id)},"result":"pong","error":null}\n`
}

export interface SubscribeResult {
  /** Null when the pool named none. */
  readonly sessionId: string | null
  readonly extranonce1: Uint8Array
  /** Bytes. */
  readonly extranonce2Size: number
}

/** The reply to `mining.subscribe`; a null session id is sent as the extranonce1. */
export function formatSubscribeResult(id: RequestId | number, result: SubscribeResult): string {
  const extranonce1 = toHex(result.extranonce1)
  const session = result.sessionId ?? extranonce1
  return formatResult(id, [
    [
      ['mining.set_difficulty', session],
      ['mining.notify', session],
    ],
    extranonce1,
    result.extranonce2Size,
  ])
}

const MAX_EXTRANONCE_BYTES = 64
const MAX_SESSION_CHARS = 128

/**
 * A pool's reply to `mining.subscribe`: `[subscriptions, extranonce1, extranonce2_size]`, where subscriptions
 * may be a list of pairs, one pair, empty or null.
 */
export function readSubscribeResult(result: unknown): Result<SubscribeResult, string> {
  if (!Array.isArray(result)) return err('the reply to mining.subscribe is not a list')
  const [subscriptions, extranonce1Text, sizeField] = result as readonly unknown[]
  const space = readExtranonceSpace(extranonce1Text, sizeField)
  if (!space.ok) return space
  return ok({ sessionId: sessionOf(subscriptions), ...space.value })
}

/** Extranonce1 and the size of extranonce2, from a subscribe reply or `mining.set_extranonce`. */
export function readExtranonceSpace(
  extranonce1Text: unknown,
  sizeField: unknown,
): Result<{ extranonce1: Uint8Array; extranonce2Size: number }, string> {
  const extranonce1 = typeof extranonce1Text === 'string' ? tryFromHex(extranonce1Text) : undefined
  if (extranonce1 === undefined || extranonce1.length > MAX_EXTRANONCE_BYTES) {
    return err('extranonce1 is not hex of whole bytes')
  }
  const extranonce2Size = readNumber(sizeField)
  if (
    extranonce2Size === undefined ||
    !Number.isInteger(extranonce2Size) ||
    extranonce2Size < 0 ||
    extranonce2Size > MAX_EXTRANONCE_BYTES
  ) {
    return err('the size of extranonce2 is not a small number of bytes')
  }
  return ok({ extranonce1, extranonce2Size })
}

function sessionOf(subscriptions: unknown): string | null {
  if (!Array.isArray(subscriptions)) return null
  const list = subscriptions as readonly unknown[]
  const pairs = typeof list[0] === 'string' ? [list] : list
  const session = (name: string): string | undefined => {
    for (const pair of pairs) {
      if (!Array.isArray(pair)) continue
      const [method, id] = pair as readonly unknown[]
      if (method === name) return readText(id)
    }
    return undefined
  }
  const found = session('mining.notify') ?? session('mining.set_difficulty')
  return found === undefined || found === '' || found.length > MAX_SESSION_CHARS ? null : found
}

export type Verdict = { readonly yes: true } | { readonly yes: false; readonly error: Sv1Error }

/** A pool's answer to a share or an authorisation: yes only if it says so and names no error. */
export function readVerdict(result: unknown, error: Sv1Error | null): Verdict {
  if (error !== null) return { yes: false, error }
  if (result === true || result === 'true' || result === 1) return { yes: true }
  if (typeof result === 'object' && result !== null && 'status' in result && result.status === 'OK')
    return { yes: true }
  if (typeof result === 'string' && result !== '') return { yes: false, error: fromText(result) }
  return { yes: false, error: { code: SV1_ERROR.other, message: 'the pool said no and gave no reason' } }
}
