/**
 * What real firmware and real pools do differently from the text of the protocol, and how far we go along.
 * Every tolerance of this folder lives here with its reason, so that it can be judged and removed in one
 * place. What we send ourselves is strict. Sources: reference/stratum-v2.md 7.1, 7.2, 7.9; BIP310;
 * ESP-Miner's stratum_api.c; issue threads as named.
 */
import { tryFromHex } from '../base/index.ts'
import { parseUint32Hex } from './hex-field.ts'

/**
 * Other spellings of methods. The extranonce subscription never had a specification, only a forum post, and
 * went around as `mining.subscribe.extranonce` (slush0/stratum-mining-proxy #71) and with an underscore;
 * BIP310 drafts and SRI's translator call the mask notice `mining.set_version`.
 */
const METHOD_ALIASES: ReadonlyMap<string, string> = new Map([
  ['mining.subscribe.extranonce', 'mining.extranonce.subscribe'],
  ['mining.extranonce_subscribe', 'mining.extranonce.subscribe'],
  ['mining.authorise', 'mining.authorize'],
  ['mining.auth', 'mining.authorize'],
  ['mining.suggested_difficulty', 'mining.suggest_difficulty'],
  ['mining.suggested_target', 'mining.suggest_target'],
  ['mining.set_version', 'mining.set_version_mask'],
  ['client.ping', 'mining.ping'],
  ['client.pong', 'mining.pong'],
])

/** The method's usual name: blanks around it and capitals are forgiven, known misspellings are mended. */
export function canonicalMethod(method: string): string {
  const name = method.trim().toLowerCase()
  return METHOD_ALIASES.get(name) ?? name
}

/**
 * Params as a list. Missing and null params mean none (heartbeats and `mining.extranonce.subscribe` of
 * several firmwares); an object is read by the names that the protocol's documents give to the params; a
 * single text or number stands for a list of one (`mining.suggest_difficulty` with a bare number).
 */
export function paramsList(method: string, params: unknown): readonly unknown[] {
  if (Array.isArray(params)) return params as readonly unknown[]
  if (params === null || params === undefined) return []
  if (typeof params !== 'object') return [params]
  const names = PARAM_NAMES.get(method)
  if (names === undefined) return []
  const named = params as Readonly<Record<string, unknown>>
  return names.map((aliases) => {
    const name = aliases.find((alias) => Object.hasOwn(named, alias))
    return name === undefined ? undefined : named[name]
  })
}

const PARAM_NAMES: ReadonlyMap<string, readonly (readonly string[])[]> = new Map([
  [
    'mining.subscribe',
    [['user_agent', 'agent'], ['session_id', 'extranonce1', 'session'], ['host', 'url'], ['port']],
  ],
  [
    'mining.authorize',
    [
      ['username', 'user', 'login', 'worker_name', 'worker', 'name'],
      ['password', 'pass'],
    ],
  ],
  [
    'mining.submit',
    [
      ['worker_name', 'username', 'user', 'worker', 'name'],
      ['job_id', 'jobid', 'job'],
      ['extranonce2', 'extra_nonce2', 'nonce2'],
      ['ntime', 'time'],
      ['nonce'],
      ['version_bits', 'version'],
    ],
  ],
  ['mining.configure', [['extensions'], ['extension_parameters', 'extension-parameters', 'parameters']]],
  ['mining.suggest_difficulty', [['difficulty']]],
  ['mining.suggest_target', [['target']]],
])

/**
 * 32-bit field of a share. Strings of any case; NerdMiner drops leading zeros of the nonce, one share in
 * sixteen (NerdMiner_v2 #822); some scripts and SRI's own miner send JSON numbers (7.4).
 */
export function readUint32Field(value: unknown): number | undefined {
  if (typeof value === 'number') {
    return Number.isInteger(value) && value >= 0 && value <= 0xffffffff ? value : undefined
  }
  return parseUint32Hex(value)
}

/**
 * Version bits of a share: as `readUint32Field`, and null where the rig sent nothing, null or an empty text
 * as the sixth param (proxies in front of rigs without version rolling do).
 */
export function readVersionBits(value: unknown): number | null | undefined {
  if (value === undefined || value === null || value === '') return null
  return readUint32Field(value)
}

/** Longest extranonce2 we read at all; the session's own length is judged elsewhere. */
const MAX_EXTRANONCE2_BYTES = 32

/**
 * Extranonce2 of a share. NerdMiner 1.7.0 pads it with blanks where it means zeros (NerdMiner_v2 #763);
 * the header it hashed has zeros there.
 */
export function readExtranonce2(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string' || value.length > 2 * MAX_EXTRANONCE2_BYTES) return undefined
  return tryFromHex(
    value.startsWith(' ') ? value.replace(/^ +/, (blanks) => '0'.repeat(blanks.length)) : value,
  )
}

/** Text of a param: numbers are taken as text (user names that are numbers), anything else is undefined. */
export function readText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  return undefined
}

/**
 * A text a peer left out in one of the usual ways: missing, null, empty, or the word NULL (GPU miners send
 * `"NULL"` as session id, Genoil/ZECMiner #17).
 */
export function readOptionalText(value: unknown): string | null {
  const text = readText(value)
  return text === undefined || text === '' || /^null$/i.test(text) ? null : text
}

/** A number written as JSON number or as decimal text; undefined for anything that is not finite. */
export function readNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string' || value.length > 40 || !/^\s*[+-]?[\d.]+(?:e[+-]?\d+)?\s*$/i.test(value)) {
    return undefined
  }
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

/** A boolean written as true, 1, "1" or "true"; anything else is false. */
export function readFlag(value: unknown): boolean {
  return value === true || value === 1 || value === '1' || value === 'true'
}

/**
 * `version-rolling.min-bit-count`: BIP310's table calls it a hex mask, its example a number, and Braiins OS
 * sent the former (braiins/braiins #47). Diagnostic only, so nonsense counts as 0.
 */
export function readMinBitCount(value: unknown): number {
  const count = typeof value === 'string' ? parseUint32Hex(value) : readNumber(value)
  return count !== undefined && Number.isInteger(count) && count >= 0 && count <= 32 ? count : 0
}

/** Version mask in a request or reply; a missing one means all bits (BIP310), in `mining.configure` only. */
export function readMask(value: unknown): number | undefined {
  return readUint32Field(value)
}

/** Byte values that stand around a line without meaning: blanks, CR, and NULs of C firmware that sends its terminator. */
export function isPadding(byte: number): boolean {
  return byte === 0x20 || byte === 0x0d || byte === 0x09 || byte === 0x00
}
