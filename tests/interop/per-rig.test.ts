/**
 * A line for each rig at pools of others: over Stratum V2 a channel each on one connection to the reference
 * implementation's pool, over Stratum V1 a connection each to Parasite Pool's, which shows every rig by its name.
 */
import { afterEach, beforeEach, describe, expect, it, onTestFailed } from 'vitest'
import { BIP320_MASK } from '../../src-main/mining/index.ts'
import { identityHolds } from '../../src-main/proxy/index.ts'
import { BitcoinNode } from './bitcoin-node.ts'
import { InteropProxy, interopPool, overSv1, overSv2 } from './interop-proxy.ts'
import { ParaPool, paraUser } from './para.ts'
import { type PeerProcess, waitUntil } from './peer-process.ts'
import { findPeer } from './peers.ts'
import { startSriPool } from './sri-pool.ts'
import { Sv1Miner } from './sv1-miner.ts'
import { TemplateProvider } from './template-provider.ts'

const RIG_NAMES = ['attic', 'cellar', 'shed'] as const
const RIG_HASHRATE_HS = 30_000
const POOL_DIFFICULTY = 1e-5

describe('a line for each rig', () => {
  let proxy: InteropProxy | undefined
  let pool: PeerProcess | undefined
  let rigs: Sv1Miner[] = []
  let stops: (() => Promise<void>)[] = []

  beforeEach(() => {
    proxy = pool = undefined
    onTestFailed(() => {
      process.stderr.write(`--- last report ---\n${JSON.stringify(proxy?.report, undefined, 1)}\n`)
      process.stderr.write(`--- log of ${pool?.name} ---\n${pool?.log}\n`)
    })
  })

  afterEach(async () => {
    for (const rig of rigs) rig.stop()
    await proxy?.stop()
    await pool?.stop()
    for (const stop of stops) await stop()
    rigs = []
    stops = []
  })

  function connectRigs(): void {
    rigs = RIG_NAMES.map(
      (name) =>
        new Sv1Miner({
          port: proxy!.sv1Port,
          user: `farm.${name}`,
          versionRollingMask: BIP320_MASK,
          hashrateHs: RIG_HASHRATE_HS,
        }),
    )
  }

  function expectBooksInOrder(): void {
    expect(rigs.map(({ failure }) => failure)).toEqual(rigs.map(() => null))
    expect(proxy!.report.counts).toMatchObject({ rejected: 0, lost: 0, invalid: 0, duplicate: 0 })
    expect(identityHolds(proxy!.report.counts)).toBe(true)
  }

  it('is a channel of its own at pool_sv2, all on one connection, and is closed when its rig leaves', async ({
    skip,
  }) => {
    const binary = await findPeer('pool_sv2')
    if (binary === undefined) return skip('pool_sv2 cannot be built here; the reason was printed above')
    const provider = await TemplateProvider.start()
    stops.push(() => provider.stop())
    const {
      port,
      authorityKey,
      process: sri,
    } = await startSriPool(binary, provider, {
      sharesPerMinute: 60,
      shareBatchSize: 1,
    })
    pool = sri
    proxy = await InteropProxy.start([interopPool('sri', overSv2(port, authorityKey), { lines: 'per-rig' })])
    connectRigs()
    await waitUntil(() => rigs.every(({ accepted }) => accepted > 1), 'a share of each rig', 120_000)
    await proxy.waitForAcknowledged('sri', 6)
    expectBooksInOrder()
    expect(proxy.pool('sri')).toMatchObject({ lineCount: RIG_NAMES.length, rigCount: RIG_NAMES.length })
    expect(sri.countLines(/New downstream connection/)).toBe(1)
    for (const name of RIG_NAMES) expect(sri.log).toContain(`interop.${name}`)

    rigs.pop()!.stop()
    await proxy.waitFor(
      'the line of a rig that left to end',
      () => proxy!.pool('sri')!.lineCount === RIG_NAMES.length - 1,
    )
    await waitUntil(() => sri.countLines(/CloseChannel/) > 0, 'pool_sv2 to hear that a channel is closed')
    await proxy.waitForAcknowledged('sri', 2)
    expectBooksInOrder()
  })

  it("is a connection of its own at Parasite Pool's, which knows each rig by its name", async ({ skip }) => {
    const binary = await findPeer('para')
    if (binary === undefined) return skip('para cannot be built here; the reason was printed above')
    const node = await BitcoinNode.start()
    stops.push(() => node.stop())
    const paraPool = await ParaPool.start(binary, node, { startDifficulty: POOL_DIFFICULTY })
    pool = paraPool.process
    const config = interopPool('para', overSv1(paraPool.port), {
      userIdentity: paraUser('farm'),
      lines: 'per-rig',
    })
    proxy = await InteropProxy.start([config])
    connectRigs()
    await proxy.waitForAcknowledged('para', 6)
    await waitUntil(
      async () => (await paraPool.rigNames()).length === RIG_NAMES.length,
      'the pool to have a share of each rig',
      120_000,
    )
    expectBooksInOrder()
    expect(proxy.pool('para')).toMatchObject({ lineCount: RIG_NAMES.length, rigCount: RIG_NAMES.length })

    const { rejectedShares } = await paraPool.book()
    expect(rejectedShares).toBe(0)
    expect([...(await paraPool.rigNames())].sort()).toEqual([...RIG_NAMES].sort())
  })
})
