/**
 * Which frequency and voltage to try next on a small board, and which trial was best. Pure: no clock, no rig.
 *
 * The search goes out from settings that were seen to work, one step of the firmware's own lists at a time, and never
 * beyond them. What was too hot or took too much power rules out everything faster at the same voltage or more; what
 * made too many errors rules out everything faster at the same voltage or less. Governing document: rig API digest, 3.6.
 */

export type TuningGoal = 'hashrate' | 'efficiency' | 'quiet'

export interface TuningSetting {
  readonly frequencyMHz: number
  readonly coreVoltageMv: number
}

/** What the firmware offers, in ascending order. */
export interface TuningGrid {
  readonly frequenciesMHz: readonly number[]
  readonly voltagesMv: readonly number[]
}

export interface TuningLimits {
  readonly maxChipC: number
  readonly maxRegulatorC: number
  /** null for none. */
  readonly maxPowerW: number | null
  readonly maxErrorPercent: number
}

/** Means over the watched time; null for what the board does not measure. */
export interface TuningMeasures {
  readonly hashrateHs: number | null
  readonly powerW: number | null
  readonly chipC: number | null
  readonly regulatorC: number | null
  readonly errorPercent: number | null
  readonly fanPercent: number | null
  /** What its settings ought to give. */
  readonly expectedHs: number | null
}

export type TuningVerdict = 'good' | 'too-hot' | 'too-many-errors' | 'too-much-power' | 'too-slow' | 'failed'

export interface FinishedTrial extends TuningSetting {
  readonly verdict: TuningVerdict
  readonly measures: TuningMeasures
}

export interface Judgement {
  readonly verdict: TuningVerdict
  /** A sentence; empty when good. */
  readonly because: string
}

/** At most so many settings are tried. */
export const MAX_TRIALS = 24
/** A board that does less than this part of what its clock ought to give loses work somewhere. */
const MIN_EXPECTED_RATIO = 0.85
/** Quiet and efficient boards still ought to mine: this part of what they did before. */
const MIN_KEPT_RATIO = 0.6

/**
 * The lists of the firmware with the present setting in them, so that the search can begin there.
 * @returns null if there is nothing to choose from
 */
export function tuningGrid(
  present: TuningSetting,
  frequenciesMHz: readonly number[],
  voltagesMv: readonly number[],
): TuningGrid | null {
  const sorted = (options: readonly number[], own: number): number[] =>
    [...new Set([...options, own])].filter((option) => option > 0).sort((a, b) => a - b)
  if (frequenciesMHz.length < 2 || voltagesMv.length < 2) return null
  return {
    frequenciesMHz: sorted(frequenciesMHz, present.frequencyMHz),
    voltagesMv: sorted(voltagesMv, present.coreVoltageMv),
  }
}

/** What the measures say of a setting. */
export function judge(measures: TuningMeasures, limits: TuningLimits): Judgement {
  const { chipC, regulatorC, powerW, errorPercent, hashrateHs, expectedHs } = measures
  const over = (value: number | null, limit: number | null): value is number =>
    value !== null && limit !== null && value > limit
  if (over(chipC, limits.maxChipC)) {
    return {
      verdict: 'too-hot',
      because: `The chip reached ${chipC.toFixed(1)} °C; you allowed ${limits.maxChipC} °C.`,
    }
  }
  if (over(regulatorC, limits.maxRegulatorC)) {
    return {
      verdict: 'too-hot',
      because: `The voltage regulator reached ${regulatorC.toFixed(1)} °C; you allowed ${limits.maxRegulatorC} °C.`,
    }
  }
  if (over(powerW, limits.maxPowerW)) {
    return {
      verdict: 'too-much-power',
      because: `It took ${powerW.toFixed(1)} W; the limit is ${limits.maxPowerW} W.`,
    }
  }
  if (over(errorPercent, limits.maxErrorPercent)) {
    return {
      verdict: 'too-many-errors',
      because: `${errorPercent.toFixed(2)} % of its hashes were wrong; you allowed ${limits.maxErrorPercent} %.`,
    }
  }
  if (hashrateHs === null || hashrateHs <= 0) {
    return { verdict: 'too-slow', because: 'It did not hash.' }
  }
  if (expectedHs !== null && hashrateHs < expectedHs * MIN_EXPECTED_RATIO) {
    const percent = Math.round((hashrateHs / expectedHs) * 100)
    return { verdict: 'too-slow', because: `It did ${percent} % of what this frequency ought to give.` }
  }
  return { verdict: 'good', because: '' }
}

