/** Switches that cannot go smoothly: late shares, rigs that do not fit, pools that fail, people who change their mind. */
import { afterEach, describe, expect, it } from 'vitest'
import { equalBytes, systemEntropy } from '../../../src-main/base/index.ts'
import { generateAuthorityKeyPair } from '../../../src-main/sv2/index.ts'
import { EASY } from '../../support/proxy/fake-pool.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { configOf, ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: ProxyHarness | undefined
afterEach(async () => {
  await harness?.stop()
  harness = undefined
})

const errorsOf = (replies: readonly { error: unknown }[]): unknown[] => replies.map(({ error }) => error)

describe('shares of the pool that was left', () => {
  it('still go to it while its connection lives, and are stale afterwards', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    const b = await FakeSv2Pool.start({ name: 'b' })
    harness = await ProxyHarness.start([a, b])
    const rig = await harness.rigAtWork()
    const oldJob = rig.lastJob
    await harness.engine.activate('b')
    await until('the job of b', () => rig.lastJob !== oldJob)
    expect(errorsOf(await rig.mine(2, oldJob))).toEqual([null, null])
    await until('a to acknowledge', () => a.acknowledged === 2)
    await harness.pass(29_000)
    expect(errorsOf(await rig.mine(1, oldJob))).toEqual([null])
    await harness.untilSettled()
    expect(a.acknowledged).toBe(3)
    await harness.pass(2000)
    await until('a to be left', () => a.openCount === 0)
    const [late] = await rig.mine(1, oldJob)
    expect(late?.error?.[0]).toBe(21)
    expect(late?.error?.[1]).toMatch(/^Stale share/)
    expect(rig.closed).toBe(false)
    expect(harness.expectBalanced().counts).toMatchObject({ acknowledged: 3, stale: 1, lost: 0 })
  })

  it('are counted lost when it answers no more before its connection is given up', async () => {
    const a = await FakeSv2Pool.start({ name: 'a' })
    const b = await FakeSv1Pool.start({ name: 'b' })
    harness = await ProxyHarness.start([a, b])
    const rig = await harness.rigAtWork()
    a.answering = 'never'
    await rig.mine(2)
    await harness.engine.activate('b')
    expect(harness.counts(a)).toMatchObject({ valid: 2, pending: 2 })
    await harness.pass(31_000)
    expect(harness.counts(a)).toMatchObject({ valid: 2, pending: 0, lost: 2 })
    harness.expectBalanced()
  })

  it('are acknowledged late, after the switch', async () => {
    const a = await FakeSv2Pool.start({ name: 'a' })
    const b = await FakeSv1Pool.start({ name: 'b' })
    harness = await ProxyHarness.start([a, b])
    const rig = await harness.rigAtWork()
    a.answering = 'held'
    await rig.mine(2)
    await harness.engine.activate('b')
    await until('the shares to reach a', () => a.shares.length === 2)
    a.release()
    await harness.untilSettled()
    expect(harness.expectBalanced().counts).toMatchObject({ acknowledged: 2, lost: 0 })
  })
})

