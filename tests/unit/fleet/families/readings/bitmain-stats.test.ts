import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readBitmainStats } from '../../../../../src-main/fleet/families/readings/bitmain-stats.ts'
import { parseReply } from '../../../../../src-main/fleet/index.ts'

/** An S9 of 2017: sixteen places for chains of which 6, 8 and 9 are used, eight for fans of which two turn. */
const S9 = `{"STATUS":[{"STATUS":"S","When":1510000000,"Code":70,"Msg":"BMMiner stats","Description":"bmminer 1.0.0"}],
"STATS":[{"BMMiner":"2.0.0","Miner":"16.8.1.3","CompileTime":"Fri Nov 17 17:37:49 CST 2017","Type":"Antminer S9"}
{"STATS":0,"ID":"BC50","Elapsed":7200,"GHS 5s":"13501.02","GHS av":13480.51,"miner_count":3,"frequency":"550","fan_num":2,
"fan1":0,"fan2":0,"fan3":5880,"fan4":0,"fan5":0,"fan6":4320,"fan7":0,"fan8":0,
"temp6":58,"temp8":60,"temp9":0,"temp2_6":73,"temp2_8":75,"temp2_9":0,"freq_avg6":550.00,"freq_avg8":550.00,"freq_avg9":0.00,
"total_rateideal":13500.00,"chain_acn5":0,"chain_acn6":63,"chain_acn7":0,"chain_acn8":63,"chain_acn9":60,
"chain_acs5":"","chain_acs6":" oooooooo oooooooo oooooooo oooooooo oooooooo oooooooo oooooooo ooooooo","chain_acs8":" oooooooo oooooooo oooooooo oooooooo oooooooo oooooooo oooooooo oooooxo","chain_acs9":"",
"chain_hw6":10,"chain_hw8":400,"chain_hw9":0,"chain_rate6":"4500.10","chain_rate8":"4480.00","chain_rate9":""}],"id":1}\0`

/** The shape of 2023 and later, invented values; a board that does not answer, a fan that stands still. */
const CHAINS = {
  STATUS: { STATUS: 'S', when: 1_700_000_000, Msg: 'stats', api_version: '1.0.0' },
  INFO: { miner_version: 'uart_trans.1.3', CompileTime: 'Thu Oct 9 18:55:45 CST 2025', type: 'Antminer S21' },
  STATS: [
    {
      elapsed: 600,
      rate_5s: 133_000.5,
      rate_avg: 132_000,
      rate_ideal: 200_000,
      rate_unit: 'GH/s',
      chain_num: 3,
      fan_num: 4,
      fan: [6000, 5940, 0, '6000'],
      'miner-mode': 2,
      watt: 2400,
      chain: [
        {
          index: 0,
          freq_avg: 490,
          rate_ideal: 66_666,
          rate_real: 66_500,
          asic_num: 108,
          temp_pcb: [44, 47, 60, 62],
          temp_chip: [50, 0, 66, 71],
          hw: 3,
          sn: 'A1',
        },
        { index: 1, freq_avg: 0, rate_real: 0, asic_num: 0, temp_pcb: [0, 0, 0, 0], temp_chip: [], sn: '' },
        { index: 2, freq_avg: 490, rate_real: 66_500.5, asic_num: 108, temp_chip: [-1, -273, 255, 60] },
      ],
    },
  ],
}

function s9(): ReturnType<typeof readBitmainStats> {
  const parsed = parseReply(S9)
  return parsed.ok ? readBitmainStats(parsed.value.value) : null
}

