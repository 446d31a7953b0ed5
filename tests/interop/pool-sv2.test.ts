/**
 * The reference implementation's pool takes our templates, gives our client jobs and acknowledges its shares.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest'
import { concatBytes, equalBytes, HeadframeError, systemEntropy, toHex } from '../../src-main/base/index.ts'
import { hashHeader, meetsTarget, networkTarget, sha256d } from '../../src-main/mining/index.ts'
import { formatAuthorityKey, generateAuthorityKeyPair, miningConnection } from '../../src-main/sv2/index.ts'
import { MiningClient } from './mining-client.ts'
import { waitUntil } from './peer-process.ts'
import { findPeer } from './peers.ts'
import { REWARD_SCRIPT, type SriPool, startSriPool } from './sri-pool.ts'
import { dial } from './sv2-session.ts'
import { EASY_N_BITS, TemplateProvider } from './template-provider.ts'

/** With one share a second expected of a thousand hashes a second, a share takes some thousand hashes. */
const POOL_OPTIONS = { sharesPerMinute: 60, shareBatchSize: 2 }
const NOMINAL_HASHRATE_HS = 1000

describe('pool_sv2', () => {
  let binary: string | undefined
  let provider: TemplateProvider
  let pool: SriPool | undefined
  let client: MiningClient | undefined

  beforeAll(async () => {
    binary = await findPeer('pool_sv2')
    if (binary === undefined) return
    provider = await TemplateProvider.start()
    pool = await startSriPool(binary, provider, POOL_OPTIONS)
  })

  afterAll(async () => {
    await pool?.process.stop()
    await provider?.stop()
  })

  beforeEach(({ skip }) => {
    skip(pool === undefined, 'pool_sv2 cannot be built here; the reason was printed above')
    onTestFailed(() => {
      process.stderr.write(`--- log of pool_sv2 ---\n${pool?.process.log}\n`)
    })
  })

  afterEach(() => {
    client?.close()
    client = undefined
  })

  async function openClient(userIdentity: string): Promise<MiningClient> {
    const { port, authorityKey } = pool!
    client = await MiningClient.open({
      port,
      authorityKey,
      userIdentity,
      nominalHashrateHs: NOMINAL_HASHRATE_HS,
    })
    return client
  }

  it('takes templates from our provider and tells it the size of its outputs', () => {
    expect(provider.connectionCount).toBe(1)
    expect(provider.constraints).toHaveLength(1)
    expect(provider.constraints[0]!.coinbaseOutputMaxAdditionalSize).toBeGreaterThanOrEqual(
      8 + 1 + REWARD_SCRIPT.length,
    )
  })

  it('acknowledges every share our client finds', async () => {
    const miner = await openClient('interop.shares')
    const job = await miner.waitForJob('the first job')
    expect(toHex(job.coinbaseTxSuffix)).toContain(toHex(REWARD_SCRIPT))

    for (let i = 0; i < 6; i++) miner.submit(miner.findShare(job))
    await waitUntil(() => miner.counts.acknowledged === 6, 'the pool to acknowledge 6 shares')
    expect(miner.rejections).toEqual([])
    expect(miner.counts).toMatchObject({ submitted: 6, pending: 0, unmatched: 0 })
  })

  it('acknowledges shares with every rollable version bit changed', async () => {
    const miner = await openClient('interop.version')
    const job = await miner.waitForJob('the first job')
    expect(job.versionRollingAllowed).toBe(true)

    miner.submit(miner.findShare(job, { versionBits: 0x1fffe000 }))
    miner.submit(miner.findShare(job, { versionBits: 0x00002000 }))
    await waitUntil(
      () => miner.counts.acknowledged === 2,
      'the pool to acknowledge 2 shares with a rolled version',
    )
    expect(miner.rejections).toEqual([])
  })

  it('refuses a weak share, a repeated one and one of an unknown job, each with its reason', async () => {
    const miner = await openClient('interop.refused')
    const job = await miner.waitForJob('the first job')

    miner.submit(miner.findWeakShare(job))
    const share = miner.findShare(job)
    miner.submit(share)
    miner.submit(share)
    miner.submit({ ...share, job: { ...job, jobId: 4242 } })
    await waitUntil(() => miner.rejections.length === 3, 'the pool to refuse 3 shares')
    expect(miner.rejections).toEqual(['difficulty-too-low', 'duplicate-share', 'invalid-job-id'])
  })

  it('counts shares of an older job of the same tip, and calls them stale once the tip changed', async () => {
    const miner = await openClient('interop.jobs')
    const first = await miner.waitForJob('the first job')

    provider.pushTemplate()
    const second = await miner.waitForJob('the job of a new template', (job) => job.jobId !== first.jobId)
    expect(second.prevHash).toEqual(first.prevHash)
    miner.submit(miner.findShare(first))
    miner.submit(miner.findShare(second))
    await waitUntil(() => miner.counts.acknowledged === 2, 'the pool to acknowledge a share of each job')

    const late = miner.findShare(second)
    provider.pushTip()
    const third = await miner.waitForJob(
      'the job of a new tip',
      (job) => !equalBytes(job.prevHash, first.prevHash),
    )
    expect(miner.dropped).toEqual(expect.arrayContaining([first.jobId, second.jobId]))
    miner.submit(late)
    await waitUntil(() => miner.rejections.length === 1, 'the pool to refuse a share of the tip before')
    expect(miner.rejections).toEqual(['stale-share'])

    miner.submit(miner.findShare(third))
    miner.submit(miner.findShare(third))
    await waitUntil(() => miner.counts.acknowledged === 4, 'the pool to acknowledge shares of the new tip')
  })

  it('makes a block of a share that meets the network target, with the very header our client solved', async () => {
    const miner = await openClient('interop.block')
    const before = await miner.waitForJob('the first job')
    const templateId = provider.pushTip(EASY_N_BITS)
    const job = await miner.waitForJob(
      'the job of an easy tip',
      ({ prevHash }) => !equalBytes(prevHash, before.prevHash),
    )
    expect(job.nbits).toBe(EASY_N_BITS)

    const share = miner.findShare(job)
    expect(meetsTarget(hashHeader(share.header), networkTarget(EASY_N_BITS))).toBe(true)
    miner.submit(share)
    await waitUntil(() => provider.solutions.length > 0, 'the pool to hand a block to our template provider')
    await waitUntil(() => miner.counts.acknowledged === 1, 'the pool to acknowledge the block at once')

    const solution = provider.solutions[0]!
    expect(solution).toMatchObject({
      templateId,
      version: share.version,
      headerTimestamp: share.ntime,
      headerNonce: share.nonce,
    })
    // The template had no transactions, so the merkle root of the header is the coinbase's txid.
    expect(sha256d(withoutWitness(solution.coinbaseTx))).toEqual(share.header.subarray(36, 68))
    provider.pushTip()
  })

  it('refuses templates of a provider whose certificate another authority signed', async () => {
    const stranger = await TemplateProvider.start()
    const providerKeyText = formatAuthorityKey(generateAuthorityKeyPair(systemEntropy).publicKey)
    const refused = startSriPool(binary!, stranger, { ...POOL_OPTIONS, providerKeyText })
    await expect(refused).rejects.toThrow(/InvalidCertificate/)
    expect(stranger.constraints).toEqual([])
    await stranger.stop()
  })

  it('is refused by our client when its authority key is not the expected one', async () => {
    const stranger = generateAuthorityKeyPair(systemEntropy)
    const session = dial(pool!.port, stranger.publicKey, miningConnection)
    const error = await session.established.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(HeadframeError)
    expect(error).toMatchObject({ code: 'noise/authority-key-mismatch' })
    expect(session.messages).toEqual([])
  })

  it('is refused by our client when the clock of this machine is a day ahead of its certificate', async () => {
    const { port, authorityKey } = pool!
    const tomorrow = (): number => Date.now() + 24 * 60 * 60_000
    const session = dial(port, authorityKey, miningConnection, tomorrow)
    await expect(session.established).rejects.toMatchObject({ code: 'noise/certificate-expired' })
  })
})

/** The txid's serialization of a coinbase with marker, flag and the one witness item of 32 bytes. */
function withoutWitness(coinbase: Uint8Array): Uint8Array {
  const witnessLength = 1 + 1 + 32
  return concatBytes(
    coinbase.subarray(0, 4),
    coinbase.subarray(6, coinbase.length - 4 - witnessLength),
    coinbase.subarray(coinbase.length - 4),
  )
}
