/** What SV2 peers may do that is wrong: their own connection suffers for it, if at all, and nobody else notices. */
import fc from 'fast-check'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemEntropy } from '../../../src-main/base/index.ts'
import { targetOfDifficulty } from '../../../src-main/mining/index.ts'
import {
  encodeFrame,
  encodeMessage,
  generateAuthorityKeyPair,
  type MiningConnectionMessage,
} from '../../../src-main/sv2/index.ts'
import { commonMessages } from '../../../src-main/sv2/messages/common.ts'
import { extensionMessages } from '../../../src-main/sv2/messages/extensions.ts'
import { miningMessages } from '../../../src-main/sv2/messages/mining.ts'
import { FakeSv2Pool } from '../../support/proxy/fake-sv2-pool.ts'
import { type FakeSv2Channel, FakeSv2Rig } from '../../support/proxy/fake-sv2-rig.ts'
import { ProxyHarness } from '../../support/proxy/proxy-harness.ts'
import { until } from '../../support/proxy/until.ts'
import { messagesOf } from '../../unit/sv2/arbitraries.ts'

let pool: FakeSv2Pool
let harness: ProxyHarness
let neighbour: FakeSv2Channel

beforeEach(async () => {
  pool = await FakeSv2Pool.start({ name: 'a' })
  harness = await ProxyHarness.start([pool])
  await harness.untilReady(pool)
  neighbour = await harness.sv2RigAtWork({ user: 'neighbour' })
})

/** Whatever happened, another rig works on and the books balance. */
afterEach(async () => {
  try {
    const known = neighbour.rejections.length
    await neighbour.mine(1)
    await harness.untilSettled()
    expect(neighbour.rejections.length).toBe(known)
    expect(neighbour.rig.closed).toBe(false)
    harness.expectBalanced()
    harness.expectPoolsAgree()
  } finally {
    await harness.stop()
  }
})

const faults = (): Record<string, number> => ({ ...harness.engine.stratumV2Faults })
const closed = (rig: FakeSv2Rig): Promise<void> => until('the end', () => rig.closed)
const turn = (): Promise<void> => new Promise((done) => setTimeout(done, 1))

describe('before the handshake', () => {
  it.each([
    [
      'a V1 rig that took the wrong port',
      '{"id":1,"method":"mining.subscribe","params":["x"]}\n',
      'noise/foreign-protocol',
    ],
    [
      'a browser',
      'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: someone with a long name\r\n\r\n',
      'noise/foreign-protocol',
    ],
    ['a TLS handshake', Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3), 'noise/foreign-protocol'],
  ])('%s is let go, and counted', async (_, bytes, code) => {
    const rig = await FakeSv2Rig.dial(harness.sv2Place)
    rig.raw(bytes)
    await closed(rig)
    await until('the count', () => faults()[code] === 1)
  })

  it('a peer that stops in the middle of it is let go after ten seconds', async () => {
    const rig = await FakeSv2Rig.dial(harness.sv2Place)
    rig.raw(rig.firstBytes().subarray(0, 40))
    await harness.pass(9_000, 1000)
    expect(rig.closed).toBe(false)
    await harness.pass(3_000, 1000)
    await closed(rig)
    expect(faults()).toMatchObject({ 'no-handshake': 1 })
  })

  it('a peer that goes on before it was answered is let go', async () => {
    const rig = await FakeSv2Rig.dial(harness.sv2Place)
    const act = rig.firstBytes()
    rig.raw(act)
    rig.raw(new Uint8Array(40_000).fill(7))
    await closed(rig)
  })

  it('a peer may send its first bytes one by one', async () => {
    const rig = await FakeSv2Rig.dial(harness.sv2Place)
    for (const byte of rig.firstBytes()) {
      rig.raw(Uint8Array.of(byte))
      await new Promise((done) => setImmediate(done))
    }
    await until('the handshake', () => rig.established)
    rig.close()
  })

  it('hundreds that come back at once all get in, and shares get through meanwhile', async () => {
    const rigs = await Promise.all(Array.from({ length: 120 }, () => FakeSv2Rig.dial(harness.sv2Place)))
    const before = harness.report().counts.submitted
    for (const rig of rigs) rig.raw(rig.firstBytes())
    await neighbour.mine(3)
    await until('the shares', () => harness.report().counts.submitted === before + 3)
    await until('the handshakes', () => rigs.every((rig) => rig.established))
    for (const rig of rigs) rig.close()
  })

  it.each([-50, 20 * 60])(
    'clock drift (containers, small boards) = InvalidCertificate: not for a clock that is %d minutes off',
    async (minutes) => {
      const nowMs = (): number => harness.clock.nowMs() + minutes * 60_000
      const rig = await harness.sv2Rig({ nowMs })
      await (await rig.channel()).firstJob()
      rig.close()
    },
  )

  it('a key that is another than expected is noticed by the rig', async () => {
    const authorityKey = generateAuthorityKeyPair(systemEntropy).publicKey
    const rig = await FakeSv2Rig.shake({ ...harness.sv2Place, authorityKey })
    await closed(rig)
    expect(rig.faults).toHaveLength(1)
  })
})

