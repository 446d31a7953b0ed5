/**
 * The reference implementation's processor rig as a foreign rig of our SV2 servers: a standard channel, header-only
 * jobs, and a clock it sets a minute ahead.
 */
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest'
import { systemEntropy } from '../../src-main/base/index.ts'
import { formatAuthorityKey, generateAuthorityKeyPair } from '../../src-main/sv2/index.ts'
import { MiningDevice, type MiningDeviceOptions } from './mining-device.ts'
import { OUR_SV2_SERVERS, type OurSv2Server } from './our-sv2-server.ts'
import { waitUntil } from './peer-process.ts'
import { findPeer } from './peers.ts'

/** It measures itself without the rests it takes later: a fiftieth is about the truth. */
const HASHRATE_MULTIPLIER = 0.02

describe.each(OUR_SV2_SERVERS)('mining_device at $name', ({ start }) => {
  let binary: string | undefined
  let server: OurSv2Server
  let device: MiningDevice | undefined

  beforeAll(async () => {
    binary = await findPeer('mining_device')
  })

  beforeEach(async ({ skip }) => {
    skip(binary === undefined, 'mining_device cannot be built here; the reason was printed above')
    onTestFailed(() => {
      process.stderr.write(`--- log of our server ---\n${server.log}\n`)
      process.stderr.write(`--- log of mining_device ---\n${device?.process.log}\n`)
    })
    server = await start()
  })

  afterEach(async () => {
    await device?.process.stop()
    device = undefined
    await server?.stop()
  })

  function connectDevice(options: Partial<MiningDeviceOptions> = {}): MiningDevice {
    device = new MiningDevice(binary!, {
      port: server.port,
      authorityKeyText: server.authorityKeyText,
      userIdentity: 'interop.device',
      hashrateMultiplier: HASHRATE_MULTIPLIER,
      ...options,
    })
    return device
  }

  /** Waits until the server accepted `count` more shares. */
  async function waitForAccepted(count: number): Promise<void> {
    const before = server.accepted
    await waitUntil(
      () => {
        if (device?.process.outcome !== undefined) throw new Error(`mining_device ${device.process.outcome}`)
        return server.accepted >= before + count
      },
      `our server to accept ${count} shares of mining_device`,
      120_000,
    )
  }

  /**
   * Reasons but for the two that are the rig's own doing: whenever its target changes it hashes its job again from
   * the first nonce, and a share may have been on its way when the tip changed.
   */
  const unexpectedRefusals = (): string[] =>
    Object.keys(server.refusals).filter((reason) => reason !== 'duplicate-share' && reason !== 'stale-share')

  function expectInOrder(): void {
    expect(unexpectedRefusals()).toEqual([])
    expect(server.disorder).toBeNull()
  }

  it('opens a standard channel, and its shares are accepted and acknowledged', async () => {
    const rig = connectDevice()
    await waitForAccepted(6)
    expect(server.channels).toBe(1)
    await waitUntil(() => rig.acknowledgements > 0, 'mining_device to hear of an acknowledgement')
    expectInOrder()
  })

  it('follows our new transactions and our new tip', async () => {
    const rig = connectDevice()
    await waitForAccepted(1)
    const { jobs } = rig
    await waitUntil(() => rig.jobs > jobs, 'mining_device to be given the job of new transactions')
    await waitForAccepted(2)

    const { tips } = rig
    server.newTip()
    await waitUntil(() => rig.tips > tips, 'mining_device to be told of our new tip')
    await waitForAccepted(2)
    expectInOrder()
  })

  it('claims a hashrate it has not, and still finds shares once we measured it', async () => {
    connectDevice({ hashrateMultiplier: 1 })
    await waitForAccepted(3)
    expectInOrder()
  })

  it('hands us a block when a share of it is one', async () => {
    connectDevice()
    await waitForAccepted(1)
    server.easeUntilBlock()
    await waitUntil(() => server.blocks > 0, 'mining_device to find a block', 120_000)
    await waitForAccepted(1)
  })

  it('gives its channel back when it goes', async () => {
    const rig = connectDevice()
    await waitForAccepted(1)
    await rig.process.stop()
    await waitUntil(() => server.channels === 0, 'the channel of mining_device to be given back')
  })

  it('refuses us when it was given another authority key', async () => {
    const stranger = generateAuthorityKeyPair(systemEntropy)
    const rig = connectDevice({ authorityKeyText: formatAuthorityKey(stranger.publicKey) })
    await waitUntil(
      () => rig.process.outcome !== undefined || /InvalidCertificate|panicked/.test(rig.process.log),
      'mining_device to refuse our certificate',
    )
    expect(rig.process.log).toMatch(/InvalidCertificate/)
    expect(server.channels).toBe(0)
  })
})
