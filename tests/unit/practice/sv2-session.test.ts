import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src-main/base/index.ts'
import { createNonceScanner } from '../../../src-main/checker/index.ts'
import {
  asBlockHash,
  asTarget,
  encodeHeader,
  ExtranonceAllocator,
  hashHeader,
  type Job,
  type JobId,
  MAX_TARGET,
  targetOfDifficulty,
} from '../../../src-main/mining/index.ts'
import { type Sv2Output, Sv2Session } from '../../../src-main/practice/sv2-session.ts'
import {
  applyChannelMessage,
  type ChannelJobs,
  type MiningConnectionMessage,
  openChannelJobs,
  type SetupConnection,
} from '../../../src-main/sv2/index.ts'
import { findShare, findWeakShare, headerFor } from '../../support/practice-mining.ts'
import { manualPool } from '../../support/practice-pool.ts'

const SETUP: SetupConnection = {
  name: 'SetupConnection',
  protocol: 0,
  minVersion: 2,
  maxVersion: 2,
  flags: 4,
  endpointHost: '127.0.0.1',
  endpointPort: 3333,
  vendor: 'test',
  hardwareVersion: '',
  firmware: '',
  deviceId: '',
}

const OPEN_STANDARD = {
  name: 'OpenStandardMiningChannel',
  requestId: 1,
  userIdentity: 'practice',
  nominalHashRate: 0,
  maxTarget: MAX_TARGET,
} as const
const OPEN_EXTENDED = {
  ...OPEN_STANDARD,
  name: 'OpenExtendedMiningChannel',
  minExtranonceSize: 4,
} as const

function bench(options: Parameters<typeof manualPool>[0] & { setup?: Partial<SetupConnection> } = {}) {
  const { setup = {}, ...poolOptions } = options
  const manual = manualPool(poolOptions)
  const session = new Sv2Session({
    pool: manual.pool,
    log: silentLogger,
    prefixes: new ExtranonceAllocator(4),
    rollableSize: 8,
    maxChannels: 3,
  })
  session.receive({ ...SETUP, ...setup })
  return { ...manual, session, send: (message: MiningConnectionMessage) => session.receive(message) }
}

const names = ({ send }: Sv2Output): string[] => send.map(({ name }) => name)

function messageOf<Name extends MiningConnectionMessage['name']>(
  { send }: Sv2Output,
  name: Name,
): Extract<MiningConnectionMessage, { name: Name }> {
  const found = send.find((message) => message.name === name)
  if (found === undefined) throw new Error(`no ${name} among ${send.map((each) => each.name).join(', ')}`)
  return found as Extract<MiningConnectionMessage, { name: Name }>
}

/** The extended channel as a client that follows the rules has it. */
function followChannel(opened: Sv2Output): ChannelJobs {
  const channel = openChannelJobs(messageOf(opened, 'OpenExtendedMiningChannel.Success'))
  if (!channel.ok) throw new Error(channel.error.message)
  return follow(channel.value, opened)
}

function follow(channel: ChannelJobs, { send }: Sv2Output): ChannelJobs {
  let current = channel
  for (const message of send) {
    switch (message.name) {
      case 'NewExtendedMiningJob':
      case 'SetNewPrevHash':
      case 'SetTarget': {
        const step = applyChannelMessage(current, message)
        expect(step.fault).toBeNull()
        current = step.channel
      }
    }
  }
  return current
}

function jobOf(channel: ChannelJobs): Job {
  const active = channel.active
  if (active === null) throw new Error('no active job')
  return {
    id: 1 as JobId,
    upstreamJobId: String(active.jobId),
    tip: { prevHash: asBlockHash(active.prevHash), nBits: active.nbits, minNtime: active.minNtime },
    version: active.version,
    versionRollingMask: 0,
    ntime: active.minNtime,
    coinbasePrefix: active.coinbaseTxPrefix,
    coinbaseSuffix: active.coinbaseTxSuffix,
    merklePath: active.merklePath,
    extranonce: { prefix: active.extranoncePrefix, rollableSize: active.extranonceSize },
    target: asTarget(active.target),
    cleanJobs: false,
    receivedAtMs: 0,
  }
}

let sequence = 0
function shareOf(channel: ChannelJobs, changes: { fromNonce?: number; weak?: boolean } = {}) {
  const job = jobOf(channel)
  const { rollable, ...share } = changes.weak ? findWeakShare(job) : findShare(job, changes)
  return {
    name: 'SubmitSharesExtended',
    channelId: channel.channelId,
    sequenceNumber: sequence++,
    jobId: channel.active!.jobId,
    extranonce: rollable,
    ...share,
  } as const
}

