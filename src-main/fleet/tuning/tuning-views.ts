/** A tuning as screens and scripts see it, with the names of the contract. Moments are epoch milliseconds. Values only. */
import { type TuningGoal, type TuningVerdict } from './tuning-plan.ts'

/** As the contract shows it. */
export interface TuningTrialView {
  frequencyMHz: number
  coreVoltageMv: number
  startedAt: number
  endedAt: number | null
  hashrateHs: number | null
  powerW: number | null
  efficiencyJTh: number | null
  chipC: number | null
  regulatorC: number | null
  errorPercent: number | null
  fanPercent: number | null
  verdict: 'running' | TuningVerdict
  because: string
}

export interface TuningView {
  /** Of the rig. */
  id: string
  state: 'running' | 'done' | 'stopped' | 'failed' | 'reverted'
  goal: TuningGoal
  startedAt: number
  endedAt: number | null
  before: { frequencyMHz: number; coreVoltageMv: number }
  /** Index into trials. */
  best: number | null
  trials: TuningTrialView[]
  message: string
}