describe('the flat table', () => {
  it('keeps the chains with chips and the fans that turn, by the numbers they have', () => {
    const stats = s9()
    expect(stats?.boards.map(({ slot, label }) => [slot, label])).toEqual([
      [0, 'Chain 6'],
      [1, 'Chain 8'],
      [2, 'Chain 9'],
    ])
    expect(stats?.fans).toEqual([
      { label: 'Fan 3', rpm: 5880, dutyPercent: null, ok: true },
      { label: 'Fan 6', rpm: 4320, dutyPercent: null, ok: true },
    ])
  })

  it('counts the chips that work by the map, and by the number where there is no map', () => {
    const stats = s9()
    expect(stats?.boards.map(({ chipsWorking, chipsExpected }) => [chipsWorking, chipsExpected])).toEqual([
      [63, 63],
      [62, 63],
      [60, null],
    ])
    expect(stats?.chips.filter(({ working }) => working === false)).toMatchObject([
      { boardSlot: 1, index: 61 },
    ])
  })

  it('takes rates as text, an empty one as absent, and a cold sensor as absent', () => {
    const stats = s9()
    expect(stats).toMatchObject({
      hashrates: { nowHs: 13_501.02e9, averageHs: 13_480.51e9 },
      expectedHs: 13.5e12,
      elapsedS: 7200,
      type: 'Antminer S9',
      powerW: null,
    })
    expect(
      stats?.boards.map(({ hashrateHs, boardC, chipMaxC, frequencyMHz }) => [
        hashrateHs,
        boardC,
        chipMaxC,
        frequencyMHz,
      ]),
    ).toEqual([
      [4500.1e9, 58, 73, 550],
      [4480e9, 60, 75, 550],
      [null, null, null, null],
    ])
  })

  it('keeps a fan that stands still where as many are listed as there are', () => {
    const stats = readBitmainStats({
      STATS: [{ Type: 'Antminer S19' }, { 'GHS 5s': 1, fan_num: 3, fan1: 6000, fan2: 0, fan3: 5000 }],
    })
    expect(stats?.fans.map(({ rpm, ok }) => [rpm, ok])).toEqual([
      [6000, true],
      [0, false],
      [5000, true],
    ])
  })

  it('reads four sensors written with dashes, of which 0 is none', () => {
    const stats = readBitmainStats({
      STATS: [{ 'GHS 5s': 1, chain_acn1: 114, temp_chip1: '78-0-69-70', temp_pcb1: '73-45-0-65', temp1: 99 }],
    })
    expect(stats?.boards[0]).toMatchObject({ chipMinC: 69, chipMaxC: 78, boardC: 73 })
  })

  it('takes the watts that other firmwares put into it, as text or number, from either entry', () => {
    const first = { STATS: [{ total_rate: 100, total_power: 3100 }, { chain_acn1: 1 }] }
    const second = { STATS: [{}, { 'GHS 5s': 1, chain_power: '3250 W' }] }
    expect(readBitmainStats(first)).toMatchObject({ powerW: 3100, hashrates: { nowHs: 100e9 } })
    expect(readBitmainStats(second)?.powerW).toBe(3250)
  })
})

describe('the list of chains', () => {
  it('reads rates, temperatures and what is missing', () => {
    const stats = readBitmainStats(CHAINS)
    expect(stats).toMatchObject({
      hashrates: { nowHs: 133_000.5e9, averageHs: 132e12 },
      expectedHs: 200e12,
      powerW: 2400,
      mode: '2',
      type: 'Antminer S21',
      waterInC: null,
    })
    expect(
      stats?.boards.map(({ chipsWorking, missing, active, chipMaxC, chipMinC, boardC, serial }) => [
        chipsWorking,
        missing,
        active,
        chipMaxC,
        chipMinC,
        boardC,
        serial,
      ]),
    ).toEqual([
      [108, false, true, 71, 50, 62, 'A1'],
      [0, true, false, null, null, null, null],
      [108, false, true, 60, 60, null, null],
    ])
    expect(stats?.fans.map(({ rpm }) => rpm)).toEqual([6000, 5940, 0, 6000])
  })

  it('takes the board sensors of a rig cooled by water for what flows in and out', () => {
    const stats = readBitmainStats(CHAINS, true)
    expect(stats?.boards[0]).toMatchObject({ inletC: 44, outletC: 60, boardC: 62 })
    expect(stats).toMatchObject({ waterInC: 44, waterOutC: 60 })
  })
})

it('gives null for what is no table, and never throws', () => {
  expect(readBitmainStats({ STATUS: [{ STATUS: 'E', Code: 45 }] })).toBeNull()
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      readBitmainStats(a)
      readBitmainStats({ STATS: [a, { chain_acn1: b, 'GHS 5s': a, fan1: b, chain: undefined }] })
      readBitmainStats({ STATS: [{ chain: [a, b], fan: [b], rate_unit: a }] })
    }),
  )
})
