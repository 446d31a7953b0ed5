/**
 * One Stratum V1 connection as the pool's side sees it: lines in, lines out. Owns no socket and no timer:
 * `sv1-server.ts` carries its bytes. Conventional pool behaviour, after reference 7.1 to 7.5.
 */
import { type Logger, toHex } from '../base/index.ts'
import {
  BIP320_MASK,
  bitsOutsideMask,
  combineVersion,
  difficultyOfTarget,
  type ExtranonceAllocator,
  MAX_TARGET,
  negotiateMask,
  targetFromHex,
} from '../mining/index.ts'
import {
  type AuthorizeRequest,
  type ConfigureRequest,
  formatConfigureResult,
  formatError,
  formatJobNumber,
  formatNotify,
  formatPong,
  formatResult,
  formatSetDifficulty,
  formatSubscribeResult,
  formatTrue,
  parseJobNumber,
  parseRigLine,
  type RequestId,
  type SubmitRequest,
  type SubscribeRequest,
  SV1_ERROR,
} from '../sv1/index.ts'
import { type PoolAccount, type PoolJob, type ShareRejection } from './pool-account.ts'
import { type PoolCore } from './pool-core.ts'
import { type Template } from './template.ts'

export interface Sv1SessionParts {
  readonly pool: PoolCore
  readonly log: Logger
  /** Of the whole server: two sessions never share an extranonce1. */
  readonly extranonces: ExtranonceAllocator
  /** Bytes. */
  readonly extranonce2Size: number
}

/** What follows from a line or a moment. */
export interface Sv1Output {
  /** Lines with their ends, in order. */
  readonly send: readonly string[]
  /** Why to close the connection once they are sent; null to go on. */
  readonly close: string | null
}

/** Names one connection may mine for. */
const MAX_NAMES = 64
/** Faulty lines in a row after which the connection ends. */
const MAX_FAULTS = 10

const NOTHING: Sv1Output = { send: [], close: null }

export class Sv1Session {
  readonly #parts: Sv1SessionParts
  readonly #names = new Set<string>()
  #versionMask = 0
  #extranonce1: Uint8Array | null = null
  #account: PoolAccount | null = null
  #suggestedDifficulty: number | null = null
  #toldDifficulty: number | null = null
  #faults = 0
  #over = false

  constructor(parts: Sv1SessionParts) {
    this.#parts = parts
  }

  /** Whether jobs are sent. */
  get isOpen(): boolean {
    return this.#account !== null
  }

