import { describe, expect, it } from 'vitest'
import { knownBoards } from '../../../../src-main/drivers/boards/models.ts'
import {
  type BoardMatch,
  concernsBoards,
  matchBoard,
} from '../../../../src-main/drivers/discovery/match-board.ts'
import { boardIdentity, type KnownBoard } from '../../../../src-main/drivers/model/board.ts'
import { type AttachedDevice } from '../../../../src-main/drivers/model/usb.ts'

const platform = 'linux' as const

function device(
  vendorId: number,
  productId: number,
  product: string | null = null,
  manufacturer: string | null = null,
  portCount = 1,
): AttachedDevice {
  return {
    key: 'key',
    vendorId,
    productId,
    manufacturer,
    product,
    serialNumber: null,
    bcdDevice: null,
    ports: Array.from({ length: portCount }, (_, index) => ({ kind: 'tty', path: `/dev/ttyUSB${index}` })),
  }
}

/** Ids of everything that a match names, its kind first. */
function told(match: BoardMatch): string[] {
  switch (match.kind) {
    case 'board':
      return ['board', match.model.id]
    case 'family':
      return ['family', match.family.id]
    case 'ask':
      return ['ask', ...match.candidates.flatMap((candidate) => told(candidate).slice(1))]
    case 'unsupported':
      return ['unsupported', match.board.id]
    default:
      return [match.kind]
  }
}

const match = (of: AttachedDevice, chosenId: string | null = null): string[] =>
  told(matchBoard(of, knownBoards, { platform, chosenId }))

