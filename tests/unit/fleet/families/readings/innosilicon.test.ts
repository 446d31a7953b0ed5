import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { innosiliconReading } from '../../../../../src-main/fleet/families/readings/innosilicon.ts'

const AT_MS = 1_720_000_000_000

describe('what Innosilicon says', () => {
  it('has boards from two tables, joined by their numbers', () => {
    const { boards } = innosiliconReading(
      {
        stats: {
          STATS: [
            { 'Chain ID': 0, 'Num active chips': 63 },
            { 'Chain ID': 2, 'Num active chips': '62' },
          ],
        },
        getAll: {
          all: {
            chain: [
              { ASC: 2, 'Temp min': 55, 'Temp max': 71, 'Hash Rate H': 14e12 },
              { ASC: 0, 'Temp max': 0 },
            ],
          },
        },
      },
      AT_MS,
    )
    expect(boards).toMatchObject([
      { slot: 0, label: '0', chipsWorking: 63, chipMaxC: null, hashrateHs: null },
      { slot: 1, label: '2', chipsWorking: 62, chipMinC: 55, chipMaxC: 71, hashrateHs: 14e12 },
    ])
  })

  it('takes its rate in either unit', () => {
    const rate = (total_hash: object): number | null =>
      innosiliconReading({ getAll: { all: { total_hash } } }, AT_MS).hashrates.nowHs
    expect(rate({ 'Hash Rate H': '43000000000000' })).toBe(43e12)
    expect(rate({ 'Hash Rate': 43_000_000 })).toBe(43e12)
  })

  it('says in words what its error numbers mean', () => {
    const read = (code: unknown): ReturnType<typeof innosiliconReading> =>
      innosiliconReading(
        { getErrorDetail: { code }, getAll: { all: { total_hash: { 'Hash Rate H': 0 } } } },
        AT_MS,
      )
    expect(read('0').errors).toEqual([])
    expect(read(32)).toMatchObject({
      state: 'overheated',
      errors: [{ code: '32', text: 'It stopped for heat.' }],
    })
    expect(read(35)).toMatchObject({ state: 'error', errors: [{ component: 'psu' }] })
    expect(read(99).errors).toMatchObject([{ code: '99', text: 'The rig reports error 99.' }])
  })

  it('calls a box whose miner process is silent what it is', () => {
    expect(innosiliconReading({ getAll: { all: {} } }, AT_MS).state).toBe('miner-down')
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        innosiliconReading({ getAll: value, stats: value, type: value, summary: value, pools: value }, AT_MS)
        innosiliconReading({ getAll: { all: { chain: [value], total_hash: value } } }, AT_MS)
      }),
    )
  })
})
