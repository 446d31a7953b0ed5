/**
 * Follows a live view for as long as somebody looks at it: opens the stream whenever the connection is
 * live, opens it again after a gap, an end or an error, and says how it stands. Each opening begins with
 * a snapshot, so nothing is ever patched together from two streams.
 */
import type { Client } from './client.ts'
import type { Connection } from './connection.ts'
import { describeProblem, isEndOfLink, type CallProblem } from './problem.ts'

export type FollowStatus =
  /** No snapshot of this opening yet. */
  | { phase: 'waiting' }
  | { phase: 'live' }
  /** The core answered with an error; it is asked again after a pause. */
  | { phase: 'failed'; problem: CallProblem }

export interface FollowOptions<TEvent> {
  open(client: Client, signal: AbortSignal): Promise<AsyncIterable<TEvent>>
  /** Takes one event; false asks for a new snapshot because something is missing in between. */
  apply(event: TEvent): boolean
  onStatus(status: FollowStatus): void
  /** A stream that never pauses this long is dead when it does: the whole link is replaced. */
  silenceMs?: number
}

export interface Following {
  stop(): void
  /** Asks again at once, for a Retry button. */
  restart(): void
}

const FAILED_PAUSE_MS = 3000
/** Between openings after a gap or an early end, so that a faulty core is not asked in a tight loop. */
const REOPEN_PAUSE_MS = 250

export function follow<TEvent>(connection: Connection, options: FollowOptions<TEvent>): Following {
  let stopped = false
  let abort: AbortController | null = null
  let pauseTimer: ReturnType<typeof setTimeout> | undefined
  let silenceTimer: ReturnType<typeof setTimeout> | undefined

  function armSilence(): void {
    clearTimeout(silenceTimer)
    if (options.silenceMs !== undefined)
      silenceTimer = setTimeout(() => connection.reset(), options.silenceMs)
  }

  function end(): void {
    clearTimeout(pauseTimer)
    clearTimeout(silenceTimer)
    abort?.abort()
    abort = null
  }

  function reopenAfter(pauseMs: number): void {
    end()
    if (!stopped) pauseTimer = setTimeout(begin, pauseMs)
  }

  function begin(): void {
    end()
    if (stopped || connection.state.value.phase !== 'live') return
    const own = new AbortController()
    abort = own
    void run(own.signal).then((next) => {
      if (own.signal.aborted || stopped) return
      if (next.phase === 'failed') options.onStatus(next)
      else options.onStatus({ phase: 'waiting' })
      reopenAfter(next.phase === 'failed' ? FAILED_PAUSE_MS : REOPEN_PAUSE_MS)
    })
  }

  /** One opening of the stream, until it ends for whatever reason. */
  async function run(signal: AbortSignal): Promise<FollowStatus> {
    try {
      armSilence()
      const events = await options.open(connection.client, signal)
      for await (const event of events) {
        if (signal.aborted) break
        armSilence()
        if (!options.apply(event)) break
        options.onStatus({ phase: 'live' })
      }
      return { phase: 'waiting' }
    } catch (error) {
      return isEndOfLink(error) ? { phase: 'waiting' } : { phase: 'failed', problem: describeProblem(error) }
    }
  }

  const unsubscribe = connection.onChange((state) => {
    if (state.phase === 'live') begin()
    else if (abort !== null) {
      end()
      options.onStatus({ phase: 'waiting' })
    }
  })
  begin()

  return {
    stop() {
      stopped = true
      unsubscribe()
      end()
    },
    restart: begin,
  }
}
