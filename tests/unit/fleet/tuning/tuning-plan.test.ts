/** Which settings a board is tried at. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bestTrial,
  type FinishedTrial,
  judge,
  MAX_TRIALS,
  nextSetting,
  tuningGrid,
  type TuningLimits,
  type TuningMeasures,
  type TuningSetting,
} from '../../../../src-main/fleet/tuning/tuning-plan.ts'

const FREQUENCIES = [400, 425, 450, 475, 500, 525, 550, 575, 600]
const VOLTAGES = [1000, 1050, 1100, 1150, 1200, 1250]
const START: TuningSetting = { frequencyMHz: 500, coreVoltageMv: 1150 }
const GRID = tuningGrid(START, FREQUENCIES, VOLTAGES)!
const LIMITS: TuningLimits = { maxChipC: 65, maxRegulatorC: 85, maxPowerW: 25, maxErrorPercent: 1 }

/** A board that behaves: faster needs more voltage, both make heat. */
function board({ frequencyMHz, coreVoltageMv }: TuningSetting): TuningMeasures {
  const powerW = 15 * (frequencyMHz / 500) * (coreVoltageMv / 1150) ** 2
  const starved = Math.max(0, frequencyMHz / 500 - coreVoltageMv / 1150 - 0.05)
  return {
    hashrateHs: frequencyMHz * 2e9 * (1 - starved),
    expectedHs: frequencyMHz * 2e9,
    powerW,
    chipC: 20 + powerW * 2.6,
    regulatorC: 30 + powerW * 2,
    errorPercent: 0.2 + starved * 60,
    fanPercent: Math.min(100, 20 + powerW * 3),
  }
}

function search(
  goal: 'hashrate' | 'efficiency' | 'quiet',
  limits = LIMITS,
  measure = board,
): FinishedTrial[] {
  const trials: FinishedTrial[] = []
  for (;;) {
    const setting = nextSetting(goal, GRID, START, trials)
    if (!setting) return trials
    const measures = measure(setting)
    trials.push({ ...setting, measures, verdict: judge(measures, limits).verdict })
    if (trials.length > MAX_TRIALS) throw new Error('does not end')
  }
}

describe('the plan', () => {
  it('begins with the present settings', () => {
    expect(nextSetting('hashrate', GRID, START, [])).toEqual(START)
  })

  it('finds a faster setting that is within every limit', () => {
    const trials = search('hashrate')
    const best = trials[bestTrial('hashrate', trials)!]!
    expect(best.frequencyMHz).toBeGreaterThan(START.frequencyMHz)
    expect(best.verdict).toBe('good')
    expect(best.measures.chipC).toBeLessThanOrEqual(LIMITS.maxChipC)
  })

  it('finds a setting that needs less for each hash', () => {
    const trials = search('efficiency')
    const best = trials[bestTrial('efficiency', trials)!]!
    expect(best.measures.powerW! / best.measures.hashrateHs!).toBeLessThan(
      trials[0]!.measures.powerW! / trials[0]!.measures.hashrateHs!,
    )
  })

  it('finds a quieter setting that still mines', () => {
    const trials = search('quiet')
    const best = trials[bestTrial('quiet', trials)!]!
    expect(best.measures.fanPercent).toBeLessThan(trials[0]!.measures.fanPercent!)
    expect(best.measures.hashrateHs).toBeGreaterThanOrEqual(trials[0]!.measures.hashrateHs! * 0.6)
  })

  it('makes a board gentler whose present settings are too hot already', () => {
    const trials = search('hashrate', { ...LIMITS, maxChipC: 50 })
    expect(trials[0]!.verdict).toBe('too-hot')
    const best = bestTrial('hashrate', trials)
    expect(trials[best!]).toMatchObject({ verdict: 'good' })
    expect(trials[best!]!.measures.chipC).toBeLessThanOrEqual(50)
  })

  it('has nothing to offer where the firmware lists nothing', () => {
    expect(tuningGrid(START, [], VOLTAGES)).toBeNull()
    expect(tuningGrid(START, FREQUENCIES, [1150])).toBeNull()
  })

  it('never leaves the lists, never climbs more than a step above what was good, and always ends', () => {
    const verdicts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 54, maxLength: 54 })
    fc.assert(
      fc.property(fc.constantFrom('hashrate', 'efficiency', 'quiet'), verdicts, (goal, dice) => {
        const chaotic = (setting: TuningSetting): TuningMeasures => {
          const at =
            FREQUENCIES.indexOf(setting.frequencyMHz) * VOLTAGES.length +
            VOLTAGES.indexOf(setting.coreVoltageMv)
          const luck = dice[at]!
          return { ...board(setting), chipC: luck < 0.2 ? 90 : 55, errorPercent: luck > 0.8 ? 5 : 0.1 }
        }
        const trials = search(goal, LIMITS, chaotic)
        expect(trials.length).toBeLessThanOrEqual(MAX_TRIALS)
        const seen = new Set<string>()
        for (const [index, { frequencyMHz, coreVoltageMv }] of trials.entries()) {
          expect(FREQUENCIES).toContain(frequencyMHz)
          expect(VOLTAGES).toContain(coreVoltageMv)
          expect(seen.has(`${frequencyMHz} ${coreVoltageMv}`)).toBe(false)
          seen.add(`${frequencyMHz} ${coreVoltageMv}`)
          if (index === 0) continue
          const good = trials.slice(0, index).filter(({ verdict }) => verdict === 'good')
          const highest = (key: keyof TuningSetting): number =>
            Math.max(START[key], ...[...good, ...trials.slice(0, index)].map((trial) => trial[key]))
          expect(frequencyMHz).toBeLessThanOrEqual(highest('frequencyMHz') + 25)
          expect(coreVoltageMv).toBeLessThanOrEqual(highest('coreVoltageMv') + 50)
        }
      }),
    )
  })

  it('never tries what a hotter or hungrier trial has ruled out', () => {
    const trials = search('hashrate', { ...LIMITS, maxErrorPercent: 0.3 })
    for (const [index, trial] of trials.entries()) {
      for (const earlier of trials.slice(0, index)) {
        if (earlier.verdict !== 'too-many-errors') continue
        const starvedToo =
          trial.frequencyMHz >= earlier.frequencyMHz && trial.coreVoltageMv <= earlier.coreVoltageMv
        expect(starvedToo).toBe(false)
      }
    }
  })
})

describe('judging', () => {
  const good = board(START)
  it.each([
    ['chip', { chipC: 66 }, 'too-hot'],
    ['regulator', { regulatorC: 86 }, 'too-hot'],
    ['power', { powerW: 26 }, 'too-much-power'],
    ['errors', { errorPercent: 1.5 }, 'too-many-errors'],
    ['no hashes', { hashrateHs: 0 }, 'too-slow'],
    ['unknown hashes', { hashrateHs: null }, 'too-slow'],
    ['lost hashes', { hashrateHs: good.expectedHs! * 0.8 }, 'too-slow'],
  ])('finds fault with %s and says which', (_, change, verdict) => {
    const judged = judge({ ...good, ...change }, LIMITS)
    expect(judged.verdict).toBe(verdict)
    expect(judged.because).toMatch(/^[A-Z\d].*\.$/)
  })

  it('lets pass what a board does not measure', () => {
    const silent = {
      ...good,
      regulatorC: null,
      powerW: null,
      errorPercent: null,
      fanPercent: null,
      expectedHs: null,
    }
    expect(judge(silent, LIMITS).verdict).toBe('good')
  })
})