/** J/TH; null when either is unknown. */
export function efficiencyJTh({ powerW, hashrateHs }: TuningMeasures): number | null {
  return powerW === null || hashrateHs === null || hashrateHs <= 0 ? null : powerW / (hashrateHs / 1e12)
}

/**
 * The good trial that fits the goal best; null if none is good. For efficiency and quiet, trials that keep too little of
 * the first trial's hashrate do not count.
 */
export function bestTrial(goal: TuningGoal, trials: readonly FinishedTrial[]): number | null {
  const floorHs = goal === 'hashrate' ? 0 : (trials[0]?.measures.hashrateHs ?? 0) * MIN_KEPT_RATIO
  let best: number | null = null
  for (const [index, trial] of trials.entries()) {
    if (trial.verdict !== 'good' || (trial.measures.hashrateHs ?? 0) < floorHs) continue
    if (best === null || isBetter(goal, trial, trials[best]!)) best = index
  }
  return best
}

/** What to try next; null when there is nothing left that could be better. */
export function nextSetting(
  goal: TuningGoal,
  grid: TuningGrid,
  start: TuningSetting,
  trials: readonly FinishedTrial[],
): TuningSetting | null {
  if (trials.length === 0) return start
  if (trials.length >= MAX_TRIALS) return null
  const best = bestTrial(goal, trials)
  // Where even the present setting is not good, it has to become gentler first.
  const from = best === null ? trials.at(-1)! : trials[best]!
  const moves = best === null ? rescue(from) : MOVES[goal]
  for (const [faster, stronger] of moves) {
    const next = neighbour(grid, from, faster, stronger)
    if (next && !trials.some((trial) => same(trial, next)) && !isRuledOut(next, trials)) return next
  }
  return null
}

/** Steps on the grid: frequency, voltage. Those that promise most come first. */
type Move = readonly [faster: number, stronger: number]

const MOVES: Record<TuningGoal, readonly Move[]> = {
  hashrate: [
    [1, 0],
    [1, 1],
    [0, 1],
  ],
  efficiency: [
    [0, -1],
    [-1, -1],
    [-1, 0],
    [1, 0],
  ],
  quiet: [
    [-1, -1],
    [0, -1],
    [-1, 0],
  ],
}

function rescue({ verdict }: FinishedTrial): readonly Move[] {
  const isStarved = verdict === 'too-many-errors' || verdict === 'too-slow'
  return isStarved
    ? [
        [0, 1],
        [-1, 0],
      ]
    : [
        [-1, -1],
        [-1, 0],
        [0, -1],
      ]
}

function neighbour(
  grid: TuningGrid,
  from: TuningSetting,
  faster: number,
  stronger: number,
): TuningSetting | null {
  const frequencyMHz = grid.frequenciesMHz[grid.frequenciesMHz.indexOf(from.frequencyMHz) + faster]
  const coreVoltageMv = grid.voltagesMv[grid.voltagesMv.indexOf(from.coreVoltageMv) + stronger]
  return frequencyMHz === undefined || coreVoltageMv === undefined ? null : { frequencyMHz, coreVoltageMv }
}

function isRuledOut(next: TuningSetting, trials: readonly FinishedTrial[]): boolean {
  return trials.some(({ frequencyMHz, coreVoltageMv, verdict }) => {
    if (verdict === 'good' || next.frequencyMHz < frequencyMHz) return false
    const isStarved = verdict === 'too-many-errors' || verdict === 'too-slow'
    return isStarved ? next.coreVoltageMv <= coreVoltageMv : next.coreVoltageMv >= coreVoltageMv
  })
}

function isBetter(goal: TuningGoal, a: FinishedTrial, b: FinishedTrial): boolean {
  const rateA = a.measures.hashrateHs ?? 0
  const rateB = b.measures.hashrateHs ?? 0
  switch (goal) {
    case 'hashrate':
      return rateA > rateB
    case 'efficiency':
      return (efficiencyJTh(a.measures) ?? Infinity) < (efficiencyJTh(b.measures) ?? Infinity)
    case 'quiet': {
      const noiseA = noise(a)
      const noiseB = noise(b)
      return noiseA === noiseB ? rateA > rateB : noiseA < noiseB
    }
  }
}

/** The fan if it says, else the heat that will drive it. */
function noise({ measures: { fanPercent, chipC } }: FinishedTrial): number {
  return fanPercent === null ? (chipC ?? Infinity) : Math.round(fanPercent)
}

export function same(a: TuningSetting, b: TuningSetting): boolean {
  return a.frequencyMHz === b.frequencyMHz && a.coreVoltageMv === b.coreVoltageMv
}
