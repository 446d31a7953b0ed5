/** What a board says while it is watched, and the mean of several looks. Pure. */
import { type RigReading } from '../model/reading.ts'
import { efficiencyJTh, type TuningMeasures } from './tuning-plan.ts'
import { type TuningTrialView } from './tuning-views.ts'

export const EMPTY_MEASURES: TuningMeasures = {
  hashrateHs: null,
  powerW: null,
  chipC: null,
  regulatorC: null,
  errorPercent: null,
  fanPercent: null,
  expectedHs: null,
}

export function measuresOf(reading: RigReading): TuningMeasures {
  const { hashrates, temperatures, fans, settings } = reading
  const duty = fans.map(({ dutyPercent }) => dutyPercent).filter((percent) => percent !== null)
  return {
    hashrateHs: hashrates.nowHs ?? hashrates.minuteHs,
    powerW: reading.powerW,
    chipC: temperatures.chipMaxC,
    regulatorC: temperatures.regulatorC,
    errorPercent: reading.hashErrorPercent,
    fanPercent: duty.length > 0 ? Math.max(...duty) : settings.fanPercent,
    expectedHs: reading.expectedHs,
  }
}

/** Of each figure, over the looks that had it. */
export function mean(looks: readonly TuningMeasures[]): TuningMeasures {
  const of = (key: keyof TuningMeasures): number | null => {
    const said = looks.map((look) => look[key]).filter((value) => value !== null)
    return said.length === 0 ? null : said.reduce((sum, value) => sum + value, 0) / said.length
  }
  return {
    hashrateHs: of('hashrateHs'),
    powerW: of('powerW'),
    chipC: of('chipC'),
    regulatorC: of('regulatorC'),
    errorPercent: of('errorPercent'),
    fanPercent: of('fanPercent'),
    expectedHs: of('expectedHs'),
  }
}

export function shown(measures: TuningMeasures): Partial<TuningTrialView> {
  const { hashrateHs, powerW, chipC, regulatorC, errorPercent, fanPercent } = measures
  return {
    hashrateHs,
    powerW,
    chipC,
    regulatorC,
    errorPercent,
    fanPercent,
    efficiencyJTh: efficiencyJTh(measures),
  }
}
