/** A board that can be tuned, wherever it hangs: a rig on the network, or a device on this machine's own ports. */
import { type TuningMeasures, type TuningSetting } from './tuning-plan.ts'

/** Where the search begins, and within what. */
export interface TuningStart {
  readonly before: TuningSetting
  readonly frequenciesMHz: readonly number[]
  readonly voltagesMv: readonly number[]
  /** What the board bears, W; null if it does not say. */
  readonly ratedPowerW: number | null
}

export interface TuningLook {
  /** In a word why the board ended by itself; null while it works. */
  readonly shutDown: string | null
  readonly measures: TuningMeasures
}

export interface TuningSubject {
  readonly name: string
  /** What is being done with it; null for nothing. */
  readonly busy: string | null
  /** @throws HeadframeError `tuning/not-supported`, in words why */
  start(): TuningStart
  setBusy(action: string | null): void
  /**
   * Voltage and clock in an order that never runs fast on little voltage.
   * @throws HeadframeError `tuning/not-applied` if the board says something else afterwards, or why it was not told
   */
  apply(setting: TuningSetting): Promise<void>
  /** Null if it does not answer now. @throws HeadframeError if it is gone for good */
  look(): Promise<TuningLook | null>
}

export function settingWords({ frequencyMHz, coreVoltageMv }: TuningSetting): string {
  return `${frequencyMHz} MHz at ${coreVoltageMv} mV`
}
