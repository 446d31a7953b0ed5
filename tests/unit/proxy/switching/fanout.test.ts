import { describe, expect, it } from 'vitest'
import { WriteJoiner } from '../../../../src-main/net/index.ts'
import { type Downstream } from '../../../../src-main/proxy/downstream/downstream.ts'
import { Fanout } from '../../../../src-main/proxy/switching/fanout.ts'
import { type IssuedJob } from '../../../../src-main/proxy/shares/job-board.ts'

class NotedRig {
  ready = true
  readonly jobs: number[] = []
  sendJob({ sequence }: IssuedJob): void {
    this.jobs.push(sequence)
  }
}

const issue = (sequence: number): IssuedJob => ({ sequence }) as unknown as IssuedJob
const asDownstreams = (rigs: readonly NotedRig[]): Downstream[] => rigs as unknown as Downstream[]
const turns = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n++) await new Promise((done) => setImmediate(done))
}

describe('a job for many rigs', () => {
  it('goes out in slices, the first at once and the last soon', async () => {
    const rigs = Array.from({ length: 200 }, () => new NotedRig())
    const fanout = new Fanout(new WriteJoiner())
    fanout.send(issue(1), asDownstreams(rigs))
    const atOnce = rigs.filter(({ jobs }) => jobs.length === 1).length
    expect(atOnce).toBeGreaterThan(0)
    expect(atOnce).toBeLessThan(200)
    await turns(10)
    expect(rigs.every(({ jobs }) => jobs.length === 1)).toBe(true)
  })

  it('is overtaken by the next one, which every rig gets', async () => {
    const rigs = Array.from({ length: 200 }, () => new NotedRig())
    const fanout = new Fanout(new WriteJoiner())
    fanout.send(issue(1), asDownstreams(rigs))
    fanout.send(issue(2), asDownstreams(rigs))
    await turns(10)
    expect(rigs.every(({ jobs }) => jobs.at(-1) === 2)).toBe(true)
    expect(rigs[0]!.jobs).toEqual([1, 2])
    expect(rigs[199]!.jobs).toEqual([2])
  })

  it('passes over rigs that are gone by then', async () => {
    const rigs = Array.from({ length: 100 }, () => new NotedRig())
    const fanout = new Fanout(new WriteJoiner())
    fanout.send(issue(1), asDownstreams(rigs))
    rigs[99]!.ready = false
    await turns(10)
    expect(rigs[99]!.jobs).toEqual([])
    expect(rigs[98]!.jobs).toEqual([1])
  })
})
