/** Waiting that ends at once when what it is for has ended. */

/**
 * The promise's outcome, or the signal's reason as soon as it is aborted. What was begun goes on; its late failure is
 * nobody's.
 */
export function abortable<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
