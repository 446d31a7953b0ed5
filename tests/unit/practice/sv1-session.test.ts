import { describe, expect, it } from 'vitest'
import { silentLogger, toHex } from '../../../src-main/base/index.ts'
import {
  asBlockHash,
  BIP320_MASK,
  ExtranonceAllocator,
  type Job,
  type JobId,
  targetOfDifficulty,
} from '../../../src-main/mining/index.ts'
import { Sv1Session } from '../../../src-main/practice/sv1-session.ts'
import {
  applyPoolLine,
  startSv1Client,
  type Sv1ClientEvent,
  type Sv1ClientState,
  type Sv1Job,
} from '../../../src-main/sv1/index.ts'
import { findShare, findWeakShare, type FoundShare } from '../../support/practice-mining.ts'
import { manualPool } from '../../support/practice-pool.ts'

interface Reply {
  id: number | null
  method?: string
  params?: unknown[]
  result?: unknown
  error?: [number, string, null] | null
}

function bench(options: Parameters<typeof manualPool>[0] & { extranonce2Size?: number } = {}) {
  const manual = manualPool(options)
  const session = new Sv1Session({
    pool: manual.pool,
    log: silentLogger,
    extranonces: new ExtranonceAllocator(4),
    extranonce2Size: options.extranonce2Size ?? 8,
  })
  const ask = (id: number, method: string, ...params: unknown[]): Reply[] =>
    parse(session.receive(JSON.stringify({ id, method, params })).send)
  return { ...manual, session, ask }
}

const parse = (lines: readonly string[]): Reply[] => lines.map((line) => JSON.parse(line) as Reply)
const errorOf = ([reply]: Reply[]): number | undefined => reply?.error?.[0]

/** Greets as our own client does, and follows what comes back. */
function greet(session: Sv1Session, versionRollingMask = BIP320_MASK) {
  const events: Sv1ClientEvent[] = []
  let state: Sv1ClientState
  const carry = (step: ReturnType<typeof applyPoolLine>): void => {
    state = step.state
    events.push(...step.events)
    for (const line of step.send) hear(session.receive(line.trim()).send)
  }
  const hear = (lines: readonly string[]): void => {
    for (const line of lines) carry(applyPoolLine(state, line.trim()))
  }
  const start = startSv1Client({
    host: '127.0.0.1',
    userAgent: 'test',
    user: 'practice.test',
    password: 'x',
    versionRollingMask,
    minBitCount: 2,
    subscribeExtranonce: false,
    suggestDifficulty: null,
    resumeSession: null,
  })
  carry(start)
  const jobs = (): Sv1Job[] => events.flatMap((event) => (event.kind === 'job' ? [event.job] : []))
  return { events, hear, jobs, lastJob: () => jobs().at(-1)! }
}

function jobOf({ notify, difficulty, extranonce1, extranonce2Size }: Sv1Job): Job {
  return {
    id: 1 as JobId,
    upstreamJobId: notify.jobId,
    tip: { prevHash: asBlockHash(notify.prevHash), nBits: notify.nBits, minNtime: notify.ntime },
    version: notify.version,
    versionRollingMask: 0,
    ntime: notify.ntime,
    coinbasePrefix: notify.coinb1,
    coinbaseSuffix: notify.coinb2,
    merklePath: notify.merkleBranches,
    extranonce: { prefix: extranonce1, rollableSize: extranonce2Size },
    target: targetOfDifficulty(difficulty),
    cleanJobs: notify.cleanJobs,
    receivedAtMs: 0,
  }
}

const hex8 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0')

function submitParams(job: Sv1Job, share: FoundShare, versionBits?: string): unknown[] {
  const params = [
    'practice.test',
    job.notify.jobId,
    toHex(share.rollable),
    hex8(share.ntime),
    hex8(share.nonce),
  ]
  return versionBits === undefined ? params : [...params, versionBits]
}

