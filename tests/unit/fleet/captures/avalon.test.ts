import { describe, expect, it } from 'vitest'
import { avalon } from '../../../../src-main/fleet/families/avalon.ts'
import { readAvalon } from '../../../../src-main/fleet/families/readings/avalon.ts'
import { captureFiles, captureJson } from '../../../support/captures.ts'

const nano = (name: string): unknown => captureJson(`avalon/nano3s-25021401/${name}.json`)
const q = (name: string): unknown => captureJson(`avalon/home-q-25052801/${name}.json`)

describe.runIf(captureFiles('avalon').length > 0)('captures of Avalons', () => {
  it('reads the Nano 3S', () => {
    const atMs = 1_775_395_705_000
    const read = readAvalon(
      {
        version: nano('version'),
        summary: nano('summary'),
        stats: nano('stats'),
        pools: nano('pools'),
        litestats: nano('litestats'),
      },
      atMs,
    )
    expect(read).toMatchObject({
      family: 'avalon',
      make: 'Avalon',
      model: 'Nano 3S',
      firmware: 'Stock',
      firmwareVersion: '25021401_56abae7',
      apiVersion: '3.7',
      mac: 'e0:e1:a9:3e:f5:a5',
      serial: '02010000dc04db98',
      state: 'mining',
      // What it says of now, not the noisy five seconds of its summary.
      hashrates: { nowHs: 6_423_030_000_000, minuteHs: 6_837_807_880_000, averageHs: 6_372_550_000_000 },
      expectedHs: 6_580_200_000_000,
      temperatures: { ambientC: null, chipMaxC: 96, boardMaxC: 58 },
      powerW: 132,
      powerSource: 'measured',
      settings: { powerMode: '2', powerLimitW: 133, frequencyMHz: 450.95, targetC: 90 },
      minerUptimeS: 12_961,
      shares: { accepted: 2567, rejected: 1, stale: 27, lastShareAtMs: 1_775_395_661_000 },
      bestShare: 111_181_383,
      blocksFound: 0,
      locating: null,
      errors: [],
      wifiRssiDbm: -55,
      hashErrorPercent: 2.13,
    })
    expect(read.settings.powerModes.map(({ label }) => label)).toEqual([
      'Mode 0',
      'Mode 1',
      'Mode 2 (132 W now)',
    ])
    expect(read.boards).toMatchObject([
      {
        hashrateHs: 6_423_030_000_000,
        chipsWorking: 12,
        chipsExpected: 12,
        chipMinC: 83,
        chipAverageC: 90,
        chipMaxC: 96,
        outletC: 58,
        voltageV: 27.697,
        active: true,
      },
    ])
    expect(read.chips.map(({ temperatureC }) => temperatureC)).toEqual([
      86, 92, 93, 89, 94, 90, 85, 83, 94, 96, 92, 85,
    ])
    expect(read.chips[0]).toMatchObject({ voltageV: 0.297, working: true })
    expect(read.fans).toEqual([{ label: 'Fan 1', rpm: 1720, dutyPercent: 36, ok: true }])
    expect(read.pools.map(({ index, active, accepted, stale }) => [index, active, accepted, stale])).toEqual([
      [0, true, 3078, 19],
      [1, false, 0, 0],
      [2, false, 19, 8],
    ])
    expect(avalon.capabilities(read).pause).toEqual({
      offered: false,
      because: 'The Nano 3S has no soft-off: its firmware keeps that for its own app.',
    })
  })

  it('reads the Q in soft-off as paused, whatever its averages say', () => {
    const atMs = 1_753_431_516_000
    const options = 'help|voltage|fan-spd|lcd|workmode|worklevel|work_mode_lvl|reboot|softon|softoff'.split(
      '|',
    )
    const read = readAvalon(
      {
        version: q('version'),
        summary: q('summary'),
        stats: q('stats'),
        pools: q('pools'),
        litestats: q('litestats'),
        options,
      },
      atMs,
    )
    expect(read).toMatchObject({
      model: 'Q',
      firmwareVersion: '25052801_14a19a2',
      mac: 'aa:bb:cc:dd:ee:ff',
      state: 'paused',
      hashrates: { nowHs: 0, minuteHs: 0, averageHs: 44_499_410_000_000 },
      expectedHs: 55_032_790_000_000,
      temperatures: { ambientC: 26, chipMaxC: null, boardMaxC: 27 },
      powerW: 146,
      settings: { powerMode: '0', powerLimitW: 800, targetC: 65 },
      shares: { accepted: 890, rejected: 2 },
      bestShare: 354_914_572,
      wifiRssiDbm: null,
      errors: [],
    })
    expect(read.boards).toMatchObject([
      { hashrateHs: 0, chipsExpected: 160, chipsWorking: 160, chipMaxC: null, inletC: 27, active: false },
    ])
    expect(read.chips).toHaveLength(160)
    expect(read.fans.map(({ rpm, ok }) => [rpm, ok])).toEqual(Array(4).fill([0, true]))
    // 31,279 seconds after its start, which was 37,714 seconds ago: just before it was switched off.
    expect(read.pools[0]?.lastShareAtMs).toBe(atMs - (37_714 - 31_279) * 1000)
    expect(avalon.capabilities(read)).toMatchObject({
      pause: { offered: true },
      locate: { offered: false, because: 'The Q has no light that can be told to show where it is.' },
    })
  })

  it('reads the A1246 from its long text alone', () => {
    const read = readAvalon({ stats: captureJson('avalon/a1246/stats.json') }, 1_780_000_000_000)
    expect(read).toMatchObject({
      model: 'A1246',
      firmwareVersion: '21072802_4ec6bb0_211fc46',
      state: 'mining',
      hashrates: { nowHs: 81_072_680_000_000, averageHs: 79_656_630_000_000 },
      expectedHs: 83_923_040_000_000,
      temperatures: { ambientC: 30, chipMaxC: 77 },
      powerW: 3504,
      settings: { powerMode: '1', powerLimitW: 3200 },
      locating: false,
      hardwareErrors: 2735,
    })
    expect(
      read.boards.map(({ hashrateHs, chipsExpected, chipAverageC, chipMaxC, voltageV, hardwareErrors }) => [
        hashrateHs,
        chipsExpected,
        chipAverageC,
        chipMaxC,
        voltageV,
        hardwareErrors,
      ]),
    ).toEqual([
      [26_907_010_000_000, 120, 66, 77, 13.16, 999],
      [26_025_060_000_000, 120, 65, 77, 13.16, 697],
      [26_724_560_000_000, 120, 64, 76, 13.16, 1039],
    ])
    expect(read.chips).toHaveLength(360)
    expect(read.fans.map(({ rpm }) => rpm)).toEqual([5344, 5392, 5349, 5309])
    expect(avalon.capabilities(read).pause).toEqual({ offered: true })
  })
})
