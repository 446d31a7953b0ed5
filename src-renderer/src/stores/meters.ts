/** Smart plugs that measure what rigs draw. Passwords go in and never come out. */
import type { Meter, MeterDraft, SourceCheck } from '@contract'
import { defineStore } from 'pinia'
import { computed } from 'vue'
import { useConnection } from '../api/client.ts'
import { createFollowedList } from '../api/live-list.ts'
import { createFollowedView } from './following.ts'

export const useMetersStore = defineStore('meters', () => {
  const { client } = useConnection()
  const list = createFollowedList<Meter>()
  const view = createFollowedView({
    open: (core, signal) => core.meters.live(undefined, { signal }),
    apply: list.apply,
  })

  const create = (draft: MeterDraft): Promise<Meter> => client.meters.create(draft)
  const update = (id: string, patch: Partial<MeterDraft>): Promise<Meter> =>
    client.meters.update({ ...patch, id })
  /** Forgets a plug; what it measured stays. */
  async function remove(id: string): Promise<void> {
    await client.meters.remove({ id })
  }
  /** Asks a plug once; changes nothing. `id` lends the stored password of a saved one. */
  const check = (draft: MeterDraft, id?: string): Promise<SourceCheck> =>
    client.meters.check(id === undefined ? draft : { ...draft, id })

  return {
    /** Null before the first snapshot. */
    meters: list.items,
    problem: computed(view.problem),
    follow: view.follow,
    release: view.release,
    retry: view.retry,
    create,
    update,
    remove,
    check,
  }
})
