/** The connection test says how far it got, how long each step took, and what is wrong; and every transport works. */
import { type LookupFunction } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { generateAuthorityKeyPair } from '../../../src-main/sv2/index.ts'
import { systemEntropy } from '../../../src-main/base/index.ts'
import { createNetLoop, dial } from '../../../src-main/net/index.ts'
import { createDial } from '../../../src-main/proxy/upstream/dial.ts'
import { type ProbeResult, type ProbeStep } from '../../../src-main/proxy/upstream/pool-probe.ts'
import { type PoolConfig, type PoolEndpoint } from '../../../src-main/proxy/upstream/upstream.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { LineHarness } from '../../support/proxy/line-harness.ts'
import { configOf } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'
import { frontOf, type WebSocketFront } from '../../support/proxy/websocket-front.ts'
import { pem } from '../net/harness.ts'

let harness: LineHarness | undefined
let front: WebSocketFront | undefined
afterEach(async () => {
  await harness?.stop()
  await front?.stop()
  harness = undefined
  front = undefined
})

const at = (config: PoolConfig, changes: Partial<PoolEndpoint>): PoolConfig => ({
  ...config,
  endpoint: { ...config.endpoint, ...changes } as PoolEndpoint,
})
const steps = ({ steps }: ProbeResult): string[] =>
  steps.map(({ step, ok }) => `${step} ${ok ? 'ok' : 'failed'}`)

const nowhere: LookupFunction = (_host, _options, done) =>
  done(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }), '', 4)

