/** What a rig measured, as text. Absent is a dash, never a zero. */
import { formatHashrate } from './hashrate.ts'
import { formatCount } from './number.ts'

/** Stands where a rig said nothing. */
export const ABSENT = '–'
/** For the tooltip of that dash. */
export const ABSENT_MEANING = 'The rig does not say.'

const orAbsent = (value: number | null, format: (value: number) => string): string =>
  value === null ? ABSENT : format(value)

/** `1.18 TH/s`; a rig that says 0 is shown as 0. */
export const measuredHashrate = (hashrateHs: number | null): string => orAbsent(hashrateHs, formatHashrate)
/** `61 °C`. */
export const measuredTemperature = (celsius: number | null): string =>
  orAbsent(celsius, (value) => `${Math.round(value)} °C`)
/** `4,800 rpm`. */
export const measuredRpm = (rpm: number | null): string =>
  orAbsent(rpm, (value) => `${formatCount(Math.round(value))} rpm`)
/** `18.2 W`, `3,510 W`. */
export const measuredPower = (watts: number | null): string =>
  orAbsent(watts, (value) => `${value < 99.95 ? value.toFixed(1) : formatCount(Math.round(value))} W`)
/** `15.4 J/TH`. */
export const measuredEfficiency = (joulesPerTh: number | null): string =>
  orAbsent(joulesPerTh, (value) => `${value.toFixed(1)} J/TH`)
export const measuredPercent = (percent: number | null): string =>
  orAbsent(percent, (value) => `${Math.round(value)} %`)
export const measuredCount = (count: number | null): string => orAbsent(count, formatCount)
