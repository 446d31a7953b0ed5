/**
 * From the repetitions of a family to ratios and verdicts. Pure: no timing, no output.
 *
 * Three verdicts. A pass has the middle half of its ratios close together on the right side of the gate, or
 * every single one there; a fail has the middle half on the wrong side in two runs. Everything else is inconclusive, and says why: a bench on a machine that
 * others use must not cry wolf, and must not claim what it did not see either.
 */
import { type BenchGoal, type Picture } from './family.ts'

export interface CandidateMeasurement {
  readonly name: string
  /** Why it was not measured, or null. */
  readonly unavailable: string | null
  /** One value a repetition by metric. Throughput metrics are amounts per second of CPU time. */
  readonly values: Readonly<Record<string, readonly number[]>>
}

export interface FamilyMeasurement {
  readonly name: string
  readonly title: string
  readonly goals: readonly BenchGoal[]
  readonly candidates: readonly CandidateMeasurement[]
  /** Processor cores that anything but the bench's own processes kept busy, on average, while it measured. */
  readonly otherCores: number
  readonly pictures: readonly Picture[]
}

export interface Quartiles {
  readonly low: number
  readonly median: number
  readonly high: number
}

export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'not measured' | 'not judged'

export interface Judgement {
  readonly goal: BenchGoal
  readonly verdict: Verdict
  /** Why it is inconclusive or was not measured; empty otherwise. */
  readonly reason: string
  /** Of the ratio within each repetition; null if it was not measured. */
  readonly ratio: Quartiles | null
  readonly ratios: readonly number[]
}

/** Beyond this the middle half of the ratios is too wide to judge by. */
const MAX_SPREAD_RATIO = 0.15
/** A reference that is this much worse in one repetition than in its best was disturbed. */
const MAX_REFERENCE_SPREAD = 5
/**
 * Where two logical processors share a core, a busy neighbour takes throughput from code that keeps the
 * core's units busy and next to none from code that waits for itself, such as SHA instructions in a chain.
 * Such a ratio still proves a pass, not a fail.
 */
const MAX_OTHER_CORES_FOR_FAIL = 0.25

/** Linear interpolation between the two nearest values. */
export function quartilesOf(values: readonly number[]): Quartiles {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (fraction: number): number => {
    const position = fraction * (sorted.length - 1)
    const below = Math.floor(position)
    const lower = sorted[below]!
    return lower + (sorted[Math.min(below + 1, sorted.length - 1)]! - lower) * (position - below)
  }
  return { low: at(0.25), median: at(0.5), high: at(0.75) }
}

/** Judges one run. A `fail` of one run is what two runs make a fail of: see `joinRuns`. */
export function judgeRun(measurement: FamilyMeasurement, goal: BenchGoal): Judgement {
  const notMeasured = (reason: string): Judgement => ({
    goal,
    verdict: 'not measured',
    reason,
    ratio: null,
    ratios: [],
  })
  const find = (name: string): CandidateMeasurement | undefined =>
    measurement.candidates.find((candidate) => candidate.name === name)

  const candidate = find(goal.candidate)
  if (!candidate) return notMeasured(`no candidate "${goal.candidate}"`)
  if (candidate.unavailable !== null) return notMeasured(candidate.unavailable)
  const values = candidate.values[goal.metric]
  if (!values?.length) return notMeasured(`"${goal.candidate}" has no metric "${goal.metric}"`)

  let ratios: readonly number[] = values
  if (goal.reference !== null) {
    const reference = find(goal.reference)
    if (!reference) return notMeasured(`no candidate "${goal.reference}"`)
    if (reference.unavailable !== null) return notMeasured(reference.unavailable)
    const floor = reference.values[goal.metric]
    if (floor?.length !== values.length) return notMeasured(`"${goal.reference}" lacks repetitions`)
    ratios = values.map((value, i) => value / floor[i]!)
    if (Math.max(...floor) > MAX_REFERENCE_SPREAD * Math.min(...floor)) {
      const reason = `"${goal.reference}" itself varied more than ${MAX_REFERENCE_SPREAD}-fold`
      return { goal, verdict: 'inconclusive', reason, ratio: quartilesOf(ratios), ratios }
    }
  }

  const ratio = quartilesOf(ratios)
  const judged = (verdict: Verdict, reason = ''): Judgement => ({ goal, verdict, reason, ratio, ratios })
  const { gate } = goal
  if (!gate) return judged('not judged')
  const rightSide = (value: number): boolean =>
    'atLeast' in gate ? value >= gate.atLeast : value <= gate.atMost
  if (ratios.every(rightSide)) return judged('pass')
  const spreadRatio = (ratio.high - ratio.low) / ratio.median
  if (!(spreadRatio <= MAX_SPREAD_RATIO)) {
    return judged('inconclusive', `quartiles ${Math.round(100 * spreadRatio)} % of the median apart`)
  }
  if (rightSide(ratio.low) && rightSide(ratio.high)) return judged('pass')
  if (rightSide(ratio.low) || rightSide(ratio.high)) return judged('inconclusive', 'quartiles on both sides')
  if (measurement.otherCores > MAX_OTHER_CORES_FOR_FAIL) {
    return judged('inconclusive', `missed, while others used ${measurement.otherCores.toFixed(1)} cores`)
  }
  return judged('fail')
}

/**
 * The verdict of a goal over its runs: the last one, except that it takes two fails to fail.
 * @param runs of the same goal, in order; at least one
 */
export function joinRuns(runs: readonly Judgement[]): Judgement {
  const last = runs.at(-1)
  if (!last) throw new RangeError('no run to join')
  if (last.verdict !== 'fail') return last
  if (runs.filter(({ verdict }) => verdict === 'fail').length >= 2) return last
  return { ...last, verdict: 'inconclusive', reason: 'missed in one run only' }
}
