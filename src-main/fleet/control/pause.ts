/** Waiting that can be cut short. */
import { type Clock } from '../../base/index.ts'

/** Resolves after `delayMs`, or at once when `signal` aborts; true if the whole time passed. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const end = (whole: boolean): void => {
      timer.cancel()
      signal.removeEventListener('abort', onAbort)
      resolve(whole)
    }
    const onAbort = (): void => end(false)
    const timer = clock.after(delayMs, () => end(true))
    signal.addEventListener('abort', onAbort)
  })
}
