import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readEpic } from '../../../../../src-main/fleet/families/readings/epic.ts'

const AT_MS = Date.parse('2026-05-01T12:00:00Z')

describe('ePIC', () => {
  it('gives rates in MH/s, voltages in whichever unit, and percent of what is expected', () => {
    const board = (Index: number, volts: number): object => ({
      Index,
      Hashrate: [50_000_000, 125, 0.8],
      'Input Voltage': volts,
      Temperature: 60,
    })
    const { boards, hashrates, expectedHs } = readEpic(
      { summary: { HBs: [board(0, 12.6), board(2, 12_600)] } },
      AT_MS,
    )
    expect(
      boards.map(({ slot, hashrateHs, expectedHs: expected, voltageV }) => [
        slot,
        hashrateHs,
        expected,
        voltageV,
      ]),
    ).toEqual([
      [0, 50e12, 40e12, 12.6],
      [2, 50e12, 40e12, 12.6],
    ])
    expect(hashrates.nowHs).toBe(100e12)
    expect(expectedHs).toBe(80e12)
  })

  it('lists serial numbers for all slots, or only for the boards that work', () => {
    const summary = { HBStatus: [{ Index: 0 }, { Index: 1 }], HBs: [{ Index: 1 }] }
    const serials = (list: readonly string[]): unknown[] =>
      readEpic({ summary, capabilities: { 'Board Serial Numbers': list } }, AT_MS).boards.map(
        ({ serial }) => serial,
      )
    expect(serials(['A', 'B'])).toEqual(['A', 'B'])
    expect(serials(['B'])).toEqual([null, 'B'])
  })

  it('knows chips by what is told of them, and how many of them work', () => {
    const { chips, boards } = readEpic(
      {
        summary: { HBs: [{ Index: 0 }] },
        hashrate: [{ Index: 0, Data: [[900_000, 101], [0, 0], 800_000] }],
        'temps/chip': [{ Index: 0, Data: [61, 0, 62] }],
        clocks: [{ Index: 0, Data: [500, 500, 500] }],
        voltages: [{ Index: 0, Data: [310, 311, 312] }],
      },
      AT_MS,
    )
    expect(
      chips.map(({ hashrateHs, temperatureC, voltageV, working }) => [
        hashrateHs,
        temperatureC,
        voltageV,
        working,
      ]),
    ).toEqual([
      [900e9, 61, 0.31, true],
      [0, null, 0.311, false],
      [800e9, 62, 0.312, true],
    ])
    expect(boards[0]?.chipsWorking).toBe(2)
  })

  it('says what it does in words', () => {
    const state = (word: string): string =>
      readEpic({ summary: { Status: { 'Operating State': word } } }, AT_MS).state
    expect(['Mining', 'Idling', 'Initializing', 'Tuning', 'Overheated', 'Error'].map(state)).toEqual([
      'mining',
      'paused',
      'starting',
      'tuning',
      'overheated',
      'error',
    ])
  })

  it('keeps its last error, with what to do about it', () => {
    const { errors } = readEpic(
      { summary: { Status: { 'Last Error': 'Fan 3 failed' }, 'Last License Error': 'expired' } },
      AT_MS,
    )
    expect(errors).toMatchObject([
      { code: 'last-error', text: 'Fan 3 failed', severity: 'error', component: 'fan' },
      { code: 'license', severity: 'warning' },
    ])
    expect(errors[0]?.remedy).toContain('fans')
  })

  it('is asked for its MAC address under whichever kind of network it has', () => {
    expect(readEpic({ network: { static: { mac_address: 'E6-D4-41-51-64-28' } } }, AT_MS).mac).toBe(
      'e6:d4:41:51:64:28',
    )
  })

  it('stops no reader, however odd its answers', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 8, maxLength: 8 }), ([a, b, c, d, e, f, g, h]) => {
        readEpic(
          {
            summary: {
              HBs: [a, b],
              Fans: c,
              'Fans Rpm': d,
              PerpetualTune: e,
              StratumConfigs: [f],
              Session: g,
            },
            capabilities: { PerpetualTune: h, 'Board Serial Numbers': a },
            network: b,
            hashrate: [c, { Index: 0, Data: d }],
            'temps/chip': e,
            'hashratesplit/config': { enabled: true, hashrate_splits: [f, { stratum_configs: g }] },
          },
          AT_MS,
        )
        readEpic({ summary: a, capabilities: b }, AT_MS)
      }),
    )
  })
})
