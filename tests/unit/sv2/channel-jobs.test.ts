import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, equalBytes, fromHex, toHex } from '../../../src-main/base/index.ts'
import {
  type ActiveJob,
  applyChannelMessage,
  applyCustomMiningJob,
  type ChannelJobMessage,
  type ChannelJobs,
  type ChannelStep,
  findChannelJob,
  MAX_FUTURE_JOBS,
  MAX_PAST_JOBS,
  openChannelJobs,
} from '../../../src-main/sv2/channel-jobs.ts'
import { decodeFrame } from '../../../src-main/sv2/frame.ts'
import { decodeMessage } from '../../../src-main/sv2/message-set.ts'
import {
  type NewExtendedMiningJob,
  type OpenExtendedMiningChannelSuccess,
  type SetCustomMiningJob,
  type SetNewPrevHash,
} from '../../../src-main/sv2/messages/mining.ts'
import { NTIME, vectors } from './vectors.ts'

const CHANNEL = 7
const GROUP = 9
const hash = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)

const opened: OpenExtendedMiningChannelSuccess = {
  name: 'OpenExtendedMiningChannel.Success',
  requestId: 1,
  channelId: CHANNEL,
  target: hash(0xf0),
  extranonceSize: 8,
  extranoncePrefix: fromHex('aabbccdd'),
  groupChannelId: GROUP,
}

function open(changes: Partial<OpenExtendedMiningChannelSuccess> = {}): ChannelJobs {
  const channel = openChannelJobs({ ...opened, ...changes })
  if (!channel.ok) throw new Error(channel.error.message)
  return channel.value
}

function job(jobId: number, minNtime: number | null, channelId = CHANNEL): NewExtendedMiningJob {
  return {
    name: 'NewExtendedMiningJob',
    channelId,
    jobId,
    minNtime,
    version: 0x20000000 + jobId,
    versionRollingAllowed: true,
    merklePath: [hash(jobId & 0xff)],
    coinbaseTxPrefix: Uint8Array.of(1, jobId),
    coinbaseTxSuffix: Uint8Array.of(2, jobId),
  }
}

function prevHash(jobId: number, fill: number, channelId = CHANNEL): SetNewPrevHash {
  return {
    name: 'SetNewPrevHash',
    channelId,
    jobId,
    prevHash: hash(fill),
    minNtime: NTIME,
    nbits: 0x1b000000 + fill,
  }
}

function isSameTip(before: SetNewPrevHash | null, message: SetNewPrevHash): boolean {
  return before !== null && before.nbits === message.nbits && equalBytes(before.prevHash, message.prevHash)
}

/** Applies messages one after the other; the last step. */
function run(channel: ChannelJobs, ...messages: readonly ChannelJobMessage[]): ChannelStep {
  let last: ChannelStep = { channel, dropped: [], activated: [], fault: null }
  for (const message of messages) last = applyChannelMessage(last.channel, message)
  return last
}

describe('a channel just opened', () => {
  it('hands out nothing until SetNewPrevHash names its future job', () => {
    const stored = run(open(), job(1, null))
    expect(stored.activated).toEqual([])
    const { activated, dropped, fault, channel } = run(stored.channel, prevHash(1, 0x11))
    expect(activated).toEqual([
      {
        jobId: 1,
        version: 0x20000001,
        versionRollingAllowed: true,
        merklePath: [hash(1)],
        coinbaseTxPrefix: Uint8Array.of(1, 1),
        coinbaseTxSuffix: Uint8Array.of(2, 1),
        prevHash: hash(0x11),
        nbits: 0x1b000011,
        minNtime: NTIME,
        target: hash(0xf0),
        extranoncePrefix: fromHex('aabbccdd'),
        extranonceSize: 8,
        newTip: true,
      },
    ])
    expect({ dropped, fault, active: channel.active?.jobId }).toEqual({ dropped: [], fault: null, active: 1 })
  })

  it('ignores a job with min_ntime, because it has no block to build on', () => {
    const before = open()
    const { channel, activated, fault } = run(before, job(1, NTIME))
    expect(channel).toBe(before)
    expect(activated).toEqual([])
    expect(fault).toMatchObject({ code: 'sv2/job-before-chain-tip', context: { jobId: 1 } })
  })

  it('refuses more than 32 bytes of extranonce', () => {
    expect(openChannelJobs({ ...opened, extranonceSize: 28 }).ok).toBe(true)
    expect(openChannelJobs({ ...opened, extranonceSize: 29 })).toMatchObject({
      ok: false,
      error: { code: 'sv2/extranonce-too-long', context: { length: 33 } },
    })
  })

  it('works without a group', () => {
    const channel = open({ groupChannelId: null })
    expect(run(channel, job(1, null), prevHash(1, 1)).activated).toHaveLength(1)
    expect(run(channel, job(1, null, GROUP)).channel).toBe(channel)
  })
})