describe('setting up', () => {
  it('must come first, and only once', () => {
    const { pool, send } = bench()
    expect(send(SETUP).close).toMatch(/twice/)
    const session = new Sv2Session({
      pool,
      log: silentLogger,
      prefixes: new ExtranonceAllocator(4),
      rollableSize: 8,
      maxChannels: 3,
    })
    expect(session.receive(OPEN_EXTENDED)).toEqual({
      send: [],
      close: 'OpenExtendedMiningChannel came before SetupConnection',
    })
  })

  it('is answered and then ended where it is refused', () => {
    const { pool } = bench()
    const session = new Sv2Session({
      pool,
      log: silentLogger,
      prefixes: new ExtranonceAllocator(4),
      rollableSize: 8,
      maxChannels: 3,
    })
    const refused = session.receive({ ...SETUP, protocol: 1 })
    expect(names(refused)).toEqual(['SetupConnection.Error'])
    expect(refused.close).toMatch(/unsupported-protocol/)
    expect(session.isOpen).toBe(false)
  })
})

describe('opening a channel', () => {
  it('gives an extended one its extranonce, a group, a future job and the tip, in that order', () => {
    const { send } = bench()
    const opened = send(OPEN_EXTENDED)
    expect(names(opened)).toEqual([
      'OpenExtendedMiningChannel.Success',
      'NewExtendedMiningJob',
      'SetNewPrevHash',
    ])
    const success = messageOf(opened, 'OpenExtendedMiningChannel.Success')
    expect(success).toMatchObject({ requestId: 1, extranonceSize: 8 })
    expect(success.extranoncePrefix).toHaveLength(4)
    expect(success.groupChannelId).not.toBe(success.channelId)
    expect(messageOf(opened, 'NewExtendedMiningJob').minNtime).toBeNull()
    expect(followChannel(opened).active).not.toBeNull()
  })

  it('gives a standard one the whole extranonce as prefix, of the same length in all', () => {
    const { send } = bench()
    const standard = messageOf(send(OPEN_STANDARD), 'OpenStandardMiningChannel.Success')
    const extended = messageOf(send(OPEN_EXTENDED), 'OpenExtendedMiningChannel.Success')
    expect(standard.extranoncePrefix).toHaveLength(12)
    expect(standard.extranoncePrefix.subarray(0, 4)).not.toEqual(extended.extranoncePrefix)
    expect(standard.groupChannelId).toBe(extended.groupChannelId)
    expect(standard.channelId).not.toBe(extended.channelId)
  })

  it('never gives an id again on the same connection', () => {
    const { send } = bench()
    const ids = [1, 2, 3].map(() => {
      const { channelId } = messageOf(send(OPEN_EXTENDED), 'OpenExtendedMiningChannel.Success')
      send({ name: 'CloseChannel', channelId, reasonCode: '' })
      return channelId
    })
    expect(new Set(ids).size).toBe(3)
  })

  it('honours the easiest target the client accepts', () => {
    const { send } = bench()
    const maxTarget = targetOfDifficulty(0.5)
    const { target } = messageOf(send({ ...OPEN_EXTENDED, maxTarget }), 'OpenExtendedMiningChannel.Success')
    expect(target).toEqual(maxTarget)
  })

  const refusals: [string, Parameters<Sv2Session['receive']>[0], Partial<SetupConnection>, string][] = [
    ['a nameless user', { ...OPEN_EXTENDED, userIdentity: '' }, {}, 'unknown-user'],
    [
      'a hashrate that is no number',
      { ...OPEN_STANDARD, nominalHashRate: Number.NaN },
      {},
      'invalid-nominal-hashrate',
    ],
    [
      'an infinite hashrate',
      { ...OPEN_EXTENDED, nominalHashRate: Number.POSITIVE_INFINITY },
      {},
      'invalid-nominal-hashrate',
    ],
    ['a hashrate below 0', { ...OPEN_EXTENDED, nominalHashRate: -1 }, {}, 'invalid-nominal-hashrate'],
    [
      'a target that nothing meets',
      { ...OPEN_EXTENDED, maxTarget: new Uint8Array(32) },
      {},
      'max-target-out-of-range',
    ],
    [
      'too large an extranonce',
      { ...OPEN_EXTENDED, minExtranonceSize: 9 },
      {},
      'min-extranonce-size-too-large',
    ],
    [
      'an extended channel for a client of standard jobs',
      OPEN_EXTENDED,
      { flags: 1 },
      'extended-channels-not-supported-for-standard-jobs',
    ],
  ]
  it.each(refusals)('is refused for %s', (_what, message, setup, errorCode) => {
    const { session } = bench({ setup })
    expect(session.receive(message)).toEqual({
      send: [{ name: 'OpenMiningChannel.Error', requestId: 1, errorCode }],
      close: null,
    })
    expect(session.channelCount).toBe(0)
  })

  it('is refused beyond the limit of a connection', () => {
    const { send } = bench()
    for (let i = 0; i < 3; i++) send(OPEN_EXTENDED)
    expect(messageOf(send(OPEN_EXTENDED), 'OpenMiningChannel.Error').errorCode).toBe('too-many-channels')
  })
})

