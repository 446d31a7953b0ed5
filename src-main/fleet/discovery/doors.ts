/** The ports of one host that the probes use, knocked at in parallel; each tells as soon as it is known. */
import { type Clock } from '../../base/index.ts'
import { type Knocker } from './knock.ts'
import { PROBED_PORTS } from './probes.ts'

export interface DoorsOptions {
  readonly host: string
  /** The only one, or null for the usual ones. */
  readonly port: number | null
  readonly clock: Clock
  readonly knock: Knocker
  readonly timeoutMs: number
  /** Silence counts after so many. */
  readonly attempts: number
  readonly signal: AbortSignal
}

export class Doors {
  readonly #open = new Map<number, Promise<boolean>>()
  #isOverloaded = false

  constructor(options: DoorsOptions) {
    for (const port of options.port === null ? PROBED_PORTS : [options.port]) {
      this.#open.set(port, this.#try(options, port))
    }
  }

  /** Whether this machine had no socket left for a knock. */
  get isOverloaded(): boolean {
    return this.#isOverloaded
  }

  /** True at the first that opens, false when all are known not to. */
  anyOpen(): Promise<boolean> {
    return new Promise((resolve) => {
      for (const each of this.#open.values()) void each.then((isOpen) => (isOpen ? resolve(true) : undefined))
      void Promise.all(this.#open.values()).then((all) => resolve(all.includes(true)))
    })
  }

  /** Ports that were not knocked at may be open. */
  isOpen(port: number): Promise<boolean> {
    return this.#open.get(port) ?? Promise.resolve(true)
  }

  async #try(
    { host, clock, knock, timeoutMs, attempts, signal }: DoorsOptions,
    port: number,
  ): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      const answer = await knock({ host, port, timeoutMs, clock, signal })
      if (answer === 'overloaded') this.#isOverloaded = true
      if (answer !== 'silent' || attempt >= attempts || signal.aborted) return answer === 'open'
    }
  }
}
