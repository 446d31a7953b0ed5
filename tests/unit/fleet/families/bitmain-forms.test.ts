import { describe, expect, it } from 'vitest'
import {
  configurationForm,
  configurationJson,
  fieldOrder,
  pagePools,
} from '../../../../src-main/fleet/families/bitmain-forms.ts'

const TARGET = pagePools([{ url: 'stratum+tcp://192.0.2.1:3333', user: 'a.b', password: 'x' }])
const READ = {
  pools: [{ url: 'stratum+tcp://old.example:1', user: 'o', pass: 'p' }],
  'api-allow': 'A:0/0,W:*',
  'bitmain-fan-ctrl': true,
  'bitmain-fan-pwm': '70',
  'bitmain-work-mode': '3',
  'bitmain-freq-level': '90',
  'a-key-of-tomorrow': { kept: true },
}

describe('the JSON of newer pages', () => {
  it('echoes every key that was read, and adds the two names that writing has', () => {
    expect(configurationJson(READ, { pools: TARGET }, true)).toEqual({
      ...READ,
      'miner-mode': 3,
      'freq-level': '90',
      pools: [
        { url: 'stratum+tcp://192.0.2.1:3333', user: 'a.b', pass: 'x' },
        { url: '', user: '', pass: '' },
        { url: '', user: '', pass: '' },
      ],
    })
  })

  it('never writes the misspelled fan key of other programs', () => {
    expect(JSON.stringify(configurationJson(READ, { fanPercent: 60 }, true))).not.toContain('fan-pwn')
  })

  it('fills in what was not read only for firmware that would reset it', () => {
    expect(configurationJson({}, { pools: TARGET }, true)).toEqual({
      'bitmain-fan-ctrl': false,
      'bitmain-fan-pwm': '100',
      'miner-mode': 0,
      'freq-level': '100',
      pools: TARGET,
    })
    expect(configurationJson({}, { pools: TARGET }, false)).toEqual({ pools: TARGET })
  })

  it('keeps the pools, three of them, when something else changes', () => {
    const json = configurationJson(READ, { mode: '1' }, false)
    expect(json).toMatchObject({ 'miner-mode': 1, 'bitmain-work-mode': '1' })
    expect(json.pools).toEqual([
      { url: 'stratum+tcp://old.example:1', user: 'o', pass: 'p' },
      { url: '', user: '', pass: '' },
      { url: '', user: '', pass: '' },
    ])
  })

  it('switches its fans between by hand and automatic', () => {
    expect(configurationJson(READ, { fanPercent: 55.4 }, false)).toMatchObject({
      'bitmain-fan-ctrl': true,
      'bitmain-fan-pwm': '55',
    })
    expect(configurationJson(READ, { fanPercent: null }, false)).toMatchObject({
      'bitmain-fan-ctrl': false,
      'bitmain-fan-pwm': '70',
    })
  })
})

describe('the form of older pages', () => {
  const OLD = { 'bitmain-freq': '550', 'bitmain-voltage': '0706', 'bitmain-use-vil': true }

  it('names its fields in the order in which the script takes them', () => {
    expect(configurationForm(OLD, { pools: TARGET }, null)).toBe(
      '_ant_pool1url=stratum%2Btcp%3A%2F%2F192.0.2.1%3A3333&_ant_pool1user=a.b&_ant_pool1pw=x' +
        '&_ant_pool2url=&_ant_pool2user=&_ant_pool2pw=&_ant_pool3url=&_ant_pool3user=&_ant_pool3pw=' +
        '&_ant_nobeeper=false&_ant_notempoverctrl=false&_ant_fan_customize_switch=false' +
        '&_ant_fan_customize_value=&_ant_freq=550&_ant_voltage=0706',
    )
  })

  it('keeps the fans as they are, by hand or automatic', () => {
    const manual = { ...OLD, 'bitmain-fan-ctrl': true, 'bitmain-fan-pwm': '80' }
    expect(configurationForm(manual, { pools: TARGET }, null)).toContain(
      '_ant_fan_customize_switch=true&_ant_fan_customize_value=80',
    )
  })

  it('follows the order that the page itself has', () => {
    const names = [
      '_ant_freq',
      '_ant_pool1url',
      '_ant_pool1user',
      '_ant_pool1pw',
      '_ant_pool2url',
      '_ant_pool2user',
      '_ant_pool2pw',
      '_ant_pool3url',
      '_ant_pool3user',
      '_ant_pool3pw',
      '_ant_nobeeper',
      '_ant_notempoverctrl',
      '_ant_fan_customize_switch',
      '_ant_fan_customize_value',
      '_ant_multi_level',
    ]
    const page = `jQuery.ajax({ url: '/x', data: {${names.map((name) => `${name}:${name}`).join(', ')}},\n success: f })`
    expect(fieldOrder(page)).toEqual(names)
    expect(configurationForm(OLD, { pools: TARGET }, names)).toMatch(
      /^_ant_freq=550&_ant_pool1url=.*&_ant_multi_level=1$/,
    )
    expect(fieldOrder('<html>something else</html>')).toBeNull()
    expect(fieldOrder('data: {_ant_pool1url:a}')).toBeNull()
  })

  it.each(['a"b', 'a\\b', 'Grüße', 'a`b', 'a*b'])(
    'refuses the text %s, which would be stored wrong',
    (user) => {
      const pools = pagePools([{ url: 'stratum+tcp://192.0.2.1:3333', user, password: 'x' }])
      expect(() => configurationForm(OLD, { pools }, null)).toThrow(
        expect.objectContaining({ code: 'rig/not-supported' }) as Error,
      )
    },
  )
})
