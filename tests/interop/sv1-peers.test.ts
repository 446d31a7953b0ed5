/**
 * Our proxy between a Stratum V1 rig and a Stratum V1 pool that no one here wrote, and nobody of the reference
 * implementation either: what Parasite Pool runs.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest'
import { fromHex, silentLogger, systemClock, systemEntropy } from '../../src-main/base/index.ts'
import { asBlockHash, BIP320_MASK, meetsTarget, networkTarget, sha256d } from '../../src-main/mining/index.ts'
import { createNetLoop } from '../../src-main/net/index.ts'
import { PoolCore, type PoolServer, PracticeChain, startSv2Server } from '../../src-main/practice/index.ts'
import { identityHolds, type PoolConfig } from '../../src-main/proxy/index.ts'
import { generateAuthorityKeyPair } from '../../src-main/sv2/index.ts'
import { BitcoinNode } from './bitcoin-node.ts'
import { InteropProxy, interopPool, overSv1, overSv2 } from './interop-proxy.ts'
import { ParaPool, type ParaPoolOptions, ParaRig, paraUser } from './para.ts'
import { MiningDevice } from './mining-device.ts'
import { waitUntil } from './peer-process.ts'
import { findPeer } from './peers.ts'
import { type SriPool, startSriPool } from './sri-pool.ts'
import { Sv1Miner } from './sv1-miner.ts'
import { EASY_N_BITS, TemplateProvider } from './template-provider.ts'

const RIG_HASHRATE_HS = 40_000
/** Theirs is no rig that we know by name: it starts with a difficulty for chips, and has to be found. */
const FOREIGN_RIG_HASHRATE_HS = 200_000
/** A share takes our rigs a second. */
const POOL_DIFFICULTY = 1e-5
const FIRST_BIP310_BIT = 13

