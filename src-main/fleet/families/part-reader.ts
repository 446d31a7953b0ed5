/** Reading a rig by many requests of which some may fail: what failed is named, and a dead rig is given up at once. */
import { HeadframeError } from '../../base/index.ts'

/** What means the rig is gone, as long as nothing else was answered. */
const GONE = new Set(['rig/unreachable', 'rig/timeout', 'rig/given-up'])
/** After these each further question would wait as long again. */
const SILENT = new Set(['rig/unreachable', 'rig/timeout'])
/** What must reach the person, whatever else was answered. */
const ALWAYS = new Set(['rig/wrong-password', 'rig/given-up'])

export class PartReader {
  /** What was asked in vain. */
  readonly failed: string[] = []
  #answered = 0
  #silent = false
  #first: unknown = null

  /**
   * @param asked as `rpc stats`
   * @returns the answer; undefined if it failed, or was not asked because the rig fell silent
   * @throws HeadframeError if the rig is gone or refused the login
   */
  async ask<T>(asked: string, ask: () => Promise<T>): Promise<T | undefined> {
    if (this.#silent) {
      this.failed.push(asked)
      return undefined
    }
    try {
      const answer = await ask()
      this.#answered++
      return answer
    } catch (error) {
      if (!(error instanceof HeadframeError)) throw error
      if (ALWAYS.has(error.code) || (this.#answered === 0 && GONE.has(error.code))) throw error
      this.failed.push(asked)
      this.#silent = SILENT.has(error.code)
      this.#first ??= error
      return undefined
    }
  }

  /** @throws the first failure if nothing at all was answered */
  requireSome(): void {
    if (this.#answered === 0 && this.#first !== null) throw this.#first
  }
}