describe('a job with min_ntime', () => {
  it('becomes active at once on the current tip and leaves the one before good for shares', () => {
    const { activated, dropped, channel } = run(open(), job(1, null), prevHash(1, 0x11), job(2, NTIME + 30))
    expect(activated).toMatchObject([
      { jobId: 2, prevHash: hash(0x11), nbits: 0x1b000011, minNtime: NTIME + 30, newTip: false },
    ])
    expect(dropped).toEqual([])
    expect(findChannelJob(channel, 1)).toMatchObject({ jobId: 1 })
    expect(findChannelJob(channel, 2)).toBe(channel.active)
    expect(findChannelJob(channel, 3)).toBeUndefined()
  })
})

describe('SetNewPrevHash', () => {
  it('drops every other job, past, active and future', () => {
    const before = run(
      open(),
      job(1, null),
      prevHash(1, 0x11),
      job(2, NTIME),
      job(3, null),
      job(4, null),
    ).channel
    const { activated, dropped, channel } = run(before, prevHash(4, 0x22))
    expect(dropped).toEqual([1, 2, 3])
    expect(activated).toMatchObject([{ jobId: 4, prevHash: hash(0x22), newTip: true }])
    expect([channel.future.size, channel.past.size]).toEqual([0, 0])
    expect(findChannelJob(channel, 2)).toBeUndefined()
  })

  it('with a job nobody sent is a fault that leaves nothing to hash', () => {
    const before = run(open(), job(1, null), prevHash(1, 0x11), job(2, null)).channel
    const { activated, dropped, fault, channel } = run(before, prevHash(5, 0x22))
    expect(fault).toMatchObject({ code: 'sv2/unknown-future-job', context: { jobId: 5 } })
    expect(activated).toEqual([])
    expect(dropped).toEqual([1, 2])
    expect(channel.active).toBe(null)
  })

  it('is recovered from by a job with min_ntime, which builds on the new tip', () => {
    const { activated, fault } = run(
      open(),
      job(1, null),
      prevHash(1, 0x11),
      prevHash(5, 0x22),
      job(6, NTIME + 5),
    )
    expect(fault).toBe(null)
    expect(activated).toMatchObject([{ jobId: 6, prevHash: hash(0x22), nbits: 0x1b000022, newTip: true }])
  })

  it('said once more changes nothing, also when another job is active by now', () => {
    const before = run(open(), job(1, null), prevHash(1, 0x11), job(2, null)).channel
    expect(applyChannelMessage(before, prevHash(1, 0x11))).toEqual({
      channel: before,
      activated: [],
      dropped: [],
      fault: null,
    })
    const later = run(before, job(3, NTIME + 5)).channel
    const { channel, fault } = applyChannelMessage(later, prevHash(1, 0x11))
    expect([channel, fault]).toEqual([later, null])
  })

  it('naming a job that is active already, on another block, is the same fault', () => {
    const { fault, channel } = run(open(), job(1, null), prevHash(1, 0x11), prevHash(1, 0x22))
    expect(fault?.code).toBe('sv2/unknown-future-job')
    expect(channel.active).toBe(null)
  })
})

describe('SetTarget', () => {
  const newTarget: ChannelJobMessage = { name: 'SetTarget', channelId: CHANNEL, maximumTarget: hash(0x0f) }

  it('leaves the active job its target', () => {
    const { channel, activated } = run(open(), job(1, null), prevHash(1, 0x11), newTarget)
    expect(activated).toEqual([])
    expect(channel.active?.target).toEqual(hash(0xf0))
  })

  it('holds for later jobs and for future jobs received before it', () => {
    const { channel } = run(open(), job(1, null), prevHash(1, 0x11), job(2, null), newTarget)
    expect(run(channel, job(3, NTIME)).activated).toMatchObject([{ jobId: 3, target: hash(0x0f) }])
    expect(run(channel, prevHash(2, 0x22)).activated).toMatchObject([{ jobId: 2, target: hash(0x0f) }])
  })
})

