import { describe, expect, it } from 'vitest'
import { antminerReading } from '../../../../src-main/fleet/families/readings/antminer.ts'
import { hiveonReading } from '../../../../src-main/fleet/families/readings/hiveon.ts'
import { captureFiles, captureJson } from '../../../support/captures.ts'

const AT_MS = 1_741_500_000_000
const s19 = (name: string): unknown => captureJson(`antminer/s19-stock/${name}.json`)

describe.runIf(captureFiles('antminer').length > 0)('captures of Antminers', () => {
  it('reads the S19 with stock firmware over RPC and CGI together', () => {
    const read = antminerReading(
      {
        version: s19('rpc/version'),
        summary: s19('rpc/summary'),
        pools: s19('rpc/pools'),
        stats: s19('web/stats'),
        systemInfo: s19('web/get_system_info'),
        configuration: s19('web/get_miner_conf'),
        webSummary: s19('web/summary'),
      },
      AT_MS,
    )
    expect(read).toMatchObject({
      family: 'antminer',
      make: 'Antminer',
      model: 'S19',
      firmware: 'Stock',
      firmwareVersion: 'Fri Nov 17 17:37:21 CST 2023',
      apiVersion: '3.1',
      mac: '02:b3:b9:8c:1e:c8',
      hostname: 'Antminer',
      state: 'mining',
      hashrates: { nowHs: 88.422e12, averageHs: 87.9e12 },
      expectedHs: 95e12,
      minerUptimeS: 501_234,
      temperatures: { chipMaxC: 70, boardMaxC: 49 },
      shares: { accepted: 120_000, rejected: 50, stale: 3, lastShareAtMs: AT_MS - 5000 },
      bestShare: 5e9,
      hardwareErrors: 12,
      errors: [],
      settings: { powerMode: '0', frequencyMHz: 675, fanAuto: true, fanPercent: null },
    })
    expect(
      read.boards.map(({ hashrateHs, chipsWorking, chipMaxC, boardC, serial }) => [
        hashrateHs,
        chipsWorking,
        chipMaxC,
        boardC,
        serial,
      ]),
    ).toEqual([
      [29.5e12, 88, 67, 47, 'HASH01'],
      [29.6e12, 88, 68, 48, 'HASH02'],
      [29.322e12, 88, 70, 49, 'HASH03'],
    ])
    // 88 chips where the model has 76: the table is wrong for this rig and is not shown.
    expect(read.boards.map(({ chipsExpected }) => chipsExpected)).toEqual([null, null, null])
    expect(read.fans.map(({ rpm }) => rpm)).toEqual([4080, 4380, 3750, 3690])
    expect(read.pools.map(({ alive, active, difficulty }) => [alive, active, difficulty])).toEqual([
      [true, true, 131_000],
      [false, false, null],
      [false, false, null],
    ])
  })

  it('estimates the power of the S19 from its label and says so', () => {
    const read = antminerReading({ version: s19('rpc/version'), summary: s19('rpc/summary') }, AT_MS)
    expect(read).toMatchObject({ powerW: Math.round(88.422 * 34.5), powerSource: 'estimated' })
  })

  it('reads the summary of an S9 of 2016, whose rate is text', () => {
    const read = antminerReading({ summary: captureJson('antminer/s9-bmminer-2016/summary.json') }, AT_MS)
    expect(read).toMatchObject({
      hashrates: { nowHs: 7.903729e12, averageHs: 7.90275e12 },
      shares: { accepted: 5077, rejected: 9, stale: 0 },
      bestShare: 31_539_419,
      hardwareErrors: 390,
      hashErrorPercent: 0.0004,
      minerUptimeS: 50_731,
      powerW: null,
    })
  })

  it('reads a pool of 2024 with its difficulty in thousands and its last share as time ago', () => {
    const { pools } = antminerReading(
      { pools: captureJson('antminer/s19-pools-2024/pools.first-pool.json') },
      AT_MS,
    )
    expect(pools).toMatchObject([
      {
        index: 0,
        url: 'stratum+tcp://test.xyz:3334',
        user: 'test.user1',
        alive: true,
        active: true,
        accepted: 7533,
        rejected: 5,
        difficulty: 65_500,
        lastShareAtMs: AT_MS - 3000,
      },
    ])
  })

  it("names Hiveon's S19j Pro as its maker does", () => {
    const read = hiveonReading({ version: captureJson('antminer/s19jpro-hiveon/version.json') }, AT_MS)
    expect(read).toMatchObject({
      family: 'hiveon',
      make: 'Antminer',
      model: 'S19j Pro',
      firmware: 'Hiveon',
      firmwareVersion: 'Fri Apr 19 10:58:21 UTC 2024',
    })
  })
})
