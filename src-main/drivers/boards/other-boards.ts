/** Boards that are known by their USB identity and not driven, each with the reason (asic-serial section 1 and 6.1). */
import { type RecognisedBoard } from '../model/board.ts'

export const emberOne: RecognisedBoard = {
  id: 'emberone-00',
  name: 'emberOne/00',
  maker: '256 Foundation',
  patterns: [
    { vendorId: 0x1209, productId: 0x256f, manufacturer: '256F', product: 'EmberOne00' },
    { vendorId: 0x1209, productId: 0x256f },
    { vendorId: 0xc0de, productId: 0xcafe, manufacturer: '256F', product: 'EmberOne00' },
  ],
  notes: [],
  because:
    'Nobody has published how its twelve chips are powered and kept cool under load, so Headframe gives it no core power.',
}

export const bitcrane: RecognisedBoard = {
  id: 'bitcrane',
  name: 'bitcrane',
  maker: 'Open Source Miners United',
  patterns: [{ vendorId: 0xc0de, productId: 0xcafe, manufacturer: 'OSMU', product: 'bitcrane*' }],
  notes: [],
  because:
    'It carries hash boards of large machines with a power supply of their own; this version does not drive those.',
}

export const bitaxeBonanza: RecognisedBoard = {
  id: 'bitaxe-bonanza',
  name: 'Bitaxe Bonanza',
  maker: 'Open Source Miners United',
  patterns: [
    { vendorId: 0xc0de, productId: 0xcafe, manufacturer: 'OSMU', product: 'BitaxeBonanza' },
    { vendorId: 0xc0de, productId: 0xb17d },
  ],
  notes: [],
  because: 'Its BZM2 chips speak a language that this version does not know.',
}

export const gsk: RecognisedBoard = {
  id: 'gekko-gsk',
  name: 'GekkoScience GSK',
  maker: 'GekkoScience',
  patterns: [
    {
      vendorId: 0x04d8,
      productId: 0x00de,
      manufacturer: 'Microchip Technology Inc.',
      product: 'MCP2210 USB to SPI Master',
    },
  ],
  notes: ['Other gadgets with the same adapter look just like it.'],
  because: 'Its Bitfury chips sit behind an SPI adapter, which this version does not drive.',
}

export const otherBoards: readonly RecognisedBoard[] = [emberOne, bitcrane, bitaxeBonanza, gsk]
