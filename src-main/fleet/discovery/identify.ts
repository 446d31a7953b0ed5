/**
 * Learns which rig answers at an address where somebody is: asks everything that tells firmwares apart at once, stops at
 * the first decisive answer, and asks the family then for model, version and identity. Never sends credentials, never
 * writes; everything that comes back is a value, however odd. Governing document: rig API digest, sections 1.1 to 1.4.
 */
import { type Clock } from '../../base/index.ts'
import { type FamilyId } from '../model/reading.ts'
import { type HttpRequest, type RigAddress, type RigLink } from '../transport/rig-link.ts'
import { describeOther, judge, type Verdict } from './decision-table.ts'
import { refusesJson } from '../transport/text-reply.ts'
import { describeRig, type RigDescription } from './describe-rig.ts'
import { type Identified } from './identified.ts'
import {
  EPIC_PORT,
  FRAME_PORT,
  type HttpAnswer,
  MAX_TEXT_LENGTH,
  type ProbeAnswers,
  type ProbeName,
  RPC_PORT,
  WEB_PORT,
} from './probes.ts'

/** A link without credentials whose requests end with `signal`. */
export type ProbeLinkOpener = (address: RigAddress, signal: AbortSignal) => RigLink

export interface IdentifyTimings {
  /** For one request. */
  readonly requestMs: number
  /** How long custom firmware may still override what looks like stock. */
  readonly overrideMs: number
  /** For everything, model and version included. */
  readonly budgetMs: number
}

export const DEFAULT_IDENTIFY_TIMINGS: IdentifyTimings = {
  requestMs: 3_000,
  overrideMs: 300,
  budgetMs: 10_000,
}

export interface IdentifyParts {
  readonly clock: Clock
  readonly openLink: ProbeLinkOpener
  readonly timings?: IdentifyTimings
  /** Ends it; what is known by then is the result. */
  readonly signal?: AbortSignal | undefined
  /**
   * Whether a port of the address accepts connections, as far as it is being found out already; ports that do not are not
   * asked. All are if absent.
   */
  readonly isOpen?: ((port: number) => Promise<boolean>) | undefined
  /** Where to connect if `address` has a name that was resolved. */
  readonly resolvedHost?: string | undefined
}

/** Never throws. */
export async function identify(address: RigAddress, parts: IdentifyParts): Promise<Identified> {
  const { clock, openLink, timings = DEFAULT_IDENTIFY_TIMINGS, signal } = parts
  const budget = new AbortController()
  const end = (): void => budget.abort()
  const timer = clock.after(timings.budgetMs, end)
  signal?.addEventListener('abort', end, { once: true })
  if (signal?.aborted === true) end()
  const at = { host: parts.resolvedHost ?? address.host, port: address.port }
  try {
    const asking = new Asking(at, parts, timings, budget.signal)
    const { answers, verdict } = await asking.decide()
    switch (verdict.kind) {
      case 'declined':
        return { kind: 'declined', address, make: verdict.make, because: verdict.because }
      case 'family':
        return rig(
          address,
          verdict.family,
          await describeRig(verdict.family, openLink(at, budget.signal), answers, {
            timeoutMs: timings.requestMs,
            atMs: clock.nowMs(),
          }),
        )
      default:
        return { kind: 'other', address, because: describeOther(answers) }
    }
  } finally {
    timer.cancel()
    signal?.removeEventListener('abort', end)
    end()
  }
}

function rig(address: RigAddress, family: FamilyId, description: RigDescription): Identified {
  if (description.kind === 'declined') {
    return { kind: 'declined', address, make: description.make, because: description.because }
  }
  const { make, model, firmware, firmwareVersion, mac, serial, hostname } = description
  return { kind: 'rig', address, family, make, model, firmware, firmwareVersion, mac, serial, hostname }
}

interface Decision {
  readonly answers: ProbeAnswers
  readonly verdict: Verdict
}

/** The probes of one address, until they decide. */
class Asking {
  readonly #address: RigAddress
  readonly #parts: IdentifyParts
  readonly #timings: IdentifyTimings
  /** Of this round of questions: ends them when they are not needed any more. */
  readonly #enough = new AbortController()
  readonly #link: RigLink
  #answers: ProbeAnswers = {}

