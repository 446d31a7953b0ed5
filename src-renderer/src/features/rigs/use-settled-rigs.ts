/**
 * A large farm reports every second, but sorting ten thousand rigs every second would hold up the window
 * and make rows jump. The order is therefore taken from a list that settles for a moment; what the rows in
 * view say is looked up fresh all the same.
 */
import { onScopeDispose, shallowRef, watch, type Ref, type ShallowRef } from 'vue'

/** Up to this many the order follows every report. */
const SMALL_FARM = 1000
const SETTLE_MS = 3000

export function useSettledRigs<T>(rigs: Readonly<Ref<readonly T[]>>): Readonly<ShallowRef<readonly T[]>> {
  const settled = shallowRef(rigs.value)
  let timer: ReturnType<typeof setTimeout> | undefined

  function settle(): void {
    timer = undefined
    settled.value = rigs.value
  }

  watch(rigs, (next) => {
    if (next.length <= SMALL_FARM || settled.value.length === 0) {
      clearTimeout(timer)
      settle()
    } else timer ??= setTimeout(settle, SETTLE_MS)
  })
  onScopeDispose(() => clearTimeout(timer))
  return settled
}
