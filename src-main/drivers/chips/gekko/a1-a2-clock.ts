/**
 * Clocks of Compac and Terminus A1 and A2, which BM1362 and BM1370 take alike there: the divider and the clock once each.
 * (Serial ASIC digest 4.9.)
 */
import { type Sequence, type Step } from '../../model/sequence.ts'
import { pllMhz, type PllSetting } from '../pll.ts'
import { GEKKO_PLL0_DIVIDER, gekkoPllRegister, solveGekkoPll } from '../pll-gekko.ts'
import { rampClocks } from '../ramp.ts'
import { wait, write } from '../steps.ts'

const CLOCK_MHZ = { min: 100, max: 800, step: 6.25 } as const
const RAMP_PAUSE_MS = 100

function solve(frequencyMhz: number): PllSetting | null {
  const { min, max } = CLOCK_MHZ
  return frequencyMhz >= min && frequencyMhz <= max ? solveGekkoPll(frequencyMhz, 'less-one') : null
}

/** Null outside 100 to 800 MHz. */
export function a1a2Clock(frequencyMhz: number): Step[] | null {
  const pll = solve(frequencyMhz)
  if (pll === null) return null
  return [
    wait(10),
    write('all', 'pll0Divider', GEKKO_PLL0_DIVIDER),
    wait(10),
    write('all', 'pll0', gekkoPllRegister(pll, 'less-one')),
    wait(10),
  ]
}

/** What both profiles say about clocks. @param hashCount written after each of them, for `idle` takes it away */
export function a1a2Clocks(hashCount: number): {
  readonly frequencyMhz: typeof CLOCK_MHZ
  readonly startMhz: number
  ramp(fromMhz: number, toMhz: number): readonly number[]
  setFrequency(frequencyMhz: number): Sequence | null
  actualFrequencyMhz(frequencyMhz: number): number | null
} {
  return {
    frequencyMhz: CLOCK_MHZ,
    startMhz: CLOCK_MHZ.min,
    ramp: (fromMhz, toMhz) => (solve(toMhz) === null ? [] : rampClocks(fromMhz, toMhz, CLOCK_MHZ.step)),
    setFrequency(frequencyMhz) {
      const steps = a1a2Clock(frequencyMhz)
      if (steps === null) return null
      return [...steps, write('all', 'hashCountingNumber', hashCount), wait(RAMP_PAUSE_MS)]
    },
    actualFrequencyMhz(frequencyMhz) {
      const pll = solve(frequencyMhz)
      return pll === null ? null : pllMhz(pll)
    },
  }
}