describe('a rig whose extranonce does not fit the new pool', () => {
  it('is told a new one if it asked for that, and otherwise comes back for one', async () => {
    const a = await FakeSv1Pool.start({ name: 'a', rollableSize: 8 })
    const b = await FakeSv1Pool.start({ name: 'b', rollableSize: 4 })
    // Nothing is known of b: it turns out to grant less than any pool was thought to.
    harness = await ProxyHarness.start([a, b], { configOf: () => ({ knownRollableSize: 8 }) })
    const able = await harness.rigAtWork({ user: 'able', extranonceSubscribe: true })
    const unable = await harness.rigAtWork({ user: 'unable' })
    const oldJob = able.lastJob
    expect(able.extranonce2Size).toBe(4)
    const { downstreams } = await harness.engine.activate('b')
    expect(downstreams).toEqual({ total: 2, seamless: 0, setExtranonce: 1, reconnected: 1 })
    await until('the new job', () => able.lastJob !== oldJob)
    expect(able.lastJob.extranonce2Size).toBe(2)
    expect(errorsOf(await able.mine(2))).toEqual([null, null])
    // On its way when the extranonce changed: hashed with the old one, for the old pool.
    expect(errorsOf(await able.mine(1, oldJob))).toEqual([null])
    await until('the other to be let go', () => unable.closed)
    const back = await harness.rigAtWork({ user: 'unable' })
    expect(errorsOf(await back.mine(2))).toEqual([null, null])
    await harness.untilSettled()
    expect([a.acknowledged, b.acknowledged]).toEqual([1, 4])
    expect(able.closed).toBe(false)
    harness.expectBalanced()
    harness.expectPoolsAgree()
    const again = await harness.engine.activate('a')
    expect(again.downstreams).toEqual({ total: 2, seamless: 2, setExtranonce: 0, reconnected: 0 })
  })

  it('is not sent away for a pool that leaves no room for any rig: the switch fails instead', async () => {
    const a = await FakeSv1Pool.start({ name: 'a', rollableSize: 8 })
    const b = await FakeSv1Pool.start({ name: 'b', rollableSize: 1 })
    harness = await ProxyHarness.start([a, b], { configOf: () => ({ knownRollableSize: 8 }) })
    const rig = await harness.rigAtWork()
    await expect(harness.engine.activate('b')).rejects.toMatchObject({
      code: 'extranonce/no-room',
      message: expect.stringMatching(/The b grants only 1 byte of extranonce/) as string,
    })
    expect(errorsOf(await rig.mine(2))).toEqual([null, null])
    await until('b to be left', () => b.openCount === 0)
    // And whoever connects now is not shut out on its account.
    const other = await harness.rigAtWork({ user: 'other' })
    expect(errorsOf(await other.mine(1))).toEqual([null])
    await harness.untilSettled()
    expect(a.acknowledged).toBe(3)
    expect(harness.expectBalanced().activePoolId).toBe('a')
  })
})

