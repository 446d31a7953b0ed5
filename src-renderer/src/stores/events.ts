/** What happened: switches, restarts, alerts, sleep. Asked for by stretches of time. */
import type { HistoryEvent } from '@contract'
import { defineStore } from 'pinia'
import { useConnection } from '../api/client.ts'

export interface EventsQuery {
  /** Epoch milliseconds of the core's clock. */
  from: number
  to: number
  /** Id of a rig: its own events and those of the whole farm. */
  rig?: string | undefined
  limit?: number
}

export const useEventsStore = defineStore('events', () => {
  const { client } = useConnection()
  /** Oldest first. */
  const load = ({ from, to, rig, limit }: EventsQuery, signal?: AbortSignal): Promise<HistoryEvent[]> =>
    client.history.events(
      {
        from: Math.max(0, Math.floor(from)),
        to: Math.max(0, Math.ceil(to)),
        ...(rig === undefined ? {} : { rig }),
        ...(limit === undefined ? {} : { limit }),
      },
      signal === undefined ? {} : { signal },
    )
  return { load }
})
