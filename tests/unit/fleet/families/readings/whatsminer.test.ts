import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  whatsminerGeneration,
  whatsminerModel,
} from '../../../../../src-main/fleet/families/readings/whatsminer-common.ts'
import { readWhatsminer } from '../../../../../src-main/fleet/families/readings/whatsminer.ts'
import {
  readWhatsminerV3,
  whatsminerApiSwitch,
} from '../../../../../src-main/fleet/families/readings/whatsminer-v3.ts'

const AT_MS = 1_761_061_400_000
const RUNNING = { 'HS RT': 67_394_800.97, 'MHS av': 67_753_251.19, Elapsed: 10_154, 'Factory GHS': 68_796 }
const summary = (members: object): unknown => ({ SUMMARY: [members] })

describe('Whatsminer generations and models', () => {
  it.each([
    ['20210322.22.REL', 1],
    ["'20220728.11.REL'", 1],
    ['20220729.1.REL', 2],
    ['20241031.99.REL', 2],
    ['20241101.1.REL', 3],
    ['20251209.16.Rel2', 3],
  ])('tells by the date of %s that it speaks API %i', (firmware, generation) => {
    expect(whatsminerGeneration(firmware)).toBe(generation)
  })

  it('tells nothing from a version without a date', () => {
    expect(whatsminerGeneration('1.0')).toBeNull()
    expect(whatsminerGeneration(null)).toBeNull()
  })

  it.each([
    ['M30S+_VE43', 'M30S+VE40'],
    ['m60s_vk40', 'M60SVK40'],
    ['M53', 'M53'],
    ['', null],
  ])('calls %s %s', (spelled, model) => {
    expect(whatsminerModel(spelled)).toBe(model)
  })
})

describe('the first two generations', () => {
  it('finds the errors and the switch of the first one where it keeps them', () => {
    const read = readWhatsminer(
      {
        summary: summary({
          ...RUNNING,
          'Error Code Count': 2,
          'Error Code 0': 110,
          'Error Code 1': 600,
          'Firmware Version': "'20210322.22.REL'",
          'CB Platform': 'ALLWINNER_H3',
          'Power Fanspeed': 9060,
          'MHS 1m': 67_439_352.49,
        }),
        status: { Msg: { btmineroff: 'false' } },
        get_version: { Msg: { api_ver: 'whatsminer v1.4.0', fw_ver: '20210322.22.REL' } },
        devdetails: { DEVDETAILS: [{ Model: 'M31S+_VE22' }] },
      },
      AT_MS,
    )
    expect(read).toMatchObject({
      apiVersion: '1.4.0',
      model: 'M31S+VE20',
      firmwareVersion: '20210322.22.REL',
      controlBoard: 'ALLWINNER_H3',
      state: 'mining',
      hashrates: { nowHs: 67_394_800_970_000, minuteHs: 67_439_352_490_000 },
      psuFans: [{ rpm: 9060 }],
    })
    expect(read.errors.map(({ code }) => code)).toEqual(['110', '600'])
  })

  it('is paused when it was switched off, whatever its rates still say', () => {
    const read = readWhatsminer({ summary: summary(RUNNING), status: { Msg: { mineroff: 'true' } } }, AT_MS)
    expect(read.state).toBe('paused')
  })

  it('is paused, not down, when its miner process is away because it was switched off', () => {
    expect(readWhatsminer({ status: { Msg: { mineroff: 'true' } } }, AT_MS, true).state).toBe('paused')
    expect(readWhatsminer({ status: { Msg: { mineroff: 'false' } } }, AT_MS, true).state).toBe('miner-down')
  })

  it('starts, then is stopped, overheated or in error while it has no rate', () => {
    const state = (elapsed: number, errors: unknown): string =>
      readWhatsminer(
        {
          summary: summary({ 'HS RT': 0, Elapsed: elapsed }),
          get_error_code: { Msg: { error_code: errors } },
        },
        AT_MS,
      ).state
    expect(state(30, [])).toBe('starting')
    expect(state(3000, [])).toBe('stopped')
    expect(state(3000, [531])).toBe('error')
    expect(state(30, [351])).toBe('overheated')
  })

  it('tunes while a board still raises its frequency', () => {
    const devs = { DEVS: [{ Slot: 0, 'Upfreq Complete': 0 }] }
    expect(readWhatsminer({ summary: summary(RUNNING), devs }, AT_MS).state).toBe('tuning')
  })

  it('has no fans where a liquid cools it', () => {
    const read = readWhatsminer(
      { summary: summary({ ...RUNNING, 'Liquid Cooling': true, 'Fan Speed In': 0 }) },
      AT_MS,
    )
    expect(read.fans).toEqual([])
  })

  it('flashes whenever its light is not automatic', () => {
    const locating = (ledstat: unknown): boolean | null =>
      readWhatsminer({ get_miner_info: { Msg: { ledstat } } }, AT_MS).locating
    expect([locating('auto'), locating('-'), locating(undefined)]).toEqual([false, true, null])
  })
})

describe('the third generation', () => {
  it('shows a slot that it lists nothing for as missing', () => {
    const read = readWhatsminerV3(
      {
        info: { msg: { miner: { 'board-num': '3', pcbsn1: 'B1' } } },
        edevs: { msg: { edevs: [{ id: 0, 'hash-realtime': 50 }, { id: 2 }] } },
      },
      AT_MS,
    )
    expect(read.boards.map(({ slot, serial, missing }) => [slot, serial, missing])).toEqual([
      [0, null, false],
      [1, 'B1', true],
      [2, null, false],
    ])
  })

  it('says of no board that it is missing while it does not answer for boards', () => {
    expect(readWhatsminerV3({ info: { msg: { miner: { 'board-num': '3' } } } }, AT_MS).boards).toEqual([])
  })

  it('reads its mains, its errors with reasons, and its pause', () => {
    const info = {
      msg: {
        miner: { working: 'false' },
        power: { mode: '2', vin: 220.5, iin: 14.8 },
        'error-code': [{ '532': '2025-03-12 14:52:35', reason: 'Slot2 not found.' }],
      },
    }
    expect(readWhatsminerV3({ info }, AT_MS)).toMatchObject({
      state: 'paused',
      settings: { powerMode: 'high' },
      inputVoltageV: 220.5,
      inputCurrentA: 14.8,
      errors: [{ code: '532', component: 'board 2' }],
    })
  })

  it('has no factory rate while it says less than nothing', () => {
    const read = readWhatsminerV3({ summary: { msg: { summary: { 'factory-hash': -0.003 } } } }, AT_MS)
    expect(read.stickerHs).toBeNull()
  })

  it('reads the owner’s switch', () => {
    const of = (apiswitch: unknown): boolean | null => whatsminerApiSwitch({ msg: { system: { apiswitch } } })
    expect([of('1'), of('0'), of(undefined)]).toEqual([true, false, null])
  })
})

describe('replies of any kind', () => {
  it('are read without throwing, and what is not there is null', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        readWhatsminer({ summary: a, devs: b, pools: a, status: b, get_error_code: a }, AT_MS)
        readWhatsminerV3({ info: a, summary: b, edevs: a, pools: b }, AT_MS)
      }),
    )
    const nothing = readWhatsminer({}, AT_MS)
    expect(nothing).toMatchObject({ powerW: null, powerSource: null, stickerHs: null, boards: [], pools: [] })
    expect(nothing.hashrates.nowHs).toBeNull()
  })
})
