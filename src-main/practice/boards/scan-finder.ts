/** Hashing for virtual chips with the checker's kernel: some millions a second. */
import { createTailScanner } from '../../checker/index.ts'
import { type NonceFinder } from '../../drivers/index.ts'

export function createScanFinder(): NonceFinder {
  const scanner = createTailScanner()
  const targets = new Map<number, Uint8Array>()
  return {
    find(header, firstNonce, count, zeroBits) {
      let target = targets.get(zeroBits)
      if (target === undefined) {
        target = highestTarget(zeroBits)
        targets.set(zeroBits, target)
      }
      return scanner.scan(header, target, firstNonce, count)
    },
  }
}

/** The highest hash with so many leading zero bits, in the header's order. @param zeroBits 0 to 255 */
function highestTarget(zeroBits: number): Uint8Array {
  const target = new Uint8Array(32).fill(0xff)
  for (let bit = 0; bit < zeroBits; bit++) target[31 - (bit >> 3)]! &= ~(0x80 >> (bit & 7))
  return target
}
