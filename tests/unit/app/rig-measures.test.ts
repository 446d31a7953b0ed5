import { describe, expect, it } from 'vitest'
import { type Rig, type RigDetail } from '../../../src-preload/contract/index.ts'
import {
  beginSpan,
  measureReading,
  measureSilence,
  type RigSpan,
} from '../../../src-main/app/rig-measures.ts'
import { pretendFleetRig, pretendRigDetail } from '../../support/pretend-fleet-rigs.ts'

const detail = (rig: Partial<Rig>, rest: Partial<RigDetail> = {}): RigDetail => ({
  ...pretendRigDetail(pretendFleetRig({ id: 'rig-1', ...rig })),
  ...rest,
})

/** The values of readings 5 s apart, from a span that began 5 s before the first. */
function readings(...details: RigDetail[]) {
  let span: RigSpan = beginSpan(0)
  return details.map((one, i) => {
    const { values, next } = measureReading(span, one, (i + 1) * 5000)
    span = next
    return values
  })
}

describe('what a reading comes to', () => {
  it('stands for the time since the sample before, which the rig answered and hashed', () => {
    const [values] = readings(detail({ state: 'mining', hashrateHs: 1e12, powerW: 100 }))
    expect(values).toMatchObject({
      covered_ms: 5000,
      reachable_ms: 5000,
      hashing_ms: 5000,
      energy_j: 500,
      hashrate_10khs: 100_000_000,
      power_dw: 1000,
    })
  })

  it.each([
    ['paused', { state: 'paused' }],
    ['overheated', { state: 'overheated' }],
    ['mining, but at no rate', { state: 'mining', hashrateHs: 0 }],
  ] as const)('is not hashing while it is %s', (_, rig) => {
    expect(readings(detail(rig))[0]).toMatchObject({ covered_ms: 5000, reachable_ms: 5000, hashing_ms: 0 })
  })

  it('stands for no more than a minute', () => {
    const { values } = measureReading(beginSpan(0), detail({ powerW: 10 }), 500_000)
    expect(values).toMatchObject({ covered_ms: 60_000, energy_j: 600 })
  })

  it('loses no part of a joule', () => {
    const values = readings(...Array.from({ length: 1000 }, () => detail({ powerW: 0.55 })))
    expect(values.reduce((sum, { energy_j }) => sum + energy_j!, 0)).toBe(2750)
  })

  it('says nothing of energy where the rig says nothing of power', () => {
    expect(readings(detail({ powerW: null }))[0]).toMatchObject({ energy_j: null, power_dw: null })
  })

  it('counts shares and errors since the sample before, and none at the first', () => {
    const values = readings(
      detail({ accepted: 100, rejected: 2, uptimeS: 10 }, { hardwareErrors: 7 }),
      detail({ accepted: 103, rejected: 2, uptimeS: 15 }, { hardwareErrors: 9 }),
    )
    expect(values[0]).toMatchObject({
      accepted_count: null,
      rejected_count: null,
      hardware_error_count: null,
    })
    expect(values[1]).toMatchObject({ accepted_count: 3, rejected_count: 0, hardware_error_count: 2 })
  })

  it('takes a counter that fell as one that began anew', () => {
    const values = readings(detail({ accepted: 100, uptimeS: null }), detail({ accepted: 4, uptimeS: null }))
    expect(values[1]).toMatchObject({ accepted_count: 4 })
  })

  it('takes a counter of a rig that restarted as begun anew even if it is higher already', () => {
    const values = readings(detail({ accepted: 3, uptimeS: 900 }), detail({ accepted: 5, uptimeS: 4 }))
    expect(values[1]).toMatchObject({ accepted_count: 5 })
  })

  it('counts on over a reading that left the counter out', () => {
    const values = readings(detail({ accepted: 10 }), detail({ accepted: null }), detail({ accepted: 16 }))
    expect(values.map(({ accepted_count }) => accepted_count)).toEqual([null, null, 6])
  })

  it('has every figure that the rig gave, in stored units', () => {
    const base = detail({
      expectedHs: 2e12,
      chipMaxC: 61.5,
      boardMaxC: 50,
      fanRpm: 4800,
      fanPercent: 62.5,
    })
    const [values] = readings({
      ...base,
      boards: [
        {
          ...base.boards[0]!,
          slot: 0,
          chipAverageC: 50,
          frequencyMHz: 600,
          chipsWorking: 60,
          missing: false,
        },
        {
          ...base.boards[0]!,
          slot: 1,
          chipAverageC: 53,
          frequencyMHz: 610,
          chipsWorking: 59,
          missing: false,
        },
        { ...base.boards[0]!, slot: 2, chipAverageC: 0, frequencyMHz: 0, chipsWorking: 0, missing: true },
      ],
      temperatures: {
        ambientC: 21.4,
        chipMaxC: 61.5,
        boardMaxC: 50,
        regulatorC: -3,
        waterInC: 30,
        waterOutC: 35.05,
      },
      settings: { ...base.settings, coreVoltageMv: 1150, frequencyMHz: 1 },
      inputVoltageV: 12.034,
      inputCurrentA: 1.5,
      hashErrorPercent: 0.25,
      wifiRssiDbm: -61,
    })
    expect(values).toMatchObject({
      expected_10khs: 200_000_000,
      chip_max_dc: 615,
      chip_mean_dc: 515,
      board_max_dc: 500,
      regulator_dc: -30,
      ambient_dc: 214,
      water_in_dc: 300,
      water_out_dc: 351,
      fan_rpm: 4800,
      fan_permille: 625,
      frequency_dmhz: 6050,
      core_voltage_mv: 1150,
      input_voltage_mv: 12_034,
      input_current_ma: 1500,
      hash_error_ppm: 2500,
      chips_working: 119,
      wifi_rssi_dbm: -61,
    })
  })
})

describe('what a silence comes to', () => {
  it('is time in which we looked and nobody answered', () => {
    expect(measureSilence(beginSpan(0), false, 8000).values).toEqual({
      covered_ms: 8000,
      reachable_ms: 0,
      hashing_ms: 0,
    })
  })

  it('is time in which it was there, if it answered at all', () => {
    expect(measureSilence(beginSpan(0), true, 8000).values).toMatchObject({
      reachable_ms: 8000,
      hashing_ms: 0,
    })
  })

  it('does not forget what was counted before it', () => {
    const first = measureReading(beginSpan(0), detail({ accepted: 10 }), 5000)
    const silent = measureSilence(first.next, false, 10_000)
    expect(measureReading(silent.next, detail({ accepted: 12 }), 15_000).values).toMatchObject({
      covered_ms: 5000,
      accepted_count: 2,
    })
  })
})
