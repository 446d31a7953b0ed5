/**
 * The rig's side of Stratum V1, as we speak it toward a pool: configure, subscribe, authorize, then jobs and
 * shares. A pure transition: state and a line in; new state, lines to send and events out. Owns no socket,
 * no timer and no share: the caller keeps what it submitted under the request id it was given, and decides
 * how long to wait for a reply (`awaited` says what for). Rules: reference/stratum-v2.md 7.3 to 7.5, BIP310.
 */
import { type ConfigureWish, formatConfigureRequest, readConfigureResult } from './configure.ts'
import { SV1_ERROR, type Sv1Error } from './error-codes.ts'
import { parsePoolLine } from './messages.ts'
import { type Notify } from './notify.ts'
import { type PoolMessage, type PoolResponse } from './pool-message.ts'
import {
  formatAuthorizeRequest,
  formatExtranonceSubscribe,
  formatSubmitRequest,
  formatSubscribeRequest,
  formatSuggestDifficulty,
} from './requests.ts'
import {
  formatError,
  formatPong,
  formatResult,
  readSubscribeResult,
  readVerdict,
  type SubscribeResult,
  type Verdict,
} from './responses.ts'

export interface Sv1ClientSettings {
  /** Host name or address we are connected to: `client.reconnect` may not lead elsewhere. */
  readonly host: string
  /** For instance `headframe/0.1.0`. */
  readonly userAgent: string
  readonly user: string
  readonly password: string
  /** Version bits we can roll; 0 leaves `mining.configure` out (for pools that hang up on it). */
  readonly versionRollingMask: number
  readonly minBitCount: number
  /** Whether to ask for `mining.set_extranonce`. */
  readonly subscribeExtranonce: boolean
  /** Null for no wish. */
  readonly suggestDifficulty: number | null
  /** Session id of an earlier connection to this pool, to get the same extranonce1 again; null for a new one. */
  readonly resumeSession: string | null
  /** Whether `client.reconnect` may lead to another host. */
  readonly mayMoveAway?: boolean
}

export interface Sv1Session {
  /** To be given as `resumeSession` later; null when the pool named none. */
  readonly sessionId: string | null
  readonly extranonce1: Uint8Array
  /** Bytes. */
  readonly extranonce2Size: number
  /** Version bits that may be rolled now; 0 for none. */
  readonly versionMask: number
}

/** A job with everything that was in force when it arrived. */
export interface Sv1Job {
  readonly notify: Notify
  readonly difficulty: number
  readonly extranonce1: Uint8Array
  /** Bytes. */
  readonly extranonce2Size: number
  readonly versionMask: number
}

export type Sv1ClientEvent =
  /** Subscribed and authorised. Comes before any job. */
  | { readonly kind: 'open'; readonly session: Sv1Session }
  | { readonly kind: 'job'; readonly job: Sv1Job }
  /** Announced; in force from the next job. */
  | { readonly kind: 'difficulty'; readonly difficulty: number }
  /** Announced; in force from the next job. */
  | { readonly kind: 'extranonce'; readonly extranonce1: Uint8Array; readonly extranonce2Size: number }
  /** In force at once, for jobs already given too (BIP310). */
  | { readonly kind: 'version-mask'; readonly mask: number }
  /** The pool's answer to the share that was submitted under `requestId`. */
  | { readonly kind: 'share-reply'; readonly requestId: number; readonly verdict: Verdict }
  /** A further name was accepted (the first is part of `open`). */
  | { readonly kind: 'authorized'; readonly user: string }
  | { readonly kind: 'authorization-refused'; readonly user: string; readonly error: Sv1Error }
  /** Come back to the same host, or to `host` where `mayMoveAway`, at `port` (null: the same), after `waitSeconds`. */
  | {
      readonly kind: 'reconnect'
      readonly host?: string
      readonly port: number | null
      readonly waitSeconds: number
    }
  /** The pool wanted to send us to another host; ignored, since anyone on the way could say so. */
  | { readonly kind: 'reconnect-refused'; readonly host: string }
  /** Words for the person who runs the rigs. */
  | { readonly kind: 'message'; readonly text: string }
  /** Something we did not understand and passed over. */
  | { readonly kind: 'odd'; readonly text: string }
  /** The connection is of no use: close it. */
  | { readonly kind: 'failed'; readonly reason: Sv1ClientFailure; readonly text: string }