describe('the greeting', () => {
  it('ends with a difficulty and a clean job, whichever of its halves comes last', () => {
    for (const order of [
      ['mining.subscribe', 'mining.authorize'],
      ['mining.authorize', 'mining.subscribe'],
    ]) {
      const { ask, session } = bench()
      expect(ask(1, order[0]!, 'practice.test', 'x').map(({ id }) => id)).toEqual([1])
      const replies = ask(2, order[1]!, 'practice.test', 'x')
      expect(replies.map(({ method }) => method)).toEqual([
        undefined,
        'mining.set_difficulty',
        'mining.notify',
      ])
      expect(replies[2]?.params?.at(-1)).toBe(true)
      expect(session.isOpen).toBe(true)
    }
  })

  it('grants the extranonce2 size of the pool and a different extranonce1 to each', () => {
    const { ask, pool } = bench({ extranonce2Size: 4 })
    const [reply] = ask(1, 'mining.subscribe', 'test')
    const [, extranonce1, size] = reply?.result as [unknown, string, number]
    expect(extranonce1).toMatch(/^[0-9a-f]{8}$/)
    expect(size).toBe(4)
    expect(pool.accountCount).toBe(0)
  })

  it('is understood by our own client', () => {
    const { session } = bench()
    const { events, lastJob } = greet(session)
    expect(events.map(({ kind }) => kind).filter((kind) => kind !== 'difficulty')).toEqual(['open', 'job'])
    expect(lastJob()).toMatchObject({ difficulty: 1e-7, extranonce2Size: 8, versionMask: BIP320_MASK })
  })

  it('refuses a name that the pool does not know', () => {
    const { ask, session } = bench({ knowsUser: (name) => name === 'me' })
    ask(1, 'mining.subscribe', 'test')
    expect(errorOf(ask(2, 'mining.authorize', 'you', 'x'))).toBe(24)
    expect(session.isOpen).toBe(false)
    expect(ask(3, 'mining.authorize', 'me', 'x').at(-1)?.method).toBe('mining.notify')
  })

  it('negotiates no more version bits than both can, and none where the pool fixes versions', () => {
    const configure = [['version-rolling'], { 'version-rolling.mask': 'ffffffff' }]
    expect(bench().ask(1, 'mining.configure', ...configure)[0]?.result).toEqual({
      'version-rolling': true,
      'version-rolling.mask': '1fffe000',
    })
    expect(bench({ versionRollingMask: 0 }).ask(1, 'mining.configure', ...configure)[0]?.result).toEqual({
      'version-rolling': false,
    })
  })
})

describe('shares', () => {
  it('are accepted, with and without rolled bits', () => {
    const { session, ask, pool } = bench()
    const job = greet(session).lastJob()
    const { version } = job.notify
    const plain = findShare(jobOf(job))
    const rolled = findShare(jobOf(job), { version: version | 0x0000_6000 })
    expect(ask(20, 'mining.submit', ...submitParams(job, plain, '00000000'))).toEqual([
      { id: 20, result: true, error: null },
    ])
    expect(ask(21, 'mining.submit', ...submitParams(job, rolled, '00006000'))[0]?.result).toBe(true)
    expect(pool.totals).toMatchObject({ submitted: 2, accepted: 2 })
  })

  it('without bits count as made with the version of the job', () => {
    const { session, ask } = bench()
    const job = greet(session).lastJob()
    const share = findShare(jobOf(job))
    expect(ask(20, 'mining.submit', ...submitParams(job, share))[0]?.result).toBe(true)
  })

  type Spoil = (params: unknown[]) => unknown[]
  const with_ =
    (index: number, value: unknown): Spoil =>
    (params) =>
      params.with(index, value)
  const refusals: [string, Spoil, number, string][] = [
    ['for a job that is not there', with_(1, 'ffff'), 21, 'invalid-job-id'],
    ['for a job whose name is none of ours', with_(1, 'no such'), 21, 'invalid-job-id'],
    ['with an extranonce2 of another length', with_(2, '00'), 20, 'bad-extranonce-size'],
    ['from before their job', with_(3, '00000001'), 20, 'invalid-share'],
    ['by a name that was not authorised', with_(0, 'somebody'), 24, 'unauthorized'],
    [
      'with bits outside the mask',
      (params) => [...params, '00000001'],
      20,
      'invalid-non-rollable-version-bit',
    ],
  ]
  it.each(refusals)('%s are refused', (_what, spoil, code, reason) => {
    const { session, ask, pool } = bench()
    const job = greet(session).lastJob()
    const params = submitParams(job, findShare(jobOf(job)))
    expect(errorOf(ask(20, 'mining.submit', ...spoil(params)))).toBe(code)
    expect(pool.totals.rejectReasons).toEqual({ [reason]: 1 })
  })

  it('with rolled bits are refused where rolling was not negotiated', () => {
    const { session, ask } = bench()
    const job = greet(session, 0).lastJob()
    const share = findShare(jobOf(job), { version: job.notify.version | 0x2000 })
    expect(errorOf(ask(20, 'mining.submit', ...submitParams(job, share, '00002000')))).toBe(20)
  })

  it('that are too weak, repeated or stale are refused with the conventional codes', () => {
    const { session, ask, chain } = bench()
    const { lastJob, hear } = greet(session)
    const job = lastJob()
    const good = submitParams(job, findShare(jobOf(job)))
    const weak = submitParams(job, findWeakShare(jobOf(job)))
    expect(errorOf(ask(20, 'mining.submit', ...weak))).toBe(23)
    expect(errorOf(ask(21, 'mining.submit', ...good))).toBeUndefined()
    expect(errorOf(ask(22, 'mining.submit', ...good))).toBe(22)
    chain.foreignBlock()
    hear(session.offer({ ...chain.template, cleanJobs: true }).send)
    expect(errorOf(ask(23, 'mining.submit', ...good))).toBe(21)
    const next = lastJob()
    expect(ask(24, 'mining.submit', ...submitParams(next, findShare(jobOf(next))))[0]?.result).toBe(true)
  })

  it('before subscribing or authorising are refused', () => {
    const { ask, pool } = bench()
    const params = ['practice.test', '1', '0000000000000000', '00000000', '00000000']
    expect(errorOf(ask(1, 'mining.submit', ...params))).toBe(25)
    ask(2, 'mining.subscribe', 'test')
    expect(errorOf(ask(3, 'mining.submit', ...params))).toBe(24)
    expect(pool.totals.rejectReasons).toEqual({ 'not-subscribed': 1, unauthorized: 1 })
  })

  it('that are blocks move the chain', () => {
    const { session, ask, chain } = bench({ networkDifficulty: 1e-8 })
    const job = greet(session).lastJob()
    ask(20, 'mining.submit', ...submitParams(job, findShare(jobOf(job))))
    expect(chain.height).toBe(1_001)
  })
})

