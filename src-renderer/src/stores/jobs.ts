/** Jobs as a person reads them: the decoded one of each pool, and what the pools said when. */
import type { CurrentJob, JobTimeline } from '@contract'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { useConnection } from '../api/client.ts'
import { createFollowedView } from './following.ts'

export const useJobsStore = defineStore('jobs', () => {
  const { client } = useConnection()
  /** Null before the first snapshot. */
  const timeline = shallowRef<JobTimeline | null>(null)
  const view = createFollowedView<{ revision: number; value: JobTimeline }>({
    open: (core, signal) => core.jobs.timelineLive(undefined, { signal }),
    apply(event) {
      timeline.value = event.value
      return true
    },
  })

  /** The decoded job of one connected pool, or of the one in use; null without one. */
  const loadJob = (poolId: string | null): Promise<CurrentJob | null> =>
    poolId === null ? client.jobs.current() : client.jobs.ofPool({ id: poolId })

  return {
    timeline,
    problem: computed(view.problem),
    follow: view.follow,
    release: view.release,
    retry: view.retry,
    loadJob,
  }
})
