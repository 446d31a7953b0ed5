/** The practice farm's levers. Exists only when the core says that it practises. */
import type { PracticeEvent, PracticeState } from '@contract'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { useConnection } from '../api/client.ts'

export const usePracticeStore = defineStore('practice', () => {
  const { client } = useConnection()
  /** Null until asked for. */
  const farm = shallowRef<PracticeState | null>(null)
  /** The event on its way, if any. */
  const triggering = shallowRef<PracticeEvent | null>(null)

  async function refresh(): Promise<void> {
    farm.value = await client.practice.state()
  }

  /** Makes something happen. Rejects with the core's own words. */
  async function trigger(event: PracticeEvent): Promise<PracticeState> {
    triggering.value = event
    try {
      farm.value = await client.practice.trigger({ event })
      return farm.value
    } finally {
      triggering.value = null
    }
  }

  return { farm, triggering, refresh, trigger }
})
