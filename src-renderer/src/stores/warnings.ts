/** What the watchdog finds odd about pools and jobs, while it lasts; the most urgent first. */
import type { Warning } from '@contract'
import { defineStore } from 'pinia'
import { computed } from 'vue'
import { createFollowedList } from '../api/live-list.ts'
import { createFollowedView } from './following.ts'

const URGENCY: Record<Warning['severity'], number> = { error: 0, warning: 1, info: 2 }

export const useWarningsStore = defineStore('warnings', () => {
  const list = createFollowedList<Warning>()
  const view = createFollowedView({
    open: (client, signal) => client.warnings.live(undefined, { signal }),
    apply: list.apply,
  })

  /** Null before the first snapshot. Among equals the newest first. */
  const warnings = computed(
    () =>
      list.items.value &&
      [...list.items.value].sort((a, b) => URGENCY[a.severity] - URGENCY[b.severity] || b.since - a.since),
  )

  return {
    warnings,
    problem: computed(view.problem),
    follow: view.follow,
    release: view.release,
    retry: view.retry,
  }
})
