import { describe, expect, it } from 'vitest'
import { type JobId } from '../../../../src-main/mining/index.ts'
import { microtasks, pretendConfig, ProxyMiddle } from '../../../support/proxy/pretend-pools.ts'

/** A rig at work at a pool. */
async function atWork(): Promise<ProxyMiddle> {
  const middle = new ProxyMiddle()
  middle.switchboard.start([pretendConfig('a')], 'a')
  await microtasks()
  middle.session('a')!.job(true, 8)
  middle.addRig(false)
  return middle
}

describe('a share at the desk', () => {
  it('is answered once its group was checked, with the next turn of the loop at the latest', async () => {
    const middle = await atWork()
    const rig = middle.rigs[0]!
    rig.offer(0, 'valid', 1)
    expect(rig.answers).toEqual([])
    await new Promise((done) => setImmediate(done))
    expect(rig.answers).toEqual([null])
    expect(middle.session('a')!.pending).toHaveLength(1)
  })

  it('that was overtaken by a new block while it waited is stale, not lost', async () => {
    const middle = await atWork()
    const rig = middle.rigs[0]!
    rig.offer(0, 'valid', 1)
    middle.session('a')!.job(true, 8)
    expect(rig.answers).toMatchObject([{ kind: 'stale', reason: 'stale-share' }])
    expect(middle.accounting.total.counts).toMatchObject({ submitted: 1, stale: 1, lost: 0 })
  })

  it('that nobody can be given any more is lost', async () => {
    const middle = await atWork()
    const rig = middle.rigs[0]!
    rig.offer(0, 'valid', 1)
    middle.session('a')!.parts.events.onEnd({ code: 'pool/test', message: 'gone' })
    middle.checker.flush()
    expect(rig.answers).toEqual([null])
    expect(middle.accounting.total.counts).toMatchObject({ submitted: 1, valid: 1, lost: 1, pending: 0 })
  })

  it('of a rig that left meanwhile still counts', async () => {
    const middle = await atWork()
    const rig = middle.rigs[0]!
    rig.offer(0, 'valid', 1)
    middle.removeRig(rig)
    middle.checker.flush()
    expect(middle.session('a')!.pending).toHaveLength(1)
    expect(middle.accounting.total.counts).toMatchObject({ submitted: 1, pending: 1 })
  })

  it('of a job the checker does not know is stale', async () => {
    const middle = await atWork()
    const rig = middle.rigs[0]!
    middle.checker.removeJob(rig.issues[0]!.issued.job.id)
    rig.offer(0, 'valid', 1)
    expect(rig.answers).toMatchObject([{ kind: 'stale' }])
  })

  it('that solves a block is sent before it is counted, and announced', async () => {
    const middle = await atWork()
    const rig = middle.rigs[0]!
    const session = middle.session('a')!
    const countsWhenSent: number[] = []
    let flushed = 0
    session.flush = () => void flushed++
    const submit = session.submit.bind(session)
    session.submit = (share, token) => {
      countsWhenSent.push(middle.accounting.total.counts.submitted)
      return submit(share, token)
    }
    rig.offer(0, 'block', 1)
    middle.checker.flush()
    expect(countsWhenSent).toEqual([0])
    expect(flushed).toBe(1)
    expect(middle.blocks).toBe(1)
    expect(middle.accounting.total.counts).toMatchObject({ submitted: 1, pending: 1 })
  })

  it('keeps its own reference among many, also when answers come in another order', async () => {
    const middle = await atWork()
    const rigs = [middle.rigs[0]!, middle.addRig(false)!, middle.addRig(false)!]
    for (const [n, rig] of rigs.entries()) rig.offer(0, n === 1 ? 'low' : 'valid', n)
    rigs[2]!.offer(0, 'valid', 2)
    middle.checker.flush()
    rigs[0]!.offer(0, 'weak', 9)
    middle.checker.flush()
    expect(rigs.map(({ answers }) => answers.map((answer) => answer?.kind ?? 'ok'))).toEqual([
      ['ok', 'ok'],
      ['invalid'],
      ['ok', 'duplicate'],
    ])
  })
})

describe('a pool that sends a job of which no block could be made', () => {
  it('is left and connected anew; the job before it stays', async () => {
    const middle = await atWork()
    const before = middle.switchboard.current
    middle.checker.refuseNext = true
    middle.session('a')!.job(false, 8)
    expect(middle.session('a')).toBeUndefined()
    expect(middle.switchboard.slot('a')?.upstream.state).toMatchObject({
      phase: 'waiting',
      problem: {
        code: 'pool/bad-job',
        message: 'The a sent a job that cannot be hashed: no such coinbase',
      },
    })
    expect(middle.switchboard.current).toBe(before)
    expect(middle.rigs[0]!.issues).toHaveLength(1)
  })

  it('cannot be switched to, and the rigs stay where they are', async () => {
    const middle = await atWork()
    middle.switchboard.setPools([pretendConfig('a'), pretendConfig('b')], null)
    const attempt = middle.switchboard.activate('b')
    await microtasks()
    middle.checker.refuseNext = true
    middle.session('b')!.job(true, 8)
    await expect(attempt).rejects.toMatchObject({ code: 'pool/bad-job' })
    expect(middle.switchboard.activeId).toBe('a')
    expect(middle.rigs[0]!.issues).toHaveLength(1)
    expect(middle.board.find(1)?.job.id).toBe(1 as JobId)
  })
})