  /** @param line without its end */
  receive(line: string): Sv1Output {
    if (this.#over) return NOTHING
    const parsed = parseRigLine(line)
    if (!parsed.ok) {
      const { id, message, fatal } = parsed.error
      const tooMany = ++this.#faults >= MAX_FAULTS
      return { send: [formatError(id, SV1_ERROR.other, message)], close: fatal || tooMany ? message : null }
    }
    this.#faults = 0
    const request = parsed.value
    switch (request.kind) {
      case 'configure':
        return this.#onConfigure(request)
      case 'subscribe':
        return this.#onSubscribe(request)
      case 'authorize':
        return this.#onAuthorize(request)
      case 'submit':
        return reply(this.#onSubmit(request))
      case 'suggest-difficulty':
        return this.#onSuggestion(request.id, request.difficulty)
      case 'suggest-target': {
        const target = targetFromHex(request.targetHex)
        return this.#onSuggestion(request.id, target === undefined ? 0 : difficultyOfTarget(target))
      }
      case 'extranonce-subscribe':
      case 'multi-version':
        return reply(formatTrue(request.id))
      case 'get-transactions':
        return reply(formatResult(request.id, []))
      case 'ping':
        return reply(formatPong(request.id))
      case 'unknown-method':
        return reply(
          formatError(request.id, SV1_ERROR.other, `Method ${request.method.slice(0, 60)} is not known here`),
        )
      case 'pong':
      case 'response':
        return NOTHING
    }
  }

  /** Hands over a template, once the session is open. */
  offer(template: Template): Sv1Output {
    const account = this.#account
    return account === null ? NOTHING : { send: this.#job(account, template), close: null }
  }

  /** What time brings: a new difficulty. To be called about once a second. */
  tick(): Sv1Output {
    const account = this.#account
    if (account === null || !account.retarget(this.#parts.pool.clock.monotonicMs())) return NOTHING
    return { send: this.#job(account), close: null }
  }

  /** Gives everything back; nothing is answered afterwards. */
  end(): void {
    this.#over = true
    if (this.#account !== null) this.#parts.pool.closeAccount(this.#account)
    if (this.#extranonce1 !== null) this.#parts.extranonces.free(this.#extranonce1)
    this.#account = null
    this.#extranonce1 = null
  }

  #onConfigure(request: ConfigureRequest): Sv1Output {
    // A mask that changes while jobs are out would need mining.set_version_mask: the first one stays.
    if (request.versionRolling !== null && this.#account === null) {
      const offered = negotiateMask(this.#parts.pool.versionRollingMask, BIP320_MASK)
      this.#versionMask = negotiateMask(request.versionRolling.mask, offered)
    }
    return reply(
      formatConfigureResult(request, {
        versionRollingMask: this.#versionMask,
        minimumDifficulty: false,
        subscribeExtranonce: true,
      }),
    )
  }

  #onSubscribe({ id }: SubscribeRequest): Sv1Output {
    const { extranonces, extranonce2Size } = this.#parts
    const extranonce1 = (this.#extranonce1 ??= extranonces.allocate())
    const line = formatSubscribeResult(id, { sessionId: toHex(extranonce1), extranonce1, extranonce2Size })
    return { send: [line, ...this.#begin()], close: null }
  }

  #onAuthorize({ id, user }: AuthorizeRequest): Sv1Output {
    const known = this.#parts.pool.knowsUser(user) && (this.#names.has(user) || this.#names.size < MAX_NAMES)
    if (!known)
      return reply(formatError(id, SV1_ERROR.unauthorized, 'Unauthorized: the pool does not know this name'))
    this.#names.add(user)
    return { send: [formatTrue(id), ...this.#begin()], close: null }
  }

  #onSuggestion(id: RequestId, difficulty: number): Sv1Output {
    if (!(difficulty > 0) || !Number.isFinite(difficulty)) return reply(formatTrue(id))
    this.#suggestedDifficulty = difficulty
    const account = this.#account
    if (account === null) return reply(formatTrue(id))
    account.suggest(difficulty, this.#parts.pool.clock.monotonicMs())
    return account.difficulty === this.#toldDifficulty
      ? reply(formatTrue(id))
      : { send: [formatTrue(id), ...this.#job(account)], close: null }
  }

  /** The line that answers a share. */
  #onSubmit({ id, user, jobId, extranonce2, ntime, nonce, versionBits }: SubmitRequest): string {
    const { pool } = this.#parts
    const refuse = (code: number, message: string): string => formatError(id, code, message)
    const stray = (reason: string, code: number, message: string): string => {
      pool.rejectStray(reason)
      return refuse(code, message)
    }
    const account = this.#account
    if (this.#extranonce1 === null) {
      return stray('not-subscribed', SV1_ERROR.notSubscribed, 'Not subscribed: send mining.subscribe first')
    }
    if (account === null || !this.#names.has(user)) {
      return stray('unauthorized', SV1_ERROR.unauthorized, 'Unauthorized: this name was not authorised here')
    }
    const jobNumber = parseJobNumber(jobId.toLowerCase())
    const base = pool.chain.template.version
    const bits = versionBits ?? 0
    // Judged here and not by the version alone: bits outside the mask vanish when the two are joined.
    if (bitsOutsideMask(bits, this.#versionMask) !== 0 && bits !== base) {
      const isAllowed = this.#versionMask !== 0
      return stray(
        isAllowed ? 'invalid-non-rollable-version-bit' : 'version-rolling-not-allowed',
        SV1_ERROR.other,
        isAllowed ? 'Version bits outside the negotiated mask' : 'Version rolling was not negotiated',
      )
    }
    const version = combineVersion(base, this.#versionMask, versionBits ?? base)
    const verdict = pool.submit(account, { jobNumber, rollable: extranonce2, ntime, nonce, version })
    if (verdict.kind === 'accepted') return formatTrue(id)
    const { code, message } = SV1_VERDICTS[verdict.reason]
    return refuse(code, message)
  }

  /** Opens the account when both halves of the greeting are done. */
  #begin(): string[] {
    const [user] = this.#names
    if (this.#account !== null || this.#extranonce1 === null || user === undefined) return []
    const { pool, extranonce2Size } = this.#parts
    const account = pool.openAccount({
      userIdentity: user,
      extranonce: { prefix: this.#extranonce1, rollableSize: extranonce2Size },
      maxTarget: MAX_TARGET,
      nominalHashrateHs: 0,
      versionRollingMask: this.#versionMask,
    })
    if (this.#suggestedDifficulty !== null) {
      account.suggest(this.#suggestedDifficulty, pool.clock.monotonicMs())
    }
    this.#account = account
    return this.#job(account, { ...pool.chain.template, cleanJobs: true })
  }

  /** The lines of a job, the difficulty before it if that is news. */
  #job(account: PoolAccount, template?: Template): string[] {
    const { pool } = this.#parts
    const issued = pool.issue(account, template ?? { ...pool.chain.template, cleanJobs: false })
    const lines: string[] = []
    if (issued.difficulty !== this.#toldDifficulty) {
      this.#toldDifficulty = issued.difficulty
      lines.push(formatSetDifficulty(issued.difficulty))
    }
    lines.push(notifyLine(issued))
    return lines
  }
}

const SV1_VERDICTS: Readonly<Record<ShareRejection, { readonly code: number; readonly message: string }>> = {
  'invalid-job-id': { code: SV1_ERROR.jobNotFound, message: 'Job not found' },
  'stale-share': { code: SV1_ERROR.jobNotFound, message: 'Stale share' },
  'duplicate-share': { code: SV1_ERROR.duplicateShare, message: 'Duplicate share' },
  'difficulty-too-low': { code: SV1_ERROR.lowDifficulty, message: 'Low difficulty share' },
  'bad-extranonce-size': { code: SV1_ERROR.other, message: 'Wrong extranonce2 length' },
  'version-rolling-not-allowed': { code: SV1_ERROR.other, message: 'Version rolling was not negotiated' },
  'invalid-non-rollable-version-bit': {
    code: SV1_ERROR.other,
    message: 'Version bits outside the negotiated mask',
  },
  'invalid-share': { code: SV1_ERROR.other, message: 'ntime out of range' },
}

function notifyLine({ number, job }: PoolJob): string {
  return formatNotify({
    jobId: formatJobNumber(number),
    prevHash: job.tip.prevHash,
    coinb1: job.coinbasePrefix,
    coinb2: job.coinbaseSuffix,
    merkleBranches: job.merklePath,
    version: job.version,
    nBits: job.tip.nBits,
    ntime: job.ntime,
    cleanJobs: job.cleanJobs,
  })
}

function reply(line: string): Sv1Output {
  return { send: [line], close: null }
}
