/**
 * `mining.configure` (BIP310): version-rolling, minimum-difficulty, subscribe-extranonce, info. Both sides.
 * Every extension that is asked for gets an answer; those we do not know are answered false.
 */
import { err, ok, type Result } from '../base/index.ts'
import { asciiJson, formatRequest } from './envelope.ts'
import { uint32Hex } from './hex-field.ts'
import { readFlag, readMask, readMinBitCount, readNumber, readOptionalText } from './quirks.ts'
import { type ConfigureRequest, type RequestId } from './rig-message.ts'

const MAX_UNKNOWN_EXTENSIONS = 32
const MAX_EXTENSION_CHARS = 64
const MAX_INFO_CHARS = 256

const VERSION_ROLLING = 'version-rolling'
const MINIMUM_DIFFICULTY = 'minimum-difficulty'
const SUBSCRIBE_EXTRANONCE = 'subscribe-extranonce'
const INFO = 'info'

type Fields = Readonly<Record<string, unknown>>

/** @returns the request, or what is wrong with its params */
export function parseConfigureParams(
  id: RequestId,
  params: readonly unknown[],
): Result<ConfigureRequest, string> {
  const list: unknown = typeof params[0] === 'string' ? [params[0]] : params[0]
  if (!Array.isArray(list)) return err('the first param must be a list of extensions')
  const fields: Fields = typeof params[1] === 'object' && params[1] !== null ? (params[1] as Fields) : {}
  let versionRolling: ConfigureRequest['versionRolling'] = null
  let minimumDifficulty: number | null = null
  let subscribeExtranonce = false
  let info: ConfigureRequest['info'] = null
  const unknownExtensions: string[] = []
  for (const extension of list as readonly unknown[]) {
    if (extension === VERSION_ROLLING) {
      const asked = fields['version-rolling.mask']
      const mask = asked === undefined || asked === null ? 0xffffffff : readMask(asked)
      if (mask === undefined) return err('version-rolling.mask is not up to 8 hex digits')
      versionRolling = { mask, minBitCount: readMinBitCount(fields['version-rolling.min-bit-count']) }
    } else if (extension === MINIMUM_DIFFICULTY) {
      minimumDifficulty = Math.max(0, readNumber(fields['minimum-difficulty.value']) ?? 0)
    } else if (extension === SUBSCRIBE_EXTRANONCE) subscribeExtranonce = true
    else if (extension === INFO) {
      info = {
        connectionUrl: infoText(fields['info.connection-url']),
        hardwareVersion: infoText(fields['info.hw-version']),
        softwareVersion: infoText(fields['info.sw-version']),
        hardwareId: infoText(fields['info.hw-id']),
      }
    } else if (
      typeof extension === 'string' &&
      extension.length <= MAX_EXTENSION_CHARS &&
      unknownExtensions.length < MAX_UNKNOWN_EXTENSIONS &&
      !unknownExtensions.includes(extension)
    ) {
      unknownExtensions.push(extension)
    }
  }
  return ok({
    kind: 'configure',
    id,
    versionRolling,
    minimumDifficulty,
    subscribeExtranonce,
    info,
    unknownExtensions,
  })
}

function infoText(value: unknown): string | null {
  return readOptionalText(value)?.slice(0, MAX_INFO_CHARS) ?? null
}

/** Our answers to the extensions of a request; those that were not asked for are not mentioned. */
export interface ConfigureAnswer {
  /** Bits the rig may roll; 0 means that version rolling is not available. */
  readonly versionRollingMask: number
  readonly minimumDifficulty: boolean
  readonly subscribeExtranonce: boolean
}

/** The reply line. */
export function formatConfigureResult(request: ConfigureRequest, answer: ConfigureAnswer): string {
  const entries: [string, unknown][] = []
  if (request.versionRolling !== null) {
    const allowed = answer.versionRollingMask !== 0
    entries.push([VERSION_ROLLING, allowed])
    if (allowed) entries.push(['version-rolling.mask', uint32Hex(answer.versionRollingMask)])
  }
  if (request.minimumDifficulty !== null) entries.push([MINIMUM_DIFFICULTY, answer.minimumDifficulty])
  if (request.subscribeExtranonce) entries.push([SUBSCRIBE_EXTRANONCE, answer.subscribeExtranonce])
  if (request.info !== null) entries.push([INFO, true])
  for (const extension of request.unknownExtensions) entries.push([extension, false])
  return `{"id":${request.id},"result":${asciiJson(Object.fromEntries(entries))},"error":null}\n`
}

/** What we ask a pool for. */
export interface ConfigureWish {
  /** Bits we can roll; 0 leaves the extension out. */
  readonly versionRollingMask: number
  readonly minBitCount: number
  /** Smallest difficulty wanted; null leaves the extension out. */
  readonly minimumDifficulty: number | null
  readonly subscribeExtranonce: boolean
}

/** The request line toward a pool. */
export function formatConfigureRequest(id: RequestId | number, wish: ConfigureWish): string {
  const extensions: string[] = []
  const fields: Record<string, unknown> = {}
  if (wish.versionRollingMask !== 0) {
    extensions.push(VERSION_ROLLING)
    fields['version-rolling.mask'] = uint32Hex(wish.versionRollingMask)
    fields['version-rolling.min-bit-count'] = wish.minBitCount
  }
  if (wish.minimumDifficulty !== null) {
    extensions.push(MINIMUM_DIFFICULTY)
    fields['minimum-difficulty.value'] = wish.minimumDifficulty
  }
  if (wish.subscribeExtranonce) extensions.push(SUBSCRIBE_EXTRANONCE)
  return formatRequest(id, 'mining.configure', [extensions, fields])
}

export interface ConfigureResult {
  /** 0 when the pool allows no version rolling. */
  readonly versionRollingMask: number
  readonly minimumDifficulty: boolean
  readonly subscribeExtranonce: boolean
}

/** A pool's reply; anything that is not a clear yes is a no. */
export function readConfigureResult(result: unknown): ConfigureResult {
  const fields: Fields = typeof result === 'object' && result !== null ? (result as Fields) : {}
  const rolling = readFlag(fields[VERSION_ROLLING])
  return {
    versionRollingMask: rolling ? (readMask(fields['version-rolling.mask']) ?? 0) : 0,
    minimumDifficulty: readFlag(fields[MINIMUM_DIFFICULTY]),
    subscribeExtranonce: readFlag(fields[SUBSCRIBE_EXTRANONCE]),
  }
}
