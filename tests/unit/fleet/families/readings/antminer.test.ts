import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { antminerReading } from '../../../../../src-main/fleet/families/readings/antminer.ts'
import {
  statusErrors,
  warningErrors,
} from '../../../../../src-main/fleet/families/readings/antminer-errors.ts'
import {
  antminerModelName,
  findAntminerModel,
  hasFormPages,
  hasWarningService,
} from '../../../../../src-main/fleet/families/readings/antminer-models.ts'
import {
  firmwareMonth,
  readBitmainPools,
} from '../../../../../src-main/fleet/families/readings/bitmain-replies.ts'
import { hiveonModelName } from '../../../../../src-main/fleet/families/readings/hiveon.ts'

const AT_MS = 1_700_000_000_000
const VERSION = {
  VERSION: [{ Type: 'Antminer S19 Pro', API: '3.1', CompileTime: 'Tue Dec  6 16:12:30 CST 2022' }],
}
const summary = (ghs: number, elapsed = 9000): unknown => ({ SUMMARY: [{ 'GHS 5s': ghs, Elapsed: elapsed }] })
const stats = (chains: number): unknown => ({
  STATS: [
    {},
    Object.fromEntries([
      ['GHS 5s', 1],
      ...Array.from({ length: chains }, (_, n) => [`chain_acn${n + 1}`, 114] as const),
    ]),
  ],
})

describe('the state of an Antminer', () => {
  it.each([
    ['mining', { summary: summary(110_000) }],
    ['starting', { summary: summary(0, 60) }],
    ['stopped', { summary: summary(0) }],
    ['overheated', { summary: summary(0), warning: '{"error_message":"P:1"}' }],
    ['error', { summary: summary(0), warning: '{"error_message":"V:1"}' }],
    ['miner-down', { minerDown: true }],
    ['paused', { summary: summary(0), configuration: { 'bitmain-work-mode': '1' } }],
    ['paused', { minerDown: true, configuration: { 'bitmain-work-mode': 5 } }],
    ['mining', { summary: summary(50_000), configuration: { 'bitmain-work-mode': '3' } }],
  ] as const)('is %s', (state, replies) => {
    expect(antminerReading({ version: VERSION, ...replies }, AT_MS).state).toBe(state)
  })
})

describe('an Antminer', () => {
  it('shows a place for a board that its model should have and it does not find', () => {
    const { boards } = antminerReading({ version: VERSION, summary: summary(70_000), stats: stats(2) }, AT_MS)
    expect(boards.map(({ label, missing, chipsExpected }) => [label, missing, chipsExpected])).toEqual([
      ['Chain 1', false, 114],
      ['Chain 2', false, 114],
      ['Not found', true, null],
    ])
  })

  it('estimates no power for a model it does not know, nor for a rig that does not hash', () => {
    const unknown = { VERSION: [{ Type: 'Antminer BHB42XXX' }] }
    expect(antminerReading({ version: unknown, summary: summary(110_000) }, AT_MS)).toMatchObject({
      model: null,
      powerW: null,
      powerSource: null,
    })
    expect(antminerReading({ version: VERSION, summary: summary(0) }, AT_MS).powerW).toBeNull()
    expect(antminerReading({ version: VERSION, summary: summary(100_000) }, AT_MS)).toMatchObject({
      powerW: 2950,
      powerSource: 'estimated',
    })
  })

  it('takes measured watts before any estimate', () => {
    expect(
      antminerReading({ version: VERSION, summary: summary(100_000), minerPower: 'miner power:3312' }, AT_MS),
    ).toMatchObject({ powerW: 3312, powerSource: 'measured' })
    expect(
      antminerReading({ version: VERSION, summary: summary(100_000), minerPower: 'error 6060 cmd' }, AT_MS),
    ).toMatchObject({ powerSource: 'estimated' })
  })

  it('never throws, whatever is answered', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const replies = {
          version: value,
          summary: value,
          pools: value,
          stats: value,
          systemInfo: value,
          minerType: value,
          configuration: value,
          webSummary: value,
          blink: value,
          warning: JSON.stringify(value),
        }
        expect(antminerReading(replies, AT_MS).family).toBe('antminer')
      }),
    )
  })
})

