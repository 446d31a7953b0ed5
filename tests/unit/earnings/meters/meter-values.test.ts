import { describe, expect, it } from 'vitest'
import {
  partAt,
  readGen1Status,
  readGen2Component,
  readGen2Status,
  readPower,
  readTasmotaSensors,
} from '../../../../src-main/earnings/meters/meter-values.ts'
import { type Answer, parseAnswer } from '../../../../src-main/earnings/outside/answer.ts'

const answer = (value: unknown): Answer =>
  parseAnswer({ entry: 'meter/m1', host: 'plug' }, typeof value === 'string' ? value : JSON.stringify(value))
const failing = (code: string): unknown => expect.objectContaining({ code })

const PLUG_S = {
  wifi_sta: { connected: true, ssid: 'home', ip: '192.168.1.30', rssi: -60 },
  relays: [{ ison: true, overpower: false }],
  meters: [
    {
      power: 123.45,
      overpower: 0,
      is_valid: true,
      timestamp: 1_785_000_000,
      counters: [120, 121, 119],
      total: 600_000,
    },
  ],
  temperature: 31.2,
}
const EM3 = {
  relays: [{ ison: false }],
  emeters: [
    {
      power: 500.1,
      pf: 0.99,
      current: 2.2,
      voltage: 230.1,
      is_valid: true,
      total: 12_345.6,
      total_returned: 0,
    },
    { power: 0, is_valid: true, total: 0, total_returned: 0 },
    { power: 1_000, is_valid: false, total: 1, total_returned: 0 },
  ],
}

describe('a Shelly of generation 1', () => {
  it('counts watt-minutes in a plug and Wh in an energy meter', () => {
    expect(readGen1Status(answer(PLUG_S), 0)).toEqual({ powerW: 123.45, energyTotalWh: 10_000 })
    expect(readGen1Status(answer(EM3), 0)).toEqual({ powerW: 500.1, energyTotalWh: 12_345.6 })
  })

  it('without that channel says which it has', () => {
    expect(() => readGen1Status(answer(EM3), 7)).toThrow(failing('meters/no-such-channel'))
    expect(() => readGen1Status(answer(EM3), 7)).toThrow(/it has 0, 1, 2/)
  })

  it('whose measurement is not valid is not believed', () => {
    expect(() => readGen1Status(answer(EM3), 2)).toThrow(failing('meters/bad-reading'))
  })

  it('that measures nothing is no meter', () => {
    expect(() => readGen1Status(answer({ relays: [{ ison: true }], meters: [] }), 0)).toThrow(
      failing('meters/not-a-meter'),
    )
  })
})

describe('a Shelly of generation 2 and later', () => {
  const switches = {
    ble: {},
    'switch:0': {
      id: 0,
      source: 'init',
      output: true,
      apower: 88.4,
      voltage: 231.2,
      current: 0.41,
      aenergy: { total: 4_321.987, by_minute: [1, 2, 3], minute_ts: 1 },
      temperature: { tC: 40 },
    },
    'switch:1': { id: 1, output: false, apower: 0, aenergy: { total: 5 } },
    'switch:2': { id: 2, output: false },
    sys: { mac: 'A8' },
  }

  it('measures in switches, each a channel', () => {
    expect(readGen2Status(answer(switches), 0)).toEqual({ powerW: 88.4, energyTotalWh: 4_321.987 })
    expect(readGen2Status(answer(switches), 1)).toEqual({ powerW: 0, energyTotalWh: 5 })
  })

  it.each([
    [
      'PM1',
      {
        'pm1:0': {
          id: 0,
          voltage: 230,
          current: 1,
          apower: 230.5,
          aenergy: { total: 10.5 },
          ret_aenergy: { total: 0 },
        },
      },
      { powerW: 230.5, energyTotalWh: 10.5 },
    ],
    [
      'EM',
      {
        'em:0': { id: 0, a_act_power: 1, total_act_power: 1_500.25 },
        'emdata:0': { id: 0, total_act: 166_778.15, total_act_ret: 0 },
      },
      { powerW: 1_500.25, energyTotalWh: 166_778.15 },
    ],
    [
      'EM1',
      { 'em1:0': { id: 0, act_power: 750 }, 'em1data:0': { id: 0, total_act_energy: 99.5 } },
      { powerW: 750, energyTotalWh: 99.5 },
    ],
    ['EM without its data', { 'em:0': { total_act_power: 20 } }, { powerW: 20, energyTotalWh: null }],
  ])('measures as %s', (_name, status, values) => {
    expect(readGen2Status(answer(status), 0)).toEqual(values)
  })

  it('without that channel says which measure', () => {
    expect(() => readGen2Status(answer(switches), 2)).toThrow(/it has 0, 1/)
    expect(() => readGen2Status(answer({ 'switch:0': { output: true }, sys: {} }), 0)).toThrow(
      failing('meters/not-a-meter'),
    )
  })

  it('tells each component by itself over MQTT', () => {
    expect(readGen2Component('switch:0', answer(switches['switch:0']), 0)).toEqual({
      powerW: 88.4,
      energyTotalWh: 4_321.987,
    })
    expect(readGen2Component('switch:1', answer(switches['switch:1']), 0)).toBeNull()
    expect(readGen2Component('em:0', answer({ total_act_power: 7 }), 0)).toEqual({ powerW: 7 })
    expect(readGen2Component('emdata:0', answer({ total_act: 9 }), 0)).toEqual({ energyTotalWh: 9 })
    expect(readGen2Component('input:0', answer({ state: true }), 0)).toBeNull()
  })
})

