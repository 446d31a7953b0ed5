/** What a newcomer runs first: the practice farm through the headless host, as the README says. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Activation,
  type AppInfo,
  type Downstream,
  type Overview,
  type Pool,
  type PoolTest,
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
  it('says on its ready line where rigs connect in both protocols, and by which key they know it', async () => {
    const { stratum, stratumV2, authorityKey } = host.ready
    const told = await host.get<AppInfo>('/api/app')
    expect(told.stratum?.address).toBe(stratum)
    expect(told.stratumV2).toMatchObject({ address: stratumV2, authorityKey })
    // What a rig would see there: our own pool test goes through the door with that key, to the first job.
    await eventually('a job to give', overview, ({ activePool }) => activePool?.state === 'ready')
    for (const url of [`stratum2+tcp://${stratumV2}/${authorityKey}`, `stratum+tcp://${stratum}`]) {
      const { body } = await host.send<PoolTest>('POST', '/api/pools/test', { url, userIdentity: 'rig' })
      expect(body).toMatchObject({ ok: true, problem: null })
    }
  })

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
  it('still has its totals, pools, active pool and the key that rigs know it by', async () => {
    const target = (await pools()).find(({ protocol }) => protocol === 'stratum-v1')
    const before = await overview()
    const { authorityKey } = host.ready
    // What was counted in the last second may not have reached the disk.
    await new Promise((next) => setTimeout(next, 2500))
    await host.end('SIGKILL')
    host = await startHeadless(folder.path, ['--practice'])
    // Rigs have pinned it.
    expect(host.ready.authorityKey).toBe(authorityKey)
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