describe('a connection test', () => {
  it('of a V2 pool by name goes through name, TCP, Noise, set-up, channel and first job, and tells each as it comes', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const seen: ProbeStep[] = []
    const result = await harness.probe(at(configOf(pool), { host: 'localhost' }), {
      onStep: (step) => seen.push(step),
    })
    expect(result).toMatchObject({ ok: true, problem: null })
    expect(steps(result)).toEqual(['dns ok', 'tcp ok', 'noise ok', 'setup ok', 'channel ok', 'job ok'])
    expect(seen).toEqual(result.steps)
    const detail = (step: string): string | undefined => seen.find((one) => one.step === step)?.detail
    expect(detail('dns')).toMatch(/127\.0\.0\.1|::1/)
    expect(detail('noise')).toBe('encrypted, pool key verified')
    expect(detail('setup')).toBe('Stratum V2, protocol version 2, versions may be rolled')
    expect(detail('channel')).toBe('channel 11, extranonce of 8 bytes')
    expect(detail('job')).toBe('job 1')
    expect(seen.every(({ tookMs }) => tookMs >= 0)).toBe(true)
    await until('the pool to be left', () => pool.openCount === 0)
  })

  it('of a V1 pool at an address has no name to look up and no Noise', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const result = await harness.probe(configOf(pool))
    expect(steps(result)).toEqual(['tcp ok', 'setup ok', 'channel ok', 'job ok'])
    expect(result.steps.map(({ detail }) => detail).slice(1)).toEqual([
      'subscribed',
      'farm.worker accepted, extranonce of 8 bytes',
      'job 1, difficulty 1e-7',
    ])
  })

  it('of a V1 pool over TLS shows the certificate', async () => {
    const tls = { key: pem('test-key.pem'), cert: pem('test-certificate.pem') }
    const pool = await FakeSv1Pool.start({ name: 'a', tls })
    const clock = new LineHarness([]).clock
    harness = new LineHarness([pool], {
      dial: createDial({ loop: createNetLoop(clock), trustedCertificates: [tls.cert], dial }),
    })
    const result = await harness.probe(configOf(pool))
    expect(steps(result)).toEqual(['tcp ok', 'tls ok', 'setup ok', 'channel ok', 'job ok'])
    expect(result.steps[1]!.detail).toMatch(/TLS/)
  })

  it.each([
    [
      'the name',
      (config: PoolConfig) => at(config, { host: 'no-such-pool.invalid' }),
      ['dns failed'],
      /no-such-pool\.invalid/,
    ],
    ['the port', (config: PoolConfig) => at(config, { port: 1 }), ['tcp failed'], /nothing listens there/],
    [
      'the key',
      (config: PoolConfig) =>
        at(config, {
          authorityKey: generateAuthorityKeyPair(systemEntropy).publicKey,
        } as Partial<PoolEndpoint>),
      ['tcp ok', 'noise failed'],
      /not signed by the authority key/,
    ],
  ])('names %s as what is wrong, with the step it failed at', async (_, spoil, expected, message) => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    const { clock } = new LineHarness([])
    harness = new LineHarness([pool], {
      // Names end in `.invalid` here; no name server is asked.
      dial: createDial({
        loop: createNetLoop(clock),
        trustedCertificates: [],
        dial: (options) => dial({ ...options, lookup: nowhere }),
      }),
    })
    const result = await harness.probe(spoil(configOf(pool)))
    expect(steps(result)).toEqual(expected)
    expect(result.problem?.message).toMatch(message)
    expect(result.steps.at(-1)!.detail).toBe(result.problem?.message)
  })

  it.each([
    ['setup', (pool: FakeSv2Pool) => void (pool.refuseSetup = 'unsupported-protocol'), 'pool/setup-refused'],
    ['channel', (pool: FakeSv2Pool) => void (pool.refuseOpen = ['unknown-user']), 'pool/identity-refused'],
  ])('ends at %s where the pool says no there', async (step, spoil, code) => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    spoil(pool)
    harness = new LineHarness([pool])
    const result = await harness.probe(configOf(pool))
    expect(result).toMatchObject({ ok: false, problem: { code } })
    expect(result.steps.at(-1)).toMatchObject({ step, ok: false })
  })

  it('of a pool without a job ends there after a minute', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    pool.muteFrom = 'job'
    harness = new LineHarness([pool])
    const seen: string[] = []
    const probing = harness.probe(configOf(pool), { onStep: ({ step }) => seen.push(step) })
    await until('the channel', () => seen.includes('channel'))
    await harness.pass(60_100)
    const result = await probing
    expect(result.steps.at(-1)).toMatchObject({ step: 'job', ok: false, tookMs: 60_000 })
    expect(result.problem?.code).toBe('pool/no-answer')
  })

  it('can be stopped', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    pool.muteFrom = 'setup'
    harness = new LineHarness([pool])
    const abort = new AbortController()
    const probing = harness.probe(configOf(pool), { signal: abort.signal })
    await until('the pool', () => pool.messages.length === 1)
    abort.abort()
    expect(await probing).toMatchObject({ ok: false, problem: { code: 'pool/test-stopped' } })
    await until('the pool to be left', () => pool.openCount === 0)
    const again = await harness.probe(configOf(pool), { signal: abort.signal })
    expect(again.ok).toBe(false)
  })

  it('does not try the fallback, which is a test of its own', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const config = configOf(pool)
    const result = await harness.probe({ ...at(config, { port: 1 }), fallback: config.endpoint })
    expect([result.ok, pool.connectionCount]).toEqual([false, 0])
  })
})

describe('a pool over WebSocket', () => {
  it.each([
    ['V1', FakeSv1Pool, 'stratum1-json.v1', ['tcp ok', 'upgrade ok', 'setup ok', 'channel ok', 'job ok']],
    [
      'V2',
      FakeSv2Pool,
      'sv2-noise.v1',
      ['tcp ok', 'upgrade ok', 'noise ok', 'setup ok', 'channel ok', 'job ok'],
    ],
  ])('is tested and mined at in %s', async (_, Kind, subprotocol, expected) => {
    const pool = await new Kind({ name: 'a' }).listen()
    front = await frontOf(pool, subprotocol)
    harness = new LineHarness([pool])
    const config = at(configOf(pool), { transport: 'ws', port: front.port, path: '/mine' })
    expect(steps(await harness.probe(config))).toEqual(expected)
    const line = harness.open(config)
    await line.untilJob()
    line.mine(3)
    await line.untilSettled()
    expect([pool.acknowledged, pool.rejected]).toEqual([3, 0])
    expect(front.paths).toEqual(['/mine', '/mine'])
    pool.drop()
    await harness.passUntil('the pool to be back', () => line.jobs.length === 2)
  })
})