describe('jobs', () => {
  it('follow a template without making older ones worthless, unless the tip changed', () => {
    const { session, chain } = bench()
    const { hear, jobs } = greet(session)
    hear(session.offer({ ...chain.template, cleanJobs: false }).send)
    hear(session.offer({ ...chain.template, cleanJobs: true }).send)
    expect(jobs().map(({ notify }) => notify.cleanJobs)).toEqual([true, false, true])
    expect(new Set(jobs().map(({ notify }) => notify.jobId)).size).toBe(3)
  })

  it('come with a new difficulty when shares come too fast', () => {
    const { session, ask, clock } = bench()
    const { hear, lastJob } = greet(session)
    const job = lastJob()
    let fromNonce = 0
    for (let i = 0; i < 60; i++) {
      clock.advance(50)
      const share = findShare(jobOf(job), { fromNonce })
      fromNonce = share.nonce + 1
      ask(100 + i, 'mining.submit', ...submitParams(job, share))
    }
    hear(session.tick().send)
    expect(lastJob().difficulty).toBeGreaterThan(1e-7)
    expect(lastJob().notify.cleanJobs).toBe(false)
    expect(session.tick().send).toEqual([])
  })

  it('come at once with the difficulty a rig suggests', () => {
    const { session, ask } = bench()
    const { hear, lastJob } = greet(session)
    const output = ask(9, 'mining.suggest_difficulty', 0.001)
    hear(output.slice(1).map((line) => JSON.stringify(line)))
    expect(lastJob().difficulty).toBe(0.001)
    expect(ask(10, 'mining.suggest_difficulty', 0)).toEqual([{ id: 10, result: true, error: null }])
    expect(ask(11, 'mining.suggest_target', 'ff'.repeat(32)).length).toBeGreaterThan(1)
  })
})

describe('other requests', () => {
  it('are answered', () => {
    const { ask } = bench()
    expect(ask(1, 'mining.extranonce.subscribe')[0]?.result).toBe(true)
    expect(ask(2, 'mining.ping')[0]?.result).toBe('pong')
    expect(ask(3, 'mining.get_transactions', '1')[0]?.result).toEqual([])
    expect(errorOf(ask(4, 'mining.make_coffee'))).toBe(20)
  })

  it('that make no sense are refused, and ten in a row end the connection', () => {
    const { session } = bench()
    const line = '{"id":1,"method":"mining.authorize","params":[{}]}'
    const outputs = Array.from({ length: 10 }, () => session.receive(line))
    expect(outputs.map(({ close }) => close === null)).toEqual([...new Array<boolean>(9).fill(true), false])
  })

  it('that are no JSON end the connection with a reason', () => {
    const { session } = bench()
    const output = session.receive('GET / HTTP/1.1')
    expect(errorOf(parse(output.send))).toBe(20)
    expect(output.close).toMatch(/JSON/)
  })
})

it('gives everything back at the end', () => {
  const { session, pool, ask } = bench()
  greet(session)
  expect(pool.accountCount).toBe(1)
  session.end()
  expect(pool.accountCount).toBe(0)
  expect(ask(50, 'mining.ping')).toEqual([])
})