describe('before set-up', () => {
  it('a peer that says nothing is let go after ten seconds', async () => {
    const rig = await FakeSv2Rig.shake(harness.sv2Place)
    await harness.pass(12_000, 1000)
    await closed(rig)
    expect(faults()).toMatchObject({ 'no-SetupConnection': 1 })
  })

  it.each([
    [{ protocol: 1 }, 'unsupported-protocol', 0],
    [{ protocol: 2 }, 'unsupported-protocol', 0],
    [{ minVersion: 3, maxVersion: 4 }, 'protocol-version-mismatch', 0],
    [{ flags: 2 }, 'unsupported-feature-flags', 2],
  ])(
    'what it asks for with %j is refused by name, and the connection ends',
    async (asked, errorCode, flags) => {
      const rig = await FakeSv2Rig.shake({ ...harness.sv2Place, ...asked })
      expect(await rig.setUp()).toMatchObject({ name: 'SetupConnection.Error', errorCode, flags })
      await closed(rig)
      expect(faults()).toMatchObject({ [`setup/${errorCode}`]: 1 })
    },
  )

  it('nothing else may be said', async () => {
    const rig = await FakeSv2Rig.shake(harness.sv2Place)
    rig.askForChannel()
    await closed(rig)
    expect(faults()).toMatchObject({ 'sv2/no-setup': 1 })
  })

  it('it may not be asked for twice', async () => {
    const rig = await harness.sv2Rig()
    void rig.setUp().catch(() => {})
    await closed(rig)
    expect(faults()).toMatchObject({ 'sv2/second-setup': 1 })
  })
})

describe('bytes after the handshake that', () => {
  it('are not authentic end the connection', async () => {
    const rig = await harness.sv2Rig()
    rig.raw(new Uint8Array(200).fill(9))
    await closed(rig)
    expect(faults()).toMatchObject({ 'noise/frame-not-authentic': 1 })
  })

  it('announce more than a rig has to say end it before they come', async () => {
    const rig = await harness.sv2Rig()
    const frame = encodeFrame({
      extensionId: 0,
      channelMessage: false,
      messageType: 0x10,
      payload: new Uint8Array(70_000),
    })
    rig.sendFrame(frame)
    await closed(rig)
    expect(faults()).toMatchObject({ 'sv2/frame-too-long': 1 })
  })

  it('are a message cut short end it', async () => {
    const rig = await harness.sv2Rig()
    rig.sendFrame(
      encodeFrame({ extensionId: 0, channelMessage: true, messageType: 0x1b, payload: new Uint8Array(9) }),
    )
    await closed(rig)
    expect(faults()).toMatchObject({ 'sv2/message-truncated': 1 })
  })

  it('break off inside a frame leave nothing behind', async () => {
    const channel = await harness.sv2RigAtWork({ user: 'breaks off' })
    channel.rig.raw(new Uint8Array(10))
    await turn()
    channel.rig.close()
    await until('the rig to be gone', () => harness.report().onlineCount === 1)
    await until('the count', () => faults()['noise/closed-inside-frame'] === 1)
  })

  it('are messages nobody knows are passed over, unless there is nothing else', async () => {
    const channel = await harness.sv2RigAtWork({ user: 'talks' })
    const unknown = encodeFrame({
      extensionId: 0x4001,
      channelMessage: true,
      messageType: 0x7f,
      payload: new Uint8Array(30),
    })
    for (let n = 0; n < 99; n++) channel.rig.sendFrame(unknown)
    await channel.mine(1)
    for (let n = 0; n < 99; n++) channel.rig.sendFrame(unknown)
    await channel.mine(1)
    await harness.untilSettled()
    expect(channel.acknowledged).toBe(2)
    for (let n = 0; n < 100; n++) channel.rig.sendFrame(unknown)
    await closed(channel.rig)
    expect(faults()).toMatchObject({ 'sv2/nothing-understood': 1 })
  })
})

