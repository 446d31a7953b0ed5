/** What pools may do that is wrong: the state names it and the remedy, rigs stay, and all is well when it is over. */
import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createShareChecker } from '../../../src-main/checker/index.ts'
import { ManualClock, systemEntropy } from '../../../src-main/base/index.ts'
import { ProxyEngine } from '../../../src-main/proxy/index.ts'
import { encodeFrame, generateAuthorityKeyPair } from '../../../src-main/sv2/index.ts'
import { type FakePool } from '../../support/proxy/fake-pool.ts'
import { type FakeRig } from '../../support/proxy/fake-rig.ts'
import { FakeSv1Pool, type Sv1PoolStep } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool, type Sv2PoolStep } from '../../support/proxy/fake-sv2-pool.ts'
import { configOf, ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'
import { pem } from '../net/harness.ts'

let harness: ProxyHarness | undefined
afterEach(async () => {
  await harness?.stop()
  harness = undefined
})

const errorsOf = (replies: readonly { error: unknown }[]): unknown[] => replies.map(({ error }) => error)

interface Problem {
  readonly phase?: 'waiting' | 'blocked'
  readonly code: string
  readonly message: RegExp
}

async function expectProblem(pool: FakePool, { phase = 'waiting', code, message }: Problem): Promise<void> {
  const { state } = await harness!.untilPhase(pool, phase)
  const problem = 'problem' in state ? state.problem : null
  expect(problem).toMatchObject({ code, message: expect.stringMatching(message) as string })
}

/** A rig that was there all the time has its shares acknowledged again. */
async function expectRecovery(pool: FakePool, rig: FakeRig): Promise<void> {
  const known = rig.jobs.length
  await harness!.untilReady(pool)
  await until('a job', () => rig.jobs.slice(known).some(({ clean }) => clean))
  const { difficulty } = pool
  expect(errorsOf(await rig.mine(2, undefined, { difficulty }))).toEqual([null, null])
  await harness!.untilSettled()
  expect(pool.acknowledged).toBeGreaterThanOrEqual(2)
  expect(rig.closed).toBe(false)
  harness!.expectBalanced()
  harness!.expectPoolsAgree()
}

describe('a V2 pool that', () => {
  const foreign: [string, string | Uint8Array, string, RegExp][] = [
    [
      'speaks V1',
      '{"id":null,"method":"mining.set_difficulty","params":[1]}\n',
      'noise/foreign-protocol',
      /The a: The other side speaks Stratum V1 \(JSON lines\) here, not encrypted Stratum V2\. Check host and port/,
    ],
    ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'noise/foreign-protocol', /speaks HTTP here/],
    ['speaks TLS', Uint8Array.of(0x15, 3, 1, 0, 2, 2, 40), 'noise/foreign-protocol', /speaks TLS here/],
    [
      'answers with noise of another kind',
      new Uint8Array(300).fill(0xa7),
      'noise/handshake-failed',
      /The a: .*[Cc]heck/,
    ],
  ]
  it.each(foreign)('%s is told apart, and tried again', async (_, greeting, code, message) => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    pool.greeting = greeting
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rig()
    await expectProblem(pool, { code, message })
    pool.greeting = null
    await expectRecovery(pool, rig)
  })

  it('closes in the middle of the handshake', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    pool.closeInHandshake = true
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rig()
    await expectProblem(pool, {
      code: 'noise/closed-in-handshake',
      message: /closed the connection after 100 of the handshake's 234 bytes\. Check that host and port/,
    })
    pool.closeInHandshake = false
    await expectRecovery(pool, rig)
  })

  it('shows another key is left alone until a person acts', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    const authorityKey = generateAuthorityKeyPair(systemEntropy).publicKey
    const endpoint = {
      protocol: 'stratum-v2',
      transport: 'tcp',
      path: '',
      host: '127.0.0.1',
      port: pool.port,
      authorityKey,
    } as const
    harness = await ProxyHarness.start([pool], { configOf: () => ({ endpoint }) })
    const rig = await harness.rig()
    await expectProblem(pool, {
      phase: 'blocked',
      code: 'noise/authority-key-mismatch',
      message: /not signed by the authority key in its address\. Compare the key/,
    })
    await harness.pass(20 * 60_000, 60_000)
    expect(pool.connectionCount).toBe(1)
    expect(harness.poolStatus(pool).state.phase).toBe('blocked')
    harness.engine.setPools([configOf(pool)])
    await expectRecovery(pool, rig)
  })

  it.each([
    [
      'expired',
      -3,
      'noise/certificate-expired',
      /certificate expired on .*, and this machine's clock says .*set this machine's clock/,
    ],
    [
      'not valid yet',
      3,
      'noise/certificate-not-yet-valid',
      /valid from .*, but this machine's clock says .* Check this machine's clock\./,
    ],
  ])('has a certificate that is %s: the clock is named', async (_, days, code, message) => {
    const pool = await FakeSv2Pool.start({ name: 'a', nowMs: () => Date.now() + days * 86_400_000 })
    harness = await ProxyHarness.start([pool])
    await expectProblem(pool, { code, message })
  })

  it.each([
    [
      'handshake',
      10,
      /The a accepted the connection but sent no handshake within 10 s\. Check that host and port/,
    ],
    ['setup', 15, /sent no answer to SetupConnection within 15 s/],
    ['open', 15, /sent no answer to OpenExtendedMiningChannel within 15 s/],
    ['job', 60, /sent no first job within 60 s/],
  ] as [Sv2PoolStep, number, RegExp][])('never answers at %s', async (step, seconds, message) => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    pool.muteFrom = step
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rig()
    const asked = {
      handshake: '',
      setup: 'SetupConnection',
      open: 'OpenExtendedMiningChannel',
      job: 'OpenExtendedMiningChannel',
    }[step]
    await until('the request', () =>
      asked === '' ? pool.connectionCount === 1 : pool.messages.some(({ name }) => name === asked),
    )
    // What the pool does say has to arrive before time passes.
    if (step === 'job') await until('the channel', () => harness!.poolStatus(pool).extranonce !== null)
    await harness.pass(seconds * 1000 + 100)
    await expectProblem(pool, { code: 'pool/no-answer', message })
    pool.muteFrom = null
    await expectRecovery(pool, rig)
  })

  it('refuses the set-up', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    pool.refuseSetup = 'protocol-version-mismatch'
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rig()
    await expectProblem(pool, {
      code: 'pool/setup-refused',
      message: /The a refused the connection \(protocol-version-mismatch\)\. \S/,
    })
    pool.refuseSetup = null
    await expectRecovery(pool, rig)
  })

  it('refuses the account: the name is shown, and the next attempt is a minute away', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    pool.refuseOpen = ['unknown-user']
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rig()
    await expectProblem(pool, {
      code: 'pool/identity-refused',
      message:
        /The a does not accept the name farm\.worker \(unknown-user\): check the account or payout address/,
    })
    await harness.pass(55_000)
    expect(pool.connectionCount).toBe(1)
    await expectRecovery(pool, rig)
  })

  it('refuses the channel for a reason of its own', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    pool.refuseOpen = ['max-target-out-of-range']
    harness = await ProxyHarness.start([pool])
    await expectProblem(pool, {
      code: 'pool/channel-refused',
      message: /The a refused the mining channel \(max-target-out-of-range\)\. \S/,
    })
  })

  it('finds 8 bytes of extranonce too many is asked for fewer', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a', rollableSize: 4 })
    pool.largestMinimum = 4
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    expect(errorsOf(await rig.mine(2))).toEqual([null, null])
    await harness.untilSettled()
    expect(pool.acknowledged).toBe(2)
    expect(pool.connectionCount).toBe(1)
  })

  it('does not serve clients that insist on version rolling is asked again without', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    pool.strictFlags = true
    pool.fixedVersion = true
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rig({ versionMask: 0x1fffe000 })
    await harness.untilReady(pool)
    await rig.firstJob()
    expect(rig.versionMask).toBe(0)
    expect(errorsOf(await rig.mine(2))).toEqual([null, null])
    await harness.untilSettled()
    expect(pool.acknowledged).toBe(2)
    harness.expectPoolsAgree()
  })

  const poison: [string, (pool: FakeSv2Pool) => void, string, RegExp][] = [
    [
      'a frame larger than any message',
      (pool) =>
        pool.rawFrame(
          encodeFrame({
            extensionId: 0,
            messageType: 0x1f,
            channelMessage: true,
            payload: new Uint8Array(300_000),
          }),
        ),
      'sv2/frame-too-long',
      /The a: A frame of type 0x1f announces 300000 bytes where at most 262144 are accepted/,
    ],
    [
      'a message that ends too early',
      (pool) =>
        pool.rawFrame(
          encodeFrame({
            extensionId: 0,
            messageType: 0x20,
            channelMessage: true,
            payload: new Uint8Array(10),
          }),
        ),
      'pool/garbage',
      /The a sent a message we cannot read \(.*\)\. We connect anew\./,
    ],
    [
      'bytes that are not sealed',
      (pool) => pool.raw(new Uint8Array(64).fill(3)),
      'noise/frame-not-authentic',
      /The a: \S/,
    ],
    [
      'half a frame, and then the end',
      (pool) => pool.breakOffInsideFrame(),
      'noise/closed-inside-frame',
      /The connection ended in the middle of a frame/,
    ],
    [
      'CloseChannel',
      (pool) => pool.closeChannel('maintenance'),
      'pool/channel-closed',
      /The a closed our channel \(maintenance\)\. We connect anew\./,
    ],
  ]
  it.each(poison)('sends %s is left, and connected anew', async (_, act, code, message) => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    act(pool)
    await expectProblem(pool, { code, message })
    await expectRecovery(pool, rig)
    expect(pool.connectionCount).toBe(2)
  })

  it('names a job it never sent: the old ones are stale at once, and it is left after 10 s', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    pool.newTipWithoutJob()
    await until('the fault to be noticed', () =>
      harness!.logs.some(({ message }) => message === 'pool broke a rule'),
    )
    expect((await rig.mine(1))[0]?.error?.[0]).toBe(21)
    expect(harness.expectBalanced().counts).toMatchObject({ stale: 1, lost: 0 })
    await harness.pass(10_100)
    await expectProblem(pool, {
      code: 'pool/no-answer',
      message: /sent no job for the new block within 10 s/,
    })
    await expectRecovery(pool, rig)
  })

  it('names a job it never sent and sends one after all is kept', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    const old = rig.lastJob
    pool.newTipWithoutJob()
    pool.sendJob()
    await until('the job', () => rig.lastJob !== old)
    expect(rig.lastJob.clean).toBe(true)
    await harness.pass(11_000, 1000)
    expect(harness.poolStatus(pool).state.phase).toBe('ready')
    expect((await rig.mine(1, old))[0]?.error?.[0]).toBe(21)
    await rig.mine(1, undefined, { difficulty: pool.difficulty })
    await harness.untilSettled()
    expect(pool.acknowledged).toBe(1)
    expect(pool.connectionCount).toBe(1)
    harness.expectBalanced()
  })

  it('sends messages nobody knows is not left for that', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    pool.rawFrame(
      encodeFrame({ extensionId: 0, messageType: 0x7f, channelMessage: false, payload: new Uint8Array(3) }),
    )
    pool.rawFrame(
      encodeFrame({ extensionId: 77, messageType: 1, channelMessage: true, payload: new Uint8Array(9) }),
    )
    await rig.mine(1)
    await harness.untilSettled()
    expect([pool.acknowledged, pool.connectionCount]).toEqual([1, 1])
  })

  it('sends us to another port is followed there, under the same key', async () => {
    const authority = generateAuthorityKeyPair(systemEntropy)
    const pool = await FakeSv2Pool.start({ name: 'a', authority })
    const other = await FakeSv2Pool.start({ name: 'other', authority })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    pool.reconnect('', other.port)
    await expectProblem(pool, {
      code: 'pool/reconnect',
      message: /asked us to reconnect to 127\.0\.0\.1:\d+; its key must stay the same/,
    })
    await harness.untilReady(pool)
    await until('its job', () => rig.jobs.length > 1)
    expect(errorsOf(await rig.mine(1))).toEqual([null])
    await harness.untilSettled()
    expect([pool.acknowledged, other.acknowledged]).toEqual([0, 1])
    await other.stop()
  })

  it('sends us to someone with another key is not believed', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    const thief = await FakeSv2Pool.start({ name: 'thief' })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    pool.reconnect('127.0.0.1', thief.port)
    await harness.untilPhase(pool, 'waiting')
    await harness.pass(501)
    await until('the thief to be tried', () => thief.connectionCount === 1)
    await until('the thief to be left', () => thief.openCount === 0)
    await expectProblem(pool, {
      code: 'noise/authority-key-mismatch',
      message: /not signed by the authority key/,
    })
    expect(thief.messages).toEqual([])
    await expectRecovery(pool, rig)
    expect([pool.connectionCount, thief.connectionCount]).toEqual([2, 1])
    await thief.stop()
  })
})

