/** What rigs may say that is wrong: the answer names it, the count shows it, and nobody else notices. */
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeRig } from '../../support/proxy/fake-rig.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let pool: FakeSv1Pool
let harness: ProxyHarness
let neighbour: FakeRig

beforeEach(async () => {
  pool = await FakeSv1Pool.start({ name: 'a' })
  harness = await ProxyHarness.start([pool])
  neighbour = await harness.rigAtWork({ user: 'neighbour' })
})

/** Whatever happened, another rig works on and the books balance. */
afterEach(async () => {
  try {
    const [reply] = await neighbour.mine(1)
    expect(reply?.error).toBeNull()
    await harness.untilSettled()
    harness.expectBalanced()
    harness.expectPoolsAgree()
  } finally {
    await harness.stop()
  }
})

/** Sends a line and waits for what comes back. */
async function answerTo(rig: FakeRig, line: string | Uint8Array): Promise<Record<string, unknown>> {
  const known = rig.messages.length
  rig.write(line)
  await until('an answer', () => rig.messages.length > known)
  return rig.messages[known]!
}

describe('a line that ends the connection', () => {
  const fatal: [string, string | Uint8Array, string][] = [
    ['malformed JSON', '{"id":1,"method":\n', 'a line is not JSON'],
    ['a list of messages', '[{"id":1}]\n', 'a line is a list of messages; send one message a line'],
    ['JSON that is no object', '42\n', 'a line is JSON, but not an object'],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe, 0xc0, 10), 'a line is not valid UTF-8'],
    ['a TLS handshake', Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 10), 'a line is not JSON'],
    ['a request of a browser', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'a line is not JSON'],
    ['a line without end', 'x'.repeat(20_000), 'a line is longer than 16384 bytes'],
  ]
  it.each(fatal)('is %s: the rig is told, and let go', async (_, bytes, message) => {
    const rig = await FakeRig.open({ port: harness.port })
    expect(await answerTo(rig, bytes)).toEqual({ id: null, result: null, error: [20, message, null] })
    await until('the end', () => rig.closed)
    await until('the rig to be gone', () => harness.report().onlineCount === 1)
  })

  it('may be four times as long once the rig has authorised, and not more', async () => {
    const rig = await harness.rigAtWork()
    expect(
      await answerTo(rig, `{"id":1,"method":"mining.ping","params":["${'x'.repeat(60_000)}"]}\n`),
    ).toMatchObject({
      result: 'pong',
    })
    expect((await answerTo(rig, 'x'.repeat(70_000))).error).toEqual([
      20,
      'a line is longer than 65536 bytes',
      null,
    ])
    await until('the end', () => rig.closed)
  })

  it('is the twentieth in a row that makes no sense, not the twentieth in the life of a rig', async () => {
    const rig = await harness.rigAtWork()
    for (let n = 0; n < 19; n++) await answerTo(rig, `{"id":${n},"method":"mining.submit","params":[]}\n`)
    expect(rig.closed).toBe(false)
    expect((await rig.mine(1))[0]?.error).toBeNull()
    for (let n = 0; n < 19; n++) await answerTo(rig, '{"id":1,"params":[]}\n')
    expect(rig.closed).toBe(false)
    rig.write('{"id":1,"params":[]}\n')
    await until('the end', () => rig.closed)
  })
})

