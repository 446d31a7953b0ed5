/**
 * A pool as all its lines see it: which endpoint is in use, and which connection each line is on. Lines of a Stratum
 * V2 endpoint share one connection, lines of a Stratum V1 endpoint have one each. Falls back to the pool's second
 * endpoint when the first serves nobody, and returns without breaking what works: one line tries the first endpoint
 * on the side, and the others follow when it got a job.
 */
import { type Timer } from '../../base/index.ts'
import { DialGate } from './dial-gate.ts'
import {
  afterFailure,
  afterJob,
  afterLook,
  afterReturn,
  type EndpointChoice,
  type EndpointRole,
  FIRST_CHOICE,
  saysNothingOfThePool,
} from './endpoint-choice.ts'
import { type LineHome, PoolLine } from './pool-line.ts'
import { type LinkHooks, type LinkPast, PoolLink } from './pool-link.ts'
import { newPoolMemory, type SessionEnd } from './pool-session.ts'
import { type LinesParts } from './upstream-lines.ts'
import { type LineOwner, type PoolConfig, type Upstream, type UpstreamEvents } from './upstream.ts'

export class PoolGroup<Token> implements LinkHooks<Token>, LineHome<Token> {
  readonly config: PoolConfig
  readonly clock: LinesParts['clock']
  readonly entropy: LinesParts['entropy']
  readonly backoff: LinesParts['backoff']
  readonly #parts: LinesParts
  readonly #onUnused: () => void
  readonly #lines = new Set<PoolLine<Token>>()
  readonly #gate = new DialGate()
  readonly #memory = newPoolMemory()
  /** The connection that lines of a V2 endpoint share, by role. */
  readonly #shared = new Map<EndpointRole, PoolLink<Token>>()
  #choice: EndpointChoice = FIRST_CHOICE
  #look: Timer | null = null
  /** A connection that gave no sign of life, while another is tried beside it. */
  #mute: PoolLink<Token> | null = null

  /** @param onUnused called when the last line stopped */
  constructor(config: PoolConfig, parts: LinesParts, onUnused: () => void) {
    this.config = config
    this.#parts = parts
    this.#onUnused = onUnused
    this.clock = parts.clock
    this.entropy = parts.entropy
    this.backoff = parts.backoff
  }

  open(owner: LineOwner | null, events: UpstreamEvents<Token>): Upstream<Token> {
    return new PoolLine(this.config, owner, events, this)
  }

  nominalHashrateHs(): number {
    return this.#parts.nominalHashrateHs(this.config.id)
  }

  linkFor(line: PoolLine<Token>): PoolLink<Token> {
    this.#lines.add(line)
    return this.#link(this.#choice.role)
  }

  onStopped(line: PoolLine<Token>): void {
    this.#lines.delete(line)
    if (this.#lines.size > 0) return
    this.#look?.cancel()
    this.#look = null
    this.#onUnused()
  }

  onServing(line: PoolLine<Token>): void {
    if (!this.#lines.has(line)) return
    this.#choice = afterJob(this.#choice)
    if (this.#choice.role === 'fallback') this.#scheduleLook()
  }

  onFailed(link: PoolLink<Token>, end: SessionEnd): boolean {
    const { role } = link
    if (this.config.fallback === null || role !== this.#choice.role || saysNothingOfThePool(end.code))
      return false
    // A changed key is a stop. The other endpoint may be one without a key, and that would be a way around it.
    if (end.blocked) return false
    // A connection that served until now is not a failed attempt; its lines are told after this.
    for (const line of this.#lines) if (line.serves) return false
    this.#choice = afterFailure(this.#choice, this.clock.monotonicMs())
    if (this.#choice.role === role) return false
    this.#parts.log.info('pool endpoint changed', { poolId: this.config.id, role: this.#choice.role })
    const { past } = link
    for (const line of [...this.#lines]) {
      if (line.link?.role === role) line.moveTo(this.#link(this.#choice.role, past))
    }
    return true
  }

  onMute(link: PoolLink<Token>): boolean {
    if (!this.#isShared(link.role)) return false
    const beside = this.#newLink(link.role)
    this.#mute = link
    this.#shared.set(link.role, beside)
    for (const line of this.#lines) if (line.link === link) line.tryBeside(beside)
    return true
  }

  onEmpty(link: PoolLink<Token>): void {
    if (this.#shared.get(link.role) === link) this.#shared.delete(link.role)
  }

  onPromoted(line: PoolLine<Token>): void {
    const { link } = line
    this.#mute = null
    if (link?.role !== 'first' || this.#choice.role === 'first') return
    this.#choice = afterReturn(this.#choice, this.clock.monotonicMs())
    this.#parts.log.info('pool endpoint changed', { poolId: this.config.id, role: 'first' })
    for (const other of this.#lines) {
      if (other.link?.role === 'fallback') other.tryBeside(this.#link('first'))
    }
  }

  onCandidateFailed(line: PoolLine<Token>): void {
    const mute = this.#mute
    if (mute && line.link === mute) {
      this.#mute = null
      this.#shared.set(mute.role, mute)
      return
    }
    this.#choice = afterLook(this.#choice)
    this.#scheduleLook()
  }

  #scheduleLook(): void {
    this.#look ??= this.clock.after(this.#choice.lookAfterMs, () => {
      this.#look = null
      for (const line of this.#lines) {
        if (line.link?.role === 'fallback' && line.serves) return line.tryBeside(this.#link('first'))
      }
    })
  }

  #isShared(role: EndpointRole): boolean {
    const { endpoint, fallback } = this.config
    return (role === 'fallback' ? fallback : endpoint)?.protocol === 'stratum-v2'
  }

  /** @param past of the link that is given up for it */
  #link(role: EndpointRole, past?: LinkPast): PoolLink<Token> {
    if (!this.#isShared(role)) return this.#newLink(role, past)
    const link = this.#shared.get(role) ?? this.#newLink(role, past)
    this.#shared.set(role, link)
    return link
  }

  #newLink(role: EndpointRole, past?: LinkPast): PoolLink<Token> {
    const { config, fallback } = { config: this.config, fallback: this.config.fallback }
    const endpoint = role === 'fallback' ? (fallback ?? config.endpoint) : config.endpoint
    const createSession = this.#parts.createSession(endpoint)
    const parts = { ...this.#parts, config, gate: this.#gate, memory: this.#memory, createSession }
    return new PoolLink(parts, this, role, past)
  }
}