describe('SetExtranoncePrefix', () => {
  const newPrefix: ChannelJobMessage = {
    name: 'SetExtranoncePrefix',
    channelId: CHANNEL,
    extranoncePrefix: fromHex('01020304'),
  }

  it('holds for jobs received after it, not for future jobs received before it', () => {
    const { channel } = run(open(), job(1, null), prevHash(1, 0x11), job(2, null), newPrefix)
    expect(channel.active?.extranoncePrefix).toEqual(fromHex('aabbccdd'))
    expect(run(channel, prevHash(2, 0x22)).activated[0]?.extranoncePrefix).toEqual(fromHex('aabbccdd'))
    expect(run(channel, job(3, NTIME)).activated[0]?.extranoncePrefix).toEqual(fromHex('01020304'))
    expect(run(channel, job(4, null), prevHash(4, 0x33)).activated[0]?.extranoncePrefix).toEqual(
      fromHex('01020304'),
    )
  })

  it('is ignored when addressed to the group, which would give two channels one space', () => {
    const before = open()
    expect(run(before, { ...newPrefix, channelId: GROUP }).channel).toBe(before)
  })

  it('is refused when the whole would exceed 32 bytes', () => {
    const before = open()
    const { channel, fault } = run(before, { ...newPrefix, extranoncePrefix: new Uint8Array(25) })
    expect(channel).toBe(before)
    expect(fault).toMatchObject({ code: 'sv2/extranonce-too-long', context: { length: 33 } })
  })
})

describe('a group', () => {
  it('takes over a channel by SetGroupChannel', () => {
    const moved = run(open(), { name: 'SetGroupChannel', groupChannelId: 12, channelIds: [3, CHANNEL] })
    expect(run(moved.channel, job(1, null, 12), prevHash(1, 1, 12)).activated).toHaveLength(1)
    expect(run(moved.channel, job(1, null, GROUP)).channel).toBe(moved.channel)
  })

  it('does not take over channels it does not list', () => {
    const before = open()
    expect(run(before, { name: 'SetGroupChannel', groupChannelId: 12, channelIds: [3] }).channel).toBe(before)
  })

  it('shares the job ids of its messages with the channel', () => {
    const { activated } = run(open(), job(1, null, GROUP), prevHash(1, 0x11, CHANNEL))
    expect(activated).toMatchObject([{ jobId: 1, extranoncePrefix: fromHex('aabbccdd') }])
  })
})

describe('CloseChannel', () => {
  it.each([CHANNEL, GROUP])('addressed to %d ends every job, and nothing follows', (channelId) => {
    const before = run(open(), job(1, null), prevHash(1, 0x11), job(2, NTIME)).channel
    const { channel, dropped } = run(before, { name: 'CloseChannel', channelId, reasonCode: 'bye' })
    expect(dropped).toEqual([1, 2])
    expect(channel).toMatchObject({ closedReason: 'bye', active: null })
    expect(run(channel, job(3, null), prevHash(3, 1)).channel).toBe(channel)
  })
})

describe('job ids', () => {
  it('used again while valid are a fault, and the newer job wins', () => {
    const again = run(open(), job(1, null), prevHash(1, 0x11), job(1, NTIME + 9))
    expect(again.fault?.code).toBe('sv2/job-id-reused')
    expect(again.dropped).toEqual([1])
    expect(again.activated).toMatchObject([{ jobId: 1, minNtime: NTIME + 9 }])
    expect(again.channel.past.size).toBe(0)
  })

  it('of a future job used again do not take the active job away', () => {
    const { fault, channel, dropped } = run(open(), job(1, null), prevHash(1, 0x11), job(1, null))
    expect(fault?.code).toBe('sv2/job-id-reused')
    expect(dropped).toEqual([])
    expect(channel.active?.jobId).toBe(1)
    expect(run(channel, prevHash(1, 0x22))).toMatchObject({
      dropped: [1],
      activated: [{ jobId: 1 }],
      fault: null,
    })
  })
})

describe('a pool without measure', () => {
  it('fills no more than the limit of future jobs: the oldest is dropped', () => {
    const many = Array.from({ length: MAX_FUTURE_JOBS }, (_, i) => job(i, null))
    const { channel } = run(open(), ...many)
    const { dropped, channel: next } = run(channel, job(MAX_FUTURE_JOBS, null))
    expect(dropped).toEqual([0])
    expect(next.future.size).toBe(MAX_FUTURE_JOBS)
  })

  it('fills no more than the limit of past jobs: the oldest is dropped', () => {
    const many = Array.from({ length: MAX_PAST_JOBS }, (_, i) => job(i + 1, NTIME))
    const { channel } = run(open(), job(0, null), prevHash(0, 1), ...many)
    expect(channel.past.size).toBe(MAX_PAST_JOBS)
    const { dropped, channel: next } = run(channel, job(9999, NTIME))
    expect(dropped).toEqual([0])
    expect(next.past.size).toBe(MAX_PAST_JOBS)
  })
})

