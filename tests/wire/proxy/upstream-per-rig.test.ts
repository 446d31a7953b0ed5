/** A line for each rig: the pool shows every rig, and what befalls one does not befall the others. */
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src-main/base/index.ts'
import { createNetLoop, dial } from '../../../src-main/net/index.ts'
import { createDial } from '../../../src-main/proxy/upstream/dial.ts'
import { FakeSv1Pool } from '../../support/proxy/fake-sv1-pool.ts'
import { FakeSv2Pool, GROUP_ID } from '../../support/proxy/fake-sv2-pool.ts'
import { LineHarness, ownerOf, type TestLine } from '../../support/proxy/line-harness.ts'
import { configOf } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'

let harness: LineHarness | undefined
afterEach(async () => {
  await harness?.stop()
  harness = undefined
})

const NAMES = ['x.rig1', 'x.rig2', 'x.rig3']

describe('a line for each rig at a V2 pool', () => {
  it('is a channel on one connection, under the rig name and with an extranonce of its own', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const lines = await harness.openRigs(configOf(pool, { lines: 'per-rig' }), NAMES)
    expect(pool.connectionCount).toBe(1)
    expect(pool.openUsers).toEqual(['farm.rig1', 'farm.rig2', 'farm.rig3'])
    expect(new Set(lines.map(({ job }) => job.extranonce.prefix.join())).size).toBe(3)
    expect(lines.map(({ upstream }) => upstream.lineId)).toEqual(['a/x.rig1', 'a/x.rig2', 'a/x.rig3'])
    for (const line of lines) line.mine(3)
    for (const line of lines) await line.untilSettled()
    expect(pool.shares.map(({ user, refusal }) => `${user} ${refusal}`).sort()).toEqual(
      ['rig1', 'rig2', 'rig3'].flatMap((name) => Array<string>(3).fill(`farm.${name} null`)),
    )
  })

  it('is opened when its rig comes and closed when it leaves, and nobody else notices', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const config = configOf(pool, { lines: 'per-rig' })
    const [first, second] = await harness.openRigs(config, NAMES.slice(0, 2))
    const third = harness.open(config, ownerOf('x.rig3', 5e12))
    await third.untilJob()
    const opened = pool.messages.filter(({ name }) => name === 'OpenExtendedMiningChannel')
    expect(opened.at(-1)).toMatchObject({ userIdentity: 'farm.rig3', nominalHashRate: Math.fround(5e12) })
    first!.upstream.stop()
    await until('the channel to be closed', () => pool.openUsers.length === 2)
    expect(pool.openUsers).toEqual(['farm.rig2', 'farm.rig3'])
    second!.mine(2)
    third.mine(2)
    await second!.untilSettled()
    await third.untilSettled()
    expect([pool.acknowledged, pool.connectionCount]).toEqual([4, 1])
    second!.upstream.stop()
    third.upstream.stop()
    await until('the connection to be closed', () => pool.openCount === 0)
  })

  it('that left before the pool answered leaves no channel behind', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const config = configOf(pool, { lines: 'per-rig' })
    await harness.openRigs(config, ['x.rig1'])
    pool.holdOpens = true
    const hasty = harness.open(config, ownerOf('x.hasty'))
    await until('the request', () => pool.messages.at(-1)?.name === 'OpenExtendedMiningChannel')
    hasty.upstream.stop()
    pool.answerOpens()
    await until('the channel to be closed', () => pool.messages.at(-1)?.name === 'CloseChannel')
    expect(pool.openUsers).toEqual(['farm.rig1'])
    expect(hasty.jobs).toEqual([])
  })

  it('is found by its request, in whatever order the pool answers', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    pool.holdOpens = true
    harness = new LineHarness([pool])
    const config = configOf(pool, { lines: 'per-rig' })
    const lines = NAMES.map((name) => harness!.open(config, ownerOf(name)))
    await until(
      'three requests',
      () => pool.messages.filter(({ name }) => name.startsWith('Open')).length === 3,
    )
    pool.answerOpens()
    for (const line of lines) await line.untilJob()
    expect(pool.openUsers).toEqual(['farm.rig3', 'farm.rig2', 'farm.rig1'])
    for (const [n, line] of lines.entries()) {
      line.mine(1)
      await line.untilSettled()
      expect(pool.shares.at(-1)).toMatchObject({ user: `farm.rig${n + 1}`, refusal: null })
    }
  })

  it('that the pool refuses is refused alone: the others hash, and it tries again in a minute', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    pool.refusedUsers.set('farm.rig2', 'unknown-user')
    harness = new LineHarness([pool])
    const config = configOf(pool, { lines: 'per-rig' })
    const [one, two, three] = NAMES.map((name) => harness!.open(config, ownerOf(name)))
    await one!.untilJob()
    await three!.untilJob()
    await two!.untilPhase('waiting')
    expect(two!.problem).toMatchObject({
      code: 'pool/identity-refused',
      message: expect.stringMatching(/The a does not accept the name farm\.rig2 \(unknown-user\)/) as string,
    })
    expect([one!.phase, three!.phase]).toEqual(['ready', 'ready'])
    one!.mine(1)
    await one!.untilSettled()
    pool.refusedUsers.clear()
    await harness.pass(55_000)
    expect(two!.jobs).toEqual([])
    await harness.pass(5_100)
    await two!.untilJob()
    two!.mine(1)
    await two!.untilSettled()
    expect([pool.acknowledged, pool.connectionCount]).toEqual([2, 1])
  })

  it('that the pool closes is opened again on the same connection, and the others hash on', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const [one, two] = await harness.openRigs(configOf(pool, { lines: 'per-rig' }), NAMES)
    pool.answering = 'held'
    one!.mine(2)
    two!.mine(1)
    await until('the shares', () => pool.shares.length === 3)
    pool.closeChannel('maintenance', 'farm.rig1')
    await one!.untilPhase('waiting')
    expect(one!.problem).toMatchObject({
      code: 'pool/channel-closed',
      message: expect.stringMatching(
        /closed our channel \(maintenance\).* 2 shares had no answer and are lost\./,
      ) as string,
    })
    expect([one!.outcomes, two!.outcomes]).toEqual([['lost', 'lost'], ['pending']])
    pool.release()
    await two!.untilSettled()
    const known = one!.jobs.length
    await harness.passUntil('the channel to be back', () => one!.jobs.length > known)
    one!.mine(1)
    await one!.untilSettled()
    expect(one!.outcomes).toEqual(['lost', 'lost', 'acknowledged'])
    expect(pool.connectionCount).toBe(1)
  })

  it('ends with the connection, as all of them do, and all are opened again', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const lines = await harness.openRigs(configOf(pool, { lines: 'per-rig' }), NAMES)
    pool.answering = 'never'
    for (const line of lines) line.mine(2)
    await until('the shares', () => pool.shares.length === 6)
    pool.drop()
    for (const line of lines) await line.untilPhase('waiting')
    expect(lines.flatMap(({ lostBecause }) => lostBecause)).toEqual(Array(3).fill('the connection ended'))
    pool.answering = 'at-once'
    await harness.passUntil('all to be back', () => lines.every(({ jobs }) => jobs.length === 2))
    for (const line of lines) {
      expect(line.dropped.has(line.jobs[0]!.id)).toBe(true)
      line.mine(1)
    }
    for (const line of lines) await line.untilSettled()
    expect([pool.acknowledged, pool.connectionCount]).toEqual([3, 2])
  })

  it('gets a new prefix of the extranonce without the others (SRI ignores it: sv2-apps 247)', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const [one, two] = await harness.openRigs(configOf(pool, { lines: 'per-rig' }), NAMES)
    const [oldOne, oldTwo] = [one!.job, two!.job]
    pool.setExtranoncePrefix(Uint8Array.of(9, 9, 9, 9), 'farm.rig1')
    pool.sendJob()
    await one!.untilJob(1)
    await two!.untilJob(1)
    expect([...one!.job.extranonce.prefix]).toEqual([9, 9, 9, 9])
    expect(two!.job.extranonce.prefix).toEqual(oldTwo.extranonce.prefix)
    one!.mine(1)
    one!.mine(1, { job: oldOne })
    two!.mine(1)
    await one!.untilSettled()
    await two!.untilSettled()
    expect(pool.acknowledged).toBe(3)
  })

  it('whose key changed is a stop for all of them', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    const config = configOf(pool, { lines: 'per-rig' })
    harness = new LineHarness([pool])
    const lines = await harness.openRigs(config, NAMES)
    await pool.stop()
    const thief = await new FakeSv2Pool({ name: 'thief' }).listen(config.endpoint.port)
    await harness.passUntil('all to be blocked', () => lines.every(({ phase }) => phase === 'blocked'))
    await harness.pass(3_600_000, 600_000)
    expect([thief.connectionCount, thief.messages.length]).toEqual([1, 0])
    expect(lines[0]!.problem?.code).toBe('noise/authority-key-mismatch')
    await thief.stop()
  })
})