describe('shares of an extended channel', () => {
  it('are acknowledged five at a time', () => {
    const { send } = bench()
    const channel = followChannel(send(OPEN_EXTENDED))
    let fromNonce = 0
    const answers = [1, 2, 3, 4, 5].map(() => {
      const share = shareOf(channel, { fromNonce })
      fromNonce = share.nonce + 1
      return { output: send(share), sequenceNumber: share.sequenceNumber }
    })
    expect(answers.map(({ output }) => names(output).length)).toEqual([0, 0, 0, 0, 1])
    expect(messageOf(answers[4]!.output, 'SubmitShares.Success')).toMatchObject({
      channelId: channel.channelId,
      lastSequenceNumber: answers[4]!.sequenceNumber,
      newSubmitsAcceptedCount: 5,
    })
  })

  it('are acknowledged after two seconds if no more come', () => {
    const { send, session, clock } = bench()
    const channel = followChannel(send(OPEN_EXTENDED))
    send(shareOf(channel))
    clock.advance(1_999)
    expect(names(session.tick())).not.toContain('SubmitShares.Success')
    clock.advance(1)
    expect(messageOf(session.tick(), 'SubmitShares.Success').newSubmitsAcceptedCount).toBe(1)
  })

  it('that are blocks are acknowledged at once, and a new tip follows', () => {
    const { send, session, chain } = bench({ networkDifficulty: 1e-8 })
    const channel = followChannel(send(OPEN_EXTENDED))
    const broadcasts: Sv2Output[] = []
    chain.templates.on((template) => broadcasts.push(session.offer(template)))
    const share = shareOf(channel)
    expect(names(send(share))).toEqual(['SubmitShares.Success'])
    expect(names(broadcasts[0]!)).toEqual(['NewExtendedMiningJob', 'SetNewPrevHash'])
    const { prevHash } = messageOf(broadcasts[0]!, 'SetNewPrevHash')
    const header = headerFor(jobOf(channel), { ...share, rollable: share.extranonce })
    expect(prevHash).toEqual(hashHeader(header))
  })

  type Share = ReturnType<typeof shareOf>
  const refusals: [string, (share: Share, channel: ChannelJobs) => MiningConnectionMessage, string][] = [
    ['on a channel that is not there', (s) => ({ ...s, channelId: 77 }), 'invalid-channel-id'],
    [
      'addressed to the group',
      (s, { groupChannelId }) => ({ ...s, channelId: groupChannelId! }),
      'invalid-channel-id',
    ],
    [
      'in the form of a standard channel',
      ({ extranonce: _, ...s }) => ({ ...s, name: 'SubmitSharesStandard' }),
      'invalid-channel-id',
    ],
    ['for a job that is not there', (s) => ({ ...s, jobId: 4_000 }), 'invalid-job-id'],
    [
      'with an extranonce of another length',
      (s) => ({ ...s, extranonce: new Uint8Array(4) }),
      'bad-extranonce-size',
    ],
    ['without extranonce', (s) => ({ ...s, extranonce: new Uint8Array(0) }), 'bad-extranonce-size'],
    [
      'with version bits outside the mask',
      (s) => ({ ...s, version: (s.version ^ 0x8000_0000) >>> 0 }),
      'invalid-non-rollable-version-bit',
    ],
    ['from before its job', (s) => ({ ...s, ntime: s.ntime - 1 }), 'invalid-share'],
    ['too weak', (_, channel) => shareOf(channel, { weak: true }), 'difficulty-too-low'],
  ]
  it.each(refusals)('%s are refused at once', (_what, spoil, errorCode) => {
    const { send, pool } = bench()
    const channel = followChannel(send(OPEN_EXTENDED))
    const spoiled = spoil(shareOf(channel), channel)
    const { sequenceNumber, channelId } = spoiled as Share
    expect(send(spoiled)).toEqual({
      send: [{ name: 'SubmitShares.Error', channelId, sequenceNumber, errorCode }],
      close: null,
    })
    expect(pool.totals).toMatchObject({ submitted: 1, rejectReasons: { [errorCode]: 1 } })
  })

  it('that were accepted before are duplicates', () => {
    const { send } = bench()
    const share = shareOf(followChannel(send(OPEN_EXTENDED)))
    send(share)
    expect(messageOf(send(share), 'SubmitShares.Error').errorCode).toBe('duplicate-share')
  })

  it('with any rolled bit are refused where versions are fixed', () => {
    const { send } = bench({ versionRollingMask: 0, setup: { flags: 0 } })
    const opened = send(OPEN_EXTENDED)
    expect(messageOf(opened, 'NewExtendedMiningJob').versionRollingAllowed).toBe(false)
    const share = shareOf(followChannel(opened))
    const rolled = send({ ...share, version: share.version | 0x2000 })
    expect(messageOf(rolled, 'SubmitShares.Error').errorCode).toBe('version-rolling-not-allowed')
  })

  it('are stale once the tip changed, and good on the new one', () => {
    const { send, session, chain } = bench()
    const before = followChannel(send(OPEN_EXTENDED))
    const late = shareOf(before)
    chain.foreignBlock()
    const after = follow(before, session.offer({ ...chain.template, cleanJobs: true }))
    expect(messageOf(send(late), 'SubmitShares.Error').errorCode).toBe('stale-share')
    expect(send(shareOf(after)).send).toEqual([])
  })

  it('count for the job before when only transactions changed', () => {
    const { send, session, chain, clock } = bench()
    const before = followChannel(send(OPEN_EXTENDED))
    clock.advance(30_000)
    const update = session.offer({ ...chain.template, cleanJobs: false })
    expect(names(update)).toEqual(['NewExtendedMiningJob'])
    const after = follow(before, update)
    expect(after.active!.minNtime).toBe(before.active!.minNtime + 30)
    expect(send(shareOf(before)).send).toEqual([])
    expect(send(shareOf(after)).send).toEqual([])
  })
})

