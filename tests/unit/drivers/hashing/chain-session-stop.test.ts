/** Whoever waits for a board to be stopped gets an answer, whatever comes in between. */
import { describe, expect, it } from 'vitest'
import { deviceJob } from '../../../support/hashing/device-jobs.ts'
import { SessionBench, settle } from '../../../support/hashing/session-bench.ts'

/** Whether it resolves within a minute. */
async function comes(bench: SessionBench, promise: Promise<unknown>): Promise<boolean> {
  let hasCome = false
  void promise.then(() => (hasCome = true))
  await bench.pass(60_000, 100)
  return hasCome
}

async function hashing(): Promise<SessionBench> {
  const bench = new SessionBench({ job: deviceJob() })
  await bench.hash()
  return bench
}

describe('stopping', () => {
  it('ends at once when the board is gone already', async () => {
    const bench = await hashing()
    bench.host.unplug()
    await settle()
    expect(bench.session.state.name).toBe('gone')
    expect(await comes(bench, bench.session.stop('a person said so'))).toBe(true)
  })

  it('ends when the board goes before it stops', async () => {
    const bench = await hashing()
    bench.power.isSilent = true
    const stopped = bench.session.stop('a person said so')
    bench.host.unplug()
    expect(await comes(bench, stopped)).toBe(true)
  })

  it('ends when the person thinks better of it before it has come to pass', async () => {
    const bench = await hashing()
    const stopped = bench.session.stop('a person said so')
    bench.session.resume()
    expect(await comes(bench, stopped)).toBe(true)
    expect(bench.session.state.name).toBe('hashing')
  })

  it('ends for everybody who asked for it', async () => {
    const bench = await hashing()
    const all = Promise.all([
      bench.session.stop('one'),
      bench.session.stop('two'),
      bench.session.dispose('three'),
    ])
    expect(await comes(bench, all)).toBe(true)
    expect(bench.power.isOn).toBe(false)
    expect(bench.work.leftBecause).not.toBeNull()
  })

  it('holds while there is nothing to hash, and when there is again', async () => {
    const bench = new SessionBench()
    expect(await comes(bench, bench.session.stop('a person said so'))).toBe(true)
    bench.work.give(deviceJob())
    await bench.pass(3000)
    expect(bench.session.state.name).toBe('stopped')
    bench.session.resume()
    await bench.hash()
  })
})
