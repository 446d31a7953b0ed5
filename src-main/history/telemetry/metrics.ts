/**
 * What is measured of a rig or a meter, one entry for each figure. The list is the source of the columns of `samples`,
 * of the numbers in `series_blocks.metric` and of the units of everything stored: a whole number in a stated unit, so
 * that sums are exact. An entry never changes once released; new ones are added at the end with the next id.
 */

/** How the figures of several sources make one. */
export type Together = 'sum' | 'max' | 'mean'

/**
 * gauge: what held at the moment of the sample; its mean is meaningful. amount: what came in the time that the sample
 * stands for; its sum is meaningful.
 */
export type MetricKind = 'gauge' | 'amount'

export interface Metric {
  /** Stands in `series_blocks` and `series_days`. 0 is taken: the times of raw samples. */
  readonly id: number
  /** In `samples`; ends in the stored unit. */
  readonly column: string
  /** The natural unit, as people say it: `H/s`, `°C`. */
  readonly unit: string
  /** Stored units in one natural unit: stored = natural * scale, rounded. */
  readonly scale: number
  readonly together: Together
  readonly kind: MetricKind
}

export const METRICS = [
  // The time that the sample stands for, and how much of it the rig answered and hashed.
  { id: 1, column: 'covered_ms', unit: 'ms', scale: 1, together: 'sum', kind: 'amount' },
  { id: 2, column: 'reachable_ms', unit: 'ms', scale: 1, together: 'sum', kind: 'amount' },
  { id: 3, column: 'hashing_ms', unit: 'ms', scale: 1, together: 'sum', kind: 'amount' },
  { id: 4, column: 'energy_j', unit: 'J', scale: 1, together: 'sum', kind: 'amount' },
  // Units of 10 kH/s: a farm of 100 EH/s, summed each second for a year, is still a safe integer.
  { id: 5, column: 'hashrate_10khs', unit: 'H/s', scale: 1 / 10_000, together: 'sum', kind: 'gauge' },
  { id: 6, column: 'expected_10khs', unit: 'H/s', scale: 1 / 10_000, together: 'sum', kind: 'gauge' },
  { id: 7, column: 'power_dw', unit: 'W', scale: 10, together: 'sum', kind: 'gauge' },
  { id: 8, column: 'chip_max_dc', unit: '°C', scale: 10, together: 'max', kind: 'gauge' },
  { id: 9, column: 'chip_mean_dc', unit: '°C', scale: 10, together: 'mean', kind: 'gauge' },
  { id: 10, column: 'board_max_dc', unit: '°C', scale: 10, together: 'max', kind: 'gauge' },
  { id: 11, column: 'regulator_dc', unit: '°C', scale: 10, together: 'max', kind: 'gauge' },
  { id: 12, column: 'ambient_dc', unit: '°C', scale: 10, together: 'mean', kind: 'gauge' },
  { id: 13, column: 'water_in_dc', unit: '°C', scale: 10, together: 'mean', kind: 'gauge' },
  { id: 14, column: 'water_out_dc', unit: '°C', scale: 10, together: 'mean', kind: 'gauge' },
  { id: 15, column: 'fan_rpm', unit: 'rpm', scale: 1, together: 'max', kind: 'gauge' },
  { id: 16, column: 'fan_permille', unit: '%', scale: 10, together: 'max', kind: 'gauge' },
  { id: 17, column: 'frequency_dmhz', unit: 'MHz', scale: 10, together: 'mean', kind: 'gauge' },
  { id: 18, column: 'core_voltage_mv', unit: 'mV', scale: 1, together: 'mean', kind: 'gauge' },
  { id: 19, column: 'input_voltage_mv', unit: 'mV', scale: 1, together: 'mean', kind: 'gauge' },
  { id: 20, column: 'input_current_ma', unit: 'mA', scale: 1, together: 'sum', kind: 'gauge' },
  { id: 21, column: 'hash_error_ppm', unit: '%', scale: 10_000, together: 'mean', kind: 'gauge' },
  // Since the sample before.
  { id: 22, column: 'accepted_count', unit: 'shares', scale: 1, together: 'sum', kind: 'amount' },
  { id: 23, column: 'rejected_count', unit: 'shares', scale: 1, together: 'sum', kind: 'amount' },
  { id: 24, column: 'hardware_error_count', unit: 'errors', scale: 1, together: 'sum', kind: 'amount' },
  { id: 25, column: 'chips_working', unit: 'chips', scale: 1, together: 'sum', kind: 'gauge' },
  { id: 26, column: 'wifi_rssi_dbm', unit: 'dBm', scale: 1, together: 'mean', kind: 'gauge' },
] as const satisfies readonly Metric[]

export type MetricColumn = (typeof METRICS)[number]['column']

/**
 * A natural value as it is stored: the nearest whole number of stored units, or null for what is no number or is too
 * large to be kept exactly.
 */
export function toStored({ scale }: Metric, natural: number): number | null {
  const stored = Math.round(scale < 1 ? natural / Math.round(1 / scale) : natural * scale)
  // -0 is not a whole number that every database gives back.
  return Number.isSafeInteger(stored) ? stored + 0 : null
}

/** A stored value (or a mean of stored values) in the natural unit. */
export function fromStored({ scale }: Metric, stored: number): number {
  return scale < 1 ? stored * Math.round(1 / scale) : stored / scale
}
