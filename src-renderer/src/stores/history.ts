/** Series of stored values, asked for as a screen needs them. Nothing is followed: stored points come a minute apart. */
import type { HistorySeries } from '@contract'
import { defineStore } from 'pinia'
import { useConnection } from '../api/client.ts'

export interface SeriesQuery {
  metric: HistorySeries['metric']
  /** A rig key, or for metrics that begin with `rig-` the id of a rig. */
  rig: string
  /** Epoch milliseconds of the core's clock. */
  from: number
  to: number
  points: number
}

export const useHistoryStore = defineStore('history', () => {
  const { client } = useConnection()
  return {
    load: (query: SeriesQuery, signal?: AbortSignal): Promise<HistorySeries> =>
      client.history.series(
        { ...query, from: Math.round(query.from), to: Math.round(query.to) },
        signal === undefined ? {} : { signal },
      ),
  }
})
