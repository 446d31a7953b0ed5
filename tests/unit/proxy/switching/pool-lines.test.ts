import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../../src-main/base/index.ts'
import { type JobId } from '../../../../src-main/mining/index.ts'
import { WriteJoiner } from '../../../../src-main/net/index.ts'
import { type Downstream } from '../../../../src-main/proxy/downstream/downstream.ts'
import { ShareAccount, ShareBook } from '../../../../src-main/proxy/shares/accounting.ts'
import { type JobBoard } from '../../../../src-main/proxy/shares/job-board.ts'
import { type OfferedShare } from '../../../../src-main/proxy/shares/share-desk.ts'
import { PoolLines } from '../../../../src-main/proxy/switching/pool-lines.ts'
import { newSeat, type Seat } from '../../../../src-main/proxy/switching/seat.ts'
import {
  type PoolConfig,
  type Upstream,
  type UpstreamEvents,
  type UpstreamState,
} from '../../../../src-main/proxy/upstream/upstream.ts'
import { pretendConfig } from '../../../support/proxy/pretend-pools.ts'

/** A line's other end: knows some jobs, and takes their shares. */
class PretendUpstream {
  readonly poolId: string
  readonly lineId: string
  readonly events: UpstreamEvents<ShareAccount>
  state: UpstreamState = { phase: 'idle' }
  readonly traffic = { bytesIn: 10, bytesOut: 1 }
  readonly jobs = new Set<number>()
  taken = 0
  stopped = false

  constructor(poolId: string, lineId: string, events: UpstreamEvents<ShareAccount>) {
    this.poolId = poolId
    this.lineId = lineId
    this.events = events
  }

  start(): void {}

  stop(): void {
    this.stopped = true
  }

  accepts(jobId: JobId): boolean {
    return this.jobs.has(jobId)
  }

  submit({ jobId }: { readonly jobId: JobId }): boolean {
    if (!this.accepts(jobId)) return false
    this.taken++
    return true
  }

  become(state: UpstreamState): void {
    this.state = state
    this.events.onState(state)
  }
}

const READY: UpstreamState = { phase: 'ready', connectedAtMs: 0 }
const WAITING: UpstreamState = {
  phase: 'waiting',
  attempt: 1,
  retryAtMs: 1,
  problem: { code: 'pool/test', message: 'gone', atMs: 0 },
}
const seatOf = (id: string): Seat =>
  newSeat({ rig: { id, name: `rig ${id}`, guessedHashrateHs: 0 } } as unknown as Downstream)
const account = new ShareAccount('rig', 'a', new ShareBook(), new ShareBook())
const share = (lineId: string): OfferedShare =>
  ({
    issued: { lineId, poolId: 'a', job: { id: 7 } },
    offerer: { rig: { name: 'rig' } },
  }) as unknown as OfferedShare

function setUp() {
  const clock = new ManualClock()
  const upstreams: PretendUpstream[] = []
  const retired: string[] = []
  const states: string[] = []
  const lines = new PoolLines({
    clock,
    joiner: new WriteJoiner(),
    board: {
      retire: () => {},
      retireLine: (lineId: string, because: string) => void retired.push(`${lineId} ${because}`),
    } as unknown as JobBoard,
    createUpstream: (config, owner, events) => {
      const upstream = new PretendUpstream(
        config.id,
        owner ? `${config.id}/${owner.rigId}` : config.id,
        events,
      )
      upstreams.push(upstream)
      return upstream as unknown as Upstream<ShareAccount>
    },
    settle: () => {},
    onState: (line, { phase }) => void states.push(`${line.id} ${phase}`),
    onJob: () => {},
  })
  const config: PoolConfig = pretendConfig('a', { lines: 'per-rig' })
  return { clock, lines, upstreams, retired, states, config }
}

describe('a block', () => {
  it('goes to its line, and if that is gone to any connection of its pool that can take it', () => {
    const { lines, upstreams, config } = setUp()
    const one = lines.open(config, seatOf('r1'))
    lines.open(config, seatOf('r2'))
    lines.open(pretendConfig('b'), null)
    for (const upstream of upstreams) upstream.jobs.add(7)
    expect(lines.forwardBlock(share('a/r1'), account)).toBe(true)
    expect(upstreams.map(({ taken }) => taken)).toEqual([1, 0, 0])
    lines.close(one, 'pool-switched')
    expect(lines.forwardBlock(share('a/r1'), account)).toBe(true)
    expect(upstreams.map(({ taken }) => taken)).toEqual([1, 1, 0])
    // An ordinary share of that line is not given to others, and a block never to another pool.
    expect(lines.forward(share('a/r1'), account)).toBe(false)
    upstreams[1]!.jobs.clear()
    expect(lines.forwardBlock(share('a/r1'), account)).toBe(false)
    expect(upstreams[2]!.taken).toBe(0)
  })
})

describe('a line', () => {
  it('is opened once, for all or for one', () => {
    const { lines, upstreams, config } = setUp()
    const seat = seatOf('r1')
    expect(lines.open(config, null)).toBe(lines.open(config, null))
    expect(lines.open(config, seat)).toBe(lines.own('a', seat))
    expect(upstreams.map(({ lineId }) => lineId)).toEqual(['a', 'a/r1'])
    expect([lines.ownCount('a'), lines.ofPool('a').length]).toEqual([1, 2])
  })

  it('that was left is kept for half a minute, unless it is wanted again', () => {
    const { clock, lines, upstreams, retired, config } = setUp()
    const line = lines.open(config, null)
    upstreams[0]!.become(READY)
    lines.letGo(line)
    clock.advance(29_000)
    lines.keep(line)
    clock.advance(60_000)
    expect(upstreams[0]!.stopped).toBe(false)
    lines.letGo(line)
    lines.letGo(line)
    clock.advance(30_000)
    expect([upstreams[0]!.stopped, retired]).toEqual([true, ['a pool-switched']])
    expect(lines.poolIsOpen('a')).toBe(false)
  })

  it('that was left is closed at once when nothing can come of it', () => {
    const { lines, upstreams, states, config } = setUp()
    lines.letGo(lines.open(config, null))
    expect(upstreams[0]!.stopped).toBe(true)
    const line = lines.open(config, null)
    upstreams[1]!.become(READY)
    lines.letGo(line)
    upstreams[1]!.become(WAITING)
    expect(upstreams[1]!.stopped).toBe(true)
    // What an old line still says interests nobody.
    upstreams[1]!.become(READY)
    expect(states).toEqual(['a ready'])
  })
})

describe('a pool', () => {
  it('is as well off as the best of its lines; without any, it shows why the last attempt failed', () => {
    const { lines, upstreams, config } = setUp()
    expect(lines.state('a')).toEqual({ phase: 'idle' })
    lines.noteProblem('a', WAITING)
    expect(lines.state('a')).toBe(WAITING)
    lines.open(config, seatOf('r1'))
    lines.open(config, seatOf('r2'))
    upstreams[0]!.state = WAITING
    upstreams[1]!.state = READY
    expect(lines.state('a')).toBe(READY)
    lines.closePool('a', 'pool-changed')
    expect(lines.state('a')).toEqual({ phase: 'idle' })
  })

  it('counts the bytes of lines that are closed too', () => {
    const { lines, config } = setUp()
    lines.open(config, null)
    lines.close(lines.open(config, seatOf('r1')), 'pool-switched')
    expect(lines.traffic('a')).toEqual({ bytesIn: 20, bytesOut: 2 })
    expect(lines.traffic('b')).toEqual({ bytesIn: 0, bytesOut: 0 })
  })
})
