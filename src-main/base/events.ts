/** A typed list of listeners for one kind of event. */

export type Unsubscribe = () => void

export class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>()

  /** Subscribes; the returned function unsubscribes. */
  on(listener: (value: T) => void): Unsubscribe {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Calls every listener that was subscribed when the call began. */
  emit(value: T): void {
    for (const listener of [...this.#listeners]) listener(value)
  }

  get size(): number {
    return this.#listeners.size
  }

  clear(): void {
    this.#listeners.clear()
  }
}
