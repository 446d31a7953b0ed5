/** Smart plugs over real HTTP: stand-ins that answer as the makers' documentation says, Shelly's digest login included. */
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogger, ManualClock, systemClock } from '../../../src-main/base/index.ts'
import { type MeterSample } from '../../../src-main/earnings/meters/energy-count.ts'
import { type MeterConfig } from '../../../src-main/earnings/meters/meter-config.ts'
import { type MeterState, MeterWatch } from '../../../src-main/earnings/meters/meter-watch.ts'
import { OutsideClient } from '../../../src-main/earnings/outside/http.ts'
import { OutgoingRegister } from '../../../src-main/earnings/outside/register.ts'
import { until } from '../../support/proxy/until.ts'
import {
  type Answering,
  type AskedRequest,
  StandInApi,
  type StandInAnswer,
} from '../../support/stand-in-api.ts'

const PASSWORD = 'correct horse'

let clock: ManualClock
let register: OutgoingRegister
let watch: MeterWatch
let plug: StandInApi
let samples: MeterSample[]
let states: MeterState[]
let logged: string[]

const config = (changes: Partial<MeterConfig> = {}): MeterConfig => ({
  id: 'm1',
  kind: 'shelly-gen2',
  name: 'Shelf plug',
  enabled: true,
  address: plug.url,
  channel: 0,
  topic: '',
  powerPath: '',
  energyPath: '',
  energyUnit: 'Wh',
  user: '',
  password: '',
  ...changes,
})

/** Lets 10 s pass and waits for what they brought. */
async function nextState(withinMs = 10_000): Promise<MeterState> {
  const before = states.length
  clock.advance(withinMs)
  await until('a reading', () => states.length > before)
  return states.at(-1)!
}

/** Switch 0 of a Shelly of generation 2, with a counter. */
const gen2 = (powerW: unknown, totalWh: unknown): StandInAnswer => ({
  body: {
    'switch:0': { id: 0, output: true, apower: powerW, voltage: 230, aenergy: { total: totalWh } },
    sys: { mac: 'A8' },
  },
})

const md5or256 = (algorithm: string, text: string): string =>
  createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
    .update(text, 'utf8')
    .digest('hex')

/** Shelly's login as documented; a nonce is good for `uses` answers. */
function digestGate(inner: Answering, { algorithm = 'SHA-256', uses = 3 } = {}): Answering {
  let nonce = 0
  let used = new Set<string>()
  const challenge = (): StandInAnswer => {
    nonce++
    used = new Set()
    return {
      status: 401,
      headers: {
        'www-authenticate': `Digest qop="auth", realm="shellyplugsg3-ab12", nonce="${String(nonce)}", algorithm=${algorithm}`,
      },
    }
  }
  return (request: AskedRequest) => {
    const given = request.headers.authorization ?? ''
    const part = (name: string): string => new RegExp(`${name}="?([^",]+)"?`).exec(given)?.[1] ?? ''
    if (
      !given.startsWith('Digest ') ||
      part('nonce') !== String(nonce) ||
      used.has(part('nc')) ||
      used.size >= uses
    )
      return challenge()
    const secret = md5or256(algorithm, `admin:shellyplugsg3-ab12:${PASSWORD}`)
    const wanted = md5or256(
      algorithm,
      `${secret}:${part('nonce')}:${part('nc')}:${part('cnonce')}:auth:${md5or256(algorithm, `${request.method}:${request.path}`)}`,
    )
    if (part('uri') !== request.path || part('username') !== 'admin' || part('response') !== wanted)
      return challenge()
    used.add(part('nc'))
    return inner(request)
  }
}

