/**
 * Our vardiff and the classic one over the same simulated rigs: 1 TH/s, shares as chance has them, an aim of
 * 6 a minute. Simulated time and seeded chance, so the figures are the same on every machine; each repetition
 * has rigs of its own, and both algorithms the same ones.
 *
 * `tests/unit/mining/vardiff-simulation.test.ts` holds what is claimed here.
 */
import { Vardiff } from '../../../src-main/mining/index.ts'
import { type DifficultyController, simulateDifficulty } from '../../support/simulated-rig.ts'
import { type Amounts, type BenchFamily, type Picture } from '../family.ts'
import { ClassicVardiff } from '../reference/classic-vardiff.ts'
import { drawSvg, drawText, type StepPlot, type StepSeries } from '../step-plot.ts'
import {
  countPerWindow,
  reversals,
  SIMULATED_RIG,
  settledAtMs,
  spreadAroundAim,
} from '../vardiff-measures.ts'

const { hashrateHs, workPerSecond, rightDifficulty, sharesPerMinute } = SIMULATED_RIG
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const NAMES = { ours: 'ours', classic: 'classic' } as const
const WRONG_STARTS = [1000, 1 / 1000] as const
const SETTLING_RIGS = 60
/** What has not settled after so long is counted as this. */
const SETTLE_LIMIT_MS = 6 * HOUR_MS
const STEADY_RIGS = 8
const STEADY_MS = 24 * HOUR_MS
/** From here on a day is steady. */
const STEADY_FROM_MS = 10 * MINUTE_MS
const HALVING_RIGS = 12
const HALVING_AT_MS = 6 * HOUR_MS

type Make = (wrong: number) => DifficultyController

const makers: Readonly<Record<string, Make>> = {
  [NAMES.ours]: (wrong) =>
    new Vardiff({ startDifficulty: rightDifficulty * wrong, sharesPerMinute, nowMs: 0 }),
  [NAMES.classic]: (wrong) =>
    new ClassicVardiff({ nominalHashrateHs: hashrateHs * wrong, sharesPerMinute, nowMs: 0 }),
}

const seedsOf = (repetition: number, rigs: number): number[] =>
  Array.from({ length: rigs }, (_, i) => 1 + (repetition * rigs + i) * 7919)

function measure(make: Make, repetition: number): Amounts {
  return { ...settling(make, repetition), ...steady(make, repetition), ...halving(make, repetition) }
}

function settling(make: Make, repetition: number): Amounts {
  const seconds = WRONG_STARTS.flatMap((wrong) =>
    seedsOf(repetition, SETTLING_RIGS).map((seed) => {
      const { changes } = simulateDifficulty(make(wrong), {
        seed,
        untilMs: SETTLE_LIMIT_MS,
        workPerSecond: () => workPerSecond,
      })
      return Math.min(settledAtMs(changes, rightDifficulty * wrong), SETTLE_LIMIT_MS) / 1000
    }),
  ).toSorted((a, b) => a - b)
  const at = (fraction: number): number => seconds[Math.floor(fraction * (seconds.length - 1))]!
  const inAMinute = seconds.filter((value) => value < 60).length / seconds.length
  return { settledMedianS: at(0.5), settled95S: at(0.95), settledInAMinuteRatio: inAMinute }
}

function steady(make: Make, repetition: number): Amounts {
  const days = seedsOf(repetition, STEADY_RIGS).map((seed) =>
    simulateDifficulty(make(1), { seed, untilMs: STEADY_MS, workPerSecond: () => workPerSecond }),
  )
  const counts = days.flatMap(({ shareTimesMs }) =>
    countPerWindow(shareTimesMs, MINUTE_MS, STEADY_FROM_MS, STEADY_MS),
  )
  const late = days.map(({ changes }) => changes.filter(({ atMs }) => atMs > STEADY_FROM_MS))
  const perDay = (total: number): number => total / days.length
  return {
    spreadToPoisson: spreadAroundAim(counts, sharesPerMinute),
    changesPerDay: perDay(late.reduce((sum, changes) => sum + changes.length, 0)),
    reversalsPerDay: perDay(days.reduce((sum, { changes }) => sum + reversals(changes, STEADY_FROM_MS), 0)),
  }
}

