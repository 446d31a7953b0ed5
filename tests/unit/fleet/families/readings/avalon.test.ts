import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  avalonGeneration,
  avalonKind,
  avalonModel,
} from '../../../../../src-main/fleet/families/readings/avalon-models.ts'
import { readAvalon } from '../../../../../src-main/fleet/families/readings/avalon.ts'
import { type RigReading } from '../../../../../src-main/fleet/model/reading.ts'

const AT_MS = 1_780_000_000_000

const WORKING =
  'SYSTEMSTATU[Work: In Work, Hash Board: 1] GHSspd[6000.00] GHSavg[5900.00] Elapsed[5000] SoftOFF[0]'
const read = (text: string, more: object = {}): RigReading =>
  readAvalon({ stats: { STATS: [{ 'MM ID0': text }] }, ...more }, AT_MS)

describe('models of Avalons', () => {
  it.each([
    [{ PROD: 'Avalon Nano3s', MODEL: 'Nano3s' }, 'Nano 3S', 'nano3s', null],
    [{ PROD: 'Avalonnano', MODEL: 'Nano3' }, 'Nano 3', 'nano3', null],
    [{ PROD: 'Avalon Mini3' }, 'Mini 3', 'mini3', null],
    [{ PROD: 'Avalon Q', MODEL: 'Q' }, 'Q', 'q', null],
    [{ PROD: 'AvalonMiner 15-194', MODEL: '15-194' }, 'A15-194', 'a', 15],
    [{ PROD: 'AVALONMINER 1126PRO-S-60' }, 'A1126 Pro', 'a', 11],
    [{ PROD: 'AvalonMiner 1066', MODEL: '1066' }, 'A1066', 'a', 10],
    [{ PROD: 'AvalonMiner 921' }, 'A921', 'a', 9],
  ] as const)('are told from %j', (version, model, kind, generation) => {
    expect(avalonModel(version, null)).toBe(model)
    expect(avalonKind(model)).toBe(kind)
    expect(avalonGeneration(model)).toBe(generation)
  })

  it('are told from the long text where there is no version', () => {
    expect(avalonModel({}, '1246-83-21072802_4ec6bb0')).toBe('A1246')
    expect(avalonModel({}, null)).toBeNull()
  })
})

describe('what an Avalon is doing', () => {
  it.each([
    ['mines', WORKING, 'mining'],
    ['calibrates', `${WORKING} ADJ[0]`, 'tuning'],
    [
      'was told to rest',
      'SYSTEMSTATU[Work: In Idle, Hash Board: 1] SoftOFF[4] GHSspd[0.00] Elapsed[5000]',
      'paused',
    ],
    [
      'rests by itself',
      'SYSTEMSTATU[Work: In Idle, Hash Board: 1] SoftOFF[0] GHSspd[0.00] Elapsed[5000]',
      'stopped',
    ],
    ['rests in heat', 'SYSTEMSTATU[Work: In Idle] PS[2 1214 0 0 0 0 0] Elapsed[5000]', 'overheated'],
    ['begins', 'SYSTEMSTATU[Work: In Init, Hash Board: 1] Elapsed[12]', 'starting'],
    ['works without a result yet', 'SYSTEMSTATU[Work: In Work] GHSspd[0.00] Elapsed[100]', 'starting'],
    ['works without a result for long', 'SYSTEMSTATU[Work: In Work] GHSspd[0.00] Elapsed[900]', 'stopped'],
    ['tells by its rate alone', 'GHSspd[100.00] Elapsed[900]', 'mining'],
  ])('is told when it %s', (_, text, state) => {
    expect(read(text).state).toBe(state)
  })

  it('is told by the number in its short text where there is no long one', () => {
    const lite = (state: number): string =>
      readAvalon(
        {
          litestats: {
            STATS: [{ 'MM ID0': `STATE[${String(state)}] GHSspd[${state === 1 ? '9.0' : '0'}]` }],
          },
        },
        AT_MS,
      ).state
    expect([lite(0), lite(1), lite(2)]).toEqual(['starting', 'mining', 'stopped'])
  })
})

describe('power of an Avalon', () => {
  it('is what the wall gives, as the last of seven numbers', () => {
    expect(read(`${WORKING} PS[0 1214 1316 242 3189 1320 3504]`)).toMatchObject({
      powerW: 3504,
      powerSource: 'measured',
    })
  })

  it('is the number of its own where there is one', () => {
    expect(read(`${WORKING} PS[0 1 2 3 4 5 6] WALLPOWER[3620]`).powerW).toBe(3620)
  })

  it('is what the boards take, and called an estimate, where there are six numbers', () => {
    expect(read(`${WORKING} PS[0 1217 1279 221 2834 1280]`)).toMatchObject({
      powerW: 2834,
      powerSource: 'estimated',
    })
  })
})

describe('errors of an Avalon', () => {
  it('are the bits of the word of its power supply', () => {
    const { errors } = read(`${WORKING} PS[2049 1214 0 0 0 0 0]`)
    expect(errors.map(({ code, text }) => [code, text])).toEqual([
      ['PS 1', 'The mains voltage is too low'],
      ['PS 2048', 'The fan of the power supply fails'],
    ])
  })

  it('are the words of its boards, of which 512 is on every healthy one of some', () => {
    const { errors } = read(`${WORKING} ECHU[512 0 16] ECMM[0]`)
    expect(errors.map(({ code, component, severity }) => [code, component, severity])).toEqual([
      ['ECHU 512', 'board 0', 'info'],
      ['ECHU 16', 'board 2', 'warning'],
    ])
  })
})

describe('replies of any kind', () => {
  it('sums what several machines behind one address say', () => {
    const { hashrates, powerW, boards } = readAvalon(
      {
        stats: {
          STATS: [
            {
              'MM ID0': `${WORKING} MGHS[6000] PS[0 0 0 0 0 0 100]`,
              'MM ID1': `${WORKING} MGHS[6000] PS[0 0 0 0 0 0 110]`,
            },
          ],
        },
      },
      AT_MS,
    )
    expect(hashrates.nowHs).toBe(12e12)
    expect(powerW).toBe(210)
    expect(boards.map(({ slot, label }) => [slot, label])).toEqual([
      [0, 'Unit 0 board 0'],
      [1, 'Unit 1 board 0'],
    ])
  })

  it('are read without throwing, and what is not there is null', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.string({ unit: 'binary' }), (a, b, text) => {
        readAvalon({ version: a, summary: b, pools: a, stats: b, litestats: a }, AT_MS)
        read(text, { version: b, pools: b })
        readAvalon({ stats: { STATS: [{ HBinfo: text, 'MM ID0:Summary': text }] } }, AT_MS)
      }),
    )
    expect(readAvalon({}, AT_MS)).toMatchObject({
      model: null,
      powerW: null,
      powerSource: null,
      boards: [],
      locating: null,
    })
  })
})
