/**
 * Our whole proxy between a rig and the reference implementation: over Stratum V2 straight to its pool, over
 * Stratum V1 through its translator, and switching from one to the other.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest'
import { systemClock, systemEntropy } from '../../src-main/base/index.ts'
import { createShareChecker } from '../../src-main/checker/index.ts'
import { BIP320_MASK } from '../../src-main/mining/index.ts'
import {
  type EngineReport,
  identityHolds,
  type PoolConfig,
  type PoolEndpoint,
  type PoolStatus,
  ProxyEngine,
} from '../../src-main/proxy/index.ts'
import { generateAuthorityKeyPair } from '../../src-main/sv2/index.ts'
import { waitUntil } from './peer-process.ts'
import { findPeer } from './peers.ts'
import { POOL_AUTHORITY_KEY_TEXT, type SriPool, startSriPool } from './sri-pool.ts'
import { type SriTranslator, startSriTranslator } from './sri-translator.ts'
import { Sv1Miner } from './sv1-miner.ts'
import { TemplateProvider } from './template-provider.ts'

/** Of the rig to the proxy: ten a second. What the proxy hands on is the pool's to say. */
const SHARES_PER_MINUTE = 600
const RIG_HASHRATE_HS = 40_000

function poolConfig(id: string, endpoint: PoolEndpoint): PoolConfig {
  return {
    id,
    name: `pool ${id}`,
    endpoint,
    userIdentity: `interop.${id}`,
    password: 'x',
    enabled: true,
    versionRollingMask: BIP320_MASK,
    knownRollableSize: null,
    lines: 'shared',
    namesRigs: false,
    fallback: null,
    mayMoveTo: 'same-host',
    listens: false,
    payoutAddress: null,
  }
}

