/** Waiting for what real sockets bring. Generous: a machine may be busy. */
const LONGEST_WAIT_MS = 20_000

/** Resolves once `condition` holds. @throws Error naming what was awaited */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const startedMs = performance.now()
  while (!condition()) {
    if (performance.now() - startedMs > LONGEST_WAIT_MS) {
      throw new Error(`waited ${LONGEST_WAIT_MS / 1000} s in vain for: ${what}`)
    }
    await new Promise((done) => setTimeout(done, 2))
  }
}
