/**
 * The coinbase that a SetCustomMiningJob describes, in the form the rest of the wire uses: without witness,
 * split around the extranonce (Mining Protocol, "SetCustomMiningJob").
 *
 *   prefix  version 4 | 01 | outpoint 00 x 32, ff x 4 | script length | coinbase_prefix
 *   suffix  nSequence 4 | outputs with their CompactSize count | locktime 4
 */
import { concatBytes } from '../base/index.ts'
import { type SetCustomMiningJob } from './messages/mining.ts'

/** Null outpoint: no transaction, index 0xffffffff. */
const NULL_OUTPOINT = new Uint8Array(36).fill(0xff, 32)

/** @param extranonceLength bytes between prefix and suffix */
export function assembleCustomCoinbase(
  request: SetCustomMiningJob,
  extranonceLength: number,
): { prefix: Uint8Array; suffix: Uint8Array } {
  const scriptLength = request.coinbasePrefix.length + extranonceLength
  return {
    prefix: concatBytes(
      u32(request.coinbaseTxVersion),
      Uint8Array.of(1),
      NULL_OUTPOINT,
      compactSize(scriptLength),
      request.coinbasePrefix,
    ),
    suffix: concatBytes(
      u32(request.coinbaseTxInputNSequence),
      request.coinbaseTxOutputs,
      u32(request.coinbaseTxLocktime),
    ),
  }
}

const u32 = (value: number): Uint8Array => Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24)

/** For lengths below 65 536: a script here has at most 255 + 32 bytes. */
const compactSize = (value: number): Uint8Array =>
  value < 0xfd ? Uint8Array.of(value) : Uint8Array.of(0xfd, value, value >>> 8)
