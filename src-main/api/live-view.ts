/**
 * Views that many followers can watch: the newest state, a revision, and streams that begin with a
 * snapshot. A follower that falls behind gets the newest state, never a backlog.
 */
import { Listeners, type Unsubscribe } from '../base/index.ts'
import { type LiveList, type LiveValue } from '../../src-preload/contract/index.ts'

/** Changes a follower may have waiting before it is given a fresh snapshot instead. */
const MAX_WAITING_CHANGES = 8

/** A value that is always sent whole. */
export class LiveValueView<T> {
  readonly #changed = new Listeners<void>()
  readonly #followed = new Listeners<void>()
  #revision = 0
  #value: T

  constructor(value: T) {
    this.#value = value
  }

  get value(): T {
    return this.#value
  }

  set(value: T): void {
    this.#value = value
    this.#revision++
    this.#changed.emit()
  }

  onChange(listener: () => void): Unsubscribe {
    return this.#changed.on(listener)
  }

  /** Whether anyone follows: what is costly to know need not be known otherwise. */
  get followed(): boolean {
    return this.#changed.size > 0
  }

  /** Called when somebody begins to follow. */
  onFollowed(listener: () => void): Unsubscribe {
    return this.#followed.on(listener)
  }

  /** The value now, then again whenever it changed. Ends when `signal` aborts. */
  async *follow(signal?: AbortSignal): AsyncGenerator<LiveValue<T>, void, void> {
    const wake = new Wake(signal)
    const unsubscribe = this.#changed.on(() => wake.set())
    this.#followed.emit()
    try {
      for (let sent = -1; !wake.aborted;) {
        if (sent !== this.#revision) {
          sent = this.#revision
          yield { revision: sent, value: this.#value }
        } else await wake.wait()
      }
    } finally {
      unsubscribe()
      wake.dispose()
    }
  }
}

interface Change<T> {
  readonly revision: number
  readonly upserts: T[]
  readonly removedIds: string[]
}

/** A list of items with ids: a snapshot, then changes in order. */
export class LiveListView<T extends { readonly id: string }> {
  readonly #changed = new Listeners<Change<T>>()
  readonly #followed = new Listeners<void>()
  readonly #items = new Map<string, T>()
  #order: ((a: T, b: T) => number) | undefined
  #revision = 0

  /** @param order how `items` and snapshots are sorted; in order of arrival without it */
  constructor(order?: (a: T, b: T) => number) {
    this.#order = order
  }

  get items(): T[] {
    const items = [...this.#items.values()]
    return this.#order ? items.sort(this.#order) : items
  }

  find(id: string): T | undefined {
    return this.#items.get(id)
  }

  /** Adds or replaces items and removes others, as one change. Nothing happens if both are empty. */
  apply(upserts: T[], removedIds: string[] = []): void {
    if (upserts.length === 0 && removedIds.length === 0) return
    for (const id of removedIds) this.#items.delete(id)
    for (const item of upserts) this.#items.set(item.id, item)
    this.#revision++
    this.#changed.emit({ revision: this.#revision, upserts, removedIds })
  }

  /** Replaces the whole list; followers hear only of what differs. */
  replace(items: T[]): void {
    const ids = new Set(items.map((item) => item.id))
    const removed = [...this.#items.keys()].filter((id) => !ids.has(id))
    const changed = items.filter((item) => JSON.stringify(this.#items.get(item.id)) !== JSON.stringify(item))
    this.apply(changed, removed)
  }

  onChange(listener: () => void): Unsubscribe {
    return this.#changed.on(listener)
  }

  /** Whether anyone follows: what is costly to know need not be known otherwise. */
  get followed(): boolean {
    return this.#changed.size > 0
  }

  /** Called when somebody begins to follow. */
  onFollowed(listener: () => void): Unsubscribe {
    return this.#followed.on(listener)
  }

  /** The list now, then what changed. Ends when `signal` aborts. */
  async *follow(signal?: AbortSignal): AsyncGenerator<LiveList<T>, void, void> {
    const wake = new Wake(signal)
    let waiting: Change<T>[] | null = null
    const unsubscribe = this.#changed.on((change) => {
      if (waiting && waiting.length < MAX_WAITING_CHANGES) waiting.push(change)
      else waiting = null
      wake.set()
    })
    this.#followed.emit()
    try {
      while (!wake.aborted) {
        if (waiting === null) {
          waiting = []
          yield { kind: 'snapshot', revision: this.#revision, items: this.items }
          continue
        }
        const change: Change<T> | undefined = (waiting as Change<T>[]).shift()
        if (change) yield { kind: 'changes', ...change }
        else await wake.wait()
      }
    } finally {
      unsubscribe()
      wake.dispose()
    }
  }
}

/** Lets a follower sleep until something changed or it was told to end. */
class Wake {
  readonly #signal: AbortSignal | undefined
  #resolve: (() => void) | null = null
  readonly #onAbort = (): void => this.set()

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal
    signal?.addEventListener('abort', this.#onAbort)
  }

  get aborted(): boolean {
    return this.#signal?.aborted ?? false
  }

  set(): void {
    this.#resolve?.()
    this.#resolve = null
  }

  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  dispose(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.set()
  }
}