beforeEach(async () => {
  plug = await StandInApi.start(() => gen2(100, 50))
  clock = new ManualClock()
  register = new OutgoingRegister(clock)
  samples = []
  states = []
  logged = []
  watch = new MeterWatch({
    // Its time limits are of the world's time: a question is under way while the clock here is moved.
    client: new OutsideClient({ register, clock: systemClock }),
    clock,
    entropy: (length) => new Uint8Array(length).fill(9),
    log: createLogger((...line) => logged.push(JSON.stringify(line))),
  })
  watch.onSample((sample) => samples.push(sample))
  watch.onState((state) => states.push(state))
  watch.start()
})

afterEach(async () => {
  await watch.stop()
  await plug.stop()
})

describe('a plug over HTTP', () => {
  it('is asked every 10 s, and its readings become whole joules', async () => {
    watch.setMeters([config()])
    expect(await nextState(0)).toMatchObject({ status: 'ok', powerW: 100, energyTotalWh: 50, stale: false })
    plug.answer = () => gen2(110, 50.3)
    await nextState()
    expect(samples).toEqual([
      { meterId: 'm1', atMs: clock.nowMs(), powerDw: 1_100, energyJ: 1_080, coveredMs: 10_000 },
    ])
    expect(plug.asked.map(({ path }) => path)).toEqual(['/rpc/Shelly.GetStatus', '/rpc/Shelly.GetStatus'])
  })

  it.each([
    ['shelly-gen1', '/status', { meters: [{ power: 61.5, is_valid: true, total: 6_000 }] }, 61.5, 100],
    [
      'tasmota',
      '/cm?cmnd=Status%208',
      { StatusSNS: { Time: 'x', ENERGY: { Total: 3.185, Power: 62 } } },
      62,
      3_185,
    ],
  ] as const)('of the kind %s is asked %s', async (kind, path, body, powerW, energyTotalWh) => {
    plug.answer = (request) => (request.path === path ? { body } : { status: 404 })
    watch.setMeters([config({ kind })])
    expect(await nextState(0)).toMatchObject({ status: 'ok', powerW, energyTotalWh })
  })

  it('is in the register, which says that it stays in the network', () => {
    watch.setMeters([config()])
    expect(register.entries()).toMatchObject([
      {
        id: 'meter/m1',
        chosen: true,
        purpose: expect.stringContaining('Shelf plug'),
        learns: expect.stringContaining('stays in your network'),
      },
    ])
    watch.setMeters([config({ address: 'http://plug.example.org', enabled: false })])
    expect(register.entries()).toMatchObject([
      { id: 'meter/m1', chosen: false, learns: expect.stringContaining('outside your network') },
    ])
    watch.setMeters([])
    expect(register.entries()).toEqual([])
  })

  it('that is switched off is not asked', async () => {
    watch.setMeters([config({ enabled: false })])
    clock.advance(600_000)
    expect(watch.states()).toMatchObject([{ status: 'off' }])
    expect(plug.asked).toHaveLength(0)
  })

  it('that misses one question makes no gap, and one that is gone for a minute does, and is said', async () => {
    watch.setMeters([config()])
    await nextState(0)
    plug.answer = () => ({ cut: true })
    expect(await nextState()).toMatchObject({
      status: 'unreachable',
      powerW: 100,
      stale: false,
      code: 'outside/unreachable',
    })
    plug.answer = () => gen2(100, 51)
    await nextState(20_000)
    expect(samples.map(({ coveredMs }) => coveredMs)).toEqual([30_000])

    plug.answer = () => ({ cut: true })
    for (let n = 0; n < 8 && !watch.states()[0]!.stale; n++) await nextState(15_000)
    expect(watch.states()[0]).toMatchObject({ status: 'unreachable', stale: true, powerW: 100 })
    plug.answer = () => gen2(100, 60)
    while (watch.states()[0]!.status !== 'ok') await nextState(30_000)
    expect(watch.states()[0]).toMatchObject({ stale: false })
    expect(samples).toHaveLength(1)
  })

  it('whose counter was reset goes on by its watts', async () => {
    plug.answer = () => gen2(360, 5_000)
    watch.setMeters([config()])
    await nextState(0)
    plug.answer = () => gen2(360, 0.1)
    await nextState()
    plug.answer = () => gen2(360, 1.1)
    await nextState()
    expect(samples.map(({ energyJ }) => energyJ)).toEqual([3_600, 3_600])
  })

  it.each([
    ['NaN', 'outside/changed', 'changed'],
    [null, 'meters/not-a-meter', 'changed'],
    [9_999_999, 'meters/bad-reading', 'changed'],
    [-300, 'meters/backwards', 'changed'],
  ])('that says %s for its power is not counted', async (powerW, code, status) => {
    plug.answer = () => gen2(powerW, 50)
    watch.setMeters([config()])
    expect(await nextState(0)).toMatchObject({ status, code, powerW: null })
    expect(samples).toEqual([])
  })

  it.each([
    ['a web page', { body: '<html>router</html>' }, 'outside/changed', 'changed'],
    ['nothing of the kind', { status: 404, body: 'Not Found' }, 'meters/not-a-meter', 'changed'],
    ['trouble of its own', { status: 500, body: 'oops' }, 'outside/failed', 'unreachable'],
  ])('that answers with %s is said to', async (_what, answer, code, status) => {
    plug.answer = () => answer
    watch.setMeters([config()])
    expect(await nextState(0)).toMatchObject({ status, code })
  })

  it('without the channel says which it has', async () => {
    watch.setMeters([config({ channel: 3 })])
    expect(await nextState(0)).toMatchObject({
      status: 'changed',
      code: 'meters/no-such-channel',
      message: expect.stringContaining('it has 0'),
    })
  })
})

