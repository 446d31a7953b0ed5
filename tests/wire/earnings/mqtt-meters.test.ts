/** Smart plugs over MQTT, against a real broker in this process that goes and comes back. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogger, ManualClock, systemClock } from '../../../src-main/base/index.ts'
import { type MeterSample } from '../../../src-main/earnings/meters/energy-count.ts'
import { type MeterConfig } from '../../../src-main/earnings/meters/meter-config.ts'
import { type MeterState, MeterWatch } from '../../../src-main/earnings/meters/meter-watch.ts'
import { OutsideClient } from '../../../src-main/earnings/outside/http.ts'
import { OutgoingRegister } from '../../../src-main/earnings/outside/register.ts'
import { TestBroker } from '../../support/mqtt-broker.ts'
import { until } from '../../support/proxy/until.ts'

let clock: ManualClock
let register: OutgoingRegister
let client: OutsideClient
let watch: MeterWatch
let broker: TestBroker
let samples: MeterSample[]
let logged: string[]

const config = (changes: Partial<MeterConfig> = {}): MeterConfig => ({
  id: 'm1',
  kind: 'mqtt-tasmota',
  name: 'Shelf plug',
  enabled: true,
  address: broker.url,
  channel: 0,
  topic: 'rig1',
  powerPath: '',
  energyPath: '',
  energyUnit: 'Wh',
  user: '',
  password: '',
  ...changes,
})

const stateOf = (id = 'm1'): MeterState => watch.states().find(({ meterId }) => meterId === id)!
const sensor = (powerW: number, totalKwh: number): unknown => ({
  Time: 'x',
  ENERGY: { Total: totalKwh, Power: powerW },
})
const hears = (what: string, condition: () => boolean): Promise<void> => until(what, condition)

beforeEach(async () => {
  broker = await TestBroker.start()
  clock = new ManualClock()
  register = new OutgoingRegister(clock)
  client = new OutsideClient({ register, clock: systemClock })
  samples = []
  logged = []
  watch = new MeterWatch({
    client,
    clock,
    entropy: (length) => crypto.getRandomValues(new Uint8Array(length)),
    log: createLogger((...line) => logged.push(JSON.stringify(line))),
  })
  watch.onSample((sample) => samples.push(sample))
  watch.start()
})

afterEach(async () => {
  await watch.stop()
  await broker.stop()
})

describe('a plug over MQTT', () => {
  it('is heard, and its readings become whole joules', async () => {
    watch.setMeters([config()])
    await broker.hears('tele/rig1/SENSOR')
    await broker.publish('tele/rig1/SENSOR', sensor(360, 1.5))
    await hears('the first reading', () => stateOf().status === 'ok')
    clock.advance(10_000)
    await broker.publish('tele/rig1/SENSOR', sensor(360, 1.501))
    await hears('a sample', () => samples.length === 1)
    expect(samples).toEqual([
      { meterId: 'm1', atMs: clock.nowMs(), powerDw: 3_600, energyJ: 3_600, coveredMs: 10_000 },
    ])
    expect(stateOf()).toMatchObject({ powerW: 360, energyTotalWh: 1_501 })
  })

  it('whose counter comes apart from its watts is read once they are together', async () => {
    watch.setMeters([config({ kind: 'mqtt-shelly-gen1', topic: 'shellyplug-s-AB12' })])
    const say = async (watts: string, wattMinutes: string): Promise<void> => {
      await broker.publish('shellies/shellyplug-s-AB12/relay/0/power', watts)
      await broker.publish('shellies/shellyplug-s-AB12/relay/0/energy', wattMinutes)
    }
    await broker.hears('shellies/shellyplug-s-AB12/relay/0/energy')
    await say('120.5', '6000')
    await hears('both', () => {
      clock.advance(100)
      return stateOf().energyTotalWh === 100
    })
    const firstMs = clock.nowMs()
    clock.advance(30_000)
    await say('120.5', '6060')
    await hears('a sample', () => {
      clock.advance(100)
      return samples.length === 1
    })
    expect(samples[0]!.energyJ).toBeGreaterThanOrEqual(3_600)
    expect(samples[0]!.coveredMs).toBe(clock.nowMs() - firstMs)
  })

  it('of Shelly’s later generations is heard by component', async () => {
    watch.setMeters([config({ kind: 'mqtt-shelly-gen2', topic: 'shellyplusplugs-ab' })])
    await broker.hears('shellyplusplugs-ab/status/+')
    await broker.publish('shellyplusplugs-ab/status/sys', { mac: 'x' })
    await broker.publish('shellyplusplugs-ab/status/switch:0', { id: 0, apower: 77.7, aenergy: { total: 5 } })
    await hears('a reading', () => {
      clock.advance(100)
      return stateOf().powerW === 77.7
    })
  })

  it('of any make is read by paths, and what is no number is said and not counted', async () => {
    watch.setMeters([
      config({
        kind: 'mqtt-json',
        topic: 'zigbee2mqtt/rig',
        powerPath: 'power',
        energyPath: 'energy',
        energyUnit: 'kWh',
      }),
    ])
    await broker.hears('zigbee2mqtt/rig')
    await broker.publish('zigbee2mqtt/rig', '{"power": NaN}')
    await hears('the complaint', () => stateOf().status === 'changed')
    expect(stateOf()).toMatchObject({ code: 'outside/changed', powerW: null })
    await broker.publish('zigbee2mqtt/rig', { power: '800', energy: 1.25 })
    await hears('a reading', () => stateOf().status === 'ok')
    expect(stateOf()).toMatchObject({ powerW: 800, energyTotalWh: 1_250 })
    expect(samples).toEqual([])
  })

  it('is not read from what the broker kept: nobody knows how old that is', async () => {
    await broker.publish('tele/rig1/SENSOR', sensor(9_999, 1), true)
    watch.setMeters([config()])
    await broker.hears('tele/rig1/SENSOR')
    await broker.publish('tele/rig1/SENSOR', sensor(5, 1), true)
    await hears('the live one', () => stateOf().status === 'ok')
    expect(stateOf().powerW).toBe(5)
  })

  it('that its last will says is gone is said to be', async () => {
    watch.setMeters([config()])
    await broker.hears('tele/rig1/LWT')
    await broker.publish('tele/rig1/LWT', 'Offline', true)
    await hears('that it is gone', () => stateOf().code === 'meters/offline')
    expect(stateOf().status).toBe('unreachable')
  })

  it('that falls silent makes a gap, which is said with what helps', async () => {
    watch.setMeters([config()])
    await broker.hears('tele/rig1/SENSOR')
    await broker.publish('tele/rig1/SENSOR', sensor(100, 1))
    await hears('a reading', () => stateOf().status === 'ok')
    clock.advance(300_000)
    expect(stateOf()).toMatchObject({ status: 'ok', stale: false })
    clock.advance(120_000)
    expect(stateOf()).toMatchObject({
      status: 'unreachable',
      code: 'meters/silent',
      stale: true,
      message: expect.stringContaining('TelePeriod'),
    })
    await broker.publish('tele/rig1/SENSOR', sensor(100, 1.2))
    await hears('a reading', () => stateOf().status === 'ok')
    expect(samples).toEqual([])
  })

  it('that reports each second is counted no closer than two', async () => {
    watch.setMeters([config({ kind: 'mqtt-json', topic: 'p', powerPath: '' })])
    await broker.hears('p')
    for (let second = 0; second < 9; second++) {
      await broker.publish('p', String(100 + second))
      await hears('the watts', () => stateOf().powerW === 100 + second)
      clock.advance(1_000)
    }
    expect(samples.map(({ coveredMs }) => coveredMs)).toEqual([2_000, 2_000, 2_000, 2_000])
  })
})

describe('a broker', () => {
  it('is one connection for all its meters, and one entry in the register', async () => {
    watch.setMeters([config(), config({ id: 'm2', topic: 'rig2' })])
    await broker.hears('tele/rig1/SENSOR')
    await broker.hears('tele/rig2/SENSOR')
    expect(broker.clients).toBe(1)
    expect(register.entries()).toMatchObject([
      {
        id: `broker/127.0.0.1:${String(broker.port)}`,
        chosen: true,
        learns: expect.stringContaining('stays in your network'),
      },
    ])
    watch.setMeters([])
    await hears('the end of the connection', () => broker.clients === 0)
    expect(register.entries()).toEqual([])
  })

  it('that goes away is said, and found again with all topics', async () => {
    watch.setMeters([config()])
    await broker.hears('tele/rig1/SENSOR')
    await broker.publish('tele/rig1/SENSOR', sensor(100, 1))
    await hears('a reading', () => stateOf().status === 'ok')
    const { port } = broker
    await broker.stop()
    await hears('that it is gone', () => stateOf().code === 'meters/broker-unreachable')
    expect(stateOf()).toMatchObject({ status: 'unreachable', powerW: 100 })

    broker = await TestBroker.start(port)
    await hears('that it is back', () => {
      clock.advance(1_000)
      return broker.heard.includes('tele/rig1/SENSOR')
    })
    await broker.publish('tele/rig1/SENSOR', sensor(110, 1.1))
    await hears('a reading', () => stateOf().powerW === 110)
    expect(stateOf().status).toBe('ok')
  })

  it('that was not there at first is asked ever less often', async () => {
    const { port, url } = broker
    await broker.stop()
    watch.setMeters([config({ address: url })])
    await hears('that nothing listens', () => stateOf().code === 'meters/broker-unreachable')
    expect(stateOf().message).toContain('nothing listens there')
    const entry = (): number => register.entries()[0]!.count
    for (let tries = 2; tries <= 6; tries++) {
      await hears('another try', () => {
        clock.advance(1_000)
        return entry() === tries
      })
      await new Promise((done) => setTimeout(done, 20))
    }
    clock.advance(5_000)
    expect(entry()).toBe(6)
    broker = await TestBroker.start(port)
    await hears('that it is there', () => {
      clock.advance(2_000)
      return broker.heard.length > 0
    })
  })

  it('that refuses the password is not asked again for minutes', async () => {
    const { port, url } = broker
    await broker.stop()
    broker = await TestBroker.start(port, { user: 'me', password: 'secret-of-a-test' })
    watch.setMeters([config({ address: url, user: 'me', password: 'wrong' })])
    await hears('the refusal', () => stateOf().status === 'wrong-key')
    expect(stateOf().message).toContain('refuses the user name or password')
    clock.advance(4 * 60_000)
    expect(register.entries()[0]!.count).toBe(1)
    watch.setMeters([config({ address: url, user: 'me', password: 'secret-of-a-test' })])
    await broker.hears('tele/rig1/SENSOR')
    expect(logged.join()).not.toContain('secret-of-a-test')
    expect(JSON.stringify(register.entries())).not.toContain('secret-of-a-test')
  })

  it('that does not let this user listen is said', async () => {
    const { port, url } = broker
    await broker.stop()
    broker = await TestBroker.start(port, { user: 'me', password: 'x', mayHear: 'tele/other' })
    watch.setMeters([config({ address: url, user: 'me', password: 'x' })])
    await hears('the refusal', () => stateOf().code === 'meters/wrong-password')
    expect(stateOf().message).toContain('tele/rig1/SENSOR')
  })

  it('that keeps a plug’s presence from this user lets it be read all the same', async () => {
    const { port, url } = broker
    await broker.stop()
    broker = await TestBroker.start(port, { user: 'me', password: 'x', mayHear: 'tele/rig1/SENSOR' })
    watch.setMeters([config({ address: url, user: 'me', password: 'x' })])
    await broker.hears('tele/rig1/SENSOR')
    await broker.publish('tele/rig1/SENSOR', sensor(100, 1))
    await hears('a reading', () => stateOf().status === 'ok')
  })

  it('outside the own network is not reached around a person’s proxy', async () => {
    client.setProxy({ url: 'socks5h://127.0.0.1:9', username: null, password: null })
    watch.setMeters([config({ address: 'mqtt://broker.example.org' })])
    await hears('the refusal', () => stateOf().status === 'unreachable')
    expect(stateOf().message).toContain('does not go through your proxy')
    expect(register.entries()[0]!.count).toBe(0)
  })

  it('that a person unchose in the register is not connected to', async () => {
    await watch.stop()
    register.declare({ id: 'x', host: 'h', purpose: '', learns: '', everyMs: null })
    const other = new MeterWatch({
      client,
      clock,
      entropy: (length) => new Uint8Array(length),
      log: createLogger(() => undefined),
    })
    other.setMeters([config()])
    register.choose(`broker/127.0.0.1:${String(broker.port)}`, false)
    other.start()
    await hears('that it is off', () => other.states()[0]!.status === 'off')
    expect(broker.clients).toBe(0)
    await other.stop()
  })
})

describe('a try at a topic', () => {
  it('tells what comes', async () => {
    const check = watch.check(config())
    await broker.hears('tele/rig1/SENSOR')
    await broker.publish('tele/rig1/SENSOR', sensor(61, 2.5))
    expect(await check).toMatchObject({
      ok: true,
      reading: { powerW: 61, energyTotalWh: 2_500 },
      steps: [
        { step: 'Is the broker there', ok: true },
        { step: 'What it says', ok: true, detail: '61.0 W now; its counter is at 2.50 kWh.' },
      ],
    })
    expect(register.entries()).toEqual([])
    await hears('the end of the connection', () => broker.clients === 0)
  })

  it('on which nothing comes ends by itself', async () => {
    const check = watch.check(config({ topic: 'nobody' }))
    await broker.hears('tele/nobody/SENSOR')
    await new Promise((done) => setTimeout(done, 50))
    clock.advance(15_000)
    expect(await check).toMatchObject({
      ok: false,
      steps: [{ ok: true }, { ok: false, detail: expect.stringContaining('some do every five minutes') }],
    })
  })

  it('at a broker that is not there says so', async () => {
    const { url, port } = broker
    await broker.stop()
    expect(await watch.check(config({ address: url }))).toMatchObject({
      ok: false,
      steps: [{ step: 'Is the broker there', ok: false }],
    })
    broker = await TestBroker.start(port)
  })
})
