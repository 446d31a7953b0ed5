/** What our connection to a V2 pool costs is exactly what the formulas of the transport say (Protocol Security, 4.6). */
import { describe, expect, it } from 'vitest'
import { ManualClock, silentLogger, systemEntropy } from '../../../../src-main/base/index.ts'
import { type JobId, MAX_TARGET } from '../../../../src-main/mining/index.ts'
import { type Connection } from '../../../../src-main/net/index.ts'
import { NO_TAP } from '../../../../src-main/proxy/insight/traffic-tap.ts'
import { newPoolMemory } from '../../../../src-main/proxy/upstream/pool-session.ts'
import { createSv2PoolSession } from '../../../../src-main/proxy/upstream/sv2-pool-session.ts'
import {
  createResponder,
  createResponderIdentity,
  encodeMessage,
  generateAuthorityKeyPair,
  type MiningConnectionMessage,
} from '../../../../src-main/sv2/index.ts'
import { pretendConfig } from '../../../support/proxy/pretend-pools.ts'

/** A frame with a payload of `length` bytes: an encrypted header, then blocks of 65,519 bytes with a tag each. */
function wireSize(length: number): number {
  const rest = length % 65_519
  return 22 + Math.floor(length / 65_519) * 65_535 + (rest === 0 ? 0 : rest + 16)
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done))

/** A session over memory, and a pool that says what a test wants. */
async function opened(namesRigs = false) {
  const authority = generateAuthorityKeyPair(systemEntropy)
  const identity = createResponderIdentity({ authority, entropy: systemEntropy, nowMs: () => Date.now() })
  const pool = createResponder({ identity, entropy: systemEntropy })
  pool.start()
  const written: Uint8Array[] = []
  let receive: (bytes: Uint8Array) => void = () => {}
  const connection = {
    onData: (listener: typeof receive) => (receive = listener),
    onClose: () => {},
    write: (bytes: Uint8Array) => written.push(bytes) > 0,
    flush: () => {},
    close: () => {},
  } as unknown as Connection
  let nextJobId = 1
  const session = createSv2PoolSession<string>({
    config: pretendConfig('a', {
      namesRigs,
      endpoint: {
        protocol: 'stratum-v2',
        transport: 'tcp',
        host: 'pool.example',
        port: 3333,
        path: '',
        authorityKey: authority.publicKey,
      },
    }),
    memory: newPoolMemory(),
    connection,
    tap: NO_TAP,
    clock: new ManualClock(Date.now()),
    entropy: systemEntropy,
    log: silentLogger,
    userAgent: 'headframe/0.1.0',
    nextJobId: () => nextJobId++ as JobId,
    events: { onStep() {}, onLatency() {}, onHeard() {}, onMoveRefused() {}, onEnd() {} },
  })
  const outcomes: string[] = []
  const jobs: JobId[] = []
  const line = session.openLine({
    userIdentity: 'account.farm',
    nominalHashrateHs: 0,
    kept: null,
    events: {
      onGrant: () => {},
      onJob: (job) => void jobs.push(job.id),
      onDropped: () => {},
      onOutcome: (_, outcome) => void outcomes.push(outcome.kind),
      onEnd: () => {},
    },
  })
  /** Bytes written since the last call, of which the pool has read all. */
  const take = async (): Promise<number> => {
    await turn()
    const bytes = written.splice(0)
    for (const part of bytes) {
      const output = pool.receive(part)
      expect(output.error).toBeNull()
      if (output.send.length > 0) receive(output.send)
    }
    return bytes.reduce((sum, { length }) => sum + length, 0)
  }
  /** @returns bytes on the wire */
  const say = (message: MiningConnectionMessage): number => {
    const sealed = pool.seal([encodeMessage(message)])
    receive(sealed)
    return sealed.length
  }
  return { take, say, line, outcomes, jobs }
}