describe('a switch that fails', () => {
  /** Rigs go on at pool a as if nothing had been tried. */
  async function expectUntouched(
    attempt: Promise<unknown>,
    a: FakeSv1Pool,
    expected: { code: string; message: RegExp },
  ): Promise<void> {
    const { code, message } = expected
    await expect(attempt).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
    const [rig] = harness!.rigs
    // As time passes the rig may be told an easier difficulty, with the same job; never another job.
    expect(rig!.jobs.slice(1).every(({ coinb1 }) => equalBytes(coinb1, rig!.jobs[0]!.coinb1))).toBe(true)
    a.release()
    expect(errorsOf(await rig!.mine(2, rig!.lastJob, { difficulty: EASY }))).toEqual([null, null])
    await harness!.untilSettled()
    expect(a.acknowledged).toBe(4)
    const { activePoolId, counts } = harness!.expectBalanced()
    expect(activePoolId).toBe('a')
    expect(counts).toMatchObject({ acknowledged: 4, lost: 0, stale: 0 })
    harness!.expectPoolsAgree()
  }

  /** A rig at pool a, with two shares on their way. */
  async function startAtA(b: FakeSv1Pool | FakeSv2Pool, bConfig: object = {}): Promise<FakeSv1Pool> {
    const a = await FakeSv1Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([a, b], { configOf: (pool) => (pool === b ? bConfig : {}) })
    const rig = await harness.rigAtWork()
    a.answering = 'held'
    await rig.mine(2)
    await until('the shares to reach a', () => a.shares.length === 2)
    return a
  }

  it('because nobody listens there', async () => {
    const b = await FakeSv1Pool.start({ name: 'b' })
    const a = await startAtA(b)
    await b.stop()
    const attempt = harness!.engine.activate('b')
    await expectUntouched(attempt, a, { code: 'connect/refused', message: /nothing listens there/ })
    expect(harness!.poolStatus(b).state).toMatchObject({
      phase: 'blocked',
      problem: { code: 'connect/refused' },
    })
  })

  it('because the pool shows another key', async () => {
    const b = await FakeSv2Pool.start({ name: 'b' })
    const authorityKey = generateAuthorityKeyPair(systemEntropy).publicKey
    const a = await startAtA(b, {
      endpoint: {
        protocol: 'stratum-v2',
        transport: 'tcp',
        path: '',
        host: '127.0.0.1',
        port: b.port,
        authorityKey,
      },
    })
    const attempt = harness!.engine.activate('b')
    const message = /The b: .*not signed by the authority key/
    await expectUntouched(attempt, a, { code: 'noise/authority-key-mismatch', message })
  })

  it.each(['subscribe', 'authorize'] as const)(
    'because a V1 pool does not answer mining.%s',
    async (step) => {
      const b = await FakeSv1Pool.start({ name: 'b' })
      b.muteFrom = step
      const a = await startAtA(b)
      const attempt = harness!.engine.activate('b')
      attempt.catch(() => {})
      await until('the request', () => b.requests.some(({ method }) => method === `mining.${step}`))
      await harness!.pass(16_000)
      const message = new RegExp(
        `The b accepted the connection but sent no answer to mining.${step} within 15 s`,
      )
      await expectUntouched(attempt, a, { code: 'pool/no-answer', message })
    },
  )

  it.each(['handshake', 'setup', 'open'] as const)('because a V2 pool falls silent at %s', async (step) => {
    const b = await FakeSv2Pool.start({ name: 'b' })
    b.muteFrom = step
    const a = await startAtA(b)
    const attempt = harness!.engine.activate('b')
    attempt.catch(() => {})
    const asked = { handshake: '', setup: 'SetupConnection', open: 'OpenExtendedMiningChannel' }[step]
    await until('the request', () =>
      asked === '' ? b.connectionCount === 1 : b.messages.some(({ name }) => name === asked),
    )
    await harness!.pass(16_000)
    const what = asked === '' ? 'handshake within 10 s' : `answer to ${asked} within 15 s`
    const message = new RegExp(`The b accepted the connection but sent no ${what}`)
    await expectUntouched(attempt, a, { code: 'pool/no-answer', message })
  })

  it.each(['V1', 'V2'])('because a %s pool never gives a job', async (kind) => {
    const b = await (kind === 'V1' ? FakeSv1Pool : FakeSv2Pool).start({ name: 'b' })
    b.muteFrom = 'job'
    const a = await startAtA(b)
    const attempt = harness!.engine.activate('b')
    attempt.catch(() => {})
    await until('b to be spoken to', () => b.openCount === 1)
    await harness!.pass(31_000, 1000)
    const message = /The b gave no job within 30 s, so the rigs stay where they are/
    await expectUntouched(attempt, a, { code: 'pool/no-job', message })
    await until('b to be left', () => b.openCount === 0)
  })

  it('because the account is refused', async () => {
    const b = await FakeSv1Pool.start({ name: 'b' })
    b.refuseUser = 'no such account'
    const a = await startAtA(b)
    const attempt = harness!.engine.activate('b')
    const message = /The b does not accept the name farm.worker \(no such account\): check the account/
    await expectUntouched(attempt, a, { code: 'pool/identity-refused', message })
  })

  it('because the pool was deleted meanwhile', async () => {
    const b = await FakeSv1Pool.start({ name: 'b' })
    b.muteFrom = 'job'
    const a = await startAtA(b)
    const attempt = harness!.engine.activate('b')
    attempt.catch(() => {})
    harness!.engine.setPools([configOf(a)])
    await expectUntouched(attempt, a, { code: 'pool/unknown', message: /There is no such pool/ })
  })

  it('is tried anew with the corrected address when the pool is edited meanwhile', async () => {
    const wrong = await FakeSv1Pool.start({ name: 'b' })
    wrong.muteFrom = 'subscribe'
    const right = await FakeSv1Pool.start({ name: 'b' })
    const a = await startAtA(wrong)
    const attempt = harness!.engine.activate('b')
    await until('the wrong address to be tried', () => wrong.openCount === 1)
    harness!.engine.setPools([configOf(a), configOf(right)])
    expect((await attempt).downstreams.seamless).toBe(1)
    await until('the wrong address to be left', () => wrong.openCount === 0)
    await Promise.all([wrong.stop(), right.stop()])
  })

  it('for a pool that does not exist or is disabled', async () => {
    const b = await FakeSv1Pool.start({ name: 'b' })
    const a = await startAtA(b, { enabled: false })
    await expect(harness!.engine.activate('c')).rejects.toMatchObject({ code: 'pool/unknown' })
    const message = /The b is disabled: enable it/
    await expectUntouched(harness!.engine.activate('b'), a, { code: 'pool/disabled', message })
  })
})

