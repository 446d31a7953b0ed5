import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sealminerReading } from '../../../../../src-main/fleet/families/readings/sealminer.ts'

const AT_MS = 1_720_000_000_000

const board = (slot: number, members: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [`${String(slot)} ${name}`, value]))

const STATS = {
  'Board Count': 2,
  'Fan Count': 3,
  ...board(0, {
    Online: true,
    'Chip Count': 150,
    'Bad Chip Count': 2,
    Freq: 349,
    SN: 'HB0',
    'MHS(Ideal)': 74_000_000,
    'MHS(Sample)': 73_500_000.25,
    'Temp 0': 55,
    'Temp 1': 0,
    'Temp 2': 70,
    'Temp 3': -1,
    Speed: 3723,
  }),
  ...board(1, { Online: false, 'Chip Count': 150, Speed: 3753 }),
  '2 Speed': 3700,
  'MHS(30s)': 147_000_000,
  'MHS(1h)': 140_000_000,
  'MHS(Rated)': 230_000_000,
  'PSU Input Power': 3504,
  'PSU Error': '0x00000004',
  'PSU Fan Speed': 4408,
  'Power Limit': 3500,
  'Chip Voltage': 307,
  'Target Ctrl Temp': 70,
  'System Uptime': 2743,
  Elapsed: 2481,
  'PM State': 'Running',
  'Raise Freq Done': true,
  'Tune Status': 'Fine Tuning Done',
}
const read = (members: object): ReturnType<typeof sealminerReading> =>
  sealminerReading({ stats: { STATS: [{ ...STATS, ...members }] } }, AT_MS)

describe('what bdminer says', () => {
  it('is one table with boards and fans numbered in it', () => {
    const { boards, fans, psuFans, ...rest } = read({})
    expect(boards).toMatchObject([
      {
        serial: 'HB0',
        hashrateHs: 73_500_000_250_000,
        expectedHs: 74e12,
        chipsExpected: 150,
        chipsWorking: 148,
        boardC: 70,
        frequencyMHz: 349,
        active: true,
        missing: false,
      },
      { hashrateHs: null, boardC: null, active: false, missing: true },
    ])
    expect(fans.map(({ rpm }) => rpm)).toEqual([3723, 3753, 3700])
    expect(psuFans.map(({ rpm }) => rpm)).toEqual([4408])
    expect(rest).toMatchObject({
      hashrates: { nowHs: 147e12, hourHs: 140e12 },
      stickerHs: 230e12,
      powerW: 3504,
      settings: { powerLimitW: 3500, coreVoltageMv: 307, targetC: 70 },
      systemUptimeS: 2743,
      minerUptimeS: 2481,
      state: 'mining',
    })
  })

  it('names bad chips, boards that are gone and what the supply reports', () => {
    expect(read({ 'Error Code': 'E12', 'Stratum Disconnect': true }).errors.map(({ code }) => code)).toEqual([
      'E12',
      'psu-0x00000004',
      'bad-chips',
      'board-offline',
      'stratum-disconnect',
    ])
    expect(read({ 'PSU Error': '0x00000000' }).errors.map(({ code }) => code)).not.toContain('psu-0x00000000')
  })

  it('tells work, tuning, sleep and start apart', () => {
    expect(read({ 'PM State': 'Suspend', 'MHS(30s)': 0 }).state).toBe('paused')
    expect(read({ 'Raise Freq Done': false }).state).toBe('tuning')
    expect(read({ 'Tune Status': 'Coarse Tuning' }).state).toBe('tuning')
    expect(read({ 'MHS(30s)': 0, 'Raise Freq Done': false }).state).toBe('starting')
    expect(read({ 'MHS(30s)': 0, 'PM State': 'Fault' }).state).toBe('error')
  })

  it('believes no table with a thousand boards', () => {
    expect(read({ 'Board Count': 1e9 }).boards).toHaveLength(16)
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        sealminerReading(
          { stats: value, systemInfo: value, summary: value, pools: value, psuStatus: value },
          AT_MS,
        )
        sealminerReading(
          { stats: { STATS: [{ 'Board Count': 2, '0 Temp 0': value, 'PM State': value }] } },
          AT_MS,
        )
      }),
    )
  })
})