describe('a pool that speaks to groups of channels', () => {
  async function started(): Promise<{ pool: FakeSv2Pool; lines: TestLine[] }> {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    pool.groupJobs = true
    harness = new LineHarness([pool])
    return { pool, lines: await harness.openRigs(configOf(pool, { lines: 'per-rig' }), NAMES) }
  }

  async function expectAllMine(pool: FakeSv2Pool, lines: readonly TestLine[]): Promise<void> {
    const before = pool.acknowledged
    for (const line of lines) line.mine(2)
    for (const line of lines) await line.untilSettled()
    expect([pool.acknowledged - before, pool.rejected]).toEqual([2 * lines.length, 0])
  }

  it('reaches every rig with one message: jobs, tips and targets', async () => {
    const { pool, lines } = await started()
    pool.sendJob()
    for (const line of lines) await line.untilJob(1)
    await expectAllMine(pool, lines)
    const old = lines.map(({ job }) => job)
    pool.newTip()
    for (const line of lines) await line.untilJob(2)
    expect(lines.map((line, n) => line.dropped.has(old[n]!.id))).toEqual([true, true, true])
    await expectAllMine(pool, lines)
    pool.send({ name: 'SetTarget', channelId: GROUP_ID, maximumTarget: new Uint8Array(32).fill(0x7f) })
    pool.sendJob()
    for (const line of lines) await line.untilJob(3)
    expect(lines.map(({ job }) => job.target[31])).toEqual([0x7f, 0x7f, 0x7f])
  })

  it('means a rig too that joined after a job for the next block was announced', async () => {
    const { pool, lines } = await started()
    const future = pool.sendFutureJob()
    const late = harness!.open(configOf(pool, { lines: 'per-rig' }), ownerOf('x.late'))
    await late.untilJob()
    pool.activate(future)
    for (const line of [...lines, late]) await line.untilJob(1)
    expect(late.job.upstreamJobId).toBe(String(future.id))
    await expectAllMine(pool, [...lines, late])
  })

  it('can move rigs to another group', async () => {
    const { pool, lines } = await started()
    pool.setGroup(77, ['farm.rig2', 'farm.rig3'])
    pool.sendJob()
    for (const line of lines) await line.untilJob(1)
    await expectAllMine(pool, lines)
    pool.send({ name: 'CloseChannel', channelId: 77, reasonCode: 'shelf off' })
    await lines[1]!.untilPhase('waiting')
    await lines[2]!.untilPhase('waiting')
    expect(lines[0]!.phase).toBe('ready')
  })

  it('has every share of every rig accepted over many jobs and blocks (Braiins Pool rejected many: sv2-apps 402)', async () => {
    const { pool, lines } = await started()
    let sent = 0
    const mineAll = (): void => {
      for (const line of lines) line.mine(1)
      sent += lines.length
    }
    for (let n = 0; n < 12; n++) {
      const known = lines.map(({ jobs }) => jobs.length)
      mineAll()
      if (n === 5) pool.setDifficulty(2e-7)
      // What is on its way when a block comes would rightly be late.
      await until('the shares', () => pool.shares.length === sent)
      if (n % 3 === 2) pool.newTip()
      else pool.sendJob()
      for (const [at, line] of lines.entries()) await line.untilJob(known[at])
      mineAll()
    }
    for (const line of lines) await line.untilSettled()
    expect([pool.acknowledged, pool.rejected]).toEqual([sent, 0])
  })
})

