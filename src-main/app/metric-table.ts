/** What the contract's metrics of rigs are made of: one stored figure, or one over another. */
import { type MetricUnit, type RigMetric } from '../../src-preload/contract/index.ts'
import { type MetricColumn } from '../history/index.ts'

export type MetricSource =
  | {
      /** Mean of a gauge, or sum of an amount, in its natural unit times `times`. */
      readonly kind: 'figure'
      readonly column: MetricColumn
      readonly times: number
    }
  | {
      /** One figure over another, both in natural units, times `times`. */
      readonly kind: 'quotient'
      readonly column: MetricColumn
      readonly over: MetricColumn
      readonly times: number
    }

export interface RigMetricEntry {
  readonly unit: MetricUnit
  readonly source: MetricSource
}

const figure = (column: MetricColumn, unit: MetricUnit, times = 1): RigMetricEntry => ({
  unit,
  source: { kind: 'figure', column, times },
})
const quotient = (column: MetricColumn, over: MetricColumn, unit: MetricUnit, times = 1): RigMetricEntry => ({
  unit,
  source: { kind: 'quotient', column, over, times },
})

const JOULES_PER_KWH = 3_600_000
const HASHES_PER_TERAHASH = 1e12

export const RIG_METRICS: Readonly<Record<RigMetric, RigMetricEntry>> = {
  'rig-hashrate': figure('hashrate_10khs', 'H/s'),
  'rig-expected-hashrate': figure('expected_10khs', 'H/s'),
  'rig-power': figure('power_dw', 'W'),
  // Watts over H/s are joules a hash.
  'rig-efficiency': quotient('power_dw', 'hashrate_10khs', 'J/TH', HASHES_PER_TERAHASH),
  'rig-energy': figure('energy_j', 'kWh', 1 / JOULES_PER_KWH),
  'rig-chip-temperature': figure('chip_max_dc', 'C'),
  'rig-chip-mean-temperature': figure('chip_mean_dc', 'C'),
  'rig-board-temperature': figure('board_max_dc', 'C'),
  'rig-regulator-temperature': figure('regulator_dc', 'C'),
  'rig-ambient-temperature': figure('ambient_dc', 'C'),
  'rig-water-in-temperature': figure('water_in_dc', 'C'),
  'rig-water-out-temperature': figure('water_out_dc', 'C'),
  'rig-fan': figure('fan_rpm', 'rpm'),
  'rig-fan-percent': figure('fan_permille', 'percent'),
  'rig-frequency': figure('frequency_dmhz', 'MHz'),
  'rig-core-voltage': figure('core_voltage_mv', 'mV'),
  'rig-input-voltage': figure('input_voltage_mv', 'V', 1 / 1000),
  'rig-input-current': figure('input_current_ma', 'A', 1 / 1000),
  'rig-hash-errors': figure('hash_error_ppm', 'percent'),
  'rig-accepted': figure('accepted_count', 'count'),
  'rig-rejected': figure('rejected_count', 'count'),
  'rig-hardware-errors': figure('hardware_error_count', 'count'),
  'rig-chips': figure('chips_working', 'count'),
  'rig-wifi-signal': figure('wifi_rssi_dbm', 'dBm'),
  'rig-reachable': quotient('reachable_ms', 'covered_ms', 'ratio'),
  'rig-hashing': quotient('hashing_ms', 'covered_ms', 'ratio'),
}
