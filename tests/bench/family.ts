/**
 * What a bench family is. A family is a module `tests/bench/families/<name>.ts` whose default export is a
 * `BenchFamily`; the runner finds it by its file name and measures it in a fresh child process. Families
 * hold no timing code of their own unless they must (latency, memory, several processes): the harness
 * calibrates, rotates, collects garbage, repeats and judges.
 *
 * Only ratios between candidates of the same repetition are judged; rates on their own only give the scale.
 */

/** Amounts by unit, for instance `{ shares: 4, compressions: 176 }`. */
export type Amounts = Readonly<Record<string, number>>

/** Work without waiting, measured by the harness in CPU time (user and system) of this process. */
export interface ThroughputCandidate {
  readonly name: string
  /** Work done by one call of `run`. Its rate per CPU second is the metric named like the unit. */
  readonly work: Amounts
  /** One call should take between 10 microseconds and 30 milliseconds. Must not be asynchronous. */
  run(): void
}

/** Anything else: latency, memory, bytes, work of other processes. Measures itself, once per repetition. */
export interface SelfMeasuredCandidate {
  readonly name: string
  /** Whether each repetition starts from nothing, so that no first one need be thrown away. */
  readonly startsAnew?: boolean
  /** The metrics of one repetition by name, for instance `{ p99Ms: 0.4 }`. */
  measure(): Promise<Amounts>
}

/** A candidate that cannot run here. Its rows read "not measured", and so do goals that need it. */
export interface UnavailableCandidate {
  readonly name: string
  /** Why, for instance `no C compiler`. */
  readonly unavailable: string
}

export type BenchCandidate = ThroughputCandidate | SelfMeasuredCandidate | UnavailableCandidate

export interface BenchGoal {
  /** Number and name of the goal, for instance `1 share check against bulk SHA-256`. */
  readonly title: string
  readonly candidate: string
  /** The candidate it is divided by within each repetition; null judges the metric itself. */
  readonly reference: string | null
  readonly metric: string
  /** `atLeast` for rates, `atMost` for times and sizes; null shows the ratio and judges nothing. */
  readonly gate: { readonly atLeast: number } | { readonly atMost: number } | null
  /** What would be splendid; shown, not judged. */
  readonly stretch?: number
}

/** Something to look at, beside the numbers. */
export interface Picture {
  /** For the printed report, several lines. */
  readonly text: string
  /** For instance `vardiff.svg`; put after the name of the results. */
  readonly fileName: string
  readonly file: string
}

export interface PreparedFamily {
  readonly candidates: readonly BenchCandidate[]
  /** Compares what the candidates compute, on fixed and random input. Throws with what differs. */
  checkCorrectness(): void | Promise<void>
  /** Drawn once, after the measurements. */
  pictures?(): readonly Picture[]
  /** Processor time so far of the processes that `prepare` started, milliseconds: they are not "others". */
  helpersCpuMs?(): number
  /** Stops whatever `prepare` started. */
  dispose?(): void | Promise<void>
}

export interface BenchFamily {
  readonly title: string
  readonly goals: readonly BenchGoal[]
  /** For families whose repetitions are long and alike. */
  readonly maxRepetitions?: number
  /** Called once in the measuring process. A quick run wants an impression within a minute, from less data. */
  prepare(options: { readonly isQuick: boolean }): PreparedFamily | Promise<PreparedFamily>
}
