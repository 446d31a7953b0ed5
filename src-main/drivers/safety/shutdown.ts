/** Doing what takes power away, whatever fails: each step is limited in time, tried twice, and holds up no other. */
import { type Clock, errorText } from '../../base/index.ts'
import { type PowerStep } from './board-power.ts'
import { bounded } from './bounded.ts'

export interface FailedStep {
  readonly what: string
  /** Of the second try. */
  readonly why: string
}

const ATTEMPTS = 2

/** @returns the steps that failed twice; empty when everything is off */
export async function runShutdown(clock: Clock, steps: readonly PowerStep[]): Promise<readonly FailedStep[]> {
  const failed: FailedStep[] = []
  for (const { what, limitMs, run } of steps) {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        await bounded(clock, limitMs, `the board to ${what}`, run)
        break
      } catch (error) {
        if (attempt === ATTEMPTS) failed.push({ what, why: errorText(error) })
      }
    }
  }
  return failed
}