describe('a channel is not opened', () => {
  it.each([
    ['for a hashrate that is none', { nominalHashRate: -1 }, 'invalid-nominal-hashrate'],
    ['for targets that nobody can meet', { maxTarget: new Uint8Array(32) }, 'max-target-out-of-range'],
    ['for targets harder than any', { maxTarget: targetOfDifficulty(2 ** 60) }, 'max-target-out-of-range'],
    ['for more extranonce than there is', { minExtranonceSize: 8 }, 'min-extranonce-size-too-large'],
    [
      'for more extranonce than there could be',
      { minExtranonceSize: 65_535 },
      'min-extranonce-size-too-large',
    ],
  ])('%s', async (_, options, code) => {
    const rig = await harness.sv2Rig()
    expect(await rig.tryChannel(options)).toBe(code)
    // And the connection is as good as before.
    await (await rig.channel()).firstJob()
  })

  it('for a hashrate that is no number', async () => {
    const rig = await harness.sv2Rig()
    const frame = encodeMessage({
      name: 'OpenStandardMiningChannel',
      requestId: 5,
      userIdentity: 'x',
      nominalHashRate: 1,
      maxTarget: new Uint8Array(32).fill(0xff),
    })
    frame.set([0, 0, 0xc0, 0x7f], frame.length - 36)
    rig.sendFrame(frame)
    expect(await rig.message('OpenMiningChannel.Error')).toMatchObject({
      requestId: 5,
      errorCode: 'invalid-nominal-hashrate',
    })
  })

  it('as an extended one for a client that takes standard jobs only', async () => {
    const rig = await harness.sv2Rig({ flags: 1 })
    expect(await rig.tryChannel()).toBe('extended-channels-not-supported-for-standard-jobs')
  })

  it('beyond a thousand and 24 on one connection, where the others go on', async () => {
    const rig = await harness.sv2Rig()
    for (let n = 0; n < 1_100; n++) rig.askForChannel({ user: `flood${n}`, kind: 'standard' })
    await until('the answers', () => rig.channels.size + rig.all('OpenMiningChannel.Error').length === 1_100)
    expect(rig.channels.size).toBe(1_024)
    expect(new Set(rig.all('OpenMiningChannel.Error').map(({ errorCode }) => errorCode))).toEqual(
      new Set(['too-many-channels']),
    )
    const [first, second] = [...rig.channels.values()]
    first!.close()
    await until('the close', () => harness.report().onlineCount === 1_024)
    const again = await rig.channel()
    expect(again.id).toBeGreaterThan(1_024)
    await second!.mine(1)
    await harness.untilSettled()
    expect(second!.codes).toEqual([])
    rig.close()
    await until('the rigs to be gone', () => harness.report().onlineCount === 1)
  })
})

