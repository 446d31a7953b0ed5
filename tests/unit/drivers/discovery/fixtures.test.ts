import { describe, expect, it } from 'vitest'
import { knownBoards } from '../../../../src-main/drivers/boards/models.ts'
import {
  type BoardMatch,
  type DrivenBoard,
  matchBoard,
} from '../../../../src-main/drivers/discovery/match-board.ts'
import { hasSharedFixtures, sharedFixture } from '../../../support/shared-fixtures.ts'

interface Vector {
  readonly id: string
  readonly input: {
    readonly vendorId: string
    readonly productId: string
    readonly manufacturer: string | null
    readonly product: string | null
  }
  readonly expected: { readonly device: string; readonly driver: string }
}

/** What each driver of the vectors is here: how it is matched, and the chip if that says more. */
const EXPECTED: Record<string, (match: BoardMatch) => boolean> = {
  // No string tells an Icarus: it is asked for. Cairnsmore is known and not driven.
  icarus: (match) => asked(match, 'icarus') || unsupported(match, 'cairnsmore1'),
  'icarus-probe': (match) => asked(match, 'anonymous-stick'),
  'gekko-bm1384': (match) => chipOf(match) === 'BM1384',
  'gekko-bm1387': (match) => chipOf(match) === 'BM1387',
  'gekko-bm1397': (match) => chipOf(match) === 'gekko-bm1397',
  'gekko-bm1362': (match) => chipOf(match) === 'gekko-a1',
  'gekko-bm1370': (match) => chipOf(match) === 'gekko-a2',
  'bitaxe-raw-v0': (match) => match.kind === 'family' && match.family.id === 'bitaxe',
  bitcrane: (match) => unsupported(match, 'bitcrane'),
  unsupported: (match) => match.kind === 'unsupported',
}

const idOf = (board: DrivenBoard): string => (board.kind === 'board' ? board.model.id : board.family.id)
const chipOf = (match: BoardMatch): string | null => (match.kind === 'board' ? match.model.chip : null)

function asked(match: BoardMatch, id: string): boolean {
  return match.kind === 'ask' && match.candidates.some((candidate) => idOf(candidate) === id)
}

function unsupported(match: BoardMatch, id: string): boolean {
  return match.kind === 'unsupported' && match.board.id === id
}

describe.skipIf(!hasSharedFixtures)('the vectors of device identification', () => {
  const { vectors, count } = hasSharedFixtures
    ? (JSON.parse(sharedFixture('asic/usb-ids.json')) as { vectors: Vector[]; count: number })
    : { vectors: [], count: 0 }

  it('are all there', () => {
    expect(vectors).toHaveLength(count)
    expect(count).toBe(17)
  })

  it.each(vectors)('$id is $expected.device', ({ input, expected }) => {
    const match = matchBoard(
      {
        key: 'key',
        vendorId: Number.parseInt(input.vendorId, 16),
        productId: Number.parseInt(input.productId, 16),
        manufacturer: input.manufacturer,
        product: input.product,
        serialNumber: null,
        bcdDevice: null,
        ports: [
          { kind: 'tty', path: '/dev/ttyACM0' },
          { kind: 'tty', path: '/dev/ttyACM1' },
        ],
      },
      knownBoards,
      { platform: 'linux' },
    )
    expect(EXPECTED[expected.driver]?.(match), `${expected.driver} was matched as ${match.kind}`).toBe(true)
  })
})
