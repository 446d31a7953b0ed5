/**
 * A man in the middle between two real roles: it records what each says, and drops, delays or replaces what a test
 * names. In the end it fails the test for every message that nobody asserted. It knows no wire: `sniffer-sv2.ts` and
 * `sniffer-sv1.ts` carry the bytes. It has no clock: what is delayed goes on when the test says so.
 */
import { onTestFinished } from 'vitest'
import { until } from './until.ts'

/** Who said it: the side that dialled us, or the one we dialled. */
export type Side = 'downstream' | 'upstream'

export interface Named {
  readonly name: string
}

/** The messages of a name; where names are open text, any message. */
export type ByName<M extends Named, N extends M['name']> = [Extract<M, { readonly name: N }>] extends [never]
  ? M
  : Extract<M, { readonly name: N }>

export interface Which<T> {
  /** Both unless given. */
  readonly from?: Side | undefined
  /** Number of the connection, from 1; any unless given. */
  readonly on?: number | undefined
  readonly where?: (message: T) => boolean
}

/** What is sent instead: messages, or the bytes of a whole frame or line as they are. */
export type Instead<M> = M | Uint8Array | readonly (M | Uint8Array)[]

/** A message on its way. */
export interface Passing<M extends Named> {
  readonly on: number
  readonly from: Side
  readonly message: M
  /** Plaintext, as it came. */
  readonly bytes: Uint8Array
}

export interface Held {
  /** Resolves when the message is here. */
  readonly caught: Promise<void>
  /** Lets it go on, and all that waits behind it. */
  release(): void
}

interface Recorded<M extends Named> extends Passing<M> {
  /** What became of it; `open` until somebody asserts it. */
  fate: 'open' | 'expected' | 'allowed' | 'dropped' | 'replaced'
}

interface Rule<M extends Named> {
  readonly verb: 'drop' | 'replace' | 'delay'
  readonly text: string
  readonly matches: (passing: Passing<M>) => boolean
  left: number
  act(passing: Recorded<M>, line: Line): readonly Uint8Array[]
}

/** One direction of one connection. */
class Line {
  readonly #write: (bytes: Uint8Array) => void
  /** What waits behind a delayed message; null while nothing is held. */
  #waiting: Uint8Array[] | null = null

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write
  }

  get isHeld(): boolean {
    return this.#waiting !== null
  }

  hold(): void {
    this.#waiting ??= []
  }

  release(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = null
    for (const bytes of waiting) this.#write(bytes)
  }

  pass(bytes: Uint8Array): void {
    if (this.#waiting) this.#waiting.push(bytes)
    else this.#write(bytes)
  }
}

export class Sniffer<M extends Named> {
  readonly #encode: (message: M) => Uint8Array
  readonly #record: Recorded<M>[] = []
  readonly #rules: Rule<M>[] = []
  readonly #allowed: ((passing: Passing<M>) => boolean)[] = []
  readonly #lines = new Set<Line>()
  readonly #faults: string[] = []
  #ended = false

