/**
 * Messages of one connection as people read them: name, fields, a summary, and the whole as JSON with secrets
 * masked. Works on copies and never throws: it looks at what a peer sent after the session did. Runs only
 * while somebody watches.
 */
import { toHex, tryFromHex } from '../../base/index.ts'
import { hashToDisplay } from '../../mining/index.ts'
import {
  decodeFrame,
  decodeMessage,
  decodeTlvs,
  encodeFrame,
  ExtensionId,
  findWorkerName,
  type Frame,
} from '../../sv2/index.ts'
import { swapWords } from '../../sv1/index.ts'
import { type Direction, type FrameField, type MessageKind } from './insight-views.ts'
import { sealedFrameSize } from './message-sizes.ts'

export interface ReadMessage {
  readonly name: string
  readonly kind: MessageKind
  readonly summary: string
  readonly fields: readonly FrameField[]
  /** The whole message, JSON-safe: all bytes as hex, secrets masked. */
  readonly message: unknown
  /** The plain message, secrets masked, hex; cut after `MAX_HEX_BYTES`. */
  readonly hex: string
  readonly bytes: number
  readonly wireBytes: number
}

const MASK = '***'
const MAX_HEX_BYTES = 4096
/** Longest value shown whole, characters. */
const LONGEST_VALUE = 64
const LONGEST_SUMMARY = 160
/** Requests remembered so that their answers can be named. */
const MAX_REQUESTS = 1024
const SECRET_KEY = /pass|pwd|secret|token|credential/i

/** Names of params by method; further params are numbered. */
const PARAMS: Readonly<Record<string, readonly string[]>> = {
  'mining.subscribe': ['user agent', 'session', 'host', 'port'],
  'mining.authorize': ['user', 'password'],
  'mining.submit': ['user', 'job', 'extranonce2', 'ntime', 'nonce', 'version bits'],
  'mining.configure': ['extensions', 'parameters'],
  'mining.notify': [
    'job',
    'previous hash',
    'coinb1',
    'coinb2',
    'merkle branches',
    'version',
    'nbits',
    'ntime',
    'clean jobs',
  ],
  'mining.set_difficulty': ['difficulty'],
  'mining.suggest_difficulty': ['difficulty'],
  'mining.suggest_target': ['target'],
  'mining.set_extranonce': ['extranonce1', 'extranonce2 size'],
  'mining.set_version_mask': ['mask'],
  'client.reconnect': ['host', 'port', 'wait'],
  'client.show_message': ['text'],
}

const KINDS: Readonly<Record<string, MessageKind>> = {
  'mining.submit': 'share',
  'mining.notify': 'job',
  'mining.set_difficulty': 'job',
  'mining.set_extranonce': 'job',
  'mining.set_version_mask': 'job',
  'mining.subscribe': 'session',
  'mining.authorize': 'session',
  'mining.configure': 'session',
  'mining.extranonce.subscribe': 'session',
  'mining.suggest_difficulty': 'session',
  'mining.suggest_target': 'session',
  'client.reconnect': 'session',
  SubmitSharesStandard: 'share',
  SubmitSharesExtended: 'share',
  'SubmitShares.Success': 'share',
  'SubmitShares.Error': 'share',
  NewMiningJob: 'job',
  NewExtendedMiningJob: 'job',
  SetNewPrevHash: 'job',
  SetTarget: 'job',
  SetExtranoncePrefix: 'job',
  SetCustomMiningJob: 'job',
  'SetCustomMiningJob.Success': 'job',
  'SetCustomMiningJob.Error': 'job',
  unknown: 'other',
}

type JsonObject = Readonly<Record<string, unknown>>

/** Reads the messages of one connection, in order: an answer is named after its question. */
export class MessageReader {
  /** Methods of open requests, by direction and id. */
  readonly #requests = new Map<string, string>()