describe('a message that is wrong, from a rig that stays', () => {
  let rig: FakeRig
  beforeEach(async () => {
    rig = await harness.rigAtWork({ user: 'clumsy', versionMask: 0x1fffe000 })
  })
  afterEach(async () => {
    expect(rig.closed).toBe(false)
    expect((await rig.mine(1))[0]?.error).toBeNull()
  })

  it('has a method nobody knows', async () => {
    const reply = await rig.call('mining.teleport', [])
    expect(reply.error).toEqual([20, 'Method mining.teleport is not known here', null])
  })

  it.each([
    ['too few params', ['u', '1'], 'mining.submit: 5 or 6 params are needed, 2 were sent'],
    [
      'an extranonce2 that is no hex',
      ['u', '1', 'xyz', '0', '0'],
      'mining.submit: extranonce2 must be hex of whole bytes',
    ],
    [
      'a nonce that is no number',
      ['u', '1', '00', '0', {}],
      'mining.submit: the nonce must be up to 8 hex digits',
    ],
    [
      'a time that is too long',
      ['u', '1', '00', '123456789', '0'],
      'mining.submit: ntime must be up to 8 hex digits',
    ],
  ])('submits %s', async (_, params, message) => {
    expect((await rig.call('mining.submit', params)).error).toEqual([20, message, null])
    expect(harness.expectBalanced().counts).toMatchObject({ submitted: 1, invalid: 1 })
  })

  it.each(['', '000000', '0000000000', '00'.repeat(32)])(
    'submits an extranonce2 of a wrong length: "%s"',
    async (hex) => {
      const share = rig.solve()
      const { error } = await rig.submit({ ...share, extranonce2Hex: hex })
      expect(error).toEqual([20, 'Wrong extranonce2 length: use the size given at subscribe', null])
      expect(harness.expectBalanced().counts).toMatchObject({ invalid: 1, acknowledged: 0 })
    },
  )

  it.each(['ffffff00', 'none', '-1', '0', '', '1ffffffffff', 'DEADBEEF', '９'])(
    'submits for a job it was never given: "%s"',
    async (id) => {
      const share = rig.solve()
      const { error } = await rig.submit({ ...share, job: { ...share.job, id } })
      expect(error).toEqual([21, 'Job not found', null])
      expect(harness.expectBalanced().counts).toMatchObject({ invalid: 1 })
    },
  )

  it('submits version bits outside its mask', async () => {
    const share = rig.solve()
    const { error } = await rig.call('mining.submit', [
      'clumsy',
      share.job.id,
      share.extranonce2Hex,
      share.ntime.toString(16),
      share.nonce.toString(16),
      '00000004',
    ])
    expect(error).toEqual([20, 'Version bits outside the negotiated mask', null])
  })

  it.each([-1, 7201 + 60])("submits a time that is %d s from the job's", async (seconds) => {
    const share = rig.solve()
    const { error } = await rig.submit({ ...share, ntime: share.job.ntime + seconds })
    expect(error).toEqual([20, 'ntime out of range: check the clock of the rig', null])
  })

  it('asks to configure nonsense', async () => {
    const { error } = await rig.call('mining.configure', [7])
    expect(error).toEqual([20, 'mining.configure: the first param must be a list of extensions', null])
  })

  it('suggests a difficulty that is none', async () => {
    expect((await rig.call('mining.suggest_difficulty', ['many'])).error).toEqual([
      20,
      'mining.suggest_difficulty: the difficulty must be a number, not below 0',
      null,
    ])
    expect((await rig.call('mining.suggest_difficulty', [0])).error).toBeNull()
    expect((await rig.call('mining.suggest_target', ['00'])).error).toBeNull()
    expect((await rig.call('mining.suggest_target', ['f'.repeat(64)])).error).toBeNull()
  })
})

describe('a share that comes too early', () => {
  const share = ['u', '100', '00000000', '00000000', '00000000']

  it('is refused before the rig subscribed', async () => {
    const rig = await FakeRig.open({ port: harness.port })
    expect((await rig.call('mining.submit', share)).error).toEqual([
      25,
      'Not subscribed: send mining.subscribe first',
      null,
    ])
    expect(rig.closed).toBe(false)
    expect(harness.expectBalanced().counts).toMatchObject({ submitted: 1, invalid: 1 })
    rig.close()
  })

  it('is refused before the rig authorised, and it can go on from there', async () => {
    const rig = await harness.rig({ order: ['subscribe'] })
    expect((await rig.call('mining.submit', share)).error).toEqual([
      24,
      'Unauthorized: send mining.authorize first',
      null,
    ])
    await rig.say('authorize')
    await rig.firstJob()
    expect((await rig.mine(1))[0]?.error).toBeNull()
  })
})