describe('the proxy with pool_sv2 and translator_sv2', () => {
  let provider: TemplateProvider
  let pool: SriPool | undefined
  let translator: SriTranslator | undefined
  let engine: ProxyEngine | undefined
  let rig: Sv1Miner | undefined
  let report: EngineReport

  beforeAll(async () => {
    const poolBinary = await findPeer('pool_sv2')
    const translatorBinary = await findPeer('translator_sv2')
    if (poolBinary === undefined || translatorBinary === undefined) return
    provider = await TemplateProvider.start()
    pool = await startSriPool(poolBinary, provider, { sharesPerMinute: 60, shareBatchSize: 1 })
    translator = await startSriTranslator(translatorBinary, {
      poolPort: pool.port,
      poolAuthorityKeyText: POOL_AUTHORITY_KEY_TEXT,
      userIdentity: 'interop.translator',
      aggregateChannels: false,
      minRigHashrateHs: RIG_HASHRATE_HS,
      sharesPerMinute: 60,
    })
  })

  afterAll(async () => {
    await translator?.process.stop()
    await pool?.process.stop()
    await provider?.stop()
  })

  beforeEach(({ skip }) => {
    skip(translator === undefined, 'a peer cannot be built here; the reason was printed above')
    onTestFailed(() => {
      process.stderr.write(`--- last report ---\n${JSON.stringify(report, undefined, 1)}\n`)
      process.stderr.write(`--- log of translator_sv2 ---\n${translator?.process.log}\n`)
      process.stderr.write(`--- log of pool_sv2 ---\n${pool?.process.log}\n`)
    })
  })

  afterEach(async () => {
    rig?.stop()
    rig = undefined
    await engine?.stop()
    engine = undefined
  })

  const overSv2 = (authorityKey: Uint8Array): PoolConfig =>
    poolConfig('sv2', {
      protocol: 'stratum-v2',
      transport: 'tcp',
      path: '',
      host: '127.0.0.1',
      port: pool!.port,
      authorityKey,
    })
  const overSv1 = (): PoolConfig =>
    poolConfig('sv1', {
      protocol: 'stratum-v1',
      host: '127.0.0.1',
      port: translator!.port,
      path: '',
      transport: 'tcp',
    })

  async function startEngine(
    pools: readonly PoolConfig[],
    sharesPerMinute = SHARES_PER_MINUTE,
  ): Promise<ProxyEngine> {
    engine = new ProxyEngine({
      clock: systemClock,
      entropy: systemEntropy,
      createChecker: createShareChecker,
      userAgent: 'headframe/interop',
      stratum: { host: '127.0.0.1', port: 0 },
      sharesPerMinute,
    })
    await engine.start(pools, pools[0]!.id)
    return engine
  }

  function connectRig(hashrateHs = RIG_HASHRATE_HS): Sv1Miner {
    rig = new Sv1Miner({
      port: engine!.stratumAddress!.port,
      user: 'rig.one',
      versionRollingMask: BIP320_MASK,
      hashrateHs,
    })
    return rig
  }

  const poolStatus = (id: string): PoolStatus | undefined => report.pools.find(({ poolId }) => poolId === id)

  /** Waits until pool `id` acknowledged `count` more shares than it had. */
  async function waitForAcknowledged(id: string, count: number): Promise<void> {
    const before = poolStatus(id)?.counts.acknowledged ?? 0
    await waitUntil(
      () => {
        report = engine!.report()
        if (rig?.failure != null) throw new Error(`the rig's session failed: ${rig.failure}`)
        return (poolStatus(id)?.counts.acknowledged ?? 0) >= before + count
      },
      `pool ${id} to acknowledge ${count} shares of our rig`,
      120_000,
    )
  }

  it('mines on the pool over Stratum V2, across a new template and a new tip', async () => {
    await startEngine([overSv2(pool!.authorityKey)])
    report = engine!.report()
    const miner = connectRig()
    await waitForAcknowledged('sv2', 4)

    const jobsBefore = miner.jobs.length
    provider.pushTemplate()
    await waitUntil(() => miner.jobs.length > jobsBefore, 'the rig to be given the job of a new template')
    await waitForAcknowledged('sv2', 2)
    expect(report.counts).toMatchObject({ stale: 0, duplicate: 0, invalid: 0, rejected: 0, lost: 0 })

    const jobsOfTip = miner.jobs.length
    const height = engine!.currentJob()!.description.height
    provider.pushTip()
    await waitUntil(
      () => engine!.currentJob()!.description.height !== height,
      'the proxy to follow a new tip',
    )
    await waitUntil(
      () => miner.jobs.some(({ notify }, i) => i >= jobsOfTip && notify.cleanJobs),
      'the rig to be told to drop its old jobs',
    )
    await waitForAcknowledged('sv2', 2)

    // A share may have been on its way when the tip changed.
    expect(
      Object.keys(poolStatus('sv2')!.rejectReasons).filter((reason) => reason !== 'stale-share'),
    ).toEqual([])
    expect(report.counts).toMatchObject({ duplicate: 0, invalid: 0 })
    expect(identityHolds(report.counts)).toBe(true)
    // The pool's own book: a line for every share it counted.
    const counted = pool!.process.countLines(/SubmitSharesExtended: (valid share|SubmitSharesSuccess).*✅/)
    expect(counted).toBeGreaterThanOrEqual(report.counts.acknowledged)
    expect(miner.jobs.at(-1)!.extranonce1).toEqual(miner.jobs[0]!.extranonce1)
  })

  it('mines through the translator over Stratum V1', async () => {
    await startEngine([overSv1()])
    report = engine!.report()
    connectRig()
    await waitForAcknowledged('sv1', 4)
    expect(poolStatus('sv1')!.rejectReasons).toEqual({})
    expect(identityHolds(report.counts)).toBe(true)
  })

  it('switches a hashing rig from one to the other and back without dropping its socket', async () => {
    await startEngine([overSv2(pool!.authorityKey), overSv1()])
    report = engine!.report()
    const miner = connectRig()
    await waitForAcknowledged('sv2', 2)

    const away = await engine!.activate('sv1')
    expect(away.downstreams).toMatchObject({ total: 1, reconnected: 0 })
    await waitForAcknowledged('sv1', 2)
    const back = await engine!.activate('sv2')
    expect(back.downstreams).toMatchObject({ total: 1, reconnected: 0 })
    await waitForAcknowledged('sv2', 2)

    expect(miner.failure).toBeNull()
    expect(identityHolds(report.counts)).toBe(true)
    expect(report.counts).toMatchObject({ rejected: 0, lost: 0, invalid: 0 })
  })

  it('does not flood a pool that grants the easiest target of all, as this one does before it knows our hashrate', async () => {
    await startEngine([overSv2(pool!.authorityKey)], 6)
    report = engine!.report()
    const miner = connectRig(20_000)
    const startedAt = performance.now()
    await waitForAcknowledged('sv2', 40)
    const elapsedS = (performance.now() - startedAt) / 1000
    // Vardiff measures a rig at eight shares a second; a rig this slow has 20,000 hashes a second to flood with.
    expect(miner.submitted).toBeLessThan(100 + 20 * elapsedS)
    expect(report.counts).toMatchObject({ rejected: 0, lost: 0 })
  })

  it('stops at a pool whose authority key is not the one it was given, and says so', async () => {
    const stranger = generateAuthorityKeyPair(systemEntropy)
    await startEngine([overSv2(stranger.publicKey)])
    await waitUntil(() => {
      report = engine!.report()
      return poolStatus('sv2')?.state.phase === 'blocked'
    }, 'the proxy to refuse a pool with another authority key')
    expect(poolStatus('sv2')!.state).toMatchObject({
      phase: 'blocked',
      problem: { code: 'noise/authority-key-mismatch', message: expect.stringMatching(/key/) as string },
    })
  })
})
