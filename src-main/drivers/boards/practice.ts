/**
 * Simulated boards: their own USB identities, the data of the real ones otherwise, but for the zero bits that a
 * simulated chip asks for, so that software finds nonces (2^-22 of the real rate). What a real board has behind USB
 * requests of its own, a simulated one lacks.
 */
import { type BoardModel, type BoardPattern } from '../model/board.ts'
import { bitaxeGamma } from './bitaxe.ts'
import { compacF, twoPac } from './gekko.ts'
import { blockErupter } from './icarus.ts'

export const PRACTICE_VENDOR_ID = 0x1209
export const PRACTICE_PRODUCT_ID = 0xf1e1
export const PRACTICE_MANUFACTURER = 'Headframe practice'
export const PRACTICE_ZERO_BITS = 10

function simulated(real: BoardModel, id: string, name: string): BoardModel {
  const patterns: readonly BoardPattern[] = [
    {
      vendorId: PRACTICE_VENDOR_ID,
      productId: PRACTICE_PRODUCT_ID,
      manufacturer: PRACTICE_MANUFACTURER,
      product: name,
    },
  ]
  return {
    ...real,
    id,
    name,
    maker: PRACTICE_MANUFACTURER,
    patterns,
    // A vendor request has nowhere to go.
    control: real.control === 'ftdi-reset' ? 'none' : real.control,
    fixedZeroBits: PRACTICE_ZERO_BITS,
    notes: ['A simulated board: it hashes for real, very slowly, and takes no power.'],
  }
}

export const practiceBitaxeGamma = simulated(bitaxeGamma, 'practice-bitaxe-gamma', 'Practice Bitaxe Gamma')
export const practiceCompacF = simulated(compacF, 'practice-compac-f', 'Practice Compac F')
export const practice2Pac = simulated(twoPac, 'practice-2pac', 'Practice 2Pac')
export const practiceBlockErupter = simulated(
  blockErupter,
  'practice-block-erupter',
  'Practice Block Erupter',
)

export const practiceBoards: readonly BoardModel[] = [
  practiceBitaxeGamma,
  practiceCompacF,
  practice2Pac,
  practiceBlockErupter,
]
