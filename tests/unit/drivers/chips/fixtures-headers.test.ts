import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, reverseBytes, toHex } from '../../../../src-main/base/index.ts'
import { headerWithoutNonce } from '../../../../src-main/drivers/chips/job.ts'
import { swapWords } from '../../../../src-main/drivers/chips/words.ts'
import { type ChipWork } from '../../../../src-main/drivers/model/chip.ts'
import {
  asBlockHash,
  coinbaseTxid,
  difficultyOfHash,
  foldMerklePath,
  meetsTarget,
  networkTarget,
  sha256d,
} from '../../../../src-main/mining/index.ts'
import { hasSharedFixtures } from '../../../support/shared-fixtures.ts'
import { asicVectors, hexNumber } from './asic-vectors.ts'

interface Input {
  header?: string
  version: string
  prevHashStratum: string
  merkleRoot: string
  ntime: string
  nbits: string
  nonceU32: string
  coinbase1: string
  coinbase2: string
  extranonce1: string
  extranonce2: string
  merkleBranches?: string[]
}
interface Expected {
  hash: string
  difficulty: number
  header: string
  merkleRoot: string
  meetsNbits?: boolean
  fields: { version: string; time: string; bits: string; nonce: string }
}

function completed(work: ChipWork, nonce: number): Uint8Array {
  const tail = new Uint8Array(4)
  new DataView(tail.buffer).setUint32(0, nonce, true)
  return concatBytes(headerWithoutNonce(work), tail)
}

function check({ id, input, expected }: { id: string; input: Input; expected: Expected }): void {
  if (input.merkleBranches !== undefined) {
    const txid = coinbaseTxid(
      fromHex(input.coinbase1 + input.extranonce1 + input.extranonce2 + input.coinbase2),
    )
    expect(toHex(foldMerklePath(txid, input.merkleBranches.map(fromHex))), id).toBe(expected.merkleRoot)
    return
  }
  let header: Uint8Array
  if (input.header === undefined) {
    const work: ChipWork = {
      version: hexNumber(input.version),
      versionMask: 0,
      prevHash: swapWords(fromHex(input.prevHashStratum)),
      merkleRoot: fromHex(input.merkleRoot),
      ntime: hexNumber(input.ntime),
      nBits: hexNumber(input.nbits),
    }
    header = completed(work, hexNumber(input.nonceU32))
    expect(toHex(header), id).toBe(expected.header)
  } else {
    const given = fromHex(input.header)
    const { version, time, bits, nonce } = expected.fields
    const work: ChipWork = {
      version: hexNumber(version),
      versionMask: 0,
      prevHash: given.slice(4, 36),
      merkleRoot: given.slice(36, 68),
      ntime: hexNumber(time),
      nBits: hexNumber(bits),
    }
    header = completed(work, hexNumber(nonce))
    expect(toHex(header), id).toBe(input.header)
    if (expected.meetsNbits === true) {
      expect(meetsTarget(asBlockHash(sha256d(header)), networkTarget(work.nBits)), id).toBe(true)
    }
  }
  expect(toHex(reverseBytes(sha256d(header))), id).toBe(expected.hash)
  expect(difficultyOfHash(sha256d(header)) / expected.difficulty, id).toBeCloseTo(1, 5)
}

describe.runIf(hasSharedFixtures)('headers of the shared fixtures', () => {
  it('builds and hashes every one', () => {
    for (const vector of asicVectors<Input, Expected>('headers')) check(vector)
  })
})
