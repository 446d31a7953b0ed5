/**
 * The nonces that BM1384 and BM1387 report for the empty work that opens their cores: signs of healthy chips, and never a
 * share. (Serial ASIC digest 4.6.)
 */
import { equalBytes, fromHex } from '../../../base/index.ts'
import { type NonceReply } from '../../model/chip.ts'

const BUSY_NONCES: readonly Uint8Array[] = [fromHex('7203ea83'), fromHex('e16bf809')]

export function isBusyNonce(reply: NonceReply): boolean {
  const nonce = reply.raw.subarray(0, 4)
  return BUSY_NONCES.some((busy) => equalBytes(busy, nonce))
}

/** Chips divide the range of nonces evenly and count by its first byte. */
export function chipOfFirstByte(reply: NonceReply, chipCount: number): number | null {
  const first = reply.raw[0]
  return first === undefined ? null : Math.floor((first * chipCount) / 256)
}
