/** The analysis of a stretch of time: asked for when it changes, the last question counts. */
import { onScopeDispose, shallowRef, watch, type Ref } from 'vue'
import type { Analysis } from '@contract'
import { createLatest } from '../../api/latest.ts'
import type { CallProblem } from '../../api/problem.ts'
import { useAppStore } from '../../stores/app.ts'
import { useExplorerStore } from '../../stores/explorer.ts'
import type { Span } from '../../ui/chart/chart-window.ts'

export interface LoadedAnalysis {
  analysis: Readonly<Ref<Analysis | null>>
  busy: Readonly<Ref<boolean>>
  problem: Readonly<Ref<CallProblem | null>>
  retry(): void
}

export function useAnalysis(span: () => Span): LoadedAnalysis {
  const app = useAppStore()
  const store = useExplorerStore()
  const analysis = shallowRef<Analysis | null>(null)
  const busy = shallowRef(false)
  const problem = shallowRef<CallProblem | null>(null)
  const latest = createLatest<Span, Analysis>({
    load: ({ from, to }, signal) => store.analyse({ from: Math.floor(from), to: Math.ceil(to) }, signal),
    onAnswer(answer) {
      analysis.value = answer
      problem.value = null
    },
    onProblem: (found) => (problem.value = found),
    onBusy: (is) => (busy.value = is),
  })
  watch(span, (now) => latest.ask(now), { immediate: true })
  // What was asked while there was no link was never heard.
  watch(
    () => app.connection.phase,
    (phase) => phase === 'live' && latest.ask(span()),
  )
  onScopeDispose(() => latest.cancel())
  return { analysis, busy, problem, retry: () => latest.ask(span()) }
}