describe('a login', () => {
  it.each(['SHA-256', 'MD5'])(
    'by digest with %s is answered, again and again with few challenges',
    async (algorithm) => {
      plug.answer = digestGate(() => gen2(100, 50), { algorithm })
      watch.setMeters([config({ password: PASSWORD })])
      expect(await nextState(0)).toMatchObject({ status: 'ok', powerW: 100 })
      for (let n = 0; n < 5; n++) expect(await nextState()).toMatchObject({ status: 'ok' })
      // Six readings, and a challenge before the first and the fourth.
      expect(plug.asked).toHaveLength(8)
      for (const { headers } of plug.asked) expect(headers.authorization ?? '').not.toContain(PASSWORD)
    },
  )

  it('that is refused is not tried again for ten minutes', async () => {
    plug.answer = digestGate(() => gen2(100, 50))
    watch.setMeters([config({ password: 'wrong' })])
    expect(await nextState(0)).toMatchObject({ status: 'wrong-key', code: 'meters/wrong-password' })
    expect(plug.asked).toHaveLength(2)
    clock.advance(9 * 60_000)
    expect(plug.asked).toHaveLength(2)
    watch.setMeters([config({ password: PASSWORD })])
    await until('the corrected one', () => {
      clock.advance(0)
      return watch.states()[0]!.status === 'ok'
    })
    expect(logged.join()).not.toContain(PASSWORD)
  })

  it('that the plug wants and nobody entered is asked for', async () => {
    plug.answer = digestGate(() => gen2(100, 50))
    watch.setMeters([config()])
    expect(await nextState(0)).toMatchObject({
      status: 'wrong-key',
      message: expect.stringContaining('wants a user name and password'),
    })
    expect(plug.asked).toHaveLength(1)
  })

  it('of Shelly’s first generation is basic', async () => {
    const wanted = `Basic ${Buffer.from(`me:${PASSWORD}`).toString('base64')}`
    plug.answer = ({ headers }) =>
      headers.authorization === wanted
        ? { body: { meters: [{ power: 5, is_valid: true, total: 0 }] } }
        : { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
    watch.setMeters([config({ kind: 'shelly-gen1', user: 'me', password: PASSWORD })])
    expect(await nextState(0)).toMatchObject({ status: 'ok', powerW: 5 })
    watch.setMeters([config({ kind: 'shelly-gen1', user: 'me', password: 'wrong' })])
    expect(await nextState(0)).toMatchObject({ status: 'wrong-key' })
  })

  it('of Tasmota is in the query, and its refusal in the answer', async () => {
    plug.answer = ({ path }) =>
      new URL(path, 'http://x').searchParams.get('password') === PASSWORD
        ? { body: { StatusSNS: { ENERGY: { Total: 1, Power: 7 } } } }
        : { body: { WARNING: 'Need user=<username>&password=<password>' } }
    watch.setMeters([config({ kind: 'tasmota', password: PASSWORD })])
    expect(await nextState(0)).toMatchObject({ status: 'ok', powerW: 7 })
    watch.setMeters([config({ kind: 'tasmota' })])
    expect(await nextState(0)).toMatchObject({ status: 'wrong-key' })
    expect(JSON.stringify(register.entries())).not.toContain(PASSWORD)
  })
})

describe('a try at an address', () => {
  const SHELLY2 = {
    id: 'shellyplugsg3-ab12',
    mac: 'AB12',
    model: 'S3PL-00112EU',
    gen: 3,
    app: 'PlugSG3',
    auth_en: true,
  }

  it('tells what is there and what it says', async () => {
    plug.answer = ({ path }) => (path === '/shelly' ? { body: SHELLY2 } : gen2(88.4, 4_321))
    expect(await watch.check(config())).toEqual({
      ok: true,
      found: { kind: 'shelly-gen2', model: 'PlugSG3' },
      reading: expect.objectContaining({ powerW: 88.4, energyTotalWh: 4_321 }),
      steps: [
        { step: 'Is it there', ok: true, detail: 'Shelly, generation 2 and later (PlugSG3)' },
        { step: 'What it says', ok: true, detail: '88.4 W now; its counter is at 4.32 kWh.' },
      ],
    })
    expect(register.entries()).toEqual([])
    expect(watch.states()).toEqual([])
  })

  it('of the wrong kind names the right one', async () => {
    plug.answer = ({ path }) =>
      path === '/shelly' ? { body: { type: 'SHPLG-S', mac: 'x', auth: false, fw: 'y' } } : { status: 404 }
    expect(await watch.check(config())).toMatchObject({
      ok: false,
      found: { kind: 'shelly-gen1', model: 'SHPLG-S' },
      steps: [{ ok: true }, { ok: false, detail: expect.stringContaining('choose that kind') }],
    })
    plug.answer = ({ path }) =>
      path.startsWith('/cm') ? { body: { StatusSNS: { ENERGY: { Total: 1, Power: 7 } } } } : { status: 404 }
    expect(await watch.check(config())).toMatchObject({ ok: false, found: { kind: 'tasmota' } })
    expect(await watch.check(config({ kind: 'tasmota' }))).toMatchObject({ ok: true, reading: { powerW: 7 } })
  })

  it('where nothing is, or nothing known, or a locked plug, stops there', async () => {
    plug.answer = () => ({ body: '<html>a router</html>' })
    expect(await watch.check(config())).toMatchObject({
      ok: false,
      found: null,
      steps: [{ ok: true, detail: expect.stringContaining('does not say') }, { ok: false }],
    })
    plug.answer = ({ path }) =>
      path === '/shelly'
        ? { body: SHELLY2 }
        : digestGate(() => gen2(1, 1))({ method: 'GET', path, headers: {}, body: '' })
    expect(await watch.check(config())).toMatchObject({
      ok: false,
      steps: [{ ok: true }, { ok: false, detail: expect.stringContaining('password') }],
    })
    const { url } = plug
    await plug.stop()
    expect(await watch.check(config({ address: url }))).toMatchObject({
      ok: false,
      steps: [{ step: 'Is it there', ok: false, detail: expect.stringContaining('refused the connection') }],
    })
    expect(await watch.check(config({ address: 'http://me:x@y' }))).toMatchObject({
      ok: false,
      steps: [{ step: 'What you entered' }],
    })
    expect(register.entries()).toEqual([])
  })
})
