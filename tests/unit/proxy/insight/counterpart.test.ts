import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { targetOfDifficulty } from '../../../../src-main/mining/index.ts'
import {
  formatError,
  formatJobNumber,
  formatNotify,
  formatSetDifficulty,
  formatSubmitRequest,
  formatTrue,
} from '../../../../src-main/sv1/index.ts'
import {
  decodeFrame,
  encodeMessage,
  type MiningConnectionMessage,
  Protocol,
} from '../../../../src-main/sv2/index.ts'
import { Sv1Counterpart } from '../../../../src-main/proxy/insight/sv1-counterpart.ts'
import { Sv2Counterpart } from '../../../../src-main/proxy/insight/sv2-counterpart.ts'
import {
  extendedJobSize,
  openingSizes,
  sessionLineSizes,
  SET_NEW_PREV_HASH_SIZE,
  SET_TARGET_SIZE,
  standardJobSize,
  SUBMIT_STANDARD_SIZE,
  SUBMIT_SUCCESS_SIZE,
  submitErrorSize,
  submitExtendedSize,
  TLS_HANDSHAKE_DOWN_BYTES,
  TLS_RECORD_BYTES,
} from '../../../../src-main/proxy/insight/message-sizes.ts'
import { sv1ErrorOf } from '../../../../src-main/proxy/downstream/sv1-submit.ts'

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(0xa5)

const session = {
  userAgent: 'bitaxe/BM1370/v2.9.0',
  user: 'farm.rig',
  host: '192.168.1.10',
  extranonce1Size: 4,
  extranonce2Size: 4,
}
const job = { coinb1Size: 60, coinb2Size: 120, merkleDepth: 11, newTip: true }

describe('what Stratum V2 would have cost', () => {
  it('is, for a session of Stratum V1, the sum of the messages it would have taken', () => {
    let nowMs = 0
    const counterpart = new Sv2Counterpart({ shares: 3, flushMs: null }, () => nowMs)
    counterpart.session(session)
    counterpart.difficulty()
    counterpart.job(job)
    counterpart.job({ ...job, newTip: false })
    for (let n = 0; n < 7; n++) {
      counterpart.share()
      counterpart.answer(null)
      nowMs += 1000
    }
    counterpart.share()
    counterpart.answer('stale-share')
    const { up, down } = openingSizes(session)
    // Seven accepted shares are two full batches of three, and one that waits for company.
    const answers = 2 * SUBMIT_SUCCESS_SIZE + submitErrorSize('stale-share')
    expect(counterpart.totals()).toMatchObject({
      up: up.extended + 8 * submitExtendedSize(4),
      standardUp: up.standard + 8 * SUBMIT_STANDARD_SIZE,
      down:
        down.extended +
        SET_TARGET_SIZE +
        extendedJobSize(job) +
        SET_NEW_PREV_HASH_SIZE +
        extendedJobSize({ ...job, newTip: false }) +
        answers,
      standardDown:
        down.standard +
        SET_TARGET_SIZE +
        standardJobSize(true) +
        SET_NEW_PREV_HASH_SIZE +
        standardJobSize(false) +
        answers,
      jobs: 2,
      shares: 8,
    })
  })

  it('lets an acknowledgement leave when its batch is full or its time is up', () => {
    let nowMs = 0
    const counterpart = new Sv2Counterpart({ shares: 5, flushMs: 5000 }, () => nowMs)
    const acknowledgements = (): number => counterpart.totals().down / SUBMIT_SUCCESS_SIZE
    counterpart.answer(null)
    expect(acknowledgements()).toBe(0)
    nowMs = 4999
    expect(acknowledgements()).toBe(0)
    nowMs = 5000
    expect(acknowledgements()).toBe(1)
    // At the usual six shares a minute each is a batch of its own.
    for (let n = 0; n < 6; n++) {
      counterpart.answer(null)
      nowMs += 10_000
    }
    expect(acknowledgements()).toBe(7)
    for (let n = 0; n < 10; n++) counterpart.answer(null)
    expect(acknowledgements()).toBe(9)
  })
})

