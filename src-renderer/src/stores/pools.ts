/** Pools in order of priority, and everything a person does with them. */
import type { Activation, Pool, PoolDraft, PoolPatch, PoolTest } from '@contract'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { useConnection } from '../api/client.ts'
import { createFollowedList } from '../api/live-list.ts'
import { createFollowedView } from './following.ts'

/** What a connection test needs to know; `id` lends the stored password of a saved pool. */
export interface PoolTestRequest {
  url: string
  userIdentity: string
  password?: string
  id?: string
}

const ORDER_SETTLES_MS = 1500

export const usePoolsStore = defineStore('pools', () => {
  const { client } = useConnection()
  const list = createFollowedList<Pool>()
  const view = createFollowedView({
    open: (core, signal) => core.pools.live(undefined, { signal }),
    apply: list.apply,
  })

  /** The order a person just asked for, until the core confirms it. */
  const wantedOrder = shallowRef<readonly string[] | null>(null)
  /** The pool being switched to now, from the click until its answer. */
  const switchingTo = shallowRef<string | null>(null)
  /** The outcome of the last switch made from here. */
  const lastSwitch = shallowRef<{ poolId: string; activation: Activation } | null>(null)

  /** Null before the first snapshot. */
  const pools = computed<readonly Pool[] | null>(() => {
    if (list.items.value === null) return null
    const order = wantedOrder.value
    const place = (pool: Pool): number => {
      const wanted = order?.indexOf(pool.id) ?? -1
      return wanted === -1 ? pool.priority : wanted
    }
    return [...list.items.value].sort((a, b) => place(a) - place(b))
  })
  const active = computed(() => pools.value?.find((pool) => pool.active) ?? null)

  /** Switches every rig to a pool. Rejects with the core's own words. */
  async function activate(id: string): Promise<Activation> {
    switchingTo.value = id
    try {
      const activation = await client.pools.activate({ id })
      lastSwitch.value = { poolId: id, activation }
      return activation
    } finally {
      switchingTo.value = null
    }
  }

  /** Moves a pool to another place in the order; shown at once, undone if the core refuses. */
  async function move(id: string, toIndex: number): Promise<void> {
    const ids = (pools.value ?? []).map((pool) => pool.id)
    const from = ids.indexOf(id)
    const to = Math.max(0, Math.min(ids.length - 1, toIndex))
    if (from === -1 || from === to) return
    ids.splice(from, 1)
    ids.splice(to, 0, id)
    wantedOrder.value = ids
    const letGo = (): void => {
      if (wantedOrder.value === ids) wantedOrder.value = null
    }
    try {
      await client.pools.update({ id, priority: to })
      // The answer may overtake the list's own change: keep the wanted order until that is in.
      setTimeout(letGo, ORDER_SETTLES_MS)
    } catch (error) {
      letGo()
      throw error
    }
  }

  const create = (draft: PoolDraft): Promise<Pool> => client.pools.create(draft)
  const update = (id: string, patch: PoolPatch): Promise<Pool> => client.pools.update({ id, ...patch })
  const test = (request: PoolTestRequest, signal?: AbortSignal): Promise<PoolTest> =>
    client.pools.test(request, signal === undefined ? {} : { signal })

  async function remove(id: string): Promise<void> {
    await client.pools.remove({ id })
  }

  return {
    pools,
    active,
    switchingTo,
    lastSwitch,
    problem: computed(view.problem),
    loading: computed(() => list.items.value === null && view.status.value.phase !== 'failed'),
    follow: view.follow,
    release: view.release,
    retry: view.retry,
    activate,
    move,
    create,
    update,
    test,
    remove,
  }
})