describe('pools', () => {
  it('reads both shapes, and takes the first that lives where no one is said to be worked for', () => {
    const pools = readBitmainPools(
      {
        POOLS: [
          { index: 0, url: 'a.example:3333', user: 'u', status: 'Dead', diff: '', lstime: '0' },
          {
            index: 1,
            url: 'stratum+tcp://b.example:3333',
            user: 'u',
            status: 'Alive',
            accepted: 5,
            lstime: '0:01:00',
          },
          { index: 2, url: '', user: '', status: 'Dead' },
        ],
      },
      AT_MS,
      100,
    )
    expect(pools.map(({ url, active, alive, lastShareAtMs }) => [url, active, alive, lastShareAtMs])).toEqual(
      [
        ['stratum+tcp://a.example:3333', false, false, null],
        ['stratum+tcp://b.example:3333', true, true, AT_MS - 60_000],
      ],
    )
  })
})

describe('complaints', () => {
  it.each([
    ['J0:8', 'Hashboards are missing', 'boards'],
    ['J2:2', 'Chips are missing on a hashboard', 'board 2'],
    ['J1:4', 'The memory chip (EEPROM) of a hashboard cannot be read', 'board 1'],
    ['J0:6', 'A temperature sensor cannot be read', 'sensor'],
    ['L1:1', 'Voltage or frequency of a hashboard is over its limit', 'board 1'],
    ['L255:2', 'Boards of different levels are mixed in this rig', 'boards'],
    ['P:2', 'It is too cold to start', 'temperature'],
  ])('explains %s', (code, text, component) => {
    const [error] = warningErrors(JSON.stringify({ error_message: code })) ?? []
    expect(error).toMatchObject({ code, text, component })
    expect(error?.remedy).not.toBeNull()
  })

  it('passes on a code that is not known', () => {
    expect(warningErrors('{"error_message":"Z:9"}')).toMatchObject([
      { code: 'Z:9', severity: 'warning', remedy: null },
    ])
  })

  it('tells none from not asked', () => {
    expect(warningErrors('{"error_message":"None"}')).toEqual([])
    expect(warningErrors('error 6060 cmd')).toBeNull()
  })

  it('reads the list of types, of which s is well', () => {
    expect(
      statusErrors([
        { type: 'rate', status: 's', code: 0, msg: '' },
        { type: 'network', status: 'e', code: 3, msg: 'pool lost' },
        { type: 'temp', status: 'w', code: 0, msg: '' },
        7,
      ]),
    ).toMatchObject([
      { code: 'network:3', text: 'pool lost', severity: 'error', component: 'network' },
      { code: 'temp', text: 'A temperature is out of range', severity: 'warning' },
    ])
  })
})

describe('models and versions', () => {
  it('finds a model however it is spelled', () => {
    expect(antminerModelName('Antminer S19j Pro (126)')).toBe('S19j Pro')
    expect(antminerModelName('ANTMINER BHB42XXX')).toBeNull()
    for (const name of ['S19j Pro', 'S19J PRO', 'Antminer S19jPro']) {
      expect(findAntminerModel(name)?.chipsPerBoard).toBe(126)
    }
    expect(findAntminerModel('S21+ Hyd.')?.efficiencyJTh).toBe(15)
    expect(findAntminerModel('constructor')).toBeNull()
  })

  it('tells the pages of forms and the service on port 6060 by the model', () => {
    expect(['S9', 'S9i', 'T9+', 'S17 Pro', 'T17e'].every(hasFormPages)).toBe(true)
    expect(['S19', 'S19 Pro', 'T19', 'S21', null].some(hasFormPages)).toBe(false)
    expect(['S19 XP', 'S19 XP Hyd', 'S19k Pro', 'S21', 'T21'].every(hasWarningService)).toBe(true)
    expect(['S19', 'S19j Pro', 'S9', null].some(hasWarningService)).toBe(false)
  })

  it("names Hiveon's models as their maker does", () => {
    expect(hiveonModelName('Antminer S19JPRO Hiveon')).toBe('S19j Pro')
    expect(hiveonModelName('Antminer S19 Hiveon')).toBe('S19')
    expect(hiveonModelName('Antminer S19XP Hiveon')).toBe('S19 XP')
    expect(hiveonModelName('Antminer S19PRO Hiveon')).toBe('S19 Pro')
    expect(hiveonModelName('Antminer T9 Hiveon')).toBe('T9')
    expect(hiveonModelName(null)).toBeNull()
  })

  it('knows the month of a firmware', () => {
    expect(firmwareMonth('Fri Nov 17 17:37:21 CST 2023')).toBe(202_311)
    expect(firmwareMonth('Tue Dec  6 16:12:30 CST 2022')).toBe(202_212)
    expect(firmwareMonth('FR-1.12(251009-S21)')).toBe(202_510)
    expect(firmwareMonth('49.0.1.3')).toBeNull()
    expect(firmwareMonth(null)).toBeNull()
  })
})
