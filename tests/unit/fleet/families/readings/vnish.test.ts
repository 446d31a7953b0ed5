import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { vnishReading, vnishVersion } from '../../../../../src-main/fleet/families/readings/vnish.ts'

const AT_MS = 1_700_000_000_000
const INFO = { miner: 'Antminer S19j Pro', fw_version: '1.3.4', system: { uptime: '3 days, 04:05' } }
const withState = (state: string, more: object = {}): unknown => ({
  miner: { miner_status: { miner_state: state, miner_state_time: 90, ...more }, hr_realtime: 100_000 },
})

describe('VNish', () => {
  it.each([
    ['mining', 'mining'],
    ['initializing', 'starting'],
    ['starting', 'starting'],
    ['auto-tuning', 'tuning'],
    ['restarting', 'starting'],
    ['shutting-down', 'stopped'],
    ['stopped', 'paused'],
    ['failure', 'error'],
  ])('means by "%s" that it is %s', (word, state) => {
    expect(vnishReading({ info: INFO, summary: withState(word) }, AT_MS).state).toBe(state)
    expect(vnishReading({ info: INFO, status: { miner_state: word } }, AT_MS).state).toBe(state)
  })

  it('says what failed in its own words, and that heat stopped it', () => {
    const more = { failure_code: 12, description: 'Chips overheated on chain 2' }
    const read = vnishReading({ info: INFO, summary: withState('failure', more) }, AT_MS)
    expect(read).toMatchObject({
      state: 'overheated',
      errors: [{ code: 'failure:12', text: 'Chips overheated on chain 2', severity: 'error' }],
    })
  })

  it('names boards that failed and fans that are lost', () => {
    const { boards, errors, fans } = vnishReading(
      {
        info: INFO,
        summary: {
          miner: {
            chains: [
              { id: 1, status: { state: 'mining' } },
              { id: 2, status: { state: 'failure', description: 'no chips' } },
              { id: 3, status: { state: 'disconnected' }, chip_temp: { min: 0, max: 0 }, voltage: 0 },
            ],
            cooling: {
              fan_duty: 90,
              fans: [
                { id: 0, rpm: 6000, status: 'ok' },
                { id: 1, rpm: 0, status: 'lost' },
              ],
            },
          },
        },
      },
      AT_MS,
    )
    expect(
      boards.map(({ active, missing, voltageV, chipMaxC }) => [active, missing, voltageV, chipMaxC]),
    ).toEqual([
      [true, false, null, null],
      [false, false, null, null],
      [false, true, null, null],
    ])
    expect(errors.map(({ code, component, text }) => [code, component, text])).toEqual([
      ['board-failure', 'board 2', 'no chips'],
      ['board-disconnected', 'board 3', 'Board 3 does not answer'],
      ['fan-lost', 'fan 1', 'Fan 1 does not turn'],
    ])
    expect(fans.map(({ ok }) => ok)).toEqual([true, false])
  })

  it('reads voltages of settings in steps of 10 mV and those of boards in mV', () => {
    const read = vnishReading(
      {
        info: INFO,
        summary: { miner: { chains: [{ id: 1, voltage: 13_000 }] } },
        settings: { miner: { overclock: { preset: 'disabled', globals: { volt: 1270, freq: 555 } } } },
      },
      AT_MS,
    )
    expect(read.boards[0]?.voltageV).toBe(13)
    expect(read.settings).toMatchObject({ coreVoltageMv: 12_700, frequencyMHz: 555, powerMode: 'disabled' })
  })

  it('shows a power limit only where it is switched on', () => {
    const limit = (on: boolean): number | null =>
      vnishReading(
        { info: INFO, settings: { miner: { misc: { power_limit: 3000, power_limit_enabled: on } } } },
        AT_MS,
      ).settings.powerLimitW
    expect([limit(true), limit(false)]).toEqual([3000, null])
  })

  it('calls its power estimated where the supply does not measure', () => {
    const power = (metering: boolean | null) =>
      vnishReading(
        {
          info: INFO,
          summary: { miner: { power_consumption: 3000, psu: { psu_power_metering: metering } } },
        },
        AT_MS,
      ).powerSource
    expect([power(true), power(false), power(null)]).toEqual(['measured', 'estimated', 'estimated'])
  })

  it('reads days of uptime, and water that flows in and out', () => {
    const read = vnishReading(
      {
        info: INFO,
        summary: { miner: { chains: [{ id: 1, inlet_water_temp: 30, outlet_water_temp: 38 }] } },
      },
      AT_MS,
    )
    expect(read.systemUptimeS).toBe(3 * 86_400 + 4 * 3600 + 5 * 60)
    expect(read.temperatures).toMatchObject({ waterInC: 30, waterOutC: 38 })
  })

  it('counts refund pools as its maker’s too', () => {
    const { pools } = vnishReading(
      {
        info: INFO,
        summary: { miner: { pools: [{ id: 0, url: 'x:1', pool_type: 'Refund', status: 'active' }] } },
      },
      AT_MS,
    )
    expect(pools).toMatchObject([{ devFee: true, active: false }])
  })

  it('tells its version', () => {
    expect(vnishVersion('1.2.7')).toEqual([1, 2])
    expect(vnishVersion('v1.3.4-beta')).toEqual([1, 3])
    expect(vnishVersion('nightly')).toBeNull()
  })

  it('never throws, whatever is answered', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const miner = {
          chains: [value, { id: 1, status: value }],
          pools: [value, { url: 'a', diff: value }],
          cooling: value,
          psu: value,
          chip_temp: value,
        }
        vnishReading(
          { info: value, status: value, summary: value, chips: value, settings: value, presets: value },
          AT_MS,
        )
        vnishReading(
          { info: value, summary: { miner }, chips: [value], settings: { miner: value }, presets: [value] },
          AT_MS,
        )
      }),
    )
  })
})
