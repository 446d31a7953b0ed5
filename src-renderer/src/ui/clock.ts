/** The clock that ages in `ui/` are read against: the app provides the core's, so that a page on another machine agrees. */
import { inject, type InjectionKey, type Ref } from 'vue'

/** Epoch milliseconds, ticking. */
export const clockKey: InjectionKey<Readonly<Ref<number>>> = Symbol('clock')

export function useClock(): Readonly<Ref<number>> {
  const clock = inject(clockKey)
  if (clock === undefined) throw new Error('No clock was provided to this app')
  return clock
}