describe('a person who changes their mind', () => {
  it('gets the last pool asked for; the one in between is told that another switch came', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    const b = await FakeSv2Pool.start({ name: 'b' })
    const c = await FakeSv1Pool.start({ name: 'c' })
    b.muteFrom = 'open'
    harness = await ProxyHarness.start([a, b, c])
    const rig = await harness.rigAtWork()
    const toB = harness.engine.activate('b')
    const refusal = expect(toB).rejects.toMatchObject({ code: 'pool/switch-superseded' })
    const toC = await harness.engine.activate('c')
    await refusal
    expect(toC.downstreams.seamless).toBe(1)
    await until('the job of c', () => rig.jobs.length === 2)
    await rig.mine(2)
    await harness.untilSettled()
    expect(c.acknowledged).toBe(2)
    await until('b to be left', () => b.openCount === 0)
    harness.expectBalanced()
  })

  it('and stays at the present pool', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    const b = await FakeSv2Pool.start({ name: 'b' })
    b.muteFrom = 'open'
    harness = await ProxyHarness.start([a, b])
    const rig = await harness.rigAtWork()
    const toB = harness.engine.activate('b')
    const refusal = expect(toB).rejects.toMatchObject({ code: 'pool/switch-superseded' })
    const toA = await harness.engine.activate('a')
    await refusal
    expect(toA.downstreams).toEqual({ total: 1, seamless: 1, setExtranonce: 0, reconnected: 0 })
    expect(rig.jobs).toHaveLength(1)
    await rig.mine(1)
    await harness.untilSettled()
    expect(a.acknowledged).toBe(1)
  })

  it('and goes back at once: rigs that start their counters anew do no work twice', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    const b = await FakeSv2Pool.start({ name: 'b' })
    harness = await ProxyHarness.start([a, b])
    const rig = await harness.rigAtWork({ restartsCounter: 'with-clean-jobs' })
    expect(errorsOf(await rig.mine(3))).toEqual([null, null, null])
    for (const [n, pool] of ['b', 'a', 'b', 'a'].entries()) {
      // Within a second, and after some.
      await harness.pass(n < 2 ? 10 : 1000)
      await harness.engine.activate(pool)
      await until('the next job', () => rig.jobs.filter(({ clean }) => clean).length === n + 2)
      expect(errorsOf(await rig.mine(3, undefined, { difficulty: EASY }))).toEqual([null, null, null])
    }
    await harness.untilSettled()
    expect([a.acknowledged, b.acknowledged]).toEqual([9, 6])
    expect([a.connectionCount, b.connectionCount]).toEqual([1, 1])
    expect(harness.expectBalanced().counts.duplicate).toBe(0)
  })

  it('finds the pool connected anew when it was lost and is chosen again', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([a])
    const rig = await harness.rigAtWork()
    a.drop()
    await harness.untilPhase(a, 'waiting')
    // No time passes: the pause before the next attempt is not over.
    await harness.engine.activate('a')
    await until('the next job', () => rig.jobs.length === 2)
    expect(errorsOf(await rig.mine(1))).toEqual([null])
    await harness.untilSettled()
    expect(a.acknowledged).toBe(1)
  })
})

