/** The part that every small form of settings shares: it saves, says what was refused, and tests what it saved. */
import { ref, shallowRef, type Ref } from 'vue'
import type { MoneyPatch, SourceCheck } from '@contract'
import { describeProblem, type CallProblem } from '../../api/problem.ts'
import { useMoneyStore } from '../../stores/money.ts'

export interface Saving {
  busy: Readonly<Ref<boolean>>
  problem: Readonly<Ref<CallProblem | null>>
  check: Readonly<Ref<SourceCheck | null>>
  /** Resolves to whether it was stored. */
  save(patch: MoneyPatch): Promise<boolean>
  test(what: 'node' | 'proxy'): Promise<void>
}

export function useSaving(): Saving {
  const store = useMoneyStore()
  const busy = ref(false)
  const problem = shallowRef<CallProblem | null>(null)
  const check = shallowRef<SourceCheck | null>(null)

  async function run(action: () => Promise<void>): Promise<boolean> {
    busy.value = true
    problem.value = null
    check.value = null
    try {
      await action()
      return true
    } catch (error) {
      problem.value = describeProblem(error)
      return false
    } finally {
      busy.value = false
    }
  }
  return {
    busy,
    problem,
    check,
    save: (patch) =>
      run(async () => {
        await store.update(patch)
        await store.refreshRequests()
      }),
    async test(what) {
      await run(async () => {
        check.value = await store.check(what)
        await store.refreshRequests()
      })
    },
  }
}