  /** @param maskIdentities leaves account and rig names out of `message` too */
  line(direction: Direction, line: Uint8Array | string, maskIdentities = false): ReadMessage {
    const text = (typeof line === 'string' ? line : Buffer.from(line).toString('utf8')).trim()
    const bytes = Buffer.byteLength(text)
    const sizes = { bytes, wireBytes: bytes + 1 }
    const value = parseObject(text)
    if (value === null) return { ...unreadableLine(text), ...sizes }
    const masked = maskSecrets(value, false)
    const message = maskIdentities ? maskSecrets(value, true) : masked
    const hex = hexOf(Buffer.from(JSON.stringify(masked)))
    const { method } = masked
    if (typeof method === 'string') {
      this.#remember(`${direction} ${JSON.stringify(masked.id)}`, method)
      const fields = paramFields(method, masked.params)
      const kind = KINDS[method] ?? 'other'
      return {
        name: method,
        kind,
        summary: summaryOf(method, fields),
        fields,
        message,
        hex,
        ...sizes,
      }
    }
    return { ...this.#answer(direction, masked), message, hex, ...sizes }
  }

  frame(frame: Uint8Array | Frame, maskIdentities = false): ReadMessage {
    const whole = frame instanceof Uint8Array ? decodeFrame(frame) : { ok: true as const, value: frame }
    if (!whole.ok) return unreadableFrame(frame as Uint8Array)
    const { payload, messageType } = whole.value
    const sizes = { bytes: 6 + payload.length, wireBytes: sealedFrameSize(payload.length) }
    const decoded = decodeMessage(whole.value)
    if (!decoded.ok) {
      const hex = hexOf(payload)
      const name = `unreadable message of type 0x${messageType.toString(16).padStart(2, '0')}`
      const problem = decoded.error.message
      const message = { unreadable: problem, payload: toHex(payload) }
      return { name, kind: 'other', summary: shorten(problem), fields: [], message, hex, ...sizes }
    }
    const { name, ...values } = decoded.value.message
    const { trailing } = decoded.value
    const message: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(values)) {
      message[key] = maskIdentities && key === 'userIdentity' ? MASK : jsonOf(value)
    }
    const worker = trailing.length > 0 ? workerNameIn(trailing) : null
    if (worker !== null) message.workerName = maskIdentities ? MASK : worker
    if (trailing.length > 0 && !maskIdentities) message.trailing = toHex(trailing)
    const fields = Object.entries(values).map(([key, value]) => frameField(key, value))
    if (worker !== null) fields.push({ name: 'workerName', value: shorten(printable(worker)), hex: null })
    const bytes = frame instanceof Uint8Array ? frame : encodeFrame(frame)
    return {
      name,
      kind: KINDS[name] ?? 'session',
      summary: summaryOf(name, fields),
      fields,
      message,
      hex: hexOf(bytes),
      ...sizes,
    }
  }

  #answer(
    direction: Direction,
    answer: JsonObject,
  ): Pick<ReadMessage, 'name' | 'kind' | 'summary' | 'fields'> {
    const key = `${direction === 'in' ? 'out' : 'in'} ${JSON.stringify(answer.id)}`
    const method = this.#requests.get(key)
    this.#requests.delete(key)
    const { result, error } = answer
    const plainAnswer = typeof result === 'boolean' || result === null || result === undefined
    const kind = method === undefined ? (plainAnswer ? 'share' : 'session') : (KINDS[method] ?? 'other')
    const refused = error !== null && error !== undefined
    const fields = [textField('result', result)]
    if (refused) fields.push(textField('error', error))
    const summary = refused
      ? `refused: ${errorText(error)}`
      : result === true
        ? 'accepted'
        : result === false
          ? 'refused'
          : shorten(JSON.stringify(result) ?? '')
    return { name: method === undefined ? 'answer' : `answer to ${method}`, kind, summary, fields }
  }

  #remember(key: string, method: string): void {
    if (key.endsWith(' null') || key.endsWith(' undefined')) return
    if (this.#requests.size >= MAX_REQUESTS) {
      const [oldest] = this.#requests.keys()
      if (oldest !== undefined) this.#requests.delete(oldest)
    }
    this.#requests.set(key, method)
  }
}

function parseObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
  } catch {
    return null
  }
}

