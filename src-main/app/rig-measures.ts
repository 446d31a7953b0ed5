/**
 * From what a rig says of itself to the figures of a sample: how long the sample stands for, what was used and counted in
 * that time, and what held at its end. Pure; when a sample is due is `sample-feed.ts`.
 */
import { type RigDetail } from '../../src-preload/contract/index.ts'
import { type MetricColumn, METRICS, type SampleValues, toStored } from '../history/index.ts'

/** What the next sample of a rig is measured from. */
export interface RigSpan {
  /** Since when no sample stands for the time, monotonic milliseconds. */
  readonly sinceMs: number
  /** What its counters said last; null before they said anything since it began. */
  readonly counters: RigCounters | null
  /** Joules below a whole one that are not recorded yet, 0 to 1: otherwise a small rig would lose half a joule a sample. */
  readonly restJ: number
}

interface RigCounters {
  readonly accepted: number | null
  readonly rejected: number | null
  readonly hardwareErrors: number | null
  readonly uptimeS: number | null
}

export interface MeasuredSpan {
  readonly values: SampleValues
  readonly next: RigSpan
}

/**
 * A sample stands for this much at most: what was before is not known. Rigs are read every few seconds, and one that does
 * not answer has a sample each minute (`sample-feed.ts`).
 */
export const LONGEST_COVER_MS = 60_000
/** Of uptimes: rigs round, and are read late. */
const UPTIME_SLACK_S = 5

const METRIC = new Map(METRICS.map((metric) => [metric.column as MetricColumn, metric]))

/** A span that begins now: nothing is known of the time before. */
export function beginSpan(nowMs: number): RigSpan {
  return { sinceMs: nowMs, counters: null, restJ: 0 }
}

/** The sample of a reading that arrived just now. */
export function measureReading(span: RigSpan, detail: RigDetail, nowMs: number): MeasuredSpan {
  const { rig } = detail
  const coveredMs = coverOf(span, nowMs)
  const isHashing = (rig.state === 'mining' || rig.state === 'tuning') && rig.hashrateHs !== 0
  const counters: RigCounters = {
    accepted: rig.accepted,
    rejected: rig.rejected,
    hardwareErrors: detail.hardwareErrors,
    uptimeS: rig.uptimeS,
  }
  const isRestarted =
    span.counters !== null &&
    span.counters.uptimeS !== null &&
    counters.uptimeS !== null &&
    counters.uptimeS + UPTIME_SLACK_S < span.counters.uptimeS
  const since = (name: 'accepted' | 'rejected' | 'hardwareErrors'): number | null =>
    increase(span.counters?.[name] ?? null, counters[name], isRestarted)
  const joules = rig.powerW === null ? null : (rig.powerW * coveredMs) / 1000 + span.restJ
  const energyJ = joules === null ? null : Math.floor(joules)
  return {
    values: {
      covered_ms: coveredMs,
      reachable_ms: coveredMs,
      hashing_ms: isHashing ? coveredMs : 0,
      energy_j: energyJ,
      ...gaugesOf(detail),
      accepted_count: stored('accepted_count', since('accepted')),
      rejected_count: stored('rejected_count', since('rejected')),
      hardware_error_count: stored('hardware_error_count', since('hardwareErrors')),
    },
    next: {
      sinceMs: nowMs,
      // One that is left out once is not unknown: it counts on from where it was.
      counters: {
        accepted: counters.accepted ?? span.counters?.accepted ?? null,
        rejected: counters.rejected ?? span.counters?.rejected ?? null,
        hardwareErrors: counters.hardwareErrors ?? span.counters?.hardwareErrors ?? null,
        uptimeS: counters.uptimeS ?? span.counters?.uptimeS ?? null,
      },
      restJ: joules === null || energyJ === null ? span.restJ : joules - energyJ,
    },
  }
}

/**
 * The sample of a poll that failed, or of a minute in which there was none: we looked, and it did not say anything.
 * @param isReachable it answered, but not so that it could be read
 */
export function measureSilence(span: RigSpan, isReachable: boolean, nowMs: number): MeasuredSpan {
  const coveredMs = coverOf(span, nowMs)
  return {
    values: { covered_ms: coveredMs, reachable_ms: isReachable ? coveredMs : 0, hashing_ms: 0 },
    next: { ...span, sinceMs: nowMs },
  }
}

function coverOf({ sinceMs }: RigSpan, nowMs: number): number {
  return Math.min(LONGEST_COVER_MS, Math.max(0, Math.round(nowMs - sinceMs)))
}

/** What a counter grew by; null while it is not known from where. One that fell began again at 0. */
function increase(before: number | null, now: number | null, isRestarted: boolean): number | null {
  if (before === null || now === null) return null
  return isRestarted || now < before ? now : now - before
}

function gaugesOf(detail: RigDetail): SampleValues {
  const { rig, boards, chips, settings, temperatures } = detail
  const there = boards.filter(({ missing }) => !missing)
  const chipMeanC = meanOf(there.map(({ chipAverageC }) => chipAverageC))
  const chipsWorking = there.map((board) => board.chipsWorking).filter((count) => count !== null)
  return {
    hashrate_10khs: stored('hashrate_10khs', rig.hashrateHs),
    expected_10khs: stored('expected_10khs', rig.expectedHs),
    power_dw: stored('power_dw', rig.powerW),
    chip_max_dc: stored('chip_max_dc', rig.chipMaxC),
    chip_mean_dc: stored('chip_mean_dc', chipMeanC ?? meanOf(chips.map(({ temperatureC }) => temperatureC))),
    board_max_dc: stored('board_max_dc', rig.boardMaxC),
    regulator_dc: stored('regulator_dc', temperatures.regulatorC),
    ambient_dc: stored('ambient_dc', temperatures.ambientC),
    water_in_dc: stored('water_in_dc', temperatures.waterInC),
    water_out_dc: stored('water_out_dc', temperatures.waterOutC),
    fan_rpm: stored('fan_rpm', rig.fanRpm),
    fan_permille: stored('fan_permille', rig.fanPercent),
    frequency_dmhz: stored(
      'frequency_dmhz',
      meanOf(there.map(({ frequencyMHz }) => frequencyMHz)) ?? settings.frequencyMHz,
    ),
    core_voltage_mv: stored('core_voltage_mv', settings.coreVoltageMv),
    input_voltage_mv: stored('input_voltage_mv', thousandfold(detail.inputVoltageV)),
    input_current_ma: stored('input_current_ma', thousandfold(detail.inputCurrentA)),
    hash_error_ppm: stored('hash_error_ppm', detail.hashErrorPercent),
    chips_working: stored(
      'chips_working',
      chipsWorking.length === 0 ? null : chipsWorking.reduce((sum, count) => sum + count, 0),
    ),
    wifi_rssi_dbm: stored('wifi_rssi_dbm', detail.wifiRssiDbm),
  }
}

function stored(column: MetricColumn, natural: number | null): number | null {
  return natural === null ? null : toStored(METRIC.get(column)!, natural)
}

function thousandfold(value: number | null): number | null {
  return value === null ? null : value * 1000
}

/** Of those that are known; null if none is. */
function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length
}
