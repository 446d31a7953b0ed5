/** Several metrics of any rigs over one stretch of time, who has a history, and how each did. Nothing is followed. */
import type { Analysis, ExploreQuery, ExploreResult, HistorySource } from '@contract'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { useConnection } from '../api/client.ts'
import { describeProblem, type CallProblem } from '../api/problem.ts'

export const useExplorerStore = defineStore('explorer', () => {
  const { client } = useConnection()
  /** Rigs and meters with a history, those that are gone included; null before the first answer. */
  const sources = shallowRef<readonly HistorySource[] | null>(null)
  /** Why they could not be read; null once they could. */
  const problem = shallowRef<CallProblem | null>(null)

  /** Never rejects: how it went is told by `sources` and `problem`. */
  async function loadSources(): Promise<void> {
    try {
      sources.value = await client.history.sources()
      problem.value = null
    } catch (error) {
      problem.value = describeProblem(error)
    }
  }

  const explore = (query: ExploreQuery, signal: AbortSignal): Promise<ExploreResult> =>
    client.history.explore(
      {
        ...query,
        from: Math.max(0, Math.floor(Number(query.from))),
        to: Math.max(0, Math.ceil(Number(query.to))),
      },
      { signal },
    )
  const analyse = (
    query: { from: number; to: number; rig?: string },
    signal: AbortSignal,
  ): Promise<Analysis> => client.history.analysis(query, { signal })

  return { sources, problem, loadSources, explore, analyse }
})