describe('a share', () => {
  it('for a channel that never was, or is no more, is refused by name', async () => {
    const rig = await harness.sv2Rig()
    const channel = await rig.channel()
    await rig.channel()
    await channel.firstJob()
    const share = channel.solve()
    rig.send({
      name: 'SubmitSharesStandard',
      channelId: 4711,
      sequenceNumber: 9,
      jobId: 1,
      nonce: 0,
      ntime: 0,
      version: 0,
    })
    expect(await rig.message('SubmitShares.Error')).toMatchObject({
      channelId: 4711,
      sequenceNumber: 9,
      errorCode: 'invalid-channel-id',
    })
    channel.close()
    channel.submit(share)
    expect(await rig.message('SubmitShares.Error')).toMatchObject({ errorCode: 'invalid-channel-id' })
    expect(harness.report().counts.submitted).toBe(0)
    channel.sent = 0
    channel.rejections.length = 0
  })

  it('of the wrong kind for its channel is refused, and counted', async () => {
    const rig = await harness.sv2Rig()
    const extended = await rig.channel()
    const standard = await rig.channel({ kind: 'standard' })
    await extended.firstJob()
    const common = { sequenceNumber: 0, jobId: extended.lastJob.id, nonce: 1, ntime: 1, version: 1 }
    rig.send({ name: 'SubmitSharesStandard', channelId: extended.id, ...common })
    rig.send({
      name: 'SubmitSharesExtended',
      channelId: standard.id,
      ...common,
      extranonce: new Uint8Array(0),
    })
    await until('both answers', () => rig.all('SubmitShares.Error').length === 2)
    expect(rig.all('SubmitShares.Error').map(({ errorCode }) => errorCode)).toEqual([
      'invalid-channel-id',
      'invalid-channel-id',
    ])
    expect(harness.expectBalanced().counts).toMatchObject({ submitted: 2, invalid: 2 })
    for (const channel of [extended, standard]) channel.rejections.length = 0
  })

  it.each([0, 3, 5, 32])('with %d bytes of extranonce instead of 4 is refused', async (size) => {
    const channel = await harness.sv2RigAtWork({ user: 'odd' })
    channel.submit({ ...channel.solve(), extranonce: new Uint8Array(size) })
    await until('the answer', () => channel.rejections.length === 1)
    expect(channel.codes).toEqual(['bad-extranonce-size'])
  })

  it('before the first job is refused', async () => {
    pool.muteFrom = 'open'
    pool.drop()
    await harness.untilPhase(pool, 'waiting')
    const channel = await (await harness.sv2Rig()).channel()
    channel.submit({
      job: { id: 0xffff_ff00 } as never,
      extranonce: new Uint8Array(4),
      ntime: 1,
      nonce: 1,
      version: 1,
    })
    await until('the answer', () => channel.rejections.length === 1)
    expect(channel.codes).toEqual(['invalid-job-id'])
    pool.muteFrom = null
    pool.drop()
    const known = neighbour.jobs.length
    await harness.untilReady(pool)
    await neighbour.jobAfter(known)
  })
})

describe('other messages', () => {
  it('for channels that are not there are refused or passed over', async () => {
    const rig = await harness.sv2Rig()
    const maximumTarget = new Uint8Array(32).fill(0xff)
    rig.send({ name: 'UpdateChannel', channelId: 99, nominalHashRate: 1, maximumTarget })
    expect(await rig.message('UpdateChannel.Error')).toMatchObject({
      channelId: 99,
      errorCode: 'invalid-channel-id',
    })
    rig.send({ name: 'CloseChannel', channelId: 99, reasonCode: 'x' })
    const channel = await rig.channel()
    rig.send({
      name: 'UpdateChannel',
      channelId: channel.id,
      nominalHashRate: 1,
      maximumTarget: new Uint8Array(32),
    })
    expect(await rig.message('UpdateChannel.Error')).toMatchObject({ errorCode: 'max-target-out-of-range' })
    rig.send({ name: 'UpdateChannel', channelId: channel.groupId, nominalHashRate: 1, maximumTarget })
    expect(await rig.message('UpdateChannel.Error')).toMatchObject({ errorCode: 'invalid-channel-id' })
  })

  it('that ask for own templates are refused by name', async () => {
    const channel = await harness.sv2RigAtWork({ user: 'jd' })
    channel.rig.send({
      name: 'SetCustomMiningJob',
      channelId: channel.id,
      requestId: 3,
      miningJobToken: new Uint8Array(0),
      version: 0,
      prevHash: new Uint8Array(32),
      minNtime: 0,
      nbits: 0,
      coinbaseTxVersion: 2,
      coinbasePrefix: new Uint8Array(0),
      coinbaseTxInputNSequence: 0,
      coinbaseTxOutputs: new Uint8Array(0),
      coinbaseTxLocktime: 0,
      merklePath: [],
    })
    expect(await channel.rig.message('SetCustomMiningJob.Error')).toMatchObject({
      requestId: 3,
      errorCode: 'jd-not-supported',
    })
  })

  it('close a whole group at once', async () => {
    const rig = await harness.sv2Rig()
    const channels = [await rig.channel({ user: 'one' }), await rig.channel({ user: 'two' })]
    expect(harness.report().onlineCount).toBe(3)
    rig.send({ name: 'CloseChannel', channelId: channels[0]!.groupId, reasonCode: 'night' })
    await until('the close', () => harness.report().onlineCount === 1)
    expect(rig.closed).toBe(false)
    const again = await rig.channel({ user: 'one' })
    await again.firstJob()
  })
})

