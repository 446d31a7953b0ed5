/** The decoded job of one pool, asked for again every few seconds and as soon as the timeline tells of a new one. */
import { useIntervalFn } from '@vueuse/core'
import { computed, shallowRef, watch, type Ref } from 'vue'
import type { CurrentJob } from '@contract'
import { describeProblem, type CallProblem } from '../../api/problem.ts'
import { useJobsStore } from '../../stores/jobs.ts'
import { useOverviewStore } from '../../stores/overview.ts'

const REFRESH_MS = 3000

export interface PoolJob {
  /** undefined: not asked yet. null: the pool has given none. */
  job: Readonly<Ref<CurrentJob | null | undefined>>
  problem: Readonly<Ref<CallProblem | null>>
  refresh(): Promise<void>
}

/** @param poolId null for the pool in use */
export function usePoolJob(poolId: Readonly<Ref<string | null>>): PoolJob {
  const jobs = useJobsStore()
  const overview = useOverviewStore()
  const job = shallowRef<CurrentJob | null | undefined>(undefined)
  const problem = shallowRef<CallProblem | null>(null)

  async function refresh(): Promise<void> {
    if (!overview.fresh) return
    const asked = poolId.value
    try {
      const answer = await jobs.loadJob(asked)
      if (asked !== poolId.value) return
      job.value = answer
      problem.value = null
    } catch (error) {
      if (asked === poolId.value) problem.value = describeProblem(error)
    }
  }

  /** Changes with every job of this pool. */
  const newest = computed(
    () => jobs.timeline?.pools.find((pool) => pool.poolId === poolId.value)?.jobs[0]?.upstreamJobId,
  )
  watch(poolId, () => {
    job.value = undefined
    problem.value = null
  })
  watch([poolId, newest, () => overview.fresh], () => void refresh(), { immediate: true })
  useIntervalFn(() => void refresh(), REFRESH_MS)

  return { job, problem, refresh }
}
