/** Ownership of what must be stopped: children stop in reverse order, and one failure stops none of the rest. */

export type Dispose = () => void | Promise<void>

export class DisposalStack {
  readonly #steps: { name: string; dispose: Dispose }[] = []

  /** Hands a step over; steps run in reverse order of `add`. */
  add(name: string, dispose: Dispose): void {
    this.#steps.push({ name, dispose })
  }

  /**
   * Runs every step once, last first.
   * @returns the failures, each with the name of its step; empty when all went well.
   */
  async dispose(): Promise<{ name: string; error: unknown }[]> {
    const failures: { name: string; error: unknown }[] = []
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step.dispose()
      } catch (error) {
        failures.push({ name: step.name, error })
      }
    }
    return failures
  }
}
