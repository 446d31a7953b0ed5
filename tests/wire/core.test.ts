/** The real core with its threads, and the practice farm beside it: what people see and do, end to end. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type RunningCore, startCore } from '../../src-main/app/index.ts'
import { silentLogger, systemClock, systemEntropy } from '../../src-main/base/index.ts'
import { openFileSecrets } from '../../src-main/settings/index.ts'
import { type PoolTest, type TrafficFrame } from '../../src-preload/contract/index.ts'
import { temporaryFolder } from '../support/headless-process.ts'

const FREE = { host: '127.0.0.1', port: 0 }
const WAIT = { timeout: 40_000, interval: 50 }

let core: RunningCore
let dataDir: string
let folder: Awaited<ReturnType<typeof temporaryFolder>>

function start(dir: string): Promise<RunningCore> {
  return startCore({
    version: '0.0.0',
    host: 'headless',
    dataDir: dir,
    practice: true,
    stratum: FREE,
    stratumV2: FREE,
    stratumWs: FREE,
    hasTray: false,
    clock: systemClock,
    entropy: systemEntropy,
    log: silentLogger,
    openSecrets: (path) => openFileSecrets(path, systemEntropy),
    onFatal: (error) => {
      throw error
    },
  })
}

beforeAll(async () => {
  folder = await temporaryFolder()
  dataDir = join(folder.path, 'data')
  core = await start(dataDir)
  await vi.waitFor(() => expect(core.overview.value.rigs.hashing).toBeGreaterThanOrEqual(4), WAIT)
})

afterAll(async () => {
  await core.stop()
  await folder.remove()
})

describe('rigs', () => {
  it('of both protocols work for one pool, boards on USB among them, and each is shown as what it is', async () => {
    const protocols = (): Set<string> => new Set(core.downstreams.items.map(({ protocol }) => protocol))
    await vi.waitFor(() => expect(protocols()).toEqual(new Set(['stratum-v1', 'stratum-v2', 'device'])), WAIT)
    const rigs = core.downstreams.items
    expect(new Set(rigs.map(({ poolId }) => poolId))).toEqual(new Set(['practice-sv2']))
    expect(rigs.find(({ protocol }) => protocol === 'stratum-v2')).toMatchObject({ channelKind: 'extended' })
  })

  it('are given a key, a certificate and addresses that stay the same after a restart', async () => {
    const { stratumV2, certificate, stratumWs } = core.info()
    expect(stratumV2?.authorityKey).toMatch(/^9[1-9A-HJ-NP-Za-km-z]{50}$/)
    expect(stratumWs?.address).toMatch(/^127\.0\.0\.1:\d+$/)
    const { port } = core.listeners.stratum!
    const shown = await new Promise<string>((resolve, reject) => {
      const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().fingerprint256)
        socket.destroy()
      }).on('error', reject)
    })
    expect(shown).toBe(certificate?.fingerprintSha256)
    await core.stop()
    core = await start(dataDir)
    expect(core.info().certificate).toEqual(certificate)
    expect(core.info().stratumV2?.authorityKey).toBe(stratumV2?.authorityKey)
    await vi.waitFor(() => expect(core.overview.value.rigs.hashing).toBeGreaterThanOrEqual(4), WAIT)
  })
})

describe('the connection test', () => {
  it('tells each step as it is done, and ends with the first job', async () => {
    const pool = core.pools.find('practice-sv2')!
    const states: PoolTest[] = []
    for await (const state of core.poolDesk.testLive({ url: pool.url, userIdentity: 'test' }))
      states.push(state)
    const last = states.at(-1)!
    expect(last).toMatchObject({ ok: true, done: true, problem: null })
    // A numeric address is not looked up.
    expect(last.steps.map(({ step }) => step)).toEqual(['address', 'tcp', 'noise', 'setup', 'channel', 'job'])
    expect(states.slice(0, -1).every(({ done }) => !done)).toBe(true)
    expect(states.length).toBeGreaterThan(2)
  })

  it('says which step failed and what to do', async () => {
    const { url } = core.pools.find('practice-sv2')!
    const otherKey = '9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh'
    const test = await core.poolDesk.test({ url: url.replace(/[^/]+$/, otherKey), userIdentity: 'test' })
    expect(test).toMatchObject({ ok: false, done: true, problem: { code: 'noise/authority-key-mismatch' } })
    expect(test.steps.at(-1)).toMatchObject({ step: 'noise', ok: false })
  })
})

describe('what people look at', () => {
  it('has the frames of a connection decoded as they come, in order', async () => {
    const links = await core.traffic.readLinks()
    const pool = links.find(({ poolId }) => poolId === 'practice-sv2')!
    const abort = new AbortController()
    const frames: TrafficFrame[] = []
    for await (const piece of core.traffic.frames(pool.id, abort.signal)) {
      expect(piece.link?.id).toBe(pool.id)
      frames.push(...piece.frames)
      if (frames.some(({ name }) => name === 'SubmitSharesExtended')) break
    }
    const share = frames.find(({ name }) => name === 'SubmitSharesExtended')!
    expect(share.direction).toBe('out')
    expect(share.fields.map(({ name }) => name)).toContain('nonce')
    // Header and payload sealed apart: 16 bytes of tag each (Stratum V2, Protocol Security).
    expect(share.wireBytes).toBe(share.bytes + 32)
    const sequences = frames.map(({ sequence }) => sequence)
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
  })

  it('refuses to show a connection that is not there', async () => {
    await expect(core.traffic.frames('nowhere').next()).rejects.toMatchObject({ code: 'link/unknown' })
  })

  it('has the job of the pool in use, its place in the timeline, and what the traffic would have cost', async () => {
    const job = await core.traffic.job(null)
    expect(job).toMatchObject({ poolId: 'practice-sv2' })
    expect(job!.outputs.some(({ kind }) => kind === 'payout')).toBe(true)
    const { pools } = await core.traffic.readTimeline()
    const { jobs } = pools.find(({ poolId }) => poolId === 'practice-sv2')!
    expect(jobs.some(({ previousBlockHash }) => previousBlockHash === job!.previousBlockHash)).toBe(true)
    const { upstream, downstream } = await core.traffic.bandwidth()
    expect(upstream[0]).toMatchObject({ poolId: 'practice-sv2', protocol: 'stratum-v2' })
    expect(upstream[0]!.otherBytesOut).toBeGreaterThan(0)
    expect(downstream.reduce((sum, { shares }) => sum + shares, 0)).toBeGreaterThan(0)
    await expect(core.traffic.job('gone')).rejects.toMatchObject({ code: 'pool/unknown' })
  })
})

describe('the audit log', () => {
  const settings = {
    enabled: true,
    kinds: ['share', 'job', 'session', 'other'] as ('share' | 'job' | 'session' | 'other')[],
    maskIdentities: false,
    keepDays: 2,
    keepMegabytes: 10,
  }

  it('makes no file until it is switched on, then records and gives back what went by', async () => {
    expect(await core.audit.state()).toMatchObject({ fileCount: 0, settings: { enabled: false } })
    await core.audit.configure(settings)
    await vi.waitFor(async () => {
      const { records } = await core.audit.query({
        limit: 1000,
        kind: 'share',
        direction: 'out',
        side: 'upstream',
      })
      expect(records.some(({ name }) => name === 'SubmitSharesExtended')).toBe(true)
    }, WAIT)
    const { fileCount, bytes, problem } = await core.audit.state()
    expect(fileCount).toBe(1)
    expect(bytes).toBeGreaterThan(0)
    expect(problem).toBeNull()
    const folder = join(dataDir, 'audit')
    const [file] = readdirSync(folder)
    if (process.platform !== 'win32') expect(statSync(join(folder, file!)).mode & 0o777).toBe(0o600)
    const { text } = await core.audit.export({ format: 'ndjson' })
    expect(readFileSync(join(folder, file!), 'utf8').startsWith(text.slice(0, 200))).toBe(true)
  })

  it('stops when it is switched off', async () => {
    await core.audit.configure({ ...settings, enabled: false })
    const before = (await core.audit.state()).bytes
    const { acknowledged } = core.overview.value.shares
    await vi.waitFor(
      () => expect(core.overview.value.shares.acknowledged).toBeGreaterThan(acknowledged + 1),
      WAIT,
    )
    expect((await core.audit.state()).bytes).toBe(before)
  })
})

describe('routing', () => {
  it('moves a rig to a pool of its own and back, without losing its connection', async () => {
    const rig = core.downstreams.items.find(({ protocol }) => protocol === 'stratum-v1')!
    const routed = { ...core.routing.value, rigs: [{ rigKey: rig.rigKey, poolId: 'practice-sv1' }] }
    await core.setRouting(routed)
    const poolOf = (id: string): string | null | undefined => core.downstreams.find(id)?.poolId
    await vi.waitFor(() => expect(poolOf(rig.id)).toBe('practice-sv1'), WAIT)
    const others = core.downstreams.items.filter(({ id }) => id !== rig.id)
    expect(new Set(others.map(({ poolId }) => poolId))).toEqual(new Set(['practice-sv2']))
    await vi.waitFor(() => {
      expect(core.pools.find('practice-sv1')!.shares.acknowledged).toBeGreaterThan(0)
    }, WAIT)
    await core.setRouting({ ...routed, rigs: [] })
    await vi.waitFor(() => expect(poolOf(rig.id)).toBe('practice-sv2'), WAIT)
    await expect(
      core.setRouting({ ...routed, rigs: [{ rigKey: rig.rigKey, poolId: 'gone' }] }),
    ).rejects.toMatchObject({ code: 'routing/invalid' })
  })

  it('proves a switch with the first share that the new pool said yes to', async () => {
    const rigs = core.downstreams.items.length
    const { downstreams } = await core.poolDesk.activate('practice-sv1')
    expect(downstreams).toMatchObject({ total: rigs, seamless: rigs, reconnected: 0 })
    expect(core.overview.value.lastSwitch).toMatchObject({ poolId: 'practice-sv1' })
    await vi.waitFor(() => {
      expect(core.overview.value.lastSwitch?.firstAcknowledgedAt).not.toBeNull()
    }, WAIT)
    const { at, firstAcknowledgedAt } = core.overview.value.lastSwitch!
    expect(firstAcknowledgedAt!).toBeGreaterThanOrEqual(at)
  })
})
