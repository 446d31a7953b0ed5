/**
 * Tuning in words: goals, verdicts, how long it may take; and its trials as points of a drawing. Of rigs and of boards on
 * this machine alike. Pure; the search itself is the core's.
 */
import type { Tuning, TuningGoal, TuningTrial } from '@contract'
import type { Tone } from '../../format/words.ts'

export const GOALS: readonly { value: TuningGoal; label: string; hint: string }[] = [
  {
    value: 'hashrate',
    label: 'Most hash',
    hint: 'As fast as your limits allow. Takes more power and makes more heat.',
  },
  {
    value: 'efficiency',
    label: 'Best J/TH',
    hint: 'The least energy for each hash, without losing more than two fifths of its rate.',
  },
  {
    value: 'quiet',
    label: 'Quietest',
    hint: 'The slowest fan that still cools it, without losing more than two fifths of its rate.',
  },
]

export type TrialVerdict = TuningTrial['verdict']
/** Told apart without colour. */
export type TrialShape = 'dot' | 'ring' | 'triangle' | 'cross' | 'square'

const VERDICTS: Record<TrialVerdict, { label: string; tone: Tone; shape: TrialShape }> = {
  running: { label: 'Being watched', tone: 'info', shape: 'ring' },
  good: { label: 'Good', tone: 'good', shape: 'dot' },
  'too-hot': { label: 'Too hot', tone: 'bad', shape: 'triangle' },
  'too-many-errors': { label: 'Too many errors', tone: 'bad', shape: 'cross' },
  'too-much-power': { label: 'Too much power', tone: 'warn', shape: 'square' },
  'too-slow': { label: 'Too slow', tone: 'warn', shape: 'square' },
  failed: { label: 'Not finished', tone: 'neutral', shape: 'cross' },
}

export function verdictWording(verdict: TrialVerdict): { label: string; tone: Tone; shape: TrialShape } {
  return VERDICTS[verdict]
}

const STATES: Record<Tuning['state'], { label: string; tone: Tone }> = {
  running: { label: 'Tuning', tone: 'info' },
  done: { label: 'Done', tone: 'good' },
  stopped: { label: 'Stopped, best kept', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  reverted: { label: 'As before', tone: 'neutral' },
}

export function tuningStateWording(state: Tuning['state']): { label: string; tone: Tone } {
  return STATES[state]
}

/** The search ends after so many settings at the latest. */
const MOST_TRIALS = 24
/** Writing a setting and reading it back, beside watching it. */
const WRITE_MS = 4000

/** Where it is now, and what it can be set to. */
export interface TuningRange {
  frequencyMHz: number | null
  coreVoltageMv: number | null
  frequencyOptionsMHz: readonly number[]
  coreVoltageOptionsMv: readonly number[]
}

/** How long it takes at most, by how many settings lie in the direction of the goal. */
export function tuningEstimate(
  goal: TuningGoal,
  settings: TuningRange,
  stepSeconds: number,
): { trials: number; ms: number } {
  const { frequencyMHz, coreVoltageMv, frequencyOptionsMHz, coreVoltageOptionsMv } = settings
  const count = (options: readonly number[], own: number | null, fits: (value: number) => boolean): number =>
    new Set([...options.filter(fits), ...(own === null ? [] : [own])]).size
  const up = (own: number | null) => (value: number) => own === null || value >= own
  const down = (own: number | null) => (value: number) => own === null || value <= own
  const frequencies = count(
    frequencyOptionsMHz,
    frequencyMHz,
    goal === 'hashrate' ? up(frequencyMHz) : goal === 'quiet' ? down(frequencyMHz) : () => true,
  )
  const voltages = count(
    coreVoltageOptionsMv,
    coreVoltageMv,
    goal === 'hashrate' ? up(coreVoltageMv) : down(coreVoltageMv),
  )
  const trials = Math.min(MOST_TRIALS, Math.max(1, frequencies * voltages))
  return { trials, ms: trials * (stepSeconds * 1000 + WRITE_MS) }
}

export type TrialAxes = 'settings' | 'outcome'

export interface TrialPoint {
  index: number
  x: number
  y: number
  shape: TrialShape
  tone: Tone
  isBest: boolean
}

/** Trials that have both values; outcome: rate (H/s) against J/TH. */
export function trialPoints(tuning: Tuning, axes: TrialAxes): TrialPoint[] {
  return tuning.trials.flatMap((trial, index) => {
    const x = axes === 'settings' ? trial.frequencyMHz : trial.hashrateHs
    const y = axes === 'settings' ? trial.coreVoltageMv : trial.efficiencyJTh
    if (x === null || y === null) return []
    const { shape, tone } = verdictWording(trial.verdict)
    return [{ index, x, y, shape, tone, isBest: index === tuning.best }]
  })
}

export interface Axis {
  min: number
  max: number
  ticks: number[]
}

/** An axis around the values with some room at both ends and round ticks inside. */
export function axisAround(values: readonly number[], most = 6): Axis {
  if (values.length === 0) return { min: 0, max: 1, ticks: [0, 1] }
  const low = Math.min(...values)
  const high = Math.max(...values)
  const span = high - low || Math.abs(high) * 0.1 || 1
  const min = Math.max(low >= 0 ? 0 : -Infinity, low - span * 0.12)
  const max = high + span * 0.12
  const rough = (max - min) / most
  const magnitude = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 2.5, 5, 10].find((each) => each * magnitude >= rough) ?? 10) * magnitude
  const ticks: number[] = []
  for (let tick = Math.ceil(min / step) * step; tick <= max + step * 1e-9; tick += step)
    ticks.push(Number(tick.toPrecision(12)))
  return { min, max, ticks }
}

/** `550 MHz at 1,150 mV`. */
export function settingText(setting: { frequencyMHz: number; coreVoltageMv: number }): string {
  return `${setting.frequencyMHz} MHz at ${setting.coreVoltageMv.toLocaleString('en-US')} mV`
}
