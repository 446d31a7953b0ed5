/**
 * The farm at a glance, and how fresh it is. The core reports about every second; when it stops, or the
 * connection does, the values stay but are no longer current, and every screen can tell.
 */
import type { HistorySeries, Overview } from '@contract'
import { defineStore } from 'pinia'
import { computed, shallowRef, triggerRef } from 'vue'
import { useConnection } from '../api/client.ts'
import { useNow } from './now.ts'
import { createFollowedView } from './following.ts'

/** Older than this and a value is not shown as live. */
export const STALE_AFTER_MS = 5000
/** Nothing at all for this long on a link that claims to be open: replace the link. */
const SILENCE_MS = 15_000
/** One sample a second for a bit more than an hour. */
const RECENT_SAMPLES = 3700

export interface HashrateSample {
  at: number
  hashrateHs: number
}

export const useOverviewStore = defineStore('overview', () => {
  const connection = useConnection()
  const now = useNow()

  /** The last overview received; null before the first. */
  const overview = shallowRef<Overview | null>(null)
  /** Local time at which the core's own report last moved on. */
  const advancedAt = shallowRef<number | null>(null)
  /** How far the core's clock is ahead of ours: the largest seen, so that network delay does not count. */
  const skewMs = shallowRef(0)
  /** Hashrate as it came in while this page was open, oldest first. */
  const recent = shallowRef<HashrateSample[]>([])

  function takeIn(next: Overview): void {
    const receivedAt = Date.now()
    const previous = overview.value
    overview.value = next
    if (previous !== null && previous.updatedAt === next.updatedAt) return
    const ahead = next.updatedAt - receivedAt
    const wentBack = previous !== null && next.updatedAt < previous.updatedAt
    skewMs.value = previous === null || wentBack ? ahead : Math.max(skewMs.value, ahead)
    advancedAt.value = receivedAt
    recent.value.push({ at: next.updatedAt, hashrateHs: next.hashrateHs })
    if (recent.value.length > RECENT_SAMPLES) recent.value.splice(0, recent.value.length - RECENT_SAMPLES)
    triggerRef(recent)
  }

  const view = createFollowedView<{ revision: number; value: Overview }>({
    open: (client, signal) => client.overview.live(undefined, { signal }),
    apply(event) {
      takeIn(event.value)
      return true
    },
    silenceMs: SILENCE_MS,
  })

  /** The core's clock now, for ages of moments that it stamped. */
  const coreNow = computed(() => now.value + skewMs.value)
  const ageMs = computed(() => (advancedAt.value === null ? null : Math.max(0, now.value - advancedAt.value)))
  /** False as soon as a shown value may no longer be true. */
  const fresh = computed(
    () => connection.state.value.phase === 'live' && ageMs.value !== null && ageMs.value <= STALE_AFTER_MS,
  )

  /** Stored hashrate between two moments of the core's clock. */
  function loadHashrate(from: number, to: number, points: number): Promise<HistorySeries> {
    return connection.client.history.series({
      metric: 'hashrate',
      from: Math.floor(from),
      to: Math.floor(to),
      points,
    })
  }

  return {
    overview,
    recent,
    skewMs,
    coreNow,
    ageMs,
    fresh,
    problem: computed(view.problem),
    follow: view.follow,
    release: view.release,
    retry: view.retry,
    loadHashrate,
  }
})