describe('an accepted custom job', () => {
  const request: SetCustomMiningJob = {
    name: 'SetCustomMiningJob',
    channelId: CHANNEL,
    requestId: 5,
    miningJobToken: new Uint8Array(8),
    version: 0x20000000,
    prevHash: hash(0x33),
    minNtime: NTIME + 1,
    nbits: 0x1b00d7c0,
    coinbaseTxVersion: 2,
    coinbasePrefix: fromHex('5200065376322f2f2f20'),
    coinbaseTxInputNSequence: 0xffffffff,
    coinbaseTxOutputs: fromHex(
      `02 00f2052a01000000 16 0014ebe1b7dcc293ccaa0ee743a86f89df8258c208fc
       0000000000000000 26 6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9`,
    ),
    coinbaseTxLocktime: 0,
    merklePath: [hash(1)],
  }

  it('is active with the previous hash of the request and leaves the one before good for shares', () => {
    const before = run(open(), job(1, null), prevHash(1, 0x11)).channel
    const { activated, dropped, channel } = applyCustomMiningJob(before, request, 42, true)
    expect(dropped).toEqual([])
    expect(activated).toMatchObject([
      {
        jobId: 42,
        prevHash: hash(0x33),
        nbits: 0x1b00d7c0,
        minNtime: NTIME + 1,
        newTip: true,
        extranonceSize: 8,
      },
    ])
    expect(findChannelJob(channel, 1)?.jobId).toBe(1)
  })

  it('has the coinbase that the same template has in an extended job', () => {
    const prefix = fromHex('00'.repeat(23) + '01')
    const channel = open({ extranoncePrefix: prefix, extranonceSize: 8 })
    const custom = applyCustomMiningJob(channel, request, 42, true).activated[0]!
    const extended = vectors.find((vector) => vector.message.name === 'NewExtendedMiningJob')!.message
    expect(extended).toMatchObject({
      coinbaseTxPrefix: custom.coinbaseTxPrefix,
      coinbaseTxSuffix: custom.coinbaseTxSuffix,
    })
  })

  it('does not reopen a closed channel', () => {
    const closed = run(open(), { name: 'CloseChannel', channelId: CHANNEL, reasonCode: '' }).channel
    expect(applyCustomMiningJob(closed, request, 42, true)).toMatchObject({ channel: closed, activated: [] })
  })
})

describe('the reference vectors, from frames to a header', () => {
  it('give the block hash that the reference gives for its valid share', () => {
    const sha256d = (...parts: readonly Uint8Array[]): Uint8Array =>
      createHash('sha256')
        .update(
          createHash('sha256')
            .update(concatBytes(...parts))
            .digest(),
        )
        .digest()
    const prefix = fromHex('00'.repeat(23) + '01')
    let channel = open({ extranoncePrefix: prefix, extranonceSize: 8 })
    let active: ActiveJob | undefined
    for (const { frame } of vectors) {
      const decodedFrame = decodeFrame(frame)
      const decoded = decodedFrame.ok ? decodeMessage(decodedFrame.value) : decodedFrame
      if (!decoded.ok) throw new Error(decoded.error.message)
      const { message } = decoded.value
      if (message.name !== 'NewExtendedMiningJob' && message.name !== 'SetNewPrevHash') continue
      const next = applyChannelMessage(channel, message)
      channel = next.channel
      active = next.activated.at(-1) ?? active
    }
    if (active === undefined) throw new Error('no job became active')
    const u32 = (value: number): Uint8Array => Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24)
    let root = sha256d(
      active.coinbaseTxPrefix,
      active.extranoncePrefix,
      fromHex('0100000000000000'),
      active.coinbaseTxSuffix,
    )
    for (const node of active.merklePath) root = sha256d(root, node)
    const header = concatBytes(
      u32(active.version),
      active.prevHash,
      root,
      u32(active.minNtime),
      u32(active.nbits),
      u32(16_647),
    )
    expect(toHex(sha256d(header).reverse())).toBe(
      'fbbfa5caf59cb2bcff2bcb624b57936e4481d5140117117ff1c77ca5a1f8c1b8',
    )
  })
})