/** What cannot be read may still hold a password, so only lines that do not look like it are shown. */
function unreadableLine(text: string): Omit<ReadMessage, 'bytes' | 'wireBytes'> {
  const withheld = /auth|pass/i.test(text)
  const shown = withheld ? 'withheld, because it may hold a password' : shorten(printable(text))
  return {
    name: 'unreadable line',
    kind: 'other',
    summary: shown,
    fields: [{ name: 'text', value: shown, hex: null }],
    message: { unreadable: withheld ? MASK : printable(text).slice(0, MAX_HEX_BYTES) },
    hex: withheld ? '' : hexOf(Buffer.from(text)),
  }
}

function unreadableFrame(frame: Uint8Array): ReadMessage {
  const hex = hexOf(frame)
  const { length: bytes } = frame
  return {
    name: 'unreadable frame',
    kind: 'other',
    summary: `${bytes} bytes`,
    fields: [],
    message: { unreadable: toHex(frame) },
    hex,
    bytes,
    wireBytes: bytes,
  }
}

const AUTHORIZE = /^\s*mining\.auth/i

/** A copy without passwords; with `identities` also without the names in authorize and submit. */
function maskSecrets(message: JsonObject, identities: boolean): JsonObject {
  const copy = maskKeys(message, identities, 0) as Record<string, unknown>
  const { method, params } = copy
  if (typeof method !== 'string') return copy
  const authorizes = AUTHORIZE.test(method)
  if (authorizes) copy.method = 'mining.authorize'
  if (Array.isArray(params)) {
    copy.params = (params as readonly unknown[]).map((param, index) => {
      if (authorizes && index > 0) return MASK
      const names = authorizes || /^\s*mining\.submit/i.test(method)
      return identities && names && index === 0 ? MASK : param
    })
  } else if (identities && typeof params === 'string') copy.params = MASK
  return copy
}

/** Levels of a line that are shown. */
const DEEPEST = 8
const TOO_DEEP = '…'
const IDENTITY_KEY = /^(user|username|login|worker|worker_name|name)$/i

function maskKeys(value: unknown, identities: boolean, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  // No message of mining is so deep; what is could hide a secret, and exhaust the stack of whoever prints it.
  if (depth > DEEPEST) return TOO_DEEP
  if (Array.isArray(value)) return value.map((element) => maskKeys(element, identities, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      SECRET_KEY.test(key) || (identities && IDENTITY_KEY.test(key))
        ? MASK
        : maskKeys(inner, identities, depth + 1),
    ]),
  )
}

function paramFields(method: string, params: unknown): FrameField[] {
  if (!Array.isArray(params))
    return params === undefined || params === null ? [] : [textField('params', params)]
  const names = PARAMS[method] ?? []
  return (params as readonly unknown[]).map((param, index) => {
    const name = names[index] ?? `param ${index + 1}`
    if (name === 'previous hash' && typeof param === 'string') {
      const bytes = tryFromHex(param)
      if (bytes?.length === 32) return { name, value: hashToDisplay(swapWords(bytes)), hex: param }
    }
    return textField(name, param)
  })
}

/** A value of a line: hex texts as bytes, everything else as it is written. */
function textField(name: string, value: unknown): FrameField {
  if (typeof value !== 'string') {
    const text = JSON.stringify(value) ?? ''
    return { name, value: shorten(text), hex: null }
  }
  const isHex = value.length >= 8 && value.length % 2 === 0 && /^[0-9a-f]+$/i.test(value)
  if (!isHex) return { name, value: shorten(printable(value)), hex: null }
  return { name, value: shortHex(value.toLowerCase()), hex: value.toLowerCase() }
}

/** Fields that people know as display-order hashes or as hex numbers. */
const HASH_FIELDS: ReadonlySet<string> = new Set([
  'prevHash',
  'target',
  'maxTarget',
  'maximumTarget',
  'merkleRoot',
])
const HEX_NUMBERS: ReadonlySet<string> = new Set(['version', 'nbits', 'nonce', 'flags'])

