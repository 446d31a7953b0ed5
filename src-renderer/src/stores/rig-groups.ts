/** Groups of rigs: for filtering, for doing something to all of them, for a login they share. */
import type { FleetGroup } from '@contract'
import { defineStore } from 'pinia'
import { computed } from 'vue'
import { useConnection } from '../api/client.ts'
import { createFollowedList } from '../api/live-list.ts'
import { createFollowedView } from './following.ts'

export const useRigGroupsStore = defineStore('rig-groups', () => {
  const { client } = useConnection()
  const list = createFollowedList<FleetGroup>()
  const view = createFollowedView({
    open: (core, signal) => core.rigGroups.live(undefined, { signal }),
    apply: list.apply,
  })

  /** By name; null before the first snapshot. */
  const groups = computed(
    () =>
      list.items.value &&
      [...list.items.value].sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true })),
  )

  const create = (name: string): Promise<FleetGroup> => client.rigGroups.create({ name })
  const rename = (id: string, name: string): Promise<FleetGroup> => client.rigGroups.update({ id, name })
  /** Its rigs stay, without a group. */
  async function remove(id: string): Promise<void> {
    await client.rigGroups.remove({ id })
  }

  return {
    groups,
    problem: computed(view.problem),
    follow: view.follow,
    release: view.release,
    retry: view.retry,
    create,
    rename,
    remove,
  }
})
