/**
 * Questions of which only the last one counts: asked a moment after the last change, the one before is called off, and an
 * answer that comes late is dropped. What was answered last stays until then.
 */
import { describeProblem, isEndOfLink, type CallProblem } from './problem.ts'

export interface LatestOptions<TQuery, TAnswer> {
  load(query: TQuery, signal: AbortSignal): Promise<TAnswer>
  onAnswer(answer: TAnswer, query: TQuery): void
  onProblem(problem: CallProblem, query: TQuery): void
  /** True from the asking until the last question is answered. */
  onBusy?(busy: boolean): void
}

export interface Latest<TQuery> {
  /** Asks after `delayMs` without another question; at once by default. */
  ask(query: TQuery, delayMs?: number): void
  cancel(): void
}

export function createLatest<TQuery, TAnswer>(options: LatestOptions<TQuery, TAnswer>): Latest<TQuery> {
  let timer: ReturnType<typeof setTimeout> | undefined
  let abort: AbortController | null = null

  async function run(query: TQuery): Promise<void> {
    abort?.abort()
    const own = new AbortController()
    abort = own
    try {
      const answer = await options.load(query, own.signal)
      if (!own.signal.aborted) options.onAnswer(answer, query)
    } catch (error) {
      if (own.signal.aborted) return
      // A lost link is shown by its own state; the question is asked again when it is back.
      if (!isEndOfLink(error)) options.onProblem(describeProblem(error), query)
    }
    if (!own.signal.aborted) options.onBusy?.(false)
  }

  return {
    ask(query, delayMs = 0) {
      clearTimeout(timer)
      options.onBusy?.(true)
      if (delayMs <= 0) void run(query)
      else timer = setTimeout(() => void run(query), delayMs)
    },
    cancel() {
      clearTimeout(timer)
      abort?.abort()
      abort = null
      options.onBusy?.(false)
    },
  }
}
