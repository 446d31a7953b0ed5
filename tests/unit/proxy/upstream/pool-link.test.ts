import { describe, expect, it } from 'vitest'
import { microtasks, pretendConfig, ProxyMiddle } from '../../../support/proxy/pretend-pools.ts'

const END = { code: 'pool/test', message: 'gone' } as const

async function started(): Promise<ProxyMiddle> {
  const middle = new ProxyMiddle()
  middle.switchboard.start([pretendConfig('a')], 'a')
  await microtasks()
  return middle
}

const stateOf = (middle: ProxyMiddle): string => middle.switchboard.slot('a')!.upstream.state.phase
const sessionsOf = (middle: ProxyMiddle): number => middle.sessions.get('a')?.length ?? 0

describe('a pool connection', () => {
  it('is connecting until the first job, then ready', async () => {
    const middle = await started()
    expect(stateOf(middle)).toBe('connecting')
    middle.session('a')!.job(true, 8)
    expect(stateOf(middle)).toBe('ready')
  })

  it('comes back after growing pauses, and at once for a person who asks', async () => {
    const middle = await started()
    // Entropy of zeros: the whole pause each time.
    for (const [n, pauseMs] of [500, 1000, 2000, 4000].entries()) {
      middle.session('a')!.parts.events.onEnd(END)
      expect(stateOf(middle)).toBe('waiting')
      middle.clock.advance(pauseMs - 1)
      await microtasks()
      expect(sessionsOf(middle)).toBe(n + 1)
      middle.clock.advance(1)
      await microtasks()
      expect(sessionsOf(middle)).toBe(n + 2)
    }
    middle.session('a')!.parts.events.onEnd(END)
    const attempt = middle.switchboard.activate('a')
    await microtasks()
    expect(sessionsOf(middle)).toBe(6)
    middle.session('a')!.job(true, 8)
    await attempt
    middle.clock.advance(60_000)
    await microtasks()
    expect(sessionsOf(middle)).toBe(6)
  })

  it('that is blocked waits for a person, and tries again when one asks', async () => {
    const middle = await started()
    middle.session('a')!.parts.events.onEnd({ ...END, blocked: true })
    middle.clock.advance(24 * 3_600_000)
    await microtasks()
    expect([stateOf(middle), sessionsOf(middle)]).toEqual(['blocked', 1])
    const attempt = middle.switchboard.activate('a')
    await microtasks()
    middle.session('a')!.job(true, 8)
    await attempt
    expect(stateOf(middle)).toBe('ready')
  })

  it('is made again at once, in another way, if the session says so; also in the middle of a switch', async () => {
    const middle = await started()
    middle.session('a')!.job(true, 8)
    middle.switchboard.setPools([pretendConfig('a'), pretendConfig('b')], null)
    const attempt = middle.switchboard.activate('b')
    await microtasks()
    middle.session('b')!.parts.events.onEnd({ ...END, again: true })
    await microtasks()
    middle.session('b')!.job(true, 8)
    await expect(attempt).resolves.toMatchObject({ downstreams: { total: 0 } })
  })

  it('follows where the pool sends it, a few times, and then starts from the beginning', async () => {
    const middle = await started()
    const hosts: string[] = []
    for (let n = 0; n < 8; n++) {
      const session = middle.session('a')!
      hosts.push(session.parts.config.endpoint.host)
      session.parts.events.onEnd({ code: 'pool/reconnect', message: 'x', moveTo: { host: `h${n}`, port: 1 } })
      middle.clock.advance(60_000)
      await microtasks()
    }
    expect(hosts.slice(0, 5)).toEqual(['pool.example', 'h0', 'h1', 'h2', 'h3'])
    expect(hosts[5]).toBe('pool.example')
  })

  it('that the pool sends elsewhere is no failed switch', async () => {
    const middle = await started()
    middle.session('a')!.job(true, 8)
    middle.switchboard.setPools([pretendConfig('a'), pretendConfig('b')], null)
    const attempt = middle.switchboard.activate('b')
    await microtasks()
    middle
      .session('b')!
      .parts.events.onEnd({ code: 'pool/reconnect', message: 'x', moveTo: { host: 'h', port: 1 } })
    middle.clock.advance(1000)
    await microtasks()
    middle.session('b')!.job(true, 8)
    await expect(attempt).resolves.toBeDefined()
  })

  it('makes old jobs stale with the first job of the next connection, not before', async () => {
    const middle = await started()
    middle.session('a')!.job(true, 8)
    middle.session('a')!.job(false, 8)
    const [first, second] = [middle.board.find(1)!, middle.board.find(2)!]
    middle.session('a')!.parts.events.onEnd(END)
    middle.clock.advance(500)
    await microtasks()
    expect([first.staleBecause, second.staleBecause]).toEqual([null, null])
    middle.session('a')!.job(true, 8)
    expect([first.staleBecause, second.staleBecause]).toEqual(['pool-lost', 'pool-lost'])
  })

  it('ends for good when stopped in the middle of dialling', async () => {
    const middle = new ProxyMiddle()
    middle.switchboard.start([pretendConfig('a')], 'a')
    middle.switchboard.stop()
    await microtasks()
    middle.clock.advance(3_600_000)
    await microtasks()
    expect(sessionsOf(middle)).toBe(0)
    expect(middle.clock.pending).toBe(1)
  })
})

describe('a pool that was left', () => {
  it('is not connected again when it breaks off in its grace', async () => {
    const middle = await started()
    middle.session('a')!.job(true, 8)
    middle.switchboard.setPools([pretendConfig('a'), pretendConfig('b')], null)
    const attempt = middle.switchboard.activate('b')
    await microtasks()
    middle.session('b')!.job(true, 8)
    await attempt
    middle.session('a')!.parts.events.onEnd(END)
    expect(middle.switchboard.slot('a')).toBeUndefined()
    middle.clock.advance(120_000)
    await microtasks()
    expect(sessionsOf(middle)).toBe(1)
  })

  it('keeps its connection for answers also when it has no job just then', async () => {
    const middle = await started()
    middle.session('a')!.job(true, 8)
    middle.addRig(false)
    middle.rigs[0]!.offer(0, 'valid', 1)
    middle.checker.flush()
    const left = middle.session('a')!
    left.drop()
    middle.switchboard.setPools([pretendConfig('a'), pretendConfig('b')], null)
    const attempt = middle.switchboard.activate('b')
    await microtasks()
    middle.session('b')!.job(true, 8)
    await attempt
    left.answer(1, null)
    expect(middle.accounting.total.counts).toMatchObject({ acknowledged: 1, lost: 0 })
    middle.clock.advance(30_000)
    expect(left.open).toBe(false)
  })

  it('is left at once when there is no connection to keep', async () => {
    const middle = await started()
    middle.switchboard.setPools([pretendConfig('a'), pretendConfig('b')], null)
    const attempt = middle.switchboard.activate('b')
    await microtasks()
    middle.session('b')!.job(true, 8)
    await attempt
    expect(middle.switchboard.slot('a')).toBeUndefined()
  })
})
