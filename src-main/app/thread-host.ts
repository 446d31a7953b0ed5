/** Starts threads and knows when one died. */
import { type ResourceLimits, Worker } from 'node:worker_threads'
import { errorText, HeadframeError } from '../base/index.ts'
import { type Procedures, ThreadClient } from './thread-link.ts'
import { type ThreadName, threadUrl } from './thread-url.ts'

export interface HostedThread<P extends Procedures, E> {
  readonly client: ThreadClient<P, E>
  /** Ends the thread at once. */
  terminate(): Promise<void>
}

/**
 * Mining's garbage, some hundred bytes a share, needs little room, and what outlives it moves on. Left alone the
 * room for new objects grows to 134 MB when a large farm connects, and stays.
 */
const MINING_YOUNG_GENERATION_MB = 16

/** Bounds that a thread's heap is given. */
export function threadLimits(name: ThreadName): ResourceLimits {
  return name === 'mining' ? { maxYoungGenerationSizeMb: MINING_YOUNG_GENERATION_MB } : {}
}

/**
 * @param onEvent what the thread tells without being asked
 * @param onDeath called once if the thread ends without `terminate`
 */
export function startThread<P extends Procedures, E = never>(
  name: ThreadName,
  onEvent: (event: E) => void,
  onDeath: (error: HeadframeError) => void,
): HostedThread<P, E> {
  const worker = new Worker(threadUrl(name), { name, resourceLimits: threadLimits(name) })
  const client = new ThreadClient<P, E>(worker, onEvent)
  let expected = false
  let reported = false
  const died = (cause: string): void => {
    if (expected || reported) return
    reported = true
    const error = new HeadframeError(
      'app/thread-died',
      `The ${name} thread ended unexpectedly (${cause}). Restart Headframe; if it happens again, report it with the log.`,
    )
    client.end(error)
    onDeath(error)
  }
  worker.on('error', (error) => died(errorText(error)))
  worker.on('exit', (code) => died(`exit code ${code}`))
  return {
    client,
    async terminate() {
      expected = true
      client.end(new Error(`the ${name} thread was ended`))
      await worker.terminate()
    },
  }
}