describe('a standard channel', () => {
  it('is hashed with the merkle root it was sent', () => {
    const { send, session, pool, clock } = bench()
    const opened = send(OPEN_STANDARD)
    expect(names(opened)).toEqual(['OpenStandardMiningChannel.Success', 'NewMiningJob', 'SetNewPrevHash'])
    const { channelId, target } = messageOf(opened, 'OpenStandardMiningChannel.Success')
    const job = messageOf(opened, 'NewMiningJob')
    const tip = messageOf(opened, 'SetNewPrevHash')
    const share = findStandardShare(job.merkleRoot, job.version, tip, target)
    send({ name: 'SubmitSharesStandard', channelId, sequenceNumber: 3, jobId: job.jobId, ...share })
    clock.advance(2_000)
    expect(messageOf(session.tick(), 'SubmitShares.Success')).toMatchObject({
      lastSequenceNumber: 3,
      newSubmitsAcceptedCount: 1,
    })
    expect(pool.totals).toMatchObject({ submitted: 1, accepted: 1 })
  })

  it('refuses shares in the form of an extended one', () => {
    const { send } = bench()
    const { channelId } = messageOf(send(OPEN_STANDARD), 'OpenStandardMiningChannel.Success')
    const share = { ...shareOf(followChannel(send(OPEN_EXTENDED))), channelId }
    expect(messageOf(send(share), 'SubmitShares.Error').errorCode).toBe('invalid-channel-id')
  })
})

describe('updating a channel', () => {
  const UPDATE = { name: 'UpdateChannel', nominalHashRate: 1e6, maximumTarget: MAX_TARGET } as const

  it('follows a harder target with SetTarget and a job', () => {
    const { send } = bench()
    const channel = followChannel(send(OPEN_EXTENDED))
    const maximumTarget = targetOfDifficulty(0.25)
    const updated = send({ ...UPDATE, channelId: channel.channelId, maximumTarget })
    expect(names(updated)).toEqual(['SetTarget', 'NewExtendedMiningJob'])
    expect(follow(channel, updated).active!.target).toEqual(maximumTarget)
  })

  it('takes an easier target as a wish', () => {
    const { send } = bench()
    const { channelId } = followChannel(send({ ...OPEN_EXTENDED, maxTarget: targetOfDifficulty(0.25) }))
    expect(send({ ...UPDATE, channelId })).toEqual({ send: [], close: null })
  })

  it.each([
    ['another channel', { channelId: 77 }, 'invalid-channel-id'],
    ['a hashrate that is no number', { nominalHashRate: Number.NaN }, 'invalid-nominal-hashrate'],
    ['a target nothing meets', { maximumTarget: new Uint8Array(32) }, 'max-target-out-of-range'],
  ])('is refused for %s', (_what, changes, errorCode) => {
    const { send } = bench()
    const { channelId } = followChannel(send(OPEN_EXTENDED))
    const update = { ...UPDATE, channelId, ...changes }
    expect(send(update).send).toEqual([
      { name: 'UpdateChannel.Error', channelId: update.channelId, errorCode },
    ])
  })
})

