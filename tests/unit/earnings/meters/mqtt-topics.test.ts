import { describe, expect, it } from 'vitest'
import {
  brokerAddress,
  meterProblem,
  meterUrl,
  type MeterConfig,
} from '../../../../src-main/earnings/meters/meter-config.ts'
import { meterTopics, readMeterMessage } from '../../../../src-main/earnings/meters/mqtt-topics.ts'

const OF = { entry: 'broker/b:1883', host: 'b:1883' }
const config = (changes: Partial<MeterConfig> = {}): MeterConfig => ({
  id: 'm1',
  kind: 'mqtt-tasmota',
  name: 'plug',
  enabled: true,
  address: 'mqtt://192.168.1.10',
  channel: 0,
  topic: 'tasmota_1234AB',
  powerPath: '',
  energyPath: '',
  energyUnit: 'Wh',
  user: '',
  password: '',
  ...changes,
})

describe('a meter over MQTT', () => {
  it.each([
    ['tasmota_1234AB', 'tele/tasmota_1234AB/SENSOR'],
    ['tele/tasmota_1234AB', 'tele/tasmota_1234AB/SENSOR'],
    ['house/plug/tele/SENSOR', 'house/plug/tele/SENSOR'],
  ])('of Tasmota is heard at %s as %s', (topic, sensor) => {
    expect(meterTopics(config({ topic }))).toEqual([sensor, sensor.replace('SENSOR', 'LWT')])
  })

  it('of Shelly’s first generation tells power and counter apart', () => {
    const plug = config({ kind: 'mqtt-shelly-gen1', topic: 'shellyplug-s-AB12' })
    expect(meterTopics(plug)).toContain('shellies/shellyplug-s-AB12/relay/0/power')
    const read = (topic: string, text: string): unknown =>
      readMeterMessage(plug, `shellies/shellyplug-s-AB12/${topic}`, text, OF)
    expect(read('relay/0/power', '61.25')).toEqual({ kind: 'part', part: { powerW: 61.25 } })
    expect(read('relay/0/energy', '6000')).toEqual({ kind: 'part', part: { energyTotalWh: 100 } })
    expect(read('emeter/0/total', '12.5')).toEqual({ kind: 'part', part: { energyTotalWh: 12.5 } })
    expect(read('online', 'false')).toEqual({ kind: 'presence', online: false })
    expect(read('relay/0/power', 'NaN')).toMatchObject({ kind: 'failed', error: { code: 'outside/changed' } })
  })

  it('of Shelly’s later generations tells components', () => {
    const plug = config({ kind: 'mqtt-shelly-gen2', topic: 'shellyplusplugs-ab12' })
    const read = (topic: string, text: string): unknown =>
      readMeterMessage(plug, `shellyplusplugs-ab12/${topic}`, text, OF)
    expect(meterTopics(plug)).toEqual(['shellyplusplugs-ab12/status/+', 'shellyplusplugs-ab12/online'])
    expect(read('status/switch:0', '{"apower":5.5,"aenergy":{"total":7}}')).toEqual({
      kind: 'part',
      part: { powerW: 5.5, energyTotalWh: 7 },
    })
    expect(read('status/sys', '{"mac":"x"}')).toEqual({ kind: 'other' })
    expect(read('status/switch:1', '{"apower":5.5}')).toEqual({ kind: 'other' })
  })

  it('of any make is read by paths and unit', () => {
    const plug = config({
      kind: 'mqtt-json',
      topic: 'zigbee2mqtt/rig',
      powerPath: 'power',
      energyPath: 'stats.energy',
      energyUnit: 'kWh',
    })
    const read = (text: string): unknown => readMeterMessage(plug, 'zigbee2mqtt/rig', text, OF)
    expect(read('{"power":1234,"stats":{"energy":"1.5"}}')).toEqual({
      kind: 'part',
      part: { powerW: 1_234, energyTotalWh: 1_500 },
    })
    expect(read('{"power":1234}')).toMatchObject({ kind: 'failed' })
    expect(read('not json')).toMatchObject({ kind: 'failed' })
    expect(
      readMeterMessage({ ...plug, powerPath: '', energyPath: '' }, 'zigbee2mqtt/rig', '17.5', OF),
    ).toEqual({ kind: 'part', part: { powerW: 17.5 } })
  })
})

describe('what a person entered', () => {
  it.each([
    ['192.168.1.30', 'http://192.168.1.30'],
    [' http://plug.local:8080/ ', 'http://plug.local:8080'],
    ['https://plug.example', 'https://plug.example'],
    ['[fe80::1]', 'http://[fe80::1]'],
    ['http://me:secret@plug', null],
    ['http://plug/path', null],
    ['mqtt://plug', null],
    ['', null],
  ])('as a plug’s address, %j, is %j', (address, url) => {
    expect(meterUrl({ address })).toBe(url)
  })

  it.each([
    ['mqtt://192.168.1.10', { tls: false, host: '192.168.1.10', port: 1_883, text: '192.168.1.10:1883' }],
    ['mqtts://broker.local/', { tls: true, host: 'broker.local', port: 8_883, text: 'broker.local:8883' }],
    ['mqtt://[::1]:1884', { tls: false, host: '::1', port: 1_884, text: '[::1]:1884' }],
    ['mqtt://user:secret@broker', null],
    ['http://broker', null],
    ['broker', null],
  ])('as a broker’s address, %j, is %j', (address, found) => {
    expect(brokerAddress({ address })).toEqual(found)
  })

  it('is refused in words where nothing could be read', () => {
    expect(meterProblem(config())).toBeNull()
    expect(meterProblem(config({ topic: '#' }))).toMatch(/without # and \+/)
    expect(meterProblem(config({ topic: '' }))).toMatch(/Enter the topic/)
    expect(meterProblem(config({ address: 'broker' }))).toMatch(/mqtt:\/\//)
    expect(meterProblem(config({ kind: 'tasmota', address: '' }))).toMatch(/address of the plug/)
    expect(meterProblem(config({ kind: 'mqtt-json', powerPath: 'a..b' }))).toMatch(/is no path/)
    expect(meterProblem(config({ kind: 'mqtt-json', energyPath: 'total' }))).toMatch(/where the watts are/)
  })
})