export type Sv1ClientFailure = 'subscribe-refused' | 'authorize-refused' | 'bad-line'

type ControlRequest =
  | { readonly kind: 'configure' | 'subscribe' | 'other' }
  | { readonly kind: 'authorize'; readonly user: string }

export interface Sv1ClientState {
  readonly phase: 'subscribing' | 'authorizing' | 'open' | 'failed'
  readonly settings: Sv1ClientSettings
  readonly nextId: number
  /** Every request that is not a share, by id; null once answered. A handful, plus one per further name. */
  readonly requests: ReadonlyMap<number, ControlRequest | null>
  /** Null until subscribed. */
  readonly subscription: SubscribeResult | null
  /** Whether the pool granted the version-rolling extension: shares then carry their bits. */
  readonly versionRolling: boolean
  /** Bits that may be rolled now; 0 for none. */
  readonly versionMask: number
  /** Difficulty of the next job. 1 until the pool says otherwise. */
  readonly difficulty: number
  /** Names the pool has accepted. */
  readonly authorizedUsers: ReadonlySet<string>
  /** The latest job that came before `open`; null after. */
  readonly earlyJob: Sv1Job | null
}

export interface Sv1ClientStep {
  readonly state: Sv1ClientState
  /** Lines to send, in order, with their line ends. */
  readonly send: readonly string[]
  readonly events: readonly Sv1ClientEvent[]
}

/** The first step of a connection: what to send once it stands. */
export function startSv1Client(settings: Sv1ClientSettings): Sv1ClientStep {
  const requests = new Map<number, ControlRequest | null>()
  const send: string[] = []
  let nextId = 1
  // BIP310 wants mining.configure first. Both go out together: a pool that ignores it still answers subscribe.
  if (settings.versionRollingMask !== 0) {
    const wish: ConfigureWish = { ...settings, minimumDifficulty: null }
    requests.set(nextId, { kind: 'configure' })
    send.push(formatConfigureRequest(nextId++, wish))
  }
  requests.set(nextId, { kind: 'subscribe' })
  send.push(formatSubscribeRequest(nextId++, settings.userAgent, settings.resumeSession))
  return {
    state: {
      phase: 'subscribing',
      settings,
      nextId,
      requests,
      subscription: null,
      versionRolling: false,
      versionMask: 0,
      difficulty: 1,
      authorizedUsers: new Set(),
      earlyJob: null,
    },
    send,
    events: [],
  }
}

/** The method whose reply the connection waits for; null once it is open or failed. */
export function awaited(state: Sv1ClientState): string | null {
  if (state.phase === 'subscribing') return 'mining.subscribe'
  return state.phase === 'authorizing' ? 'mining.authorize' : null
}

/** Applies one line from the pool, without its line end. Never throws. */
export function applyPoolLine(state: Sv1ClientState, line: string): Sv1ClientStep {
  if (state.phase === 'failed') return step(state)
  const message = parsePoolLine(line)
  if (message.ok) return applyPoolMessage(state, message.value)
  if (message.error.fatal) return fail(state, 'bad-line', message.error.message)
  return step(state, [odd(message.error.message)])
}