describe('difficulty', () => {
  it('is announced and comes with a job that has it', () => {
    const { send, session, clock } = bench()
    const channel = followChannel(send(OPEN_EXTENDED))
    let fromNonce = 0
    // Far more shares than aimed at, in three seconds.
    for (let i = 0; i < 60; i++) {
      clock.advance(50)
      const share = shareOf(channel, { fromNonce })
      fromNonce = share.nonce + 1
      send(share)
    }
    const output = session.tick()
    expect(names(output)).toEqual(['SetTarget', 'NewExtendedMiningJob'])
    const after = follow(channel, output)
    expect(after.active!.target).toEqual(messageOf(output, 'SetTarget').maximumTarget)
    expect(after.active!.newTip).toBe(false)
  })
})

describe('closing', () => {
  it('a channel acknowledges what waits, and its shares are refused afterwards', () => {
    const { send, pool, session } = bench()
    const channel = followChannel(send(OPEN_EXTENDED))
    const { channelId } = channel
    send(shareOf(channel))
    expect(names(send({ name: 'CloseChannel', channelId, reasonCode: 'bye' }))).toEqual([
      'SubmitShares.Success',
    ])
    expect(messageOf(send(shareOf(channel)), 'SubmitShares.Error').errorCode).toBe('invalid-channel-id')
    expect([session.channelCount, pool.accountCount]).toEqual([0, 0])
    expect(pool.totals).toMatchObject({ submitted: 2, accepted: 1, rejected: 1 })
  })

  it('the group closes all channels', () => {
    const { send, session } = bench()
    const { groupChannelId } = followChannel(send(OPEN_EXTENDED))
    send(OPEN_STANDARD)
    send({ name: 'CloseChannel', channelId: groupChannelId!, reasonCode: '' })
    expect(session.channelCount).toBe(0)
  })

  it('the session gives all back and says nothing more', () => {
    const { send, session, pool } = bench()
    send(OPEN_EXTENDED)
    session.end()
    expect(pool.accountCount).toBe(0)
    expect(send(OPEN_EXTENDED)).toEqual({ send: [], close: null })
  })
})

describe('what a pool without job declaration or extensions is asked', () => {
  it('is answered', () => {
    const { send } = bench()
    const { channelId } = followChannel(send(OPEN_EXTENDED))
    expect(
      send({
        name: 'SetCustomMiningJob',
        channelId,
        requestId: 5,
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
      }).send,
    ).toEqual([{ name: 'SetCustomMiningJob.Error', channelId, requestId: 5, errorCode: 'jd-not-supported' }])
    expect(names(send({ name: 'RequestExtensions', requestId: 1, requestedExtensions: [2] }))).toEqual([
      'RequestExtensions.Error',
    ])
  })

  it('is passed over where it makes no sense', () => {
    const { send, session } = bench()
    const setTarget = { name: 'SetTarget', channelId: 2, maximumTarget: MAX_TARGET } as const
    expect(send(setTarget)).toEqual({ send: [], close: null })
    const unknown = {
      name: 'unknown',
      extensionId: 0,
      messageType: 0x7f,
      channelId: null,
      payload: new Uint8Array(0),
    } as const
    expect(session.receive(unknown)).toEqual({ send: [], close: null })
  })
})

/** Mines the fixed header of a standard channel. */
function findStandardShare(
  merkleRoot: Uint8Array,
  version: number,
  tip: { prevHash: Uint8Array; minNtime: number; nbits: number },
  target: Uint8Array,
): { nonce: number; ntime: number; version: number } {
  const header76 = encodeHeader({
    version,
    prevHash: tip.prevHash,
    merkleRoot,
    ntime: tip.minNtime,
    nBits: tip.nbits,
    nonce: 0,
  }).subarray(0, 76)
  const [nonce] = createNonceScanner(header76, target).scan(0, 1 << 16)
  return { nonce: nonce!, ntime: tip.minNtime, version }
}
