/**
 * Requests from rig to pool, both ways: read from rigs (tolerantly, through `quirks.ts`) and written toward
 * Stratum V1 pools (strictly). `mining.configure` has a file of its own.
 */
import { err, ok, type Result } from '../base/index.ts'
import { parseConfigureParams } from './configure.ts'
import { asciiJson, formatRequest, type RequestEnvelope } from './envelope.ts'
import { type LineFault, messageFault } from './fault.ts'
import { uint32Hex } from './hex-field.ts'
import {
  readExtranonce2,
  readNumber,
  readOptionalText,
  readText,
  readUint32Field,
  readVersionBits,
} from './quirks.ts'
import { type RequestId, type RigMessage, type SubmitRequest } from './rig-message.ts'

/** Longest user name, password, job id or user agent we keep. */
const MAX_TEXT_CHARS = 256

/** A rig's request, by method. Never throws. */
export function parseRigRequest(request: RequestEnvelope): Result<RigMessage, LineFault> {
  const { id, method, params } = request
  const fault = (what: string): Result<RigMessage, LineFault> =>
    err(messageFault('bad-params', `${method}: ${what}`, id, method))
  switch (method) {
    case 'mining.submit':
      return parseSubmit(request)
    case 'mining.subscribe': {
      const port = readNumber(params[3])
      return ok({
        kind: 'subscribe',
        id,
        userAgent: clip(readOptionalText(params[0]) ?? ''),
        resumeSession: clipOrNull(readOptionalText(params[1])),
        host: clipOrNull(readOptionalText(params[2])),
        port: port !== undefined && isPort(port) ? port : null,
      })
    }
    case 'mining.authorize': {
      const user = params[0] === undefined || params[0] === null ? '' : readText(params[0])
      if (user === undefined) return fault('the user name must be a text')
      if (user.length > MAX_TEXT_CHARS)
        return fault(`the user name is longer than ${String(MAX_TEXT_CHARS)} characters`)
      return ok({ kind: 'authorize', id, user, password: clip(readText(params[1]) ?? '') })
    }
    case 'mining.configure': {
      const configure = parseConfigureParams(id, params)
      return configure.ok ? configure : fault(configure.error)
    }
    case 'mining.suggest_difficulty': {
      const difficulty = readNumber(params[0])
      if (difficulty === undefined || difficulty < 0)
        return fault('the difficulty must be a number, not below 0')
      return ok({ kind: 'suggest-difficulty', id, difficulty })
    }
    case 'mining.suggest_target': {
      const target =
        typeof params[0] === 'string' ? /^(?:0x)?([0-9a-f]{1,64})$/i.exec(params[0])?.[1] : undefined
      if (target === undefined) return fault('the target must be up to 64 hex digits')
      return ok({ kind: 'suggest-target', id, targetHex: target.toLowerCase().padStart(64, '0') })
    }
    case 'mining.extranonce.subscribe':
      return ok({ kind: 'extranonce-subscribe', id })
    case 'mining.multi_version': {
      const count = readNumber(params[0])
      return ok({
        kind: 'multi-version',
        id,
        versionCount: count !== undefined && count > 0 ? Math.floor(count) : 0,
      })
    }
    case 'mining.get_transactions':
      return ok({ kind: 'get-transactions', id, jobId: clip(readText(params[0]) ?? '') })
    case 'mining.ping':
      return ok({ kind: 'ping', id })
    case 'mining.pong':
      return ok({ kind: 'pong', id })
    default:
      return ok({ kind: 'unknown-method', id, method })
  }
}

function parseSubmit({ id, method, params }: RequestEnvelope): Result<SubmitRequest, LineFault> {
  const fault = (what: string): Result<SubmitRequest, LineFault> =>
    err(messageFault('bad-params', `${method}: ${what}`, id, method))
  if (params.length < 5) return fault(`5 or 6 params are needed, ${String(params.length)} were sent`)
  const user = params[0] === null ? '' : readText(params[0])
  if (user === undefined || user.length > MAX_TEXT_CHARS) return fault('the user name must be a short text')
  const jobId = readText(params[1])
  if (jobId === undefined || jobId.length > MAX_TEXT_CHARS) return fault('the job id must be a short text')
  const extranonce2 = readExtranonce2(params[2])
  if (extranonce2 === undefined) return fault('extranonce2 must be hex of whole bytes')
  const ntime = readUint32Field(params[3])
  if (ntime === undefined) return fault('ntime must be up to 8 hex digits')
  const nonce = readUint32Field(params[4])
  if (nonce === undefined) return fault('the nonce must be up to 8 hex digits')
  const versionBits = readVersionBits(params[5])
  if (versionBits === undefined) return fault('the version bits must be up to 8 hex digits')
  return ok({ kind: 'submit', id, user, jobId, extranonce2, ntime, nonce, versionBits })
}

function clip(text: string): string {
  return text.slice(0, MAX_TEXT_CHARS)
}

function clipOrNull(text: string | null): string | null {
  return text === null ? null : clip(text)
}

/** Whether a number can be a TCP port. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port <= 65_535
}

/** `resumeSession`: session id of an earlier subscribe reply; null sends the user agent alone, as some pools want. */
export function formatSubscribeRequest(
  id: RequestId | number,
  userAgent: string,
  resumeSession: string | null,
): string {
  return formatRequest(
    id,
    'mining.subscribe',
    resumeSession === null ? [userAgent] : [userAgent, resumeSession],
  )
}

export function formatAuthorizeRequest(id: RequestId | number, user: string, password: string): string {
  return formatRequest(id, 'mining.authorize', [user, password])
}

/**
 * @param extranonce2Hex lower-case hex of exactly the session's extranonce2 size
 * @param versionBits rolled bits; null when no version rolling was negotiated
 */
export function formatSubmitRequest(
  id: RequestId | number,
  user: string,
  jobId: string,
  extranonce2Hex: string,
  ntime: number,
  nonce: number,
  versionBits: number | null,
): string {
  const bits = versionBits === null ? '' : `,"${uint32Hex(versionBits)}"`
  return (
    `{"id":${String(id)},"method":"mining.submit","params":[${asciiJson(user)},${asciiJson(jobId)},` +
    `"${extranonce2Hex}","${uint32Hex(ntime)}","${uint32Hex(nonce)}"${bits}]}\n`
  )
}

/** @throws RangeError unless `difficulty` is finite and not below 0 */
export function formatSuggestDifficulty(id: RequestId | number, difficulty: number): string {
  if (!Number.isFinite(difficulty) || difficulty < 0) throw new RangeError('a difficulty is a number from 0')
  return formatRequest(id, 'mining.suggest_difficulty', [difficulty])
}

/** `targetHex`: 64 lower-case hex digits, most significant first. */
export function formatSuggestTarget(id: RequestId | number, targetHex: string): string {
  return formatRequest(id, 'mining.suggest_target', [targetHex])
}

export function formatExtranonceSubscribe(id: RequestId | number): string {
  return formatRequest(id, 'mining.extranonce.subscribe', [])
}

export function formatMultiVersion(id: RequestId | number, versionCount: number): string {
  return formatRequest(id, 'mining.multi_version', [versionCount])
}

export function formatGetTransactions(id: RequestId | number, jobId: string): string {
  return formatRequest(id, 'mining.get_transactions', [jobId])
}

export function formatPing(id: RequestId | number): string {
  return formatRequest(id, 'mining.ping', [])
}
