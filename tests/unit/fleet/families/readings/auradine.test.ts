import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auradineReading } from '../../../../../src-main/fleet/families/readings/auradine.ts'

const AT_MS = 1_720_000_000_000
const summary = (members: object): unknown => ({ SUMMARY: [{ 'MHS 5s': 0, Elapsed: 5000, ...members }] })

describe('what FluxOS says', () => {
  it('has chips, their sensors and the boards they sit on', () => {
    const perBoard = (list: string, value: string, values: readonly unknown[]): object => ({
      ID: 1,
      [list]: values.map((found, ID) => ({ ID, [value]: found })),
    })
    const read = auradineReading(
      {
        devs: {
          DEVS: [{ ID: 1, Name: 'ASICBoard', Status: 'Alive', 'MHS 5s': '50000000', Temperature: 40 }],
        },
        temperature: {
          Temperature: [
            { ID: 0, BoardTemp: [{ ID: 0, Temperature: 90 }], ChipTemp: null },
            {
              ...perBoard('ChipTemp', 'Temperature', [45.5, 0, 50.5]),
              BoardTemp: [
                { ID: 0, Temperature: 21.5 },
                { ID: 1, Temperature: 43 },
              ],
            },
          ],
        },
        voltage: { Voltage: [perBoard('ChipVoltage', 'Voltage', [0.24, 0.25, 0.26])] },
        frequency: { Frequency: [perBoard('ChipFrequency', 'Frequency', [280, 290, 300])] },
        asccount: { ASCCount: [{ AsicCount: 396, BoardCount: 3 }] },
      },
      AT_MS,
    )
    expect(read.boards).toMatchObject([
      {
        slot: 0,
        hashrateHs: 50e12,
        boardC: 43,
        chipMinC: 45.5,
        chipMaxC: 50.5,
        chipAverageC: 48,
        chipsExpected: 132,
        chipsWorking: 2,
        frequencyMHz: 290,
        voltageV: 0.25,
      },
    ])
    expect(
      read.chips.map(({ temperatureC, voltageV, frequencyMHz }) => [temperatureC, voltageV, frequencyMHz]),
    ).toEqual([
      [45.5, 0.24, 280],
      [null, 0.25, 290],
      [50.5, 0.26, 300],
    ])
  })

  it('tells asleep, starting and stopped apart', () => {
    const state = (Sleep: string, members: object): string =>
      auradineReading({ summary: summary(members), mode: { Mode: [{ Sleep }] } }, AT_MS).state
    expect(state('on', { 'MHS 5s': 5 })).toBe('paused')
    expect(state('off', { 'MHS 5s': 5 })).toBe('mining')
    expect(state('off', { Elapsed: 20 })).toBe('starting')
    expect(state('off', {})).toBe('stopped')
  })

  it('takes no power limit from a rig that is tuned to a hashrate', () => {
    const limit = (Tune: string): number | null =>
      auradineReading({ mode: { Mode: [{ Mode: 'custom', Tune, Power: 3000, Ths: 160 }] } }, AT_MS).settings
        .powerLimitW
    expect(limit('power')).toBe(3000)
    expect(limit('ths')).toBeNull()
  })

  it('complains in its own words when its lights do', () => {
    const read = auradineReading(
      {
        led: { LED: [{ Code: 7, Msg: 'Fan failure' }] },
        devs: { DEVS: [{ ID: 1, Status: 'Dead' }] },
      },
      AT_MS,
    )
    expect(read.errors).toMatchObject([
      { code: 'led-7', text: 'Fan failure', severity: 'warning' },
      { code: 'board-status', component: 'board 0', severity: 'error' },
    ])
    expect(read.locating).toBe(false)
  })

  it('finds its version in any description, if it was not told', () => {
    const described = {
      STATUS: [{ Description: 'FluxOS-2024-06.11-d37c5dd4a7f8e4837e63dc99e577620cb5e9361d' }],
    }
    expect(auradineReading({ psu: described }, AT_MS).firmwareVersion).toBe('2024-06.11')
  })

  it('is null where nothing was said, and never throws', () => {
    expect(auradineReading({}, AT_MS)).toMatchObject({
      powerW: null,
      powerSource: null,
      mac: null,
      boards: [],
    })
    const names = [
      'summary',
      'devs',
      'pools',
      'ipreport',
      'fan',
      'led',
      'mode',
      'psu',
      'temperature',
    ] as const
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.jsonValue(), (name, value) => {
        auradineReading({ [name]: value }, AT_MS)
        auradineReading({ [name]: { DEVS: [value], Fan: [value], PSU: [value], Mode: [value] } }, AT_MS)
      }),
    )
  })
})
