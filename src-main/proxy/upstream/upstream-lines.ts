/**
 * Where lines to pools come from: the shared line of a pool, or one for each rig. Lines of one pool know of each
 * other, because they share connections and what was learned about the pool (`pool-group.ts`).
 */
import { type Clock, type Entropy, type Logger } from '../../base/index.ts'
import { type JobId } from '../../mining/index.ts'
import { type BackoffPolicy } from '../../net/index.ts'
import { type UpstreamLink } from '../insight/insight.ts'
import { type LinkTap } from '../insight/traffic-tap.ts'
import { type Dial } from './dial.ts'
import { PoolGroup } from './pool-group.ts'
import { type CreatePoolSession, type PoolStep } from './pool-session.ts'
import { createSv1PoolSession } from './sv1-pool-session.ts'
import { createSv2PoolSession } from './sv2-pool-session.ts'
import {
  type LineOwner,
  type PoolConfig,
  type PoolEndpoint,
  sameConnection,
  type Upstream,
  type UpstreamEvents,
} from './upstream.ts'

export interface LinesParts {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  /** For instance `headframe/0.1.0`. */
  readonly userAgent: string
  readonly dial: Dial
  readonly backoff: BackoffPolicy
  /** What speaks the endpoint's protocol; `sessionsFor` unless a test has another. */
  readonly createSession: (endpoint: PoolEndpoint) => CreatePoolSession
  /** H/s that all rigs of a pool's shared line deliver when it opens. */
  nominalHashrateHs(poolId: string): number
  nextJobId(): JobId
  /** For the connection test. */
  onStep?(step: PoolStep, detail: string): void
  /** Not for the connection test. */
  openTap?(link: UpstreamLink): LinkTap
}

export function sessionsFor(endpoint: PoolEndpoint): CreatePoolSession {
  return endpoint.protocol === 'stratum-v2' ? createSv2PoolSession : createSv1PoolSession
}

export class UpstreamLines<Token> {
  readonly #parts: LinesParts
  /** By pool id; a pool whose configuration changed has a new one while lines of the old one are left. */
  readonly #groups = new Map<string, PoolGroup<Token>>()

  constructor(parts: LinesParts) {
    this.#parts = parts
  }

  /**
   * A line to a pool. It does nothing before `start`.
   * @param owner the rig it is for; null for the shared one
   */
  open(config: PoolConfig, owner: LineOwner | null, events: UpstreamEvents<Token>): Upstream<Token> {
    let group = this.#groups.get(config.id)
    if (!group || !sameConnection(group.config, config)) {
      const made: PoolGroup<Token> = new PoolGroup<Token>(config, this.#parts, () => {
        if (this.#groups.get(config.id) === made) this.#groups.delete(config.id)
      })
      this.#groups.set(config.id, made)
      group = made
    }
    return group.open(owner, events)
  }
}