function frameField(name: string, value: unknown): FrameField {
  if (value instanceof Uint8Array) {
    const hex = toHex(value)
    return { name, value: HASH_FIELDS.has(name) ? hashToDisplay(value) : shortHex(hex), hex }
  }
  if (Array.isArray(value)) {
    const elements = value as readonly unknown[]
    if (!elements.some((element) => element instanceof Uint8Array)) {
      return { name, value: shorten(elements.join(', ')), hex: null }
    }
    const hex = elements.map((element) => (element instanceof Uint8Array ? toHex(element) : '')).join('')
    return {
      name,
      value: elements.length === 1 ? '1 hash of 32 bytes' : `${elements.length} hashes of 32 bytes`,
      hex,
    }
  }
  if (typeof value === 'number' && HEX_NUMBERS.has(name)) {
    return { name, value: `0x${value.toString(16).padStart(8, '0')}`, hex: null }
  }
  return { name, value: value === null ? 'none' : shorten(printable(String(value))), hex: null }
}

function jsonOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  if (Array.isArray(value)) return value.map(jsonOf)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return value
}

function workerNameIn(trailing: Uint8Array): string | null {
  const tlvs = decodeTlvs(trailing, new Set([ExtensionId.workerHashrate]))
  return tlvs.ok ? findWorkerName(tlvs.value) : null
}

/** Fields that say most, by message. */
const TELLING: Readonly<Record<string, readonly string[]>> = {
  'mining.notify': ['job', 'clean jobs', 'previous hash'],
  'mining.submit': ['user', 'job', 'nonce'],
  'mining.set_difficulty': ['difficulty'],
  'mining.authorize': ['user'],
  'mining.subscribe': ['user agent'],
  SetupConnection: ['endpointHost', 'vendor', 'firmware'],
  'SetupConnection.Error': ['errorCode'],
  OpenStandardMiningChannel: ['userIdentity', 'nominalHashRate'],
  OpenExtendedMiningChannel: ['userIdentity', 'nominalHashRate', 'minExtranonceSize'],
  'OpenExtendedMiningChannel.Success': ['channelId', 'extranonceSize'],
  'OpenStandardMiningChannel.Success': ['channelId'],
  'OpenMiningChannel.Error': ['errorCode'],
  NewExtendedMiningJob: ['channelId', 'jobId', 'minNtime'],
  NewMiningJob: ['channelId', 'jobId', 'minNtime'],
  SetNewPrevHash: ['channelId', 'jobId', 'prevHash'],
  SetTarget: ['channelId', 'maximumTarget'],
  SubmitSharesExtended: ['channelId', 'sequenceNumber', 'jobId', 'nonce'],
  SubmitSharesStandard: ['channelId', 'sequenceNumber', 'jobId', 'nonce'],
  'SubmitShares.Success': ['channelId', 'lastSequenceNumber', 'newSubmitsAcceptedCount'],
  'SubmitShares.Error': ['channelId', 'sequenceNumber', 'errorCode'],
}

function summaryOf(name: string, fields: readonly FrameField[]): string {
  const names = TELLING[name] ?? fields.slice(0, 3).map((field) => field.name)
  return shorten(
    names
      .flatMap((wanted) => fields.filter((field) => field.name === wanted).slice(0, 1))
      .map((field) => `${field.name} ${field.value}`)
      .join(', '),
    LONGEST_SUMMARY,
  )
}

function errorText(error: unknown): string {
  if (Array.isArray(error)) {
    const [code, text] = error as readonly unknown[]
    return shorten(printable(`${String(text ?? '')} (${String(code)})`))
  }
  return shorten(printable(typeof error === 'string' ? error : (JSON.stringify(error) ?? '')))
}

/** Control characters would garble whatever shows the text. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\ufffd')
}

const shorten = (text: string, longest = LONGEST_VALUE): string =>
  text.length <= longest ? text : `${text.slice(0, longest - 1)}…`

const shortHex = (hex: string): string =>
  hex.length <= LONGEST_VALUE ? hex : `${hex.slice(0, 24)}…${hex.slice(-8)} (${hex.length / 2} bytes)`

const hexOf = (bytes: Uint8Array): string => toHex(bytes.subarray(0, MAX_HEX_BYTES))
