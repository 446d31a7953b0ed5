import { describe, expect, it } from 'vitest'
import { type ClockJump } from '../../../src-main/app/clock-watch.ts'
import { MAX_WAITING, SampleFeed } from '../../../src-main/app/sample-feed.ts'
import { HeadframeError, ManualClock, silentLogger } from '../../../src-main/base/index.ts'
import { type Sample } from '../../../src-main/history/index.ts'
import { NO_REFUSALS } from '../../../src-main/history/telemetry/samples.ts'
import { type Rig } from '../../../src-preload/contract/index.ts'
import { pretendFleetRig, pretendRigDetail } from '../../support/pretend-fleet-rigs.ts'

const START = 1_800_000_000_000

class Bench {
  readonly clock = new ManualClock(START)
  readonly jumps: ClockJump[] = []
  readonly writes: Sample[][] = []
  refuses = false
  #sleptMs = 0
  readonly feed = new SampleFeed({
    clock: this.clock,
    log: silentLogger,
    write: (samples) => {
      if (this.refuses)
        return Promise.reject(new HeadframeError('history/disk-full', 'There is no space left.'))
      this.writes.push([...samples])
      return Promise.resolve({ refused: NO_REFUSALS })
    },
    onJump: (jump) => void this.jumps.push(jump),
    uptimeMs: () => this.clock.monotonicMs() + this.#sleptMs,
  })

  constructor() {
    this.feed.start()
    this.see({ readAt: null, state: 'unknown' })
  }

  get written(): Sample[] {
    return this.writes.flat()
  }

  see(given: Partial<Rig>): void {
    const rig = pretendFleetRig({ id: 'rig-1', ...given })
    this.feed.sawRig(rig, () => pretendRigDetail(rig))
  }

  read(given: Partial<Rig> = {}): void {
    this.see({ readAt: this.clock.nowMs(), ...given })
  }

  fail(code = 'rig/unreachable'): void {
    const problem = { code, message: 'It does not answer.', at: this.clock.nowMs() }
    this.see({ readAt: START, state: 'unreachable', problem })
  }