describe('a V1 pool that', () => {
  const foreign: [string, string | Uint8Array, RegExp][] = [
    [
      'speaks HTTP',
      'HTTP/1.1 400 Bad Request\r\n\r\n',
      /The a does not speak Stratum V1 at port \d+ \(a line is not JSON\): check the URL; a Stratum V2 pool needs stratum2\+tcp:\/\//,
    ],
    [
      'speaks noise',
      new Uint8Array(300).fill(0xa7).fill(10, 290),
      /The a does not speak Stratum V1 at port \d+ \(a line is not valid UTF-8\)/,
    ],
    ['sends a line without end', 'x'.repeat(70_000), /\(a line is longer than 65536 bytes\)/],
  ]
  it.each(foreign)('%s is told apart, and tried again', async (_, greeting, message) => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    pool.greeting = greeting
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rig()
    await expectProblem(pool, { code: 'pool/garbage', message })
    pool.greeting = null
    await expectRecovery(pool, rig)
  })

  it.each([
    [
      'subscribe',
      15,
      /The a accepted the connection but sent no answer to mining\.subscribe within 15 s\. Check that the URL/,
    ],
    ['authorize', 15, /sent no answer to mining\.authorize within 15 s/],
    ['job', 60, /sent no first job within 60 s/],
  ] as [Sv1PoolStep, number, RegExp][])('never answers at %s', async (step, seconds, message) => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    pool.muteFrom = step
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rig()
    const asked = step === 'subscribe' ? 'mining.subscribe' : 'mining.authorize'
    await until('the request', () => pool.requests.some(({ method }) => method === asked))
    if (step === 'job') await new Promise((done) => setTimeout(done, 100))
    await harness.pass(seconds * 1000 + 100)
    await expectProblem(pool, { code: 'pool/no-answer', message })
    pool.muteFrom = null
    await expectRecovery(pool, rig)
  })

  it('closes at once', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    pool.closeAtOnce = true
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rig()
    await expectProblem(pool, {
      code: 'pool/connection-closed',
      message: /The a: 127\.0\.0\.1:\d+ (closed|broke off) the connection/,
    })
    pool.closeAtOnce = false
    await expectRecovery(pool, rig)
  })

  it('goes mad in the middle of mining', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    pool.raw('{"id":null,"method":"mining.notify","params":["x"]}\n')
    pool.raw('{"id":77777,"result":true,"error":null}\n')
    pool.raw('{"id":null,"method":"mining.set_difficulty","params":[-5]}\n')
    pool.raw('{"id":5,"method":"mining.dance","params":[]}\n')
    await rig.mine(1)
    await harness.untilSettled()
    expect([pool.acknowledged, pool.connectionCount]).toEqual([1, 1])
    pool.raw('no JSON at all\n')
    await expectProblem(pool, { code: 'pool/garbage', message: /does not speak Stratum V1/ })
    await expectRecovery(pool, rig)
  })

  it('asks us to come back on another port of the same host is followed', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    const other = await FakeSv1Pool.start({ name: 'other' })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    pool.reconnect(['127.0.0.1', other.port, 3])
    await harness.untilPhase(pool, 'waiting')
    await harness.pass(2999)
    expect(other.connectionCount).toBe(0)
    await harness.pass(2)
    await until('the other to be reached', () =>
      rig.jobs.some(({ coinb1 }) => Buffer.from(coinb1).includes('/other')),
    )
    await other.stop()
  })

  it('asks us to go to another host is not obeyed', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    pool.reconnect(['evil.example', 3333, 0])
    await until('the attempt to be noted', () =>
      harness!.logs.some(({ message }) => message === 'pool wanted to send us to another host'),
    )
    await rig.mine(1)
    await harness.untilSettled()
    expect([pool.acknowledged, pool.connectionCount]).toEqual([1, 1])
  })
})

