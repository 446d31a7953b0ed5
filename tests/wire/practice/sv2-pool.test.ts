/** The practice pool's Stratum V2 side on real sockets, mined on by a client of the project's own pieces. */
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ManualClock, systemEntropy } from '../../../src-main/base/index.ts'
import { targetOfDifficulty } from '../../../src-main/mining/index.ts'
import {
  generateAuthorityKeyPair,
  miningConnection,
  type SetupConnection,
} from '../../../src-main/sv2/index.ts'
import { dial } from '../../interop/sv2-session.ts'
import { findStandardNonce, type PoolBench, startSv2Pool, Sv2Miner, until } from './harness.ts'

let bench: PoolBench
const miners: Sv2Miner[] = []
const sockets: Socket[] = []

async function start(options: Parameters<typeof startSv2Pool>[0] = {}): Promise<PoolBench> {
  bench = await startSv2Pool(options)
  return bench
}

function miner(): Sv2Miner {
  const each = new Sv2Miner(bench.server.address.port)
  miners.push(each)
  return each
}

/** A socket that says what it is told, and whether the pool closed it. */
function rawSocket(): { socket: Socket; closed: Promise<void> } {
  const socket = connect(bench.server.address.port, '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => {})
  socket.on('data', () => {})
  return { socket, closed: new Promise((resolve) => socket.once('close', () => resolve())) }
}

afterEach(async () => {
  for (const { session } of miners.splice(0)) session.close()
  for (const socket of sockets.splice(0)) socket.destroy()
  await bench.stop()
  expect(bench.server.connectionCount).toBe(0)
  expect(bench.pool.accountCount).toBe(0)
})

describe('an extended channel', () => {
  it.each([4, 8, 16])(
    'with %i bytes of extranonce is mined on, and every share acknowledged',
    async (size) => {
      await start({ rollableSize: size })
      const one = miner()
      await one.setUp()
      const channel = await one.openExtended({ minExtranonceSize: size })
      expect(channel.extranonceSize).toBe(size)
      expect(channel.groupChannelId).not.toBeNull()
      for (let i = 0; i < 10; i++) one.submit()
      await until('acknowledgements', () => one.acknowledged === 10)
      expect(one.session.received('SubmitShares.Success')[0]).toMatchObject({
        lastSequenceNumber: 4,
        newSubmitsAcceptedCount: 5,
      })
      expect(one.refused.size).toBe(0)
      expect(bench.pool.totals).toMatchObject({ submitted: 10, accepted: 10 })
    },
  )

  it('asked for more extranonce than there is gets none, and less is granted afterwards', async () => {
    await start({ rollableSize: 4 })
    const one = miner()
    await one.setUp()
    one.requestExtended({ minExtranonceSize: 8, requestId: 6 })
    expect(await one.next('OpenMiningChannel.Error')).toMatchObject({
      requestId: 6,
      errorCode: 'min-extranonce-size-too-large',
    })
    expect((await one.openExtended({ minExtranonceSize: 4 })).extranonceSize).toBe(4)
  })

  it('moves to the new tip when a share is a block', async () => {
    await start({ networkDifficulty: 1e-6 })
    const one = miner()
    await one.setUp()
    await one.openExtended()
    const before = one.activeJob.jobId
    one.submit()
    await until('the next block', () => one.activeJob.jobId !== before)
    expect(bench.chain.height).toBe(1_001)
    expect(bench.pool.totals.blocks).toBe(1)
    await until('its acknowledgement', () => one.acknowledged === 1)
    one.submit()
    await until('the acknowledgement of another', () => one.acknowledged === 2)
  })

  it('gets its shares refused with the code that fits', async () => {
    await start()
    const one = miner()
    await one.setUp()
    await one.openExtended()
    const expected = new Map<number, string>()
    const good = { ...one.activeJob }
    const misuses: [string, Parameters<Sv2Miner['submit']>[0]][] = [
      ['invalid-channel-id', { channelId: 999 }],
      ['invalid-job-id', { jobId: 4_000_000 }],
      ['bad-extranonce-size', { rollable: new Uint8Array(3) }],
      ['invalid-non-rollable-version-bit', { version: good.version | 1 }],
      ['invalid-share', { ntime: good.minNtime - 1 }],
      ['invalid-share', { ntime: good.minNtime + 8_000 }],
      ['difficulty-too-low', { weak: true }],
    ]
    for (const [code, misuse] of misuses) expected.set(one.submit(misuse), code)
    await until('refusals', () => one.refused.size === misuses.length)
    for (const [sequence, code] of expected)
      expect([sequence, one.refused.get(sequence)]).toEqual([sequence, code])
    one.submitBatch()
    await until('an acknowledgement', () => one.acknowledged === 5)
  })

  it('gets repeated and late shares refused', async () => {
    await start()
    const one = miner()
    await one.setUp()
    await one.openExtended()
    one.submit()
    const { jobId } = one.activeJob
    const sent = one.submit()
    const share = one.lastShare!
    const repeated = one.submit(share)
    await until('the refusal', () => one.refused.size === 1)
    expect(one.refused).toEqual(new Map([[repeated, 'duplicate-share']]))
    bench.chain.foreignBlock()
    await until('the next block', () => one.activeJob.jobId !== jobId)
    const late = one.submit({ ...share, jobId })
    await until('the refusal', () => one.refused.size === 2)
    expect(one.refused.get(late)).toBe('stale-share')
    expect(one.refused.has(sent)).toBe(false)
    await until('acknowledgements', () => one.acknowledged === 2)
  })

  it('follows a harder target that its client asks for', async () => {
    await start()
    const one = miner()
    await one.setUp()
    const { channelId } = await one.openExtended()
    const maximumTarget = targetOfDifficulty(1e-5)
    one.session.send({ name: 'UpdateChannel', channelId, nominalHashRate: 5e4, maximumTarget })
    await one.next('SetTarget')
    await until('a job with it', () => Buffer.from(one.activeJob.target).equals(maximumTarget))
    one.submitBatch()
    await until('an acknowledgement', () => one.acknowledged === 5)
  })
})

describe('a standard channel', () => {
  it.each([
    ['beside extended ones', 0],
    ['of a client that takes no other', 1],
  ])('%s is mined on with the merkle root it was sent', async (_what, flags) => {
    await start()
    const one = miner()
    await one.setUp({ flags })
    one.session.send({
      name: 'OpenStandardMiningChannel',
      requestId: 9,
      userIdentity: 'practice.header-only',
      nominalHashRate: 0,
      maxTarget: new Uint8Array(32).fill(0xff),
    })
    const { channelId, target, requestId } = await one.next('OpenStandardMiningChannel.Success')
    expect(requestId).toBe(9)
    const job = await one.next('NewMiningJob')
    const tip = await one.next('SetNewPrevHash')
    expect([job.minNtime, tip.jobId]).toEqual([null, job.jobId])
    let nonce = -1
    for (let sequenceNumber = 0; sequenceNumber < 5; sequenceNumber++) {
      nonce = findStandardNonce(job, tip, target, nonce + 1)
      const { version, jobId } = job
      one.session.send({
        name: 'SubmitSharesStandard',
        channelId,
        sequenceNumber,
        jobId,
        nonce,
        ntime: tip.minNtime,
        version,
      })
    }
    await until('acknowledgements', () => one.acknowledged === 5)
  })
})

describe('channels', () => {
  it('of one connection and of several never share a prefix, and all are mined on', async () => {
    await start()
    const all = [miner(), miner()]
    const prefixes: string[] = []
    for (const one of all) {
      await one.setUp()
      for (const requestId of [1, 2]) {
        const { extranoncePrefix } = await one.openExtended({ requestId })
        prefixes.push(Buffer.from(extranoncePrefix).toString('hex'))
        one.submitBatch()
      }
      await until('acknowledgements', () => one.acknowledged === 10)
    }
    expect(new Set(prefixes).size).toBe(4)
    expect(bench.pool.accountCount).toBe(4)
  })

  it('are given back when their connection ends', async () => {
    await start()
    const one = miner()
    await one.setUp()
    await one.openExtended()
    one.session.close()
    await until('the account to be closed', () => bench.pool.accountCount === 0)
    expect(bench.server.connectionCount).toBe(0)
  })
})

describe('a set-up that cannot be', () => {
  it.each<[string, Partial<SetupConnection>, string, number]>([
    ['for another protocol', { protocol: 2 }, 'unsupported-protocol', 0],
    ['with a version to come', { minVersion: 3, maxVersion: 3 }, 'protocol-version-mismatch', 0],
    ['with work selection', { flags: 2 }, 'unsupported-feature-flags', 2],
  ])('%s is refused, and the connection ends', async (_what, changes, errorCode, flags) => {
    await start()
    const one = miner()
    one.setUp(changes).catch(() => {})
    expect(await one.next('SetupConnection.Error')).toMatchObject({ errorCode, flags })
    expect(await one.session.ended).toBeNull()
  })

  it('because something else came first ends the connection', async () => {
    await start()
    const one = miner()
    await one.session.established
    one.session.send({ name: 'CloseChannel', channelId: 1, reasonCode: '' })
    await one.session.ended
    expect(one.session.messages).toEqual([])
  })
})

describe('a peer that speaks something else', () => {
  it.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')],
    ['Stratum V1', Buffer.from('{"id":1,"method":"mining.subscribe","params":["somebody"]}\n')],
    ['TLS', Buffer.from('16030100c8010000c40303' + '00'.repeat(60), 'hex')],
    ['noise in the bad sense', Buffer.from(systemEntropy(300))],
  ])('such as %s is shown the door, and nobody else notices', async (_what, bytes) => {
    await start()
    const one = miner()
    await one.setUp()
    await one.openExtended()
    const { socket, closed } = rawSocket()
    socket.write(bytes)
    await closed
    one.submitBatch()
    await until('an acknowledgement', () => one.acknowledged === 5)
  })

  it('or stops within its first message is given up after ten seconds', async () => {
    const clock = new ManualClock(Date.now())
    await start({ clock })
    const { socket, closed } = rawSocket()
    socket.write('?')
    await until('the connection', () => bench.server.connectionCount === 1)
    clock.advance(9_999)
    expect(socket.closed).toBe(false)
    clock.advance(1)
    await closed
  })

  it('or sends a longer frame than any client needs is cut off', async () => {
    await start()
    const one = miner()
    await one.setUp()
    one.session.send({
      name: 'SetCustomMiningJob',
      channelId: 2,
      requestId: 1,
      miningJobToken: new Uint8Array(0),
      version: 0,
      prevHash: new Uint8Array(32),
      minNtime: 0,
      nbits: 0,
      coinbaseTxVersion: 2,
      coinbasePrefix: new Uint8Array(0),
      coinbaseTxInputNSequence: 0,
      coinbaseTxOutputs: new Uint8Array(0xffff),
      coinbaseTxLocktime: 0,
      merklePath: [],
    })
    await one.session.ended
    expect(one.session.received('SetCustomMiningJob.Error')).toEqual([])
  })

  it('or expects another pool learns it from the key, and the pool goes on', async () => {
    await start()
    const other = generateAuthorityKeyPair(systemEntropy).publicKey
    const mistaken = dial(bench.server.address.port, other, miningConnection)
    expect((await mistaken.ended)?.code).toBe('noise/authority-key-mismatch')
    const one = miner()
    await one.setUp()
  })
})

describe('the server', () => {
  it('refuses connections beyond its limit', async () => {
    await start({ maxConnections: 1 })
    await miner().setUp()
    await rawSocket().closed
    expect(bench.server.connectionCount).toBe(1)
  })

  it('stops with all its connections, and can start again on the same port', async () => {
    const first = await start()
    const one = miner()
    await one.setUp()
    await one.openExtended()
    await first.stop()
    await first.stop()
    await one.session.ended
    expect([first.server.connectionCount, first.pool.accountCount]).toEqual([0, 0])
    await start({ listenAt: first.server.address })
    expect(bench.server.address).toEqual(first.server.address)
    await miner().setUp()
  })
})