/** Applies one parsed message from the pool. */
export function applyPoolMessage(state: Sv1ClientState, message: PoolMessage): Sv1ClientStep {
  switch (message.kind) {
    case 'response':
      return applyResponse(state, message)
    case 'notify':
      return applyNotify(state, message.notify)
    case 'set-difficulty':
      return step({ ...state, difficulty: message.difficulty }, [
        { kind: 'difficulty', difficulty: message.difficulty },
      ])
    case 'set-extranonce': {
      if (state.subscription === null) return step(state, [odd('mining.set_extranonce before subscribing')])
      const { extranonce1, extranonce2Size } = message
      return step({ ...state, subscription: { ...state.subscription, extranonce1, extranonce2Size } }, [
        { kind: 'extranonce', extranonce1, extranonce2Size },
      ])
    }
    case 'set-version-mask': {
      if (!state.versionRolling) return step(state, [odd('a version mask without version rolling')])
      return withVersionMask(state, message.mask)
    }
    case 'reconnect': {
      const { host, port, waitSeconds } = message
      if (host === null || sameHost(host, state.settings.host))
        return step(state, [{ kind: 'reconnect', port, waitSeconds }])
      return state.settings.mayMoveAway === true
        ? step(state, [{ kind: 'reconnect', host, port, waitSeconds }])
        : step(state, [{ kind: 'reconnect-refused', host }])
    }
    case 'show-message':
      return step(state, [{ kind: 'message', text: message.text }])
    case 'get-version':
      return step(state, [], [formatResult(message.id, state.settings.userAgent)])
    case 'ping':
      return step(state, [], [formatPong(message.id)])
    case 'set-goal':
      return step(state)
    case 'unknown-method': {
      const reply = message.id === 'null' ? [] : [formatError(message.id, SV1_ERROR.other, 'unknown method')]
      return step(state, [odd(`unknown method ${message.method}`)], reply)
    }
  }
}

/** Asks the pool to accept a further name on this connection. Harmless for a name it has accepted. */
export function authorizeUser(state: Sv1ClientState, user: string, password: string): Sv1ClientStep {
  if (state.subscription === null || state.phase === 'failed' || state.authorizedUsers.has(user))
    return step(state)
  return step(
    withRequest(state, { kind: 'authorize', user }),
    [],
    [formatAuthorizeRequest(state.nextId, user, password)],
  )
}

/**
 * Something harmless that every pool answers, to see whether the connection lives: our own name, authorised once
 * more. `mining.ping` would be the obvious word, but few pools know it and some hang up on what they do not know.
 */
export function askForAnswer(state: Sv1ClientState): Sv1ClientStep {
  if (state.phase !== 'open') return step(state)
  const { user, password } = state.settings
  return step(
    withRequest(state, { kind: 'other' }),
    [],
    [formatAuthorizeRequest(state.nextId, user, password)],
  )
}

/** A share to be offered to the pool. */
export interface Sv1Submission {
  /** A name the pool has accepted. */
  readonly user: string
  /** The pool's own job id. */
  readonly jobId: string
  /** Hex of exactly the job's extranonce2 size. */
  readonly extranonce2Hex: string
  /** Unix seconds. */
  readonly ntime: number
  readonly nonce: number
  /** Rolled bits: the header version and-ed with the job's mask. */
  readonly versionBits: number
}

/** The line for a share. Its reply comes as `share-reply` under `requestId`. */
export function submitShare(
  state: Sv1ClientState,
  share: Sv1Submission,
): { readonly state: Sv1ClientState; readonly requestId: number; readonly line: string } {
  const requestId = state.nextId
  const bits = state.versionRolling ? share.versionBits : null
  const { user, jobId, extranonce2Hex, ntime, nonce } = share
  return {
    state: { ...state, nextId: requestId + 1 },
    requestId,
    line: formatSubmitRequest(requestId, user, jobId, extranonce2Hex, ntime, nonce, bits),
  }
}

function applyResponse(state: Sv1ClientState, response: PoolResponse): Sv1ClientStep {
  const { id } = response
  if (id === null || id < 1 || id >= state.nextId) {
    return step(state, [odd('a reply to a request that was never sent')])
  }
  const request = state.requests.get(id)
  if (request === undefined) {
    const verdict = readVerdict(response.result, response.error)
    return step(state, [{ kind: 'share-reply', requestId: id, verdict }])
  }
  if (request === null) return step(state, [odd('a second reply to one request')])
  const answered = { ...state, requests: new Map(state.requests).set(id, null) }
  switch (request.kind) {
    case 'configure': {
      if (response.error !== null) return step(answered)
      const { versionRollingMask } = readConfigureResult(response.result)
      return versionRollingMask === 0
        ? step(answered)
        : withVersionMask({ ...answered, versionRolling: true }, versionRollingMask)
    }
    case 'subscribe':
      return applySubscribed(answered, response)
    case 'authorize':
      return applyAuthorized(answered, request.user, readVerdict(response.result, response.error))
    case 'other':
      return step(answered)
  }
}

