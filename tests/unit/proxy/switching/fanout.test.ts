import { describe, expect, it } from 'vitest'
import { WriteJoiner } from '../../../../src-main/net/index.ts'
import { Fanout } from '../../../../src-main/proxy/switching/fanout.ts'
import { type Line } from '../../../../src-main/proxy/switching/line.ts'
import { type Seat } from '../../../../src-main/proxy/switching/seat.ts'
import { type IssuedJob } from '../../../../src-main/proxy/shares/job-board.ts'

class NotedRig {
  ready = true
  readonly jobs: number[] = []
  sendJob({ sequence }: IssuedJob): void {
    this.jobs.push(sequence)
  }
}

const issue = (sequence: number): IssuedJob => ({ sequence }) as unknown as IssuedJob
const LINE = {} as Line
const newFanout = (): Fanout => new Fanout(LINE, new WriteJoiner())
const seatsOf = (rigs: readonly NotedRig[]): Seat[] =>
  rigs.map((downstream) => ({ downstream, line: LINE, issued: null }) as unknown as Seat)
const turns = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n++) await new Promise((done) => setImmediate(done))
}

describe('a job for many rigs', () => {
  it('goes out in slices, the first at once and the last soon', async () => {
    const rigs = Array.from({ length: 200 }, () => new NotedRig())
    const seats = seatsOf(rigs)
    const fanout = newFanout()
    fanout.send(issue(1), seats)
    const atOnce = rigs.filter(({ jobs }) => jobs.length === 1).length
    expect(atOnce).toBeGreaterThan(0)
    expect(atOnce).toBeLessThan(200)
    await turns(10)
    expect(rigs.every(({ jobs }) => jobs.length === 1)).toBe(true)
  })

  it('is overtaken by the next one, which every rig gets', async () => {
    const rigs = Array.from({ length: 200 }, () => new NotedRig())
    const seats = seatsOf(rigs)
    const fanout = newFanout()
    fanout.send(issue(1), seats)
    fanout.send(issue(2), seats)
    await turns(10)
    expect(rigs.every(({ jobs }) => jobs.at(-1) === 2)).toBe(true)
    expect(rigs[0]!.jobs).toEqual([1, 2])
    expect(rigs[199]!.jobs).toEqual([2])
  })

  it('passes over rigs that are gone by then', async () => {
    const rigs = Array.from({ length: 100 }, () => new NotedRig())
    const seats = seatsOf(rigs)
    const fanout = newFanout()
    fanout.send(issue(1), seats)
    rigs[99]!.ready = false
    await turns(10)
    expect(rigs[99]!.jobs).toEqual([])
    expect(rigs[98]!.jobs).toEqual([1])
  })

  it('does not reach rigs that went to another line meanwhile', async () => {
    const rigs = Array.from({ length: 100 }, () => new NotedRig())
    const seats = seatsOf(rigs)
    newFanout().send(issue(1), seats)
    seats[99]!.line = {} as Line
    await turns(10)
    expect(rigs[99]!.jobs).toEqual([])
    expect(seats[98]!.issued).toEqual(issue(1))
  })

  it('and one for rigs that have just come do not take from each other', async () => {
    const old = Array.from({ length: 200 }, () => new NotedRig())
    const some = Array.from({ length: 200 }, () => new NotedRig())
    const others = Array.from({ length: 10 }, () => new NotedRig())
    const fanout = newFanout()
    fanout.send(issue(1), seatsOf(old))
    fanout.welcome(issue(2), seatsOf(some))
    fanout.welcome(issue(3), seatsOf(others))
    await turns(20)
    expect(old.every(({ jobs }) => jobs.join() === '1')).toBe(true)
    expect(some.every(({ jobs }) => jobs.at(-1)! >= 2)).toBe(true)
    expect(others.every(({ jobs }) => jobs.join() === '3')).toBe(true)
  })
})
