import { describe, expect, it } from 'vitest'
import { readAxeos } from '../../../../src-main/fleet/families/readings/axeos.ts'
import { readNerdq } from '../../../../src-main/fleet/families/readings/nerdq.ts'
import { captureFiles, captureJson } from '../../../support/captures.ts'

const AT_MS = 1_780_000_000_000

describe.runIf(captureFiles('bitaxe').length > 0)('recorded Bitaxes', () => {
  it('reads a Supra of v2.4.5, whose figures are text and whose pools are flat', () => {
    const reading = readAxeos(captureJson('bitaxe/supra-401-v2.4.5/system_info.json'), null, AT_MS)
    expect(reading).toMatchObject({
      make: 'Bitaxe',
      model: 'Supra',
      firmware: 'AxeOS',
      firmwareVersion: 'v2.4.5-3-gb5d1e36-dirty',
      controlBoard: '401',
      mac: 'aa:bb:cc:dd:ee:ff',
      state: 'mining',
      hashrates: { nowHs: 1000e9, minuteHs: null },
      expectedHs: 625_240_000_000,
      powerW: 2.65000009536743,
      inputVoltageV: 5.175,
      inputCurrentA: 0.52125,
      bestShare: 483_000,
      bestSession: 0,
      temperatures: { chipMaxC: 59.875, regulatorC: 78 },
      systemUptimeS: 4,
      shares: { accepted: 0, rejected: 0 },
      settings: { frequencyMHz: 490, frequencyOptionsMHz: [], coreVoltageMv: 1166, fanAuto: true },
      firmwareOptions: [],
      chips: [],
      hashErrorPercent: null,
    })
    expect(reading?.pools.map(({ url, user, active }) => [url, user, active])).toEqual([
      ['stratum+tcp://btc.example.pool:3333', 'asic-rs.test', true],
      ['stratum+tcp://btc2.example.pool:3333', 'asic-rs.test', false],
    ])
  })

  it('reads a Gamma of v2.12.2 that mines at its second pool', () => {
    const reading = readAxeos(captureJson('bitaxe/gamma-601-v2.12.2/system_info.json'), null, AT_MS)
    expect(reading).toMatchObject({
      make: 'Bitaxe',
      model: 'Gamma',
      firmwareVersion: 'v2.12.2',
      mac: '02:00:00:00:06:01',
      hashrates: { nowHs: 1_072_240_722_700, minuteHs: 1_088_935_424_800, hourHs: 1_071_873_657_200 },
      expectedHs: 1_071_000_000_000,
      temperatures: { chipMaxC: 60.125, regulatorC: 62 },
      hashErrorPercent: 0,
      ratedPowerW: 40,
      hardwareErrors: 1415,
      wifiRssiDbm: -44,
      shares: { accepted: 4768, rejected: 13, stale: 13, rejectReasons: [{ reason: 'Stale', count: 13 }] },
      firmwareOptions: ['identify', 'manualFanSpeed'],
    })
    expect(reading?.chips).toEqual([
      {
        boardSlot: 0,
        index: 0,
        hashrateHs: 1_072_240_722_700,
        temperatureC: 60.125,
        frequencyMHz: null,
        voltageV: null,
        errors: 1415,
        working: true,
      },
    ])
    // The second fan is listed as 0 rpm and is not there.
    expect(reading?.fans).toEqual([{ label: 'Fan', rpm: 3915, dutyPercent: 48.4200668, ok: true }])
    expect(reading?.pools).toMatchObject([
      { url: 'stratum+tcp://public-pool.io:21496', active: false, alive: false },
      { url: 'stratum+tcp://solo.ckpool.org:3333', active: true, difficulty: 1000, pingMs: 188.482 },
    ])
    expect(reading?.errors.map(({ code }) => code)).toEqual(['fallback-pool'])
  })

  it('reads the pool slots of v2.15, by their ids', () => {
    const reading = readAxeos(captureJson('bitaxe/synthetic-v2.15/system_info.json'), null, AT_MS)
    expect(reading).toMatchObject({
      model: 'Gamma',
      firmwareVersion: 'v2.15.0',
      state: 'mining',
      hashrates: { nowHs: 1_190_500_000_000 },
      settings: { frequencyMHz: 600, fanAuto: true, fanPercent: null, targetC: 60 },
      firmwareOptions: ['pools', 'pause', 'identify', 'manualFanSpeed', 'TLS', 'SV2'],
      errors: [],
    })
    expect(reading?.pools.map(({ index, url, active }) => [index, url, active])).toEqual([
      [0, 'stratum+tcp://127.0.0.1:3333', true],
      [1, 'stratum+tcp://pool.example:3334', false],
      [4, 'stratum2+tcp://sv2.example:34254/9examplebase58pubkey', false],
    ])
  })

  it('reads what a board bears', () => {
    const asic = captureJson('bitaxe/supra-asic-endpoint/system_asic.json')
    const reading = readAxeos({ ASICModel: 'BM1368', boardVersion: '401', smallCoreCount: 1276 }, asic, AT_MS)
    expect(reading?.settings.frequencyOptionsMHz).toEqual([400, 425, 450, 475, 485, 490, 500, 525, 550, 575])
    expect(reading?.settings.coreVoltageOptionsMv).toEqual([1100, 1150, 1166, 1200, 1250, 1300])
    expect(reading?.stickerHs).toBe(625_240_000_000)
  })
})

describe.runIf(captureFiles('nerdqaxe').length > 0)('a recorded NerdQAxe++', () => {
  it('is read with its fans by name and without its chips, whose sensors say 0', () => {
    const reading = readNerdq(
      captureJson('nerdqaxe/nerdqaxe++-v1.1.0-beta1/system_info.json'),
      captureJson('nerdqaxe/nerdqaxe++-v1.1.0-beta1/system_asic.json'),
      AT_MS,
    )
    expect(reading).toMatchObject({
      make: 'NerdAxe',
      model: 'NerdQAxe++',
      firmware: 'NerdQ',
      firmwareVersion: 'v1.1.0-beta1',
      mac: '02:00:00:00:00:04',
      hostname: 'nerdqaxe-a',
      state: 'mining',
      hashrates: { nowHs: 5_455_551_000_000, minuteHs: 5_511_287_000_000, dayHs: 2_748_972_000_000 },
      expectedHs: 5_548_800_000_000,
      stickerHs: 4_896_000_000_000,
      powerW: 103,
      inputVoltageV: 12.25,
      inputCurrentA: 8.4375,
      temperatures: { chipMaxC: 59.875, regulatorC: 58.75 },
      bestShare: 13_790_464_144,
      bestSession: 14_137_811,
      shares: { accepted: 3492, rejected: 3 },
      chips: [],
      settings: {
        frequencyMHz: 680,
        frequencyOptionsMHz: [500, 515, 525, 550, 575, 590, 600],
        fanAuto: true,
        targetC: 60,
      },
      firmwareOptions: ['shutdown', 'reconnect', 'TLS', 'SV2', 'fans'],
    })
    expect(reading?.fans).toEqual([
      { label: 'M2', rpm: 1796, dutyPercent: 54, ok: true },
      { label: 'M1', rpm: 1557, dutyPercent: 40, ok: true },
    ])
    expect(reading?.pools).toMatchObject([
      {
        url: 'stratum+tcp://192.0.2.6:2018',
        active: true,
        alive: true,
        accepted: 3492,
        difficulty: 16_384,
        pingMs: 1.285714286,
      },
      { url: 'stratum+tcp://solo.ckpool.org:3333', active: false, alive: null, accepted: null },
    ])
    expect(reading?.errors).toEqual([])
  })
})