function applySubscribed(state: Sv1ClientState, response: PoolResponse): Sv1ClientStep {
  if (response.error !== null) return fail(state, 'subscribe-refused', response.error.message)
  const result = readSubscribeResult(response.result)
  if (!result.ok) return fail(state, 'subscribe-refused', result.error)
  const { user, password, subscribeExtranonce, suggestDifficulty } = state.settings
  const send: string[] = []
  let next: Sv1ClientState = { ...state, phase: 'authorizing', subscription: result.value }
  const ask = (request: ControlRequest, line: (id: number) => string): void => {
    send.push(line(next.nextId))
    next = withRequest(next, request)
  }
  if (subscribeExtranonce) ask({ kind: 'other' }, formatExtranonceSubscribe)
  if (suggestDifficulty !== null)
    ask({ kind: 'other' }, (id) => formatSuggestDifficulty(id, suggestDifficulty))
  ask({ kind: 'authorize', user }, (id) => formatAuthorizeRequest(id, user, password))
  return step(next, [], send)
}

function applyAuthorized(state: Sv1ClientState, user: string, verdict: Verdict): Sv1ClientStep {
  if (!verdict.yes) {
    return state.phase === 'authorizing' && user === state.settings.user
      ? fail(state, 'authorize-refused', verdict.error.message)
      : step(state, [{ kind: 'authorization-refused', user, error: verdict.error }])
  }
  const next = { ...state, authorizedUsers: new Set(state.authorizedUsers).add(user) }
  const session = sessionOf(state)
  if (state.phase !== 'authorizing' || user !== state.settings.user || session === null) {
    return step(next, [{ kind: 'authorized', user }])
  }
  const events: Sv1ClientEvent[] = [{ kind: 'open', session }]
  if (state.earlyJob !== null)
    events.push({ kind: 'job', job: { ...state.earlyJob, versionMask: state.versionMask } })
  return step({ ...next, phase: 'open', earlyJob: null }, events)
}

/** The session as it stands; null until subscribed. */
export function sessionOf(state: Sv1ClientState): Sv1Session | null {
  return state.subscription === null ? null : { ...state.subscription, versionMask: state.versionMask }
}

function applyNotify(state: Sv1ClientState, notify: Notify): Sv1ClientStep {
  if (state.subscription === null) return step(state, [odd('mining.notify before subscribing')])
  const { extranonce1, extranonce2Size } = state.subscription
  const job: Sv1Job = {
    notify,
    difficulty: state.difficulty,
    extranonce1,
    extranonce2Size,
    versionMask: state.versionMask,
  }
  return state.phase === 'open' ? step(state, [{ kind: 'job', job }]) : step({ ...state, earlyJob: job })
}

/** A pool may narrow what we offered, never widen it. */
function withVersionMask(state: Sv1ClientState, granted: number): Sv1ClientStep {
  const mask = (granted & state.settings.versionRollingMask) >>> 0
  const next = { ...state, versionMask: mask }
  return step(next, state.phase === 'open' ? [{ kind: 'version-mask', mask }] : [])
}

function withRequest(state: Sv1ClientState, request: ControlRequest): Sv1ClientState {
  return {
    ...state,
    nextId: state.nextId + 1,
    requests: new Map(state.requests).set(state.nextId, request),
  }
}

function sameHost(asked: string, ours: string): boolean {
  const plain = (host: string): string => host.trim().toLowerCase().replace(/\.$/, '')
  return plain(asked) === plain(ours)
}

function odd(text: string): Sv1ClientEvent {
  return { kind: 'odd', text }
}

function fail(state: Sv1ClientState, reason: Sv1ClientFailure, text: string): Sv1ClientStep {
  return step({ ...state, phase: 'failed', earlyJob: null }, [{ kind: 'failed', reason, text }])
}

function step(
  state: Sv1ClientState,
  events: readonly Sv1ClientEvent[] = [],
  send: readonly string[] = [],
): Sv1ClientStep {
  return { state, events, send }
}