describe('a line for each rig at a V1 pool', () => {
  it('is a connection of its own, under the rig name', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    harness = new LineHarness([pool])
    const lines = await harness.openRigs(configOf(pool, { lines: 'per-rig' }), NAMES)
    expect(pool.connectionCount).toBe(3)
    for (const line of lines) line.mine(2)
    for (const line of lines) await line.untilSettled()
    expect(new Set(pool.shares.map(({ user }) => user))).toEqual(
      new Set(['farm.rig1', 'farm.rig2', 'farm.rig3']),
    )
    expect([pool.acknowledged, pool.rejected]).toEqual([6, 0])
  })

  it('does not fall on the pool with all others at once', async () => {
    const pool = await FakeSv1Pool.start({ name: 'a' })
    let dialling = 0
    let most = 0
    const net = createDial({ loop: createNetLoop(systemClock), trustedCertificates: [], dial })
    harness = new LineHarness([pool], {
      dial: async (...args) => {
        most = Math.max(most, ++dialling)
        try {
          return await net(...args)
        } finally {
          dialling--
        }
      },
    })
    const names = Array.from({ length: 60 }, (_, n) => `x.rig${n}`)
    const lines = await harness.openRigs(configOf(pool, { lines: 'per-rig' }), names)
    expect(most).toBeLessThanOrEqual(4)
    expect(pool.connectionCount).toBe(60)
    lines[30]!.upstream.stop()
    await until('one connection fewer', () => pool.openCount === 59)
  })
})
