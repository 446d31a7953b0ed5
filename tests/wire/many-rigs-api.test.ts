/** Some hundred rigs, as the API shows them: every list answers, and what is told a second stays bounded. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createRouter } from '../../src-main/api/index.ts'
import { type RunningCore, startCore } from '../../src-main/app/index.ts'
import { silentLogger, systemClock, systemEntropy } from '../../src-main/base/index.ts'
import { type Dashboard, startDashboard } from '../../src-main/headless/dashboard-server.ts'
import { openFileSecrets } from '../../src-main/settings/index.ts'
import { temporaryFolder } from '../support/headless-process.ts'
import { FakeRig } from '../support/proxy/fake-rig.ts'
import { FakeSv2Pool } from '../support/proxy/fake-sv2-pool.ts'
import { ProxyHarness } from '../support/proxy/proxy-harness.ts'

const RIGS = 500
const FREE = { host: '127.0.0.1', port: 0 }
const TOKEN = 'test-token-0123456789abcdefghijklmnopqrstuvw'

describe('the API with 500 rigs', () => {
  let core: RunningCore
  let dashboard: Dashboard
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  const rigs: FakeRig[] = []

  beforeAll(async () => {
    folder = await temporaryFolder()
    core = await startCore({
      version: '0.0.0',
      host: 'headless',
      dataDir: folder.path,
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
    dashboard = await startDashboard({
      ...FREE,
      token: TOKEN,
      version: '0.0.0',
      rendererDir: null,
      router: createRouter(core),
      log: silentLogger,
    })
    const { port } = core.listeners.stratum!
    for (let n = 0; n < RIGS; n += 50) {
      const some = Array.from({ length: 50 }, (_, k) => FakeRig.start({ port, user: `farm.rig${n + k}` }))
      rigs.push(...(await Promise.all(some)))
    }
  })

  afterAll(async () => {
    for (const rig of rigs) rig.close()
    await dashboard.stop()
    await core.stop()
    await folder.remove()
  })

  it('lists every rig, and every other list answers (monitoring dies with some hundred: sv2-apps 209)', async () => {
    const read = async (path: string): Promise<string> => {
      const response = await fetch(new URL(`api${path}`, dashboard.url), {
        headers: { authorization: `Bearer ${TOKEN}` },
      })
      expect([path, response.status]).toEqual([path, 200])
      return response.text()
    }
    await vi.waitFor(() => expect(core.downstreams.items.length).toBeGreaterThanOrEqual(RIGS), {
      timeout: 40_000,
      interval: 100,
    })
    const listed = JSON.parse(await read('/downstreams')) as { id: string }[]
    expect(new Set(listed.map(({ id }) => id)).size).toBeGreaterThanOrEqual(RIGS)
    expect((JSON.parse(await read('/links')) as unknown[]).length).toBeGreaterThanOrEqual(RIGS)
    for (const path of ['/overview', '/pools', '/warnings', '/blocks', '/routing', '/bandwidth']) {
      expect((await read(path)).length, path).toBeLessThan(200_000)
    }
    expect(rigs.filter(({ closed }) => closed)).toEqual([])
  })
})

describe('a report of the engine', () => {
  it('describes 256 rigs of 500 at most, and all of them in two (sv2-apps 209)', async () => {
    const pool = await FakeSv2Pool.start({ name: 'a' })
    const harness = await ProxyHarness.start([pool])
    try {
      await harness.untilReady(pool)
      await Promise.all(Array.from({ length: RIGS }, (_, n) => harness.rigAtWork({ user: `rig${n}` })))
      harness.report()
      const seen = new Set<string>()
      for (let n = 0; n < 2; n++) {
        const { downstreams, deltas, onlineCount } = harness.report()
        expect(onlineCount).toBe(RIGS)
        expect(downstreams.upserts.length).toBeLessThanOrEqual(256)
        expect(deltas.length).toBeLessThanOrEqual(640)
        for (const { id } of downstreams.upserts) seen.add(id)
      }
      expect(seen.size).toBe(RIGS)
      expect(pool.connectionCount).toBe(1)
    } finally {
      await harness.stop()
    }
  })
})