describe('bytes to a V2 pool', () => {
  it('are those of the handshake, the set-up and the opening, then 71 for each share with 8 bytes of extranonce', async () => {
    const { take, say, line, jobs, outcomes } = await opened()
    expect(await take()).toBe(64)
    // 1 + 2 + 2 + 4, host, port, and four texts with a length byte each.
    const setup =
      9 + (1 + 'pool.example'.length) + 2 + (1 + 'headframe'.length) + 1 + (1 + '0.1.0'.length) + 1
    expect(await take()).toBe(wireSize(setup))
    expect(say({ name: 'SetupConnection.Success', usedVersion: 2, flags: 0 })).toBe(wireSize(6))
    expect(await take()).toBe(wireSize(4 + (1 + 'account.farm'.length) + 4 + 32 + 2))
    say({
      name: 'OpenExtendedMiningChannel.Success',
      requestId: 1,
      channelId: 7,
      target: MAX_TARGET,
      extranonceSize: 8,
      extranoncePrefix: new Uint8Array(4),
      groupChannelId: 1,
    })
    const job = {
      name: 'NewExtendedMiningJob',
      channelId: 7,
      jobId: 1,
      minNtime: null,
      version: 0x20000000,
      versionRollingAllowed: true,
      merklePath: Array.from({ length: 12 }, () => new Uint8Array(32)),
      coinbaseTxPrefix: new Uint8Array(120),
      coinbaseTxSuffix: new Uint8Array(180),
    } as const
    expect(say(job)).toBe(wireSize(4 + 4 + 1 + 4 + 1 + (1 + 12 * 32) + (2 + 120) + (2 + 180)))
    const tip = {
      name: 'SetNewPrevHash',
      channelId: 7,
      jobId: 1,
      prevHash: new Uint8Array(32),
      minNtime: 5,
      nbits: 0x1d00ffff,
    } as const
    expect(say(tip)).toBe(wireSize(48))
    expect(await take()).toBe(0)
    const share = { jobId: jobs[0]!, rollable: new Uint8Array(8), ntime: 5, nonce: 1, version: 0x20000000 }
    line.submit(share, 'one', 'rig')
    expect(await take()).toBe(71)
    for (let n = 0; n < 16; n++) line.submit(share, 'more', 'rig')
    expect(await take()).toBe(16 * 71)
    expect(
      say({
        name: 'SubmitShares.Success',
        channelId: 7,
        lastSequenceNumber: 16,
        newSubmitsAcceptedCount: 17,
        newSharesSum: 17n,
      }),
    ).toBe(wireSize(20))
    expect(outcomes).toEqual(Array(17).fill('acknowledged'))
    expect(await take()).toBe(0)
    line.setNominalHashrate(1e12)
    expect(await take()).toBe(wireSize(4 + 4 + 32))
    line.close('rig left')
    expect(await take()).toBe(wireSize(4 + (1 + 'rig left'.length)))
  })

  it('are 5 and the name more for each share where rigs are named', async () => {
    const { take, say, line, jobs } = await opened(true)
    await take()
    await take()
    say({ name: 'SetupConnection.Success', usedVersion: 2, flags: 0 })
    expect(await take()).toBe(wireSize(2 + 2 + 2))
    say({ name: 'RequestExtensions.Success', requestId: 1, supportedExtensions: [2] })
    await take()
    say({
      name: 'OpenExtendedMiningChannel.Success',
      requestId: 1,
      channelId: 7,
      target: MAX_TARGET,
      extranonceSize: 8,
      extranoncePrefix: new Uint8Array(4),
      groupChannelId: 1,
    })
    say({
      name: 'NewExtendedMiningJob',
      channelId: 7,
      jobId: 1,
      minNtime: null,
      version: 0x20000000,
      versionRollingAllowed: true,
      merklePath: [],
      coinbaseTxPrefix: new Uint8Array(120),
      coinbaseTxSuffix: new Uint8Array(180),
    })
    say({
      name: 'SetNewPrevHash',
      channelId: 7,
      jobId: 1,
      prevHash: new Uint8Array(32),
      minNtime: 5,
      nbits: 0x1d00ffff,
    })
    const share = { jobId: jobs[0]!, rollable: new Uint8Array(8), ntime: 5, nonce: 1, version: 0x20000000 }
    line.submit(share, 'one', 'x.bitaxe1')
    expect(await take()).toBe(71 + 5 + 'bitaxe1'.length)
    // With a name of 32 bytes: what extension 0x0002 calls "about 102".
    line.submit(share, 'two', 'y'.repeat(40))
    expect(await take()).toBe(71 + 5 + 32)
  })

  it('follow the formula over block borders', () => {
    expect([0, 1, 65_519, 65_520, 131_038, 131_039, 16_777_215].map(wireSize)).toEqual([
      22, 39, 65_557, 65_574, 131_092, 131_109, 16_781_349,
    ])
  })
})
