import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, toHex } from '../../../../src-main/base/index.ts'
import { asBlockHash, coinbaseTxid, foldMerklePath } from '../../../../src-main/mining/index.ts'
import { framesOf, jobTooLarge } from '../../../../src-main/proxy/downstream/sv2-job-frames.ts'
import { limitsOf } from '../../../../src-main/proxy/downstream/sv2-firmware.ts'
import {
  decodeFrame,
  encodeMessage,
  newExtendedMiningJob,
  newMiningJob,
} from '../../../../src-main/sv2/index.ts'
import { PretendSv2Channel } from '../../../support/proxy/pretend-sv2-channel.ts'
import { NODE_1, NODE_2, NTIME, PREV_HASH, vectors } from '../../sv2/vectors.ts'

/** What ESP-Miner's C code reads and writes (reference, "Message vectors"). */
function vector(name: string): string {
  const found = vectors.find(({ message }) => message.name === name)
  if (!found) throw new Error(`no vector of ${name}`)
  return toHex(found.frame)
}

const tip = { prevHash: asBlockHash(PREV_HASH), nBits: 0x1b00d7c0, minNtime: NTIME }
const merklePath = [NODE_1, NODE_2]
const space = { prefix: new Uint8Array(0), rollableSize: 32 }

describe('jobs for a rig', () => {
  it('are byte for byte what firmware reads', () => {
    const issued = new PretendSv2Channel().issue({ tip, merklePath, extranonce: space })
    const frames = framesOf(issued)
    expect(toHex(frames.extended(32, 7, 1, null))).toBe(vector('NewExtendedMiningJob'))
    expect(toHex(frames.prevHash(7, 1, NTIME))).toBe(vector('SetNewPrevHash'))
  })

  it('are the same bytes for every channel but for its id, the id of the job and the time', () => {
    const frames = framesOf(new PretendSv2Channel().issue({ tip, merklePath, extranonce: space }))
    const first = frames.extended(32, 1, 256, NTIME).slice()
    const second = frames.extended(32, 0xfedcba98, 0x01020304, NTIME + 9)
    const decoded = newExtendedMiningJob.decode(second.subarray(6))
    expect(decoded).toMatchObject({
      ok: true,
      value: { message: { channelId: 0xfedcba98, jobId: 0x01020304, minNtime: NTIME + 9 } },
    })
    second.set(first.subarray(6, 19), 6)
    expect(toHex(second)).toBe(toHex(first))
    expect(frames.prevHash(3, 4, 5)).toEqual(
      encodeMessage({
        name: 'SetNewPrevHash',
        channelId: 3,
        jobId: 4,
        prevHash: PREV_HASH,
        minNtime: 5,
        nbits: 0x1b00d7c0,
      }),
    )
  })

  it('have what belongs to the pool folded into their coinbase, whatever it grants', () => {
    const prefix = fromHex('aabbccdd')
    const issued = new PretendSv2Channel().issue({ extranonce: { prefix, rollableSize: 16 } })
    const decoded = newExtendedMiningJob.decode(framesOf(issued).extended(8, 1, 1, null).subarray(6))
    if (!decoded.ok) throw new Error(decoded.error.message)
    expect(decoded.value.message.coinbaseTxPrefix).toEqual(
      concatBytes(issued.job.coinbasePrefix, prefix, new Uint8Array(8)),
    )
    expect(decoded.value.message.coinbaseTxSuffix).toEqual(issued.job.coinbaseSuffix)
  })

  it('for standard channels carry the root of their own coinbase', () => {
    const extranonce = { prefix: fromHex('aabbccdd'), rollableSize: 16 }
    const issued = new PretendSv2Channel().issue({ merklePath, extranonce })
    const grant = {
      extranonce1: fromHex('01020304'),
      layout: { extranonce1Size: 4, extranonce2Size: 4 },
    }
    const whole = fromHex('aabbccdd 0000000000000000 01020304 00000000')
    const txid = coinbaseTxid(issued.job.coinbasePrefix, whole, issued.job.coinbaseSuffix)
    expect(toHex(framesOf(issued).standard(grant, 7, 2, NTIME))).toBe(
      toHex(
        newMiningJob.encode({
          channelId: 7,
          jobId: 2,
          minNtime: NTIME,
          version: issued.job.version,
          merkleRoot: foldMerklePath(txid, merklePath),
        }),
      ),
    )
  })

  it('say how long they are before they are made', () => {
    const issued = new PretendSv2Channel().issue({ merklePath, extranonce: space })
    const frame = decodeFrame(framesOf(issued).extended(20, 7, 1, NTIME))
    if (!frame.ok) throw new Error(frame.error.message)
    expect(framesOf(issued).extendedPayloadLength(20)).toBe(frame.value.payload.length)
  })
})

describe('a job that is too large for firmware', () => {
  const withSuffix = (length: number): ReturnType<PretendSv2Channel['issue']> =>
    new PretendSv2Channel().issue({ extranonce: space, coinbaseSuffix: new Uint8Array(length) })
  const overhead = framesOf(withSuffix(0)).extendedPayloadLength(32)

  it.each([
    ['bitaxe', 8192, null],
    ['bitaxe', 8193, 'the job has 8193 bytes where this firmware takes 8192'],
    ['NerdQAxe++', 8193, 'the job has 8193 bytes where this firmware takes 8192'],
    ['SRI translator', 40_000, null],
    [null, 40_000, null],
  ])('is known for %s with %d bytes', (agent, bytes, problem) => {
    expect(jobTooLarge(limitsOf(agent), withSuffix(bytes - overhead), 32)).toBe(problem)
  })

  it('is also one with too long a merkle path', () => {
    const deep = new PretendSv2Channel().issue({
      extranonce: space,
      merklePath: Array<Uint8Array>(21).fill(NODE_1),
    })
    expect(jobTooLarge(limitsOf('bitaxe'), deep, 32)).toBe(
      'the job has 21 merkle nodes where this firmware takes 20',
    )
  })
})
