import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, reverseBytes, toHex } from '../../../../src-main/base/index.ts'
import { crc16 } from '../../../../src-main/drivers/chips/crc.ts'
import {
  A2_JOB_FORM,
  encodeFullJob,
  encodeMidstateFrame,
  encodeMidstateJob,
  FACTORY_JOB_FORM,
  nextVersion,
  OPEN_JOB_FORM,
  versionOfMidstate,
} from '../../../../src-main/drivers/chips/job.ts'
import {
  compressBlock,
  midstateOf,
  SHA256_INIT,
  wireMidstate,
} from '../../../../src-main/drivers/chips/midstate.ts'
import { chipProfile } from '../../../../src-main/drivers/chips/profiles.ts'
import { createReplyDecoder } from '../../../../src-main/drivers/chips/reply-decoder.ts'
import { rollingJobSlots } from '../../../../src-main/drivers/chips/rolling-profile.ts'
import { reverseWords, swapWords } from '../../../../src-main/drivers/chips/words.ts'
import { type ChipWork, type NonceReply } from '../../../../src-main/drivers/model/chip.ts'
import {
  coinbaseTxid,
  difficultyOfHash,
  encodeHeader,
  foldMerklePath,
  sha256d,
} from '../../../../src-main/mining/index.ts'
import { hasSharedFixtures } from '../../../support/shared-fixtures.ts'
import { asicVectors, hexNumber } from './asic-vectors.ts'

interface JobInput {
  jobWireId: string
  nbits: string
  ntime: string
  merkleRootHeaderOrder: string
  prevHashHeaderOrder: string
  version: string
}

const MASK = 0x1fffe000

function workOf(input: JobInput, versionMask = MASK): ChipWork {
  return {
    version: hexNumber(input.version),
    versionMask,
    prevHash: fromHex(input.prevHashHeaderOrder),
    merkleRoot: fromHex(input.merkleRootHeaderOrder),
    ntime: hexNumber(input.ntime),
    nBits: hexNumber(input.nbits),
  }
}

/** Work out of a job frame of 88 bytes. */
function workOfFrame(hex: string): ChipWork {
  const frame = fromHex(hex)
  const view = new DataView(frame.buffer)
  return {
    version: view.getUint32(82, true),
    versionMask: MASK,
    prevHash: reverseWords(frame.subarray(50, 82)),
    merkleRoot: reverseWords(frame.subarray(18, 50)),
    ntime: view.getUint32(14, true),
    nBits: view.getUint32(10, true),
  }
}

function nonceOf(frame: string, length: 9 | 11 = 11): NonceReply {
  const [reply] = createReplyDecoder(length).push(fromHex(frame))
  if (reply?.kind !== 'nonce') throw new Error(`no nonce in ${frame}`)
  return reply
}

const display = (hash: Uint8Array): string => toHex(reverseBytes(hash))

/** SHA256d from a midstate and the sixteen bytes that complete the header. */
function hashFromMidstate(midstate: Uint8Array, tail: Uint8Array): Uint8Array {
  const pad = (bytes: Uint8Array, messageBits: number): Uint8Array => {
    const block = new Uint8Array(64)
    block.set(bytes)
    block[bytes.length] = 0x80
    new DataView(block.buffer).setUint32(60, messageBits)
    return block
  }
  return compressBlock(SHA256_INIT, pad(compressBlock(midstate, pad(tail, 640)), 256))
}

