import { describe, expect, it } from 'vitest'
import { vnishReading } from '../../../../src-main/fleet/families/readings/vnish.ts'
import { captureFiles, captureJson } from '../../../support/captures.ts'

const AT_MS = 1_773_783_714_000
const web = (name: string): unknown => captureJson(`vnish/s21pro-1.2.7/web/${name}.json`)

describe.runIf(captureFiles('vnish').length > 0)('captures of VNish', () => {
  it('reads the S21 Pro with 1.2.7 while it tunes', () => {
    const read = vnishReading(
      { info: web('info'), summary: web('summary'), settings: web('settings') },
      AT_MS,
    )
    expect(read).toMatchObject({
      make: 'Antminer',
      model: 'S21 Pro',
      firmware: 'VNish',
      firmwareVersion: '1.2.7',
      controlBoard: 'aml',
      mac: '02:95:23:b3:e0:79',
      serial: null,
      hostname: 'Antminer',
      state: 'tuning',
      hashrates: { nowHs: 173.87094e12, averageHs: 174.37475e12 },
      expectedHs: 196.51717e12,
      stickerHs: 237.088e12,
      powerW: 2583,
      powerSource: 'measured',
      temperatures: { chipMaxC: 65, boardMaxC: 50 },
      systemUptimeS: 6900,
      bestShare: 169_988_423,
      blocksFound: 0,
      hardwareErrors: 57,
      errors: [],
      settings: { powerMode: '3160', frequencyMHz: 555, coreVoltageMv: 12_700, fanAuto: true, targetC: 65 },
    })
    expect(
      read.boards.map(({ hashrateHs, voltageV, frequencyMHz, chipMaxC, boardC, chipsExpected }) => [
        hashrateHs,
        voltageV,
        frequencyMHz,
        chipMaxC,
        boardC,
        chipsExpected,
      ]),
    ).toEqual([
      [60.79719e12, 13, 495, 65, 50, 65],
      [57.766645e12, 13, 495, 64, 49, 65],
      [55.3071e12, 13, 495, 64, 49, 65],
    ])
    expect(read.fans.map(({ rpm, dutyPercent, ok }) => [rpm, dutyPercent, ok])).toEqual([
      [5880, 90, true],
      [5880, 90, true],
      [5940, 90, true],
      [5940, 90, true],
    ])
  })

  it("flags the maker's pool and counts its shares apart", () => {
    const { pools, shares } = vnishReading({ info: web('info'), summary: web('summary') }, AT_MS)
    expect(
      pools.map(({ url, active, devFee, difficulty, accepted, pingMs }) => [
        url,
        active,
        devFee,
        difficulty,
        accepted,
        pingMs,
      ]),
    ).toEqual([
      ['stratum+tcp://stratum.braiins.com:3333', true, false, 262_000, 1599, 8],
      ['stratum+tcp://stratum.braiins.com:3333', false, false, null, 0, null],
      ['DevFee', false, true, 16_400, 224, 49],
    ])
    expect(shares).toMatchObject({ accepted: 1599, rejected: 9, lastShareAtMs: AT_MS - 4000 })
  })
})
