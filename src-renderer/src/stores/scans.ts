/**
 * Looking for rigs: where to, and the search that goes on. It goes on when its screen is left, and is there again when
 * one comes back.
 */
import type { Scan, ScanDraft, ScanSuggestion } from '@contract'
import { defineStore } from 'pinia'
import { computed, onScopeDispose, shallowRef } from 'vue'
import { useConnection } from '../api/client.ts'
import { follow, type Following } from '../api/follow.ts'
import { describeProblem, type CallProblem } from '../api/problem.ts'

export const useScansStore = defineStore('scans', () => {
  const connection = useConnection()
  const { client } = connection

  /** Subnets of the machine that Headframe runs on; null before the first answer. */
  const suggestions = shallowRef<ScanSuggestion[] | null>(null)
  const suggestionsProblem = shallowRef<CallProblem | null>(null)
  /** The last search begun here, with what it found so far; null before the first. */
  const scan = shallowRef<Scan | null>(null)
  /** Why it cannot be followed any more. */
  const problem = shallowRef<CallProblem | null>(null)
  let following: Following | null = null

  function letGo(): void {
    following?.stop()
    following = null
  }
  /** Waits for the connection, where a page opens before there is one. */
  let waiting: (() => void) | null = null
  onScopeDispose(() => {
    letGo()
    waiting?.()
  })

  async function loadSuggestions(): Promise<void> {
    if (connection.state.value.phase !== 'live') {
      waiting ??= connection.onChange((state) => {
        if (state.phase !== 'live') return
        waiting?.()
        waiting = null
        void loadSuggestions()
      })
      return
    }
    try {
      suggestions.value = await client.scans.suggestions()
      suggestionsProblem.value = null
    } catch (error) {
      suggestionsProblem.value = describeProblem(error)
    }
  }

  function take(next: Scan): void {
    scan.value = next
    if (next.state !== 'running') letGo()
  }

  /** Shows a search that was begun, here or by an import, until it ends. */
  function watch(id: string): void {
    letGo()
    problem.value = null
    if (scan.value?.id !== id) scan.value = null
    following = follow<{ revision: number; value: Scan }>(connection, {
      open: (core, signal) => core.scans.live({ id }, { signal }),
      apply(event) {
        take(event.value)
        return true
      },
      onStatus(status) {
        problem.value = status.phase === 'failed' ? status.problem : null
      },
    })
  }

  /** Rejects with the core's own words, for instance about one of the targets. */
  async function start(draft: ScanDraft): Promise<void> {
    const begun = await client.scans.start(draft)
    scan.value = begun
    watch(begun.id)
  }

  /** What was found stays. */
  async function stop(): Promise<void> {
    const id = scan.value?.id
    if (id !== undefined) take(await client.scans.stop({ id }))
  }

  return {
    suggestions,
    suggestionsProblem,
    scan,
    running: computed(() => scan.value?.state === 'running'),
    problem,
    loadSuggestions,
    watch,
    start,
    stop,
  }
})
