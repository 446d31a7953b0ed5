/**
 * Remembers which rigs refuse every login for a while, so that nobody asks again before it ends: each further try would
 * lengthen it.
 */
import { type Clock, HeadframeError } from '../../base/index.ts'
import { type RigLink } from '../transport/rig-link.ts'

/** Beyond that the oldest is forgotten, which costs its rig one more try. */
const MAX_RIGS = 1_000

export class Lockouts {
  /** By address, until when on the monotonic clock. */
  readonly #untilMs = new Map<string, number>()

  /** @throws HeadframeError `rig/locked-out` while it lasts */
  require(link: RigLink, clock: Clock): void {
    const untilMs = this.#untilMs.get(keyOf(link))
    if (untilMs === undefined) return
    const leftMs = untilMs - clock.monotonicMs()
    if (leftMs > 0) throw lockedOut(leftMs)
    this.#untilMs.delete(keyOf(link))
  }

  /** The rig said that it is locked for so long. @returns the failure to throw */
  begin(link: RigLink, clock: Clock, forMs: number): HeadframeError {
    const [oldest] = this.#untilMs.keys()
    if (this.#untilMs.size >= MAX_RIGS && oldest !== undefined) this.#untilMs.delete(oldest)
    this.#untilMs.set(keyOf(link), clock.monotonicMs() + forMs)
    return lockedOut(forMs)
  }
}

function lockedOut(leftMs: number): HeadframeError {
  const minutes = Math.max(1, Math.ceil(leftMs / 60_000))
  return new HeadframeError(
    'rig/locked-out',
    `The rig takes no logins after too many wrong ones, for about ${String(minutes)} more ${minutes === 1 ? 'minute' : 'minutes'}. Wait, then enter the right password; nothing is tried before.`,
    { context: { leftMs: Math.round(leftMs) } },
  )
}

function keyOf({ address }: RigLink): string {
  return `${address.host}:${String(address.port)}`
}