describe('a change of the list of pools', () => {
  it('in name alone is not noticed by pool or rigs', async () => {
    const a = await FakeSv2Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([a])
    const rig = await harness.rigAtWork()
    harness.engine.setPools([configOf(a, { name: 'Another name' })])
    await rig.mine(1)
    await harness.untilSettled()
    expect([a.acknowledged, a.connectionCount, rig.jobs.length]).toEqual([1, 1, 1])
  })

  it('in the account of the pool in use connects anew and keeps the rigs', async () => {
    const a = await FakeSv2Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([a])
    const rig = await harness.rigAtWork()
    const before = rig.lastJob
    harness.engine.setPools([configOf(a, { userIdentity: 'farm.other' })])
    await until('the next job', () => rig.lastJob !== before)
    expect(rig.lastJob.clean).toBe(true)
    expect(errorsOf(await rig.mine(2))).toEqual([null, null])
    expect((await rig.mine(1, before))[0]?.error?.[1]).toBe('Stale share: the pool was changed')
    await harness.untilSettled()
    expect(a.shares.map(({ user }) => user)).toEqual(['farm.other', 'farm.other'])
    await until('the old connection to end', () => a.openCount === 1)
    expect(rig.closed).toBe(false)
  })

  it('that takes the pool in use away leaves rigs connected with nothing to earn, until there is another', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    const b = await FakeSv2Pool.start({ name: 'b' })
    harness = await ProxyHarness.start([a, b])
    const rig = await harness.rigAtWork()
    const before = rig.lastJob
    harness.engine.setPools([configOf(b)])
    await until('a to be left', () => a.openCount === 0)
    expect(harness.engine.currentJob()).toBeNull()
    expect(harness.report().activePoolId).toBeNull()
    expect((await rig.mine(1, before))[0]?.error?.[0]).toBe(21)
    const late = await harness.rig({ user: 'late' })
    await late.call('mining.ping', [])
    expect(late.jobs).toEqual([])
    await harness.engine.activate('b')
    await until('the job of b', () => rig.lastJob !== before && late.jobs.length === 1)
    expect(errorsOf(await rig.mine(1))).toEqual([null])
    expect(errorsOf(await late.mine(1))).toEqual([null])
  })

  it('that adds the first pool puts the rigs that wait to work', async () => {
    const a = await FakeSv1Pool.start({ name: 'a' })
    harness = await ProxyHarness.start([], { active: null })
    const rig = await harness.rig()
    expect((await rig.call('mining.submit', ['rig', '100', '00000000', '0', '0'])).error?.[0]).toBe(21)
    harness.engine.setPools([configOf(a)], 'a')
    await rig.firstJob()
    expect(errorsOf(await rig.mine(1))).toEqual([null])
    await harness.untilSettled()
    expect(a.acknowledged).toBe(1)
    await a.stop()
  })
})

describe('rigs that hash without a pause', () => {
  it('lose nothing over many switches', async () => {
    const pools = [
      await FakeSv1Pool.start({ name: 'a', rollableSize: 8 }),
      await FakeSv2Pool.start({ name: 'b', rollableSize: 16 }),
      await FakeSv1Pool.start({ name: 'c', rollableSize: 4 }),
    ]
    harness = await ProxyHarness.start(pools)
    const rigs = [
      await harness.rigAtWork({ user: 'one', versionMask: 0x1fffe000 }),
      await harness.rigAtWork({ user: 'two' }),
      await harness.rigAtWork({ user: 'three', ids: 'string' }),
    ]
    for (const rig of rigs) rig.hash()
    for (const name of ['b', 'c', 'a', 'c', 'b', 'a']) {
      const before = rigs.map((rig) => rig.jobs.length)
      const { downstreams } = await harness.engine.activate(name)
      expect(downstreams).toMatchObject({ total: 3, seamless: 3 })
      await until('the job', () => rigs.every((rig, n) => rig.jobs.length > before[n]!))
      const pool = pools.find((candidate) => candidate.name === name)!
      const acknowledged = pool.acknowledged
      await until('shares at the new pool', () => pool.acknowledged > acknowledged + 3)
      await harness.pass(2000)
    }
    for (const rig of rigs) await rig.rest()
    await harness.untilSettled()
    const { counts } = harness.expectBalanced()
    harness.expectPoolsAgree()
    expect(counts).toMatchObject({ rejected: 0, lost: 0, stale: 0, duplicate: 0, invalid: 0 })
    expect(counts.acknowledged).toBeGreaterThan(20)
    expect(pools.flatMap((pool) => pool.shares.filter(({ refusal }) => refusal !== null))).toEqual([])
    expect(rigs.every((rig) => !rig.closed)).toBe(true)
  })
})
