/**
 * What to tell about a switch: the one asked for on this page while it is under way, when it failed, and when
 * it is done; and the last one that somebody else made, or Headframe itself, while this page was open. Done
 * ones go by themselves a minute after the new pool has said yes to a share, or when another has to stand in.
 */
import type { Overview } from '@contract'
import { computed, shallowRef, watch, type ComputedRef } from 'vue'
import { useOverviewStore } from '../../stores/overview.ts'
import { usePoolsStore, type SwitchAttempt } from '../../stores/pools.ts'

type LastSwitch = NonNullable<Overview['lastSwitch']>

export type SwitchNews =
  | { kind: 'switching'; poolName: string }
  | { kind: 'failed'; attempt: Extract<SwitchAttempt, { phase: 'failed' }> }
  | { kind: 'done'; poolName: string; proof: LastSwitch }

const STAYS_MS = 60_000
/** The answer to a switch and the report of it may name moments a little apart. */
const SAME_SWITCH_MS = 2000

export function useSwitchNews(): { news: ComputedRef<SwitchNews | null>; dismiss: () => void } {
  const pools = usePoolsStore()
  const overview = useOverviewStore()
  /** Switches up to this moment are not news: they were before this page, or were dismissed. */
  const seenUntil = shallowRef<number | null>(null)
  watch(
    () => overview.overview,
    (current) => {
      if (current !== null && seenUntil.value === null) seenUntil.value = current.lastSwitch?.at ?? 0
    },
    { immediate: true },
  )

  /** The switch to tell about: the newer of the one from here and the one that the core reports. */
  const done = computed<LastSwitch | null>(() => {
    const reported = overview.overview?.lastSwitch ?? null
    const { attempt } = pools
    if (attempt?.phase !== 'done') return reported
    const { switchedAt: at, tookMs, downstreams } = attempt.activation
    const same =
      reported !== null && reported.poolId === attempt.poolId && Math.abs(reported.at - at) < SAME_SWITCH_MS
    if (reported !== null && !same && reported.at > at) return reported
    return {
      poolId: attempt.poolId,
      at,
      tookMs,
      downstreams,
      firstAcknowledgedAt: same ? reported.firstAcknowledgedAt : null,
    }
  })

  const news = computed<SwitchNews | null>(() => {
    const { attempt } = pools
    if (attempt?.phase === 'switching') return { kind: 'switching', poolName: attempt.poolName }
    if (attempt?.phase === 'failed') return { kind: 'failed', attempt }
    const proof = done.value
    if (proof === null || seenUntil.value === null || proof.at <= seenUntil.value) return null
    if (proof.firstAcknowledgedAt !== null && overview.coreNow - proof.firstAcknowledgedAt > STAYS_MS)
      return null
    // Its pool has failed since, and another stands in: the bar above tells that.
    const { standIn = null, activePool = null } = overview.overview ?? {}
    if (standIn !== null && activePool?.id !== proof.poolId) return null
    const poolName = pools.pools?.find((pool) => pool.id === proof.poolId)?.name ?? 'another pool'
    return { kind: 'done', poolName, proof }
  })

  return {
    news,
    dismiss() {
      if (done.value !== null) seenUntil.value = Math.max(seenUntil.value ?? 0, done.value.at)
      pools.dismissAttempt()
    },
  }
}
