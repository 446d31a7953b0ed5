/** Letting work that waits for a manual clock come to its end, without knowing how often it waits. */
import { type ManualClock } from '../../src-main/base/index.ts'

/** Lets everything run that is ready now. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}

/** Moves the clock in steps until the work has settled. @throws if it has not within `limitMs` of the clock's time */
export async function within<T>(
  clock: ManualClock,
  work: Promise<T>,
  limitMs = 60_000,
  stepMs = 5,
): Promise<T> {
  let settled = false
  const mark = (): void => void (settled = true)
  work.then(mark, mark)
  for (let passed = 0; passed <= limitMs; passed += stepMs) {
    await turn()
    if (settled) return await work
    clock.advance(stepMs)
  }
  throw new Error(`still unsettled after ${limitMs} ms`)
}