const checks: Record<string, (input: never, expected: never) => void> = {
  'bm1370-gamma-68-encode': (
    input: JobInput,
    expected: { frame: string; crc16: string; lengthByte: number },
  ) => {
    const frame = encodeFullJob(hexNumber(input.jobWireId), workOf(input))
    expect(toHex(frame)).toBe(expected.frame)
    expect(frame[3]).toBe(expected.lengthByte)
    expect(toHex(frame.subarray(86))).toBe(expected.crc16)
    expect(crc16(frame, 2, 86)).toBe(hexNumber(expected.crc16))
  },
  'bm1370-gamma-68-share': (
    input: { job: string; reply: string; baseVersion: string },
    expected: {
      header: string
      hash: string
      difficulty: number
      submitVersionBits: string
      submitNonce: string
    },
  ) => {
    const work = workOfFrame(input.job)
    expect(work.version).toBe(hexNumber(input.baseVersion))
    const reply = nonceOf(input.reply)
    const [guess] = chipProfile('BM1370').guesses(reply, 0x68)
    expect(guess!.slot).toBe(0x68)
    const version = guess!.version(work)
    const header = encodeHeader({ ...work, version, nonce: reply.nonce })
    expect(toHex(header)).toBe(expected.header)
    expect(display(sha256d(header))).toBe(expected.hash)
    expect(difficultyOfHash(sha256d(header))).toBeCloseTo(expected.difficulty, 3)
    expect((version ^ work.version) >>> 0).toBe(hexNumber(expected.submitVersionBits))
    expect(reply.nonce).toBe(hexNumber(expected.submitNonce))
  },
  'bm1370-gamma-68-stratum': (
    input: {
      notify: {
        prevHash: string
        coinbase1: string
        coinbase2: string
        merkleBranches: string[]
        version: string
        nbits: string
        ntime: string
      }
      extranonce1: string
      extranonce2: string
      versionMask: string
    },
    expected: { merkleRoot: string; prevHashHeaderOrder: string; jobFrame: string },
  ) => {
    const { notify } = input
    const txid = coinbaseTxid(
      fromHex(notify.coinbase1 + input.extranonce1 + input.extranonce2 + notify.coinbase2),
    )
    const merkleRoot = foldMerklePath(txid, notify.merkleBranches.map(fromHex))
    expect(toHex(merkleRoot)).toBe(expected.merkleRoot)
    const prevHash = swapWords(fromHex(notify.prevHash))
    expect(toHex(prevHash)).toBe(expected.prevHashHeaderOrder)
    const frame = encodeFullJob(0x68, {
      version: hexNumber(notify.version),
      versionMask: hexNumber(input.versionMask),
      prevHash,
      merkleRoot,
      ntime: hexNumber(notify.ntime),
      nBits: hexNumber(notify.nbits),
    })
    expect(toHex(frame)).toBe(expected.jobFrame)
  },
  'word-order-pattern': (input: JobInput, expected: { frame: string }) => {
    expect(toHex(encodeFullJob(hexNumber(input.jobWireId), workOf(input)))).toBe(expected.frame)
  },
  'synthetic-bm1370-block-881423': (
    input: { job: JobInput; reply: string },
    expected: { jobFrame: string; rolledVersion: string; hash: string; difficulty: number },
  ) => {
    const work = workOf(input.job)
    expect(toHex(encodeFullJob(0x18, work))).toBe(expected.jobFrame)
    const reply = nonceOf(input.reply)
    const [guess] = chipProfile('BM1370').guesses(reply, 0x18)
    expect(guess!.slot).toBe(0x18)
    const version = guess!.version(work)
    expect(version).toBe(hexNumber(expected.rolledVersion))
    const hash = sha256d(encodeHeader({ ...work, version, nonce: reply.nonce }))
    expect(display(hash)).toBe(expected.hash)
    expect(difficultyOfHash(hash) / expected.difficulty).toBeCloseTo(1, 12)
  },
  'length-byte-variants': (input: JobInput, expected: Record<string, string>) => {
    const trailer = (form: typeof OPEN_JOB_FORM): string =>
      toHex(encodeFullJob(hexNumber(input.jobWireId), workOf(input), form).subarray(86))
    expect({
      '0x56': trailer(OPEN_JOB_FORM),
      '0x36': trailer(FACTORY_JOB_FORM),
      '0xff/nmid0': trailer(A2_JOB_FORM),
    }).toEqual(expected)
  },
  'job-id-sequences': (input: { steps: number }, expected: { step24: string[]; step8: string[] }) => {
    expect(rollingJobSlots(24)).toEqual(expected.step24.map(hexNumber))
    expect(rollingJobSlots(8)).toEqual(expected.step8.map(hexNumber))
    expect(chipProfile('BM1370').jobSlots).toEqual(rollingJobSlots(24))
    expect(chipProfile('BM1366').jobSlots).toHaveLength(input.steps)
  },
  'bm1397-4slot-frame': (
    input: {
      jobWireId: string
      nbits: string
      ntime: string
      version: string
      prevHashStratum: string
      merkleRoot: string
    },
    expected: { midstateBigEndianState: string; midstateWire: string; frame: string },
  ) => {
    const header = encodeHeader({
      version: hexNumber(input.version),
      prevHash: swapWords(fromHex(input.prevHashStratum)),
      merkleRoot: fromHex(input.merkleRoot),
      ntime: hexNumber(input.ntime),
      nBits: hexNumber(input.nbits),
      nonce: 0,
    })
    const midstate = midstateOf(header)
    expect(toHex(midstate)).toBe(expected.midstateBigEndianState)
    expect(toHex(wireMidstate(midstate))).toBe(expected.midstateWire)
    const empty = new Uint8Array(32)
    const frame = encodeMidstateFrame({
      slot: hexNumber(input.jobWireId),
      midstates: [midstate, empty, empty, empty],
      tail: header.subarray(64, 76),
    })
    expect(toHex(frame)).toBe(expected.frame)
  },
  'bm1397-midstate2-nonce': (
    input: { payload: string; replyNonceBytes: string; replyIdByte: string },
    expected: {
      frame: string
      jobWireId: string
      midstateIndex: number
      nonceU32LE: string
      hash: string
      difficulty: number
    },
  ) => {
    const payload = fromHex(input.payload)
    const tail = concatBytes(payload.slice(14, 18), payload.slice(10, 14), payload.slice(6, 10))
    const midstates = [0, 1, 2, 3].map((i) => reverseWords(payload.slice(18 + 32 * i, 50 + 32 * i)))
    const startNonce = new DataView(payload.buffer).getUint32(2, true)
    const frame = encodeMidstateFrame({ slot: payload[0]!, midstates, tail, startNonce })
    expect(toHex(frame)).toBe(expected.frame)

    const guesses = chipProfile('BM1397').guesses(
      {
        kind: 'nonce',
        nonce: hexNumber(expected.nonceU32LE),
        idByte: hexNumber(input.replyIdByte),
        rolledBits: 0,
        raw: new Uint8Array(9),
      },
      0x18,
    )
    expect(guesses[0]!.slot).toBe(hexNumber(expected.jobWireId))
    const work = { ...workOf(JOB), version: 0x20000000 }
    expect(guesses[0]!.version(work)).toBe(versionOfMidstate(work, expected.midstateIndex))
    const hash = hashFromMidstate(
      midstates[expected.midstateIndex]!,
      concatBytes(tail, fromHex(input.replyNonceBytes)),
    )
    expect(display(hash)).toBe(expected.hash)
    expect(difficultyOfHash(hash)).toBeCloseTo(expected.difficulty, 3)
  },
  'synthetic-bm1397-single-midstate': (
    input: { version: string; jobWireId: string; headerTail: string; prev: string; merkleRoot: string },
    expected: { frame: string; lengthByte: number; totalBytes: number },
  ) => {
    const tail = fromHex(input.headerTail)
    const view = new DataView(tail.buffer)
    const work: ChipWork = {
      version: hexNumber(input.version),
      versionMask: 0,
      prevHash: fromHex(input.prev),
      merkleRoot: fromHex(input.merkleRoot),
      ntime: view.getUint32(4, true),
      nBits: view.getUint32(8, true),
    }
    const frame = encodeMidstateJob(hexNumber(input.jobWireId), work)
    expect(toHex(frame)).toBe(expected.frame)
    expect([frame[3], frame.length]).toEqual([expected.lengthByte, expected.totalBytes])
  },
  'version-roll-0': (input: { version: string; mask: string }, expected: { next: string[] }) => {
    const mask = hexNumber(input.mask)
    let version = hexNumber(input.version)
    for (const next of expected.next) {
      version = nextVersion(version, mask)
      expect(version).toBe(hexNumber(next))
    }
  },
}

