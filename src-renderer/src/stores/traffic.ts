/** Connections to pools and from rigs, their decoded messages, and what they cost. */
import type { Bandwidth, Link, TrafficFrames } from '@contract'
import { defineStore } from 'pinia'
import { computed } from 'vue'
import { useConnection } from '../api/client.ts'
import { follow, type Following, type FollowStatus } from '../api/follow.ts'
import { createFollowedList } from '../api/live-list.ts'
import { createFollowedView } from './following.ts'

export interface FrameReader {
  /** The stream began (again): sequences count from here, and what came before may not join on. */
  onBegin(): void
  onFrames(frames: TrafficFrames): void
  onStatus(status: FollowStatus): void
}

export const useTrafficStore = defineStore('traffic', () => {
  const connection = useConnection()
  const list = createFollowedList<Link>()
  const view = createFollowedView({
    open: (client, signal) => client.traffic.linksLive(undefined, { signal }),
    apply: list.apply,
  })

  function followAfresh(): void {
    if (view.status.value.phase !== 'live') list.clear()
    view.follow()
  }

  /**
   * Reads the messages of one connection as they come. A connection that ended does not come back: `link` is
   * null in the last event, or the status fails with `link/unknown`, and the caller stops reading.
   */
  function readFrames(linkId: string, reader: FrameReader): Following {
    return follow<TrafficFrames>(connection, {
      open: (client, signal) => {
        reader.onBegin()
        return client.traffic.framesLive({ id: linkId }, { signal })
      },
      apply(event) {
        reader.onFrames(event)
        return true
      },
      onStatus: reader.onStatus,
    })
  }

  const loadBandwidth = (): Promise<Bandwidth> => connection.client.traffic.bandwidth()

  return {
    /** Null before the first snapshot. */
    links: list.items,
    problem: computed(view.problem),
    follow: followAfresh,
    release: view.release,
    retry: view.retry,
    readFrames,
    loadBandwidth,
  }
})