/** How long a rig that lost half its hashrate after six quiet hours is asked for too much. */
function halving(make: Make, repetition: number): Amounts {
  const minutes = seedsOf(repetition, HALVING_RIGS).map((seed) => {
    const { changes } = simulateDifficulty(make(1), {
      seed,
      untilMs: 3 * HALVING_AT_MS,
      workPerSecond: (atMs) => (atMs < HALVING_AT_MS ? workPerSecond : workPerSecond / 2),
    })
    const first = changes.find(
      ({ atMs, difficulty }) => atMs > HALVING_AT_MS && difficulty < rightDifficulty * 0.75,
    )
    return ((first?.atMs ?? 3 * HALVING_AT_MS) - HALVING_AT_MS) / MINUTE_MS
  })
  const sorted = minutes.toSorted((a, b) => a - b)
  return { halvingSeenMedianMin: sorted[Math.floor(sorted.length / 2)]! }
}

const PLOT_MINUTES = 60
const PLOT_SEED = 1

function plots(): StepPlot[] {
  return WRONG_STARTS.map((wrong) => ({
    title: `Difficulty from a start ${wrong > 1 ? '1000 times too high' : '1000 times too low'}, constant rig`,
    minutes: PLOT_MINUTES,
    lowest: wrong > 1 ? -2 : -3,
    highest: wrong > 1 ? 3 : 1,
    unit: 'right',
    series: [series(NAMES.ours, '*', wrong), series(NAMES.classic, 'o', wrong)],
  }))
}

function series(name: string, mark: string, wrong: number): StepSeries {
  const { changes } = simulateDifficulty(makers[name]!(wrong), {
    seed: PLOT_SEED,
    untilMs: PLOT_MINUTES * MINUTE_MS,
    workPerSecond: () => workPerSecond,
  })
  const steps = changes.map(({ atMs, difficulty }) => ({
    minute: atMs / MINUTE_MS,
    value: difficulty / rightDifficulty,
  }))
  return { name, mark, steps: [{ minute: 0, value: wrong }, ...steps] }
}

function pictures(): Picture[] {
  const drawn = plots()
  return [{ text: drawn.map(drawText).join('\n\n'), fileName: 'vardiff.svg', file: drawSvg(drawn) }]
}

const family: BenchFamily = {
  title: 'Difficulty of a constant rig, simulated: 1 TH/s, 6 shares a minute',
  goals: [
    {
      title: 'seconds until within 20 % for good, 95 of 100 rigs, from 1000 times wrong',
      candidate: NAMES.ours,
      reference: null,
      metric: 'settled95S',
      gate: { atMost: 60 },
    },
    {
      title: 'the same in the median, against classic',
      candidate: NAMES.ours,
      reference: NAMES.classic,
      metric: 'settledMedianS',
      gate: { atMost: 0.1 },
    },
    {
      title: 'spread of shares a minute around the aim, of the Poisson noise',
      candidate: NAMES.ours,
      reference: null,
      metric: 'spreadToPoisson',
      gate: { atMost: 1.1 },
    },
    {
      title: 'reversals of difficulty in a steady day',
      candidate: NAMES.ours,
      reference: null,
      metric: 'reversalsPerDay',
      gate: { atMost: 0.25 },
    },
    {
      title: 'time until a halved hashrate is seen, against classic',
      candidate: NAMES.ours,
      reference: NAMES.classic,
      metric: 'halvingSeenMedianMin',
      gate: { atMost: 0.5 },
    },
  ],
  prepare: () => ({
    candidates: Object.entries(makers).map(([name, make]) => {
      let repetition = 0
      return { name, startsAnew: true, measure: () => Promise.resolve(measure(make, repetition++)) }
    }),
    checkCorrectness() {
      for (const [name, make] of Object.entries(makers)) {
        const off = make(1).difficulty / rightDifficulty
        if (Math.abs(off - 1) > 1e-6) throw new Error(`${name} starts ${off} times where it was told to`)
      }
    },
    pictures,
  }),
}

export default family
