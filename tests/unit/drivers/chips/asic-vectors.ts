/** Vectors of `../shared/fixtures/asic`, and what the suites over them have in common. */
import { expect } from 'vitest'
import { toHex } from '../../../../src-main/base/index.ts'
import { type Sequence } from '../../../../src-main/drivers/model/sequence.ts'
import { sharedFixture } from '../../../support/shared-fixtures.ts'

export interface Vector<Input, Expected> {
  readonly id: string
  readonly input: Input
  readonly expected: Expected
}

/** @throws if the file does not hold as many vectors as it says */
export function asicVectors<Input = never, Expected = never>(file: string): Vector<Input, Expected>[] {
  const { count, vectors } = JSON.parse(sharedFixture(`asic/${file}.json`)) as {
    count: number
    vectors: Vector<Input, Expected>[]
  }
  expect(vectors, file).toHaveLength(count)
  return vectors
}

/** Value of eight hex digits. */
export const hexNumber = (hex: string): number => parseInt(hex, 16)

/** Frames that a sequence sends, as hex. */
export function sentFrames(sequence: Sequence): string[] {
  return sequence.flatMap((step) => (step.op === 'send' ? [toHex(step.bytes)] : []))
}