describe('a rig that', () => {
  it('never reads is dropped once too much waits for it, and the others get their jobs', async () => {
    const channel = await harness.sv2RigAtWork({ user: 'deaf' })
    channel.rig.pause()
    for (let n = 0; n < 400 && harness.report().onlineCount === 2; n++) {
      for (let m = 0; m < 100; m++) {
        channel.rig.send({ name: 'RequestExtensions', requestId: 1, requestedExtensions: Array(500).fill(7) })
      }
      await new Promise((done) => setTimeout(done, 2))
    }
    await until('the rig to be gone', () => harness.report().onlineCount === 1)
    const known = neighbour.jobs.length
    pool.sendJob()
    await neighbour.jobAfter(known)
  })

  it('closes only its own direction leaves nothing behind', async () => {
    const socket = connect({ host: '127.0.0.1', port: harness.sv2Port, allowHalfOpen: true })
    await new Promise((done) => socket.once('connect', done))
    socket.end(new Uint8Array(10).fill(200))
    await new Promise((done) => socket.once('close', done).resume())
  })

  it('takes no frame above 8192 bytes is sent none, and that is said; a standard channel mines', async () => {
    const big = await FakeSv2Pool.start({ name: 'big', coinbasePadding: 4500 })
    const own = await ProxyHarness.start([big])
    try {
      await own.untilReady(big)
      const small = await own.sv2Rig({ vendor: 'bitaxe' })
      const channel = await small.channel({ user: 'axe' })
      await until('the notice', () => own.logs.some(({ message }) => message.includes('too large for a rig')))
      const large = await own.sv2RigAtWork({ user: 'other' })
      const standard = await own.sv2RigAtWork({
        kind: 'standard',
        connection: { vendor: 'bitaxe', flags: 1 },
      })
      big.newTip()
      await Promise.all([large.jobAfter(1), standard.jobAfter(1)])
      await Promise.all([large.mine(2), standard.mine(2)])
      await own.untilSettled()
      expect([...large.codes, ...standard.codes]).toEqual([])
      expect(channel.jobs).toEqual([])
      const notices = own.logs.filter(({ message }) => message.includes('too large for a rig'))
      expect(notices).toHaveLength(1)
      expect(notices[0]!.fields).toMatchObject({ name: 'axe', poolId: 'big' })
      expect(String(notices[0]!.fields['problem'])).toMatch(
        /the job has \d+ bytes where this firmware takes 8192/,
      )
    } finally {
      await own.stop()
    }
  })

  it('folds at most 20 merkle nodes is sent no longer path', async () => {
    const deep = await FakeSv2Pool.start({ name: 'deep', merkleDepth: 21 })
    const own = await ProxyHarness.start([deep])
    try {
      await own.untilReady(deep)
      const channel = await (await own.sv2Rig({ vendor: 'bitaxe' })).channel()
      await until('the notice', () => own.logs.some(({ message }) => message.includes('too large for a rig')))
      expect(channel.jobs).toEqual([])
    } finally {
      await own.stop()
    }
  })
})

describe('a peer that says anything', () => {
  it('harms nobody else', async () => {
    const definitions = [...commonMessages, ...extensionMessages, ...miningMessages]
    const message = fc.oneof(...definitions.map((definition) => messagesOf(definition)))
    const frame = fc
      .record({
        extensionId: fc.constantFrom(0, 0, 0, 1, 2, 77),
        messageType: fc.nat(0x30),
        channelMessage: fc.boolean(),
        payload: fc.uint8Array({ maxLength: 300 }),
      })
      .map(encodeFrame)
    const contents = fc.sample(fc.oneof({ weight: 5, arbitrary: message }, { weight: 1, arbitrary: frame }), {
      numRuns: 500,
      seed: 20_270_101,
    })
    let wild = await harness.sv2RigAtWork({ user: 'wild' })
    for (const content of contents) {
      if (content instanceof Uint8Array) wild.rig.sendFrame(content)
      else {
        // For its own channel and job, else hardly any of them would mean anything.
        const ours = {
          ...content,
          ...('channelId' in content ? { channelId: wild.id } : {}),
          ...('jobId' in content ? { jobId: wild.jobs.at(-1)?.id ?? 0 } : {}),
        }
        wild.rig.sendFrame(encodeMessage(ours as unknown as MiningConnectionMessage))
      }
      await turn()
      if (wild.rig.closed)
        wild = await harness.sv2RigAtWork({ user: 'wild', connection: { extensions: [2] } })
    }
    wild.rig.close()
    await until('the rig to be gone', () => harness.report().onlineCount === 1)
  })
})