  constructor(encode: (message: M) => Uint8Array) {
    this.#encode = encode
    onTestFinished(({ task }) => {
      if (!this.#ended && task.result?.state !== 'fail') throw new Error('the test never ended its sniffer')
    })
  }

  /** What passed so far, a line each, for messages of failed tests and for whoever looks. */
  get transcript(): string {
    const arrow = { downstream: '──▶', upstream: '◀──' }
    return this.#record
      .map(({ on, from, message, fate }) => `  ${on} ${arrow[from]} ${message.name} (${fate})`)
      .join('\n')
  }

  /** Messages of a name so far, whatever became of them. */
  all<N extends M['name']>(name: N, which: Which<ByName<M, N>> = {}): ByName<M, N>[] {
    const matches = matcher<M, N>(name, which)
    return this.#record.filter(matches).map(({ message }) => message as ByName<M, N>)
  }

  /**
   * The next message of a side that nobody asserted yet; waits for it. One at a time for each side.
   * @throws Error if another one comes first, which is no longer the order that was expected
   */
  async expect<N extends M['name']>(
    name: N,
    which: Which<ByName<M, N>> & { readonly from: Side },
  ): Promise<ByName<M, N>> {
    let found: Recorded<M> | undefined
    try {
      await until(`${name} from ${which.from}`, () => {
        found = this.#findNext(name, which)
        return found !== undefined
      })
    } catch (error) {
      throw new Error(`${(error as Error).message}. What passed:\n${this.transcript}`, { cause: error })
    }
    return found!.message as ByName<M, N>
  }

  /** Expects these in this order and nothing between them; says what they were. */
  async expectEach(from: Side, ...names: readonly M['name'][]): Promise<M[]> {
    const messages: M[] = []
    for (const name of names) messages.push((await this.expect(name, { from })) as M)
    return messages
  }

  /** May come at any time and as often as it likes; earlier ones too. */
  allow<N extends M['name']>(name: N, which: Which<ByName<M, N>> = {}): void {
    this.#allowed.push(matcher<M, N>(name, which))
  }

  /** Does not hand on the next so many. */
  drop<N extends M['name']>(name: N, which: Which<ByName<M, N>> = {}, times = 1): void {
    this.#rule('drop', name, which, times, (passing) => {
      passing.fate = 'dropped'
      return []
    })
  }

  /** Hands on something else in the place of the next so many. */
  replace<N extends M['name']>(
    name: N,
    change: (message: ByName<M, N>) => Instead<M>,
    which: Which<ByName<M, N>> = {},
    times = 1,
  ): void {
    this.#rule('replace', name, which, times, (passing) => {
      passing.fate = 'replaced'
      const instead = change(passing.message as ByName<M, N>)
      const all: readonly (M | Uint8Array)[] = isList(instead) ? instead : [instead]
      return all.map((one) => (one instanceof Uint8Array ? one : this.#encode(one)))
    })
  }

  /** Hands on the next so many twice. */
  duplicate<N extends M['name']>(name: N, which: Which<ByName<M, N>> = {}, times = 1): void {
    this.#rule('replace', name, which, times, (passing) => {
      passing.fate = 'replaced'
      return [passing.bytes, passing.bytes]
    })
  }

  /** Holds the next one, and everything behind it, as a slow network would. It is still to be expected. */
  delay<N extends M['name']>(name: N, which: Which<ByName<M, N>> = {}): Held {
    let caught = false
    let held: Line | undefined
    this.#rule('delay', name, which, 1, ({ bytes }, line) => {
      line.hold()
      held = line
      caught = true
      return [bytes]
    })
    return {
      get caught() {
        return until(`${name} to be held`, () => caught)
      },
      release() {
        if (!held) throw new Error(`${name} is not here yet: nothing can be released`)
        held.release()
      },
    }
  }

  /** Fails for every message that nobody asserted, and for every rule that met nothing. */
  end(): void {
    this.#ended = true
    const complaints = [...this.#faults]
    for (const passing of this.#record) {
      if (passing.fate !== 'open' || this.#isAllowed(passing)) continue
      complaints.push(`${passing.message.name} from ${passing.from}: nobody asserted it`)
    }
    for (const { text, left } of this.#rules) {
      if (left > 0 && left !== Number.POSITIVE_INFINITY) complaints.push(`${text}: met ${left} too few`)
    }
    if ([...this.#lines].some(({ isHeld }) => isHeld)) complaints.push('something is still held')
    if (complaints.length > 0) throw new Error(`${complaints.join('\n')}\nWhat passed:\n${this.transcript}`)
  }

  /** For the wires: one direction of a new connection. */
  openLine(write: (bytes: Uint8Array) => void): (passing: Passing<M>) => void {
    const line = new Line(write)
    this.#lines.add(line)
    return (passing) => this.#onMessage(passing, line)
  }

  /** For the wires: what one of the roles did that no role may. */
  fault(what: string): void {
    if (!this.#ended) this.#faults.push(what)
  }

  #onMessage(passing: Passing<M>, line: Line): void {
    if (this.#ended) return line.pass(passing.bytes)
    const recorded: Recorded<M> = { ...passing, fate: 'open' }
    this.#record.push(recorded)
    const rule = this.#rules.find(({ left, matches }) => left > 0 && matches(passing))
    if (!rule) return line.pass(passing.bytes)
    rule.left--
    for (const bytes of rule.act(recorded, line)) line.pass(bytes)
  }

  #findNext<N extends M['name']>(
    name: N,
    { from, on, where }: Which<ByName<M, N>> & { readonly from: Side },
  ): Recorded<M> | undefined {
    for (const passing of this.#record) {
      if (passing.fate !== 'open' || passing.from !== from) continue
      if (on !== undefined && passing.on !== on) continue
      const isNamed = passing.message.name === name
      if (isNamed && (where?.(passing.message as ByName<M, N>) ?? true)) {
        passing.fate = 'expected'
        return passing
      }
      if (!this.#isAllowed(passing)) {
        const what = isNamed ? 'one that is not as it should be' : passing.message.name
        throw new Error(`expected ${name} from ${from}, but ${what} came first`)
      }
    }
    return undefined
  }

  #isAllowed(passing: Passing<M>): boolean {
    return this.#allowed.some((matches) => matches(passing))
  }

  #rule<N extends M['name']>(
    verb: Rule<M>['verb'],
    name: N,
    which: Which<ByName<M, N>>,
    times: number,
    act: Rule<M>['act'],
  ): void {
    const matches = matcher<M, N>(name, which)
    this.#rules.push({ verb, text: `${verb} ${name}`, matches, left: times, act })
  }
}

function matcher<M extends Named, N extends M['name']>(
  name: N,
  { from, on, where }: Which<ByName<M, N>>,
): (passing: Passing<M>) => boolean {
  return (passing) =>
    passing.message.name === name &&
    (from === undefined || from === passing.from) &&
    (on === undefined || on === passing.on) &&
    (where?.(passing.message as ByName<M, N>) ?? true)
}

function isList<M>(instead: Instead<M>): instead is readonly (M | Uint8Array)[] {
  return Array.isArray(instead)
}
