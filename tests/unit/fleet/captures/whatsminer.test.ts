import { describe, expect, it } from 'vitest'
import { readWhatsminer } from '../../../../src-main/fleet/families/readings/whatsminer.ts'
import { readWhatsminerV3 } from '../../../../src-main/fleet/families/readings/whatsminer-v3.ts'
import { captureFiles, captureJson } from '../../../support/captures.ts'

const AT_MS = 1_773_871_985_000
const old = (name: string): unknown => captureJson(`whatsminer/v2-20230803/${name}.json`)
const frame = (name: string): unknown => captureJson(`whatsminer/v3-m60s-vk40/${name}.json`)

describe.runIf(captureFiles('whatsminer').length > 0)('captures of Whatsminers', () => {
  it('reads the second generation, rates in MH/s', () => {
    const read = readWhatsminer(
      {
        get_version: old('get_version'),
        summary: old('summary'),
        devs: old('devs'),
        pools: old('pools'),
        status: old('status'),
        get_psu: old('get_psu'),
        get_miner_info: old('get_miner_info'),
        get_error_code: old('get_error_code_with_errors'),
      },
      AT_MS,
    )
    expect(read).toMatchObject({
      family: 'whatsminer',
      make: 'Whatsminer',
      model: null,
      firmware: 'Stock',
      firmwareVersion: '20230803.11.REL',
      apiVersion: '2.0.5',
      controlBoard: 'H616',
      mac: 'd4:01:02:03:04:05',
      hostname: 'WhatsMiner',
      state: 'mining',
      hashrates: { nowHs: 124.5e12, averageHs: 125e12 },
      stickerHs: 126e12,
      temperatures: { ambientC: 28.5, chipMaxC: 81, boardMaxC: 67 },
      powerW: 3200,
      powerSource: 'measured',
      settings: { powerMode: 'normal', powerLimitW: 3300, frequencyMHz: 600 },
      systemUptimeS: 25_500,
      minerUptimeS: 25_000,
      shares: { accepted: 5412 },
      bestShare: 82e6,
      locating: false,
    })
    expect(
      read.boards.map(({ slot, serial, hashrateHs, chipsWorking, boardC, chipMaxC }) => [
        slot,
        serial,
        hashrateHs,
        chipsWorking,
        boardC,
        chipMaxC,
      ]),
    ).toEqual([
      [0, 'BHM5CSD1302803K30001', 41.5e12, 135, 65, 80],
      [1, 'BHM5CSD1302803K30002', 41.8e12, 135, 66, 81],
      [2, 'BHM5CSD1302803K30003', 41.7e12, 135, 67, 81],
    ])
    expect(read.fans.map(({ label, rpm }) => [label, rpm])).toEqual([
      ['Intake', 5400],
      ['Exhaust', 5280],
    ])
    expect(read.psuFans.map(({ rpm }) => rpm)).toEqual([6000])
    expect(
      read.pools.map(({ index, url, user, active, accepted }) => [index, url, user, active, accepted]),
    ).toEqual([
      [1, 'stratum+tcp://btc.example.pool:3333', 'asic-rs.test', true, 5412],
      [2, 'stratum+tcp://btc2.example.pool:3333', 'asic-rs.test', false, 0],
      [3, 'stratum+tcp://btc3.example.pool:3333', 'asic-rs.test', false, 0],
    ])
    expect(read.errors.map(({ code, component, sinceMs }) => [code, component, sinceMs])).toEqual([
      ['218', 'psu', Date.UTC(2024, 5, 15, 10, 30)],
      ['110', 'fan 0', Date.UTC(2024, 5, 15, 9, 15)],
    ])
  })

  it('reads the third generation, rates in TH/s', () => {
    const read = readWhatsminerV3(
      {
        info: frame('get_device_info'),
        summary: frame('get_miner_status_summary'),
        edevs: frame('get_miner_status_edevs'),
        pools: frame('get_miner_status_pools'),
      },
      AT_MS,
    )
    expect(read).toMatchObject({
      make: 'Whatsminer',
      model: 'M60SVK40',
      firmwareVersion: '20251209.16.Rel2',
      apiVersion: '3.0.2',
      controlBoard: 'CB6V10',
      mac: 'ce:02:01:00:8c:36',
      serial: 'BTM3CS40HD24083100000000000000000',
      hostname: 'WhatsMiner',
      state: 'mining',
      hashrates: { nowHs: 171.259e12, minuteHs: 171.2e12, fifteenMinutesHs: 170.5e12, averageHs: 170.8e12 },
      stickerHs: 181.051e12,
      temperatures: { ambientC: 28.5, chipMaxC: 82, boardMaxC: 41.5 },
      powerW: 3156,
      settings: { powerMode: 'normal', powerLimitW: 3600, frequencyMHz: 625 },
      minerUptimeS: 50_000,
      locating: false,
      errors: [],
    })
    expect(
      read.boards.map(
        ({ slot, serial, hashrateHs, expectedHs, chipsWorking, boardC, chipAverageC, missing }) => [
          slot,
          serial,
          hashrateHs,
          expectedHs,
          chipsWorking,
          boardC,
          chipAverageC,
          missing,
        ],
      ),
    ).toEqual([
      [0, 'BKM3CSE1404807K42757', 57.2e12, 60.35e12, 75, 41.1, 74, false],
      [1, 'BKM3CSE1404812K43675', 57e12, 60.35e12, 75, 40.1, 75, false],
      [2, 'BKM3CSE1404807K42762', 57.1e12, 60.35e12, 75, 41.5, 76, false],
    ])
    expect(read.psuFans.map(({ rpm }) => rpm)).toEqual([6344])
    expect(read.pools.map(({ user, alive, active }) => [user, alive, active])).toEqual([
      ['asic-rs.test', true, true],
      ['asic-rs.test', true, false],
      ['asic-rs.test', true, false],
    ])
  })
})
