/**
 * Our whole proxy between a rig and the reference implementation: over Stratum V2 straight to its pool, over
 * Stratum V1 through its translator, and switching from one to the other.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest'
import { systemEntropy } from '../../src-main/base/index.ts'
import { BIP320_MASK } from '../../src-main/mining/index.ts'
import { identityHolds, type PoolConfig } from '../../src-main/proxy/index.ts'
import { generateAuthorityKeyPair } from '../../src-main/sv2/index.ts'
import { InteropProxy, interopPool, overSv1, overSv2 } from './interop-proxy.ts'
import { waitUntil } from './peer-process.ts'
import { findPeer } from './peers.ts'
import { POOL_AUTHORITY_KEY_TEXT, type SriPool, startSriPool } from './sri-pool.ts'
import { type SriTranslator, startSriTranslator } from './sri-translator.ts'
import { Sv1Miner } from './sv1-miner.ts'
import { TemplateProvider } from './template-provider.ts'

const RIG_HASHRATE_HS = 40_000

describe('the proxy with pool_sv2 and translator_sv2', () => {
  let provider: TemplateProvider
  let pool: SriPool | undefined
  let translator: SriTranslator | undefined
  let proxy: InteropProxy | undefined
  let rig: Sv1Miner | undefined

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
      process.stderr.write(`--- last report ---\n${JSON.stringify(proxy?.report, undefined, 1)}\n`)
      process.stderr.write(`--- log of translator_sv2 ---\n${translator?.process.log}\n`)
      process.stderr.write(`--- log of pool_sv2 ---\n${pool?.process.log}\n`)
    })
  })

  afterEach(async () => {
    rig?.stop()
    rig = undefined
    await proxy?.stop()
    proxy = undefined
  })

  const sv2Config = (authorityKey = pool!.authorityKey): PoolConfig =>
    interopPool('sv2', overSv2(pool!.port, authorityKey))
  const sv1Config = (): PoolConfig => interopPool('sv1', overSv1(translator!.port))

  async function start(pools: readonly PoolConfig[], sharesPerMinute?: number): Promise<InteropProxy> {
    proxy = await InteropProxy.start(pools, sharesPerMinute === undefined ? {} : { sharesPerMinute })
    return proxy
  }

  function connectRig(hashrateHs = RIG_HASHRATE_HS): Sv1Miner {
    rig = new Sv1Miner({
      port: proxy!.sv1Port,
      user: 'rig.one',
      versionRollingMask: BIP320_MASK,
      hashrateHs,
    })
    return rig
  }

  /** Waits until pool `id` acknowledged `count` more shares than it had. */
  const waitForAcknowledged = (id: string, count: number): Promise<void> =>
    proxy!.waitForAcknowledged(id, count, () => {
      if (rig?.failure != null) throw new Error(`the rig's session failed: ${rig.failure}`)
    })

  it('mines on the pool over Stratum V2, across a new template and a new tip', async () => {
    const { engine } = await start([sv2Config()])
    const miner = connectRig()
    await waitForAcknowledged('sv2', 4)

    const jobsBefore = miner.jobs.length
    provider.pushTemplate()
    await waitUntil(() => miner.jobs.length > jobsBefore, 'the rig to be given the job of a new template')
    await waitForAcknowledged('sv2', 2)
    expect(proxy!.report.counts).toMatchObject({ stale: 0, duplicate: 0, invalid: 0, rejected: 0, lost: 0 })

    const jobsOfTip = miner.jobs.length
    const height = engine.currentJob()!.description.height
    provider.pushTip()
    await waitUntil(() => engine.currentJob()!.description.height !== height, 'the proxy to follow a new tip')
    await waitUntil(
      () => miner.jobs.some(({ notify }, i) => i >= jobsOfTip && notify.cleanJobs),
      'the rig to be told to drop its old jobs',
    )
    await waitForAcknowledged('sv2', 2)

    // A share may have been on its way when the tip changed.
    expect(
      Object.keys(proxy!.pool('sv2')!.rejectReasons).filter((reason) => reason !== 'stale-share'),
    ).toEqual([])
    expect(proxy!.report.counts).toMatchObject({ duplicate: 0, invalid: 0 })
    expect(identityHolds(proxy!.report.counts)).toBe(true)
    // The pool's own book: a line for every share it counted.
    const counted = pool!.process.countLines(/SubmitSharesExtended: (valid share|SubmitSharesSuccess).*✅/)
    expect(counted).toBeGreaterThanOrEqual(proxy!.report.counts.acknowledged)
    expect(miner.jobs.at(-1)!.extranonce1).toEqual(miner.jobs[0]!.extranonce1)
  })

  it('mines through the translator over Stratum V1', async () => {
    await start([sv1Config()])
    connectRig()
    await waitForAcknowledged('sv1', 4)
    expect(proxy!.pool('sv1')!.rejectReasons).toEqual({})
    expect(identityHolds(proxy!.report.counts)).toBe(true)
  })

  it('switches a hashing rig from one to the other and back without dropping its socket', async () => {
    const { engine } = await start([sv2Config(), sv1Config()])
    const miner = connectRig()
    await waitForAcknowledged('sv2', 2)

    const away = await engine.activate('sv1')
    expect(away.downstreams).toMatchObject({ total: 1, reconnected: 0 })
    await waitForAcknowledged('sv1', 2)
    const back = await engine.activate('sv2')
    expect(back.downstreams).toMatchObject({ total: 1, reconnected: 0 })
    await waitForAcknowledged('sv2', 2)

    expect(miner.failure).toBeNull()
    expect(identityHolds(proxy!.report.counts)).toBe(true)
    expect(proxy!.report.counts).toMatchObject({ rejected: 0, lost: 0, invalid: 0 })
  })

  it('does not flood a pool that grants the easiest target of all, as this one does before it knows our hashrate', async () => {
    await start([sv2Config()], 6)
    const miner = connectRig(20_000)
    const startedAt = performance.now()
    await waitForAcknowledged('sv2', 40)
    const elapsedS = (performance.now() - startedAt) / 1000
    // Vardiff measures a rig at eight shares a second; a rig this slow has 20,000 hashes a second to flood with.
    expect(miner.submitted).toBeLessThan(100 + 20 * elapsedS)
    expect(proxy!.report.counts).toMatchObject({ rejected: 0, lost: 0 })
  })

  it('stops at a pool whose authority key is not the one it was given, and says so', async () => {
    const stranger = generateAuthorityKeyPair(systemEntropy)
    await start([sv2Config(stranger.publicKey)])
    await proxy!.waitFor(
      'the proxy to refuse a pool with another authority key',
      () => proxy!.pool('sv2')?.state.phase === 'blocked',
    )
    expect(proxy!.pool('sv2')!.state).toMatchObject({
      phase: 'blocked',
      problem: { code: 'noise/authority-key-mismatch', message: expect.stringMatching(/key/) as string },
    })
  })
})
