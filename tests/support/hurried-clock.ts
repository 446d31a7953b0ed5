/** A clock that runs faster than the world, for firmware that takes minutes over what a test has seconds for. */
import { type Clock, systemClock } from '../../src-main/base/index.ts'

/** @param factor how many of its seconds go into one of the world's */
export function hurriedClock(factor: number): Clock {
  const startMs = systemClock.nowMs()
  const startMonotonicMs = systemClock.monotonicMs()
  const passedMs = (): number => (systemClock.monotonicMs() - startMonotonicMs) * factor
  return {
    nowMs: () => startMs + passedMs(),
    monotonicMs: passedMs,
    after: (delayMs, run) => systemClock.after(delayMs / factor, run),
    every: (periodMs, run) => systemClock.every(periodMs / factor, run),
  }
}
