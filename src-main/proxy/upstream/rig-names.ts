/**
 * Many authorised names on one Stratum V1 connection: which name each rig's shares go under. A name is asked
 * for when its rig first has a share, and used once the pool said yes; until then, and for good if it said no,
 * shares go under our own identity. Pure; the session sends and hears.
 */
import { type PoolMemory } from './pool-session.ts'
import { workerIdentity } from './worker-identity.ts'

/** Names asked for on one connection; rigs beyond share our own. */
export const MAX_RIG_NAMES = 1_000
/** A pool that said no so often and never yes accepts no names. */
const REFUSALS_BEFORE_GIVING_UP = 3
/** A pool that hangs up so soon after a name did so because of it. */
const HANG_UP_MS = 5_000

interface Name {
  readonly user: string
  state: 'asked' | 'accepted' | 'refused'
}

export class RigNames {
  readonly #userIdentity: string
  readonly #memory: PoolMemory
  readonly #byRig = new Map<string, Name>()
  readonly #byUser = new Map<string, Name>()
  #accepted = 0
  #refused = 0
  #askedAtMs = -Infinity

  constructor(userIdentity: string, memory: PoolMemory) {
    this.#userIdentity = userIdentity
    this.#memory = memory
  }

  /**
   * The name for a share of a rig.
   * @param ask called with a name the pool has not been asked for; `onReply` is to follow
   */
  userFor(rigName: string, nowMs: number, ask: (user: string) => void): string {
    let name = this.#byRig.get(rigName)
    if (name === undefined) {
      if (this.#memory.namesRefused || this.#byRig.size >= MAX_RIG_NAMES) return this.#userIdentity
      const user = workerIdentity(this.#userIdentity, rigName)
      name = this.#byUser.get(user)
      if (name === undefined) {
        name = { user, state: user === this.#userIdentity ? 'accepted' : 'asked' }
        this.#byUser.set(user, name)
        if (name.state === 'asked') {
          this.#askedAtMs = nowMs
          ask(user)
        }
      }
      this.#byRig.set(rigName, name)
    }
    return name.state === 'accepted' ? name.user : this.#userIdentity
  }

  onReply(user: string, yes: boolean): void {
    const name = this.#byUser.get(user)
    if (name?.state !== 'asked') return
    name.state = yes ? 'accepted' : 'refused'
    if (yes) this.#accepted++
    else this.#refused++
    if (this.#accepted === 0 && this.#refused >= REFUSALS_BEFORE_GIVING_UP) this.#memory.namesRefused = true
  }

  /** The connection ended by itself: was it because of a name? */
  onHungUp(nowMs: number): void {
    if (this.#accepted > 0 || nowMs - this.#askedAtMs > HANG_UP_MS) return
    for (const { state } of this.#byUser.values()) if (state === 'asked') this.#memory.namesRefused = true
  }
}
