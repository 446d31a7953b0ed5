/** Every vector of the serial ASIC digest for Icarus devices, where the digest's fixtures lie beside the checkout. */
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, reverseBytes, toHex } from '../../../../../src-main/base/index.ts'
import {
  readClockWord,
  setClockWord,
  u3VoltageCommand,
} from '../../../../../src-main/drivers/chips/icarus/antminer-commands.ts'
import {
  bm1382ClockWord,
  mhzOfStepWord,
  u1ClockWord,
  u3ClockWord,
} from '../../../../../src-main/drivers/chips/icarus/clock-words.ts'
import {
  divisionOfReply,
  DIVISION_WORK,
  familyOfReplyLength,
  GOLDEN_NONCE,
  GOLDEN_WORK,
} from '../../../../../src-main/drivers/chips/icarus/detection.ts'
import { icarus } from '../../../../../src-main/drivers/chips/icarus/icarus.ts'
import { encodeWork, rockminerWork } from '../../../../../src-main/drivers/chips/icarus/work-frame.ts'
import { compressBlock, SHA256_INIT } from '../../../../../src-main/drivers/chips/midstate.ts'
import { type ChipWork } from '../../../../../src-main/drivers/model/chip.ts'
import { difficultyOfHash, sha256d } from '../../../../../src-main/mining/index.ts'
import { hasSharedFixtures, sharedFixture } from '../../../../support/shared-fixtures.ts'

interface Vector {
  readonly id: string
  readonly input: Record<string, unknown>
  readonly expected: Record<string, unknown>
}

interface VectorFile {
  readonly count: number
  readonly vectors: readonly Vector[]
}

function load(name: string): VectorFile {
  return JSON.parse(sharedFixture(`asic/${name}.json`)) as VectorFile
}

const text = (value: unknown): string => String(value)
const bytes = (value: unknown): Uint8Array => fromHex(text(value))
const wordText = (word: number | null): string | null => word?.toString(16).padStart(4, '0') ?? null

/** Hash of the header that begins with a wire midstate's 64 bytes and ends in 12 bytes and a nonce; as displayed. */
function hashFromWork(work: Uint8Array, nonce: Uint8Array): Uint8Array {
  const midstate = reverseGroups(work.subarray(0, 32))
  const block = new Uint8Array(64)
  block.set(reverseGroups(work.subarray(52, 64)))
  block.set(nonce, 12)
  block[16] = 0x80
  new DataView(block.buffer).setUint32(60, 640)
  const first = compressBlock(midstate, block)
  const second = new Uint8Array(64)
  second.set(first)
  second[32] = 0x80
  new DataView(second.buffer).setUint32(60, 256)
  return compressBlock(SHA256_INIT, second)
}

function reverseGroups(data: Uint8Array): Uint8Array {
  const groups: Uint8Array[] = []
  for (let i = data.length - 4; i >= 0; i -= 4) groups.push(data.subarray(i, i + 4))
  return concatBytes(...groups)
}

function workOfHeader(header: Uint8Array): ChipWork {
  const view = new DataView(header.buffer, header.byteOffset)
  return {
    version: view.getUint32(0, true),
    versionMask: 0,
    prevHash: header.subarray(4, 36),
    merkleRoot: header.subarray(36, 68),
    ntime: view.getUint32(68, true),
    nBits: view.getUint32(72, true),
  }
}

const settings = { chipCount: 1, frequencyMhz: 336, ticketDifficulty: 1, versionMask: 0 }