  constructor(address: RigAddress, parts: IdentifyParts, timings: IdentifyTimings, budget: AbortSignal) {
    this.#address = address
    this.#parts = parts
    this.#timings = timings
    if (budget.aborted) this.#enough.abort()
    else
      budget.addEventListener('abort', () => this.#enough.abort(), {
        once: true,
        signal: this.#enough.signal,
      })
    this.#link = parts.openLink(address, this.#enough.signal)
  }

  async decide(): Promise<Decision> {
    try {
      if (!this.#enough.signal.aborted) await this.#firstRound()
      for (;;) {
        const verdict = judge(this.#answers)
        if (verdict.kind !== 'ask' || this.#enough.signal.aborted) {
          return { answers: this.#answers, verdict: this.#settled(verdict) }
        }
        await this.#extra(verdict.probe)
      }
    } finally {
      this.#enough.abort()
    }
  }

  /** When time is over, what a probe could not settle is settled without it. */
  #settled(verdict: Verdict): Verdict {
    if (verdict.kind !== 'ask') return verdict
    this.#answers = { ...this.#answers, [verdict.probe]: null }
    return this.#settled(judge(this.#answers))
  }

  /** Resolves when an answer decided, or when all have answered or cannot. */
  #firstRound(): Promise<void> {
    return new Promise((resolve) => {
      const { clock } = this.#parts
      const override = { timer: null as { cancel(): void } | null }
      const finish = (): void => {
        override.timer?.cancel()
        resolve()
      }
      const look = (): void => {
        const verdict = judge(this.#answers)
        if (verdict.kind === 'declined' || (verdict.kind === 'family' && verdict.level === 'custom')) finish()
        else if (verdict.kind === 'family') override.timer ??= clock.after(this.#timings.overrideMs, finish)
      }
      const probes = [
        this.#tell('root', this.#get({ path: '/', showRedirect: true }), look),
        this.#tell('systemInfo', this.#get({ path: '/api/system/info' }), look),
        this.#rpcs(look),
        this.#tell('deviceInfo', this.#deviceInfo(), look),
      ]
      void Promise.all(probes).then(finish)
      this.#enough.signal.addEventListener('abort', finish, { once: true })
    })
  }

  async #extra(probe: ProbeName): Promise<void> {
    switch (probe) {
      case 'kaonsuBrief':
        return this.#tell(probe, this.#get({ path: '/kaonsu/v1/brief' }))
      case 'capabilities':
        return this.#tell(probe, this.#get({ path: '/capabilities', port: EPIC_PORT }))
      case 'securePage':
        return this.#tell(probe, this.#get({ path: '/' }))
      // Asked before, or it would not be missing now.
      default:
        return this.#tell(probe, Promise.resolve(null))
    }
  }

  /** Keeps what comes; what comes after the decision is nobody's any more. */
  async #tell<Name extends ProbeName>(
    name: Name,
    answer: Promise<NonNullable<ProbeAnswers[Name]> | null>,
    then: () => void = () => undefined,
  ): Promise<void> {
    const value = await answer
    if (this.#enough.signal.aborted && value === null) return
    this.#answers = { ...this.#answers, [name]: value }
    then()
  }

  /** One after the other: some firmware serves one caller and drops the next. */
  async #rpcs(look: () => void): Promise<void> {
    if (!(await this.#isOpen(RPC_PORT))) return
    const version = await this.#version()
    await this.#tell('version', Promise.resolve(version), look)
    const verdict = judge({ version })
    // Who says nothing to the first questions says nothing to the next.
    if (version === null || verdict.kind !== 'unknown' || this.#enough.signal.aborted) return
    await this.#tell('devdetails', this.#rpc('{"command":"devdetails"}', this.#timings.requestMs), look)
  }

  /** Some firmware refuses JSON, by words or by silence, and knows the text form alone. */
  async #version(): Promise<string | null> {
    const { requestMs } = this.#timings
    const json = await this.#rpc('{"command":"version"}', requestMs)
    if (json !== null && !refusesJson(json)) return json
    return (await this.#rpc('version', requestMs / 3)) ?? json
  }

  async #deviceInfo(): Promise<string | null> {
    if (!(await this.#isOpen(FRAME_PORT))) return null
    try {
      return textOf(
        await this.#link.frame('{"cmd":"get.device.info"}', { timeoutMs: this.#timings.requestMs }),
      )
    } catch {
      return null
    }
  }

  async #rpc(request: string, timeoutMs: number): Promise<string | null> {
    try {
      return textOf(await this.#link.rpc(request, { timeoutMs }))
    } catch {
      return null
    }
  }

  async #get(request: HttpRequest): Promise<HttpAnswer | null> {
    if (!(await this.#isOpen(request.port ?? WEB_PORT))) return null
    try {
      const { status, headers, body } = await this.#link.http({
        timeoutMs: this.#timings.requestMs,
        ...request,
      })
      return { status, headers, body: textOf(body) }
    } catch {
      return null
    }
  }

  async #isOpen(port: number): Promise<boolean> {
    return (await this.#parts.isOpen?.(this.#address.port ?? port)) ?? true
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, MAX_TEXT_LENGTH))
}
