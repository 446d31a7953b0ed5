/**
 * Messages from pool to rig, both ways: written toward rigs (strictly), read from pools (tolerantly).
 * `mining.notify` has a file of its own.
 */
import { err, ok, type Result, toHex } from '../base/index.ts'
import { asciiJson, formatRequest, type RequestEnvelope } from './envelope.ts'
import { type LineFault, messageFault } from './fault.ts'
import { uint32Hex } from './hex-field.ts'
import { parseNotifyParams } from './notify.ts'
import { type PoolMessage } from './pool-message.ts'
import { readMask, readNumber, readOptionalText, readText } from './quirks.ts'
import { isPort } from './requests.ts'
import { readExtranonceSpace } from './responses.ts'
import { type RequestId } from './rig-message.ts'

const MAX_TEXT_CHARS = 500
/** Longest pause a pool may ask for before a reconnection, seconds. */
const MAX_WAIT_SECONDS = 3600

/** A pool's request or notification, by method. Never throws. */
export function parsePoolRequest(request: RequestEnvelope): Result<PoolMessage, LineFault> {
  const { id, method, params } = request
  const fault = (what: string): Result<PoolMessage, LineFault> =>
    err(messageFault('bad-params', `${method}: ${what}`, id, method))
  switch (method) {
    case 'mining.notify': {
      const notify = parseNotifyParams(params)
      return notify.ok ? ok({ kind: 'notify', notify: notify.value }) : fault(notify.error)
    }
    case 'mining.set_difficulty': {
      const difficulty = readNumber(params[0])
      if (difficulty === undefined || difficulty <= 0) return fault('the difficulty must be a number above 0')
      return ok({ kind: 'set-difficulty', difficulty })
    }
    case 'mining.set_extranonce': {
      const space = readExtranonceSpace(params[0], params[1])
      return space.ok ? ok({ kind: 'set-extranonce', ...space.value }) : fault(space.error)
    }
    case 'mining.set_version_mask': {
      const mask = readMask(params[0])
      return mask === undefined
        ? fault('the mask is not up to 8 hex digits')
        : ok({ kind: 'set-version-mask', mask })
    }
    case 'mining.set_goal':
      return ok({ kind: 'set-goal', goal: (readText(params[0]) ?? '').slice(0, MAX_TEXT_CHARS) })
    case 'client.reconnect': {
      const port = readNumber(params[1])
      const wait = readNumber(params[2])
      return ok({
        kind: 'reconnect',
        host: readOptionalText(params[0])?.slice(0, MAX_TEXT_CHARS) ?? null,
        port: port !== undefined && isPort(port) ? port : null,
        waitSeconds: wait === undefined ? 0 : Math.min(Math.max(0, wait), MAX_WAIT_SECONDS),
      })
    }
    case 'client.show_message':
      return ok({ kind: 'show-message', text: (readText(params[0]) ?? '').slice(0, MAX_TEXT_CHARS) })
    case 'client.get_version':
      return ok({ kind: 'get-version', id })
    case 'mining.ping':
      return ok({ kind: 'ping', id })
    default:
      return ok({ kind: 'unknown-method', id, method })
  }
}

/**
 * Applies from the next `mining.notify`. ESP-Miner reads the number as an integer: a fraction is cut off
 * there, so send whole numbers from 1 up.
 * @throws RangeError unless `difficulty` is finite and above 0
 */
export function formatSetDifficulty(difficulty: number): string {
  if (!Number.isFinite(difficulty) || difficulty <= 0)
    throw new RangeError('a difficulty is a number above 0')
  return `{"id":null,"method":"mining.set_difficulty","params":[${String(difficulty)}]}\n`
}

export function formatSetExtranonce(extranonce1: Uint8Array, extranonce2Size: number): string {
  return formatRequest('null', 'mining.set_extranonce', [toHex(extranonce1), extranonce2Size])
}

/** Valid at once, not from the next job (BIP310). */
export function formatSetVersionMask(mask: number): string {
  return `{"id":null,"method":"mining.set_version_mask","params":["${uint32Hex(mask)}"]}\n`
}

/** A null host asks the rig to come back to the address it has. Port and wait are sent as numbers. */
export function formatReconnect(host: string | null, port: number, waitSeconds: number): string {
  return formatRequest('null', 'client.reconnect', host === null ? [] : [host, port, waitSeconds])
}

export function formatShowMessage(text: string): string {
  return formatRequest('null', 'client.show_message', [text])
}

/** The rig answers with its software's name under this id. */
export function formatGetVersion(id: RequestId | number): string {
  return formatRequest(id, 'client.get_version', [])
}

/** Some merge-mining firmware shows it; nothing depends on it. */
export function formatSetGoal(goal: string): string {
  return `{"id":null,"method":"mining.set_goal","params":[${asciiJson(goal)}]}\n`
}
