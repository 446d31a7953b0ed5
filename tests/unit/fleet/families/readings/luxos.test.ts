import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readLuxosEvents } from '../../../../../src-main/fleet/families/readings/luxos-events.ts'
import { luxosBoardIds, readLuxos } from '../../../../../src-main/fleet/families/readings/luxos.ts'

const AT_MS = Date.parse('2026-05-01T12:00:00Z')

describe('LuxOS', () => {
  it('gives rates of the rig in GH/s and of its boards in MH/s', () => {
    const reading = readLuxos(
      {
        summary: { SUMMARY: [{ 'GHS 5s': 100_000, 'GHS av': '99000.5', 'GHS 24h': null }] },
        devs: {
          DEVS: [
            { ASC: 1, 'MHS 5s': 60_000_000, 'MHS 60m': 59_000_000 },
            { ASC: 0, 'MHS 5s': 40_000_000, 'MHS 60m': 39_000_000 },
          ],
        },
      },
      AT_MS,
    )
    expect(reading.hashrates).toMatchObject({
      nowHs: 100e12,
      averageHs: 99.0005e12,
      hourHs: 98e12,
      dayHs: null,
    })
    expect(reading.boards.map(({ slot, hashrateHs }) => [slot, hashrateHs])).toEqual([
      [0, 40e12],
      [1, 60e12],
    ])
  })

  it('knows what stats says of a board under its number and one', () => {
    const { boards } = readLuxos(
      {
        devs: { DEVS: [{ ASC: 2 }] },
        stats: { STATS: [{}, { chain_acn1: 9, chain_acn3: 5, chain_acs3: ' ooxo o', freq3: 600 }] },
        voltages: [{ VOLTAGE: [{ Board: 2, Voltage: 13.5 }] }],
      },
      AT_MS,
    )
    expect(boards[0]).toMatchObject({ chipsExpected: 5, chipsWorking: 4, frequencyMHz: 600, voltageV: 13.5 })
  })

  it('takes intake and exhaust from the labels, not from the corners', () => {
    const { boards, temperatures } = readLuxos(
      {
        devs: { DEVS: [{ ASC: 0 }] },
        temps: {
          METADATA: [
            { TopLeft: { Label: 'Board Intake (top)' }, BottomRight: { Label: 'Board Exhaust (bottom)' } },
          ],
          TEMPS: [{ TEMP: 0, TopLeft: 30, BottomRight: 52, TopRight: 99 }],
        },
      },
      AT_MS,
    )
    expect(boards[0]).toMatchObject({ inletC: 30, outletC: 52 })
    expect(temperatures.ambientC).toBe(30)
  })

  it('says by its curtailment whether it sleeps, and by its events why it does not hash', () => {
    const state = (mode: string, ghs: number, codes: readonly string[] = []): string =>
      readLuxos(
        {
          config: { CONFIG: [{ CurtailMode: mode }] },
          summary: { SUMMARY: [{ 'GHS 5s': ghs }] },
          events: { EVENTS: codes.map((Code) => ({ Code })) },
        },
        AT_MS,
      ).state
    expect(state('Sleep', 0)).toBe('paused')
    expect(state('None', 100, ['FAN_FAILURE'])).toBe('mining')
    expect(state('None', 0, ['OVERTEMP_PROTECTION'])).toBe('overheated')
    expect(state('None', 0, ['NOPIC_PROTECTION'])).toBe('error')
    expect(state('Idle', 0)).toBe('stopped')
    expect(state('None', 0, ['REBOOT_SYSINIT'])).toBe('starting')
  })

  it('names the group of a pool, and warns by that name of whoever manages it', () => {
    const { pools } = readLuxos(
      {
        pools: {
          POOLS: [{ POOL: 0, GROUP: 4, URL: 'stratum+tcp://pool.example:3333', User: 'u.w', Status: 'Dead' }],
        },
        groups: { GROUPS: [{ GROUP: 4, Name: 'foremanGroup', Quota: 1 }] },
      },
      AT_MS,
    )
    expect(pools).toMatchObject([{ index: 0, group: 'foremanGroup', alive: false, active: false }])
  })

  it('does not take what stands where boards are listed for boards', () => {
    expect(luxosBoardIds({ DEVS: [{ ASC: 1 }, {}, 'x', { ASC: -1 }, { ASC: 0 }] })).toEqual([0, 1])
    expect(luxosBoardIds(undefined)).toEqual([])
  })

  it('explains codes that are not known yet by its own words', () => {
    expect(
      readLuxosEvents(
        {
          EVENTS: [
            { Code: 'PUMP_FAILURE', Description: 'Pump failure.', Target: 'PUMP', ID: 1 },
            { Code: 'ODD' },
          ],
        },
        AT_MS,
      ),
    ).toEqual([
      {
        code: 'PUMP_FAILURE',
        severity: 'error',
        text: 'Pump failure.',
        remedy: null,
        component: 'pump 1',
        sinceMs: null,
      },
      { code: 'ODD', severity: 'warning', text: 'ODD', remedy: null, component: null, sinceMs: null },
    ])
  })

  it('stops no reader, however odd its answers', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 8, maxLength: 8 }), ([a, b, c, d, e, f, g, h]) => {
        readLuxos(
          {
            config: { CONFIG: [a] },
            summary: { SUMMARY: b },
            devs: { DEVS: [c, d] },
            stats: { STATS: [{}, e] },
            pools: { POOLS: [f] },
            temps: { METADATA: g, TEMPS: [h] },
            profiles: { PROFILES: a },
            events: { EVENTS: [b, c] },
            chips: [{ CHIPS: [d] }],
            voltages: [e, { VOLTAGE: f }],
          },
          AT_MS,
        )
      }),
    )
  })
})
