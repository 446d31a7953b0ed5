/** Rigs as the proxy sees them: every connection that is there now. */
import type { Downstream } from '@contract'
import { defineStore } from 'pinia'
import { computed } from 'vue'
import { createFollowedList } from '../api/live-list.ts'
import { createFollowedView } from './following.ts'

export const useRigsStore = defineStore('rigs', () => {
  const list = createFollowedList<Downstream>()
  const view = createFollowedView({
    open: (client, signal) => client.downstreams.live(undefined, { signal }),
    apply: list.apply,
  })

  function followAfresh(): void {
    // What was seen on an earlier visit is old by now; a skeleton is more honest than yesterday's numbers.
    if (view.status.value.phase !== 'live') list.clear()
    view.follow()
  }

  return {
    /** Null before the first snapshot. */
    rigs: list.items,
    find: list.find,
    problem: computed(view.problem),
    loading: computed(() => list.items.value === null && view.status.value.phase !== 'failed'),
    follow: followAfresh,
    release: view.release,
    retry: view.retry,
  }
})
