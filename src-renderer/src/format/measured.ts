/** What a rig measured, as text. Absent is a dash, never a zero. */
import { formatHashrate } from './hashrate.ts'
import { formatCount, formatScaled } from './number.ts'

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
  orAbsent(joulesPerTh, (value) => {
    if (value < 9999.95) return `${value.toFixed(1)} J/TH`
    // What hashes next to nothing, such as a rig that only practises.
    const { digits, prefix } = formatScaled(value, ['', 'k', 'M', 'G', 'T'])
    return `${digits} ${prefix}J/TH`
  })
export const measuredPercent = (percent: number | null): string =>
  orAbsent(percent, (value) => `${Math.round(value)} %`)
export const measuredCount = (count: number | null): string => orAbsent(count, formatCount)