describe('Tasmota', () => {
  const energy = {
    TotalStartTime: '2026-01-01T00:00:00',
    Total: 3.185,
    Yesterday: 0.1,
    Today: 0.05,
    Power: 62,
    ApparentPower: 70,
    Voltage: 231,
    Current: 0.3,
  }

  it('counts kWh', () => {
    expect(readTasmotaSensors(answer({ Time: 'x', ENERGY: energy }), 0)).toEqual({
      powerW: 62,
      energyTotalWh: 3_185,
    })
  })

  it('with several channels lists them', () => {
    const two = { ENERGY: { ...energy, Power: [10, 20], Total: [1.5, 2.5] } }
    expect(readTasmotaSensors(answer(two), 1)).toEqual({ powerW: 20, energyTotalWh: 2_500 })
    expect(() => readTasmotaSensors(answer(two), 2)).toThrow(failing('meters/no-such-channel'))
    expect(() => readTasmotaSensors(answer({ ENERGY: energy }), 1)).toThrow(failing('meters/no-such-channel'))
  })

  it('with one counter for several channels has none for one of them', () => {
    expect(readTasmotaSensors(answer({ ENERGY: { ...energy, Power: [10, 20] } }), 0)).toEqual({
      powerW: 10,
      energyTotalWh: null,
    })
  })

  it('without energy is no meter', () => {
    expect(() => readTasmotaSensors(answer({ Time: 'x', AM2301: { Temperature: 20 } }), 0)).toThrow(
      failing('meters/not-a-meter'),
    )
  })
})

describe('a value that cannot be', () => {
  it.each(['null', '"NaN"', '"nan"', '"off"', '{}', '1e400'])('%s is no power', (json) => {
    expect(() => readPower(answer(`{"v":${json}}`).get('v'))).toThrow(failing('outside/changed'))
  })

  it('is more than any house has, or flows back', () => {
    expect(() => readPower(answer('1e9'))).toThrow(failing('meters/bad-reading'))
    expect(() => readPower(answer('-120'))).toThrow(failing('meters/backwards'))
    expect(readPower(answer('-0.4'))).toBe(0)
  })
})

it('finds a part of a message by its path', () => {
  const message = answer({ a: { b: [{ c: 1 }, { c: '2.5' }] } })
  expect(partAt(message, 'a.b[1].c').number()).toBe(2.5)
  expect(partAt(answer('17.5'), '').number()).toBe(17.5)
  expect(() => partAt(message, 'a.x')).toThrow(/a\.x is missing/)
  expect(() => partAt(message, 'a.b[9]')).toThrow(failing('outside/changed'))
})