describe('any sequence of messages', () => {
  const addressee = fc.constantFrom(CHANNEL, CHANNEL, CHANNEL, GROUP, 4)
  const ids = fc.nat(12)
  const fill = fc.integer({ min: 1, max: 255 })
  const messages: fc.Arbitrary<readonly ChannelJobMessage[]> = fc.array(
    fc.oneof(
      fc.tuple(ids, addressee).map(([jobId, to]): ChannelJobMessage => job(jobId, null, to)),
      fc.tuple(ids, addressee).map(([jobId, to]): ChannelJobMessage => job(jobId, NTIME, to)),
      fc.tuple(ids, fill, addressee).map(([jobId, byte, to]): ChannelJobMessage => prevHash(jobId, byte, to)),
      fc.tuple(fill, addressee).map(([byte, channelId]): ChannelJobMessage => ({
        name: 'SetTarget',
        channelId,
        maximumTarget: hash(byte),
      })),
      fc.tuple(fill, addressee).map(([byte, channelId]): ChannelJobMessage => ({
        name: 'SetExtranoncePrefix',
        channelId,
        extranoncePrefix: Uint8Array.of(byte, byte),
      })),
    ),
    { maxLength: 60 },
  )

  it('pins prefix at receipt, target and tip at activation, and accounts for every job', () => {
    fc.assert(
      fc.property(messages, (sequence) => {
        // A second account of the rules, kept by hand beside the machine.
        let target = opened.target
        let prefix = opened.extranoncePrefix
        let tip: SetNewPrevHash | null = null
        const futurePrefix = new Map<number, Uint8Array>()
        const live = new Set<number>()
        let channel = open()
        for (const message of sequence) {
          const next = applyChannelMessage(channel, message)
          const own = 'channelId' in message && message.channelId === CHANNEL
          const group = 'channelId' in message && message.channelId === GROUP
          const heard = own || (group && message.name !== 'SetExtranoncePrefix')
          if (!heard) expect(next.channel).toBe(channel)
          let expected: Partial<ActiveJob> | null = null
          if (heard && message.name === 'SetTarget') target = message.maximumTarget
          if (heard && message.name === 'SetExtranoncePrefix') prefix = message.extranoncePrefix
          if (heard && message.name === 'NewExtendedMiningJob') {
            if (message.minNtime === null) futurePrefix.set(message.jobId, prefix)
            else if (tip !== null) {
              expected = { jobId: message.jobId, extranoncePrefix: prefix, minNtime: message.minNtime }
            }
          }
          if (heard && message.name === 'SetNewPrevHash') {
            const known = futurePrefix.get(message.jobId)
            if (!known && live.has(message.jobId) && isSameTip(tip, message)) {
              expect(next).toEqual({ channel, activated: [], dropped: [], fault: null })
              continue
            }
            tip = message
            if (known)
              expected = { jobId: message.jobId, extranoncePrefix: known, minNtime: message.minNtime }
            expect(next.fault?.code).toBe(known ? undefined : 'sv2/unknown-future-job')
            futurePrefix.clear()
          }
          if (expected === null) expect(next.activated).toEqual([])
          else {
            expect(next.activated).toHaveLength(1)
            expect(next.activated[0]).toMatchObject({
              ...expected,
              target,
              prevHash: tip!.prevHash,
              nbits: tip!.nbits,
            })
          }
          for (const jobId of next.dropped) live.delete(jobId)
          for (const { jobId } of next.activated) {
            expect(live.has(jobId)).toBe(false)
            live.add(jobId)
          }
          if (heard && message.name === 'SetNewPrevHash') {
            expect(live).toEqual(new Set(next.activated.map(({ jobId }) => jobId)))
          }
          const held = new Set(next.channel.past.keys())
          if (next.channel.active !== null) held.add(next.channel.active.jobId)
          expect(held).toEqual(live)
          channel = next.channel
        }
      }),
      { numRuns: 300 },
    )
  })

  it('has the same effect addressed to the channel or to its group', () => {
    fc.assert(
      fc.property(messages, (sequence) => {
        let direct = open()
        let grouped = open()
        for (const message of sequence) {
          if (message.name === 'SetExtranoncePrefix' || message.name === 'SetGroupChannel') continue
          const toChannel = applyChannelMessage(direct, { ...message, channelId: CHANNEL })
          const toGroup = applyChannelMessage(grouped, { ...message, channelId: GROUP })
          expect(toGroup.activated).toEqual(toChannel.activated)
          expect(toGroup.dropped).toEqual(toChannel.dropped)
          direct = toChannel.channel
          grouped = toGroup.channel
        }
      }),
      { numRuns: 100 },
    )
  })

  it('never changes the channel it is given', () => {
    fc.assert(
      fc.property(messages, (sequence) => {
        let channel = open()
        for (const message of sequence) {
          const before = structuredClone(channel)
          const next = applyChannelMessage(channel, message)
          expect(channel).toEqual(before)
          channel = next.channel
        }
      }),
      { numRuns: 100 },
    )
  })
})