const echo = (
  input: { wireId: string; smallCore: number },
  expected: { bm1370ReplyIdByte: string; bm1366ReplyIdByte: string },
): void => {
  for (const [chip, idByte] of [
    ['BM1370', expected.bm1370ReplyIdByte],
    ['BM1366', expected.bm1366ReplyIdByte],
  ] as const) {
    const reply: NonceReply = {
      kind: 'nonce',
      nonce: 0,
      idByte: hexNumber(idByte),
      rolledBits: 0,
      raw: new Uint8Array(11),
    }
    expect(chipProfile(chip).guesses(reply, 0)[0]!.slot).toBe(hexNumber(input.wireId))
    expect(reply.idByte & (chip === 'BM1370' ? 0xf : 0x7)).toBe(input.smallCore)
  }
}
for (const slot of ['68', '18', '08']) checks[`job-id-echo-${slot}`] = echo

const JOB: JobInput = {
  jobWireId: '18',
  nbits: '1705ae3a',
  ntime: '647384a0',
  merkleRootHeaderOrder: '00'.repeat(32),
  prevHashHeaderOrder: '00'.repeat(32),
  version: '20000000',
}

describe.runIf(hasSharedFixtures)('BM13xx jobs of the shared fixtures', () => {
  const vectors = hasSharedFixtures ? asicVectors('bm13xx-jobs') : []
  it.each(vectors.map(({ id, input, expected }) => ({ id, input, expected })))(
    'agrees with $id',
    ({ id, input, expected }) => {
      const check = checks[id.replace('bm13xx-jobs/', '')]
      if (check === undefined) throw new Error(`no test for ${id}`)
      check(input, expected)
    },
  )
})
