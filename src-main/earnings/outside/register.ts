/**
 * The register of every request that may ever leave this machine for earnings: whom it goes to, why, what the other side
 * learns, how often, and what came of it. A request without a chosen entry cannot be made: the client (`http.ts`) and
 * the links (`way-out.ts`) take the id of an entry and ask here first. In memory; what is chosen is kept by settings.
 */
import { type Clock, errorText, HeadframeError, Listeners, type Unsubscribe } from '../../base/index.ts'
import { type AskedOutside, notChosen } from './failures.ts'

/** A request that is possible. The texts are for people. */
export interface OutgoingDescription {
  /** Stable, as `price/kraken` or `account/<id>`. */
  readonly id: string
  /** `host` or `host:port`, without a scheme: requests under this entry go there and nowhere else. */
  readonly host: string
  /** What it is for: "the price of bitcoin in your currency". */
  readonly purpose: string
  /** What the other side learns: "your IP address and that you follow the price of bitcoin". */
  readonly learns: string
  /** Usual pause between requests, milliseconds; null if only on demand. */
  readonly everyMs: number | null
}

/** How the last request of an entry ended. */
export type OutgoingOutcome =
  { readonly kind: 'answered' } | { readonly kind: 'failed'; readonly code: string; readonly text: string }

export interface OutgoingEntry extends OutgoingDescription {
  readonly chosen: boolean
  /** Requests since the program started. */
  readonly count: number
  /** Epoch milliseconds of the last request; null if there was none since the program started. */
  readonly lastAtMs: number | null
  /** Null while the first is under way and before. */
  readonly lastOutcome: OutgoingOutcome | null
}

interface Kept {
  description: OutgoingDescription
  chosen: boolean
  count: number
  lastAtMs: number | null
  lastOutcome: OutgoingOutcome | null
}

export class OutgoingRegister {
  readonly #clock: Clock
  readonly #entries = new Map<string, Kept>()
  readonly #changes = new Listeners<OutgoingEntry>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Makes a request possible, or changes its words. A new one is not chosen; a change of host takes the choice back. */
  declare(description: OutgoingDescription): void {
    const known = this.#entries.get(description.id)
    if (known === undefined) {
      this.#entries.set(description.id, {
        description,
        chosen: false,
        count: 0,
        lastAtMs: null,
        lastOutcome: null,
      })
      return
    }
    if (known.description.host !== description.host) known.chosen = false
    known.description = description
  }

  /** Forgets a request that is no longer possible. */
  remove(id: string): void {
    this.#entries.delete(id)
  }

  /** A person chose or unchose it. @throws Error for an entry that was never declared: a bug */
  choose(id: string, chosen: boolean): void {
    const kept = this.#entries.get(id)
    if (kept === undefined) throw new Error(`no outgoing request ${id}`)
    if (kept.chosen === chosen) return
    kept.chosen = chosen
    this.#changes.emit(view(kept))
  }

  isChosen(id: string): boolean {
    return this.#entries.get(id)?.chosen === true
  }

  /**
   * Runs one request under an entry and notes when it was and how it ended. `run` is not called, and so nothing is sent,
   * unless the entry is chosen and says this host.
   * @param host where `run` will connect to, `host` or `host:port` as in the entry
   * @throws HeadframeError `outside/not-chosen`, and whatever `run` throws
   */
  async run<T>(id: string, host: string, run: (of: AskedOutside) => Promise<T>): Promise<T> {
    const kept = this.#entries.get(id)
    const of: AskedOutside = { entry: id, host }
    if (kept === undefined || !kept.chosen || !sameHost(kept.description.host, host)) throw notChosen(of)
    kept.count++
    kept.lastAtMs = this.#clock.nowMs()
    try {
      const value = await run(of)
      this.#end(kept, { kind: 'answered' })
      return value
    } catch (error) {
      const code = error instanceof HeadframeError ? error.code : 'internal'
      this.#end(kept, { kind: 'failed', code, text: errorText(error) })
      throw error
    }
  }

  /** All entries, in the order of their declaration. */
  entries(): readonly OutgoingEntry[] {
    return [...this.#entries.values()].map(view)
  }

  /** Called when an entry was chosen or unchosen and when a request ended. */
  onChange(listener: (entry: OutgoingEntry) => void): Unsubscribe {
    return this.#changes.on(listener)
  }

  #end(kept: Kept, outcome: OutgoingOutcome): void {
    kept.lastOutcome = outcome
    this.#changes.emit(view(kept))
  }
}

function view(kept: Kept): OutgoingEntry {
  const { description, chosen, count, lastAtMs, lastOutcome } = kept
  return { ...description, chosen, count, lastAtMs, lastOutcome }
}

function sameHost(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
