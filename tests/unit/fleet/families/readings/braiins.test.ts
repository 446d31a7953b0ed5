import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  readBraiinsAppeals,
  readBraiinsErrors,
} from '../../../../../src-main/fleet/families/readings/braiins-errors.ts'
import { readBraiinsGraphql } from '../../../../../src-main/fleet/families/readings/braiins-graphql.ts'
import {
  braiinsVersion,
  readBraiinsRest,
} from '../../../../../src-main/fleet/families/readings/braiins-rest.ts'
import { readBraiinsRpc } from '../../../../../src-main/fleet/families/readings/braiins-rpc.ts'

const AT_MS = Date.parse('2026-05-01T12:00:00Z')

describe('the REST interface of Braiins OS', () => {
  it('gives its rates in GH/s, its errors in MH/s and its clocks in Hz', () => {
    const rate = (gigahash_per_second: number): object => ({ gigahash_per_second })
    const reading = readBraiinsRest(
      {
        'miner/stats': {
          miner_stats: {
            real_hashrate: { last_5s: rate(99_000), last_15m: rate(99_000), last_1h: rate(98_000.5) },
            nominal_hashrate: rate(100_000),
            error_hashrate: { megahash_per_second: 1_000_000 },
          },
        },
        'miner/hw/hashboards': { hashboards: [{ id: '1', current_frequency: { hertz: 480_000_000 } }] },
      },
      AT_MS,
    )
    expect(reading).toMatchObject({
      hashrates: { nowHs: 99e12, hourHs: 98.0005e12, dayHs: null },
      expectedHs: 100e12,
      hashErrorPercent: 1,
      boards: [{ label: '1', frequencyMHz: 480, chipsWorking: null, boardC: null }],
    })
  })

  it('says by its status whether it mines, is paused or was stopped', () => {
    const state = (status: number, ghs: number, tuner = 2): string =>
      readBraiinsRest(
        {
          'miner/details': { status },
          'miner/stats': { miner_stats: { real_hashrate: { last_5s: { gigahash_per_second: ghs } } } },
          'performance/tuner-state': { overall_tuner_state: tuner },
        },
        AT_MS,
      ).state
    expect([state(2, 100), state(2, 0), state(2, 0, 3), state(2, 0, 6)]).toEqual([
      'mining',
      'starting',
      'tuning',
      'tuning',
    ])
    expect([state(1, 0), state(3, 100), state(4, 0), state(5, 0)]).toEqual([
      'stopped',
      'paused',
      'stopped',
      'error',
    ])
  })

  it('is believed for a best share that needs more digits than a number, as text', () => {
    const reading = readBraiinsRest(
      { 'miner/stats': { miner_stats: { best_share: 0, best_share_str: '123456789012' } } },
      AT_MS,
    )
    expect(reading.bestShare).toBe(123_456_789_012)
  })

  it('has no water temperatures where there is no water, and has them where there is', () => {
    const dry = readBraiinsRest({ 'miner/hw/hashboards': { hashboards: [{ id: '1' }] } }, AT_MS)
    const wet = readBraiinsRest(
      {
        'miner/hw/hashboards': {
          hashboards: [
            { lowest_water_inlet_temp: { degree_c: 31 }, highest_water_outlet_temp: { degree_c: 44 } },
          ],
        },
      },
      AT_MS,
    )
    expect(dry.temperatures).toMatchObject({ waterInC: null, waterOutC: null })
    expect(wet.temperatures).toMatchObject({ waterInC: 31, waterOutC: 44 })
  })

  it('has its release between the dashes of its version', () => {
    expect(braiinsVersion('2025-08-06-0-3881c51d-25.07-plus')).toBe('25.07')
    expect(braiinsVersion('2026-05-30-0-0a1b2c3d-26.05.1-plus')).toBe('26.05.1')
    expect(braiinsVersion('nightly')).toBe('nightly')
    expect(braiinsVersion(null)).toBeNull()
  })
})

