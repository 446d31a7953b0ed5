/** One shared clock that ticks every second while anybody reads it, so that ages move together. */
import { getCurrentScope, onScopeDispose, readonly, ref, type Ref } from 'vue'

const now = ref(Date.now())
let readers = 0
let timer: ReturnType<typeof setInterval> | undefined

/** Local epoch milliseconds, a second apart. Stops with the scope that asked. */
export function useNow(): Readonly<Ref<number>> {
  if (getCurrentScope() === undefined) throw new Error('useNow needs a component or an effect scope')
  now.value = Date.now()
  readers += 1
  timer ??= setInterval(() => (now.value = Date.now()), 1000)
  onScopeDispose(() => {
    readers -= 1
    if (readers > 0) return
    clearInterval(timer)
    timer = undefined
  })
  return readonly(now)
}
