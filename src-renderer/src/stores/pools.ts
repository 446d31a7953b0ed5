/** Pools in order of priority, and everything a person does with them. */
import type { Activation, Pool, PoolDraft, PoolPatch, PoolPreset, PoolTest } from '@contract'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { useConnection } from '../api/client.ts'
import { createFollowedList } from '../api/live-list.ts'
import { describeProblem, type CallProblem } from '../api/problem.ts'
import { createFollowedView } from './following.ts'

/** What a connection test needs to know; `id` lends the stored password of a saved pool. */
export interface PoolTestRequest {
  url: string
  userIdentity: string
  password?: string
  id?: string
}

/** A switch that a person asked for on this page, from the click to its end. */
export type SwitchAttempt = { poolId: string; poolName: string } & (
  | { phase: 'switching' }
  | { phase: 'done'; activation: Activation }
  /** Nothing changed: the rigs stayed where they were. */
  | { phase: 'failed'; stayedWith: string | null; problem: CallProblem }
)

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
  /** The last switch made from here; null before the first, and once it was dismissed. */
  const attempt = shallowRef<SwitchAttempt | null>(null)
  /** The pool being switched to now, from the click until its answer. */
  const switchingTo = computed(() => (attempt.value?.phase === 'switching' ? attempt.value.poolId : null))
  /** What it took, if it went well. */
  const lastSwitch = computed(() =>
    attempt.value?.phase === 'done'
      ? { poolId: attempt.value.poolId, activation: attempt.value.activation }
      : null,
  )

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

  /** Switches every rig to a pool. Never rejects: how it goes is told by `attempt`. Resolves to whether it did. */
  async function activate(id: string): Promise<boolean> {
    const stayedWith = active.value?.name ?? null
    const poolName = pools.value?.find((pool) => pool.id === id)?.name ?? 'the pool'
    attempt.value = { phase: 'switching', poolId: id, poolName }
    try {
      const activation = await client.pools.activate({ id })
      attempt.value = { phase: 'done', poolId: id, poolName, activation }
      return true
    } catch (error) {
      attempt.value = { phase: 'failed', poolId: id, poolName, stayedWith, problem: describeProblem(error) }
      return false
    }
  }

  function dismissAttempt(): void {
    if (attempt.value?.phase !== 'switching') attempt.value = null
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
  /** Public pools to start from. */
  const loadPresets = (): Promise<PoolPreset[]> => client.pools.presets()

  /** Runs a connection test and tells every step as it comes; ends with the test or with `signal`. */
  async function test(
    request: PoolTestRequest,
    onStep: (test: PoolTest) => void,
    signal: AbortSignal,
  ): Promise<void> {
    for await (const step of await client.pools.testLive(request, { signal })) {
      if (signal.aborted) return
      onStep(step)
    }
  }

  async function remove(id: string): Promise<void> {
    await client.pools.remove({ id })
  }

  return {
    pools,
    active,
    attempt,
    switchingTo,
    lastSwitch,
    problem: computed(view.problem),
    loading: computed(() => list.items.value === null && view.status.value.phase !== 'failed'),
    follow: view.follow,
    release: view.release,
    retry: view.retry,
    activate,
    dismissAttempt,
    move,
    create,
    update,
    loadPresets,
    test,
    remove,
  }
})
