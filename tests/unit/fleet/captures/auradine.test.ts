import { describe, expect, it } from 'vitest'
import { auradineReading } from '../../../../src-main/fleet/families/readings/auradine.ts'
import { captureFiles, captureJson } from '../../../support/captures.ts'

const AT_MS = 1_703_715_300_000
const reply = (name: string): unknown => captureJson(`auradine/at1500-fluxos-2023/${name}.json`)

describe.runIf(captureFiles('auradine').length > 0)('captures of Auradine', () => {
  it('reads the samples of the AT1500', () => {
    const read = auradineReading(
      {
        version: reply('version'),
        summary: reply('summary'),
        devs: reply('devs'),
        pools: reply('pools'),
        ipreport: reply('ipreport'),
        fan: reply('fan'),
        led: reply('led'),
        mode: reply('mode'),
        psu: reply('psu'),
      },
      AT_MS,
    )
    expect(read).toMatchObject({
      make: 'Auradine',
      model: 'AT1500',
      firmware: 'FluxOS',
      firmwareVersion: '2023-12.27',
      apiVersion: '1.0',
      controlBoard: 'T0',
      mac: '1c:00:00:0e:3b:2b',
      serial: 'AU23200006',
      hostname: 'teraflux-01',
      state: 'mining',
      hashrates: { nowHs: 20_599_767_177_470, minuteHs: 10_256_844_549_017, averageHs: 7_970_630_042_671 },
      expectedHs: 160e12,
      powerW: 58.94,
      powerSource: 'measured',
      inputVoltageV: 245,
      inputCurrentA: 0.28,
      minerUptimeS: 56_696,
      shares: { accepted: 3310, rejected: 1 },
      settings: { powerMode: 'custom', powerLimitW: 2000 },
      temperatures: { boardMaxC: 30.12, chipMaxC: null },
      locating: false,
      errors: [],
    })
    expect(
      read.boards.map(({ hashrateHs, boardC, serial, active }) => [hashrateHs, boardC, serial, active]),
    ).toEqual([
      [6.8e12, 28.25, 'QAHB01230908001X', true],
      [6.9e12, 29.06, 'QAHB01230908001Y', true],
      [7e12, 30.12, 'QAHB01230908001Z', true],
    ])
    expect(read.fans.map(({ rpm, dutyPercent }) => [rpm, dutyPercent])).toEqual([
      [7080, 91],
      [7020, 91],
      [7100, 91],
      [7020, 91],
    ])
    expect(read.psuFans.map(({ rpm }) => rpm)).toEqual([4052, 4144])
    expect(read.pools.map(({ alive, active, accepted }) => [alive, active, accepted])).toEqual([
      [true, true, 10],
      [false, false, 0],
      [false, false, 0],
    ])
  })
})
