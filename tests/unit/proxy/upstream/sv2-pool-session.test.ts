/** What a connection to a V2 pool does when many lines, or the end, come at once. */
import { describe, expect, it } from 'vitest'
import { ManualClock, silentLogger, systemEntropy } from '../../../../src-main/base/index.ts'
import { type JobId, MAX_TARGET } from '../../../../src-main/mining/index.ts'
import { type Connection } from '../../../../src-main/net/index.ts'
import { NO_TAP } from '../../../../src-main/proxy/insight/traffic-tap.ts'
import {
  newPoolMemory,
  type PoolSession,
  type SessionEnd,
} from '../../../../src-main/proxy/upstream/pool-session.ts'
import { createSv2PoolSession } from '../../../../src-main/proxy/upstream/sv2-pool-session.ts'
import {
  createResponder,
  createResponderIdentity,
  decodeMessage,
  encodeMessage,
  generateAuthorityKeyPair,
  type MiningConnectionMessage,
} from '../../../../src-main/sv2/index.ts'
import { pretendConfig } from '../../../support/proxy/pretend-pools.ts'

const turn = (): Promise<void> => new Promise((done) => setImmediate(done))

/** A session over memory, as its link would hold it, and a pool that says what a test wants. */
function pretendConnection() {
  const authority = generateAuthorityKeyPair(systemEntropy)
  const identity = createResponderIdentity({ authority, entropy: systemEntropy, nowMs: () => Date.now() })
  const pool = createResponder({ identity, entropy: systemEntropy })
  pool.start()
  const written: Uint8Array[] = []
  let receive: (bytes: Uint8Array) => void = () => {}
  let closed = false
  const connection = {
    onData: (listener: typeof receive) => (receive = listener),
    onClose: () => {},
    write: (bytes: Uint8Array) => !closed && written.push(bytes) > 0,
    flush: () => {},
    close: () => (closed = true),
  } as unknown as Connection
  let nextJobId = 1
  const ends: SessionEnd[] = []
  const session: PoolSession<string> = createSv2PoolSession<string>({
    config: pretendConfig('a', {
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
    events: {
      onStep() {},
      onLatency() {},
      onHeard() {},
      onMoveRefused() {},
      onEnd: (end) => {
        ends.push(end)
        session.close(end.message)
      },
    },
  })
  const lineEnds: SessionEnd[] = []
  const jobs: JobId[] = []
  const openLine = () =>
    session.openLine({
      userIdentity: 'account.rig',
      nominalHashrateHs: 0,
      kept: null,
      events: {
        onGrant: () => {},
        onJob: (job) => void jobs.push(job.id),
        onDropped: () => {},
        onOutcome: () => {},
        onEnd: (end) => void lineEnds.push(end),
      },
    })
  /** What the pool reads of all that was written up to now. */
  const read = async (): Promise<MiningConnectionMessage[]> => {
    await turn()
    const messages: MiningConnectionMessage[] = []
    for (const part of written.splice(0)) {
      const { frames, send, error } = pool.receive(part)
      expect(error).toBeNull()
      for (const frame of frames) {
        const decoded = decodeMessage(frame)
        if (decoded.ok) messages.push(decoded.value.message as MiningConnectionMessage)
      }
      if (send.length > 0) receive(send)
    }
    return messages
  }
  const say = (...messages: MiningConnectionMessage[]): void =>
    receive(pool.seal(messages.map((message) => encodeMessage(message))))
  return { openLine, read, say, jobs, ends, lineEnds, written, session }
}

type Opening = Extract<MiningConnectionMessage, { name: 'OpenExtendedMiningChannel' }>

const openings = (messages: readonly MiningConnectionMessage[]): Opening[] =>
  messages.filter((message) => message.name === 'OpenExtendedMiningChannel')

async function setUp(lines: number) {
  const pretend = pretendConnection()
  const opened = Array.from({ length: lines }, () => pretend.openLine())
  await pretend.read()
  expect(await pretend.read()).toMatchObject([{ name: 'SetupConnection' }])
  pretend.say({ name: 'SetupConnection.Success', usedVersion: 2, flags: 0 })
  return { ...pretend, lines: opened }
}

/** One line with a job, and a share of it. */
async function atWork() {
  const pretend = await setUp(1)
  const { read, say, jobs } = pretend
  await read()
  say(
    {
      name: 'OpenExtendedMiningChannel.Success',
      requestId: 1,
      channelId: 7,
      target: MAX_TARGET,
      extranonceSize: 8,
      extranoncePrefix: new Uint8Array(4),
      groupChannelId: 1,
    },
    {
      name: 'NewExtendedMiningJob',
      channelId: 7,
      jobId: 1,
      minNtime: null,
      version: 0x20000000,
      versionRollingAllowed: true,
      merklePath: [],
      coinbaseTxPrefix: new Uint8Array(120),
      coinbaseTxSuffix: new Uint8Array(180),
    },
    {
      name: 'SetNewPrevHash',
      channelId: 7,
      jobId: 1,
      prevHash: new Uint8Array(32),
      minNtime: 5,
      nbits: 0x1d00ffff,
    },
  )
  const share = { jobId: jobs[0]!, rollable: new Uint8Array(8), ntime: 5, nonce: 1, version: 0x20000000 }
  return { ...pretend, share }
}

describe('lines of many rigs on one connection to a V2 pool', () => {
  it('all get a channel where the pool grants 4 bytes of extranonce and refuses 8', async () => {
    const { read, say, lineEnds } = await setUp(5)
    const first = openings(await read())
    expect(first.map(({ minExtranonceSize }) => minExtranonceSize)).toEqual([8, 8, 8, 8, 8])
    say(
      ...first.map(
        ({ requestId }) =>
          ({
            name: 'OpenMiningChannel.Error',
            requestId,
            errorCode: 'min-extranonce-size-too-large',
          }) as const,
      ),
    )
    const second = openings(await read())
    expect(second.map(({ minExtranonceSize }) => minExtranonceSize)).toEqual([4, 4, 4, 4, 4])
    expect(lineEnds).toEqual([])
  })
})

describe('a channel that the pool grants with an extranonce no coinbase can hold', () => {
  it('is given back, so that the pool does not go on sending jobs to it', async () => {
    const { read, say, lines, lineEnds } = await setUp(2)
    await read()
    say({
      name: 'OpenExtendedMiningChannel.Success',
      requestId: 1,
      channelId: 7,
      target: MAX_TARGET,
      extranonceSize: 8,
      extranoncePrefix: new Uint8Array(30),
      groupChannelId: 1,
    })
    expect(lineEnds).toMatchObject([{ code: 'pool/garbage' }])
    // As its attachment does.
    lines[0]!.close('not usable')
    expect(await read()).toMatchObject([{ name: 'CloseChannel', channelId: 7 }])
  })
})

describe('a share that was sent right before the pool ended the connection', () => {
  it.each([
    ['sends us on', { name: 'Reconnect', newHost: '', newPort: 0 }],
    ['closes our channel', { name: 'CloseChannel', channelId: 7, reasonCode: 'restart' }],
  ] as const)('still leaves when the pool %s: it may be a block', async (_what, last) => {
    const { read, say, lines, share, ends, lineEnds } = await atWork()
    expect(lines[0]!.submit(share, 'token', 'rig')).toBe(true)
    say(last)
    expect(ends.length + lineEnds.length).toBe(1)
    const sent = await read()
    expect(sent.map(({ name }) => name)).toContain('SubmitSharesExtended')
  })
})

describe('a share that solves a block', () => {
  it('leaves in the very moment it was found, not with the turn', async () => {
    const { session, lines, share, written, read } = await atWork()
    written.length = 0
    lines[0]!.submit(share, 'token', 'rig')
    expect(written).toHaveLength(0)
    session.flush?.()
    expect(written).toHaveLength(1)
    expect((await read()).map(({ name }) => name)).toEqual(['SubmitSharesExtended'])
  })
})
