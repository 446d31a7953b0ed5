/** Tuning as the contract shows it. */
import { type Tuning, type tuningDraft } from '../../src-preload/contract/index.ts'
import { type z } from 'zod'
import { LiveListView, type TuningCalls } from '../api/index.ts'
import { type Tuner } from '../fleet/index.ts'

export class TuningDesk implements TuningCalls {
  readonly tuning = new LiveListView<Tuning>((a, b) => b.startedAt - a.startedAt)
  readonly #tuner: Tuner

  /** @param saw told of every change */
  constructor(tuner: Tuner, saw: (tuning: Tuning) => void) {
    this.#tuner = tuner
    tuner.onChange((view) => {
      this.tuning.apply([view])
      saw(view)
    })
  }

  /** Fills the view; once, after the tuner started. */
  begin(): void {
    this.tuning.replace(this.#tuner.all)
  }

  start(rigId: string, draft: z.infer<typeof tuningDraft>): Promise<Tuning> {
    return this.#tuner.begin(rigId, draft)
  }

  stop(rigId: string, keep: 'best' | 'before'): Promise<Tuning> {
    return this.#tuner.finish(rigId, keep)
  }

  revert(rigId: string): Promise<Tuning> {
    return this.#tuner.revert(rigId)
  }
}
