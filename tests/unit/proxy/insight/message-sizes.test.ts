import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BIP320_MASK } from '../../../../src-main/mining/index.ts'
import {
  formatAuthorizeRequest,
  formatConfigureRequest,
  formatConfigureResult,
  formatError,
  formatExtranonceSubscribe,
  formatNotify,
  formatSetDifficulty,
  formatSetExtranonce,
  formatSubmitRequest,
  formatSubscribeRequest,
  formatSubscribeResult,
  formatTrue,
} from '../../../../src-main/sv1/index.ts'
import {
  encodeMessage,
  FrameSealer,
  type MiningConnectionMessage,
  Protocol,
} from '../../../../src-main/sv2/index.ts'
import {
  difficultyLineSize,
  digitsOfRange,
  errorLineSize,
  extendedJobSize,
  extranonceLineSize,
  HANDSHAKE_DOWN_BYTES,
  HANDSHAKE_UP_BYTES,
  notifySize,
  openingSizes,
  sealedFrameSize,
  sessionLineSizes,
  SET_NEW_PREV_HASH_SIZE,
  SET_TARGET_SIZE,
  setExtranoncePrefixSize,
  standardJobSize,
  SUBMIT_STANDARD_SIZE,
  SUBMIT_SUCCESS_SIZE,
  submitErrorSize,
  submitExtendedSize,
  submitLineSize,
  trueLinesSize,
  userNameSize,
} from '../../../../src-main/proxy/insight/message-sizes.ts'

/** Wire bytes of a message as our own encoder and sealer write it. */
function sealedSize(message: MiningConnectionMessage): number {
  return new FrameSealer(new Uint8Array(32).fill(7)).seal(encodeMessage(message)).length
}

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(0xa5)
const uint32 = fc.integer({ min: 0, max: 0xffffffff })
const jobSizes = fc.record({
  coinb1Size: fc.integer({ min: 40, max: 400 }),
  coinb2Size: fc.integer({ min: 10, max: 9000 }),
  merkleDepth: fc.integer({ min: 0, max: 20 }),
  newTip: fc.boolean(),
})
const name = fc.string({ unit: 'grapheme', maxLength: 40 })

describe('the size of a Stratum V2 message', () => {
  it('is what the sealer writes, for any payload', () => {
    for (const length of [0, 1, 15, 65_518, 65_519, 65_520, 131_038, 131_039]) {
      const frame = new Uint8Array(6 + length)
      frame[3] = length
      frame[4] = length >>> 8
      frame[5] = length >>> 16
      expect(sealedFrameSize(length)).toBe(new FrameSealer(new Uint8Array(32)).seal(frame).length)
    }
  })

  it('is exact for every job', () => {
    fc.assert(
      fc.property(jobSizes, uint32, (job, id) => {
        expect(extendedJobSize(job)).toBe(
          sealedSize({
            name: 'NewExtendedMiningJob',
            channelId: 1,
            jobId: id,
            minNtime: job.newTip ? null : 1_700_000_000,
            version: 0x20000000,
            versionRollingAllowed: true,
            merklePath: Array.from({ length: job.merkleDepth }, () => bytes(32)),
            coinbaseTxPrefix: bytes(job.coinb1Size),
            coinbaseTxSuffix: bytes(job.coinb2Size),
          }),
        )
      }),
    )
    for (const newTip of [true, false]) {
      expect(standardJobSize(newTip)).toBe(
        sealedSize({
          name: 'NewMiningJob',
          channelId: 1,
          jobId: 2,
          minNtime: newTip ? null : 3,
          version: 4,
          merkleRoot: bytes(32),
        }),
      )
    }
    expect(SET_NEW_PREV_HASH_SIZE).toBe(
      sealedSize({
        name: 'SetNewPrevHash',
        channelId: 1,
        jobId: 2,
        prevHash: bytes(32),
        minNtime: 3,
        nbits: 4,
      }),
    )
  })

  it('is exact for shares, answers and targets', () => {
    const share = { channelId: 1, sequenceNumber: 2, jobId: 3, nonce: 4, ntime: 5, version: 6 }
    expect(SUBMIT_STANDARD_SIZE).toBe(sealedSize({ name: 'SubmitSharesStandard', ...share }))
    for (let size = 0; size <= 32; size++) {
      const extranonce = bytes(size)
      expect(submitExtendedSize(size)).toBe(
        sealedSize({ name: 'SubmitSharesExtended', ...share, extranonce }),
      )
      expect(setExtranoncePrefixSize(size)).toBe(
        sealedSize({ name: 'SetExtranoncePrefix', channelId: 1, extranoncePrefix: extranonce }),
      )
    }
    expect(SUBMIT_SUCCESS_SIZE).toBe(
      sealedSize({
        name: 'SubmitShares.Success',
        channelId: 1,
        lastSequenceNumber: 2,
        newSubmitsAcceptedCount: 3,
        newSharesSum: 4n,
      }),
    )
    expect(SET_TARGET_SIZE).toBe(sealedSize({ name: 'SetTarget', channelId: 1, maximumTarget: bytes(32) }))
    for (const errorCode of ['stale-share', 'difficulty-too-low', '']) {
      expect(submitErrorSize(errorCode)).toBe(
        sealedSize({ name: 'SubmitShares.Error', channelId: 1, sequenceNumber: 2, errorCode }),
      )
    }
  })

  it('is exact for the opening of a connection, whoever opens it', () => {
    const sizes = fc.integer({ min: 0, max: 16 })
    fc.assert(
      fc.property(name, name, name, name, sizes, sizes, (vendor, firmware, user, host, e1, e2) => {
        fc.pre(!vendor.includes('/'))
        const { up, down } = openingSizes({
          userAgent: `${vendor}/${firmware}`,
          user,
          host,
          extranonce1Size: e1,
          extranonce2Size: e2,
        })
        const setUp = sealedSize({
          name: 'SetupConnection',
          protocol: Protocol.mining,
          minVersion: 2,
          maxVersion: 2,
          flags: 4,
          endpointHost: host,
          endpointPort: 3333,
          vendor,
          hardwareVersion: '',
          firmware,
          deviceId: '',
        })
        const open = { requestId: 1, userIdentity: user, nominalHashRate: 1e12, maxTarget: bytes(32) }
        expect(up).toEqual({
          extended:
            HANDSHAKE_UP_BYTES +
            setUp +
            sealedSize({ name: 'OpenExtendedMiningChannel', ...open, minExtranonceSize: 4 }),
          standard: HANDSHAKE_UP_BYTES + setUp + sealedSize({ name: 'OpenStandardMiningChannel', ...open }),
        })
        const success = sealedSize({ name: 'SetupConnection.Success', usedVersion: 2, flags: 0 })
        const opened = { requestId: 1, channelId: 2, target: bytes(32) }
        expect(down).toEqual({
          extended:
            HANDSHAKE_DOWN_BYTES +
            success +
            sealedSize({
              name: 'OpenExtendedMiningChannel.Success',
              ...opened,
              extranonceSize: e2,
              extranoncePrefix: bytes(e1),
              groupChannelId: 3,
            }),
          standard:
            HANDSHAKE_DOWN_BYTES +
            success +
            sealedSize({
              name: 'OpenStandardMiningChannel.Success',
              ...opened,
              extranoncePrefix: bytes(e1 + e2),
              groupChannelId: 3,
            }),
        })
      }),
      { numRuns: 50 },
    )
  })
})