describe('complaints of Braiins OS', () => {
  const said = (timestamp: string, message: string, more: object = {}): object => ({
    timestamp,
    message,
    error_codes: [],
    components: [],
    ...more,
  })
  const sinceMs = Date.parse('2026-05-01T10:00:00Z')
  const read = (...errors: object[]): ReturnType<typeof readBraiinsErrors> =>
    readBraiinsErrors({ errors }, AT_MS, sinceMs)

  it('are over when its miner was started after them', () => {
    expect(
      read(
        said('2026-04-01T00:00:00Z', 'Failed to resolve ("old.example", 3333)'),
        said('2026-05-01T11:00:00Z', 'Failed to resolve ("pool.example", 3333)'),
      ),
    ).toEqual([
      {
        code: 'name-not-found',
        text: 'It cannot find the address of pool.example:3333',
        remedy: expect.stringContaining('DNS') as string,
        severity: 'warning',
        component: 'pool',
        sinceMs: Date.parse('2026-05-01T11:00:00Z'),
      },
    ])
  })

  it('without a date belong to the start that the next dated one belongs to', () => {
    const undated = said('2015-01-01T00:00:37Z', 'Fan 2 is not spinning')
    expect(read(undated, said('2026-04-02T00:00:00Z', 'x'))).toEqual([])
    expect(
      read(undated, said('2026-05-01T11:00:00Z', 'x')).map(({ code, sinceMs: at }) => [code, at]),
    ).toEqual([
      ['fan', null],
      ['message', Date.parse('2026-05-01T11:00:00Z')],
    ])
    expect(read(said('2026-04-02T00:00:00Z', 'x'), undated).map(({ code }) => code)).toEqual(['fan'])
  })

  it('carry the maker’s own remedy, and the board that is meant', () => {
    expect(
      read(
        said('2026-05-01T11:00:00Z', 'Tuner error: {ERR:V2} LOW VOLTAGE', {
          error_codes: [{ code: 'V2', reason: 'Short circuit', hint: 'Check the screws.' }],
          components: [{ name: 'Hashboard', index: 3 }],
        }),
      ),
    ).toMatchObject([
      {
        code: 'V2',
        text: 'Short circuit',
        remedy: 'Check the screws.',
        severity: 'error',
        component: 'board 2',
      },
    ])
  })

  it('are said once though it repeats them, and a limit holds for what differs', () => {
    const again = Array.from({ length: 30 }, () =>
      said('2026-05-01T11:00:00Z', 'Sensor hb2.1[TMP451]: read failed'),
    )
    expect(read(...again)).toHaveLength(1)
    const many = Array.from({ length: 300 }, (_, index) =>
      said('2026-05-01T11:00:00Z', `thing ${String(index)}`),
    )
    expect(read(...many)).toHaveLength(50)
  })

  it('come from GraphQL with their kind', () => {
    expect(
      readBraiinsAppeals(
        [{ id: '1', kind: 'ERROR', message: 'Something broke', timestamp: AT_MS / 1000 - 60 }],
        AT_MS,
      ),
    ).toEqual([
      {
        code: 'message',
        text: 'Something broke',
        remedy: null,
        severity: 'error',
        component: null,
        sinceMs: AT_MS - 60_000,
      },
    ])
  })
})

describe('GraphQL of Braiins OS', () => {
  const board = (names: readonly string[]): unknown => ({
    data: {
      bosminer: {
        info: {
          workSolver: {
            childSolvers: [
              {
                name: '6',
                nominalMhs: 3_000_000,
                realHashrate: { mhs5S: 2_900_000 },
                temperatures: names.map((name, index) => ({ name, degreesC: 50 + index })),
              },
            ],
          },
        },
      },
    },
  })

  it('is understood whatever a release calls its temperatures', () => {
    for (const names of [
      ['Board', 'Chip'],
      ['Max Board', 'Max Chip'],
      ['MAX_BOARD', 'MAX_CHIP'],
    ]) {
      const { boards } = readBraiinsGraphql({ boards: board(names) }, AT_MS)
      expect(boards[0]).toMatchObject({ boardC: 50, chipMaxC: 51, hashrateHs: 2.9e12, expectedHs: 3e12 })
    }
    expect(readBraiinsGraphql({ boards: board(['INLET', 'OUTLET']) }, AT_MS).boards[0]).toMatchObject({
      inletC: 50,
      outletC: 51,
      boardC: null,
    })
  })

  it('has no work solver while its miner is stopped, which is how it pauses', () => {
    const system = { bosminer: { info: { workSolver: null, fans: [] } } }
    expect(readBraiinsGraphql({ system }, AT_MS)).toMatchObject({
      state: 'paused',
      hashrates: { nowHs: null },
    })
  })
})

describe('the RPC of Braiins OS', () => {
  it('is read where boards are numbered as the sockets of an S9 are', () => {
    const reading = readBraiinsRpc(
      {
        version: { VERSION: [{ API: '3.7', BOSer: 'boser-openwrt 0.1.0' }] },
        summary: { SUMMARY: [{ 'MHS 1m': 7_100_000, 'MHS 5s': 7_000_000, Elapsed: 100, Accepted: 5 }] },
        devs: { DEVS: [{ ID: 8, 'MHS 5s': 7_000_000, 'Nominal MHS': 7_200_000, Enabled: 'Y' }] },
        devdetails: { DEVDETAILS: [{ ID: 8, Chips: 63, Model: 'Bitmain Antminer S9' }] },
        temps: { TEMPS: [{ ID: 8, Board: 66, Chip: 80 }] },
      },
      AT_MS,
    )
    expect(reading).toMatchObject({
      make: 'Antminer',
      model: 'S9',
      state: 'mining',
      hashrates: { nowHs: 7e12, minuteHs: 7.1e12 },
      boards: [{ label: '8', chipsWorking: 63, boardC: 66, chipMaxC: 80, active: true }],
    })
  })

  it('without any figure is a miner that is down', () => {
    expect(readBraiinsRpc({ version: {} }, AT_MS).state).toBe('miner-down')
  })
})

it('no answer of Braiins OS, however odd, stops the reader', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { minLength: 12, maxLength: 12 }), (values) => {
      const [a, b, c, d, e, f, g, h, i, j, k, l] = values
      readBraiinsRest(
        {
          version: a,
          'miner/details': b,
          'miner/stats': c,
          'miner/hw/hashboards': { hashboards: d },
          'cooling/state': { fans: e },
          'performance/tuner-state': f,
          'pools/': [{ pools: g }, h],
          'miner/errors': { errors: i },
          'actions/locate': j,
          'configuration/miner': { tuner: k },
          'configuration/constraints': l,
        },
        AT_MS,
      )
      readBraiinsGraphql(
        { system: a, boards: b, pools: c, tuning: d, limits: e, events: { events: { appeals: f } } },
        AT_MS,
      )
      readBraiinsRpc(
        { version: a, summary: { SUMMARY: b }, devs: { DEVS: c }, temps: { TEMPS: d }, pools: { POOLS: e } },
        AT_MS,
      )
    }),
  )
})
