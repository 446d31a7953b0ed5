/** Asks the core whether a tariff has one price for every hour, a moment after it last changed. */
import { useDebounceFn } from '@vueuse/core'
import { onScopeDispose, shallowRef, watch, type Ref } from 'vue'
import type { Tariff, TariffCheck } from '@contract'
import { describeProblem } from '../../api/problem.ts'
import { useMoneyStore } from '../../stores/money.ts'

export interface ShownCheck {
  /** Of the last tariff that could be checked; null before the first. */
  check: Readonly<Ref<TariffCheck | null>>
  failure: Readonly<Ref<string | null>>
}

export function useTariffCheck(tariff: () => Tariff | null): ShownCheck {
  const store = useMoneyStore()
  const check = shallowRef<TariffCheck | null>(null)
  const failure = shallowRef<string | null>(null)
  let abort: AbortController | null = null

  async function ask(): Promise<void> {
    const wanted = tariff()
    abort?.abort()
    if (wanted === null) return
    const own = new AbortController()
    abort = own
    try {
      const answer = await store.checkTariff(wanted, own.signal)
      if (own.signal.aborted) return
      check.value = answer
      failure.value = null
    } catch (error) {
      if (!own.signal.aborted) failure.value = describeProblem(error).message
    }
  }
  const askSoon = useDebounceFn(ask, 150)
  void ask()
  watch(
    () => JSON.stringify(tariff()),
    () => void askSoon(),
  )
  onScopeDispose(() => abort?.abort())
  return { check, failure }
}