describe('a rig that', () => {
  it('never reads is dropped once too much waits for it, and the others get their jobs', async () => {
    const rig = await harness.rigAtWork()
    rig.pause()
    const names = Array.from({ length: 32 }, (_, n) => `extension-${n}-${'y'.repeat(40)}`)
    const question = `{"id":1,"method":"mining.configure","params":[${JSON.stringify(names)},{}]}\n`.repeat(
      100,
    )
    for (let n = 0; n < 200 && harness.report().onlineCount === 2; n++) {
      rig.write(question)
      await new Promise((done) => setTimeout(done, 5))
    }
    await until('the rig to be gone', () => harness.report().onlineCount === 1)
    pool.sendJob()
    await neighbour.job(({ ntime }) => ntime > 0)
  })

  it('says nothing is let go in seconds, and is never taken for a rig', async () => {
    const rig = await FakeRig.open({ port: harness.port })
    await harness.pass(9_000, 1000)
    expect(harness.report().onlineCount).toBe(1)
    expect(rig.closed).toBe(false)
    await harness.pass(8_000, 1000)
    await until('the end', () => rig.closed)
  })

  it('stops within its first line is let go after a minute', async () => {
    const rig = await FakeRig.open({ port: harness.port })
    rig.write('{')
    await until('the connection', () => harness.report().onlineCount === 2)
    await harness.pass(50_000, 5000)
    expect(rig.closed).toBe(false)
    await harness.pass(25_000, 5000)
    await until('the end', () => rig.closed)
  })

  it('breaks off in the middle of a line leaves nothing behind', async () => {
    const socket = connect({ host: '127.0.0.1', port: harness.port })
    await new Promise((done) => socket.once('connect', done))
    socket.write('{"id":1,"method":"mining.sub')
    await until('the connection', () => harness.report().onlineCount === 2)
    socket.destroy()
    await until('the rig to be gone', () => harness.report().onlineCount === 1)
  })

  it('closes only its own direction still gets its answer', async () => {
    const socket = connect({ host: '127.0.0.1', port: harness.port, allowHalfOpen: true })
    await new Promise((done) => socket.once('connect', done))
    let text = ''
    socket.setEncoding('utf8').on('data', (more: string) => (text += more))
    socket.end('{"id":1,"method":"mining.ping"}\n')
    await until('the answer', () => text.includes('pong'))
    await until('the rig to be gone', () => harness.report().onlineCount === 1)
  })
})

describe('firmware that does things its own way', () => {
  it.each([
    ['authorises before it subscribes', { order: ['authorize', 'subscribe'] }],
    ['configures last', { order: ['subscribe', 'authorize', 'configure'], versionMask: 0x1fffe000 }],
    ['configures nothing', { order: ['subscribe', 'authorize'] }],
    ['has texts as ids', { ids: 'string', versionMask: 0x1fffe000 }],
    ['asks for less than the usual mask', { versionMask: 0x00ffe000 }],
    ['sends the whole version although it never asked to roll', { versionStyle: 'echo-without-asking' }],
    [
      'sends the whole rolled version instead of its bits',
      { versionMask: 0x1fffe000, versionStyle: 'whole-version' },
    ],
  ] as const)('is understood when it %s', async (_, options) => {
    const rig = await harness.rigAtWork({ user: 'odd', ...options })
    await until('the mask to be told', () => rig.jobs.length > 0)
    const replies = await rig.mine(3)
    expect(replies.map(({ error }) => error)).toEqual([null, null, null])
  })

  it('subscribes again on the same socket and is given the same extranonce', async () => {
    const rig = await harness.rigAtWork()
    const { extranonce1 } = rig
    await rig.say('subscribe')
    await rig.say('authorize')
    expect(rig.extranonce1).toEqual(extranonce1)
    expect((await rig.mine(1))[0]?.error).toBeNull()
  })
})
