/**
 * What earnings and costs are counted with: settings, the facts of the network and the price as known now, and every request to
 * the outside that there can be. Passwords go in and never come out.
 */
import type {
  MarketFacts,
  MoneyPatch,
  MoneySettings,
  OutgoingRequest,
  SourceCheck,
  Tariff,
  TariffCheck,
} from '@contract'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { useConnection } from '../api/client.ts'
import { describeProblem, type CallProblem } from '../api/problem.ts'
import { createFollowedView } from './following.ts'

export const useMoneyStore = defineStore('money', () => {
  const { client } = useConnection()
  /** Null before the first answer. */
  const settings = shallowRef<MoneySettings | null>(null)
  /** Why the settings could not be read; null once they could. */
  const settingsProblem = shallowRef<CallProblem | null>(null)
  /** Difficulty, height, fees and price as known now; null before the first snapshot. */
  const facts = shallowRef<MarketFacts | null>(null)
  /** Null before the first answer. */
  const requests = shallowRef<OutgoingRequest[] | null>(null)
  const requestsProblem = shallowRef<CallProblem | null>(null)

  const view = createFollowedView<{ revision: number; value: MarketFacts }>({
    open: (core, signal) => core.money.factsLive(undefined, { signal }),
    apply(event) {
      facts.value = event.value
      return true
    },
  })

  /** Never rejects: how it went is told by `settings` and `settingsProblem`. */
  async function refreshSettings(): Promise<void> {
    try {
      settings.value = await client.money.settings()
      settingsProblem.value = null
    } catch (error) {
      settingsProblem.value = describeProblem(error)
    }
  }

  /** Never rejects, like `refreshSettings`. */
  async function refreshRequests(): Promise<void> {
    try {
      requests.value = await client.money.requests()
      requestsProblem.value = null
    } catch (error) {
      requestsProblem.value = describeProblem(error)
    }
  }

  /** Changes parts of the settings. Rejects with the core's own words; then nothing changed. */
  async function update(patch: MoneyPatch): Promise<void> {
    settings.value = await client.money.update(patch)
  }

  const checkTariff = (tariff: Tariff, signal?: AbortSignal): Promise<TariffCheck> =>
    client.money.checkTariff(tariff, signal === undefined ? {} : { signal })
  /** Asks a chosen source once, and tells what it said. */
  const check = (what: 'facts' | 'price' | 'payouts' | 'node' | 'proxy'): Promise<SourceCheck> =>
    client.money.check({ what })

  return {
    settings,
    settingsProblem,
    facts,
    requests,
    requestsProblem,
    problem: computed(view.problem),
    follow: view.follow,
    release: view.release,
    retry: view.retry,
    refreshSettings,
    refreshRequests,
    update,
    checkTariff,
    check,
  }
})