describe('a V1 pool over TLS', () => {
  const tls = { key: pem('test-key.pem'), cert: pem('test-certificate.pem') }

  it('is mined at when its certificate is trusted', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a', tls })
    harness = await ProxyHarness.start([pool], { trustedCertificates: [tls.cert] })
    const rig = await harness.rigAtWork()
    expect(errorsOf(await rig.mine(2))).toEqual([null, null])
    await harness.untilSettled()
    expect(pool.acknowledged).toBe(2)
    harness.expectPoolsAgree()
  })

  it.each([
    [
      'is not trusted',
      'test-certificate.pem',
      [],
      'tls/not-trusted',
      /not signed by an authority this machine trusts/,
    ],
    [
      'has expired',
      'expired-certificate.pem',
      ['expired-certificate.pem'],
      'tls/expired',
      /has expired\. Check this machine's clock/,
    ],
  ])(
    'whose certificate %s is not mined at, and the message says why',
    async (_, name, trusted, code, message) => {
      const pool = await FakeSv1Pool.start({ name: 'a', tls: { key: tls.key, cert: pem(name) } })
      harness = await ProxyHarness.start([pool], { trustedCertificates: trusted.map(pem) })
      await expectProblem(pool, { code, message })
      expect(pool.connectionCount).toBe(0)
    },
  )

  it('that does not speak TLS is told apart', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    pool.greeting = '{"id":1}\n'
    const endpoint = {
      protocol: 'stratum-v1',
      host: '127.0.0.1',
      port: pool.port,
      path: '',
      transport: 'tls',
    } as const
    harness = await ProxyHarness.start([pool], { configOf: () => ({ endpoint }) })
    await expectProblem(pool, {
      code: 'tls/not-tls',
      message: /does not speak TLS\. Check the port, or use stratum\+tcp:\/\//,
    })
  })
})