describe('what a device is', () => {
  it.each<[string, AttachedDevice, string[]]>([
    ['a Bitaxe', device(0xc0de, 0xcafe, 'Bitaxe', 'OSMU', 2), ['family', 'bitaxe']],
    [
      'a Gamma with its newer bridge',
      device(0x1209, 0x6102, 'Bitaxe Gamma RHAP-D', null, 2),
      ['board', 'bitaxe-gamma-rhap-d'],
    ],
    ['a 2Pac', device(0x10c4, 0xea60, '2Pac BM1384 Bitcoin Miner', 'GekkoScience'), ['board', 'gekko-2pac']],
    [
      'a Compac of an early seller',
      device(0x10c4, 0xea60, 'Compac BM1384 Bitcoin Miner', 'bitshopperde'),
      ['board', 'gekko-compac'],
    ],
    [
      'a Compac F',
      device(0x0403, 0x6015, 'CompacF Bitcoin Miner', 'GekkoScience'),
      ['board', 'gekko-compac-f'],
    ],
    [
      'a Compac F of a system that writes underscores',
      device(0x0403, 0x6015, 'CompacF_Bitcoin_Miner', 'GekkoScience'),
      ['board', 'gekko-compac-f'],
    ],
    [
      'a Block Erupter',
      device(0x10c4, 0xea60, 'Block Erupter Emerald', 'BTCFPGA'),
      ['board', 'block-erupter'],
    ],
    ['a Bonanza', device(0xc0de, 0xcafe, 'BitaxeBonanza', 'OSMU', 2), ['unsupported', 'bitaxe-bonanza']],
    [
      'a Bonanza before its firmware',
      device(0xc0de, 0xb17d, null, null, 2),
      ['unsupported', 'bitaxe-bonanza'],
    ],
    [
      'a GSK, which has no port',
      device(0x04d8, 0x00de, 'MCP2210 USB to SPI Master', 'Microchip Technology Inc.', 0),
      ['unsupported', 'gekko-gsk'],
    ],
    [
      'a simulated Gamma',
      device(0x1209, 0xf1e1, 'Practice Bitaxe Gamma', 'Headframe practice', 2),
      ['board', 'practice-bitaxe-gamma'],
    ],
  ])('is told for %s', (_title, attached, expected) => {
    expect(match(attached)).toEqual(expected)
  })

  it('is asked for an unnamed bridge chip, and never guessed to be a GekkoScience stick', () => {
    const unnamed = device(0x10c4, 0xea60, 'CP2102 USB to UART Bridge Controller', 'Silicon Labs')
    expect(match(unnamed)).toEqual(['ask', 'anonymous-stick'])
    expect(match(unnamed, 'anonymous-stick')).toEqual(['family', 'anonymous-stick'])
  })

  it('is asked, with everything that it may be, where the system does not tell the name', () => {
    expect(match(device(0x0403, 0x6015))).toEqual([
      'ask',
      'gekko-newpac',
      'gekko-r606',
      'gekko-compac-f',
      'gekko-r909',
    ])
    expect(match(device(0x0403, 0x6015), 'gekko-compac-f')).toEqual(['board', 'gekko-compac-f'])
  })

  it('is not asked again of what a person chose for another kind of device', () => {
    expect(match(device(0x10c4, 0xea60, 'CP2102N USB to UART Bridge Controller'), 'gekko-r909')).toEqual([
      'ask',
      'anonymous-stick',
    ])
  })

  it.each<[string, AttachedDevice]>([
    ['an Arduino', device(0x2341, 0x0043, 'Arduino Uno', 'Arduino')],
    [
      'a Zigbee stick that carries the bridge chip of sticks',
      device(0x10c4, 0xea60, 'Sonoff Zigbee 3.0 USB Dongle Plus', 'ITead'),
    ],
    ['a GPS receiver with the bridge chip of Icarus', device(0x067b, 0x2303, 'GPS Mouse', 'Prolific')],
    ['an oscilloscope with the chip of a Compac F', device(0x0403, 0x6015, 'FT230X Basic UART', 'FTDI')],
    ['a device without numbers', { ...device(0, 0), vendorId: null, productId: null }],
  ])('is not our business for %s', (_title, attached) => {
    expect(match(attached)).toEqual(['ignored'])
  })

  it('is a driver that is missing when a board of ours has no port', () => {
    const stick = device(0x0403, 0x6015, 'CompacF Bitcoin Miner', 'GekkoScience', 0)
    const needed = (system: NodeJS.Platform): string => {
      const found = matchBoard(stick, knownBoards, { platform: system })
      return found.kind === 'driver' ? `${found.name}: ${found.needed}` : found.kind
    }
    expect(needed('win32')).toMatch(/^Compac F: .*Zadig.*FTDI/)
    expect(needed('darwin')).toMatch(/FTDI/)
    expect(needed('linux')).toMatch(/cgminer.*ftdi_sio/)
  })

  it('is a board with a port missing when only one of two came', () => {
    const half = matchBoard(device(0xc0de, 0xcafe, 'Bitaxe', 'OSMU', 1), knownBoards, { platform })
    expect(half).toMatchObject({ kind: 'driver', needed: expect.stringContaining('1 of its 2 ports') })
  })

  it('is not asked for something unnamed that has no port either', () => {
    expect(match(device(0x10c4, 0xea60, null, null, 0))).toEqual(['ignored'])
  })

  it('is the longer pattern where two begin alike, in whatever order they are known', () => {
    const boards: readonly KnownBoard[] = ['Bit*', 'Bitaxe'].map((product) => ({
      kind: 'recognised',
      board: {
        id: product,
        name: product,
        maker: '',
        patterns: [{ vendorId: 1, productId: 2, product }],
        notes: [],
        because: '',
      },
    }))
    for (const known of [boards, [...boards].reverse()]) {
      expect(told(matchBoard(device(1, 2, 'Bitaxe'), known, { platform }))).toEqual(['unsupported', 'Bitaxe'])
      expect(told(matchBoard(device(1, 2, 'Bitcrane'), known, { platform }))).toEqual(['unsupported', 'Bit*'])
    }
  })
})

describe('the table of known boards', () => {
  it('finds every board by each of its patterns, as itself or among those that are asked for', () => {
    for (const known of knownBoards) {
      const { id, patterns } = boardIdentity(known)
      for (const { vendorId, productId, product, manufacturer } of patterns) {
        const named = device(
          vendorId,
          productId,
          product?.replace('*', ' X') ?? null,
          manufacturer ?? null,
          2,
        )
        expect(match(named)).toContain(id)
      }
    }
  })

  it('names the numbers that are worth listing without a port', () => {
    const concerns = concernsBoards(knownBoards)
    expect(concerns(0xc0de, 0xcafe)).toBe(true)
    expect(concerns(0x046d, 0xc31c)).toBe(false)
  })
})
