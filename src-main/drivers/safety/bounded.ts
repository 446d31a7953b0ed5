/** Waiting with an end to it: nothing that guards a board may wait for an answer that never comes. */
import { type Clock, HeadframeError } from '../../base/index.ts'

/**
 * The promise's outcome, or a failure when `limitMs` of the clock have passed. What was begun is not stopped by that;
 * its late outcome is ignored.
 * @param what for instance `the regulator to be switched off`
 * @throws HeadframeError `safety/timed-out`; whatever `begin` throws
 */
export function bounded<T>(clock: Clock, limitMs: number, what: string, begin: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(limitMs, () =>
      reject(
        new HeadframeError('safety/timed-out', `Waited ${limitMs} ms for ${what} in vain.`, {
          context: { what, limitMs },
        }),
      ),
    )
    // A step that throws before it waits must fail like one that rejects.
    new Promise<T>((settle) => settle(begin())).then(
      (value) => {
        timer.cancel()
        resolve(value)
      },
      (error: unknown) => {
        timer.cancel()
        reject(error instanceof Error ? error : new Error(String(error)))
      },
    )
  })
}