describe('a job as large as a V2 message can carry', () => {
  it('reaches the rigs whole', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a', coinbasePadding: 65_000, merkleDepth: 255 })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    expect(rig.lastJob.branches).toHaveLength(255)
    expect(errorsOf(await rig.mine(1))).toEqual([null])
    await harness.untilSettled()
    expect(pool.acknowledged).toBe(1)
  })
})

describe('a pool that falls silent', () => {
  it('is shown as silent after four minutes, connected anew after eight', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    await harness.pass(4 * 60_000 + 15_000, 15_000)
    const { state } = harness.poolStatus(pool)
    expect(state).toMatchObject({
      phase: 'silent',
      problem: {
        code: 'pool/silent',
        message: expect.stringMatching(/The a has said nothing for 4 minutes; its jobs may be old/) as string,
      },
    })
    pool.sendJob()
    await until('the job', () => rig.jobs.some(({ coinb1 }) => Buffer.from(coinb1).includes('/a 2/')))
    await harness.pass(15_000)
    expect(harness.poolStatus(pool).state.phase).toBe('ready')
    await harness.pass(8 * 60_000, 15_000)
    await harness.untilReady(pool)
    const told = harness.reports.flatMap(({ poolEvents }) => poolEvents).map(({ detail }) => detail)
    expect(told).toContain('The a has said nothing for 8 minutes, so we connect anew.')
    expect(pool.connectionCount).toBeGreaterThanOrEqual(2)
  })
})

