/**
 * The part that every store of a followed view shares: several screens may want the same view, so it is
 * followed while at least one of them does, and its state is one of a few that a screen can draw.
 */
import { shallowRef, type ShallowRef } from 'vue'
import { useConnection } from '../api/client.ts'
import { follow, type Following, type FollowOptions, type FollowStatus } from '../api/follow.ts'
import type { CallProblem } from '../api/problem.ts'

export interface FollowedView {
  /** How the stream stands; says nothing about whether older data is still there. */
  readonly status: Readonly<ShallowRef<FollowStatus>>
  readonly problem: () => CallProblem | null
  /** Begins to follow, or joins who follows already. Every call needs its `release`. */
  follow(): void
  release(): void
  retry(): void
}

/** Must be called while a store is being set up. */
export function createFollowedView<TEvent>(options: Omit<FollowOptions<TEvent>, 'onStatus'>): FollowedView {
  const connection = useConnection()
  const status = shallowRef<FollowStatus>({ phase: 'waiting' })
  let followers = 0
  let following: Following | null = null

  return {
    status,
    problem: () => (status.value.phase === 'failed' ? status.value.problem : null),
    follow() {
      followers += 1
      if (following !== null) return
      status.value = { phase: 'waiting' }
      following = follow(connection, {
        ...options,
        onStatus(next) {
          if (next.phase !== status.value.phase || next.phase === 'failed') status.value = next
        },
      })
    },
    release() {
      followers = Math.max(0, followers - 1)
      if (followers > 0) return
      following?.stop()
      following = null
    },
    retry() {
      following?.restart()
    },
  }
}
