/** What a rig said, as a sample for the history: whole numbers in the stored units. */
import { type RigDetail } from '../../src-preload/contract/index.ts'
import { type MetricColumn, METRICS, type Sample, toStored } from '../history/index.ts'

const METRIC = new Map(METRICS.map((metric) => [metric.column, metric]))

/** Undefined for a rig that has said nothing yet. */
export function sampleOf({ rig, hashErrorPercent }: RigDetail): Sample | undefined {
  if (rig.readAt === null) return undefined
  return {
    source: { kind: 'rig', key: rig.id },
    atMs: rig.readAt,
    values: {
      hashrate_10khs: stored('hashrate_10khs', rig.hashrateHs),
      power_dw: stored('power_dw', rig.powerW),
      chip_max_dc: stored('chip_max_dc', rig.chipMaxC),
      fan_rpm: stored('fan_rpm', rig.fanRpm),
      hash_error_ppm: stored('hash_error_ppm', hashErrorPercent),
    },
  }
}

function stored(column: MetricColumn, natural: number | null): number | null {
  return natural === null ? null : toStored(METRIC.get(column)!, natural)
}
