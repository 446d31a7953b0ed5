/** What was received, and the addresses that are watched for it. Asked for, not followed: payouts come days apart. */
import type { Payout, PayoutAddress } from '@contract'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { useConnection } from '../api/client.ts'
import { describeProblem, type CallProblem } from '../api/problem.ts'

export interface PayoutDraft {
  /** Epoch milliseconds. */
  at: number
  sats: number
  note: string
  poolId: string | null
}
export interface AddressDraft {
  address: string
  name: string
  poolId: string | null
}

export const usePayoutsStore = defineStore('payouts', () => {
  const { client } = useConnection()
  /** Newest first; null before the first answer. */
  const payouts = shallowRef<Payout[] | null>(null)
  /** Addresses watched; null before the first answer. */
  const addresses = shallowRef<PayoutAddress[] | null>(null)
  /** Why they could not be read; null once they could. */
  const problem = shallowRef<CallProblem | null>(null)

  /** Never rejects: how it went is told by the values and `problem`. */
  async function refresh(): Promise<void> {
    try {
      ;[payouts.value, addresses.value] = await Promise.all([
        client.payouts.list({}),
        client.addresses.list(),
      ])
      problem.value = null
    } catch (error) {
      problem.value = describeProblem(error)
    }
  }

  /** Enters a payout by hand. Rejects with the core's own words. */
  async function add(draft: PayoutDraft): Promise<void> {
    await client.payouts.add(draft)
    await refresh()
  }
  /** Removes one that was entered by hand. */
  async function remove(id: string): Promise<void> {
    await client.payouts.remove({ id })
    await refresh()
  }
  async function watchAddress(draft: AddressDraft): Promise<void> {
    await client.addresses.create(draft)
    await refresh()
  }
  /** Watches it no more; its payouts stay. */
  async function unwatchAddress(id: string): Promise<void> {
    await client.addresses.remove({ id })
    await refresh()
  }

  return { payouts, addresses, problem, refresh, add, remove, watchAddress, unwatchAddress }
})
