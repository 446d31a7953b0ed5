import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../../src-main/base/index.ts'
import { addressOfScript, type Job } from '../../../../src-main/mining/index.ts'
import { emptyCounts, type PoolConfig, type PoolStatus } from '../../../../src-main/proxy/index.ts'
import { Insight } from '../../../../src-main/proxy/insight/insight.ts'
import { type UpstreamEvents, type UpstreamState } from '../../../../src-main/proxy/upstream/upstream.ts'
import { fromHex } from '../../../../src-main/base/index.ts'
import { jobOf, shareVectors } from '../../../support/mining-vectors.ts'

const place = { host: 'pool.example.com', port: 3333, path: '' } as const

const config = (id: string, changes: Partial<PoolConfig> = {}): PoolConfig => ({
  id,
  name: `The ${id}`,
  endpoint: { protocol: 'stratum-v1', transport: 'tcp', ...place },
  userIdentity: 'farm',
  password: '',
  enabled: true,
  versionRollingMask: 0,
  knownRollableSize: null,
  lines: 'shared',
  namesRigs: false,
  fallback: null,
  mayMoveTo: 'same-host',
  listens: false,
  payoutAddress: null,
  ...changes,
})

const status = (poolId: string, state: UpstreamState, changes: Partial<PoolStatus> = {}): PoolStatus => ({
  poolId,
  state,
  health: { verdict: 'good', because: '' },
  endpoint: null,
  rigCount: 0,
  lineCount: 1,
  hashrateHs: 0,
  workDifficulty: 0,
  latencyMs: null,
  extranonce: null,
  poolDifficulty: null,
  counts: emptyCounts(),
  rejectReasons: {},
  invalidReasons: {},
  lostReasons: {},
  bytesIn: 0,
  bytesOut: 0,
  ...changes,
})

const job = (upstreamJobId: string): Job => ({ ...jobOf(shareVectors[1]!), upstreamJobId })
const ready: UpstreamState = { phase: 'ready', connectedAtMs: 0 }
const idle: UpstreamState = { phase: 'idle' }

function listener(): UpstreamEvents<number> & { readonly heard: unknown[] } {
  const heard: unknown[] = []
  return {
    heard,
    onState: (state) => void heard.push(state.phase),
    onJob: (given, dropped) => void heard.push([given.upstreamJobId, dropped.length]),
    onDropped: (dropped) => void heard.push(dropped.length),
    onOutcome: (token, outcome) => void heard.push([token, outcome.kind]),
  } as UpstreamEvents<number> & { readonly heard: unknown[] }
}

describe('insight', () => {
  it('hands every event of a pool on, as it was', () => {
    const insight = new Insight(new ManualClock())
    const events = listener()
    const observed = insight.observed(config('a'), 'a', events)
    observed.onState(ready)
    observed.onJob(job('1'), [])
    observed.onDropped([])
    observed.onOutcome(7, { kind: 'acknowledged' })
    expect(events.heard).toEqual(['ready', ['1', 0], 0, [7, 'acknowledged']])
  })

  it('shows the jobs of one line of a pool, and those of another when that one is gone', () => {
    const insight = new Insight(new ManualClock())
    const [first, second] = ['r1', 'r2'].map((line) => insight.observed(config('a'), line, listener()))
    const shown = (): string[] => {
      insight.onReport({ pools: [status('a', ready)] })
      return insight.timeline().pools[0]!.jobs.map(({ upstreamJobId }) => upstreamJobId)
    }
    first!.onJob(job('1'), [])
    second!.onJob(job('1b'), [])
    expect(shown()).toEqual(['1'])
    second!.onState(idle)
    expect(insight.jobOf('a')?.upstreamJobId).toBe('1')
    first!.onState(idle)
    expect(insight.jobOf('a')).toBeNull()
    second!.onJob(job('2b'), [])
    expect(shown()).toEqual(['2b', '1'])
  })

  it('forgets a pool that was removed, with its warnings', () => {
    const insight = new Insight(new ManualClock())
    const address = addressOfScript(fromHex('0014' + '07'.repeat(20)), 'testnet')
    insight.observed(config('a', { payoutAddress: address }), 'a', listener()).onJob(job('1'), [])
    insight.onReport({ pools: [status('a', ready)] })
    expect(insight.warnings().map(({ id }) => id)).toEqual(['watchdog/payout-missing a'])
    insight.onReport({ pools: [] })
    expect(insight.warnings()).toEqual([])
    expect(insight.timeline().pools).toEqual([])
    expect(insight.jobOf('a')).toBeNull()
  })

  it('tells the connections of one pool apart, and bounds what it lists', () => {
    const insight = new Insight(new ManualClock())
    const connection = { bytesIn: 1, bytesOut: 2, remoteAddress: '10.0.0.1', remotePort: 9 }
    const open = () =>
      insight.openUpstream({ config: config('a'), endpoint: config('a').endpoint, connection })
    const [first] = [open(), open()]
    insight.openDownstream({
      protocol: 'stratum-v1',
      connection: { ...connection, transport: 'wss' },
      owner: () => null,
    })
    expect(insight.links().map(({ id, name, address, transport }) => [id, name, address, transport])).toEqual(
      [
        ['pool:a', 'The a', 'pool.example.com:3333', 'tcp'],
        ['pool:a~2', 'The a', 'pool.example.com:3333', 'tcp'],
        ['rig:1', '10.0.0.1:9', '10.0.0.1:9', 'wss'],
      ],
    )
    expect(insight.links(1)).toHaveLength(1)
    first!.close()
    first!.close()
    expect(insight.links()).toHaveLength(2)
    open()
    expect(insight.links().map(({ id }) => id)).toEqual(['pool:a~2', 'pool:a', 'rig:1'])
  })

  it('adds the traffic of the last hour up, however many connections there are', async () => {
    const clock = new ManualClock()
    const insight = new Insight(clock)
    const connections = Array.from({ length: 700 }, () => ({
      transport: 'tcp' as const,
      bytesIn: 0,
      bytesOut: 0,
      remoteAddress: '10.0.0.1',
      remotePort: 9,
    }))
    for (const connection of connections) {
      insight.openDownstream({ protocol: 'stratum-v1', connection, owner: () => null })
    }
    const minute = async (): Promise<void> => {
      clock.advance(60_000)
      for (const connection of connections) {
        connection.bytesIn += 10
        connection.bytesOut += 100
      }
      insight.onReport({ pools: [] })
      // A slice of the connections in each turn.
      for (let n = 0; n < 5; n++) await new Promise((done) => setImmediate(done))
    }
    for (let n = 0; n < 30; n++) await minute()
    expect(insight.bandwidth().lastHour.downstream).toMatchObject({
      coveredMs: 30 * 60_000,
      bytesIn: 30 * 7000,
      bytesOut: 30 * 70_000,
    })
    for (let n = 0; n < 60; n++) await minute()
    expect(insight.bandwidth().lastHour.downstream).toMatchObject({
      coveredMs: 60 * 60_000,
      bytesIn: 60 * 7000,
      bytesOut: 60 * 70_000,
    })
    expect(insight.bandwidth().downstream).toMatchObject([{ links: 700, bytesIn: 90 * 7000 }])
  })
})
