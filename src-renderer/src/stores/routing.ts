/**
 * Which rigs work for which pool. The value is always set whole: what is asked for here is shown at once, and
 * undone if the core refuses it.
 */
import type { Routing } from '@contract'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { useConnection } from '../api/client.ts'
import { createFollowedView } from './following.ts'

export const useRoutingStore = defineStore('routing', () => {
  const { client } = useConnection()
  /** What the core has; null before the first snapshot. */
  const stored = shallowRef<Routing | null>(null)
  /** What was asked for and is not confirmed yet. */
  const wanted = shallowRef<Routing | null>(null)

  const view = createFollowedView<{ revision: number; value: Routing }>({
    open: (core, signal) => core.routing.live(undefined, { signal }),
    apply(event) {
      stored.value = event.value
      return true
    },
  })

  const routing = computed(() => wanted.value ?? stored.value)

  /** Sets it. Rejects with the core's own words, and shows what was before. */
  async function set(next: Routing): Promise<void> {
    wanted.value = next
    try {
      const answer = await client.routing.set(next)
      if (wanted.value === next) stored.value = answer
    } finally {
      // Another change may have been asked for meanwhile; that one stays.
      if (wanted.value === next) wanted.value = null
    }
  }

  return {
    routing,
    saving: computed(() => wanted.value !== null),
    problem: computed(view.problem),
    follow: view.follow,
    release: view.release,
    retry: view.retry,
    set,
  }
})