describe('a Stratum V1 rig and a Stratum V1 pool of others', () => {
  let para: string | undefined
  let node: BitcoinNode | undefined
  let paraPool: ParaPool | undefined
  let proxy: InteropProxy | undefined
  let paraRig: ParaRig | undefined
  let device: MiningDevice | undefined
  let ourRigs: Sv1Miner[] = []

  beforeAll(async () => {
    para = await findPeer('para')
  })

  beforeEach(({ skip }) => {
    device = paraRig = proxy = paraPool = node = undefined
    skip(para === undefined, 'para cannot be built here; the reason was printed above')
    onTestFailed(() => {
      process.stderr.write(`--- last report ---\n${JSON.stringify(proxy?.report, undefined, 1)}\n`)
      for (const { process: peer } of [paraPool, paraRig, device].filter((one) => one !== undefined))
        process.stderr.write(`--- log of ${peer.name} ---\n${peer.log}\n`)
    })
  })

  afterEach(async () => {
    for (const rig of ourRigs) rig.stop()
    ourRigs = []
    await paraRig?.process.stop()
    await device?.process.stop()
    await proxy?.stop()
    await paraPool?.process.stop()
    await node?.stop()
  })

  async function startParaPool(options: Partial<ParaPoolOptions> = {}): Promise<ParaPool> {
    node = await BitcoinNode.start()
    paraPool = await ParaPool.start(para!, node, { startDifficulty: POOL_DIFFICULTY, ...options })
    return paraPool
  }

  const paraConfig = (): PoolConfig =>
    interopPool('para', overSv1(paraPool!.port), { userIdentity: paraUser('farm') })

  function connectParaRig(options: { readonly rollsVersions?: boolean } = {}): ParaRig {
    paraRig = new ParaRig(para!, {
      port: proxy!.sv1Port,
      rigName: 'foreign',
      hashrateHs: FOREIGN_RIG_HASHRATE_HS,
      ...options,
    })
    return paraRig
  }

  function connectOurRig(user: string): Sv1Miner {
    const rig = new Sv1Miner({
      port: proxy!.sv1Port,
      user,
      versionRollingMask: BIP320_MASK,
      hashrateHs: RIG_HASHRATE_HS,
    })
    ourRigs.push(rig)
    return rig
  }

  function expectBooksInOrder(): void {
    expect(proxy!.report.counts).toMatchObject({ rejected: 0, lost: 0, invalid: 0, duplicate: 0 })
    expect(identityHolds(proxy!.report.counts)).toBe(true)
  }

  it('our proxy mines at the pool with rigs of its own, and the pool counts every share we call acknowledged', async () => {
    await startParaPool()
    proxy = await InteropProxy.start([paraConfig()])
    const rigs = [connectOurRig('rig.one'), connectOurRig('rig.two')]
    await proxy.waitForAcknowledged('para', 8)
    expect(rigs.map(({ failure }) => failure)).toEqual([null, null])
    expectBooksInOrder()

    const book = await paraPool!.book()
    expect(book.acceptedShares).toBeGreaterThanOrEqual(proxy.report.counts.acknowledged)
    expect(book.rejectedShares).toBe(0)
    const bitsRolled = rigs.map(({ jobs }) => (jobs.at(-1)!.versionMask >>> FIRST_BIP310_BIT) & 1)
    expect(bitsRolled).toEqual([1, 1])
  })

  it('their rig mines through our proxy at their pool, across new transactions and a new block', async () => {
    await startParaPool()
    proxy = await InteropProxy.start([paraConfig()])
    const rig = connectParaRig()
    await proxy.waitForAcknowledged('para', 3)

    const jobsBefore = rig.jobs
    node!.newTransactions()
    await waitUntil(() => rig.jobs > jobsBefore, 'the rig to be given the job of new transactions')
    await proxy.waitForAcknowledged('para', 2)
    node!.newTip()
    await waitUntil(
      () => proxy!.engine.currentJob()?.description.height === node!.height,
      'the proxy to follow a new block',
    )
    await proxy.waitForAcknowledged('para', 3)

    // A share may have been on its way when the block was found.
    expect(
      Object.keys(proxy.pool('para')!.rejectReasons).filter((reason) => reason !== 'stale-share'),
    ).toEqual([])
    expect(proxy.report.counts).toMatchObject({ lost: 0, invalid: 0, duplicate: 0 })
    expect(identityHolds(proxy.report.counts)).toBe(true)
    expect(rig.accepted).toBeGreaterThan(0)
    expect(rig.refused).toBeLessThanOrEqual(proxy.report.counts.stale)
    expect(rig.sessions).toBe(1)
  })

  it('a block found by their rig reaches the node through us and their pool', async () => {
    await startParaPool()
    proxy = await InteropProxy.start([paraConfig()])
    connectParaRig()
    await proxy.waitForAcknowledged('para', 1)

    node!.newTip(EASY_N_BITS)
    await waitUntil(() => node!.blocks.length > 0, 'the pool to submit a block to the node')
    const header = fromHex(node!.blocks[0]!).subarray(0, 80)
    expect(meetsTarget(asBlockHash(sha256d(header)), networkTarget(EASY_N_BITS))).toBe(true)
    expect((await paraPool!.book()).blocks).toBeGreaterThan(0)
    await proxy.waitFor('us to count the block too', ({ blocks }) => blocks.length > 0)
  })

  it('mines at a pool that grants four bytes and lets nobody roll versions', async () => {
    await startParaPool({ extranonce2Size: 4, versionMaskHex: '00000000' })
    proxy = await InteropProxy.start([paraConfig()])
    connectParaRig()
    connectOurRig('rig.one')
    await proxy.waitForAcknowledged('para', 6)
    expectBooksInOrder()
    expect(await paraPool!.book()).toMatchObject({ rejectedShares: 0 })
  })

  it('rigs of three makers, over both protocols, mine at the pool on one line', async ({ skip }) => {
    const deviceBinary = await findPeer('mining_device')
    if (deviceBinary === undefined)
      return skip('mining_device cannot be built here; the reason was printed above')
    await startParaPool()
    const authority = generateAuthorityKeyPair(systemEntropy)
    proxy = await InteropProxy.start([paraConfig()], {
      stratumV2: { host: '127.0.0.1', port: 0 },
      authority,
    })
    const rig = connectParaRig()
    const ours = connectOurRig('rig.one')
    device = new MiningDevice(deviceBinary, {
      port: proxy.engine.stratumV2Address!.port,
      authorityKeyText: proxy.engine.authorityKeyText!,
      userIdentity: 'rig.device',
      hashrateMultiplier: 0.02,
    })
    await waitUntil(
      () => rig.accepted > 0 && ours.accepted > 0 && device!.acknowledgements > 0,
      'each rig to hear that a share was accepted',
      180_000,
    )
    await proxy.waitForAcknowledged('para', 3)
    expect(proxy.report.onlineCount).toBe(3)
    // The device hashes its job again from the first nonce whenever its target changes: those are duplicates.
    expect(proxy.report.counts).toMatchObject({ rejected: 0, lost: 0, invalid: 0 })
    expect(identityHolds(proxy.report.counts)).toBe(true)
    expect(await paraPool!.book()).toMatchObject({ rejectedShares: 0 })
  })

  it('their rig mines at our practice pool over Stratum V2, with and without rolled versions', async () => {
    const chain = new PracticeChain({ clock: systemClock, entropy: systemEntropy, templatePeriodMs: 0 })
    const pool = new PoolCore({ chain, clock: systemClock, log: silentLogger })
    const authority = generateAuthorityKeyPair(systemEntropy)
    const server: PoolServer = await startSv2Server({
      pool,
      authority,
      entropy: systemEntropy,
      log: silentLogger,
      loop: createNetLoop(systemClock),
      listenAt: { host: '127.0.0.1', port: 0 },
    })
    try {
      proxy = await InteropProxy.start([
        interopPool('practice', overSv2(server.address.port, authority.publicKey)),
      ])
      for (const rollsVersions of [true, false]) {
        const rig = connectParaRig({ rollsVersions })
        await proxy.waitForAcknowledged('practice', 3)
        await waitUntil(() => rig.accepted > 0, 'the rig to hear that a share was accepted')
        expect(rig.refused).toBe(0)
        await rig.process.stop()
      }
      expectBooksInOrder()
      expect(pool.totals.accepted).toBeGreaterThanOrEqual(proxy.report.counts.acknowledged)
      expect(pool.totals.rejectReasons).toEqual({})
    } finally {
      await server.stop('the test is over')
    }
  })

  describe('and pool_sv2 over Stratum V2', () => {
    let provider: TemplateProvider | undefined
    let sriPool: SriPool | undefined

    beforeAll(async () => {
      const binary = await findPeer('pool_sv2')
      if (binary === undefined || para === undefined) return
      provider = await TemplateProvider.start()
      sriPool = await startSriPool(binary, provider, { sharesPerMinute: 60, shareBatchSize: 1 })
    })

    afterAll(async () => {
      await sriPool?.process.stop()
      await provider?.stop()
    })

    beforeEach(({ skip }) => {
      skip(sriPool === undefined, 'pool_sv2 cannot be built here; the reason was printed above')
      onTestFailed(() => {
        process.stderr.write(`--- log of pool_sv2 ---\n${sriPool?.process.log}\n`)
      })
    })

    const sriConfig = (): PoolConfig => interopPool('sri', overSv2(sriPool!.port, sriPool!.authorityKey))

    it('their rig mines at pool_sv2 through us', async () => {
      proxy = await InteropProxy.start([sriConfig()])
      const rig = connectParaRig()
      await proxy.waitForAcknowledged('sri', 6)
      expectBooksInOrder()
      await waitUntil(() => rig.accepted > 0, 'the rig to hear that a share was accepted')
      expect(rig.refused).toBe(0)
      expect(rig.sessions).toBe(1)
    })

    it('their rig keeps its socket while we switch between their pool and pool_sv2, there and back', async () => {
      await startParaPool()
      proxy = await InteropProxy.start([paraConfig(), sriConfig()])
      const rig = connectParaRig()
      await proxy.waitForAcknowledged('para', 2)

      const away = await proxy.engine.activate('sri')
      expect(away.downstreams).toMatchObject({ total: 1, setExtranonce: 0, reconnected: 0 })
      await proxy.waitForAcknowledged('sri', 2)
      const back = await proxy.engine.activate('para')
      expect(back.downstreams).toMatchObject({ total: 1, setExtranonce: 0, reconnected: 0 })
      await proxy.waitForAcknowledged('para', 2)

      expect(rig.sessions).toBe(1)
      expect(rig.process.outcome).toBeUndefined()
      expect(rig.refused).toBe(0)
      expectBooksInOrder()
      expect(await paraPool!.book()).toMatchObject({ rejectedShares: 0 })
    })
  })
})
