import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reverseBytes, toHex } from '../../../../src-main/base/index.ts'
import { asBlockHash, type Job, sha256d } from '../../../../src-main/mining/index.ts'
import { JOBS_KEPT, JobTimeline, TIPS_KEPT } from '../../../../src-main/proxy/insight/job-timeline.ts'
import { jobOf, merkleNodes, shareVectors } from '../../../support/mining-vectors.ts'

const NOW_MS = 1_750_000_000_000
const hashOf = (block: string): Uint8Array => sha256d(new TextEncoder().encode(block))
const displayOf = (block: string): string => toHex(reverseBytes(hashOf(block)))

function jobOn(block: string, changes: Partial<Job> = {}): Job {
  const base = jobOf(shareVectors[1]!)
  return { ...base, tip: { ...base.tip, prevHash: asBlockHash(hashOf(block)) }, ...changes }
}

class Story {
  readonly timeline = new JobTimeline()
  #number = 0

  at(monotonicMs: number, poolId: string, block: string, changes: Partial<Job> = {}): this {
    const upstreamJobId = String(++this.#number)
    const job = jobOn(block, { upstreamJobId, receivedAtMs: NOW_MS + monotonicMs, ...changes })
    this.timeline.add({ poolId, job, sizeBytes: 500, monotonicMs })
    return this
  }

  view(...poolIds: string[]) {
    return this.timeline.view(poolIds, (poolId) => poolId === 'b')
  }
}

describe('the timeline of jobs', () => {
  it('tells new blocks from fresh templates, newest first', () => {
    const story = new Story()
      .at(0, 'a', 'one')
      .at(100, 'a', 'one', { merklePath: merkleNodes })
      .at(200, 'a', 'two')
    const [pool] = story.view('a').pools
    expect(pool).toMatchObject({ poolId: 'a', listening: false, medianLagMs: null, comparedCount: 0 })
    expect(pool!.jobs).toEqual([
      {
        receivedAtMs: NOW_MS + 200,
        upstreamJobId: '3',
        newTip: true,
        height: 2,
        prevHash: displayOf('two'),
        emptyBlock: true,
        merkleDepth: 0,
        rewardSats: 5_000_000_000,
        feesSats: null,
        poolDifficulty: expect.closeTo(1.4e-5, 6) as number,
        sizeBytes: 500,
      },
      expect.objectContaining({ newTip: false, prevHash: displayOf('one'), merkleDepth: 2 }),
      expect.objectContaining({ newTip: true, prevHash: displayOf('one') }),
    ])
  })

  it('shows who knew of a block first, and how late the others were', () => {
    const story = new Story()
      .at(0, 'a', 'one')
      .at(5, 'b', 'one')
      .at(6, 'c', 'one')
      .at(1000, 'b', 'two')
      .at(1040, 'a', 'two')
      .at(1300, 'c', 'two')
      .at(2000, 'a', 'three')
      .at(2010, 'b', 'three')
      .at(2020, 'a', 'three')
    const { pools, tips } = story.view('a', 'b', 'c')
    expect(tips.map(({ prevHash, firstAtMs }) => [prevHash, firstAtMs])).toEqual([
      [displayOf('three'), NOW_MS + 2000],
      [displayOf('two'), NOW_MS + 1000],
      [displayOf('one'), NOW_MS],
    ])
    expect(tips[1]!.pools).toEqual([
      { poolId: 'b', atMs: NOW_MS + 1000, lagMs: 0 },
      { poolId: 'a', atMs: NOW_MS + 1040, lagMs: 40 },
      { poolId: 'c', atMs: NOW_MS + 1300, lagMs: 300 },
    ])
    // Nobody was connected before the first tip, so that one says nothing of their speed.
    expect(tips[2]!.pools).toEqual([])
    expect(pools).toMatchObject([
      { poolId: 'a', listening: false, medianLagMs: 20, comparedCount: 2, firstCount: 1 },
      { poolId: 'b', listening: true, medianLagMs: 5, comparedCount: 2, firstCount: 1 },
      { poolId: 'c', listening: false, medianLagMs: 300, comparedCount: 1, firstCount: 0 },
    ])
  })

  it('takes no pool for slow that was not connected when the block came', () => {
    const story = new Story().at(0, 'a', 'one').at(1, 'b', 'one').at(1000, 'a', 'two')
    story.timeline.disconnected('b')
    story.at(5000, 'b', 'two').at(6000, 'a', 'three').at(6100, 'b', 'three')
    expect(story.view('b').pools[0]).toMatchObject({ medianLagMs: 100, comparedCount: 1 })
  })

  it('takes a return to an old block for no announcement', () => {
    const story = new Story().at(0, 'a', 'one').at(1, 'b', 'one').at(1000, 'a', 'two').at(700_000, 'b', 'two')
    expect(story.view('b').pools[0]).toMatchObject({ medianLagMs: null, comparedCount: 0 })
  })

  it('knows what a pool builds on, since when, and whether its blocks are empty', () => {
    const story = new Story().at(0, 'a', 'one').at(500, 'a', 'two').at(900, 'a', 'two')
    expect(story.timeline.tipOf('a')).toMatchObject({
      key: toHex(hashOf('two')),
      previousKey: toHex(hashOf('one')),
      sinceMs: 500,
      emptySinceMs: 500,
      jobMs: 900,
    })
    story.at(1000, 'a', 'two', { merklePath: merkleNodes })
    expect(story.timeline.tipOf('a')).toMatchObject({ emptySinceMs: null })
    story.at(1100, 'a', 'two')
    expect(story.timeline.tipOf('a')).toMatchObject({ emptySinceMs: 1100 })
    story.timeline.disconnected('a')
    expect(story.timeline.tipOf('a')).toBeUndefined()
    expect(story.view('a').pools[0]!.jobs).toHaveLength(5)
  })

  it('forgets a pool that is gone, and has nothing on one that never spoke', () => {
    const story = new Story().at(0, 'a', 'one')
    story.timeline.forget('a')
    expect(story.view('a', 'x').pools).toMatchObject([{ jobs: [] }, { jobs: [] }])
  })

  it('is bounded and plain, whatever pools send', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 300 }), fc.nat(1000)), {
          maxLength: 300,
        }),
        (events) => {
          const story = new Story()
          let nowMs = 0
          for (const [pool, block, passed] of events) story.at((nowMs += passed), `p${pool}`, `b${block}`)
          const view = story.view(...Array.from({ length: 201 }, (_, n) => `p${n}`))
          expect(view.tips.length).toBeLessThanOrEqual(TIPS_KEPT)
          expect(view.pools.filter(({ jobs }) => jobs.length > 0).length).toBeLessThanOrEqual(64)
          for (const { jobs, medianLagMs, firstCount, comparedCount } of view.pools) {
            expect(jobs.length).toBeLessThanOrEqual(JOBS_KEPT)
            expect(firstCount).toBeLessThanOrEqual(comparedCount)
            if (medianLagMs !== null) expect(medianLagMs).toBeGreaterThanOrEqual(0)
          }
          expect(JSON.parse(JSON.stringify(view))).toEqual(view)
        },
      ),
      { numRuns: 20 },
    )
  })
})
