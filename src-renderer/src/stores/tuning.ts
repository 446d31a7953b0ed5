/** Tuning of small boards: the last one of each rig, as it goes on. */
import type { Tuning, TuningDraft } from '@contract'
import { defineStore } from 'pinia'
import { computed } from 'vue'
import { useConnection } from '../api/client.ts'
import { createFollowedList } from '../api/live-list.ts'
import { createFollowedView } from './following.ts'

export const useTuningStore = defineStore('tuning', () => {
  const { client } = useConnection()
  const list = createFollowedList<Tuning>()
  const view = createFollowedView({
    open: (core, signal) => core.tuning.live(undefined, { signal }),
    apply: list.apply,
  })

  const start = (rigId: string, draft: TuningDraft): Promise<Tuning> =>
    client.tuning.start({ id: rigId, ...draft })
  /** Ends it early: with the best so far, or as it was before. */
  const stop = (rigId: string, keep: 'best' | 'before'): Promise<Tuning> =>
    client.tuning.stop({ id: rigId, keep })
  /** Back to the settings from before, after it ended. */
  const revert = (rigId: string): Promise<Tuning> => client.tuning.revert({ id: rigId })

  return {
    /** Null before the first snapshot. */
    tunings: list.items,
    problem: computed(view.problem),
    follow: view.follow,
    release: view.release,
    retry: view.retry,
    start,
    stop,
    revert,
  }
})
