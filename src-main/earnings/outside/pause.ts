/** Waiting between requests, so that many are no burst. */
import { type Clock } from '../../base/index.ts'

/** Resolves after `ms` of `clock`'s time, or at once when `signal` is aborted; what was under way then sees it. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve()
      return
    }
    const end = (): void => {
      timer.cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = clock.after(ms, end)
    signal.addEventListener('abort', end, { once: true })
  })
}
