/**
 * The reference implementation's translator as a foreign client of our SV2 servers: it opens extended channels when
 * rigs connect to it, follows our jobs and targets, and earns with their shares.
 */
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest'
import { equalBytes, systemEntropy } from '../../src-main/base/index.ts'
import { BIP320_MASK } from '../../src-main/mining/index.ts'
import { formatAuthorityKey, generateAuthorityKeyPair } from '../../src-main/sv2/index.ts'
import { OUR_SV2_SERVERS, type OurSv2Server } from './our-sv2-server.ts'
import { waitUntil } from './peer-process.ts'
import { findPeer } from './peers.ts'
import { type SriTranslator, type SriTranslatorOptions, startSriTranslator } from './sri-translator.ts'
import { Sv1Miner } from './sv1-miner.ts'

/** The translator asks a rig of this hashrate for about as much as the practice pool asks of anybody. */
const RIG_HASHRATE_HS = 50_000
const SHARES_PER_MINUTE = 60
const SHARES_LIMIT_MS = 120_000

describe.each(OUR_SV2_SERVERS)('translator_sv2 at $name', ({ start }) => {
  let binary: string | undefined
  let server: OurSv2Server
  let translator: SriTranslator | undefined
  let rigs: Sv1Miner[] = []

  beforeAll(async () => {
    binary = await findPeer('translator_sv2')
  })

  beforeEach(async ({ skip }) => {
    skip(binary === undefined, 'translator_sv2 cannot be built here; the reason was printed above')
    translator = undefined
    onTestFailed(() => {
      process.stderr.write(`--- log of our server ---\n${server.log}\n`)
      process.stderr.write(`--- log of translator_sv2 ---\n${translator?.process.log}\n`)
    })
    server = await start()
  })

  afterEach(async () => {
    for (const rig of rigs) rig.stop()
    rigs = []
    await translator?.process.stop()
    await server?.stop()
  })

  async function connectTranslator(options: Partial<SriTranslatorOptions> = {}): Promise<SriTranslator> {
    translator = await startSriTranslator(binary!, {
      poolPort: server.port,
      poolAuthorityKeyText: server.authorityKeyText,
      userIdentity: 'interop.translator',
      aggregateChannels: false,
      minRigHashrateHs: RIG_HASHRATE_HS,
      sharesPerMinute: SHARES_PER_MINUTE,
      ...options,
    })
    return translator
  }

  function connectRig(user: string): Sv1Miner {
    const rig = new Sv1Miner({
      port: translator!.port,
      user,
      versionRollingMask: BIP320_MASK,
      hashrateHs: RIG_HASHRATE_HS,
    })
    rigs.push(rig)
    return rig
  }

  /** Waits until the server accepted `count` more shares. */
  async function waitForAccepted(count: number): Promise<void> {
    const before = server.accepted
    await waitUntil(
      () => {
        for (const { failure } of rigs)
          if (failure !== null) throw new Error(`a rig's session failed: ${failure}`)
        return server.accepted >= before + count
      },
      `our server to accept ${count} shares through the translator`,
      SHARES_LIMIT_MS,
    )
  }

  const successes = (): number => translator!.process.countLines(/Received: SubmitSharesSuccess/)

  it('opens a channel when a rig connects to it, and its shares are accepted and acknowledged', async () => {
    await connectTranslator()
    expect(server.channels).toBe(0)

    const rig = connectRig('rig.one')
    await waitUntil(() => server.channels === 1, 'the translator to open a channel with us')
    await waitForAccepted(6)
    await waitUntil(() => successes() > 0, 'the translator to hear of an acknowledgement')
    expect(server.refusals).toEqual({})
    expect(server.disorder).toBeNull()
    expect(rig.refusals).toEqual([])
    expect(rig.jobs[0]!.versionMask).toBe(BIP320_MASK)
  })

  it('follows a new template and a new tip of ours', async () => {
    await connectTranslator()
    const rig = connectRig('rig.one')
    await waitForAccepted(1)

    const first = rig.jobs.at(-1)!.notify
    server.newTip()
    await waitUntil(
      () => rig.jobs.some(({ notify }) => notify.cleanJobs && !equalBytes(notify.prevHash, first.prevHash)),
      'the rig to be told of our new tip',
    )
    await waitForAccepted(2)
    expect(Object.keys(server.refusals).filter((reason) => reason !== 'stale-share')).toEqual([])
    expect(server.disorder).toBeNull()
  })

  it('hands us a block when a share of its rig is one', async () => {
    await connectTranslator()
    connectRig('rig.one')
    await waitForAccepted(1)

    server.easeUntilBlock()
    await waitUntil(() => server.blocks > 0, 'a rig behind the translator to find a block', SHARES_LIMIT_MS)
    await waitForAccepted(1)
  })

  it('puts two rigs on one channel when it aggregates', async () => {
    await connectTranslator({ aggregateChannels: true })
    const first = connectRig('rig.one')
    const second = connectRig('rig.two')
    await waitUntil(
      () => first.accepted > 1 && second.accepted > 1,
      'the translator to take shares of both rigs',
      SHARES_LIMIT_MS,
    )
    await waitForAccepted(4)
    expect(server.channels).toBe(1)
    expect(server.refusals).toEqual({})
  })

  it('gives the channel back when its rig leaves', async () => {
    await connectTranslator()
    const rig = connectRig('rig.one')
    await waitForAccepted(1)
    rig.stop()
    await waitUntil(() => server.channels === 0, 'the translator to close the channel of a rig that left')
  })

  it('refuses us when it was given another authority key', async () => {
    const stranger = generateAuthorityKeyPair(systemEntropy)
    const refused = connectTranslator({ poolAuthorityKeyText: formatAuthorityKey(stranger.publicKey) })
    await expect(refused).rejects.toThrow(/InvalidCertificate/)
    expect(server.channels).toBe(0)
  })
})
