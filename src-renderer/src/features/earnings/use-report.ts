/**
 * The report of the period that is looked at, kept up to date while it still grows. When the period changes, the old report stays,
 * marked as such, until the new one is there; of two that overlap only the later counts.
 */
import { useIntervalFn } from '@vueuse/core'
import { onScopeDispose, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import type { EarningsReport } from '@contract'
import { describeProblem, type CallProblem } from '../../api/problem.ts'
import { useEarningsStore, type ReportQuery } from '../../stores/earnings.ts'
import { useOverviewStore } from '../../stores/overview.ts'

/** Figures grow by the minute at their finest. */
const RELOAD_MS = 60_000

export interface ShownReport {
  /** Null before the first answer. */
  report: Readonly<Ref<EarningsReport | null>>
  problem: Readonly<Ref<CallProblem | null>>
  /** What is shown is of another period than asked for, or could not be renewed. */
  old: Readonly<Ref<boolean>>
  reload(): Promise<void>
}

export function useReport(query: ComputedRef<ReportQuery | null>): ShownReport {
  const store = useEarningsStore()
  const overview = useOverviewStore()
  const report = shallowRef<EarningsReport | null>(null)
  const problem = shallowRef<CallProblem | null>(null)
  const old = shallowRef(false)
  let abort: AbortController | null = null

  async function reload(): Promise<void> {
    abort?.abort()
    const wanted = query.value
    if (wanted === null) return
    const own = new AbortController()
    abort = own
    try {
      const answer = await store.loadReport(wanted, own.signal)
      if (own.signal.aborted) return
      report.value = answer
      problem.value = null
      old.value = false
    } catch (error) {
      if (own.signal.aborted) return
      problem.value = describeProblem(error)
      old.value = report.value !== null
    }
  }

  watch(
    query,
    (next, before) => {
      if (JSON.stringify(next) === JSON.stringify(before)) return
      old.value = report.value !== null
      void reload()
    },
    { immediate: true },
  )
  watch(
    () => overview.fresh,
    (fresh) => fresh && void reload(),
  )
  useIntervalFn(() => {
    const wanted = query.value
    if (wanted !== null && overview.fresh && wanted.to > overview.coreNow) void reload()
  }, RELOAD_MS)
  onScopeDispose(() => abort?.abort())

  return { report, problem, old, reload }
}
