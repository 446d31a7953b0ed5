/** Messages of any content from rigs and pools: nothing but their own connection may suffer. */
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { encodeFrame, encodeMessage, type MiningConnectionMessage } from '../../../src-main/sv2/index.ts'
import { messagesOf } from '../../unit/sv2/arbitraries.ts'
import { commonMessages } from '../../../src-main/sv2/messages/common.ts'
import { miningMessages } from '../../../src-main/sv2/messages/mining.ts'
import { type FakePool } from '../../support/proxy/fake-pool.ts'
import { FakeRig } from '../../support/proxy/fake-rig.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness
afterEach(() => harness.stop())

const MESSAGES = 400
/** So that a failure can be repeated. */
const SEED = 20_261_122

const sample = <T>(values: fc.Arbitrary<T>, count = MESSAGES): T[] =>
  fc.sample(values, { numRuns: count, seed: SEED })

/** Lets the loop turn, so that what was sent is dealt with. */
const turn = (): Promise<void> => new Promise((done) => setTimeout(done, 1))

const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdefX '), maxLength: 20 })
const param = fc.oneof(
  hex,
  fc.string({ maxLength: 12 }),
  fc.double(),
  fc.integer(),
  fc.constantFrom(null, true, false, '', [], {}, '__proto__', -1, 2 ** 53, 1e308, '1'.repeat(300)),
  fc.array(hex, { maxLength: 4 }),
)

function lines(methods: readonly string[]): fc.Arbitrary<string> {
  return fc
    .record(
      {
        id: fc.oneof(
          fc.nat(9),
          fc.string({ maxLength: 5 }),
          fc.constantFrom(null, {}, -1, 1.5, 'x'.repeat(500)),
        ),
        method: fc.oneof(
          { weight: 8, arbitrary: fc.constantFrom(...methods) },
          { weight: 1, arbitrary: param },
        ),
        params: fc.oneof(
          { weight: 8, arbitrary: fc.array(param, { maxLength: 10 }) },
          { weight: 1, arbitrary: param },
        ),
        result: fc.oneof(param, fc.array(param, { maxLength: 3 })),
        error: fc.oneof(param, fc.array(param, { maxLength: 3 })),
      },
      { requiredKeys: [] },
    )
    .map((message) => `${JSON.stringify(message)}\n`)
}

/** Pauses between attempts grow, and a rig that says nothing for half an hour is let go. */
async function comeBack(pool: FakePool, rig: FakeRig): Promise<void> {
  await harness.untilReady(pool)
  await rig.call('mining.ping', [])
}

/** A rig that was there all the time works on, at a pool that may have been left meanwhile. */
async function expectAlive(pool: FakePool, rig: FakeRig): Promise<void> {
  pool.drop()
  await harness.untilPhase(pool, 'waiting')
  const known = rig.jobs.length
  await harness.untilReady(pool)
  await until('a fresh job', () => rig.jobs.slice(known).some(({ clean }) => clean))
  const acknowledged = pool.acknowledged
  await rig.mine(2, undefined, { difficulty: pool.difficulty })
  await harness.untilSettled()
  expect(pool.acknowledged).toBe(acknowledged + 2)
  expect(rig.closed).toBe(false)
  harness.expectBalanced()
}

describe('a rig that says anything', () => {
  it('harms nobody else', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool])
    const neighbour = await harness.rigAtWork()
    let wild = await harness.rigAtWork({ user: 'wild' })
    const methods = [
      'mining.submit',
      'mining.configure',
      'mining.subscribe',
      'mining.authorize',
      'mining.suggest_difficulty',
      'mining.suggest_target',
      'mining.extranonce.subscribe',
      'mining.multi_version',
      'mining.get_transactions',
      'mining.ping',
    ]
    for (const line of sample(lines(methods))) {
      wild.write(line)
      await turn()
      if (wild.closed) wild = await harness.rig({ user: 'wild' })
    }
    for (const bytes of sample(fc.uint8Array({ maxLength: 200 }), 100)) {
      wild.write(bytes)
      await turn()
      if (wild.closed) wild = await FakeRig.open({ port: harness.port })
    }
    wild.close()
    await expectAlive(pool, neighbour)
  })
})

describe('a pool that says anything', () => {
  it('in V1 harms nobody', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    const methods = [
      'mining.notify',
      'mining.set_difficulty',
      'mining.set_extranonce',
      'mining.set_version_mask',
      'client.show_message',
      'client.get_version',
      'mining.ping',
    ]
    const notify = fc
      .tuple(
        hex,
        fc.boolean(),
        fc.nat(5),
        fc.constantFrom('20000000', 'ffffffff', '0'),
        fc.constantFrom('00000000', '1d00ffff', 'ff7fffff'),
      )
      .map(
        ([coinb, clean, depth, version, nBits]) =>
          `${JSON.stringify({ id: null, method: 'mining.notify', params: ['x', 'ab'.repeat(32), coinb.replace(/[X ]/g, '').padEnd(20, '0'), '00', Array(depth).fill('cd'.repeat(32)), version, nBits, '65000000', clean] })}\n`,
      )
    for (const line of sample(fc.oneof(lines(methods), notify))) {
      pool.raw(line)
      await turn()
      if (pool.openCount === 0) await comeBack(pool, rig)
    }
    await expectAlive(pool, rig)
  })

  it('in V2 harms nobody', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([pool])
    const rig = await harness.rigAtWork()
    const definitions = [...commonMessages, ...miningMessages].filter(({ name }) => name !== 'Reconnect')
    const message = fc.oneof(...definitions.map((definition) => messagesOf(definition)))
    const frame = fc
      .record({
        extensionId: fc.constantFrom(0, 0, 0, 1, 77),
        messageType: fc.nat(0x30).filter((type) => type !== 4),
        channelMessage: fc.boolean(),
        payload: fc.uint8Array({ maxLength: 300 }),
      })
      .map(encodeFrame)
    for (const content of sample(
      fc.oneof({ weight: 4, arbitrary: message }, { weight: 1, arbitrary: frame }),
    )) {
      if (content instanceof Uint8Array) pool.rawFrame(content)
      else {
        // For our channel, else hardly any of them would mean anything.
        const ours = 'channelId' in content ? { ...content, channelId: 10 + pool.connectionCount } : content
        pool.rawFrame(encodeMessage(ours as unknown as MiningConnectionMessage))
      }
      await turn()
      if (pool.openCount === 0) await comeBack(pool, rig)
    }
    await expectAlive(pool, rig)
  })
})