const frames = (counterpart: Sv1Counterpart, ...messages: MiningConnectionMessage[]): void => {
  for (const message of messages) {
    const frame = encodeMessage(message)
    const decoded = decodeFrame(frame)
    if (!decoded.ok) throw decoded.error
    // What is sent comes as bytes, what is received as an opened frame: both are the same to it.
    counterpart.frame(frame.length % 2 === 0 ? frame : decoded.value)
  }
}

const opening: MiningConnectionMessage[] = [
  {
    name: 'SetupConnection',
    protocol: Protocol.mining,
    minVersion: 2,
    maxVersion: 2,
    flags: 4,
    endpointHost: 'pool.example.com',
    endpointPort: 3333,
    vendor: 'headframe',
    hardwareVersion: '',
    firmware: '0.1.0',
    deviceId: '',
  },
  { name: 'SetupConnection.Success', usedVersion: 2, flags: 0 },
  {
    name: 'OpenExtendedMiningChannel',
    requestId: 1,
    userIdentity: 'farm.rig',
    nominalHashRate: 1e12,
    maxTarget: bytes(32),
    minExtranonceSize: 8,
  },
  {
    name: 'OpenExtendedMiningChannel.Success',
    requestId: 1,
    channelId: 7,
    target: targetOfDifficulty(512),
    extranonceSize: 8,
    extranoncePrefix: bytes(4),
    groupChannelId: 9,
  },
]

const lines = sessionLineSizes({
  userAgent: 'headframe/0.1.0',
  user: 'farm.rig',
  extranonce1Size: 4,
  extranonce2Size: 8,
})
const openedDown = lines.down + formatSetDifficulty(512).length

const newJob = (
  jobId: number,
  future: boolean,
  channelId = 7,
  merkleDepth = 3,
): MiningConnectionMessage & { readonly name: 'NewExtendedMiningJob' } => ({
  name: 'NewExtendedMiningJob',
  channelId,
  jobId,
  minNtime: future ? null : 1_700_000_000,
  version: 0x20000000,
  versionRollingAllowed: true,
  merklePath: Array.from({ length: merkleDepth }, () => bytes(32)),
  coinbaseTxPrefix: bytes(50),
  coinbaseTxSuffix: bytes(70),
})

const tipOf = (jobId: number, channelId = 7): MiningConnectionMessage => ({
  name: 'SetNewPrevHash',
  channelId,
  jobId,
  prevHash: bytes(32),
  minNtime: 1_700_000_000,
  nbits: 0x1b00d7c0,
})

const notifyOf = (jobId: number, cleanJobs: boolean, merkleDepth = 3): string =>
  formatNotify({
    jobId: formatJobNumber(jobId),
    prevHash: bytes(32),
    coinb1: bytes(50),
    coinb2: bytes(70),
    merkleBranches: Array.from({ length: merkleDepth }, () => bytes(32)),
    version: 0x20000000,
    nBits: 0x1b00d7c0,
    ntime: 1_700_000_000,
    cleanJobs,
  })

