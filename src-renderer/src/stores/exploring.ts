/**
 * What every chart of stored values shares: a window and lines in, columns out. The window is asked for a moment after it
 * stood still, with no more points than pixels; what is there stays until the answer is; the whole range, coarse, lies
 * behind it, so that zooming out or panning finds something at once.
 */
import type { ExploreQuery, ExploreResult } from '@contract'
import { onScopeDispose, shallowRef, watch, type Ref } from 'vue'
import { createLatest } from '../api/latest.ts'
import type { CallProblem } from '../api/problem.ts'
import { useConnection } from '../api/client.ts'
import { useExplorerStore } from './explorer.ts'

export interface ExploringInput {
  lines: ExploreQuery['lines']
  /** Epoch milliseconds of the core's clock. */
  window: { from: number; to: number }
  bounds: { from: number; to: number }
  /** Width of the plot. */
  pixels: number
}

export interface Explored {
  result: ExploreResult
  lines: ExploreQuery['lines']
  /** Which stretch was asked for. */
  window: { from: number; to: number }
}

export interface Exploring {
  /** Of the window, as fine as it can be seen; null before the first answer. */
  fine: Readonly<Ref<Explored | null>>
  /** Of the whole range. */
  coarse: Readonly<Ref<Explored | null>>
  busy: Readonly<Ref<boolean>>
  problem: Readonly<Ref<CallProblem | null>>
  /** Asks again for the window, for a Retry button or because time went by. */
  refresh(): void
}

/** A window that moves is not asked for: it stands still this long first. */
export const SETTLE_MS = 160
const COARSE_POINTS = 500
const MOST_POINTS = 4000
const LEAST_POINTS = 50

/** Call it while a component is being set up. Null as input: not yet. */
export function useExploring(input: () => ExploringInput | null): Exploring {
  const connection = useConnection()
  const store = useExplorerStore()
  const fine = shallowRef<Explored | null>(null)
  const coarse = shallowRef<Explored | null>(null)
  const busy = shallowRef(false)
  const problem = shallowRef<CallProblem | null>(null)

  const load = (
    { lines, from, to, points }: ExploreQuery & { from: number; to: number },
    signal: AbortSignal,
  ) => store.explore({ lines, from, to, points: points ?? COARSE_POINTS }, signal)
  type Query = Parameters<typeof load>[0]
  const asExplored = (result: ExploreResult, { lines, from, to }: Query): Explored => ({
    result,
    lines,
    window: { from, to },
  })
  const near = createLatest<Query, ExploreResult>({
    load,
    onAnswer(result, query) {
      fine.value = asExplored(result, query)
      problem.value = null
    },
    onProblem: (found) => (problem.value = found),
    onBusy: (is) => (busy.value = is),
  })
  const far = createLatest<Query, ExploreResult>({
    load,
    onAnswer: (result, query) => (coarse.value = asExplored(result, query)),
    // Without it only what is beyond the window is missing for a moment.
    onProblem: () => (coarse.value = null),
  })

  function askNear(delayMs: number): void {
    const now = input()
    if (now === null || now.lines.length === 0) return near.cancel()
    const points = Math.min(MOST_POINTS, Math.max(LEAST_POINTS, Math.floor(now.pixels)))
    near.ask({ lines: now.lines, ...now.window, points }, delayMs)
  }
  function askFar(): void {
    const now = input()
    if (now === null || now.lines.length === 0) return far.cancel()
    far.ask({ lines: now.lines, ...now.bounds, points: COARSE_POINTS })
  }

  const linesKey = (): string => JSON.stringify(input()?.lines ?? [])
  watch(
    linesKey,
    () => {
      askNear(0)
      askFar()
    },
    { immediate: true },
  )
  watch(
    () => {
      const now = input()
      return now === null ? '' : `${now.window.from} ${now.window.to} ${Math.floor(now.pixels)}`
    },
    (_, before) => askNear(before === '' ? 0 : SETTLE_MS),
  )
  // The end of the whole range moves with time; its beginning only when more is known.
  watch(
    () => input()?.bounds.from,
    () => askFar(),
  )
  // What was asked while there was no link was never heard.
  watch(
    () => connection.state.value.phase,
    (phase) => {
      if (phase !== 'live') return
      askNear(0)
      askFar()
    },
  )
  onScopeDispose(() => {
    near.cancel()
    far.cancel()
  })

  return { fine, coarse, busy, problem, refresh: () => askNear(0) }
}
