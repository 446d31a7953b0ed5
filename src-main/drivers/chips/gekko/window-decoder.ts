/**
 * Cuts replies of one length that begin with nothing in particular: BM1384 and BM1387, before chips had preambles. The
 * line is aligned after a silence; when a window does not read as a reply it moves on by a byte until one does. Check
 * sums of five bits, or none, let a damaged reply pass now and then: the hash decides. (Serial ASIC digest 2.3, 4.6, 4.7.)
 */
import { type ChipReply, type ReplyDecoder } from '../../model/chip.ts'

/** @param read the reply in a window; null if it is none. Keeps the window, which nobody else has. */
export function createWindowDecoder(
  length: number,
  read: (raw: Uint8Array) => ChipReply | null,
): ReplyDecoder {
  let pending = new Uint8Array(0)
  let isAligned = true
  let skippedBytes = 0
  let badFrames = 0

  return {
    push(bytes) {
      const joined = new Uint8Array(pending.length + bytes.length)
      joined.set(pending)
      joined.set(bytes, pending.length)
      const replies: ChipReply[] = []
      let at = 0
      while (at + length <= joined.length) {
        const reply = read(joined.slice(at, at + length))
        if (reply !== null) {
          replies.push(reply)
          at += length
          isAligned = true
          continue
        }
        if (isAligned) badFrames++
        isAligned = false
        skippedBytes++
        at++
      }
      pending = joined.slice(at)
      return replies
    },
    quiet() {
      if (pending.length > 0 && isAligned) badFrames++
      skippedBytes += pending.length
      pending = new Uint8Array(0)
      isAligned = true
    },
    get skippedBytes() {
      return skippedBytes
    },
    /** Losses of alignment: a reply that was damaged, or cut short. */
    get badFrames() {
      return badFrames
    },
    // These chips keep one length for good.
    setReplyLength: () => undefined,
  }
}

/** First byte of identity replies: every model begins with 13. */
export const IDENTITY_MARK = 0x13
/** First byte of PLL replies. */
export const PLL_MARK = 0x80

/**
 * Number of the register that a command reply holds, which these chips do not say: told by its first byte.
 * @param pllRegister number under which the chip's PLL is read
 */
export function registerOfReply(firstByte: number, pllRegister: number): number | null {
  if (firstByte === IDENTITY_MARK) return 0
  return firstByte === PLL_MARK ? pllRegister : null
}
