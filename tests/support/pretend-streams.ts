/**
 * Streams as the core gives them, in memory: a snapshot first, then what changed, with revisions. What a
 * pretend core is made of.
 */
import type { LiveList, LiveValue } from '../../src-preload/contract/index.ts'

/** Values that are pushed now and read later, by one reader; ends when its signal does. */
class Stream<T> {
  readonly #waiting: T[] = []
  #wake: (() => void) | undefined
  #failure: unknown
  #ended = false

  push(value: T): void {
    this.#waiting.push(value)
    this.#wake?.()
  }

  end(failure?: unknown): void {
    this.#ended = true
    this.#failure = failure
    this.#wake?.()
  }

  async *read(): AsyncGenerator<T, void, void> {
    for (;;) {
      while (this.#waiting.length > 0) yield this.#waiting.shift()!
      if (this.#failure !== undefined) throw this.#failure
      if (this.#ended) return
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

/** All readers of one view. */
export class Broadcast<T> {
  readonly #streams = new Set<Stream<T>>()

  get readers(): number {
    return this.#streams.size
  }

  async *open(first: T, signal: AbortSignal | undefined): AsyncGenerator<T, void, void> {
    const stream = new Stream<T>()
    this.#streams.add(stream)
    signal?.addEventListener('abort', () => stream.end(), { once: true })
    try {
      yield first
      yield* stream.read()
    } finally {
      this.#streams.delete(stream)
    }
  }

  send(value: T): void {
    for (const stream of this.#streams) stream.push(value)
  }

  end(failure: unknown): void {
    for (const stream of this.#streams) stream.end(failure)
  }
}

/** A list with its revision and its readers. */
export class PretendList<T extends { id: string }> {
  readonly #items = new Map<string, T>()
  readonly readers = new Broadcast<LiveList<T>>()
  revision = 1

  get all(): T[] {
    return [...this.#items.values()]
  }

  find(id: string): T | undefined {
    return this.#items.get(id)
  }

  /** Applies and tells the readers. `silently` leaves them with a gap. */
  change(upserts: readonly T[], removedIds: readonly string[] = [], silently = false): void {
    for (const id of removedIds) this.#items.delete(id)
    for (const item of upserts) this.#items.set(item.id, item)
    this.revision += 1
    if (silently) return
    this.readers.send({
      kind: 'changes',
      revision: this.revision,
      upserts: [...upserts],
      removedIds: [...removedIds],
    })
  }

  snapshot(): LiveList<T> {
    return { kind: 'snapshot', revision: this.revision, items: this.all }
  }

  open(signal: AbortSignal | undefined): AsyncGenerator<LiveList<T>, void, void> {
    return this.readers.open(this.snapshot(), signal)
  }
}

/** A value that is always sent whole, with its revision and its readers. */
export class PretendValue<T> {
  readonly readers = new Broadcast<LiveValue<T>>()
  revision = 1
  value: T

  constructor(value: T) {
    this.value = value
  }

  /** Changes it and tells the readers. */
  set(value: T): void {
    this.value = value
    this.revision += 1
    this.readers.send({ revision: this.revision, value })
  }

  open(signal: AbortSignal | undefined): AsyncGenerator<LiveValue<T>, void, void> {
    return this.readers.open({ revision: this.revision, value: this.value }, signal)
  }
}