describe('what Stratum V1 would have cost', () => {
  it('is, for a channel of Stratum V2, the sum of the lines it would have taken', () => {
    const counterpart = new Sv1Counterpart()
    frames(counterpart, ...opening)
    expect(counterpart.totals()).toMatchObject({ up: lines.up, down: openedDown, jobs: 0, shares: 0 })
    frames(counterpart, newJob(300, true), newJob(301, true), tipOf(301), newJob(302, false))
    const jobs = notifyOf(301, true).length + notifyOf(302, false).length
    // The job whose tip never came would not have been sent.
    expect(counterpart.totals()).toMatchObject({ up: lines.up, down: openedDown + jobs, jobs: 2 })
    const share = (sequenceNumber: number): MiningConnectionMessage => ({
      name: 'SubmitSharesExtended',
      channelId: 7,
      sequenceNumber,
      jobId: 302,
      nonce: 1,
      ntime: 2,
      version: 3,
      extranonce: bytes(8),
    })
    frames(counterpart, ...Array.from({ length: 12 }, (_, n) => share(n)))
    const submits = Array.from(
      { length: 12 },
      (_, n) => formatSubmitRequest(5 + n, 'farm.rig', '12e', '00'.repeat(8), 2, 1, 0).length,
    )
    expect(counterpart.totals().up).toBe(lines.up + submits.reduce((sum, size) => sum + size, 0))
    frames(
      counterpart,
      {
        name: 'SubmitShares.Success',
        channelId: 7,
        lastSequenceNumber: 9,
        newSubmitsAcceptedCount: 10,
        newSharesSum: 5120n,
      },
      { name: 'SubmitShares.Error', channelId: 7, sequenceNumber: 10, errorCode: 'stale-share' },
      { name: 'SetTarget', channelId: 7, maximumTarget: targetOfDifficulty(1024) },
    )
    const accepted = Array.from({ length: 10 }, (_, n) => formatTrue(5 + n).length)
    const { code, message } = sv1ErrorOf('stale-share')
    const down =
      openedDown +
      jobs +
      accepted.reduce((sum, size) => sum + size, 0) +
      formatError(15, code, message).length +
      formatSetDifficulty(1024).length
    expect(counterpart.totals()).toMatchObject({ down, shares: 12 })
    const downLines = 4 + 1 + 2 + 10 + 1 + 1
    expect(counterpart.totals().tlsDown).toBe(down + TLS_RECORD_BYTES * downLines + TLS_HANDSHAKE_DOWN_BYTES)
  })

  it('counts a job for a group once for each session that would have been told', () => {
    const counterpart = new Sv1Counterpart()
    frames(
      counterpart,
      ...opening,
      { ...opening[2], requestId: 2 } as MiningConnectionMessage,
      { ...opening[3], requestId: 2, channelId: 8 } as MiningConnectionMessage,
    )
    const before = counterpart.totals().down
    frames(counterpart, newJob(1, true, 9), tipOf(1, 9))
    expect(counterpart.totals().down - before).toBe(2 * notifyOf(1, true).length)
    frames(counterpart, { name: 'CloseChannel', channelId: 8, reasonCode: '' }, newJob(2, false, 9))
    expect(counterpart.totals().down - before).toBe(2 * notifyOf(1, true).length + notifyOf(2, false).length)
  })

  it('takes the size of a standard job from the job behind it', () => {
    const counterpart = new Sv1Counterpart()
    frames(counterpart, ...opening)
    const before = counterpart.totals().down
    counterpart.basis({ coinb1Size: 50, coinb2Size: 70, merkleDepth: 3 })
    frames(counterpart, {
      name: 'NewMiningJob',
      channelId: 7,
      jobId: 5,
      minNtime: 1,
      version: 2,
      merkleRoot: bytes(32),
    })
    expect(counterpart.totals().down - before).toBe(notifyOf(5, false).length)
  })

  it('does not believe a pool that acknowledges more shares than were sent', () => {
    const counterpart = new Sv1Counterpart()
    frames(counterpart, ...opening, {
      name: 'SubmitShares.Success',
      channelId: 7,
      lastSequenceNumber: 0,
      newSubmitsAcceptedCount: 0xffffffff,
      newSharesSum: 0n,
    })
    expect(counterpart.totals().down).toBe(openedDown)
  })

  it('survives any frame, and never counts backwards', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 0x27 }), fc.uint8Array({ maxLength: 120 })), {
          maxLength: 40,
        }),
        (messages) => {
          const counterpart = new Sv1Counterpart()
          frames(counterpart, ...opening)
          let last = 0
          for (const [messageType, payload] of messages) {
            counterpart.frame({ extensionId: 0, channelMessage: true, messageType, payload })
            const { up, down } = counterpart.totals()
            expect(Number.isSafeInteger(up + down)).toBe(true)
            expect(up + down).toBeGreaterThanOrEqual(last)
            last = up + down
          }
        },
      ),
    )
  })
})