describe('a port for rigs', () => {
  it('that is taken is named, with the option that changes it, and no pool stays connected', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    const other = createServer()
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
    const { port } = other.address() as { port: number }
    const engine = new ProxyEngine({
      clock: new ManualClock(Date.now()),
      entropy: systemEntropy,
      createChecker: createShareChecker,
      userAgent: 'headframe/0.0.0',
      stratum: { host: '127.0.0.1', port },
    })
    await expect(engine.start([configOf(pool)], 'a')).rejects.toMatchObject({
      code: 'listen/port-taken',
      message: `Port ${port} on 127.0.0.1 is taken by another program; stop it or start with --stratum HOST:PORT.`,
    })
    await until('the pool to be left', () => pool.openCount === 0)
    await pool.stop()
    await new Promise((done) => other.close(done))
  })
})

describe('a connection test', () => {
  it('reports each step, and where it ended', async () => {
    const good = await FakeSv2Pool.start({ name: 'a' })
    const bad = await FakeSv1Pool.start({ name: 'b' })
    bad.refuseUser = 'who?'
    harness = await ProxyHarness.start([good, bad], { active: null })
    const passed = await harness.engine.probe(configOf(good))
    expect(passed).toMatchObject({ ok: true, problem: null })
    expect(passed.steps.map(({ step, ok }) => [step, ok])).toEqual([
      ['tcp', true],
      ['noise', true],
      ['setup', true],
      ['channel', true],
      ['job', true],
    ])
    const failed = await harness.engine.probe(configOf(bad))
    expect(failed).toMatchObject({ ok: false, problem: { code: 'pool/identity-refused' } })
    expect(failed.steps.map(({ step, ok }) => [step, ok])).toEqual([
      ['tcp', true],
      ['setup', true],
      ['channel', false],
    ])
    await until('both to be left', () => good.openCount + bad.openCount === 0)
    expect(harness.report().pools.map(({ state }) => state.phase)).toEqual(['idle', 'idle'])
  })
})
