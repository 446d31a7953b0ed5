import { describe, expect, it } from 'vitest'
import { sealminerReading } from '../../../../src-main/fleet/families/readings/sealminer.ts'
import { captureFiles, captureJson } from '../../../support/captures.ts'

/** When the capture says it was taken. */
const AT_MS = 1_773_869_546_000
const reply = (name: string): unknown => captureJson(`sealminer/a2-2025091001/${name}.json`)

describe.runIf(captureFiles('sealminer').length > 0)('captures of SealMiner', () => {
  it('reads the A2', () => {
    const read = sealminerReading(
      {
        version: reply('version'),
        summary: reply('summary'),
        pools: reply('pools'),
        systemInfo: reply('get_system_info'),
      },
      AT_MS,
    )
    expect(read).toMatchObject({
      make: 'SealMiner',
      model: 'A2',
      firmware: 'Stock',
      firmwareVersion: '2025091001',
      apiVersion: '3.7',
      controlBoard: 'taurus_air_v1.1',
      mac: '50:d4:48:4b:86:78',
      serial: 'S127200252001850',
      state: 'mining',
      hashrates: { minuteHs: 197_599_714_100_000, averageHs: 206_860_473_510_000 },
      minerUptimeS: 2481,
      shares: { accepted: 1421, rejected: 3, stale: 0, lastShareAtMs: AT_MS - 2000 },
      bestShare: 33_318_911,
      blocksFound: 0,
      hardwareErrors: 54,
      locating: true,
      settings: { powerMode: '2' },
    })
    expect(read.settings.powerModes.map(({ id }) => id)).toEqual(['0', '2', '3', '5'])
    expect(read.pools).toMatchObject([
      {
        url: 'stratum+tcp://stratum.braiins.com:3333',
        alive: true,
        active: true,
        accepted: 322,
        difficulty: 262_144,
      },
    ])
  })
})