/** The check of one kind of vector, by the beginning of its id. */
const checks: readonly (readonly [prefix: string, check: (vector: Vector) => void])[] = [
  [
    'icarus/golden',
    ({ input, expected }) => {
      expect(toHex(GOLDEN_WORK)).toBe(input['work'])
      expect(toHex(GOLDEN_NONCE)).toBe(expected['reply'])
      const frame = encodeWork(reverseGroups(bytes(expected['midstateState'])), bytes(expected['headerTail']))
      expect(toHex(frame)).toBe(input['work'])
      const hash = hashFromWork(GOLDEN_WORK, GOLDEN_NONCE)
      expect(toHex(reverseBytes(hash))).toBe(expected['hash'])
      expect(difficultyOfHash(hash)).toBeCloseTo(Number(expected['difficulty']), 2)
    },
  ],
  [
    'icarus/work-division-',
    ({ input, expected }) => {
      expect(toHex(DIVISION_WORK)).toBe(input['work'])
      const division = divisionOfReply(bytes(input['reply']))
      expect(division?.engines).toBe(expected['workDivision'])
      expect(division?.nonceMask.toString(16)).toBe(expected['nonceMask'])
      const hash = hashFromWork(DIVISION_WORK, bytes(input['reply']))
      expect(toHex(reverseBytes(hash))).toBe(expected['hash'])
      expect(difficultyOfHash(hash)).toBeCloseTo(Number(expected['difficulty']), 3)
    },
  ],
  [
    'icarus/encode-',
    ({ input, expected }) => {
      const header = bytes(input['header76'])
      expect(toHex(icarus.encodeJob(0, workOfHeader(header), settings))).toBe(expected['work'])
      const [reply] = icarus.createDecoder().push(bytes(input['reply']))
      if (reply?.kind !== 'nonce') throw new Error('a reply of four bytes is a nonce')
      const full = new Uint8Array(80)
      full.set(header)
      new DataView(full.buffer).setUint32(76, reply.nonce, true)
      const hash = sha256d(full)
      if ('hash' in expected) expect(toHex(reverseBytes(hash))).toBe(expected['hash'])
      else expect(difficultyOfHash(hash)).toBeCloseTo(Number(expected['difficulty']), 3)
    },
  ],
  [
    'icarus/detect-extra-bytes-',
    ({ input, expected }) => {
      const names = { icarus: 'Icarus/Block Erupter', antminer: 'AntMiner U1/U2 (5-byte replies)' }
      const family = familyOfReplyLength(Number(input['replyLength']))
      expect(family === 'icarus' || family === 'antminer' ? names[family] : family).toBe(expected['family'])
    },
  ],
  [
    'icarus/rockminer-golden',
    ({ input, expected }) => {
      const frame = rockminerWork(GOLDEN_WORK, Number(input['mhz']), Number(input['chip']))
      expect(toHex(frame)).toBe(expected['work'])
      expect(toHex(GOLDEN_NONCE)).toBe(expected['nonceBytes'])
      expect(familyOfReplyLength(Number(expected['replyLength']))).toBe('rockminer')
    },
  ],
  [
    'icarus/u3-pll-',
    ({ input, expected }) => {
      const word = u3ClockWord(Number(input['mhz']))
      expect(wordText(word)).toBe(expected['word'])
      expect(mhzOfStepWord(word ?? 0)).toBe(expected['decodedMhz'])
      expect(toHex(setClockWord(word ?? 0))).toBe(expected['frame'])
    },
  ],
  [
    'icarus/bm1382-pll-',
    ({ input, expected }) => {
      const word = bm1382ClockWord(Number(input['mhz']))
      expect(wordText(word)).toBe(expected['word'])
      expect(mhzOfStepWord(word ?? 0)).toBe(expected['decodedMhz'])
    },
  ],
  [
    'icarus/u1-pll-',
    ({ input, expected }) => {
      const { word, nf, nr, no, bs } = u1ClockWord(Number(input['mhz']))
      expect({ word: wordText(word), nf, nr, no, bs }).toEqual(expected)
    },
  ],
  [
    'crc/u3-voltage-',
    ({ input, expected }) => {
      expect(toHex(u3VoltageCommand(Number(input['millivolts'])) ?? GOLDEN_WORK)).toBe(expected['frame'])
    },
  ],
  [
    'crc/crc5-27bit-',
    ({ input, expected }) => {
      const [command, high = 0, low = 0] = bytes(input['data'])
      if (command === 0x82) expect(toHex(setClockWord((high << 8) | low))).toBe(expected['frame'])
      else expect(toHex(readClockWord())).toBe('84000400')
    },
  ],
]

describe.runIf(hasSharedFixtures)('vectors of Icarus devices', () => {
  const own = hasSharedFixtures ? load('icarus') : { count: 0, vectors: [] }
  const sums = hasSharedFixtures ? load('crc').vectors : []
  const ours = sums.filter(
    ({ id, input }) =>
      id.startsWith('crc/u3-') || text(input['data']).startsWith('82') || text(input['data']) === '84000400',
  )
  const cases = [...own.vectors, ...ours].map((vector) => ({ id: vector.id, vector }))

  it('are 43, and 6 of check sums', () => {
    expect(own.vectors.length).toBe(43)
    expect(own.vectors.length).toBe(own.count)
    expect(ours.length).toBe(6)
  })

  it.each(cases)('agree: $id', ({ vector }) => {
    const check = checks.find(([prefix]) => vector.id.startsWith(prefix))
    if (check === undefined) throw new Error(`no check for ${vector.id}`)
    check[1](vector)
  })
})