describe('the size of a Stratum V1 line', () => {
  it('is exact for every job', () => {
    fc.assert(
      fc.property(jobSizes, fc.stringMatching(/^[0-9a-f]{1,12}$/), (job, jobId) => {
        const line = formatNotify({
          jobId,
          prevHash: bytes(32),
          coinb1: bytes(job.coinb1Size),
          coinb2: bytes(job.coinb2Size),
          merkleBranches: Array.from({ length: job.merkleDepth }, () => bytes(32)),
          version: 0x20000000,
          nBits: 0x1b00d7c0,
          ntime: 1_700_000_000,
          cleanJobs: job.newTip,
        })
        expect(notifySize(job, jobId.length)).toBe(line.length)
      }),
    )
  })

  it('is exact for every share', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 10_000_000 }),
        name,
        fc.stringMatching(/^[0-9a-f]{1,8}$/),
        fc.integer({ min: 0, max: 16 }),
        fc.option(uint32),
        (id, user, jobId, extranonce2Size, versionBits) => {
          const line = formatSubmitRequest(id, user, jobId, '00'.repeat(extranonce2Size), 5, 6, versionBits)
          expect(
            submitLineSize({
              id,
              userSize: userNameSize(user),
              jobIdSize: jobId.length,
              extranonce2Size,
              versionRolling: versionBits !== null,
            }),
          ).toBe(line.length)
        },
      ),
    )
  })

  it('is exact for answers, however many at once', () => {
    fc.assert(
      fc.property(fc.nat({ max: 200_000 }), fc.nat({ max: 300 }), (first, count) => {
        let size = 0
        for (let id = first; id < first + count; id++) size += formatTrue(id).length
        expect(trueLinesSize(first, count)).toBe(size)
      }),
    )
    expect(digitsOfRange(0, 1_000_000_000)).toBe(8_888_888_890)
    expect(errorLineSize(77, 23, 'Low difficulty share')).toBe(
      formatError(77, 23, 'Low difficulty share').length,
    )
  })

  it('is exact for difficulties, extranonces and the set-up', () => {
    for (const difficulty of [1, 512, 65_536, 0.001, 1e-7, 123_456.789]) {
      expect(difficultyLineSize(difficulty)).toBe(formatSetDifficulty(difficulty).length)
    }
    expect(extranonceLineSize(5, 8)).toBe(formatSetExtranonce(bytes(5), 8).length)
    const { up, down } = sessionLineSizes({
      userAgent: 'headframe/0.1.0',
      user: 'farm.rig',
      extranonce1Size: 4,
      extranonce2Size: 8,
    })
    const rolling = { versionRollingMask: BIP320_MASK, minBitCount: 2 }
    expect(up).toBe(
      formatConfigureRequest(1, { ...rolling, minimumDifficulty: null, subscribeExtranonce: true }).length +
        formatSubscribeRequest(2, 'headframe/0.1.0', null).length +
        formatExtranonceSubscribe(3).length +
        formatAuthorizeRequest(4, 'farm.rig', 'x').length,
    )
    expect(down).toBe(
      formatConfigureResult(
        {
          kind: 'configure',
          id: '1',
          versionRolling: { mask: BIP320_MASK, minBitCount: 2 },
          minimumDifficulty: null,
          subscribeExtranonce: true,
          info: null,
          unknownExtensions: [],
        },
        { versionRollingMask: BIP320_MASK, minimumDifficulty: false, subscribeExtranonce: true },
      ).length +
        formatSubscribeResult(2, { sessionId: null, extranonce1: bytes(4), extranonce2Size: 8 }).length +
        formatTrue(3).length +
        formatTrue(4).length,
    )
  })
})
