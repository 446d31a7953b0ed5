/** What a newcomer runs first: the practice farm through the headless host, as the README says. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Activation,
  type Downstream,
  type Overview,
  type Pool,
} from '../../src-preload/contract/index.ts'
import {
  eventually,
  type HeadlessProcess,
  startHeadless,
  temporaryFolder,
} from '../support/headless-process.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let host: HeadlessProcess

const overview = (): Promise<Overview> => host.get<Overview>('/api/overview')
const pools = (): Promise<Pool[]> => host.get<Pool[]>('/api/pools')

beforeAll(async () => {
  folder = await temporaryFolder()
  host = await startHeadless(folder.path, ['--practice'])
})

afterAll(async () => {
  await host.end()
  await folder.remove()
})

describe('the practice farm', () => {
  it('has four rigs whose shares a Stratum V2 pool acknowledges within half a minute', async () => {
    const seen = await eventually(
      'four rigs online, hashrate and acknowledged shares',
      overview,
      ({ rigs, hashrateHs, shares }) => rigs.online >= 4 && hashrateHs > 0 && shares.acknowledged > 0,
    )
    expect(seen.practice).toBe(true)
    expect(seen.activePool?.protocol).toBe('stratum-v2')
    expect(seen.activePool?.state).toBe('ready')
  })

  it('keeps the books: every submitted and every valid share is in exactly one column', async () => {
    const { shares } = await overview()
    expect(shares.submitted).toBe(shares.valid + shares.stale + shares.duplicate + shares.invalid)
    expect(shares.valid).toBe(shares.acknowledged + shares.rejected + shares.pending + shares.lost)
  })

  it('switches to the Stratum V1 pool without disconnecting a rig, and the rigs go on', async () => {
    const target = (await pools()).find(({ protocol }) => protocol === 'stratum-v1')
    const before = await host.get<Downstream[]>('/api/downstreams')
    const { status, body } = await host.send<Activation>('POST', `/api/pools/${target?.id}/activate`)
    expect(status).toBe(200)
    expect(body.downstreams.reconnected).toBe(0)
    expect(body.downstreams.seamless).toBe(body.downstreams.total)
    expect(body.downstreams.total).toBeGreaterThanOrEqual(4)
    await eventually(
      'shares acknowledged by the Stratum V1 pool',
      pools,
      (list) => (list.find(({ id }) => id === target?.id)?.shares.acknowledged ?? 0) > 0,
    )
    const after = await host.get<Downstream[]>('/api/downstreams')
    expect(after.map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort())
  })

  it('tells the job being hashed, decoded', async () => {
    const job = await host.get<{ height: number; tag: string; rewardSats: number }>('/api/jobs/current')
    expect(job.height).toBeGreaterThan(0)
    expect(job.rewardSats).toBeGreaterThan(0)
  })

  it('writes nothing but JSON lines to stdout with --json', () => {
    expect(host.lines().length).toBeGreaterThan(1)
    expect(host.lines()[0]).toMatchObject({ event: 'ready' })
  })
})

describe('killed and started again', () => {
  it('still has its totals, pools and active pool', async () => {
    const target = (await pools()).find(({ protocol }) => protocol === 'stratum-v1')
    const before = await overview()
    // What was counted in the last second may not have reached the disk.
    await new Promise((next) => setTimeout(next, 2500))
    await host.end('SIGKILL')
    host = await startHeadless(folder.path, ['--practice'])
    const after = await eventually('the first report', overview, ({ activePool }) => activePool !== null)
    expect(after.shares.acknowledged).toBeGreaterThanOrEqual(before.shares.acknowledged)
    expect(after.shares.valid).toBe(
      after.shares.acknowledged + after.shares.rejected + after.shares.pending + after.shares.lost,
    )
    expect(after.bestDifficulty).toBeGreaterThanOrEqual(before.bestDifficulty)
    expect(after.activePool?.id).toBe(target?.id)
    expect((await pools()).length).toBeGreaterThanOrEqual(2)
    await eventually('the rigs to come back', overview, ({ rigs }) => rigs.online >= 4)
  })

  it('refuses a second start on the same data directory, in words', async () => {
    await expect(startHeadless(folder.path)).rejects.toThrow(/Another Headframe .* uses the data directory/)
  })

  it('stops in order within five seconds when asked', async () => {
    expect(await host.end('SIGTERM')).toBe(0)
    host = await startHeadless(folder.path, ['--practice'])
  })
})