  /** Lets time pass a second at a time, with what is written in it. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 1000) {
      this.clock.advance(Math.min(1000, left))
      await this.feed.settled()
    }
  }

  sleep(ms: number): void {
    this.#sleptMs += ms
    this.clock.setWallTime(this.clock.nowMs() + ms)
  }
}

describe('the feed of samples', () => {
  it('has a sample of every reading, at the moment of the reading', async () => {
    const bench = new Bench()
    for (let i = 0; i < 3; i++) {
      await bench.pass(5000)
      bench.read({ powerW: 100 })
    }
    await bench.pass(1000)
    expect(
      bench.written.map(({ source, atMs, values }) => [source.key, atMs, values.covered_ms, values.energy_j]),
    ).toEqual([
      ['rig-1', START + 5000, 5000, 500],
      ['rig-1', START + 10_000, 5000, 500],
      ['rig-1', START + 15_000, 5000, 500],
    ])
  })

  it('writes what came in a second as one', async () => {
    const bench = new Bench()
    for (const id of ['a', 'b', 'c']) bench.see({ id, readAt: null })
    bench.clock.advance(5000)
    for (const id of ['a', 'b', 'c']) bench.read({ id })
    await bench.pass(1000)
    expect(bench.writes.map(({ length }) => length)).toEqual([3])
  })

  it('makes no sample of a change that is no reading', async () => {
    const bench = new Bench()
    await bench.pass(5000)
    bench.read({ name: 'one' })
    const readAt = bench.clock.nowMs()
    await bench.pass(5000)
    bench.see({ readAt, name: 'another' })
    await bench.pass(2000)
    expect(bench.written).toHaveLength(1)
  })

  it('has a sample a second of a rig that speaks many times a second', async () => {
    const bench = new Bench()
    for (let i = 0; i < 40; i++) {
      bench.clock.advance(250)
      bench.read()
    }
    await bench.pass(1000)
    expect(bench.written).toHaveLength(10)
    expect(bench.written.every(({ values }) => values.covered_ms === 1000)).toBe(true)
  })

  it('records a poll that failed as time in which the rig did not answer', async () => {
    const bench = new Bench()
    await bench.pass(5000)
    bench.read()
    await bench.pass(10_000)
    bench.fail()
    await bench.pass(10_000)
    bench.fail('rig/wrong-password')
    await bench.pass(1000)
    expect(bench.written.slice(1).map(({ atMs, values }) => [atMs, values])).toEqual([
      [START + 15_000, { covered_ms: 10_000, reachable_ms: 0, hashing_ms: 0 }],
      [START + 25_000, { covered_ms: 10_000, reachable_ms: 10_000, hashing_ms: 0 }],
    ])
  })

  it('goes on covering a rig that is silent and asked ever more seldom', async () => {
    const bench = new Bench()
    await bench.pass(5000)
    bench.fail()
    await bench.pass(300_000)
    bench.read()
    await bench.pass(1000)
    const covered = bench.written.reduce((sum, { values }) => sum + values.covered_ms!, 0)
    const reachable = bench.written.reduce((sum, { values }) => sum + values.reachable_ms!, 0)
    expect(covered).toBe(305_000)
    expect(reachable).toBeLessThanOrEqual(60_000)
  })

  it('forgets a rig that is gone', async () => {
    const bench = new Bench()
    await bench.pass(5000)
    bench.fail()
    bench.feed.forgetRig('rig-1')
    await bench.pass(200_000)
    expect(bench.written).toHaveLength(1)
  })
})

describe('time that did not go on as usual', () => {
  it('is told as sleep, and no sample stands for it', async () => {
    const bench = new Bench()
    await bench.pass(5000)
    bench.read({ accepted: 100 })
    await bench.pass(2000)
    bench.sleep(3_600_000)
    await bench.pass(3000)
    bench.read({ accepted: 900, powerW: 100 })
    await bench.pass(5000)
    bench.read({ accepted: 903, powerW: 100 })
    await bench.pass(1000)
    expect(bench.jumps).toMatchObject([{ kind: 'slept', forMs: 3_601_000 }])
    expect(bench.written.map(({ values }) => [values.covered_ms, values.accepted_count])).toEqual([
      [5000, null],
      // From the first look after it, a second later.
      [2000, null],
      [5000, 3],
    ])
  })

  it('is found before a reading that comes first', async () => {
    const bench = new Bench()
    await bench.pass(5000)
    bench.read()
    await bench.pass(2000)
    bench.sleep(3_600_000)
    bench.read()
    await bench.pass(1000)
    expect(bench.jumps).toHaveLength(1)
    // Nothing is known of the time that a sample of it would stand for.
    expect(bench.written).toHaveLength(1)
    await bench.pass(4000)
    bench.read()
    await bench.pass(1000)
    expect(bench.written.at(-1)!.values.covered_ms).toBe(5000)
  })

  it('is told as a changed clock, with by how much', async () => {
    const bench = new Bench()
    await bench.pass(5000)
    bench.clock.setWallTime(bench.clock.nowMs() - 86_400_000)
    await bench.pass(5000)
    bench.read()
    await bench.pass(1000)
    expect(bench.jumps).toMatchObject([{ kind: 'clock-changed', byMs: -86_400_000 }])
    expect(bench.written).toMatchObject([{ atMs: START + 10_000 - 86_400_000, values: { covered_ms: 4000 } }])
  })

  it('is not told where a time server corrects a little', async () => {
    const bench = new Bench()
    for (let i = 0; i < 10; i++) {
      bench.clock.setWallTime(bench.clock.nowMs() + 900)
      await bench.pass(1000)
    }
    expect(bench.jumps).toEqual([])
  })
})

describe('while the history refuses', () => {
  it('samples are kept, tried again, and written in order', async () => {
    const bench = new Bench()
    bench.refuses = true
    for (let i = 0; i < 4; i++) {
      await bench.pass(5000)
      bench.read()
    }
    expect(bench.feed.backlog).toEqual({ waiting: 4, lost: 0 })
    bench.refuses = false
    await bench.pass(6000)
    expect(bench.written.map(({ atMs }) => atMs - START)).toEqual([5000, 10_000, 15_000, 20_000])
    expect(bench.feed.backlog).toEqual({ waiting: 0, lost: 0 })
  })

  it('the oldest go once too many wait, and are counted', () => {
    const bench = new Bench()
    const ids = Array.from({ length: 1000 }, (_, i) => `rig-${i}`)
    for (const id of ids) bench.see({ id, readAt: null })
    for (let round = 0; round < MAX_WAITING / 1000 + 2; round++) {
      bench.clock.setWallTime(bench.clock.nowMs() + 1)
      for (const id of ids) {
        const rig = { id, readAt: bench.clock.nowMs() }
        bench.see({ ...rig, problem: { code: 'rig/timeout', message: 'Late.', at: bench.clock.nowMs() } })
      }
    }
    expect(bench.feed.backlog).toEqual({ waiting: MAX_WAITING, lost: 2000 })
  })

  it('stopping tries once more and leaves nothing running', async () => {
    const bench = new Bench()
    await bench.pass(5000)
    bench.read()
    await bench.feed.stop()
    expect(bench.written).toHaveLength(1)
    expect(bench.clock.pending).toBe(0)
  })
})
