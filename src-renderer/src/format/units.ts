/** Values of stored metrics as text: exact ones for people to read, round ones for axes. Knows no library and no screen. */
import type { MetricUnit } from '@contract'
import { formatHashrate, formatHashrateAxis } from './hashrate.ts'
import { measuredEfficiency } from './measured.ts'
import { formatCount, formatPercent } from './number.ts'

export interface UnitFormat {
  /** One value. */
  format: (value: number) => string
  /** A round number on an axis. */
  formatTick: (value: number) => string
  /** zero: an axis begins at 0. free: as close as the values are. ratio: 0 to 1. */
  floor: 'zero' | 'free' | 'ratio'
}

const trimmed = (value: number): string => String(Number(value.toPrecision(4)))
/** `61.2`, `482`, `3,510`: three digits or what there is before the point. */
const digits = (value: number): string => {
  const size = Math.abs(value)
  if (size >= 999.5) return formatCount(Math.round(value))
  return size >= 99.95
    ? value.toFixed(0)
    : size >= 9.995
      ? value.toFixed(1)
      : trimmed(Number(value.toFixed(2)))
}
const tick = (value: number): string =>
  Math.abs(value) >= 1000 ? formatCount(Math.round(value)) : trimmed(value)
const plain = (suffix: string, floor: UnitFormat['floor']): UnitFormat => ({
  format: (value) => `${digits(value)} ${suffix}`,
  formatTick: (value) => `${tick(value)} ${suffix}`,
  floor,
})

/** A rig is told of in watts, a farm in kilowatts. */
const KILO_FROM = 10_000

const UNITS: Record<MetricUnit, UnitFormat> = {
  'H/s': { format: formatHashrate, formatTick: formatHashrateAxis, floor: 'zero' },
  shares: plain('shares', 'zero'),
  W: {
    format: (value) => (Math.abs(value) < KILO_FROM ? `${digits(value)} W` : `${digits(value / 1000)} kW`),
    formatTick: (value) => (Math.abs(value) < KILO_FROM ? `${tick(value)} W` : `${tick(value / 1000)} kW`),
    floor: 'zero',
  },
  kWh: plain('kWh', 'zero'),
  'J/TH': { format: measuredEfficiency, formatTick: (value) => `${tick(value)} J/TH`, floor: 'free' },
  C: {
    format: (value) => `${value.toFixed(1)} °C`,
    formatTick: (value) => `${trimmed(value)} °C`,
    floor: 'free',
  },
  rpm: plain('rpm', 'zero'),
  percent: plain('%', 'zero'),
  MHz: plain('MHz', 'free'),
  mV: plain('mV', 'free'),
  V: plain('V', 'free'),
  A: plain('A', 'zero'),
  count: { format: digits, formatTick: tick, floor: 'zero' },
  dBm: plain('dBm', 'free'),
  ratio: {
    format: (value) => formatPercent(Math.min(1, value)),
    formatTick: (value) => `${Math.round(value * 100)} %`,
    floor: 'ratio',
  },
}

export function unitFormat(unit: MetricUnit): UnitFormat {
  return UNITS[unit]
}

const NAMES: Partial<Record<MetricUnit, string>> = {
  'H/s': 'Hashrate',
  shares: 'Shares',
  W: 'Power',
  kWh: 'Energy',
  'J/TH': 'Efficiency',
  C: 'Temperature',
  rpm: 'Fan speed',
  percent: 'Percent',
  MHz: 'Frequency',
  mV: 'Core voltage',
  V: 'Input voltage',
  A: 'Input current',
  count: 'Counts',
  dBm: 'Wi-Fi signal',
  ratio: 'Part of the time',
}
/** What values of a unit are called together. */
export const unitName = (unit: MetricUnit): string => NAMES[unit] ?? unit
